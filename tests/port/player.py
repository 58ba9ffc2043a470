# SPDX-License-Identifier: BSD-2-Clause
"""Plays the events of transcripts to examples/port. tests/model/transcripts/README describes the format."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../examples/port"))
import slogout  # noqa: E402

MOMENTS = {slogout.When.AT_REST: "at rest", slogout.When.BETWEEN_LINES: "between lines"}
REPLIES = {"": 0, " BUSY": slogout.BUSY, " BROKEN": -1}
STATES = list(slogout.State)
OUTCOMES = list(slogout.Outcome)


def escape(octets):
    """Returns octets as tests/model/transcripts/play.c writes them."""
    return re.sub("[^ -$&-~]", lambda match: f"%{ord(match[0]):02x}", octets.decode("latin-1"))


class Player:
    """One transcript: a slogout with one or two sessions, and the effects of the last event."""

    def __init__(self, settings, sessions, reply):
        self.trace = []
        self.reply = reply  # a function that returns the host's reply to a line for a moment, as a key of REPLIES
        self.slogout = slogout.Slogout(settings)
        self.sessions = [slogout.Session(self.slogout, self.send_line, self.close_connection) for _ in range(sessions)]
        self.without_bye = 0
        self.joined = set()

    def number(self, session):
        return "" if session is self.sessions[0] else "#2 "

    def send_line(self, session, line, when):
        reply = self.reply(when)
        self.trace.append(f"{self.number(session)}S: {line[:-2]} ({MOMENTS[when]}){reply}")
        return REPLIES[reply]

    def close_connection(self, session, result):
        self.without_bye += not result.bye_sent and result.outcome is not slogout.Outcome.ANSWERED
        self.trace.append(self.close_of(session, result))

    def close_of(self, session, result):
        answer = result.answer
        return (f"{self.number(session)}close {result.outcome.name}" +
                (f" {result.tag}@{result.asked_ms}" if result.tag else "") +
                (" bye-sent" if result.bye_sent else "") + (" bye-seen" if result.bye_seen else "") +
                (f" answer={answer.status}{'[' + escape(answer.code) + ']' if answer.code else ''}"
                 f"{':' + escape(answer.text) if answer.text else ''}" if answer else
                 f" answered={result.answer_status}" if result.answer_status else ""))

    def join(self, session):
        """Adds the session to a drain, which does not act by itself."""
        if session in self.joined or session.state in (slogout.WAITING, slogout.LEAVING, slogout.ENDED):
            raise slogout.StateError
        self.joined.add(session)
        if session.state is slogout.OPEN:
            session.enter(slogout.WAITING)

    def look_at_result(self, session):
        if session.state is not slogout.ENDED or not session.result.outcome:
            raise slogout.StateError
        self.trace.append(self.close_of(session, session.result))

    def counts(self):
        states = [session.state for session in self.sessions]
        outcomes = [session.result.outcome for session in self.sessions if session.state is slogout.ENDED]
        counted = [(state.name, states.count(state)) for state in STATES]
        counted += [(outcome.name, outcomes.count(outcome)) for outcome in OUTCOMES]
        counted.append(("without_bye", self.without_bye))
        self.trace.append("counts" + "".join(f" {name}={count}" for name, count in counted if count))

    def play(self, event):
        """Plays an event of a transcript."""
        now, _, words = event.partition(" ")
        session = self.sessions[0]
        if words.startswith("#2 "):
            session, words = self.sessions[1], words[3:]
        verb, _, rest = words.partition(" ")
        self.play_call(session, lambda: self.act(session, verb, rest, int(now)))

    def play_call(self, session, call):
        """Calls a function, and writes the effects and the result to the trace."""
        self.trace.clear()
        result, deadline = self.result_of(call), self.slogout.deadline()
        self.trace.append(f"= {result} {session.state.name} {'never' if deadline == slogout.NEVER else deadline}")

    @staticmethod
    def result_of(call):
        try:
            return "CONSUMED" if call() else "0"
        except slogout.StateError:
            return "ERR_STATE"
        except ValueError:
            return "ERR_TEXT"

    def act(self, session, verb, rest, now):
        match verb:
            case "C:":
                return session.feed_line(rest.encode(), now)
            case "request":
                session.request(now, rest or None)
            case "leave":
                session.leave(now, **{f"{name}_ms" if name != "seed" else name: int(value)
                                      for name, value in (word.split("=") for word in rest.split())})
            case "abandon":
                session.abandon(slogout.Outcome[rest])
            case "enable" | "disable":
                session.enabled = verb == "enable"
            case "tick":
                self.slogout.tick(now)
            case "resume" | "force":
                getattr(session, verb)(now)
            case "join":
                self.join(session)
            case "cancel":
                session.cancel()
                self.joined.discard(session)
            case "result":
                self.look_at_result(session)
            case "counts":
                self.counts()
            case _:
                raise AssertionError(verb)
        return False


def settings_of(line):
    """Returns the settings and the number of sessions that the first line of a transcript states."""
    words = dict(word.split("=", 1) for word in line.split()[1:])
    settings = slogout.Settings(ask_all=words["ask"] == "all", wait_after_refusal=words["on_refusal"] == "wait",
                                tag_prefix=words["prefix"],
                                **{f"{name}_timeout_ms": int(words[f"{name}_timeout"])
                                   for name in ("answer", "ready", "leave")})
    return settings, int(words["sessions"])

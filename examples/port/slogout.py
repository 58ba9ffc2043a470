# SPDX-License-Identifier: BSD-2-Clause
"""The exchange of slogout(7) for IMAP servers in Python: sessions with their timers and answers; no drains, no filters.

The manual has the names and the rules. send_line(session, line, when) returns 0, BUSY, or a negative number, and
close_connection(session, result) closes the connection; neither may call this module. Errors are StateError and
ValueError. Before a host drops a session, it calls abandon(). A drain of the host calls enter(WAITING), then begin().
"""

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

NEVER = 2**64 - 1
BUSY = 1
State = Enum("State", "OPEN WAITING PENDING ASKED LEAVING ENDED")
OPEN, WAITING, PENDING, ASKED, LEAVING, ENDED = State
Outcome = Enum("Outcome", "ANSWERED REFUSED EXPIRED BYE_ONLY NEVER_READY FORCED SEND_FAILED CLIENT_LOGOUT PEER_CLOSED"
                          " HOST_CLOSED")
When = Enum("When", "AT_REST BETWEEN_LINES")

Answer = NamedTuple("Answer", [("status", str), ("code", bytes), ("text", bytes)])

ATOM = r'[!#$&\'+-Z\[^-z|}~]+'
BYE_TEXT = re.compile(rf"(?=[ -~]{{1,200}}\Z)(?:[^\[]|\[{ATOM}(?: [^\]]+)?\] .)")
PREFIX = re.compile(r"[!#$&',-Z\[\]^-z|}~]{1,16}")
ANSWER = re.compile(rb"(?:\* (?P<bye>BYE)|(?P<tag>[^ ]+) (?P<status>OK|NO|BAD))"
                    rb"(?: (?:\[(?P<code>[^\]]{1,255})\](?: |(?=\r?\n?\Z)))?(?P<text>.*?))?(?:\r\n|\r|\n)?",
                    re.IGNORECASE | re.DOTALL)


class StateError(Exception):
    """The call is not possible in this state."""


@dataclass(frozen=True)
class Settings:
    """Times are in milliseconds."""
    answer_timeout_ms: int = 35000
    ready_timeout_ms: int = 300000
    leave_timeout_ms: int = 10000
    ask_all: bool = False
    wait_after_refusal: bool = False
    tag_prefix: str = "SLO."
    bye_text: str = "Server is closing the connection"

    def __post_init__(self):
        check_text(self.bye_text)
        if self.answer_timeout_ms <= 32000 or not PREFIX.fullmatch(self.tag_prefix):
            raise ValueError("answer_timeout_ms or tag_prefix is not valid")


@dataclass
class Result:
    """How an exchange ended; answer is set only for the close_connection that it causes."""
    outcome: Outcome | None = None
    bye_sent: bool = False
    bye_seen: bool = False
    asked_ms: int = NEVER
    tag: str = ""
    answer_status: str = ""
    answer: Answer | None = None


def check_text(text):
    """Raises ValueError unless text is None or may follow `* BYE `."""
    if text is not None and not BYE_TEXT.match(text):
        raise ValueError("not 1 to 200 octets of printable ASCII, or a malformed response code")


def splitmix64(seed):
    z = seed + 0x9E3779B97F4A7C15
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


class Slogout:
    """The settings, the clock and the timers of some sessions."""
    def __init__(self, settings=Settings()):
        self.settings = settings
        self.timers = {}  # the deadline of each session that has one
        self.now_ms, self.tags_used = 0, 0

    def advance(self, now_ms):
        self.now_ms = max(self.now_ms, now_ms)

    def deadline(self):
        """Returns the time at which tick() is needed next, or NEVER."""
        return min(self.timers.values(), default=NEVER)

    def tick(self, now_ms):
        """Runs the timers that are due, in the order of their deadlines."""
        self.advance(now_ms)
        while self.deadline() <= self.now_ms:
            min(self.timers, key=self.timers.get).expire()


class Session:
    """One connection of a client."""
    def __init__(self, slogout, send_line, close_connection):
        self.slogout, self.settings = slogout, slogout.settings
        self.send_line, self.close_connection = send_line, close_connection
        self.state, self.enabled, self.bye_text = OPEN, False, None
        self.result = Result()  # valid once the session has ENDED with an outcome
        self.end_by_ms = NEVER  # the deadline of a departure, and of a session that is LEAVING
        self.when = When.AT_REST  # the moment for which the line waits

    def request(self, now_ms, bye_text=None):
        check_text(bye_text)
        if self.state in (LEAVING, ENDED):
            raise StateError
        if self.state in (OPEN, WAITING):
            self.slogout.advance(now_ms)
            self.bye_text = bye_text
            self.begin()

    def leave(self, now_ms, spread_ms=0, seed=0, deadline_ms=0, bye_text=None):
        """Leaves at a random instant and by a deadline; a second call forces the session."""
        check_text(bye_text)
        if self.state is not OPEN:
            return self.force(now_ms)
        self.slogout.advance(now_ms)
        self.bye_text = bye_text
        if deadline_ms:
            self.end_by_ms = min(self.slogout.now_ms + deadline_ms, NEVER - 1)
        spread_ms = max(min(spread_ms, min(self.leave_by_ms(), NEVER) - self.slogout.now_ms), 0)
        if spread_ms:
            self.enter(WAITING, self.slogout.now_ms + splitmix64(seed) % spread_ms)
        else:
            self.begin()

    def resume(self, now_ms):
        if self.state in (PENDING, LEAVING):
            self.slogout.advance(now_ms)
            self.offer()

    def cancel(self):
        """Cancels a request that has not been sent to the client."""
        if self.state in (ASKED, LEAVING, ENDED):
            raise StateError
        self.enter(OPEN)
        self.end_by_ms, self.bye_text = NEVER, None

    def force(self, now_ms):
        if self.state is ENDED:
            return
        self.slogout.advance(now_ms)
        if self.state is not LEAVING:
            self.settle(Outcome.FORCED)
        else:
            if self.when is When.AT_REST:
                self.insist()
            if self.state is LEAVING:
                self.end(self.result.outcome)

    def abandon(self, why):
        if self.state not in (OPEN, LEAVING, ENDED):
            self.result.outcome = why
        self.enter(ENDED)

    def feed_line(self, line, now_ms):
        """Returns True if the host must not run this line of the client, of type bytes."""
        if self.state in (LEAVING, ENDED):
            return True
        answer = ANSWER.fullmatch(line) if self.state is ASKED else None
        if not answer or answer["tag"] and answer["tag"] != self.result.tag.encode():
            return False
        self.slogout.advance(now_ms)
        if answer["bye"]:
            self.result.bye_seen = True
        else:
            self.take(Answer(answer["status"].decode().upper(), answer["code"] or b"", answer["text"] or b""))
        return True

    # ---- the effects of the events ----

    def enter(self, state, deadline_ms=None):
        """Enters a state, which ends at the deadline at the latest."""
        self.state = state
        self.slogout.timers.pop(self, None)
        if deadline_ms is not None:
            self.slogout.timers[self] = min(max(deadline_ms, 0), NEVER - 1)

    def take(self, answer):
        self.result.answer_status, self.result.answer = answer.status, answer
        if answer.status == "OK":
            self.end(Outcome.ANSWERED)
        elif not self.settings.wait_after_refusal:
            self.settle(Outcome.REFUSED)
        self.result.answer = None

    def leave_by_ms(self):
        """Returns when a departure with a deadline is LEAVING at the latest."""
        return math.inf if self.end_by_ms == NEVER else self.end_by_ms - self.settings.leave_timeout_ms

    def begin(self):
        self.enter(PENDING, min(self.slogout.now_ms + self.settings.ready_timeout_ms, self.leave_by_ms()))
        self.offer()

    def expire(self):
        if self.state is WAITING:
            self.begin()
        elif self.state is PENDING:
            self.settle(Outcome.FORCED if self.leave_by_ms() <= self.slogout.timers[self] else Outcome.NEVER_READY)
        elif self.state is ASKED:
            self.settle(Outcome.REFUSED if self.result.answer_status else Outcome.EXPIRED)
        elif self.when is When.AT_REST:
            self.insist()
        else:
            self.end(self.result.outcome)

    def insist(self):
        """A command may be cut off from now on."""
        self.when = When.BETWEEN_LINES
        self.enter(LEAVING, self.end_by_ms)
        self.offer()

    def settle(self, outcome):
        """Settles the outcome. The client is then owed a `* BYE`."""
        self.result.outcome = outcome
        self.end_by_ms = min(self.slogout.now_ms + self.settings.leave_timeout_ms, self.end_by_ms, NEVER - 1)
        self.enter(LEAVING, self.end_by_ms - (self.settings.leave_timeout_ms + 1) // 2)
        self.offer()

    def offer(self):
        answer_ms = self.slogout.now_ms + self.settings.answer_timeout_ms
        may_ask = (self.settings.ask_all or self.enabled) and answer_ms <= self.leave_by_ms()
        asks = may_ask and self.state is PENDING
        tag = f"{self.settings.tag_prefix}{self.slogout.tags_used % (2**32 - 1) + 1}"
        line = f"{tag} LOGOUT\r\n" if asks else f"* BYE {self.bye_text or self.settings.bye_text}\r\n"
        taken = self.send_line(self, line, self.when)
        if taken < 0:
            self.end(self.result.outcome or Outcome.SEND_FAILED)
        elif taken == 0 and asks:
            self.slogout.tags_used += 1
            self.result.tag, self.result.asked_ms = tag, self.slogout.now_ms
            self.enter(ASKED, answer_ms)
        elif taken == 0:
            self.result.bye_sent = True
            self.end(self.result.outcome or Outcome.BYE_ONLY)

    def end(self, outcome):
        self.result.outcome = outcome
        self.enter(ENDED)
        self.close_connection(self, self.result)

# SPDX-License-Identifier: BSD-2-Clause
"""Compares examples/port/slogout.py with the library on random dialogues: each line and its moment, each state,
deadline, result and outcome.

    differential.py PLAY COUNT SEED

PLAY is the program of tests/model/transcripts/play.c. The port writes each dialogue as a transcript, which the library
must reproduce. Each batch of dialogues is drawn from SEED and its own number. The first dialogue that differs is
printed."""

import multiprocessing
import os
import random
import subprocess
import sys
from difflib import ndiff

from player import Player, escape, settings_of
from slogout import ASKED, ENDED, NEVER, OPEN, Outcome, When

BATCH = 2000
EVENTS = 20

REPLIES = {  # the host's reply to a line, by the moment for which the line is offered
    "REST": {When.AT_REST: "", When.BETWEEN_LINES: ""},
    "LINES": {When.AT_REST: " BUSY", When.BETWEEN_LINES: ""},
    "BUSY": {When.AT_REST: " BUSY", When.BETWEEN_LINES: " BUSY"},
    "BROKEN": {When.AT_REST: " BROKEN", When.BETWEEN_LINES: " BROKEN"},
}
VERBS = ("enable enable disable request request request_TEXT leave leave_TEXT resume resume tick tick tick tick tick tick "
         "cancel force abandon result host host host C: C: C: C:").split()
VERBS_ASKED = VERBS + ["C:"] * 20
VERBS_OPEN = "enable enable enable request request request_TEXT leave leave_TEXT host tick".split() * 2 + VERBS
STATUSES = [b"OK"] * 4 + [b"NO", b"no", b"BAD", b"bAd", b"BYE", b"ok", b"O", b"OKAY", b"OK-", b"LOGOUT", b""]
ENDS = [b"", b"", b"\r\n", b"\r\n", b"\n", b"\r", b"\n\r", b"\r\r\n", b"\n\n"]
TEXT_PIECES = [b"", b" ", b" ", b"text", b"[", b"]", b"[CODE]", b"[CODE] ", b"[CODE x y] ", b"{3}", b"{3+}", b"\xe9", b"\0", b"%",
               b"\"", b"\\", b"(", b"*", b"+", b"\x7f", b"[C" + b"c" * 254 + b"]", b"[C" + b"c" * 255 + b"]", b"x" * 199, b"\r"]


class Random(random.Random):
    """Draws faster than random.Random, and almost as evenly."""

    def choice(self, seq):
        return seq[int(self.random() * len(seq))]

    def below(self, limit):
        return int(self.random() * limit)


def draw_settings(rng):
    """Returns the first line of a transcript, and the settings and the number of sessions that it states."""
    first = (f"settings sessions=1 ask={rng.choice(['all', 'enabled', 'enabled'])} on_refusal={rng.choice(['bye', 'wait'])} "
             f"prefix={rng.choice(['SLO.', 'x', 'ABCDEFGHIJKLMNOP', '!-'])} answer_timeout={32001 + rng.choice([0, 1, 2998])} "
             f"ready_timeout={rng.choice([1, 2, 40000, 300000])} leave_timeout={rng.choice([1, 2, 3, 10000, 9999])}")
    return first, *settings_of(first)


class Dialogue:
    """A random dialogue, which the port plays while it is drawn."""

    def __init__(self, rng, first, *settings):
        self.rng = rng
        self.host = "REST"
        self.lines = [first]
        self.events = 0
        self.player = Player(*settings, lambda when: REPLIES[self.host][when])
        self.session = self.player.sessions[0]

    def draw(self):
        ended = 0
        while self.events < EVENTS and ended < 3:
            state = self.session.state
            self.event(self.rng.choice(VERBS_ASKED if state is ASKED else VERBS_OPEN if state is OPEN else VERBS))
            self.events += 1
            ended += self.session.state is ENDED
        self.lines.append("")

    def event(self, verb):
        if verb == "host":
            self.host = self.rng.choice(list(REPLIES))
            return
        now = self.time() if self.rng.random() < 0.5 or verb == "tick" else self.player.slogout.now_ms
        words, call = self.call(verb, now)
        self.player.play_call(self.session, call)
        self.lines += [f"{now} {words}", *self.player.trace]

    def call(self, verb, now):
        """Returns the words of an event, and a function that plays the event to the port."""
        session = self.session
        if verb == "C:":
            line = self.line()
            return f"C: {escape(line)}", lambda: session.feed_line(line, now)
        if verb == "abandon":
            why = self.rng.choice((Outcome.CLIENT_LOGOUT, Outcome.PEER_CLOSED, Outcome.HOST_CLOSED))
            return f"abandon {why.name}", lambda: session.abandon(why)
        text = self.text() if verb.endswith("_TEXT") else None
        tail = "" if text is None else " " + escape(text)
        text = text and text.decode("latin-1")
        if verb.startswith("request"):
            return f"request{tail}", lambda: session.request(now, text)
        if verb.startswith("leave"):
            spread, seed, deadline = self.departure()
            return (f"leave spread={spread} seed={seed} deadline={deadline}{tail}",
                    lambda: session.leave(now, spread, seed, deadline, text))
        return verb, lambda: self.player.act(session, verb, "", now)

    def time(self):
        """Returns the time of an event, which is often the deadline, and seldom before or long after it."""
        rng, slogout = self.rng, self.player.slogout
        deadline = slogout.deadline()
        deadline = slogout.now_ms if deadline == NEVER else deadline
        kind = rng.below(40)
        if kind < 16:
            return deadline
        if kind < 32:
            return min(slogout.now_ms + rng.below(5000), NEVER - 1)
        far = rng.choice([deadline - 1, deadline + 1, deadline + rng.below(40000), slogout.now_ms + rng.below(50000),
                          slogout.now_ms - rng.below(1000), slogout.now_ms + rng.below(3), NEVER - 1 - rng.below(40000)])
        return min(max(far, 0), NEVER - 1)

    def line(self):
        rng = self.rng
        if rng.random() < 0.1:
            return rng.choice([b"* BYE", b"* bye x", b"a1 NOOP", b"DONE", b"", b" ", b"+", b"* BYE ", b"*  BYE", b"* BYE\0"])
        tag = self.session.result.tag.encode() or b"SLO.1"
        if rng.random() < 0.2:
            tag = rng.choice([tag + b"0", b"x" + tag, tag.lower(), tag[:-1], b"*", b"", b"\0" + tag])
        return tag + rng.choice([b" "] * 6 + [b"  ", b""]) + rng.choice(STATUSES) + rng.choice([b" "] * 4 + [b""]) + \
            self.pieces() + rng.choice(ENDS)

    def text(self):
        return self.pieces().replace(b"\0", b"\1") or b" "

    def pieces(self):
        return b"".join(self.rng.choices(TEXT_PIECES, k=self.rng.below(4)))

    def departure(self):
        rng, settings = self.rng, self.player.slogout.settings
        leave, answer, ready = settings.leave_timeout_ms, settings.answer_timeout_ms, settings.ready_timeout_ms
        deadline = rng.choice([0, 1, leave // 2, leave - 1, leave, leave + 1, leave + ready, leave + answer - 1, leave + answer,
                               leave + answer + 1, 1 + rng.below(100000), rng.choice([2**32, NEVER, NEVER - 1])])
        return rng.choice([0, 1, 2, 30000, 2**32 - 1]), rng.below(2**32), deadline


def batch(play, count, seed):
    """Returns the number of lines that agree, or the text of the first difference."""
    rng = Random(seed)
    first = [draw_settings(rng) for _ in range(50)]
    dialogues = [Dialogue(rng, *rng.choice(first)) for _ in range(count)]
    for dialogue in dialogues:
        dialogue.draw()
    told = "".join("\n".join(dialogue.lines) + "\n" for dialogue in dialogues)
    library = subprocess.run([play], input=told.encode("ascii"), stdout=subprocess.PIPE, check=True).stdout.decode("ascii")
    if library == told:
        return told.count("\n")
    port, other = next(pair for pair in zip(told.split("\n\n"), library.split("\n\n")) if pair[0] != pair[1])
    return "\n".join([f"seed {seed}: the port (-) and the library (+) differ:",
                      *ndiff(port.splitlines(), other.splitlines())])


def main():
    play, count, seed = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    print(f"differential: {count} dialogues, SEED={seed}", flush=True)
    tasks = [(play, min(BATCH, count - begin), f"{seed}/{begin}") for begin in range(0, count, BATCH)]
    lines = 0
    with multiprocessing.Pool(min(2, os.cpu_count())) as pool:
        for result in pool.starmap(batch, tasks, chunksize=1):
            if isinstance(result, str):
                sys.exit(result)
            lines += result
    print(f"differential: the library and the port agree on {count} dialogues, {lines} lines")


if __name__ == "__main__":
    main()

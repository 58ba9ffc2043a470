# SPDX-License-Identifier: BSD-2-Clause
"""The exchange of slogout(7) for servers in Python: sessions, their timers and answers, without drains and filters.

It is written from the manual and shares no code with the library. Names are those of the manual, errors are exceptions,
and an object is freed when nobody refers to it. send_line(session, line, when) returns 0, BUSY, or a negative number, and
close_connection(session, result) closes the connection. Neither may call a function of this module.

    slogout = Slogout(Settings(bye_text="Server is restarting"))
    session = Session(slogout, send_line, close_connection)
    session.request(now_ms)
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

NEVER = 2**64 - 1
BUSY = 1
CAPABILITY = "X-SERVER-LOGOUT"

State = Enum("State", "OPEN WAITING PENDING ASKED LEAVING ENDED")
Outcome = Enum("Outcome", "ANSWERED REFUSED EXPIRED BYE_ONLY NEVER_READY FORCED SEND_FAILED CLIENT_LOGOUT PEER_CLOSED"
                          " HOST_CLOSED")
When = Enum("When", "AT_REST BETWEEN_LINES")

OPEN, WAITING, PENDING, ASKED, LEAVING, ENDED = State
ABANDONED = (Outcome.CLIENT_LOGOUT, Outcome.PEER_CLOSED, Outcome.HOST_CLOSED)

ATOM = r'[!#$&\'+-Z\[^-z|}~]+'
BYE_TEXT = re.compile(rf"(?=[ -~]{{1,200}}\Z)(?:[^\[]|\[{ATOM}(?: [^\]]+)?\] .)")
PREFIX = re.compile(r"[!#$&',-Z\[\]^-z|}~]{1,16}")
ANSWER = re.compile(rb"(?:\* (?P<bye>BYE)|(?P<tag>[^ ]+) (?P<status>OK|NO|BAD))"
                    rb"(?: (?:\[(?P<code>[^\]]{1,255})\](?: |(?=\r?\n?\Z)))?(?P<text>.*?))?(?:\r\n|\r|\n)?",
                    re.IGNORECASE | re.DOTALL)


class StateError(Exception):
    """The call is not possible in this state."""


class Answer(NamedTuple):
    """A tagged answer of a client."""
    status: str
    code: bytes
    text: bytes


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
        if self.answer_timeout_ms <= 32000 or not PREFIX.fullmatch(self.tag_prefix):
            raise ValueError("answer_timeout_ms or tag_prefix is not valid")
        check_text(self.bye_text)


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
    """Raises ValueError unless text may follow `* BYE `."""
    if not BYE_TEXT.match(text):
        raise ValueError("not 1 to 200 octets of printable ASCII, or a malformed response code")


def splitmix64(seed):
    """Returns the first number of the generator SplitMix64."""
    mask = NEVER
    z = (seed + 0x9E3779B97F4A7C15) & mask
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
    return z ^ z >> 31


class Slogout:
    """The settings, the clock and the timers of some sessions."""

    def __init__(self, settings=Settings()):
        self.settings = settings
        self.timers = {}  # the deadline of each session that has one
        self.now_ms = 0
        self.tags = 0

    def advance(self, now_ms):
        """Keeps the later time."""
        self.now_ms = max(self.now_ms, now_ms)

    def deadline(self):
        """Returns when tick() is needed next, or NEVER."""
        return min(self.timers.values(), default=NEVER)

    def tick(self, now_ms):
        """Does what is due, in the order of the deadlines."""
        self.advance(now_ms)
        while self.deadline() <= self.now_ms:
            min(self.timers, key=self.timers.get).expire()


class Session:
    """One connection of a client."""

    def __init__(self, slogout, send_line, close_connection):
        self.slogout, self.settings = slogout, slogout.settings
        self.send_line, self.close_connection = send_line, close_connection
        self.state = OPEN
        self.enabled = False
        self.result = Result()
        self.bye_text = None
        self.in_drain = False
        self.leave_by_ms = NEVER  # of a departure: when the session is LEAVING at the latest
        self.end_ms = NEVER  # when a session that is LEAVING ends at the latest
        self.when = When.AT_REST  # what the line waits for

    def join(self):
        """Waits in a drain, which may call begin()."""
        if self.in_drain or self.state in (WAITING, LEAVING, ENDED):
            raise StateError
        self.in_drain = True
        if self.state is OPEN:
            self.state = WAITING

    def request(self, now_ms, bye_text=None):
        """Asks the client to leave."""
        check_text(bye_text or self.settings.bye_text)
        if self.state in (LEAVING, ENDED):
            raise StateError
        if self.state in (OPEN, WAITING):
            self.slogout.advance(now_ms)
            self.bye_text = bye_text
            self.begin()

    def leave(self, now_ms, spread_ms=0, seed=0, deadline_ms=0, bye_text=None):
        """Leaves at a random instant and by a deadline; a second call hurries."""
        check_text(bye_text or self.settings.bye_text)
        if self.state is not OPEN:
            return self.force(now_ms)
        self.slogout.advance(now_ms)
        self.bye_text = bye_text
        if deadline_ms:
            before = max(deadline_ms - self.settings.leave_timeout_ms, 0)
            self.leave_by_ms = self.slogout.now_ms + before
            spread_ms = min(spread_ms, before - self.settings.answer_timeout_ms
                            if before >= self.settings.answer_timeout_ms else before)
        if spread_ms == 0:
            return self.begin()
        self.enter(WAITING, self.slogout.now_ms + splitmix64(seed) % spread_ms)

    def resume(self, now_ms):
        """The moment for the line may have come."""
        if self.state in (PENDING, LEAVING):
            self.slogout.advance(now_ms)
            self.offer()

    def cancel(self):
        """Withdraws a request that the client does not know of."""
        if self.state in (ASKED, LEAVING, ENDED):
            raise StateError
        self.enter(OPEN)
        self.leave_by_ms, self.in_drain = NEVER, False

    def force(self, now_ms):
        """Ends the session now."""
        if self.state is ENDED:
            return
        self.slogout.advance(now_ms)
        if self.state is not LEAVING:
            self.settle(Outcome.FORCED)
            return
        if self.when is When.AT_REST:
            self.when = When.BETWEEN_LINES
            self.offer()
        if self.state is LEAVING:
            self.end(self.result.outcome)

    def abandon(self, why):
        """The connection ends in another way."""
        if why not in ABANDONED:
            raise ValueError(why)
        if self.state not in (OPEN, LEAVING, ENDED):
            self.result.outcome = why
        self.enter(ENDED)

    def get_result(self):
        """Returns how the exchange ended."""
        if self.state is not ENDED or self.result.outcome is None:
            raise StateError
        return self.result

    def feed_line(self, line, now_ms):
        """Returns True if the line of the client, of type bytes, must not be run."""
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

    # ---- what the events cause ----

    def enter(self, state, deadline_ms=None):
        """The session is in this state, at most until the deadline."""
        self.state = state
        self.slogout.timers.pop(self, None)
        if deadline_ms is not None:
            self.slogout.timers[self] = min(deadline_ms, NEVER - 1)

    def take(self, answer):
        """The client has answered."""
        self.result.answer_status = answer.status
        self.result.answer = answer
        if answer.status == "OK":
            self.end(Outcome.ANSWERED)
        elif not self.settings.wait_after_refusal:
            self.settle(Outcome.REFUSED)
        self.result.answer = None

    def begin(self):
        """The request begins."""
        self.enter(PENDING, min(self.slogout.now_ms + self.settings.ready_timeout_ms, self.leave_by_ms))
        self.offer()

    def expire(self):
        """The timer of the session has expired."""
        now_ms = self.slogout.now_ms
        if self.state is WAITING:
            self.begin()
        elif self.state is PENDING:
            self.settle(Outcome.FORCED if self.leave_by_ms <= now_ms else Outcome.NEVER_READY)
        elif self.state is ASKED:
            self.settle(Outcome.REFUSED if self.result.answer_status else Outcome.EXPIRED)
        elif self.when is When.AT_REST:
            self.when = When.BETWEEN_LINES
            self.enter(LEAVING, self.end_ms)
            self.offer()
        else:
            self.end(self.result.outcome)

    def settle(self, outcome):
        """The outcome is settled, and the client is owed a `* BYE`."""
        leave_ms = self.settings.leave_timeout_ms
        self.result.outcome = outcome
        self.end_ms = min(self.slogout.now_ms, self.leave_by_ms) + leave_ms
        self.enter(LEAVING, self.end_ms - leave_ms // 2)
        self.offer()

    def offer(self):
        """Offers the line that is due to the host."""
        asks = (self.state is PENDING and (self.settings.ask_all or self.enabled) and
                self.slogout.now_ms + self.settings.answer_timeout_ms <= self.leave_by_ms)
        tag = f"{self.settings.tag_prefix}{self.slogout.tags + 1}"
        line = f"{tag} LOGOUT\r\n" if asks else f"* BYE {self.bye_text or self.settings.bye_text}\r\n"
        taken = self.send_line(self, line, self.when)
        if taken > 0:
            return
        if taken < 0:
            self.end(self.result.outcome or Outcome.SEND_FAILED)
        elif asks:
            self.slogout.tags += 1
            self.result.tag, self.result.asked_ms = tag, self.slogout.now_ms
            self.enter(ASKED, self.slogout.now_ms + self.settings.answer_timeout_ms)
        else:
            self.result.bye_sent = True
            self.end(self.result.outcome or Outcome.BYE_ONLY)

    def end(self, outcome):
        """The session ends."""
        self.result.outcome = outcome
        self.enter(ENDED)
        self.close_connection(self, self.result)

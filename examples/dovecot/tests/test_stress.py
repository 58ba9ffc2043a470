# SPDX-License-Identifier: BSD-2-Clause
"""Clients that work while they are kicked at random. No command that got OK may be lost, no command may be done twice,
and no connection may be reset. A command without a tagged response is sent again, as a mail program does."""

import os
import random
import re
import threading
import time
import unittest

from client import CAPABILITY, Client, Closed
from server import Dovecot, is_24

SECONDS = float(os.environ.get("DOVECOT_STRESS_SECONDS") or 15)
CLIENTS = 30
USERS = 10


class Worker(threading.Thread):
    """One client, which works in one session after another until the time is over. A token in each message identifies
    the messages that it has appended."""

    def __init__(self, server, number, deadline):
        super().__init__()
        self.server, self.number, self.deadline = server, number, deadline
        self.user = "user%d" % (number % USERS)
        self.enable = number % 2 == 0
        self.random = random.Random(number)
        self.client = None
        self.tags = 0
        self.appended = {}     # {token: UID} of the messages whose APPEND got OK
        self.flagged = set()   # tokens of the messages whose STORE got OK
        self.unanswered = None  # the token of an APPEND without a tagged response
        self.commands = self.sessions = self.asked = self.resets = 0
        self.failure = None

    def run(self):
        try:
            while time.monotonic() < self.deadline:
                self.session()
        except Exception as failure:  # the test reports it
            self.failure = failure

    def session(self):
        try:
            self.client = Client(self.server, self.user, enable=False)
            self.sessions += 1
            if self.enable:
                self.commands_in_one_go("ENABLE " + CAPABILITY)
            self.commands_in_one_go("SELECT INBOX")
            while time.monotonic() < self.deadline:
                self.random.choice((self.append, self.append, self.fetch, self.store, self.idle))()
            self.client.run("z", "LOGOUT")
        except Closed:
            pass
        except (ConnectionResetError, BrokenPipeError):
            self.resets += 1
        finally:
            if self.client:
                self.client.close()

    # ---- lines ----

    def line(self):
        """Returns the next line. Answers LOGOUT, and returns the line after it."""
        line = self.client.line()
        match = re.fullmatch(r"(SLO\.\d+) LOGOUT", line)
        if match:
            self.asked += 1
            self.client.send("* BYE\r\n%s OK\r\n" % match[1])
            return self.line()
        return line

    def tag(self):
        self.tags += 1
        return "t%d" % self.tags

    def commands_in_one_go(self, *commands):
        """Sends commands without waiting between them. Returns the tagged responses, and all other lines."""
        tags = [self.tag() for _ in commands]
        self.client.send("".join("%s %s\r\n" % item for item in zip(tags, commands)))
        tagged, others = [], []
        while len(tagged) < len(tags):
            line = self.line()
            if line.startswith(tags[len(tagged)] + " "):
                tagged.append(line.split(None, 1)[1])
                self.commands += 1
            else:
                others.append(line)
        return tagged, others

    # ---- commands ----

    def append(self):
        token = self.unanswered or "<%d.%d@example.org>" % (self.number, self.tags)
        self.unanswered = token
        message = "From: a@example.org\r\nMessage-ID: %s\r\nSubject: x\r\n\r\n%s\r\n" % (
            token, "x" * self.random.choice((10, 1000, 100000)))
        tag, after = self.tag(), self.tag()
        self.client.send("%s APPEND INBOX {%d+}\r\n%s\r\n%s NOOP\r\n" % (tag, len(message), message, after))
        line = self.line()
        while not line.startswith(tag + " "):
            line = self.line()
        match = re.match(r"\S+ OK \[APPENDUID \d+ (\d+)\]", line)
        if not match:
            raise AssertionError(line)
        self.appended[token], self.unanswered = match[1], None
        self.commands += 1
        while not self.line().startswith(after + " "):
            pass
        self.commands += 1

    def some_token(self):
        return self.random.choice(list(self.appended)) if self.appended else None

    def fetch(self):
        token = self.some_token()
        if token is None:
            return
        tag = self.tag()
        self.client.send("%s UID FETCH %s BODY.PEEK[]\r\n" % (tag, self.appended[token]))
        line = self.line()
        while not line.startswith(tag + " "):
            match = re.search(r"BODY\[\] \{(\d+)\}$", line)
            if match:
                literal = self.client.octets(int(match[1]))
                if token.encode() not in literal or not literal.endswith(b"x\r\n"):
                    raise AssertionError("the literal is not the message")
            line = self.line()
        self.commands += 1

    def store(self):
        token = self.some_token()
        if token is None:
            return
        tagged, _ = self.commands_in_one_go("UID STORE %s +FLAGS.SILENT (\\Flagged)" % self.appended[token], "NOOP")
        if tagged[0].startswith("OK "):
            self.flagged.add(token)

    def idle(self):
        tag = self.tag()
        self.client.send(tag + " IDLE\r\n")
        while not self.line().startswith("+"):
            pass
        time.sleep(self.random.random() / 5)
        self.client.send("DONE\r\n")
        while not self.line().startswith(tag + " "):
            pass
        self.commands += 1


def mailbox_of(server, user):
    """Returns a list of the token and the flags of every message."""
    messages = []
    with Client(server, user, enable=False) as client:
        client.run("s", "SELECT INBOX")
        lines = client.run("f", "FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        client.run("z", "LOGOUT")
    flags = ""
    for line in lines:
        match = re.match(r"\* \d+ FETCH \(FLAGS \(([^)]*)\)", line)
        if match:
            flags = match[1]
        elif line.startswith("Message-ID: "):
            messages.append((line.split()[1], flags))
    return messages


class Stress(unittest.TestCase):
    PLUGIN = True

    def work(self):
        server = Dovecot(plugin=self.PLUGIN)
        self.addCleanup(server.close)
        workers = [Worker(server, number, time.monotonic() + SECONDS) for number in range(CLIENTS)]
        for worker in workers:
            worker.start()
        kicks = 0
        while any(worker.is_alive() for worker in workers):
            if time.monotonic() < workers[0].deadline - 1:
                server.doveadm("kick", "user%d" % random.randrange(USERS))
                kicks += 1
            time.sleep(random.random() / 2)
        for worker in workers:
            worker.join()
        return server, workers, kicks

    def compare(self, server, workers):
        """Returns the number of commands that got OK and are lost, and the number of commands that were done twice."""
        lost = doubled = 0
        for number in range(USERS):
            messages = mailbox_of(server, "user%d" % number)
            tokens = [token for token, _ in messages]
            doubled += len(tokens) - len(set(tokens))
            flags = dict(messages)
            for worker in workers[number::USERS]:
                lost += sum(token not in flags for token in worker.appended)
                lost += sum("\\Flagged" not in flags.get(token, "") for token in worker.flagged)
        return lost, doubled

    def test_kicks_at_random(self):
        server, workers, kicks = self.work()
        lost, doubled = self.compare(server, workers)
        resets = sum(worker.resets for worker in workers)
        asked = sum(worker.asked for worker in workers)
        print("\n%s, %d clients, %g s: %d kicks, %d sessions, %d asked, %d commands got OK; lost %d, done twice %d, "
              "connections reset %d" % (
                  "with the plugin" if self.PLUGIN else "stock Dovecot", CLIENTS, SECONDS, kicks,
                  sum(worker.sessions for worker in workers), asked,
                  sum(worker.commands for worker in workers), lost, doubled, resets))
        for worker in workers:
            if worker.failure:
                raise worker.failure
        self.check(lost, doubled, resets, asked)

    def check(self, lost, doubled, resets, asked):
        self.assertGreater(asked, 0)
        self.assertEqual((lost, doubled, resets), (0, 0, 0))


class StressOfStock(Stress):
    """The same with stock Dovecot, for comparison. 2.4 shuts connections down before it closes them, and resets few of
    them or none."""

    PLUGIN = False

    def check(self, lost, doubled, resets, asked):
        if not is_24():
            self.assertGreater(resets, 0)


if __name__ == "__main__":
    unittest.main()

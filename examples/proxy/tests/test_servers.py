# SPDX-License-Identifier: BSD-2-Clause
"""Runs a scripted session with the imapd of Courier and of Cyrus, directly and through the proxy, and then asks the
client to leave."""

import re
import socket
import unittest

from proxy import Proxy
from servers import PATIENCE, UNPACKED, Courier, Cyrus, wait_until

MESSAGE = b"Subject: x\r\n\r\n* BYE going\r\nSLP.1 OK done\r\n" + b"x" * 70000 + b"\r\n"


class Session:
    """Sends a command, and records the responses up to the tagged response."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.file = self.socket.makefile("rb")
        self.number = 0
        self.greeting = self.line()

    def line(self):
        return self.file.readline()

    def send(self, octets):
        self.socket.sendall(octets)

    def response(self):
        """Reads one response with its literals."""
        line = self.line()
        while not re.match(rb"(\* (OK|NO|BAD|BYE|PREAUTH)|[^*]\S* (OK|NO|BAD))\b", line) and (
                size := re.search(rb"\{(\d+)\}\r\n$", line)):
            line += self.file.read(int(size[1])) + self.line()
        return line

    def command(self, text, *literals):
        self.number += 1
        tag = b"t%d" % self.number
        self.send(tag + b" " + text + b"\r\n")
        heard = []
        for literal in literals:
            while not (line := self.response()).startswith(b"+"):
                heard.append(line)
            heard.append(b"+")  # each server has a different text
            self.send(literal)
        while not (line := self.response()).startswith(tag + b" "):
            if not line:
                raise AssertionError(f"ended after {heard}")
            heard.append(line)
        return heard + [line]

    def idle(self):
        self.number += 1
        tag = b"t%d" % self.number
        self.send(tag + b" IDLE\r\n")
        while not (line := self.response()).startswith(b"+"):
            assert line.startswith(b"*"), line
        return tag

    def close(self):
        self.file.close()
        self.socket.close()


def steady(heard):
    """Removes the parts that differ between sessions: times, unique names, and the name of the user."""
    text = b"".join(heard)
    text = re.sub(rb" X-SERVER-LOGOUT| COMPRESS=DEFLATE", b"", text)
    text = re.sub(rb"\d+\.\d+ sec", b"", text)
    text = re.sub(rb"SESSIONID=<[^>]*>|(APPENDUID|UIDVALIDITY) [\d ]+|MAILBOXID \(\S+\)|INTERNALDATE \"[^\"]*\"", b"", text)
    return re.sub(rb"\d+ (EXISTS|RECENT|FETCH)|UIDNEXT \d+|UID \d+|HIGHESTMODSEQ \d+|UNSEEN \d+|time=\d+", b"", text)


def script(session, mailbox, literal_plus):
    heard = session.command(b"CAPABILITY")
    heard += session.command(b"SELECT " + mailbox)
    heard += session.command(b"NOOP")
    heard += session.command(b"APPEND " + mailbox + b" (\\Seen) {%d}" % len(MESSAGE), MESSAGE + b"\r\n")
    if literal_plus:
        heard += session.command(b"APPEND " + mailbox + b" {%d+}\r\n" % len(MESSAGE) + MESSAGE)
    heard += session.command(b"FETCH 1 (FLAGS BODY.PEEK[])")
    heard += session.command(b"SEARCH SUBJECT {1}", b"x\r\n")
    heard += session.command(b'LIST "" "*"')
    heard += session.command(b"SEARCH CHARSET X-UNKNOWN SUBJECT x")
    heard += session.command(b"NONSENSE")
    tag = session.idle()
    session.send(b"DONE\r\n")
    while not session.response().startswith(tag):
        pass
    return heard


class Steady(unittest.TestCase):
    def test_durations_are_removed_from_responses(self):
        for form in (b"t1 OK Completed (%s sec)\r\n", b"t1 OK Completed (2 msgs in %s secs)\r\n",
                     b"t1 OK Completed (%s secs 1 calls)\r\n"):
            self.assertEqual(steady([form % b"0.000"]), steady([form % b"12.001"]), form)

    def test_other_words_of_responses_are_kept(self):
        self.assertNotEqual(steady([b"* SEARCH 1 2\r\n"]), steady([b"* SEARCH 1\r\n"]))


class Servers(unittest.TestCase):
    def play(self, make, mailbox, login, literal_plus):
        """Runs the session directly on a fresh server, and through the proxy on another fresh server."""
        direct = self.connect(self.start(make).port)
        expected = login(direct) + script(direct, mailbox, literal_plus)
        proxy = Proxy(self.start(make).port)
        through = self.connect(proxy.port)
        got = login(through) + script(through, mailbox, literal_plus)
        self.assertEqual(steady(got).splitlines(), steady(expected).splitlines())
        enables = any(b" ENABLE" in line for line in expected)
        self.assertEqual(b"X-SERVER-LOGOUT" in b"".join(got), enables)
        self.leave(proxy, through, enables)
        proxy.stop()

    def start(self, make):
        server = make()
        self.addCleanup(server.close)
        return server

    def connect(self, port):
        session = Session(port)
        self.addCleanup(session.close)
        return session

    def leave(self, proxy, session, enables):
        """Asks in IDLE. The client receives LOGOUT if the server has ENABLE, and otherwise BYE."""
        if enables:
            heard = session.command(b"ENABLE X-SERVER-LOGOUT")
            self.assertEqual(heard[-2], b"* ENABLED X-SERVER-LOGOUT\r\n")
            self.assertIn(b" OK", heard[-1])
        session.idle()
        proxy.ask()
        if not enables:
            self.assertEqual(session.line(), b"* BYE Server is closing the connection\r\n")
        else:
            self.assertEqual(session.line(), b"SLP.1 LOGOUT\r\n")
            session.send(b"* BYE going\r\nSLP.1 OK done\r\n")
        self.assertEqual(session.file.read(), b"")
        wait_until(lambda: proxy.outcomes() == ["ANSWERED" if enables else "BYE_ONLY"])

    def test_cyrus_behaves_as_directly(self):
        def login(session):
            return session.command(b"LOGIN user secret") + session.command(b"CREATE INBOX")
        self.play(Cyrus, b"INBOX", login, True)

    def test_courier_behaves_as_directly(self):
        self.play(Courier, b"INBOX", lambda session: [session.greeting], False)

    def test_the_servers_are_installed(self):
        self.assertTrue((UNPACKED / "usr/bin/imapd").exists() and (UNPACKED / "usr/lib/cyrus/bin/imapd").exists())


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: BSD-2-Clause
"""A client on Python's imaplib that completes its work, even if it is told to leave many times."""

import imaplib
import re
import time

LOGOUT = re.compile(rb"(\S+) LOGOUT\r\n")
NO_CHANCE = 2000  # connections refused in succession


class Connection(imaplib.IMAP4):
    """A client that recognizes the server's LOGOUT. It waits for the responses to its own commands before it
    answers."""

    asked = None

    def readline(self):
        line = super().readline()
        match = LOGOUT.fullmatch(line)
        if not match:
            return line
        self.asked = match[1]
        return self.readline()

    def answer(self):
        """If the client was asked, answers and leaves. Returns whether it was asked."""
        if not self.asked:
            return False
        self.send(b"* BYE going\r\n" + self.asked + b" OK done\r\n")
        rest = self.file.read()
        assert rest == b"", rest
        self.shutdown()
        return True

    def idle(self):
        tag = self._new_tag()
        self.send(tag + b" IDLE\r\n")
        while not self._get_response_line().startswith(b"+"):
            pass
        self.send(b"DONE\r\n")
        self.finish(tag)

    def append_at_once(self, mailbox, message):
        """Sends the message without waiting for the server's `+` (RFC 7888)."""
        tag = self._new_tag()
        self.send(tag + b" APPEND %s {%d+}\r\n" % (mailbox, len(message)) + message + b"\r\n")
        self.finish(tag)

    def finish(self, tag):
        while not (line := self._get_response_line()).startswith(tag + b" "):
            pass
        assert line.startswith(tag + b" OK"), line

    def _get_response_line(self):
        line = self.readline()
        if not line or line.startswith(b"* BYE"):
            raise self.abort("gone")
        return line


class Client:
    def __init__(self, port, user, enable):
        self.port, self.user, self.enable = port, user, enable
        self.connection = None
        self.sent_away = 0

    def connect(self):
        connection = Connection("127.0.0.1", self.port, timeout=30)
        try:
            connection.login(self.user, "secret")
            if self.enable:
                assert connection.enable("X-SERVER-LOGOUT")[0] == "OK"
            connection.select()
        except (imaplib.IMAP4.error, OSError):
            connection.shutdown()
            raise
        self.connection = connection

    def do(self, work):
        """Repeats the work until it is done. Interrupted work has not been done, because both LOGOUT and BYE are sent
        at rest."""
        for _ in range(NO_CHANCE):
            try:
                if not self.connection:
                    self.connect()
                result = work(self.connection)
            except (imaplib.IMAP4.abort, imaplib.IMAP4.error, OSError):
                self.go()
                continue
            if self.connection.answer():
                self.connection = None
                self.sent_away += 1
            return result
        raise AssertionError("never let in")

    def close(self):
        if self.connection:
            self.connection.shutdown()
        self.connection = None

    def go(self):
        self.sent_away += 1
        self.close()
        time.sleep(0.001)

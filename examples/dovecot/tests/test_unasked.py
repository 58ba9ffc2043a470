# SPDX-License-Identifier: BSD-2-Clause
"""While no client is asked, clients see no difference with the plugin, and the plugin costs almost nothing."""

import contextlib
import fcntl
import imaplib
import mailbox
import os
import pty
import re
import select
import shutil
import statistics
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from client import CAPABILITY, Client
from server import Dovecot

MESSAGES = [b"From: a@example.org\r\nTo: b@example.org\r\nSubject: number %d\r\n"
            b"Message-ID: <%d@example.org>\r\nDate: Mon, 1 Jan 2024 00:00:%02d +0000\r\n\r\n"
            b"body %d\r\n" % (i, i, i, i) for i in range(20)]


def plain(text):
    """Removes everything that may differ between two sessions: the new capability, times, identifiers and ports."""
    text = text.replace(" " + CAPABILITY, "")
    text = re.sub(r"\(\d+\.\d+ \+ [^)]*secs\)", "(time)", text)
    text = re.sub(r"UIDVALIDITY \d+|APPENDUID \d+", "UIDVALIDITY", text)
    return re.sub(r"SAVEDATE \"[^\"]*\"|INTERNALDATE \"[^\"]*\"", "DATE", text)


class Unasked(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = Dovecot(plugin=False), Dovecot()

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers:
            server.close()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="slogout-clients-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.user = self.id().rsplit("_", 1)[1]
        for server in self.servers:
            with Client(server, self.user, enable=False) as client:
                for message in MESSAGES:
                    client.send("a APPEND INBOX {%d+}\r\n%s\r\n" % (len(message), message.decode()))
                    client.lines_until("a")

    def assertSame(self, session):
        """Checks that session(server, folder) returns the same value with stock Dovecot and with the plugin, and
        returns this value."""
        results = []
        for number, server in enumerate(self.servers):
            folder = os.path.join(self.folder, str(number))
            os.mkdir(folder)
            results.append(session(server, folder))
        self.assertEqual(*results)
        return results[0]

    def run_program(self, *command, stdin=None, **options):
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, **options)

    def test_imaplib(self):
        def session(server, _):
            with imaplib.IMAP4("127.0.0.1", server.port) as client:
                said = [client.login(self.user, "x"), client.select(),
                        client.search(None, "SUBJECT", "number 1"),
                        client.fetch("1:*", "(FLAGS BODY.PEEK[])"),
                        client.store("3", "+FLAGS", r"(\Deleted)"), client.expunge(),
                        client.append("INBOX", None, None, MESSAGES[0]),
                        client.status("INBOX", "(MESSAGES UIDNEXT)"),
                        client.noop(), client.list(), client.close()]
                said.append(client.logout())
            return plain(str(said))
        self.assertIn("Logging out", self.assertSame(session))

    def test_curl(self):
        def session(server, _):
            out = []
            for path, request in (("", None), ("INBOX;MAILINDEX=3", None), ("INBOX", "SEARCH ALL"),
                                  ("INBOX", "FETCH 1:* FLAGS")):
                done = self.run_program("curl", "-sv", "--user", self.user + ":x",
                                        *(["-X", request] if request else []),
                                        "imap://127.0.0.1:%d/%s" % (server.port, path))
                self.assertEqual(done.returncode, 0, done.stderr)
                said = [line for line in done.stderr.splitlines() if line.startswith(("<", ">"))]
                out += [done.stdout] + said
            return plain("\n".join(out)).replace(str(server.port), "PORT")
        self.assertIn("number 2", self.assertSame(session))

    def test_mbsync(self):
        def session(server, folder):
            config = os.path.join(folder, "rc")
            with open(config, "w") as file:
                file.write("""
IMAPStore far
Host 127.0.0.1
Port %d
User %s
Pass x
SSLType None
AuthMechs LOGIN

MaildirStore near
Path %s/
Inbox %s/INBOX

Channel all
Far :far:
Near :near:
Create Both
Sync All
Expunge Both
SyncState *
""" % (server.port, self.user, folder, folder))
            first = self.run_program("mbsync", "-c", config, "-a")
            self.assertEqual(first.returncode, 0, first.stderr)
            box = mailbox.Maildir(folder + "/INBOX")
            key = sorted(box.keys(), key=lambda k: box[k]["Subject"])[0]
            message = box[key]
            message.add_flag("F")
            box[key] = message
            second = self.run_program("mbsync", "-c", config, "-a")
            self.assertEqual(second.returncode, 0, second.stderr)
            with Client(server, self.user, enable=False) as client:
                client.run("s", "SELECT INBOX")
                flagged = client.run("f", "SEARCH FLAGGED")[0]
            said = (first.stderr + second.stderr).replace(folder, "")
            return sorted(str(m["Subject"]) for m in box), flagged, said
        subjects, flagged, _ = self.assertSame(session)
        self.assertEqual(len(subjects), len(MESSAGES))
        self.assertRegex(flagged, r"^\* SEARCH \d+$")

    def test_mutt(self):
        """mutt copies all messages to a local mailbox, deletes one message, and quits, in its own terminal."""
        def session(server, folder):
            config, copy = folder + "/rc", folder + "/copy"
            with open(config, "w") as file:
                file.write('set imap_user="%s" imap_pass=x folder="%s"\n'
                           'set copy=no confirmappend=no confirmcreate=no\n'
                           'set ssl_starttls=no ssl_force_tls=no delete=yes wait_key=no mbox_type=mbox\n'
                           'set imap_idle=yes quit=yes move=no\n'
                           'push "<tag-pattern>~A<enter><tag-prefix><copy-message>%s<enter><first-entry>'
                           '<delete-message><sync-mailbox><quit>"\n' % (self.user, folder, copy))
            box = "imap://127.0.0.1:%d/INBOX" % server.port
            status, screen = in_terminal(["mutt", "-F", config, "-f", box], folder)
            self.assertEqual(status, 0, screen)
            with Client(server, self.user, enable=False) as client:
                left = client.run("s", "STATUS INBOX (MESSAGES)")[0]
            with contextlib.closing(mailbox.mbox(copy)) as box:
                return sorted(str(m["Subject"]) for m in box), left
        subjects, left = self.assertSame(session)
        self.assertEqual(len(subjects), len(MESSAGES))
        self.assertIn("MESSAGES %d" % (len(MESSAGES) - 1), left)


def in_terminal(command, home):
    """Runs a program that needs a terminal. Returns its exit status and its output."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.environ.update(TERM="xterm", HOME=home, LC_ALL="C")
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    screen, deadline = b"", time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b""
        if not data:
            break
        screen += data
    else:
        os.kill(pid, 9)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen


class Speed(unittest.TestCase):
    """Reports commands per second with and without the plugin, in pairs in one run. No time is asserted here;
    test_valgrind.py counts instructions."""

    ROUNDS, BATCH = 400, 500

    def test_commands_per_second(self):
        with Dovecot(plugin=False) as stock, Dovecot() as ours, Client(stock) as a, Client(ours) as b:
            for client in a, b:
                client.run("s", "SELECT INBOX")
                self.batch(client)
            times = {a: [], b: []}
            for number in range(self.ROUNDS):
                for client in ((a, b), (b, a))[number % 2]:
                    times[client].append(self.batch(client))
        ratios = [x / y for x, y in zip(times[a], times[b])]
        print("\n%d pairs of %d NOOP, commands per second with the plugin / without: median %.3f, best of"
              " each %.3f (%.0f / %.0f)" % (
                  self.ROUNDS, self.BATCH, statistics.median(ratios), min(times[a]) / min(times[b]),
                  self.BATCH / min(times[b]), self.BATCH / min(times[a])))

    def batch(self, client):
        data = "".join("%d NOOP\r\n" % i for i in range(self.BATCH))
        begin = time.perf_counter()
        client.send(data)
        last = ("%d OK" % (self.BATCH - 1)).encode()
        while last not in client.buffer[-200:]:
            client._receive()
        client.buffer = b""
        return time.perf_counter() - begin


if __name__ == "__main__":
    unittest.main()

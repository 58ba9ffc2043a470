# SPDX-License-Identifier: BSD-2-Clause
"""curl, mbsync and mutt through the proxy, in front of a stock Dovecot. They must receive and store the same messages
as without the proxy. None of them knows LOGOUT, so they receive `* BYE`, and run again until they succeed."""

import mailbox
import os
import pty
import random
import re
import select
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from client import Client
from proxy import Asking, Proxy
from servers import PATIENCE, Dovecot
from test_dovecot import check, message

MESSAGES = 15
ATTEMPTS = 1000


def fill(port, user):
    rng = random.Random(7)
    client = Client(port, user, False)
    for number in range(MESSAGES):
        text = message(rng, number)
        client.do(lambda c: check(c.append("INBOX", None, '"01-Jan-2026 00:00:00 +0000"', text)))
    client.close()


def without_tuid(messages):
    """mbsync marks each message that it stores with a random header line, which has no other purpose."""
    return sorted(re.sub(rb"X-TUID: \S+\r?\n", b"", text) for text in messages)


class Clients(unittest.TestCase):
    """Each test does the same work directly, and through a proxy that tells all clients `* BYE` at random moments."""

    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot()
        cls.addClassCleanup(cls.dovecot.close)

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slogout-client-"))
        self.addCleanup(subprocess.run, ["rm", "-r", self.folder], check=True)
        self.attempts = 0

    def run_twice(self, work, user, asking=(0.0, 0.3), changes_nothing=False):
        """Checks that the results of work(port, user) are the same, and the mailboxes, too. Work that changes nothing
        is repeated if it ended before the proxy told the client to leave."""
        fill(self.dovecot.port, f"{user}-direct")
        fill(self.dovecot.port, f"{user}-proxy")
        expected = work(self.dovecot.port, f"{user}-direct")
        proxy = Proxy(self.dovecot.port)
        self.assertTrue(work(proxy.port, f"{user}-proxy") == expected, "through the proxy, undisturbed")
        self.attempts = 0
        fill(self.dovecot.port, f"{user}-asked")
        with Asking(proxy, 11, *asking, growth=1.03):
            got = work(proxy.port, f"{user}-asked")
            while changes_nothing and got == expected and not proxy.outcomes() and self.attempts < ATTEMPTS:
                got = work(proxy.port, f"{user}-asked")
        self.assertTrue(got == expected, "through the proxy, told to leave")
        for other in ("proxy", "asked"):
            self.assertTrue(without_tuid(self.dovecot.files(f"{user}-{other}")) ==
                            without_tuid(self.dovecot.files(f"{user}-direct")), "mailboxes differ")
        self.assertIn("BYE_ONLY", proxy.outcomes())
        proxy.stop()

    def until_it_succeeds(self, *command):
        for _ in range(ATTEMPTS):
            self.attempts += 1
            result = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
            if result.returncode == 0:
                return result.stdout
        raise AssertionError(f"{command}: {result}")

    # ---- curl ----

    def curl(self, port, user):
        url, who = f"imap://127.0.0.1:{port}", f"{user}:secret"
        got = [self.until_it_succeeds("curl", "-sS", "-u", who, f"{url}/INBOX;UID={uid}") for uid in
               range(1, MESSAGES + 1)]
        got.append(self.until_it_succeeds("curl", "-sS", "-u", who, url, "-X", 'LIST "" "*"'))
        got.append(self.until_it_succeeds("curl", "-sS", "-u", who, f"{url}/INBOX", "-X", "SEARCH ALL"))
        upload = self.folder / "upload"
        upload.write_bytes(message(random.Random(9), 99) + b"z" * 300000 + b"\r\n")
        self.until_it_succeeds("curl", "-sS", "-u", who, f"{url}/INBOX", "-T", upload)
        return got

    def test_curl_gets_the_same_as_directly(self):
        self.run_twice(self.curl, "curl", asking=(0.0, 0.02))
        self.assertGreater(self.attempts, MESSAGES + 3)

    # ---- mbsync ----

    def mbsync(self, port, user):
        maildir = self.folder / user
        maildir.mkdir()
        config = self.folder / f"{user}.mbsync"
        config.write_text(f"""
IMAPAccount server
Host 127.0.0.1
Port {port}
User {user}
Pass secret
SSLType None
AuthMechs LOGIN

IMAPStore far
Account server

MaildirStore near
Path {maildir}/
Inbox {maildir}/INBOX
Subfolders Verbatim

Channel both
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync All
Expunge Both
SyncState *
""")
        self.until_it_succeeds("mbsync", "-c", config, "both")
        local = mailbox.Maildir(maildir / "INBOX")
        got = without_tuid(local.get_bytes(key) for key in local.keys())
        new = mailbox.MaildirMessage(b"Subject: from here\r\n\r\n* BYE\r\n" + b"y" * 200000 + b"\r\n")
        local.add(new)
        self.until_it_succeeds("mbsync", "-c", config, "both")
        return got

    def test_mbsync_gets_the_same_as_directly(self):
        self.run_twice(self.mbsync, "mbsync", asking=(0.0, 0.03))
        self.assertGreater(self.attempts, 2)

    # ---- mutt: all messages saved to a file ----

    def mutt_once(self, port, user, saved):
        config = self.folder / "muttrc"
        config.write_text(f"""
set imap_user="{user}" imap_pass="secret" ssl_starttls=no ssl_force_tls=no
set header_cache="" mbox_type=mbox copy=no confirmcreate=no confirmappend=no wait_key=no timeout=2
set imap_keepalive=1 mail_check=1 quit=yes delete=no beep=no
push "<tag-pattern>~A<enter><tag-prefix><decode-copy>{saved}<enter><quit>"
""")
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm", HOME=str(self.folder), LC_ALL="C.UTF-8")
            os.execvp("mutt", ["mutt", "-F", str(config), "-f", f"imap://127.0.0.1:{port}/INBOX"])
        self.read_terminal(terminal)
        os.close(terminal)
        try:
            os.kill(pid, 15)
        except ProcessLookupError:
            pass
        os.waitpid(pid, 0)
        return saved.exists() and saved.read_bytes() or b""

    @staticmethod
    def read_terminal(terminal, patience=8):
        """Waits until the process ends, or until it has waited too long for an answer to a question."""
        deadline = time.monotonic() + patience
        while select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            try:
                if not os.read(terminal, 65536):
                    return
            except OSError:
                return

    def mutt(self, port, user):
        for attempt in range(ATTEMPTS):
            self.attempts += 1
            saved = self.folder / f"{user}.{attempt}.mbox"
            text = self.mutt_once(port, user, saved)
            if text.count(b"\nSubject: ") + text.startswith(b"Subject: ") == MESSAGES:
                # Lines of the copy, which are not part of the message.
                return re.sub(rb"\nStatus: .*|\nFrom .*", b"", text)
        raise AssertionError("mutt never saved all messages")

    def test_mutt_gets_the_same_as_directly(self):
        self.run_twice(self.mutt, "mutt", asking=(0.0, 0.4), changes_nothing=True)


if __name__ == "__main__":
    unittest.main()

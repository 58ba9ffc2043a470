# SPDX-License-Identifier: BSD-2-Clause
"""A command waits for a lock while its process receives a signal."""

import fcntl
import os
import signal
import threading
import time
import unittest

from client import Client
from server import Dovecot, wait_until


def waits_for_lock(pid):
    """Returns whether the process waits for a lock. /proc/locks marks waiting processes with an arrow."""
    with open("/proc/locks") as file:
        return any("->" in line and str(pid) in line.split() for line in file)


class Locks(unittest.TestCase):
    """The test holds the lock of the mailbox's log, so a STORE blocks the whole process in F_SETLKW."""

    def begin(self, plugin=True):
        server = Dovecot(plugin=plugin)
        self.addCleanup(server.close)
        server.put_message("alice", b"Subject: x\r\n\r\nx\r\n")
        client = Client(server, enable=plugin)
        self.addCleanup(client.close)
        client.run("s", "SELECT INBOX")
        client.run("t", "STORE 1 +FLAGS (\\Answered)")
        lock = open(server.mailbox_folder("alice") + "/dovecot.index.log", "r+b")
        self.addCleanup(lock.close)
        fcntl.lockf(lock, fcntl.LOCK_EX)
        client.send("t STORE 1 +FLAGS (\\Flagged)\r\n")
        pid, = server.processes("imap")
        self.assertTrue(wait_until(lambda: waits_for_lock(pid)))
        return server, client, pid, lock

    def check(self, disturb):
        """Calls disturb(server, pid) while the STORE waits. Then the STORE must succeed, and the client must be
        asked."""
        server, client, pid, lock = self.begin()
        disturbing = threading.Thread(target=disturb, args=(server, pid))
        disturbing.start()
        time.sleep(1)  # so that effects that occur too early are noticed
        self.assertTrue(waits_for_lock(pid))
        fcntl.lockf(lock, fcntl.LOCK_UN)
        lines = client.lines_until("t")
        self.assertRegex(lines[0], r"^\* 1 FETCH \(FLAGS \(.*\\Flagged")
        self.assertRegex(lines[-1], "^t OK ")
        client.send("* BYE\r\n%s OK\r\n" % client.logout_tag())
        self.assertTrue(client.is_closed())
        disturbing.join()
        self.assertNotIn("Interrupted", server.log())

    def test_a_kick(self):
        self.check(lambda server, pid: server.kick("alice"))

    def test_sigterm(self):
        self.check(lambda server, pid: os.kill(pid, signal.SIGTERM))

    def test_sigusr1(self):
        self.check(lambda server, pid: os.kill(pid, signal.SIGUSR1))

    def test_stop(self):
        self.check(lambda server, pid: server.doveadm("stop"))

    def test_stock_dovecot_breaks_the_command(self):
        server, client, pid, _ = self.begin(plugin=False)
        os.kill(pid, signal.SIGTERM)
        self.assertIn(b"t NO [SERVERBUG]", client.rest())
        self.assertTrue(server.wait_for_log("F_SETLKW.*Interrupted system call"), server.log())


if __name__ == "__main__":
    unittest.main()

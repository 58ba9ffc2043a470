# SPDX-License-Identifier: BSD-2-Clause
"""Runs imap processes under valgrind. They must have no error and no leak, and the plugin must cost few
instructions."""

import contextlib
import glob
import re
import time
import unittest

from client import Client, Closed
from server import IMAP, Dovecot, is_24, wait_until

# If GDB is set, Dovecot does not unload plugins at the end, so that reports contain the names of their functions.
UNDER_VALGRIND = """
%s
default_vsz_limit = 0
service imap {
  executable = /usr/bin/valgrind --child-silent-after-fork=yes %s --log-file=ROOT/valgrind.%%p """ + IMAP + """
}
"""


def under_valgrind(plugin, *options):
    environment = "import_environment {\n  GDB = 1\n}" if is_24() else "import_environment = TZ GDB=1"
    return Dovecot(plugin=plugin, extra=UNDER_VALGRIND % (environment, " ".join(options)))


def is_complete(report):
    return re.search("ERROR SUMMARY|Collected :", report)


def reports(server, count):
    """Returns the reports of the processes when there are `count` of them and all are complete."""
    def complete():
        texts = []
        for path in glob.glob(server.root + "/valgrind.*"):
            with open(path, errors="replace") as file:
                texts.append(file.read())
        return texts if len(texts) == count and all(map(is_complete, texts)) else None
    return wait_until(complete, 180) or []


class Memory(unittest.TestCase):
    def setUp(self):
        self.server = under_valgrind(True, "--leak-check=full", "--show-leak-kinds=all", "--num-callers=40")
        self.addCleanup(self.server.close)
        self.sessions = 0

    def client(self, **options):
        self.sessions += 1
        client = Client(self.server, user="user%d" % self.sessions, **options)
        client.socket.settimeout(60)
        self.addCleanup(client.close)
        return client

    def kick(self):
        self.server.kick("user%d" % self.sessions)

    def test_no_error_and_no_leak_in_the_imap_process(self):
        for session in (self.answered, self.answered_in_idle, self.refused, self.told_by_bye,
                        self.kicked_twice, self.own_logout, self.gone_while_pending,
                        self.gone_while_asked, self.within_append, self.pipelined, self.crossed):
            session()
        texts = reports(self.server, self.sessions)
        self.assertEqual(len(texts), self.sessions, self.server.log())
        for text in texts:
            if "ERROR SUMMARY: 0 errors" not in text:
                self.fail(text[:4000] + self.server.log())
            self.assertNotIn("imap_slogout", text)
            self.assertRegex(text, "All heap blocks were freed|definitely lost: 0 bytes")

    def answered(self):
        client = self.client()
        self.kick()
        tag = client.logout_tag()
        client.run("X1", "OK")
        client.run("n", "NOOP")
        client.send("* BYE\r\n%s OK\r\n" % tag)
        client.rest()

    def answered_in_idle(self):
        client = self.client()
        client.compress()
        client.run("s", "SELECT INBOX")
        client.idle()
        self.kick()
        client.send("* BYE\r\n%s OK\r\n" % client.logout_tag())
        client.rest()

    def refused(self):
        client = self.client()
        self.kick()
        client.send("%s BAD what\r\n" % client.logout_tag())
        client.rest()

    def told_by_bye(self):
        client = self.client(enable=False)
        self.kick()
        client.rest()

    def kicked_twice(self):
        client = self.client()
        self.kick()
        client.logout_tag()
        self.kick()
        client.rest()

    def own_logout(self):
        client = self.client()
        self.kick()
        client.logout_tag()
        client.send("z LOGOUT\r\n")
        client.rest()

    def gone_while_pending(self):
        client = self.client()
        client.send("n NO")
        time.sleep(0.5)
        self.kick()
        time.sleep(0.5)
        client.close()

    def gone_while_asked(self):
        client = self.client()
        client.idle()
        self.kick()
        client.logout_tag()
        client.close()

    def within_append(self):
        client = self.client(enable=False)
        client.send("a APPEND INBOX {10}\r\n")
        client.line()
        self.kick()
        self.kick()
        client.rest()

    def pipelined(self):
        client = self.client(enable=False)
        client.send("n NO")
        time.sleep(0.5)
        self.kick()
        client.send("OP\r\n" + "n NOOP\r\n" * 20)
        client.rest()

    def crossed(self):
        client = self.client()
        client.run("s", "SELECT INBOX")
        self.kick()
        tag = client.logout_tag()
        client.send("a APPEND INBOX {1+}\r\nx\r\nb NOOP\r\n* BYE\r\n%s OK\r\nx NO" % tag)
        client.rest()


class Instructions(unittest.TestCase):
    """The total counts with and without the plugin differ by up to 1 % because of the layout of the heap alone.
    Therefore only the instructions inside the functions of the plugin are counted."""

    OWN = "before_command", "after_command", "answers_take_star", "look_soon"

    def test_a_command_costs_at_most_one_percent_more_while_no_client_is_asked(self):
        stock = self.cost(False)
        own = self.cost(True, *("--toggle-collect=" + function for function in self.OWN))
        print("\ninstructions for one NOOP: %.0f without the plugin, %.0f more with it: %.2f %%" %
              (stock, own, 100 * own / stock))
        self.assertGreater(own, 0)
        self.assertLess(own / stock, 0.01)

    def cost(self, *arguments):
        """Returns the instructions for one NOOP: the difference between many NOOPs and few, divided by the difference
        of their numbers."""
        few, many = (self.collected_in_time(count, *arguments) for count in (100, 1100))
        return (many - few) / 1000

    def collected_in_time(self, *arguments):
        """On a busy machine, Dovecot may stop waiting for a process that valgrind starts."""
        for _ in range(4):
            with contextlib.suppress(Closed):
                return self.collected(*arguments)
        return self.collected(*arguments)

    def collected(self, count, plugin, *options):
        with under_valgrind(plugin, "--tool=callgrind", "--callgrind-out-file=/dev/null", *options) as server:
            with Client(server) as client:
                client.socket.settimeout(60)
                client.run("s", "SELECT INBOX")
                client.send("n NOOP\r\n" * (count - 1))
                client.run("last", "NOOP")
                client.run("z", "LOGOUT")
            text, = reports(server, 1)
        return int(re.search(r"Collected : (\d+)", text)[1])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: BSD-2-Clause
"""The answer timer of the draft, which is longer than 32 s. All clients wait at the same time."""

import threading
import time
import unittest

from client import Client
from server import Dovecot

BYE = b"* BYE Server shutting down.\r\n"


class Silence(threading.Thread):
    """Asks a client, lets it take an action, and records when and how its connection ends. The LOGOUT is sent between
    the two recorded times, so the timer runs for at least since_read and at most since_asked."""

    def __init__(self, client, ask, and_then=None):
        super().__init__()
        self.client, self.and_then = client, and_then
        client.socket.settimeout(60)
        asked = time.monotonic()
        threading.Thread(target=ask).start()
        self.tag = client.logout_tag()
        self.begins = asked, time.monotonic()
        self.start()

    def run(self):
        if self.and_then:
            self.and_then(self.client, self.tag)
        self.rest = self.client.rest()
        self.since_asked, self.since_read = (time.monotonic() - begin for begin in self.begins)


def refuse(client, tag):
    client.send("%s BAD I do not know\r\n" % tag)


class Timers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Dovecot(settings={"slogout_answer_timeout": "33s"})
        cls.patient = Dovecot(settings={"slogout_answer_timeout": "33s", "slogout_on_refusal": "wait"})
        cls.stopped = Dovecot(settings={"slogout_answer_timeout": "33s"})
        cls.no_answer = cls.silence(cls.server, "alice")
        cls.in_idle = cls.silence(cls.server, "bob", idle=True)
        cls.refused = cls.silence(cls.patient, "carol", refuse)
        cls.half_read = Client(cls.stopped, "erin")
        cls.half_read.socket.settimeout(60)
        cls.half_read.run("c", "CAPABILITY")
        cls.half_read.send("n NO")
        over_tls = Client(cls.stopped, "frank", tls=True)
        cls.stop = Silence(Client(cls.stopped, "dave"), lambda: cls.stopped.doveadm("stop"))
        cls.stop_over_tls = Silence(over_tls, lambda: None)

    @classmethod
    def silence(cls, server, user, and_then=None, idle=False):
        client = Client(server, user)
        if idle:
            client.idle()
        return Silence(client, lambda: server.kick(user), and_then)

    @classmethod
    def tearDownClass(cls):
        cls.half_read.close()
        for server in cls.server, cls.patient, cls.stopped:
            server.close()

    def assertEndsInTime(self, silence):
        silence.join(60)
        self.assertEqual(silence.rest, BYE)
        self.assertGreater(silence.since_asked, 33)
        self.assertLess(silence.since_read, 60)

    def assertLogged(self, server, pattern):
        self.assertTrue(server.wait_for_log(pattern), server.log())

    def test_no_answer(self):
        self.assertEndsInTime(self.no_answer)
        self.assertLogged(self.server, r"imap\(alice\).*Disconnected: Server LOGOUT: not answered in time")

    def test_no_answer_in_idle(self):
        self.assertEndsInTime(self.in_idle)
        self.assertLogged(self.server, r"imap\(bob\).*Disconnected: Server LOGOUT: not answered in time")

    def test_bad_waits_for_the_timer_if_the_setting_is_wait(self):
        self.assertEndsInTime(self.refused)
        self.assertLogged(self.patient, r"imap\(carol\).*Disconnected: Server LOGOUT: refused")

    def test_after_doveadm_stop_the_timer_runs_to_its_end(self):
        """The plugin removes stock Dovecot's limit of 30 s."""
        self.assertEndsInTime(self.stop)

    def test_after_doveadm_stop_tls_ends_with_imap_login_after_30_s(self):
        """The imap-login process keeps Dovecot's limit, because no imap plugin is loaded there."""
        self.stop_over_tls.join(60)
        self.assertEqual(self.stop_over_tls.rest, b"")
        self.assertGreater(self.stop_over_tls.since_read, 29)
        self.assertLess(self.stop_over_tls.since_read, 60)

    def test_after_doveadm_stop_a_client_that_never_comes_to_rest_is_ended(self):
        self.assertEndsInTime(self.stop)
        self.assertEqual(self.half_read.rest(), BYE)
        self.assertLess(time.monotonic() - self.stop.begins[0], 100)


if __name__ == "__main__":
    unittest.main()

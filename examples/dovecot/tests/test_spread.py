# SPDX-License-Identifier: BSD-2-Clause
"""slogout_spread: many processes, asked at the same moment, ask their clients one after the other."""

import collections
import os
import selectors
import signal
import threading
import time
import unittest

from busy import is_busy
from client import Client
from server import HIBERNATE, SHARED, Dovecot, is_24

PROCESSES = 200


class Crowd:
    """Clients that each have a process. Half of them have enabled LOGOUT, and the others get BYE."""

    def __init__(self, server, count=PROCESSES):
        self.server = server
        self.clients = [Client(server, "user%d" % i, enable=i % 2 == 0) for i in range(count)]

    def close(self):
        for client in self.clients:
            client.close()

    def instants(self, ask, seconds, again=False):
        """Returns when each client was told to leave, in seconds since ask() began. Each client answers. With again, it
        then logs in again, and its instant is that of the login."""
        told = []
        begin = time.monotonic()
        asking = threading.Thread(target=ask)
        asking.start()
        with selectors.DefaultSelector() as selector:
            for client in self.clients:
                selector.register(client.socket, selectors.EVENT_READ, client)
            while len(told) < len(self.clients) and time.monotonic() < begin + seconds:
                for key, _ in selector.select(0.1):
                    selector.unregister(key.fileobj)
                    self.leave(key.data)
                    if again:
                        with Client(self.server, "again%d" % len(told), enable=False) as client:
                            assert " OK " in client.login[-1]
                    told.append(time.monotonic() - begin)
        asking.join()
        return told

    def leave(self, client):
        line = client.line()
        if line.endswith(" LOGOUT"):
            client.send("* BYE\r\n%s OK\r\n" % line.split()[0])
        else:
            assert line.startswith("* BYE "), line
        client.close()


class Spread(unittest.TestCase):
    """A busy machine tells the clients late, so each spread has three attempts. If all fail on a machine that was busy,
    the result says nothing."""

    ATTEMPTS = 3

    def assertFlat(self, ask, spread, seconds, what, again=False):
        """No quarter of the spread has more than 1.5 times its share, none less than the share by 1.5. Returns the
        server."""
        was_busy = False
        for _ in range(self.ATTEMPTS):
            server = Dovecot(settings={"slogout_spread": spread})
            self.addCleanup(server.close)
            crowd = Crowd(server)
            self.addCleanup(crowd.close)
            instants = crowd.instants(lambda: ask(server), 120, again)
            self.assertEqual(len(instants), PROCESSES)
            counts = collections.Counter(min(3, int(instant * 4 / seconds)) for instant in instants)
            quarters = [counts[quarter] for quarter in range(4)]
            print("\n%d processes, %s, spread over %g s: %s in each quarter" % (PROCESSES, what, seconds, quarters))
            share = PROCESSES / 4
            if max(quarters) < share * 1.5 and min(quarters) > share / 1.5 and max(instants) < seconds + 3:
                return server
            was_busy = is_busy() or was_busy
        if was_busy:
            self.skipTest("the machine was too busy to tell whether the spread is flat")
        self.fail("not flat in %d attempts" % self.ATTEMPTS)

    def test_logins_after_a_kick_of_all(self):
        self.assertFlat(lambda server: server.doveadm("kick", "user*"), "12s", 12, "logins after a kick", again=True)

    def test_a_stop(self):
        self.assertFlat(lambda server: server.doveadm("stop"), "12s", 12, "asked after a stop")

    def test_a_reload_allows_5_s(self):
        server = self.assertFlat(lambda server: server.doveadm("reload"), "30s", 5, "asked after a reload")
        self.assertTrue(server.wait_for_log(
            "slogout_spread = 30000 ms, of which a reload allows 5000 ms and a stop 25000 ms"))
        self.assertNotIn("Server LOGOUT: forced", server.log())


class Waiting(unittest.TestCase):
    """Clients that wait for their instant."""

    def client(self, server, user="alice", **options):
        client = Client(server, user, **options)
        self.addCleanup(client.close)
        return client

    def server(self, **options):
        server = Dovecot(**options)
        self.addCleanup(server.close)
        return server

    def test_the_clients_of_one_process_are_asked_at_even_intervals(self):
        server = self.server(settings={"slogout_spread": "4s"}, extra=SHARED)
        crowd = Crowd(server, 8)
        self.addCleanup(crowd.close)
        pid, = server.processes("imap")
        self.assertEven(crowd.instants(lambda: os.kill(pid, signal.SIGUSR1), 10))

    @unittest.skipUnless(is_24(), "in 2.3 a kick is a signal to the process")
    def test_the_clients_of_one_process_that_are_kicked_are_asked_at_even_intervals(self):
        server = self.server(settings={"slogout_spread": "4s"}, extra=SHARED)
        crowd = Crowd(server, 8)
        self.addCleanup(crowd.close)
        self.assertEven(crowd.instants(lambda: server.doveadm("kick", "user*"), 10))

    def assertEven(self, instants):
        self.assertEqual(len(instants), 8)
        after = [instant - number * 0.5 for number, instant in enumerate(instants)]
        self.assertGreater(min(after), -0.05)
        if max(after) >= 2 and is_busy():
            self.skipTest("the machine was too busy to ask in time")
        self.assertLess(max(after), 2)

    def test_commands_work_and_a_second_kick_ends_it(self):
        server = self.server(settings={"slogout_spread": "10h"})
        client = self.client(server)
        server.kick("alice")
        self.assertRegex(client.run("n", "NOOP")[-1], "^n OK")
        self.assertEqual(client.buffer, b"")
        server.kick("alice")
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")
        self.assertTrue(server.wait_for_log("Disconnected: Server LOGOUT: forced"))

    def test_the_clients_own_logout_comes_first(self):
        server = self.server(settings={"slogout_spread": "10h"})
        client = self.client(server)
        server.kick("alice")
        client.send("z LOGOUT\r\n")
        self.assertRegex(client.rest(), rb"^\* BYE Logging out\r\nz OK Logout completed [^\r]*\r\n$")

    def test_a_client_that_waits_is_not_hibernated(self):
        server = self.server(settings={"slogout_spread": "10h"}, extra=HIBERNATE)
        client = self.client(server)
        begin = time.monotonic()
        client.idle()
        server.kick("alice")
        if time.monotonic() > begin + 0.9:
            self.skipTest("the kick came after the timeout of 1 s for hibernation")
        time.sleep(2.5)
        self.assertTrue(server.processes("imap"))
        server.kick("alice")
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: BSD-2-Clause
"""slogout_spread: many processes that have to ask at the same instant ask their clients one after the other."""

import os
import selectors
import signal
import threading
import time
import unittest

from client import Client
from server import SHARED, Dovecot, is_24

PROCESSES = 100


class Crowd:
    """Clients that each have a process. Half of them have enabled LOGOUT. The others get BYE."""

    def __init__(self, server, count=PROCESSES):
        self.clients = [Client(server, "user%d" % i, enable=i % 2 == 0) for i in range(count)]

    def close(self):
        for client in self.clients:
            client.close()

    def instants(self, ask, seconds):
        """Returns the times at which the clients were told to leave, in seconds since ask() began. Each client
        answers."""
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
    def server(self, **options):
        server = Dovecot(**options)
        self.addCleanup(server.close)
        return server

    def assertSpread(self, crowd, ask, seconds, slack=1 / 5):
        """A busy machine may ask clients late, but never early. At each instant, the share of the clients that have
        been asked must be at most the share of the time that has passed, plus `slack`."""
        self.addCleanup(crowd.close)
        instants = crowd.instants(ask, 300)
        self.assertEqual(len(instants), len(crowd.clients))
        early = max(number / len(instants) - instant / seconds for number, instant in enumerate(instants))
        print("\n%d clients, %g s: from %.1f to %.1f s, half of them within %.1f s; at most %.0f %% early" % (
            len(instants), seconds, instants[0], instants[-1], instants[len(instants) // 2], 100 * early))
        self.assertLess(early, slack)
        self.assertGreater(instants[-1] - instants[0], seconds / 2)


class Processes(Spread):
    def test_a_kick_of_all(self):
        server = self.server(settings={"slogout_spread": "20s"})
        self.assertSpread(Crowd(server), lambda: server.doveadm("kick", "user*"), 20)

    def test_a_reload_allows_5_s(self):
        """At least half of the processes still have a client when they notice that this is a reload."""
        server = self.server(settings={"slogout_spread": "60s"})
        self.assertSpread(Crowd(server), lambda: server.doveadm("reload"), 5)
        lines = server.log().count("slogout_spread = 60000 ms, of which a reload allows 5000 ms")
        self.assertTrue(PROCESSES / 2 < lines <= PROCESSES, lines)
        self.assertNotIn("of which a stop", server.log())


class Waiting(Spread):
    """Clients that wait for their random instants."""

    def client(self, server, user="alice", **options):
        client = Client(server, user, **options)
        self.addCleanup(client.close)
        return client

    def assertEven(self, ask):
        server = self.server(settings={"slogout_spread": "8s"}, extra=SHARED)
        crowd = Crowd(server, 8)
        self.assertSpread(crowd, lambda: ask(server), 8, slack=0.01)

    def test_the_clients_of_one_process_are_asked_at_even_intervals(self):
        self.assertEven(lambda server: os.kill(server.processes("imap")[0], signal.SIGUSR1))

    @unittest.skipUnless(is_24(), "in 2.3, a kick is a signal to the process")
    def test_the_clients_of_one_process_that_are_kicked_are_asked_at_even_intervals(self):
        self.assertEven(lambda server: server.doveadm("kick", "user*"))

    def test_commands_work_and_a_second_kick_ends_the_wait(self):
        server = self.server(settings={"slogout_spread": "10h"})
        client = self.client(server)
        server.kick("alice")
        self.assertRegex(client.run("n", "NOOP")[-1], "^n OK")
        self.assertEqual(client.buffer, b"")
        server.kick("alice")
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")
        self.assertTrue(server.wait_for_log("Disconnected: Server LOGOUT: forced"))

    def test_the_clients_own_logout_may_precede_its_instant(self):
        server = self.server(settings={"slogout_spread": "10h"})
        client = self.client(server)
        server.kick("alice")
        client.send("z LOGOUT\r\n")
        self.assertRegex(client.rest(), rb"^\* BYE Logging out\r\nz OK Logout completed [^\r]*\r\n$")


if __name__ == "__main__":
    unittest.main()

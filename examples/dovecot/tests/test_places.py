# SPDX-License-Identifier: BSD-2-Clause
"""A client that was told to leave and has not closed the connection does not count as a client of its user or of its
process."""

import time
import unittest

from client import Client
from server import Dovecot, wait_until

BYE = b"* BYE Server shutting down.\r\n"


class Places(unittest.TestCase):
    def server(self, **options):
        server = Dovecot(**options)
        self.addCleanup(server.close)
        return server

    def client(self, server):
        client = Client(server, enable=False)
        self.addCleanup(client.close)
        return client

    def can_log_in(self, server):
        return " OK " in self.client(server).login[-1]

    def kicked(self, server):
        """Returns a client that has read the BYE and does not close the connection."""
        client = self.client(server)
        server.kick("alice")
        while BYE not in client.buffer:
            client._receive()
        return client

    def assertNoReset(self, client):
        """The client sends octets. If the server had closed the connection, they would reset it."""
        for _ in range(3):
            client.send("n NOOP\r\n")
            time.sleep(0.1)
        self.assertEqual(client.rest(), BYE)

    def test_the_place_of_the_user(self):
        server = self.server(userip_connections=1)
        client = self.client(server)
        self.assertFalse(self.can_log_in(server))
        client.close()
        wait_until(lambda: not server.left("imap"))
        client = self.kicked(server)
        self.assertTrue(wait_until(lambda: self.can_log_in(server), 3), server.log())
        self.assertNoReset(client)

    def test_the_place_of_the_process(self):
        server = self.server(extra="service imap {\n  process_limit = 1\n}\n")
        client = self.kicked(server)
        begin = time.monotonic()
        self.assertTrue(self.can_log_in(server))
        self.assertLess(time.monotonic() - begin, 5)
        self.assertNoReset(client)

    def test_the_process_that_waits_for_the_client_ends_when_the_client_closes(self):
        server = self.server()
        client = self.kicked(server)
        self.assertTrue(wait_until(lambda: not server.processes("imap")))
        self.assertTrue(server.left("imap"))
        client.close()
        self.assertTrue(wait_until(lambda: not server.left("imap"), 3))

    def test_the_process_that_waits_for_the_client_ends_after_10_s(self):
        server = self.server()
        begin = time.monotonic()
        client = self.kicked(server)
        self.assertTrue(wait_until(lambda: not server.left("imap"), 20))
        self.assertGreater(time.monotonic() - begin, 9)
        client.close()


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: BSD-2-Clause
"""Timeouts of a minute. These tests mostly wait."""

import time
import unittest

from proxy import PLAIN
from servers import PATIENCE
from test_program import BYE, ProxyTest, connect, read_exact, read_to_end


class Timeouts(ProxyTest):
    def test_the_proxy_has_exited_at_its_deadline(self):
        """The deadline holds whatever the clients do. One client is inside a literal, one never closes its side, and
        the server of one has sent BYE."""
        proxy = self.start("--deadline", "47000", "--spread", "0", "--lame-duck", "1000", program=PLAIN)
        inside, silent, parting = self.pair(proxy), self.pair(proxy), self.pair(proxy)
        inside[1].sendall(b"* 1 FETCH (BODY[] {100}\r\nab")
        parting[1].sendall(b"* BYE x\r\n")
        inside[0].recv(100)
        parting[0].recv(100)
        begun = time.monotonic()
        proxy.terminate()
        self.assertEqual(read_exact(silent[0], len(BYE)), BYE)
        proxy.process.wait(60)  # a busy machine may be late
        self.assertGreater(time.monotonic() - begun, 38)
        proxy.end()

    def test_a_server_that_does_not_greet_has_failed(self):
        proxy = self.start()
        client = connect(proxy)
        self.addCleanup(client.close)
        client.settimeout(60 + PATIENCE)
        server, _ = self.listener.accept()
        self.addCleanup(server.close)
        self.assertEqual(read_to_end(client), b"* BYE [UNAVAILABLE] The mail server does not answer\r\n")
        proxy.wait_event(r"connection=1 server=127.0.0.1:\d+ failed: Connection timed out")


if __name__ == "__main__":
    unittest.main()

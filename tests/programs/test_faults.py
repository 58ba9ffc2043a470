# SPDX-License-Identifier: BSD-2-Clause
"""The echo server while system calls fail: each kind of fault during a whole session, and a broken connection at each
write. The server must not lose anything that can be kept, must serve the next client, and must exit cleanly under the
sanitizers."""

import os
import re
import signal
import sys
import unittest
from contextlib import closing

import harness

SHIM = harness.BUILD / "tests/faults/shim.so"
TEXT = bytes(range(1, 256)) * 8
total = 0  # faults that were injected


class FaultyServer(harness.Server):
    def __init__(self, faults):
        super().__init__(env={**os.environ, "FAULTS": faults, "LD_PRELOAD": str(SHIM),
                              "ASAN_OPTIONS": "verify_asan_link_order=0"})

    def end(self):
        """Ends the server and returns the number of injected faults."""
        global total
        self.stop()
        count = int(re.search(rb"shim: (\d+) faults injected", self.events)[1])
        total += count
        return count


def echo(client):
    client.number += 1
    tag = f"t{client.number}"
    client.send(f"{tag} ECHO {{{len(TEXT)}+}}\r\n".encode() + TEXT + b"\r\n")
    client.expect_echo(TEXT)
    client.play(f"S: {tag} OK .*")


def whole_session(server):
    """Uses the whole protocol, and checks each octet that the server sends."""
    with closing(server.login()) as asked, closing(server.login(enable=False)) as told:
        echo(asked)
        echo(told)
        told.play("C: i IDLE", r"S: \+ .*")
        asked.ask()
        asked.answer()
        server.wait_outcome("ANSWERED")
        server.signal(signal.SIGUSR1)
        told.play(r"S: \* BYE .*", "END")
        server.wait_outcome("BYE_ONLY")


def is_served(server):
    """Returns whether the whole session was served. If a client was cut off, the next client must be served."""
    try:
        whole_session(server)
        return True
    except (AssertionError, ConnectionError):
        server.login().close()
        return False


class Faults(unittest.TestCase):
    def run_whole(self, faults, at_least=1):
        with self.subTest(faults):
            server = FaultyServer(faults)
            whole_session(server)
            self.assertGreaterEqual(server.end(), at_least)

    def test_nothing_is_lost_in_short_writes_and_reads(self):
        self.run_whole("send=short%1", 100)
        self.run_whole("send=short%1 recv=short%1", 1000)

    def test_nothing_is_lost_when_calls_are_interrupted(self):
        self.run_whole("send=EINTR%2 recv=EINTR%2 poll=EINTR%2 accept=EINTR%2", 10)

    def test_nothing_is_lost_when_there_are_no_buffers(self):
        self.run_whole("send=ENOBUFS%2", 5)
        self.run_whole("send=ENOBUFS%3 send=short%1", 100)

    def test_clients_are_accepted_after_descriptors_were_short(self):
        self.run_whole("accept=EMFILE%2")
        self.run_whole("accept=ENOBUFS%2")
        self.run_whole("accept=ECONNABORTED%2")

    def test_the_next_client_is_served_when_a_connection_broke_at_any_write(self):
        """The i-th write fails, for each i until a session ends without a fault."""
        for i in range(1, 100):
            server = FaultyServer(f"send=EPIPE@{i}")
            served = is_served(server)
            if server.end() == 0:
                self.assertTrue(served)
                self.assertGreater(i, 10)
                return
        self.fail("the session has more than 99 writes")


if __name__ == "__main__":
    # The garbage collector closes the connection of a client that is cut off during login.
    outcome = unittest.main(exit=False, verbosity=0, warnings="ignore").result
    print(f"faults: {total} faults injected into {outcome.testsRun} tests of the echo server, "
          f"{'nothing broken' if outcome.wasSuccessful() else 'FAILED'}")
    sys.exit(not outcome.wasSuccessful())

# SPDX-License-Identifier: BSD-2-Clause
"""A stop by systemd. A stand-in sends the signals that systemd.service(5) and systemd.kill(5) name."""

import concurrent.futures
import os
import signal
import time
import unittest

from busy import assert_seen, is_busy
from client import Client, Closed
from server import Dovecot, wait_until
from test_spread import Crowd


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def stop(server, kill_mode="control-group", exec_stop=True):
    """Stops a unit up to the point where systemd waits for TimeoutStopSec. With exec_stop, the unit has Debian's
    ExecStop. When the master has ended, control-group sends SIGTERM to the processes that are left, mixed SIGKILL."""
    if exec_stop:
        server.doveadm("stop")
    else:
        send([server.process.pid] + (server.left() if kill_mode == "control-group" else []), signal.SIGTERM)
    server.process.wait()
    if kill_mode != "process":
        send(server.left(), signal.SIGTERM if kill_mode == "control-group" else signal.SIGKILL)


class Units(unittest.TestCase):
    """Clients that have not answered when systemd has sent its signals."""

    QUIET = 8  # seconds; the timers of a stop are longer

    def fate(self, client):
        """Returns BYE or cut, or what an answer does if the connection stays."""
        tag = None
        client.socket.settimeout(self.QUIET)
        try:
            while not (line := client.line()).startswith("* BYE "):
                tag = line.split()[0]
            return "BYE"
        except TimeoutError:
            client.send("%s OK\r\n" % tag)
            return "can answer" if client.is_closed() else "is not understood"
        except (Closed, OSError):
            return "cut"

    def fates(self, kill_mode, exec_stop):
        """Returns what becomes of a client, and of one over TLS."""
        with Dovecot() as server, Client(server) as client, Client(server, "bob", tls=True) as over_tls:
            stop(server, kill_mode, exec_stop)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                return list(pool.map(self.fate, (client, over_tls)))

    def test_what_becomes_of_clients_that_have_not_answered(self):
        units = {("control-group", True): ["can answer", "cut"],
                 ("process", True): ["can answer", "can answer"],
                 ("mixed", True): ["cut", "cut"],
                 ("control-group", False): ["BYE", "cut"],
                 ("process", False): ["can answer", "can answer"],
                 ("mixed", False): ["cut", "cut"]}
        assert_seen(self, units, self.fates)


class Many(unittest.TestCase):
    CLIENTS = 500

    def test_idle_clients_leave_over_a_spread_and_nothing_is_left_to_kill(self):
        """With Debian's unit and its TimeoutStopSec of 90 s."""
        with Dovecot(settings={"slogout_spread": "20s"}) as server:
            crowd = Crowd(server, self.CLIENTS)
            self.addCleanup(crowd.close)
            for client in crowd.clients:
                client.idle()
            begin = time.monotonic()
            instants = crowd.instants(lambda: stop(server), 300)
            self.assertEqual(len(instants), self.CLIENTS)
            self.assertTrue(wait_until(lambda: not server.left(), 300), "processes stay")
            if time.monotonic() > begin + 90 and is_busy():
                self.skipTest("the machine was too busy to end the processes in time")
            self.assertLess(time.monotonic(), begin + 90)
        print("\n%d idle clients left within %.0f s, half of them within %.0f s" %
              (self.CLIENTS, max(instants), sorted(instants)[self.CLIENTS // 2]))


if __name__ == "__main__":
    unittest.main()

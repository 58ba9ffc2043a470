# SPDX-License-Identifier: BSD-2-Clause
"""A stop by systemd. The test sends the signals that systemd.service(5) and systemd.kill(5) describe."""

import concurrent.futures
import contextlib
import os
import signal
import unittest

from busy import assert_seen
from client import Client, Closed
from server import Dovecot, wait_until
from test_spread import Crowd, Spread


TERMINATE = signal.SIGTERM, signal.SIGCONT


def send(pids, *numbers):
    for pid in pids:
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def stop(server, kill_mode="control-group", exec_stop=True, time_is_up=False):
    """Stops a unit. With exec_stop, the unit has Debian's ExecStop. When the master has ended, control-group sends
    SIGTERM to the remaining processes, and SIGKILL when TimeoutStopSec is over. mixed sends SIGKILL at once."""
    if exec_stop:
        server.doveadm("stop")
    else:
        send([server.process.pid] + (server.left() if kill_mode == "control-group" else []), *TERMINATE)
    server.process.wait()
    if kill_mode == "control-group":
        send(server.left(), *TERMINATE)
    if kill_mode == "mixed" or (kill_mode == "control-group" and time_is_up):
        send(server.left(), signal.SIGKILL)


class Units(unittest.TestCase):
    """Clients that have not answered when systemd has sent its signals."""

    QUIET = 8  # seconds; the timers of a stop are longer

    def fate(self, client):
        """Returns BYE or cut, or the effect of an answer if the connection stays open."""
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

    def fates(self, *unit):
        """Returns the fates of a client without TLS and of a client with TLS."""
        with Dovecot() as server, Client(server) as client, Client(server, "bob", tls=True) as over_tls:
            stop(server, *unit)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                return list(pool.map(self.fate, (client, over_tls)))

    def test_the_fates_of_clients_that_have_not_answered(self):
        units = {("control-group", True): ["can answer", "cut"],
                 ("control-group", True, True): ["cut", "cut"],
                 ("process", True): ["can answer", "can answer"],
                 ("mixed", True): ["cut", "cut"],
                 ("control-group", False): ["BYE", "cut"],
                 ("process", False): ["can answer", "can answer"],
                 ("mixed", False): ["cut", "cut"]}
        assert_seen(self, units, self.fates)


class Many(Spread):
    def test_idle_clients_leave_over_a_spread_and_no_process_is_left_to_kill(self):
        """Each process notices a stop at once, although the master reports it only after some seconds."""
        server = self.server(settings={"slogout_spread": "60s"})
        crowd = Crowd(server, 500)
        for client in crowd.clients:
            client.idle()
        self.assertSpread(crowd, lambda: stop(server), 25)
        self.assertTrue(wait_until(lambda: not server.left(), 300), "processes stay")
        self.assertIn("slogout_spread = 60000 ms, of which a stop allows 25000 ms", server.log())
        self.assertNotIn("of which a reload", server.log())


if __name__ == "__main__":
    unittest.main()

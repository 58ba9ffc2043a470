# SPDX-License-Identifier: BSD-2-Clause
"""The echo server drains 10,000 real connections according to a plan. The environment variables SPREAD_MS and
DEADLINE_MS change the plan."""

import json
import os
import resource
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from harness import PATIENCE, Server

SPREAD = int(os.environ.get("SPREAD_MS", "5000"))
ANSWER_TIMEOUT = 32001
DEADLINE = int(os.environ.get("DEADLINE_MS", "300000"))
PARTS = (("ok", 4000), ("ok", 4000), ("no", 1000), ("none", 1000))  # one process each
ALL = sum(count for _, count in PARTS)


class TenThousand(unittest.TestCase):
    """Four processes of clients: the clients of two processes answer, one process refuses, and one does not answer."""

    def setUp(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 2 * ALL:
            self.skipTest(f"{ALL} connections need {2 * ALL} open files; the hard limit is {hard}")

    def clients(self, server, answer, count):
        program = Path(__file__).with_name("drain_clients.py")
        process = subprocess.Popen([sys.executable, "-B", program, *map(str, server.address), str(count), answer],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def test_ten_thousand_clients_leave_one_after_the_other(self):
        server = Server("--spread", str(SPREAD), "--deadline", str(DEADLINE), "--answer-timeout", str(ANSWER_TIMEOUT),
                        plain=True)  # all other tests use the program with the sanitizers
        self.addCleanup(server.stop)
        processes = [(answer, self.clients(server, answer, count)) for answer, count in PARTS]
        for _, process in processes:
            self.assertEqual(process.stdout.readline(), "ready\n")
        server.signal(signal.SIGTERM)
        told, ends = [], {"ok": [], "no": [], "none": []}
        for answer, process in processes:
            end = json.loads(process.communicate(timeout=DEADLINE / 1000 + PATIENCE)[0])
            self.assertEqual(end["reset"], 0)
            told += end["told"]
            ends[answer].append((end["eof"], end["bye"]))
        server.wait()
        outcomes = server.outcomes()
        self.assertEqual([outcomes.count(name) for name in ("ANSWERED", "REFUSED", "EXPIRED")], [8000, 1000, 1000])
        self.assertEqual(ends, {"ok": [(4000, 0)] * 2, "no": [(1000, 1000)], "none": [(1000, 1000)]})
        told.sort()
        middle = told[-ALL // 10] - told[ALL // 10]
        print(f"10,000 clients: asked within {told[-1] - told[0]:.1f} s, four fifths of them within {middle:.1f} s")
        self.assertGreater(middle, SPREAD / 1000 * 0.7)


if __name__ == "__main__":
    unittest.main()

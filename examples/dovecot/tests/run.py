# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests of the Dovecot plugin at the same time, because they mostly wait:
    run.py [MODULE.CLASS...]"""

import concurrent.futures
import os
import re
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from server import mount_settings, version  # noqa: E402

WORKERS = 4
# The slowest tests begin first.
FIRST = ["test_moments.Fetch", "test_systemd.Many", "test_table.Table", "test_timers.Timers", "test_valgrind.Memory"]


def classes():
    """Returns MODULE.CLASS for all classes with tests, the slowest first."""
    names = set()

    def walk(suite):
        for test in suite:
            if isinstance(test, unittest.TestSuite):
                walk(test)
            else:
                names.add("%s.%s" % (type(test).__module__, type(test).__name__))
    walk(unittest.defaultTestLoader.discover(HERE))
    return sorted(names, key=lambda name: (name not in FIRST, name))


def run(name):
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-B", "-m", "unittest", "-v", name], capture_output=True, text=True,
                          env=dict(os.environ, PYTHONPATH=HERE))
    return name, done.returncode, done.stdout, done.stderr, time.monotonic() - begin


def results(names):
    """Yields the result of run() for each class as soon as it ends."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(run, name) for name in names]
        yield from (job.result() for job in concurrent.futures.as_completed(jobs))


def main():
    mount_settings()
    begin = time.monotonic()
    names = sys.argv[1:] or classes()
    tests = failed = 0
    for name, code, out, err, seconds in results(names):
        count = re.search(r"^Ran (\d+) test", err, re.M)
        tests += int(count[1]) if count else 0
        failed += code != 0
        print("%s %s %.0f s" % ("FAILED" if code else "ok", name, seconds))
        print(out + (err if code else ""), end="", flush=True)
    print("dovecot-check: Dovecot %s, %d tests, %d of %d classes failed, %.0f s" %
          (version(), tests, failed, len(names), time.monotonic() - begin))
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())

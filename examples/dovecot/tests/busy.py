# SPDX-License-Identifier: BSD-2-Clause
"""For tests that depend on how fast the machine is."""

import concurrent.futures
import time


def is_busy():
    """Returns True if other processes take a share of the time in which this one could run."""
    wall, cpu = time.monotonic(), time.thread_time()
    while time.thread_time() < cpu + 0.3:
        pass
    return time.monotonic() - wall > 1.2 * (time.thread_time() - cpu)


def assert_seen(test, expected, function):
    """function(*key) must return expected[key] for each key. They run side by side, and each has three attempts. If all
    fail on a machine that is busy, the result says nothing."""
    def attempts(key):
        for _ in range(3):
            seen = function(*key)
            if seen == expected[key]:
                break
        return seen

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        seen = dict(zip(expected, pool.map(attempts, expected)))
    if seen != expected and is_busy():
        test.skipTest("the machine was too busy: %s" % seen)
    test.assertEqual(seen, expected)

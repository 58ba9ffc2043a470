# SPDX-License-Identifier: BSD-2-Clause
"""Support for tests whose results depend on the speed of the machine."""

import concurrent.futures
import time


def is_busy():
    """Returns True if other processes use part of the time in which this process could run."""
    wall, cpu = time.monotonic(), time.thread_time()
    while time.thread_time() < cpu + 0.3:
        pass
    return time.monotonic() - wall > 1.2 * (time.thread_time() - cpu)


def assert_seen(test, expected, function):
    """Checks that function(*key) returns expected[key] for each key. The calls run at the same time, and each has three
    attempts. If all attempts fail on a busy machine, the result is ignored."""
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

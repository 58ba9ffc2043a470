"""Runs the tests of all hosts that are named beside each other, for they mostly wait, each in a process. Prints what
a host's tests have to say when they have ended."""

import concurrent.futures
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(host):
    return subprocess.run([sys.executable, "-B", "-m", "unittest", "-v", "test_hosts"], cwd=HERE, text=True,
                          env={**os.environ, "HOST": host}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def main(hosts):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        runs = {pool.submit(run, host): host for host in hosts}
        for result in concurrent.futures.as_completed(runs):
            print(f"---- {runs[result]} ----\n{result.result().stdout}", end="", flush=True)
            failed += result.result().returncode != 0
    print(f"hosts: {len(hosts) - failed} of {len(hosts)} ({' '.join(hosts)})")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

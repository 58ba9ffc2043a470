# SPDX-License-Identifier: BSD-2-Clause
"""Runs test modules at the same time, each in its own process, because they mostly wait. Prints the output of a module
when it has ended. Each argument is a module, or MODULE:SERVER, which tests one of the example hosts."""

import concurrent.futures
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(argument):
    module, _, server = argument.partition(":")
    return subprocess.run([sys.executable, "-B", "-m", "unittest", "-v", module], cwd=HERE, text=True, check=False,
                          env={**os.environ, "SERVER": server or "echo_server"}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def main(arguments):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(arguments)) as pool:
        runs = {pool.submit(run, argument): argument for argument in arguments}
        for result in concurrent.futures.as_completed(runs):
            print(f"---- {runs[result]} ----\n{result.result().stdout}", end="", flush=True)
            failed += result.result().returncode != 0
    print(f"programs: {len(runs) - failed} of {len(runs)} modules pass")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

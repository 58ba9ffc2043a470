"""Runs the test modules side by side, because they mostly wait, each in its own process. Prints the output of a
module when it has ended. Arguments: names of modules; default: all."""

import concurrent.futures
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(module):
    return subprocess.run([sys.executable, "-B", "-m", "unittest", "-v", module], cwd=HERE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def main(modules):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(modules)) as pool:
        for result in concurrent.futures.as_completed([pool.submit(run, module) for module in modules]):
            print(result.result().stdout, end="", flush=True)
            failed += result.result().returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or sorted(path.stem for path in HERE.glob("test_*.py"))))

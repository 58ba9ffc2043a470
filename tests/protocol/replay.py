# SPDX-License-Identifier: BSD-2-Clause
"""Replays random runs of exchange.pml through the library: both must send the same lines, end with the same outcomes, and
be in the same states with the same time left after each call.

    replay.py PLAY COUNT SEED

PLAY is the program of tests/model/transcripts/play.c. A run is spin's simulation of the model with a seed of its own."""

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from difflib import ndiff
from multiprocessing.pool import ThreadPool

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exchange.pml")
RUNS = 100  # in one simulation
STEP = 20001  # ms: the answer timeout, which is two steps, has to exceed 32,000
TAG = "SLO.1"
LINES = {"COMMAND": "a1 NOOP", "FETCH": "a1 FETCH 1 BODY[]", "APPEND": "a1 APPEND x {3}", "APPEND_NOW": "a1 APPEND x {3+}",
         "IDLE": "a1 IDLE", "DONE": "DONE", "CLIENT_SAYS_LOGOUT": "a1 LOGOUT", "ANSWER_OK": f"{TAG} OK done",
         "ANSWER_NO": f"{TAG} NO not now", "ANSWER_BYE": "* BYE logging out", "LITERAL": "abc"}
MOMENTS = {"AT_REST": "at rest", "BETWEEN_LINES": "between lines"}


class Run:
    """One run of the model as a transcript, but for what the model does not have."""

    def __init__(self, output):
        self.now = 0
        self.host = "REST"
        self.lines = []
        for line in output.splitlines():
            word, _, rest = line.strip().partition(" ")
            method = getattr(self, "on_" + word.rstrip(":=") if word not in "=" else "on_state", None)
            if method:
                method(rest)
            elif word in ("request", "resume", "cancel", "force", "abandon"):
                self.lines.append(f"{self.now} {line.strip()}")
        self.lines.append("")

    def on_settings(self, rest):
        enabled, waits = rest.split()
        self.lines += [f"settings sessions=1 ask=enabled on_refusal={'wait' if waits == '1' else 'bye'} prefix=SLO. "
                       f"answer_timeout={2 * STEP} ready_timeout={STEP} leave_timeout={2 * STEP}",
                       f"0 {'enable' if enabled == '1' else 'disable'}", "= OPEN never"]

    def on_host(self, rest):
        self.host = rest

    def on_tick(self, _):
        self.now += STEP
        self.lines.append(f"{self.now} tick")

    def on_C(self, rest):  # noqa: N802
        self.lines.append(f"{self.now} C: {LINES[rest]}")

    def on_S(self, rest):  # noqa: N802
        line, moment = rest.split()
        taken = self.host == "REST" or (self.host == "LINES" and moment == "BETWEEN_LINES")
        reply = "" if taken else " BROKEN" if self.host == "BROKEN" else " BUSY"
        self.lines.append(f"S: {f'{TAG} LOGOUT' if line == 'LOGOUT' else '* BYE Server is closing the connection'} "
                          f"({MOMENTS[moment]}){reply}")

    def on_close(self, rest):
        self.lines.append("close " + rest)

    def on_state(self, rest):
        state, steps = rest.split()
        self.lines.append(f"= {state} {self.now + int(steps) * STEP if int(steps) else 'never'}")


def simulate(seed):
    """Returns the runs of one simulation."""
    with tempfile.TemporaryDirectory() as folder:  # spin writes into the current one
        spin = subprocess.run(["spin", "-T", "-B", f"-DRUNS={RUNS}", f"-n{seed}", MODEL], cwd=folder, stdout=subprocess.PIPE,
                              text=True, check=False)
    runs = [Run("settings " + text) for text in re.split("^settings ", spin.stdout, flags=re.M)[1:]]
    if spin.returncode != 0 or len(runs) != RUNS:
        raise RuntimeError(f"{spin.stdout}\nreplay: spin -n{seed} fails")
    return runs


def plain(text):
    """Removes from a transcript what the model does not have: results, and all but the outcome of an end."""
    return re.sub(r"^(close \S+).*", r"\1", re.sub(r"^= \S+ (\S+ \S+)$", r"= \1", text, flags=re.M), flags=re.M)


def main():
    play, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(f"replay: {count} runs, SEED={seed}", flush=True)
    with ThreadPool(min(2, os.cpu_count())) as pool:
        runs = sum(pool.map(simulate, range(seed, seed + count // RUNS), chunksize=1), [])
    model = ["\n".join(run.lines) for run in runs]
    library = plain(subprocess.run([play], input="\n".join(model) + "\n", stdout=subprocess.PIPE, text=True, check=True).stdout)
    for number, (expected, came) in enumerate(zip(model, library.split("\n\n"))):
        if came != expected.rstrip("\n"):
            sys.exit("\n".join([f"replay: run {number % RUNS} of spin -n{seed + number // RUNS} differs; the library:",
                                *ndiff(expected.splitlines(), came.splitlines())]))
    lines = "\n".join(model)
    ends = Counter(re.findall("^close (.*)", lines, re.M))
    print(f"replay: {lines.count(chr(10)):,} lines of {len(runs)} random runs are those of the library "
          f"({', '.join(f'{name} {count}' for name, count in sorted(ends.items()))})")


if __name__ == "__main__":
    main()

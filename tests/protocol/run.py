# SPDX-License-Identifier: BSD-2-Clause
"""Has SPIN check the models of this folder in all their states, and that each planted fault makes them fail.

    run.py BUILD CC           checks exchange.pml and proxy.pml
    run.py BUILD CC --faults  plants each fault that they define
"""

import os
import re
import subprocess
import sys
from multiprocessing.pool import ThreadPool

HERE = os.path.dirname(os.path.abspath(__file__))
# Each model, and the files that define its faults.
MODELS = {"exchange": ("session.pml", "exchange.pml"), "proxy": ("proxy.pml",)}

COMMANDS = 2


def faults(model):
    names = []
    for name in MODELS[model]:
        with open(os.path.join(HERE, name), encoding="ascii") as file:
            names += re.findall(r"^#define (FAULT_\w+)", file.read(), re.M)
    return names


def check(build, cc, model, commands, fault):
    """Returns what the verifier prints, for a client that sends so many commands."""
    folder = os.path.join(build, model, fault)
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["spin", "-a", f"-DCOMMANDS={commands}", f"-DPLANTED={fault}", os.path.join(HERE, model + ".pml")], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([cc, "-O2" if fault == "0" else "-O0", "-w", "-DSAFETY", "-DCOLLAPSE", "-DNOFAIR", "-o", "pan", "pan.c"], cwd=folder,
                   check=True)
    return subprocess.run(["./pan", "-m20000"], cwd=folder, stdout=subprocess.PIPE, text=True, check=False).stdout


def reason(output):
    found = re.search(r"^pan:1: (.*) \(at depth", output, re.M)
    return found[1] if found else None


def check_model(build, cc, model):
    output = check(build, cc, model, COMMANDS, "0")
    found = re.search(r"errors: 0\n *(\d+) states, stored", output)
    if not found or "Search not completed" in output or "max search depth too small" in output:
        sys.exit(f"{model}: {reason(output) or output}; {build}/{model}/0 has the trail")
    print(f"model: {model}.pml holds in all of its {int(found[1]):,} states, with {COMMANDS} commands", flush=True)


def plant(build, cc, model, fault):
    """Most faults show with one command, in a moment."""
    why = reason(check(build, cc, model, 1, fault)) or reason(check(build, cc, model, COMMANDS, fault))
    return model, fault, why


def plant_faults(build, cc):
    planted = [(build, cc, model, fault) for model in MODELS for fault in faults(model)]
    with ThreadPool(min(2, os.cpu_count())) as pool:
        results = pool.starmap(plant, planted, chunksize=1)
    for model, fault, why in results:
        print(f"  {model + ', ' + fault.removeprefix('FAULT_').lower().replace('_', ' '):45} {why or 'NOT NOTICED'}")
    if not all(why for _, _, why in results):
        sys.exit("model: a fault was not noticed")
    print(f"model: {len(results)} planted faults, each is noticed")


def main():
    build, cc = sys.argv[1:3]
    if "--faults" in sys.argv[3:]:
        plant_faults(build, cc)
    else:
        for model in MODELS:
            check_model(build, cc, model)


if __name__ == "__main__":
    main()

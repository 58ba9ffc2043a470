# SPDX-License-Identifier: BSD-2-Clause
"""Has SPIN check the models of this folder in all their states, and that each planted fault makes them fail.

    run.py BUILD CC           checks exchange.pml and proxy.pml
    run.py BUILD CC --faults  plants each fault that they define
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Each model, and the files that define its faults.
MODELS = {"exchange": ("session.pml", "exchange.pml"), "proxy": ("proxy.pml",)}

COMMANDS = 2


def faults(model):
    found = []
    for name in MODELS[model]:
        with open(os.path.join(HERE, name), encoding="ascii") as file:
            found += re.findall(r"^#define FAULT_(\w+) +(\d+)", file.read(), re.M)
    return found


def build_verifier(build, cc, model, commands, *options):
    """Returns the verifier of a model whose client sends so many commands."""
    folder = os.path.abspath(os.path.join(build, model, "-".join([str(commands), *options])))
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["spin", "-a", f"-DCOMMANDS={commands}", *options, os.path.join(HERE, model + ".pml")], cwd=folder,
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([cc, "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DNOFAIR", "-o", "pan", "pan.c"], cwd=folder, check=True)
    return os.path.join(folder, "pan")


def verify(verifier, fault):
    """Returns what the verifier prints. Its trail is in a folder of the fault."""
    folder = os.path.join(os.path.dirname(verifier), fault)
    os.makedirs(folder, exist_ok=True)
    return subprocess.run([verifier, "-m20000"], cwd=folder, env=dict(os.environ, PLANTED=fault), stdout=subprocess.PIPE,
                          text=True, check=False).stdout


def reason(output):
    found = re.search(r"^pan:1: (.*) \(at depth", output, re.M)
    return found[1] if found else None


def check_model(build, cc, model):
    output = verify(build_verifier(build, cc, model, COMMANDS), "0")
    found = re.search(r"errors: 0\n *(\d+) states, stored", output)
    if not found or "Search not completed" in output or "max search depth too small" in output:
        sys.exit(f"{model}: {reason(output) or output}; {build}/{model} has the trail")
    print(f"model: {model}.pml holds in all of its {int(found[1]):,} states, with {COMMANDS} commands", flush=True)


def plant_faults(build, cc, model):
    """Returns how many were planted. Most show with one command, in a moment."""
    small, large = (build_verifier(build, cc, model, commands, "-DFAULT_AT_RUN_TIME") for commands in (1, COMMANDS))
    for name, number in faults(model):
        why = reason(verify(small, number)) or reason(verify(large, number))
        print(f"  {model + ', ' + name.lower().replace('_', ' '):40} {why or 'NOT NOTICED'}", flush=True)
        if not why:
            sys.exit("model: a fault was not noticed")
    return len(faults(model))


def main():
    build, cc = sys.argv[1:3]
    if "--faults" in sys.argv[3:]:
        count = sum(plant_faults(build, cc, model) for model in MODELS)
        print(f"model: {count} planted faults, each is noticed")
    else:
        for model in MODELS:
            check_model(build, cc, model)


if __name__ == "__main__":
    main()

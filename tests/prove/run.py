# SPDX-License-Identifier: BSD-2-Clause
"""Proves lib/ with the model checker CBMC, and shows that the proofs can fail.

    run.py HARNESS...              the proofs in these files, one for each processor at a time
    run.py --sanity HARNESS...     the same with faults planted, each of which must be found

A proof is a function of a harness. The comment before it says what it proves and how:

    /* proves: what holds, for what input
     * by: bits                 one run of CBMC's own SAT solver (the default), with all checks of memory safety, or
     *     integers             one run for each property of cvc5, which takes machine words for integers with a modulus,
     *                          so it can multiply and divide symbols of 64 bits; without the checks of memory
     * with: OPTION...          more options of CBMC
     * each: MACRO COUNT ...    one run for each value of these macros from 0 to COUNT - 1
     * mutant: PATH: OLD => NEW a fault: this text, which stands once in this file, is replaced. */

Environment: PROOF=NAME is the only one that is tried. TRACE=1 prints how a property fails. BOUND=NUMBER is the macro
BOUND of every harness, in place of its own.
"""

import itertools
import json
import multiprocessing
import os
import re
import resource
import shutil
import stat
import subprocess
import sys
from collections import namedtuple

BUILD = os.path.join(os.environ.get("SLOGOUT_BUILD", "build"), "prove")
MEMORY = 4 << 30  # octets of one solver
SOLVER_SECONDS = 60  # of CPU, for one property, by integers
OPTIONS = {
    "bits": ["--conversion-check", "--pointer-overflow-check", "--memory-leak-check"],
    "integers": ["--no-standard-checks", "--unwinding-assertions", "--div-by-zero-check"],
}

Proof = namedtuple("Proof", "path name label proves by options each mutants")
Verdict = namedtuple("Verdict", "good properties lines")

PROOF = re.compile(r"/\* (proves: (?:[^*]|\*(?!/))*)\*/\s*void (\w+)\(void\)")
FIELD = re.compile(r"^(proves|by|with|each|mutant): ", re.MULTILINE)


class NoAnswer(Exception):
    """Why there is none."""


def fields(comment):
    """(key, text) for each field of a proof's comment."""
    text = re.sub(r"\n +\* ?", "\n", comment)
    parts = FIELD.split(text)[1:]
    return [(key, " ".join(value.split())) for key, value in zip(parts[::2], parts[1::2])]


def each(words):
    """[["-DONE=0", "-DTWO=0"], ["-DONE=0", "-DTWO=1"], ...] for ONE 1 TWO 2."""
    return [list(macros) for macros in itertools.product(
        *([f"-D{name}={value}" for value in range(int(count))] for name, count in zip(words[::2], words[1::2])))]


def proofs_of(path):
    with open(path, encoding="ascii") as stream:
        source = stream.read()
    harness = os.path.basename(path)[len("prove_"):-len(".c")]
    found = PROOF.findall(source)
    if not found or len(found) != source.count("/* proves: "):
        sys.exit(f"prove: {path}: a proof is not written as one")
    for comment, name in found:
        lines = fields(comment)
        one = dict(lines)
        yield Proof(path, name, f"{harness}/{name}", one["proves"], one.get("by", "bits"), one.get("with", "").split(),
                    each(one.get("each", "").split()), [value for key, value in lines if key == "mutant"])


def solver_directory():
    """A directory with a program cvc5, which is the one that CBMC calls, with the options that we want."""
    directory = os.path.abspath(f"{BUILD}/bin")
    program = f"{directory}/cvc5"
    if not os.path.exists(program):
        os.makedirs(directory, exist_ok=True)
        temporary = f"{program}.{os.getpid()}"
        with open(temporary, "w", encoding="ascii") as stream:
            stream.write(f"#!/bin/sh\nulimit -t {SOLVER_SECONDS}\n"
                         f"exec {shutil.which('cvc5')} --solve-bv-as-int=sum --nl-ext-tplanes \"$@\"\n")
        os.chmod(temporary, stat.S_IRWXU)
        os.replace(temporary, program)
    return directory


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def cbmc(proof, root, *more):
    """What CBMC says, by key, of the library in root."""
    macros = [f"-DBOUND={os.environ['BOUND']}"] if os.environ.get("BOUND") else []
    command = ["cbmc", "--json-ui", proof.path, "--function", proof.name, f"-I{root}/lib", f"-I{root}/include", "-Itests",
               "-Itests/prove", "--c99", *macros, "--drop-unused-functions", *OPTIONS[proof.by], *proof.options, *more]
    environment = dict(os.environ, PATH=f"{solver_directory()}:{os.environ['PATH']}")
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False, preexec_fn=limit_memory)
    try:
        said = json.loads(run.stdout)
    except ValueError:
        raise NoAnswer(f"cbmc ended without a word, {run.returncode}") from None
    errors = [part["messageText"] for part in said if part.get("messageType") == "ERROR"]
    if errors:
        raise NoAnswer("; ".join(errors))
    return {key: value for part in said for key, value in part.items()}


def properties(proof, root, stop=False):
    """All properties with their status. `stop`: at the first that shows a fault."""
    found = []
    if proof.by == "bits":
        runs = proof.each
    else:
        wanted = cbmc(proof, root, "--show-properties").get("properties", [])
        runs = [["--cvc5", "--property", prop["name"]] for prop in wanted]
    for options in runs:
        result = cbmc(proof, root, *options).get("result", [])
        if not result:
            raise NoAnswer(f"cbmc has no result with {' '.join(options)}")
        found += result
        if stop and any(is_fault(prop) for prop in result):
            break
    return found


def cpu_seconds():
    """Of all the solvers so far; the machine may be busy with other things."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def place(prop):
    at = prop.get("sourceLocation", {})
    return f"{at.get('file', '?')}:{at.get('line', '?')}: {prop['description']}"


def is_fault(prop):
    """Whether this shows a fault of the library; that a function is not there is one of the harness."""
    return prop["status"] == "FAILURE" and ".no-body." not in prop["property"]


def trace(prop):
    """How the property fails, if that is wanted."""
    for step in prop.get("trace", []) if os.environ.get("TRACE") else []:
        if step["stepType"] == "assignment" and not step.get("hidden") and "sourceLocation" in step:
            at = step["sourceLocation"]
            value = step["value"]
            yield f"    {at.get('file')}:{at.get('line')}: {step.get('lhs')} = {value.get('data', value.get('name'))}"


def prove(proof):
    """Whether all properties hold."""
    start = cpu_seconds()
    found = properties(proof, ".")
    bad = [prop for prop in found if prop["status"] != "SUCCESS"]
    if not found:
        raise NoAnswer("no property")
    if bad:
        return Verdict(False, 0, [line for prop in bad for line in [f"{prop['status']}: {place(prop)}", *trace(prop)]])
    count = len({prop["property"] for prop in found})
    return Verdict(True, count, [f"{proof.proves}: {count} properties, {cpu_seconds() - start:.1f} s"])


def plant(proof, mutant):
    """Makes a copy of the library with a fault in it, and returns where."""
    path, change = mutant.split(": ", 1)
    old, new = change.split(" => ")
    root = f"{BUILD}/{proof.label.replace('/', '.')}.{proof.mutants.index(mutant)}"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree("lib", f"{root}/lib")
    shutil.copytree("include", f"{root}/include")
    with open(path, encoding="ascii") as stream:
        source = stream.read()
    if source.count(old) != 1:
        raise NoAnswer(f"`{old}` does not stand once in {path}")
    with open(f"{root}/{path}", "w", encoding="ascii") as stream:
        stream.write(source.replace(old, new))
    return root


def refute(proof, mutant):
    """Whether a property fails on the fault."""
    start = cpu_seconds()
    found = properties(proof, plant(proof, mutant), stop=True)
    faults = [prop for prop in found if is_fault(prop)]
    if faults:
        return Verdict(True, 0, [f"fails on `{mutant}`: {place(faults[0])}, {cpu_seconds() - start:.1f} s"])
    unproved = [f"{prop['status']} `{mutant}`: {place(prop)}" for prop in found if prop["status"] != "SUCCESS"]
    return Verdict(False, 0, unproved or [f"PROVES `{mutant}`"])


def judge(job):
    """The verdict on (proof, ""), or on (proof, fault); None stands for a fault that is missing."""
    proof, mutant = job
    try:
        if mutant is None:
            raise NoAnswer("no mutant")
        verdict = refute(proof, mutant) if mutant else prove(proof)
    except NoAnswer as reason:
        verdict = Verdict(False, 0, [f"`{mutant}`: {reason}" if mutant else str(reason)])
    return verdict._replace(lines=[f"{proof.label}: {line}" for line in verdict.lines])


def main(arguments):
    sanity = "--sanity" in arguments
    title = "prove-sanity" if sanity else "prove"
    only = os.environ.get("PROOF")
    proofs = [proof for path in arguments if path != "--sanity" for proof in proofs_of(path)
              if only in (None, "", proof.name)]
    if sanity:
        jobs = [(proof, mutant) for proof in proofs for mutant in proof.mutants or [None]]
    else:
        jobs = [(proof, "") for proof in proofs]
    with multiprocessing.Pool() as pool:
        verdicts = []
        for verdict in pool.imap_unordered(judge, jobs, chunksize=1):
            for line in verdict.lines:
                print(f"{title}: {line}", flush=True)
            verdicts.append(verdict)
    good = [verdict for verdict in verdicts if verdict.good]
    if sanity:
        print(f"prove-sanity: {len(proofs)} proofs, {len(good)} of {len(jobs)} faults found")
    else:
        print(f"prove: {len(good)} of {len(jobs)} proofs, {sum(verdict.properties for verdict in good)} properties")
    return 0 if jobs and len(good) == len(jobs) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

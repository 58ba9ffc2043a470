"""Proves lib/ with the model checker CBMC, and shows that the proofs can fail.

    run.py NAME...              the proofs in tests/prove/prove_NAME.c
    run.py --sanity NAME...     the same with faults planted, each of which must be found

A proof is a function of a harness. The comment before it says what it proves and how:

    /* proves: what holds, for what input
     * by: bits                 one run of CBMC's own SAT solver (the default), with all checks of memory safety, or
     *     integers             one run for each property of cvc5, which takes machine words for integers with a modulus,
     *                          so it can multiply and divide symbols of 64 bits; without the checks of memory
     * with: OPTION...          more options of CBMC
     * each: MACRO COUNT ...    one run for each value of these macros from 0 to COUNT - 1
     * mutant: PATH: OLD => NEW a fault: this text, which stands once in this file, is replaced. */

Environment: TRACE=1 prints how a property fails. BOUND=NUMBER is the macro BOUND of every harness, in place of its own.
"""

import itertools
import json
import os
import re
import resource
import shutil
import stat
import subprocess
import sys
from collections import namedtuple

BUILD = "build/prove"
MEMORY = 4 << 30  # octets of one solver
SOLVER_SECONDS = 60  # for one property, by integers
OPTIONS = {
    "bits": ["--conversion-check", "--pointer-overflow-check", "--memory-leak-check"],
    "integers": ["--no-standard-checks", "--div-by-zero-check"],
}

Proof = namedtuple("Proof", "harness name proves by options each mutants")

PROOF = re.compile(r"/\* (proves: (?:[^*]|\*(?!/))*)\*/\s*void (\w+)\(void\)")
NO_BODY = re.compile(r"no body for (?:function|callee) (\S+)")
FIELD = re.compile(r"^(proves|by|with|each|mutant): ", re.MULTILINE)


def fields(comment):
    """(key, text) for each field of a proof's comment."""
    text = re.sub(r"\n +\* ?", "\n", comment)
    parts = FIELD.split(text)[1:]
    return [(key, " ".join(value.split())) for key, value in zip(parts[::2], parts[1::2])]


def each(words):
    """[["-DONE=0", "-DTWO=0"], ["-DONE=0", "-DTWO=1"], ...] for ONE 1 TWO 2."""
    return [list(macros) for macros in itertools.product(
        *([f"-D{name}={value}" for value in range(int(count))] for name, count in zip(words[::2], words[1::2])))]


def proofs_of(harness):
    with open(f"tests/prove/prove_{harness}.c", encoding="ascii") as stream:
        source = stream.read()
    for comment, name in PROOF.findall(source):
        found = fields(comment)
        one = dict(found)
        yield Proof(harness, name, one["proves"], one.get("by", "bits"), one.get("with", "").split(), each(one.get("each", "").split()),
                    [value for key, value in found if key == "mutant"])


def solver_directory():
    """A directory with a program cvc5, which is the one that CBMC calls, with the options that we want."""
    directory = os.path.abspath(f"{BUILD}/bin")
    program = f"{directory}/cvc5"
    if not os.path.exists(program):
        os.makedirs(directory, exist_ok=True)
        temporary = f"{program}.{os.getpid()}"
        with open(temporary, "w", encoding="ascii") as stream:
            stream.write(f"#!/bin/sh\nexec {shutil.which('cvc5')} --solve-bv-as-int=sum --nl-ext-tplanes "
                         f"--tlimit={1000 * SOLVER_SECONDS} \"$@\"\n")
        os.chmod(temporary, stat.S_IRWXU)
        os.replace(temporary, program)
    return directory


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def cbmc(proof, root, *more):
    """What CBMC says, by key, of the library in root."""
    macros = [f"-DBOUND={os.environ['BOUND']}"] if os.environ.get("BOUND") else []
    command = ["cbmc", "--json-ui", f"tests/prove/prove_{proof.harness}.c", "--function", proof.name, f"-I{root}/lib",
               f"-I{root}/include", "-Itests", "-Itests/prove", "--c99", *macros,
               "--drop-unused-functions", *OPTIONS[proof.by], *proof.options, *more]
    environment = dict(os.environ, PATH=f"{solver_directory()}:{os.environ['PATH']}")
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False, preexec_fn=limit_memory)
    try:
        said = json.loads(run.stdout)
    except ValueError:
        sys.exit(f"prove: cbmc ended without a word on {proof.harness}/{proof.name}")
    answer = {}
    for part in said:
        answer.update(part)
        said_here = part.get("messageText", "")
        if part.get("messageType") == "ERROR":
            print(said_here)
        # Such a function would return anything and do nothing: what is proved would be of another library.
        missing = NO_BODY.search(said_here)
        if missing and not missing[1].startswith("nondet_"):
            sys.exit(f"prove: {proof.harness}/{proof.name}: {missing[1]} has no body")
    return answer


def properties(proof, root, stop=False):
    """All properties with their status. `stop`: at the first that fails."""
    found = []
    if proof.by == "bits":
        for macros in proof.each:
            trace = ["--trace"] if os.environ.get("TRACE") else []
            results = cbmc(proof, root, *macros, *trace).get("result", [])
            if not results:
                return []
            found += results
            if stop and any(prop["status"] == "FAILURE" for prop in results):
                break
        return found
    for wanted in cbmc(proof, root, "--show-properties").get("properties", []):
        result = cbmc(proof, root, "--cvc5", "--property", wanted["name"]).get("result", [])
        found += result or [dict(wanted, property=wanted["name"], status="ERROR")]
        if stop and found[-1]["status"] == "FAILURE":
            break
    return found


def cpu_seconds():
    """Of all the solvers so far; the machine may be busy with other things."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def place(prop):
    at = prop.get("sourceLocation", {})
    return f"{at.get('file', '?')}:{at.get('line', '?')}: {prop['description']}"


def name_of(prop):
    return prop.get("property")


def show_trace(prop):
    for step in prop.get("trace", []):
        if step["stepType"] == "assignment" and not step.get("hidden") and "sourceLocation" in step:
            at = step["sourceLocation"]
            value = step["value"]
            print(f"    {at.get('file')}:{at.get('line')}: {step.get('lhs')} = {value.get('data', value.get('name'))}")


def prove(proof):
    """Prints what is proved. Returns 1 if it is."""
    start = cpu_seconds()
    found = properties(proof, ".")
    bad = [prop for prop in found if prop["status"] != "SUCCESS"]
    for prop in bad:
        print(f"prove: {proof.harness}/{proof.name}: {prop['status']}: {place(prop)}")
        if os.environ.get("TRACE"):
            show_trace(prop)
    if not found:
        print(f"prove: {proof.harness}/{proof.name}: cbmc came to no end")
    if found and not bad:
        print(f"prove: {proof.harness}/{proof.name}: {proof.proves}: {len({name_of(prop) for prop in found})} properties, "
              f"{cpu_seconds() - start:.1f} s")
    return bool(found) and not bad


def plant(proof, number):
    """Makes a copy of the library with a fault in it, and returns where."""
    path, change = proof.mutants[number].split(": ", 1)
    old, new = change.split(" => ")
    root = f"{BUILD}/{proof.harness}.{proof.name}.{number}"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree("lib", f"{root}/lib")
    shutil.copytree("include", f"{root}/include")
    with open(path, encoding="ascii") as stream:
        source = stream.read()
    if source.count(old) != 1:
        sys.exit(f"prove: {proof.harness}/{proof.name}: {path} has not once `{old}`")
    with open(f"{root}/{path}", "w", encoding="ascii") as stream:
        stream.write(source.replace(old, new))
    return root


def check_sanity(proof):
    """Returns 1 if every fault is found."""
    if not proof.mutants:
        print(f"prove-sanity: {proof.harness}/{proof.name}: no mutant")
    result = bool(proof.mutants)
    for number, mutant in enumerate(proof.mutants):
        start = cpu_seconds()
        failed = [prop for prop in properties(proof, plant(proof, number), stop=True) if prop["status"] == "FAILURE"]
        if failed:
            print(f"prove-sanity: {proof.harness}/{proof.name}: fails on `{mutant}`: {place(failed[0])}, "
                  f"{cpu_seconds() - start:.1f} s")
        else:
            print(f"prove-sanity: {proof.harness}/{proof.name}: PROVES `{mutant}`")
            result = False
    return result


def main(arguments):
    judge = check_sanity if "--sanity" in arguments else prove
    only = os.environ.get("PROOF")
    results = [judge(proof) for name in arguments if name != "--sanity" for proof in proofs_of(name)
               if not only or only == proof.name]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

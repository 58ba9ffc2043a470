# SPDX-License-Identifier: BSD-2-Clause
"""Proves lib/ with the model checker CBMC, and shows that the proofs can fail.

    run.py HARNESS...              runs the proofs in these files, one for each processor at a time
    run.py --sanity HARNESS...     plants faults, each of which the proofs in these files must find

A proof is a function of a harness. The comment before the function says what it proves, and how:

    /* proves: a property, for all ...
     * by: bits                 one run of CBMC's own SAT solver (the default), with all checks of memory safety, or
     *     integers             one run of cvc5 for each property. cvc5 treats machine words as integers with a modulus,
     *                          so it can multiply and divide variables of 64 bits. Memory safety is not checked.
     * with: OPTION...          more options for CBMC
     * each: MACRO COUNT ...    one run for each value of these macros from 0 to COUNT - 1
     * loop FUNCTION.NUMBER: INVARIANT; assigns WHAT; decreases TERM
     *                          a contract that replaces the loop, so that the proof holds for any number of rounds.
     *                          `ghost` may be an index that the harness chooses. A property that holds for this index
     *                          holds for every index.
     * claims: FUNCTION...      functions of lib/ whose whole behavior is proved, by this proof and by other proofs that
     *                          claim them. --sanity therefore changes lines of these functions.
     * mutant MACRO=VALUE ...: PATH: OLD => NEW
     *                          a fault. The text OLD, which must occur exactly once in this file, is replaced by NEW.
     *                          The run with these macros must find the fault, or any run if there are no macros. */

Each run also shows that the end of the proof is reached, so that no assumption makes the proof empty.

These environment variables have an effect. PROOF=NAME selects one proof. TRACE=1 prints how a property fails. N is the
number of changes of claimed lines that --sanity plants, with the operators of tests/mutants, and SEED chooses them. A
change that no proof finds is not counted if it does not compile, or if a compiler generates the same object code. All
other such changes must be explained in unnoticed.txt or, if no test notices them either, in
tests/mutants/equivalents.txt.
"""

import glob
import itertools
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict, namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../mutants"))

from mutate import entry_of, read_entries  # noqa: E402
from operators import mutants_of  # noqa: E402

BUILD = os.path.join(os.environ.get("SLOGOUT_BUILD", "build"), "prove")
NOTICED_BY_NO_PROOF = os.path.join(HERE, "unnoticed.txt")
MEMORY = 4 << 30  # octets for one solver
SOLVER_SECONDS = 60  # of CPU time for one property that is proved by integers
OPTIONS = {
    "bits": ["--conversion-check", "--pointer-overflow-check", "--memory-leak-check"],
    "integers": ["--no-standard-checks", "--unwinding-assertions", "--div-by-zero-check"],
}
END = "the end is reached"

# cases: the macros of each run. loops: {function: [contract]}. mutants: [(macros of the run that must find it, text)].
Proof = namedtuple("Proof", "path name label proves by options cases loops claims mutants")
# runs: pairs of a proof and its macros. fault: the text of a mutant, a Mutant of operators.py, or "" for no fault.
Job = namedtuple("Job", "runs fault")
Verdict = namedtuple("Verdict", "good properties seconds lines")

PROOF = re.compile(r"/\* (proves: (?:[^*]|\*(?!/))*)\*/\s*void (\w+)\(void\)")
FIELD = re.compile(r"^(proves|by|with|each|loop|claims|mutant)((?: [^\s:]+)*): ", re.MULTILINE)


class NoAnswer(Exception):
    """The reason why a run has no result."""


# ---- harnesses ----

def fields(comment):
    """Returns (key, arguments, text) for each field of a proof's comment."""
    parts = FIELD.split(re.sub(r"\n +\* ?", "\n", comment))[1:]
    return [(key, more.split(), " ".join(text.split())) for key, more, text in zip(*(parts[i::3] for i in range(3)))]


def cases_of(words):
    """Returns [["-DONE=0", "-DTWO=0"], ["-DONE=0", "-DTWO=1"]] for ONE 1 TWO 2."""
    return [list(macros) for macros in itertools.product(
        *([f"-D{name}={value}" for value in range(int(count))] for name, count in zip(words[::2], words[1::2])))]


def loop_contract(place, text):
    function, number = place.rsplit(".", 1)
    invariant, assigns, decreases = re.fullmatch(r"(.*); assigns (.*); decreases (.*)", text).groups()
    return function, {"loop_id": number, "invariants": invariant, "assigns": assigns, "decreases": decreases}


def proofs_of(path):
    with open(path, encoding="ascii") as stream:
        source = stream.read()
    harness = os.path.basename(path)[len("prove_"):-len(".c")]
    found = PROOF.findall(source)
    if not found or len(found) != source.count("/* proves: "):
        sys.exit(f"prove: {path}: the comment or the function of a proof has a wrong form")
    for comment, name in found:
        lines = fields(comment)
        one = {key: text for key, _, text in lines}
        loops = defaultdict(list)
        for function, contract in (loop_contract(more[0], text) for key, more, text in lines if key == "loop"):
            loops[function].append(contract)
        yield Proof(path, name, f"{harness}/{name}", one["proves"], one.get("by", "bits"), one.get("with", "").split(),
                    cases_of(one.get("each", "").split()), loops, one.get("claims", "").split(),
                    [([f"-D{macro}" for macro in more], text) for key, more, text in lines if key == "mutant"])


# ---- CBMC ----

def solver_directory():
    """Returns a folder with a script cvc5, which CBMC calls, and which adds our options and a time limit."""
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


def execute(*command):
    environment = dict(os.environ, PATH=f"{solver_directory()}:{os.environ['PATH']}")
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          preexec_fn=limit_memory)


def json_of(*command):
    """Returns the output of a program of CBMC, by key."""
    run = execute(*command)
    try:
        said = json.loads(run.stdout)
    except ValueError:
        raise NoAnswer(f"{command[0]} printed no result and returned {run.returncode}") from None
    errors = [part["messageText"] for part in said if part.get("messageType") == "ERROR"]
    if errors:
        raise NoAnswer("; ".join(errors))
    return {key: value for part in said for key, value in part.items()}


def source_options(proof, root, case):
    """Returns the sources and options for the compiler. PROOF is the function that end.c calls."""
    return [proof.path, os.path.join(HERE, "end.c"), "--function", "end_of_proof", f"-DPROOF={proof.name}", f"-I{root}/lib",
            f"-I{root}/include", "-Itests", "-Itests/prove", *case, *(word for word in proof.options if word[:2] == "-D")]


def with_contracts(proof, root, case):
    """Compiles a proof, replaces its loops by their contracts, and returns the file."""
    directory = tempfile.mkdtemp(dir=BUILD)
    compiled, contracts, made = (f"{directory}/{name}" for name in ("compiled", "contracts.json", "made"))
    if execute("goto-cc", "-std=c99", *source_options(proof, root, case), "-o", compiled).returncode:
        raise NoAnswer("it does not compile")
    table = json_of("goto-instrument", "--show-symbol-table", "--json-ui", compiled)["symbolTable"]
    functions = []
    for function, loops in proof.loops.items():
        for loop in loops:
            words = set(re.findall(r"[A-Za-z_]\w*", loop["invariants"] + " " + loop["assigns"] + " " + loop["decreases"]))
            symbols = {name.rsplit("::", 1)[-1]: name for name in table if name.startswith(f"{function}::")}
            loop["symbol_map"] = ";".join(f"{word},{symbols[word]}" for word in sorted(words & set(symbols)))
        functions.append({function: loops})
    with open(contracts, "w", encoding="ascii") as stream:
        json.dump({"sources": [proof.path], "functions": functions, "output": "OUTPUT"}, stream)
    run = execute("goto-instrument", "--dfcc", "end_of_proof", "--apply-loop-contracts", "--loop-contracts-file", contracts,
                  compiled, made)
    if run.returncode:
        raise NoAnswer((run.stdout + run.stderr).decode().strip().splitlines()[-1])
    return made


def cbmc(proof, root, case, *more):
    made = [with_contracts(proof, root, case), "--function", "end_of_proof"] if proof.loops \
        else [*source_options(proof, root, case), "--c99"]
    return json_of("cbmc", "--json-ui", *made, "--drop-unused-functions", *OPTIONS[proof.by], *proof.options, *more)


def first_failure(proof, root, case):
    """Returns a list of the first property that fails, or an empty list. The properties that mark the ends of harnesses
    always fail, so they are left out."""
    said = cbmc(proof, root, [*case, "-DNO_END"], "--stop-on-fail")
    if "cProverStatus" not in said:
        raise NoAnswer("cbmc reports no result")
    return [dict(said, status="FAILURE", sourceLocation=said["trace"][-1].get("sourceLocation", {}))] if "trace" in said else []


def properties(proof, root, case, stop=False):
    """Returns all properties with their status, or stops at the first property that shows a fault."""
    found, runs = [], [[]]
    if stop and proof.by == "bits":
        return first_failure(proof, root, case)
    if proof.by == "integers":
        wanted = cbmc(proof, root, case, "--show-properties").get("properties", [])
        runs = [["--property", prop["name"], *([] if prop["description"] == END else ["--cvc5"])] for prop in wanted]
    for options in runs:
        result = cbmc(proof, root, case, *options).get("result", [])
        if not result:
            raise NoAnswer(f"cbmc reports no result with {' '.join(options)}")
        found += result
        if stop and any(is_fault(prop) for prop in result):
            break
    return found


def place(prop):
    at = prop.get("sourceLocation", {})
    return f"{at.get('file', '?')}:{at.get('line', '?')}: {prop['description']}"


def is_fault(prop):
    """Returns whether this shows a fault of the library. A missing function is a fault of the harness."""
    return prop["status"] == "FAILURE" and prop["description"] != END and ".no-body." not in prop["property"]


def is_bad(prop):
    return prop["status"] != ("FAILURE" if prop["description"] == END else "SUCCESS")


def trace(prop):
    """Yields the assignments that lead to the failure if TRACE is set."""
    for step in prop.get("trace", []) if os.environ.get("TRACE") else []:
        if step["stepType"] == "assignment" and not step.get("hidden") and "sourceLocation" in step:
            at = step["sourceLocation"]
            value = step["value"]
            yield f"    {at.get('file')}:{at.get('line')}: {step.get('lhs')} = {value.get('data', value.get('name'))}"


# ---- one run ----

def cpu_seconds():
    """Returns the CPU time of all solvers so far. Unlike elapsed time, it does not depend on other programs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def prove(job):
    """Returns whether all properties hold and the end is reached, the number of properties, and lines to print."""
    found = [prop for proof, case in job.runs for prop in properties(proof, ".", case)]
    if all(prop["description"] == END for prop in found):
        raise NoAnswer("no property")
    bad = [prop for prop in found if is_bad(prop)]
    return not bad, len({prop["property"] for prop in found}) - 1, \
        [line for prop in bad for line in [f"{prop['status']}: {place(prop)}", *trace(prop)]]


def planted(text):
    """Returns the path and the source of the file that the text of a mutant changes, with that change."""
    path, change = text.split(": ", 1)
    old, new = change.split(" => ")
    with open(path, encoding="ascii") as stream:
        source = stream.read()
    if source.count(old) != 1:
        raise NoAnswer(f"`{old}` does not occur exactly once in {path}")
    return path, source.replace(old, new)


def refute(job):
    """Plants the fault in a copy of the library, and returns whether a property fails."""
    path, source = planted(job.fault) if isinstance(job.fault, str) else (job.fault.path, job.fault.source())
    with tempfile.TemporaryDirectory(dir=BUILD) as root:
        shutil.copytree("lib", f"{root}/lib")
        shutil.copytree("include", f"{root}/include")
        with open(f"{root}/{path}", "w", encoding="ascii") as stream:
            stream.write(source)
        found = []
        for proof, case in job.runs:
            found += properties(proof, root, case, stop=True)
            faults = [prop for prop in found if is_fault(prop)]
            if faults:
                return True, 1, [f"fails on `{name_of(job.fault)}`: {place(faults[0])}"]
    unproved = [f"{prop['status']} `{name_of(job.fault)}`: {place(prop)}" for prop in found if is_bad(prop)]
    return False, 0, unproved or [f"PROVES `{name_of(job.fault)}`"]


def name_of(fault):
    return fault if isinstance(fault, str) else entry_of(fault)


def label_of(job):
    return job.runs[0][0].label


def assembly(source):
    """Returns the optimized assembly code, with all functions of headers, or None if the source does not compile."""
    run = subprocess.run(["gcc", "-std=c99", "-w", "-O2", "-fkeep-inline-functions", "-Iinclude", "-Ilib", "-S", "-o-", "-xc", "-"],
                         input=source.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return None if run.returncode else run.stdout


def is_no_change(mutant):
    with open(mutant.path, encoding="ascii") as stream:
        return assembly(mutant.source()) in (None, assembly(stream.read()))


def judge(job):
    start = cpu_seconds()
    try:
        if job.fault is None:
            raise NoAnswer("no mutant")
        good, count, lines = refute(job) if job.fault else prove(job)
    except NoAnswer as reason:
        good, count, lines = False, 0, [f"`{name_of(job.fault)}`: {reason}" if job.fault else str(reason)]
    return job, Verdict(good, count, cpu_seconds() - start, lines)


def judge_all(jobs):
    """Yields each job with its verdict, and prints the lines of the verdict."""
    with multiprocessing.Pool() as pool:
        for job, verdict in pool.imap_unordered(judge, jobs, chunksize=1):
            for line in verdict.lines:
                title = "prove-sanity" if job.fault != "" else "prove"
                print(f"{title}: {label_of(job)}: {line}, {verdict.seconds:.1f} s", flush=True)
            yield job, verdict


# ---- all runs ----

def prove_all(proofs):
    of_proof = defaultdict(list)
    for job, verdict in judge_all(Job([(proof, case)], "") for proof in proofs for case in proof.cases):
        proof = job.runs[0][0]
        verdicts = of_proof[proof.label]
        verdicts.append(verdict)
        if len(verdicts) == len(proof.cases) and all(verdict.good for verdict in verdicts):
            print(f"prove: {proof.label}: {proof.proves}: {max(v.properties for v in verdicts)} properties, "
                  f"{len(verdicts)} runs, {sum(v.seconds for v in verdicts):.1f} s", flush=True)
    good = [verdicts for verdicts in of_proof.values() if all(verdict.good for verdict in verdicts)]
    print(f"prove: {len(good)} of {len(proofs)} proofs, {sum(v[0].properties for v in good)} properties, "
          f"{cpu_seconds():.0f} s of CPU time")
    return len(proofs) == len(good) > 0


def find_faults(proofs):
    """Returns whether each fault that the proofs name is found."""
    jobs = [Job([(proof, case)] if case else every_run(proof), text)
            for proof in proofs for case, text in proof.mutants or [([], None)]]
    found = sum(verdict.good for _, verdict in judge_all(jobs))
    print(f"prove-sanity: {len(proofs)} proofs, {found} of {len(jobs)} faults found")
    return found == len(jobs) > 0


def every_run(proof):
    return [(proof, case) for case in proof.cases]


def find_changes(proofs):
    """Returns whether all tried changes of claimed lines are found or explained."""
    runs = defaultdict(list)  # of the proofs that claim the function
    for proof in proofs:
        for function in proof.claims:
            runs[function] += every_run(proof)
    every = [mutant for path in sorted(glob.glob("lib/*.[ch]")) for mutant in mutants_of(path) if mutant.function in runs]
    seed = int(os.environ.get("SEED") or random.randrange(1000000))
    tried = random.Random(seed).sample(every, min(len(every), int(os.environ.get("N") or 60)))
    print(f"prove-sanity: {len(tried)} of {len(every)} changes of claimed lines, SEED={seed}", flush=True)
    entries = read_entries(NOTICED_BY_NO_PROOF) + read_entries()
    explained = {mutant for mutant in tried if any(entry.explains(mutant) for entry in entries)}
    rooms = defaultdict(Counter)
    for job, verdict in judge_all([Job(runs[mutant.function], mutant) for mutant in tried if mutant not in explained]):
        kind = "found" if verdict.good else "no change" if is_no_change(job.fault) else "neither"
        rooms[job.fault.path][kind] += 1
    for mutant in explained:
        rooms[mutant.path]["explained"] += 1
    for path, count in sorted(rooms.items()):
        print(f"prove-sanity: {path}: {count['found']} found, {count['explained']} explained, {count['no change']} no change, "
              f"{count['neither']} neither")
    return not any(count["neither"] for count in rooms.values())


def main(arguments):
    only = os.environ.get("PROOF")
    proofs = [proof for path in arguments if path != "--sanity" for proof in proofs_of(path)
              if only in (None, "", proof.name)]
    os.makedirs(BUILD, exist_ok=True)
    if "--sanity" not in arguments:
        return prove_all(proofs)
    is_found = find_faults(proofs)
    return find_changes(proofs) and is_found


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)

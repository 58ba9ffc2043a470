# SPDX-License-Identifier: BSD-2-Clause
"""Proves lib/ with the model checker CBMC, and shows that the proofs can fail.

    run.py HARNESS...              runs the proofs in these files, one for each processor at a time
    run.py --sanity HARNESS...     plants faults, each of which the proofs in these files must find

A proof is a function of a harness. The comment before the function says what it proves, and how:

    /* proves: a property, for all ...
     * by: bits                 one run of a SAT solver (the default), with all checks of memory safety, or
     *     integers             one run of cvc5 for each property. cvc5 treats machine words as integers with a modulus,
     *                          so it can multiply and divide variables of 64 bits. Memory safety is not checked.
     * with: OPTION...          more options for CBMC
     * each: MACRO COUNT ...    one run for each value of these macros from 0 to COUNT - 1
     * loop FUNCTION.NUMBER: INVARIANT; assigns WHAT; decreases TERM
     *                          a contract that replaces the loop, so that the proof holds for any number of rounds.
     *                          `ghost` may be an index that the harness chooses. A property that holds for this index
     *                          holds for every index.
     * claims MACRO=VALUE ...: FUNCTION...
     *                          all that these functions of lib/ do is part of what is proved by the runs that claim them,
     *                          which are those with these macros. A change of one of their lines is a fault that one of
     *                          these runs must find. A table, or a row of it as in TABLE[ROW], may stand for a function
     * mutant MACRO=VALUE ...: PATH: OLD => NEW
     *                          a fault that the operators of tests/mutants/ do not make, or that shows that the proof can
     *                          fail: this text, which stands once in this file, is replaced, and a run with these macros
     *                          must find it */

Each run also shows that the end of the proof is reached, so that no assumption makes it empty. Environment: PROOF=NAME is
the only one that is tried. TRACE=1 prints how a property fails. N and SEED: --sanity plants N of the faults that the
proofs name and N changes of claimed lines by the operators of tests/mutants/, all for these random numbers. A change does
not count if it does not compile, or if a compiler makes the same object code of it. What explains one that counts and is
not found is in unnoticed.txt here, or in tests/mutants/equivalents.txt, because no test notices it either. A change is
missed if all runs prove it. It is not decided if a run has no answer, for example within the limits of time and memory.
Both make --sanity fail.
"""

import functools
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
from operators import Mutant, mutants_of, text_of  # noqa: E402

BUILD = os.path.join(os.environ.get("SLOGOUT_BUILD", "build"), "prove")
NOTICED_BY_NO_PROOF = os.path.join(HERE, "unnoticed.txt")
MEMORY = 4 << 30  # octets for one solver
OWN_SECONDS = 45  # of CPU time for CBMC's own SAT solver, after which cadical is tried
CADICAL_SECONDS = 300  # of CPU time for cadical
SOLVER_SECONDS = 60  # of CPU time for one property that is proved by integers
CHANGES = 200  # that --sanity plants
GUESS_SECONDS = 10  # of CPU, for a fault by bits where the proof is by integers
OPTIONS = {
    "bits": ["--conversion-check", "--pointer-overflow-check", "--memory-leak-check"],
    "integers": ["--no-standard-checks", "--unwinding-assertions", "--div-by-zero-check"],
}
END = "the end is reached"

# cases: the macros of each run. loops: {function: [contract]}. claims, mutants: [(the macros of runs, text)]
Proof = namedtuple("Proof", "path name label proves by options cases loops claims mutants")
# runs: pairs of a proof and its macros. fault: the text of a mutant, a Mutant of operators.py, or "" for no fault.
Job = namedtuple("Job", "runs fault")
# kind: what has become of the fault, or GOOD or BAD for a proof
Verdict = namedtuple("Verdict", "kind properties seconds lines")
GOOD, BAD = "proved", "not proved"
KINDS = FOUND, EXPLAINED, SAME, BROKEN, UNDECIDED, MISSED = (
    "found", "explained", "same object code", "not compiled", "not decided", "missed")

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
                    cases_of(one.get("each", "").split()), loops, *(
                        [([f"-D{macro}" for macro in more], text) for key, more, text in lines if key == wanted]
                        for wanted in ("claims", "mutant")))


def runs_of(proof, macros):
    """The runs of a proof with these macros, or all."""
    return [(proof, case) for case in proof.cases if set(macros) <= set(case)]


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


def execute(*command, seconds=resource.RLIM_INFINITY):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    environment = dict(os.environ, PATH=f"{solver_directory()}:{os.environ['PATH']}")
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          preexec_fn=limit)


def json_of(*command, **limits):
    """What a program of CBMC says, by key."""
    run = execute(*command, **limits)
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


def with_contracts(proof, root, case, directory):
    """Compiles a proof, puts the contracts in place of its loops, and returns the file."""
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


def cbmc(proof, root, case, *more, **limits):
    with tempfile.TemporaryDirectory(dir=BUILD) as directory:
        made = [with_contracts(proof, root, case, directory), "--function", "end_of_proof"] if proof.loops \
            else [*source_options(proof, root, case), "--c99"]
        command = ["cbmc", "--json-ui", *made, "--drop-unused-functions", *OPTIONS[proof.by], *proof.options, *more]
        if limits or proof.by != "bits" or "cadical" in proof.options:
            return json_of(*command, **limits)
        # CBMC's own solver needs seconds for nearly all runs, and hours for a few. A proof names cadical in its options
        # if cadical is faster for most of its runs.
        try:
            return json_of(*command, seconds=OWN_SECONDS)
        except NoAnswer:
            return json_of(*command, "--external-sat-solver", "cadical", seconds=CADICAL_SECONDS)


def each_property(proof, root, case):
    """Yields what one run says of all properties, or, by integers, what a run for each says of it."""
    runs = [[]]
    if proof.by == "integers":
        wanted = cbmc(proof, root, case, "--show-properties").get("properties", [])
        runs = [["--property", prop["name"], *([] if prop["description"] == END else ["--cvc5"])] for prop in wanted]
    for options in runs:
        result = cbmc(proof, root, case, *options).get("result", [])
        if not result:
            raise NoAnswer(f"cbmc has no result with {' '.join(options)}")
        yield from result


def first_failure(proof, root, case):
    """The first property that fails, or None, and which others are not proved, without the ends, which always fail. Where
    the proof is by integers, the solver of bits, which finds most faults sooner, is asked first."""
    case, limits = [*case, "-DNO_END"], {"seconds": GUESS_SECONDS} if proof.by == "integers" else {}
    try:
        said = cbmc(proof, root, case, "--stop-on-fail", **limits)
        if "cProverStatus" not in said:
            raise NoAnswer("cbmc has no result")
        found = [dict(said, status="FAILURE", sourceLocation=steps[-1].get("sourceLocation", {}))
                 for steps in [said.get("trace")] if steps]
    except NoAnswer:
        if not limits:
            raise
        found = each_property(proof, root, case)
    bad = []
    for prop in found:
        if is_fault(prop):
            return prop, bad
        bad += [f"{prop['status']}: {place(prop)}"] if is_bad(prop) else []
    return None, bad


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
    """Whether all properties hold, and the end is reached."""
    found = [prop for proof, case in job.runs for prop in each_property(proof, ".", case)]
    if all(prop["description"] == END for prop in found):
        raise NoAnswer("no property")
    bad = [prop for prop in found if is_bad(prop)]
    return BAD if bad else GOOD, len({prop["property"] for prop in found}) - 1, \
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


spent, finds = Counter(), Counter()  # the seconds of each run with a fault in this process, and how many faults it found


def by_promise(runs):
    """Those first that have found the most faults in a second."""
    return sorted(runs, key=lambda run: (1 + finds[name_of_run(run)]) / (1 + spent[name_of_run(run)]), reverse=True)


def name_of_run(run):
    proof, case = run
    return " ".join([proof.label, *case])


def refute(job):
    """Plants the fault in a copy of the library, and returns what becomes of it: its kind, how many properties fail, and
    the lines to print."""
    harmless = without_effect(job.fault) if isinstance(job.fault, Mutant) else None
    if harmless:
        return harmless, 0, [f"{harmless}: `{name_of(job.fault)}`"]
    path, source = planted(job.fault) if isinstance(job.fault, str) else (job.fault.path, job.fault.source())
    with tempfile.TemporaryDirectory(dir=BUILD) as root:
        shutil.copytree("lib", f"{root}/lib")
        shutil.copytree("include", f"{root}/include")
        with open(f"{root}/{path}", "w", encoding="ascii") as stream:
            stream.write(source)
        unproved = []
        for run in by_promise(job.runs):
            start = cpu_seconds()
            try:
                failure, bad = first_failure(run[0], root, run[1])
            except NoAnswer as reason:
                failure, bad = None, [str(reason)]
            spent[name_of_run(run)] += cpu_seconds() - start
            finds[name_of_run(run)] += failure is not None
            if failure:
                return FOUND, 1, [f"fails on `{name_of(job.fault)}`: {place(failure)}"]
            unproved += bad
    if unproved:
        return UNDECIDED, 0, [f"{UNDECIDED} `{name_of(job.fault)}`: {reason}" for reason in unproved]
    return MISSED, 0, [f"PROVES `{name_of(job.fault)}`"]


def name_of(fault):
    return fault if isinstance(fault, str) else entry_of(fault)


def label_of(job):
    return job.runs[0][0].label


def assembly(source):
    """Returns the optimized assembly code, with all functions of headers, or None if the source does not compile."""
    run = subprocess.run(["gcc", "-std=c99", "-w", "-O2", "-fkeep-inline-functions", "-Iinclude", "-Ilib", "-S", "-o-", "-xc", "-"],
                         input=source.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return None if run.returncode else run.stdout


@functools.lru_cache(maxsize=None)
def original_assembly(path):
    with open(path, encoding="ascii") as stream:
        return assembly(stream.read())


def without_effect(mutant):
    """Why a change does not count, or None."""
    made = assembly(mutant.source())
    return BROKEN if made is None else SAME if made == original_assembly(mutant.path) else None


def judge(job):
    start = cpu_seconds()
    try:
        if job.fault is None:
            raise NoAnswer("no mutant")
        kind, count, lines = refute(job) if job.fault else prove(job)
    except NoAnswer as reason:
        kind, count = UNDECIDED if job.fault else BAD, 0
        lines = [f"`{name_of(job.fault)}`: {reason}" if job.fault else str(reason)]
    return job, Verdict(kind, count, cpu_seconds() - start, lines)


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
        if len(verdicts) == len(proof.cases) and all(verdict.kind == GOOD for verdict in verdicts):
            print(f"prove: {proof.label}: {proof.proves}: {max(v.properties for v in verdicts)} properties, "
                  f"{len(verdicts)} runs, {sum(v.seconds for v in verdicts):.1f} s", flush=True)
    good = [verdicts for verdicts in of_proof.values() if all(verdict.kind == GOOD for verdict in verdicts)]
    print(f"prove: {len(good)} of {len(proofs)} proofs, {sum(v[0].properties for v in good)} properties, "
          f"{cpu_seconds():.0f} s of CPU time")
    return len(proofs) == len(good) > 0


def find_faults(proofs, number, chance):
    """Whether the faults that the proofs name are found, or so many of them."""
    every = [Job(runs_of(proof, macros), text) for proof in proofs for macros, text in proof.mutants or [([], None)]]
    tried = chance.sample(every, min(len(every), number))
    found = sum(verdict.kind == FOUND for _, verdict in judge_all(tried))
    print(f"prove-sanity: {len(proofs)} proofs name {len(every)} faults, {found} of {len(tried)} found")
    return found == len(tried) > 0


def row_of(mutant):
    """The name of the row that is changed, as in TABLE[ROW]. The designator must be in the same line."""
    designator = re.match(r"\s+(\[\w+\]) *=", text_of(mutant.path).splitlines()[mutant.line - 1])
    return mutant.function + designator[1] if designator else ""


def find_changes(proofs, number, chance):
    """Whether so many changes of claimed lines are found, or explained."""
    runs = defaultdict(list)  # of a function, a table or a row that is claimed
    for proof in proofs:
        for macros, names in proof.claims:
            for name in names.split():
                runs[name] += runs_of(proof, macros)
    jobs = [Job(runs.get(row_of(mutant)) or runs.get(mutant.function), mutant)
            for path in sorted(glob.glob("lib/*.[ch]")) for mutant in mutants_of(path)]
    every = [job for job in jobs if job.runs]
    tried = chance.sample(every, min(len(every), number))
    entries = read_entries(NOTICED_BY_NO_PROOF) + read_entries()
    explained = {job.fault for job in tried if any(entry.explains(job.fault) for entry in entries)}
    rooms = defaultdict(Counter)
    for mutant in explained:
        rooms[mutant.path][EXPLAINED] += 1
    for job, verdict in judge_all(job for job in tried if job.fault not in explained):
        rooms[job.fault.path][verdict.kind] += 1
    for room, count in [*sorted(rooms.items()), (f"{len(tried)} of {len(every)} changes", sum(rooms.values(), Counter()))]:
        print(f"prove-sanity: {room}:", ", ".join(f"{count[kind]} {kind}" for kind in KINDS))
    return not any(count[MISSED] + count[UNDECIDED] for count in rooms.values())


def main(arguments):
    only = os.environ.get("PROOF")
    proofs = [proof for path in arguments if path != "--sanity" for proof in proofs_of(path)
              if only in (None, "", proof.name)]
    os.makedirs(BUILD, exist_ok=True)
    if "--sanity" not in arguments:
        return prove_all(proofs)
    seed, number = int(os.environ.get("SEED") or random.randrange(1000000)), int(os.environ.get("N") or CHANGES)
    print(f"prove-sanity: SEED={seed} N={number}", flush=True)
    is_found = find_faults(proofs, number, random.Random(seed))
    is_explained = find_changes(proofs, number, random.Random(seed))
    print(f"prove-sanity: {cpu_seconds():.0f} s of CPU time")
    return is_found and is_explained


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)

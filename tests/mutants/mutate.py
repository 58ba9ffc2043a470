# SPDX-License-Identifier: BSD-2-Clause
"""Shows which changes of lib/ no test notices. Changes one place at a time and runs the tests.

operators.py generates the changes. The fast compiler makes a shared library of each mutated file. The test programs
that reach the file are built once. They run with that library until one fails or exceeds its time limit; the first
programs are those that have noticed the most changes of the same file. If no quick program notices a mutant, an
optimizing compiler compiles it; the mutant does not count if its object code is the same as before. If the slow
programs do not notice the mutant either, it is built and tried again with sanitizers. Mutants that survive are printed
in the format of equivalents.txt. Each must be explained there, or a test must be written that notices it.

    mutate.py FOLDER COMPILER FLAGS -- TEST_PROGRAM... -- FOLDER COMPILER FLAGS -- TEST_PROGRAM...

The first compiler is the fast compiler, and the second one runs the sanitizers. The folder of each contains the
programs, the object files of lib/ with their dependency files, support.a, libmutant.so and an empty libpatch.so. These
environment variables have an effect:

    MUTANTS       a regular expression that selects mutants by PATH:LINE
    KINDS         a regular expression that selects operators by name
    SAMPLE, SEED  the number of mutants to choose at random, and the seed of the choice
    EQUIVALENTS   tries the mutants in equivalents.txt instead, none of which a program may notice
    MATRIX        runs every program with every mutant, and counts the mutants that each program notices, and those
                  that no other program notices
    CMOCKA        the flags that link a program with cmocka
"""

import functools
import glob
import multiprocessing
import os
import random
import re
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict

from operators import all_mutants, text_of

EQUIVALENTS = os.path.join(os.path.dirname(__file__), "equivalents.txt")
MATRIX = os.path.join(os.environ.get("SLOGOUT_BUILD", "build"), "mutants/matrix.txt")
SOURCES = {"play": "tests/model/transcripts/play.c"}  # for programs that are not unit tests
QUICK = 0.1  # seconds
OPTIMIZING = "-O2", "-fno-sanitize=all"
BROKEN, SAME, NOTICED, SURVIVED = "do not compile", "same object code", "noticed", "unexplained"


def octets_of(path):
    with open(path, "rb") as stream:
        return stream.read()


def write(path, text):
    with open(path, "w", encoding="ascii") as stream:
        stream.write(text)


def name_of(program):
    return os.path.basename(program.split()[0])


def cpu_of(process):
    """Returns the CPU time that a process has used, in seconds."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stream:
        user, system = stream.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def ends_in_time(process, cpu_seconds):
    """Waits for a process, and returns whether it ends in time. The limit is CPU time, so that no program fails because
    the machine is busy. Another limit stops a program that waits forever."""
    give_up = time.monotonic() + 30 + 100 * cpu_seconds
    end = select.poll()
    descriptor = os.pidfd_open(process.pid)
    end.register(descriptor)
    try:
        while not end.poll(1000 * max(cpu_seconds - cpu_of(process), 0.02)):
            if cpu_of(process) >= cpu_seconds or time.monotonic() > give_up:
                return False
        return True
    finally:
        os.close(descriptor)


def run(program, directories, cpu_seconds=60):
    """Returns whether a program passes with the libraries in these folders. There is no preexec_fn, because with
    one Python would fork() a copy of itself, which takes longer than most programs."""
    environment = dict(os.environ, LD_LIBRARY_PATH=directories, CMOCKA_TEST_ABORT="1")  # it stops at the first failure
    with subprocess.Popen(program.split(), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        if not ends_in_time(process, cpu_seconds):
            process.kill()
        return process.wait() == 0


def cpu_time():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@functools.lru_cache(None)
def symbols(which, path):
    return set(subprocess.run(["nm", "-g", "-j", which, path], stdout=subprocess.PIPE, text=True, check=True).stdout.split())


class Workshop:
    """Compiles mutants, and runs the programs of its folder with them. The programs are linked with libpatch.so
    before libmutant.so, so the definitions in a mutated file replace the original definitions."""

    def __init__(self, build, *command, programs):
        self.build, self.command, self.programs = build, command, programs
        self.codes, self.seconds, self.reached = {}, {}, {}
        self.noticed = defaultdict(Counter)  # {path: {program: number}}
        self.objects = {path: f"{build}/{path[:-2]}.o" for path in sorted(glob.glob("lib/*.c"))}
        self.includes = {path: set(re.findall(r"\blib/\w+\.h", text_of(f"{build}/{path[:-2]}.d"))) for path in self.objects}
        for program in programs:
            self.reached[program] = self.reach(symbols("--undefined-only", program.split()[0]))

    def reach(self, wanted):
        """Returns the source files that a linker would use for these symbols."""
        reached, before = set(), None
        while reached != before:
            before = set(reached)
            for path, made in self.objects.items():
                if path not in reached and wanted & symbols("--defined-only", made):
                    reached.add(path)
                    wanted = wanted | symbols("--undefined-only", made)
        return reached

    def units(self, path):
        """Returns the source files that depend on a file."""
        return [unit for unit in self.objects if path in self.includes[unit] | {unit}]

    def write(self, path, source, directory):
        """Writes the files that depend on a file of lib/, with a new source for that file. Returns the files to
        compile."""
        for header in glob.glob("lib/*.h") if path.endswith(".h") else ():  # the compiler looks here first
            write(f"{directory}/{os.path.basename(header)}", source if header == path else text_of(header))
        copies = [f"{directory}/{os.path.basename(unit)}" for unit in self.units(path)]
        for unit, copy in zip(self.units(path), copies):
            write(copy, source if unit == path else text_of(unit))
        return copies

    def execute(self, *arguments):
        return subprocess.run([*self.command, *arguments], stderr=subprocess.DEVNULL, check=False).returncode == 0

    def make(self, mutant, directory):
        copies = self.write(mutant.path, mutant.source(), directory)
        return self.execute("-shared", "-o", f"{directory}/libpatch.so", *copies)

    def code(self, path, source):
        """Returns the object code, or None if it does not compile. The names of the files are the same each time."""
        with tempfile.TemporaryDirectory(dir=self.build) as directory:
            copies = self.write(path, source, directory)
            made = all(self.execute(*OPTIMIZING, "-c", "-o", f"{copy}.o", copy) for copy in copies)
            return made and [octets_of(f"{copy}.o") for copy in copies]

    def is_same(self, mutant):
        if mutant.path not in self.codes:
            self.codes[mutant.path] = self.code(mutant.path, text_of(mutant.path))
        return self.codes[mutant.path] == self.code(mutant.path, mutant.source())

    def cost(self, program):
        """Returns the CPU time that a program takes without any mutant."""
        if program not in self.seconds:
            before = cpu_time()
            if not run(program, self.build):
                raise RuntimeError(f"{program} fails without any mutant")
            self.seconds[program] = cpu_time() - before
        return self.seconds[program]

    def order(self, path):
        """Returns the programs that reach a file, ordered by the mutants that they notice per second. At first the
        file's own test comes first."""
        own, units = "test_" + os.path.basename(path)[:-2], set(self.units(path))
        return sorted((program for program in self.programs if self.reached[program] & units or own in program), reverse=True,
                      key=lambda program: (self.noticed[path][program] + (own in program) + 0.1) / (self.cost(program) + 0.005))

    def rebuilt(self, program, mutant, directory):
        """Returns the program, rebuilt if it includes the changed header, or None if it does not compile."""
        source = SOURCES.get(name_of(program), f"tests/unit/{name_of(program)}.c")
        rule = f"{self.build}/{source[:-2]}.d"
        if not mutant.path.endswith(".h") or not os.path.exists(rule) or mutant.path not in text_of(rule):
            return program
        output, (compiler, *flags) = f"{directory}/{name_of(program)}", self.command
        command = [compiler, "-w", f"-I{directory}", *flags, "-o", output, source, *glob.glob("tests/unit/support/*.c"),
                   f"-L{directory}", "-lpatch", f"-L{self.build}", "-lmutant", *os.environ["CMOCKA"].split()]
        made = subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
        return " ".join([output, *program.split()[1:]]) if made else None

    def notices(self, program, mutant, directory):
        built = self.rebuilt(program, mutant, directory)
        noticed = not built or not run(built, f"{directory}:{self.build}", 0.25 + 4 * self.cost(program))
        self.noticed[mutant.path][program] += noticed
        return noticed


class Judge:
    def __init__(self, fast, thorough):
        self.fast, self.thorough = fast, thorough

    def verdict(self, mutant):
        """Returns the verdict, and, if MATRIX is set, the programs that notice the mutant."""
        noticing = []
        with tempfile.TemporaryDirectory(dir=self.fast.build) as directory:
            if not self.fast.make(mutant, directory):
                return BROKEN, noticing
            if os.environ.get("MATRIX"):
                noticing = [program for program in self.fast.order(mutant.path)
                            if self.fast.notices(program, mutant, directory)]
                return (NOTICED if noticing else SAME if self.thorough.is_same(mutant) else SURVIVED), noticing
            programs = self.fast.order(mutant.path)
            if any(self.fast.notices(p, mutant, directory) for p in programs if self.fast.cost(p) < QUICK):
                return NOTICED, noticing
            if self.thorough.is_same(mutant):
                return SAME, noticing
            if any(self.fast.notices(p, mutant, directory) for p in programs if self.fast.cost(p) >= QUICK):
                return NOTICED, noticing
        with tempfile.TemporaryDirectory(dir=self.thorough.build) as directory:
            if not self.thorough.make(mutant, directory):
                return BROKEN, noticing
            programs = self.thorough.order(mutant.path)
            return (NOTICED if any(self.thorough.notices(p, mutant, directory) for p in programs) else SURVIVED), noticing


def work(mutant):
    """Judges a mutant in a process of its own. Each process counts for itself which programs notice the most
    mutants."""
    return work.judge.verdict(mutant)


# ---- the mutants that no test can notice ----

class Entry:
    """An entry of equivalents.txt: in this file and function, each of which may be *, the old text becomes the new
    text."""

    def __init__(self, line):
        self.line, self.is_used = line, False
        self.path, self.function, self.old, self.new = re.fullmatch(r"(\S+) (\S+): (.*) => (.*)", line).groups()

    def explains(self, mutant):
        is_there = self.path in ("*", os.path.basename(mutant.path)) and self.function in ("*", mutant.function)
        starts = [m.start() for m in re.finditer(re.escape(self.old), mutant.old)] if is_there else []
        found = any(mutant.old[:i] + self.new + mutant.old[i + len(self.old):] == mutant.new for i in starts)
        self.is_used |= found
        return found


def read_entries(path=EQUIVALENTS):
    return [Entry(line) for line in text_of(path).splitlines() if " => " in line]


def entry_of(mutant):
    """Returns the entry that explains a mutant. If it is too long for a line, it omits words that both texts have."""
    old, new = mutant.old.split(), mutant.new.split()

    def entry():
        return f"{os.path.basename(mutant.path)} {mutant.function}: {' '.join(old)} => {' '.join(new)}"

    for end in 0, -1:
        while len(entry()) > 120 and len(old) > 1 and len(new) > 1 and old[end] == new[end]:
            del old[end], new[end]
    return entry()


# ---- reports: each returns whether there is a fault ----

def report(verdicts, entries, explained, is_whole):
    count = Counter(verdict for _, verdict, _ in verdicts)
    unused = [entry for entry in entries if is_whole and not entry.is_used]
    for entry in unused:
        print(f"{EQUIVALENTS}: no mutant matches this entry: {entry.line}")
    print(f"mutants: {count[NOTICED]} noticed, {explained} equivalent, {count[SURVIVED]} unexplained "
          f"({count[SAME]} more have the same object code, {count[BROKEN]} do not compile)")
    return count[SURVIVED] or unused


def report_equivalents(verdicts):
    wrong = [f"{verdict}: {entry_of(mutant)}" for mutant, verdict, _ in verdicts if verdict != SURVIVED]
    print(*wrong, f"mutants: {len(verdicts)} explained, {len(wrong)} of them wrongly", sep="\n")
    return wrong


def report_matrix(verdicts, programs):
    notices = Counter(program for _, _, noticing in verdicts for program in noticing)
    alone = Counter(noticing[0] for _, _, noticing in verdicts if len(noticing) == 1)
    print("notices   alone  program")
    for program in sorted(programs, key=lambda program: (alone[program], notices[program])):
        print(f"{notices[program]:7} {alone[program]:7}  {name_of(program)}")
    print(f"mutants: {len(verdicts)} tried with {len(programs)} programs; {MATRIX} lists which programs notice each mutant")
    return False


def sample(mutants):
    if not os.environ.get("SAMPLE"):
        return mutants
    seed = int(os.environ.get("SEED") or random.randrange(1000000))
    print(f"mutants: {os.environ['SAMPLE']} of {len(mutants)}, SEED={seed}")
    return random.Random(seed).sample(mutants, min(len(mutants), int(os.environ["SAMPLE"])))


def split(arguments):
    parts = [[]]
    for argument in arguments:
        if argument == "--":
            parts.append([])
        else:
            parts[-1].append(argument)
    return parts


def main(arguments):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    began = time.monotonic()
    fast_shop, fast_programs, thorough_shop, thorough_programs = split(arguments)
    every, entries = all_mutants(), read_entries()
    # sum() asks all entries, because each entry notes whether it is used. any() would stop at the first.
    explained = {mutant for mutant in every if sum(entry.explains(mutant) for entry in entries)}
    tried = sample([mutant for mutant in every if (mutant in explained) == bool(os.environ.get("EQUIVALENTS"))])
    if os.environ.get("MATRIX"):
        thorough_programs = []
    work.judge = Judge(Workshop(*fast_shop, programs=fast_programs), Workshop(*thorough_shop, programs=thorough_programs))
    with multiprocessing.get_context("fork").Pool() as pool, open(MATRIX, "w", encoding="ascii") as matrix:
        verdicts = []
        for mutant, (verdict, noticing) in zip(tried, pool.imap(work, tried, chunksize=4)):
            verdicts.append((mutant, verdict, noticing))
            if os.environ.get("MATRIX"):
                print(f"{entry_of(mutant)}: {verdict}:", *map(name_of, noticing), file=matrix, flush=True)
            elif verdict == SURVIVED and not os.environ.get("EQUIVALENTS"):
                print(f"{mutant.path}:{mutant.line}\n{entry_of(mutant)}", flush=True)
        pool.close()
        pool.join()
    print(f"mutants: {len(tried)} tried in {time.monotonic() - began:.0f} s with {cpu_time():.0f} s of CPU time")
    if os.environ.get("MATRIX"):
        return report_matrix(verdicts, fast_programs)
    if os.environ.get("EQUIVALENTS"):
        return report_equivalents(verdicts)
    is_whole = not any(os.environ.get(name) for name in ("MUTANTS", "KINDS", "SAMPLE"))
    return report(verdicts, entries, len(explained), is_whole)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)

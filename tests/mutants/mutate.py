"""Do the tests notice a change of lib/? Changes one place at a time and runs the tests.

operators.py has what is changed. A fast compiler makes a shared library of each mutant, and the test programs, which
are built once, run with it until one fails or exceeds its time; those come first that have noticed the most changes of
the same file. A mutant that no quick program notices is compared with the original: one that an optimizing compiler
turns into the same object code is no mutant. What then survives the slow programs too is built and tried again with
sanitizers. A mutant that survives all is printed. It must be explained in equivalents.txt, or a test must be written.

    mutate.py DIRECTORY COMPILER FLAGS -- TEST_PROGRAM... -- DIRECTORY COMPILER FLAGS -- TEST_PROGRAM...

The first compiler is the fast one, the second the thorough one; each works in its directory. Environment:

    MUTANTS      a regular expression; only mutants whose PATH:LINE it matches are tried
    KINDS        a regular expression; only operators whose name it matches are used
    SAMPLE, SEED tries this many mutants, chosen at random
    EQUIVALENTS  tries those in equivalents.txt alone, none of which a test may notice
    MATRIX       runs each program with each mutant, and prints how many mutants it notices, and how many it alone notices
    CMOCKA       flags that link a program with cmocka
"""

import glob
import multiprocessing
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict

from operators import all_mutants, text_of

HERE = os.path.dirname(__file__)
EQUIVALENTS = os.path.join(HERE, "equivalents.txt")
QUICK = 0.1  # seconds
SAME_CODE_FLAGS = "-O2", "-fno-sanitize=all"
BROKEN, SAME, NOTICED, SURVIVED, EXPLAINED = "do not compile", "have the same object code", "noticed", "survived", "explained"


def octets_of(path):
    with open(path, "rb") as stream:
        return stream.read()


def name_of(program):
    return os.path.basename(program.split()[0])


def run(program, directory, cpu_seconds=None):
    """Returns whether a program passes with the library of a directory. A limit counts CPU time, so that a busy machine
    does not fail a program."""
    def limit():
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds or 0)
    environment = dict(os.environ, LD_LIBRARY_PATH=directory, CMOCKA_TEST_ABORT="1")  # stops at the first failure
    return subprocess.run(program.split(), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          preexec_fn=limit, check=False).returncode == 0


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Workshop:
    """Compiles mutants and runs programs with them."""

    def __init__(self, build, *command, programs):
        self.build, self.command, self.programs = build, command, programs
        self.objects, self.includes, self.seconds = {}, {}, {}
        self.noticed = defaultdict(Counter)  # {path: {program: number}}
        os.makedirs(build, exist_ok=True)
        for path in sorted(glob.glob("lib/*.c")):
            self.objects[path] = os.path.join(build, os.path.basename(path) + ".o")
            rule = self.objects[path] + ".d"
            subprocess.run([*command, "-MD", "-MF", rule, "-c", "-o", self.objects[path], path], check=True)
            self.includes[path] = set(re.findall(r"\blib/\w+\.h", text_of(rule)))
        self.link(build, self.objects.values())
        for program in programs:
            before = cpu_seconds()
            if not run(program, build):
                sys.exit(f"mutants: {program} fails without any mutant")
            self.seconds[program] = cpu_seconds() - before

    def execute(self, *arguments):
        return subprocess.run([*self.command, *arguments], stderr=subprocess.DEVNULL, check=False).returncode == 0

    def link(self, directory, objects):
        return self.execute("-shared", "-o", os.path.join(directory, "libmutant.so"), *objects)

    def compile(self, path, source, directory, *flags):
        """Returns the objects that depend on a file, by source, or None if one does not compile."""
        made = {}
        for other in glob.glob("lib/*.h") if path.endswith(".h") else ():  # found next to the file that includes them
            write(os.path.join(directory, os.path.basename(other)), source if other == path else text_of(other))
        for unit in self.objects:
            if path in self.includes[unit] | {unit}:
                copy = os.path.join(directory, os.path.basename(unit))
                made[unit] = f"{copy}.o"
                write(copy, source if unit == path else text_of(unit))
                if not self.execute(*flags, "-c", "-o", made[unit], copy):
                    return None
        return made

    def make(self, mutant, directory):
        made = self.compile(mutant.path, mutant.source(), directory)
        return made is not None and self.link(directory, (self.objects | made).values())

    def order(self, path):
        """Returns the programs, those first that notice most in a second; at first the file's own test."""
        own = "test_" + os.path.basename(path)[:-2]
        return sorted(self.programs, key=lambda program: -(self.noticed[path][program] + (own in program) + 0.1)
                      / (self.seconds[program] + 0.005))

    def rebuilt(self, program, mutant, directory):
        """Builds a unit test that includes the changed header."""
        rule = os.path.join(os.path.dirname(program), f"tests/unit/{name_of(program)}.d")
        if not mutant.path.endswith(".h") or not os.path.exists(rule) or mutant.path not in text_of(rule):
            return program
        own = os.path.join(directory, name_of(program))
        support = glob.glob(os.path.join(os.path.dirname(program), "tests/unit/support/*.o"))
        self.execute("-w", f"-I{directory}", "-o", own, f"tests/unit/{name_of(program)}.c", *support, f"-L{directory}",
                     "-lmutant", *os.environ["CMOCKA"].split())
        return own

    def notices(self, program, mutant, directory):
        noticed = not run(self.rebuilt(program, mutant, directory), directory, 0.25 + 4 * self.seconds[program])
        self.noticed[mutant.path][program] += noticed
        return noticed


def write(path, text):
    with open(path, "w", encoding="ascii") as stream:
        stream.write(text)


class Judge:
    def __init__(self, fast, thorough):
        self.fast, self.thorough = fast, thorough

    def is_same(self, mutant):
        codes = []
        for source in text_of(mutant.path), mutant.source():
            with tempfile.TemporaryDirectory(dir=self.thorough.build) as directory:
                made = self.thorough.compile(mutant.path, source, directory, *SAME_CODE_FLAGS)
                codes.append([octets_of(path) for path in made.values()] if made else None)
        return codes[0] == codes[1]

    def verdict(self, mutant):
        """Returns the verdict, and the programs that notice the mutant: the first one, or for the matrix all."""
        with tempfile.TemporaryDirectory(dir=self.fast.build) as directory:
            if not self.fast.make(mutant, directory):
                return BROKEN, []
            if os.environ.get("MATRIX"):
                noticing = [program for program in self.fast.programs if self.fast.notices(program, mutant, directory)]
                return NOTICED if noticing else SAME if self.is_same(mutant) else SURVIVED, noticing
            programs = self.fast.order(mutant.path)
            quick = [program for program in programs if self.fast.seconds[program] < QUICK]
            slow = [program for program in programs if program not in quick]
            if any(self.fast.notices(program, mutant, directory) for program in quick):
                return NOTICED, []
            if self.is_same(mutant):
                return SAME, []
            if any(self.fast.notices(program, mutant, directory) for program in slow):
                return NOTICED, []
        with tempfile.TemporaryDirectory(dir=self.thorough.build) as directory:
            if not self.thorough.make(mutant, directory):
                return BROKEN, []
            programs = self.thorough.order(mutant.path)
            return (NOTICED if any(self.thorough.notices(p, mutant, directory) for p in programs) else SURVIVED), []


# ---- the mutants that no test can notice ----

class Equivalent:
    """An entry of the list: in a file and function, or in any (*), an old text that becomes a new one."""

    def __init__(self, line):
        place, _, change = line.partition(": ")
        self.line, self.used = line, False
        self.path, _, self.function = place.partition(" ")
        self.old, _, self.new = change.partition(" => ")

    def explains(self, mutant):
        if self.path not in ("*", os.path.basename(mutant.path)) or self.function not in ("*", mutant.function):
            return False
        at = mutant.old.find(self.old)
        while at >= 0:
            if mutant.old[:at] + self.new + mutant.old[at + len(self.old):] == mutant.new:
                self.used = True
                return True
            at = mutant.old.find(self.old, at + 1)
        return False


def entry_of(mutant):
    """Returns the shortest entry that explains a mutant and, in its function, no other place."""
    old, new = mutant.old, mutant.new
    words = [m.start() for m in re.finditer(r"(?<!\S)\S", old)]
    same_start = len(os.path.commonprefix([old, new]))
    same_end = len(os.path.commonprefix([old[same_start:][::-1], new[same_start:][::-1]]))
    first = max([word for word in words if word <= same_start], default=0)
    last = min([word - 1 for word in words if word - 1 >= len(old) - same_end], default=len(old))
    source = text_of(mutant.path)
    item = max(source.rfind("\n\n", 0, mutant.start), 0)
    whole = " ".join(source[item:source.find("\n}", mutant.start)].split())
    while whole.count(old[first:last]) > 1 and (first > 0 or last < len(old)):
        if first > 0:
            first = max(word for word in words if word < first)
        else:
            last = min([word - 1 for word in words if word - 1 > last], default=len(old))
    return f"{os.path.basename(mutant.path)} {mutant.function}: {old[first:last]} => {new[first:len(new) - len(old) + last]}"


def read_equivalents():
    lines = text_of(EQUIVALENTS).split("\n\n", 1)[1].splitlines()
    return [Equivalent(line) for line in lines if line and not line.startswith("= ")]


# ---- reports ----

def report(verdicts, unused):
    count = Counter(verdict for _, verdict, _ in verdicts)
    for mutant, verdict, _ in verdicts:
        if verdict == SURVIVED:
            print(f"# {mutant.path}:{mutant.line}\n{entry_of(mutant)}")
    for entry in unused:
        print(f"equivalents.txt explains no mutant by: {entry.line}")
    print(f"mutants: {count[NOTICED]} noticed, {count[EXPLAINED]} explained as equivalent, {count[SURVIVED]} unexplained "
          f"({count[SAME]} more {SAME}, {count[BROKEN]} {BROKEN})")
    return count[SURVIVED] + len(unused)


def report_matrix(verdicts, programs):
    """Prints the table, those programs last that notice most alone."""
    notices, alone = Counter(), Counter()
    for mutant, verdict, noticing in verdicts:
        notices.update(noticing)
        if len(noticing) == 1:
            alone.update(noticing)
    print("notices   alone  program")
    for program in sorted(programs, key=lambda program: (alone[program], notices[program])):
        print(f"{notices[program]:7} {alone[program]:7}  {name_of(program)}")
    with open("build/mutants/matrix.txt", "w", encoding="ascii") as stream:
        for mutant, verdict, noticing in verdicts:
            print(f"{mutant.path}:{mutant.line}: {mutant.old} => {mutant.new}: {verdict}:", *map(name_of, noticing), file=stream)


def sample(mutants):
    if "SAMPLE" not in os.environ:
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
    every, equivalents = all_mutants(), read_equivalents()
    explained = [mutant for mutant in every if any([entry.explains(mutant) for entry in equivalents])]
    tried = sample(explained if os.environ.get("EQUIVALENTS") else [m for m in every if m not in set(explained)])
    judge = Judge(Workshop(*fast_shop, programs=fast_programs), Workshop(*thorough_shop, programs=thorough_programs))
    with multiprocessing.Pool(os.cpu_count()) as pool:
        verdicts = [(m, *v) for m, v in zip(tried, pool.imap(judge.verdict, tried, chunksize=4))]
        pool.close()
        pool.join()
    print(f"mutants: {len(tried)} tried in {time.monotonic() - began:.0f} s, {cpu_seconds():.0f} s of CPU time")
    if os.environ.get("MATRIX"):
        return report_matrix(verdicts, fast_programs)
    if os.environ.get("EQUIVALENTS"):
        for mutant, verdict, _ in verdicts:
            if verdict != SURVIVED:
                print(f"{verdict}: {entry_of(mutant)}")
        return any(verdict != SURVIVED for _, verdict, _ in verdicts)
    is_whole = not any(os.environ.get(name) for name in ("MUTANTS", "KINDS", "SAMPLE"))
    verdicts += [(mutant, EXPLAINED, []) for mutant in explained]
    return report(verdicts, [entry for entry in equivalents if is_whole and not entry.used])


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)

"""Are the tests any good? Changes lib/ in one place at a time and sees whether a test notices.

A mutant has one operator, constant, condition or statement changed. It is compiled and put into a shared library
with which the test programs, built once, are run until one fails or hangs; what survives them is tried with
sanitizers as well. What does not compile is not counted; nor is what compiles to the very same object code, which is
the same program. What survives is listed, and must stand in equivalents.txt with the reason why no test can tell it
from the original.

    mutate.py CC COMMON_FLAGS -- DIRECTORY FLAGS -- TEST_PROGRAM... -- DIRECTORY FLAGS -- TEST_PROGRAM...

The second directory is the one with sanitizers. Environment: MUTANTS, a regular expression of what to try, matched
with PATH:LINE.
"""

import concurrent.futures
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

HERE = os.path.dirname(__file__)
GOAL = 0.95
PATIENCE = 1.5, 10  # seconds, and times as long as without a mutant, before a test program counts as hanging

Mutant = namedtuple("Mutant", "path line old new source")  # line: its number; old, new: the line; source: all of it

TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/ | ^[ \t]*\#(?:[^\n\\]|\\.)*$ | "(?:[^"\\\n]|\\.)*")
  | (?P<char>'(?:[^'\\\n]|\\.)*')
  | (?P<number>\b(?:0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*\b)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<operator>\+\+|--|->|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:.,;(){}\[\]])
""", re.VERBOSE | re.MULTILINE | re.DOTALL)

OPERATORS = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "!": [""], "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
    "&": ["|"], "|": ["&"], "^": ["|"], "<<": [">>"], ">>": ["<<"], "~": [""],
    "++": ["--"], "--": ["++"], "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="],
}
# A statement on lines of its own that calls, assigns or jumps; declarations have a type before the name.
STATEMENT = re.compile(r"^[ \t]+(?!return\b|else\b|case\b|default\b)(?:\*?[\w.>\[\]-]+ ?(?:[-+*/|&^]|<<|>>)?= ?"
                       r"|\w[\w.>\[\]-]*\(|break;|continue;|goto |[\w.>-]+(?:\+\+|--);)[^;{}]*;$|^[ \t]+break;$", re.MULTILINE)
CONDITION = re.compile(r"\b(if|while) \(")
RETURN = re.compile(r"^[ \t]+return ([^;]+);$", re.MULTILINE)


def code_tokens(source):
    return [m for m in TOKEN.finditer(source) if m.lastgroup != "skip"]


def number_changes(text):
    digits, suffix = re.fullmatch(r"(\w+?)([uUlL]*)", text).groups()
    value = int(digits, 0) if not re.fullmatch("0[0-7]+", digits) else int(digits, 8)
    return [f"{value + 1}{suffix}"] + ([f"{value - 1}{suffix}"] if value else [])


def token_changes(source):
    for token in code_tokens(source):
        if token.lastgroup == "number":
            replacements = number_changes(token.group())
        elif token.lastgroup == "operator":
            replacements = OPERATORS.get(token.group(), [])
        elif token.lastgroup == "char" and len(token.group()) == 3 and token.group() != "' '":
            replacements = ["'" + chr(ord(token.group()[1]) ^ 1) + "'"]
        else:
            replacements = []
        for replacement in replacements:
            yield token.start(), token.end(), replacement


def condition_changes(source):
    for match in CONDITION.finditer(source):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(source[end], 0)
            end += 1
        inside = source[match.end():end - 1]
        yield match.end(), end - 1, f"!({inside})"
        yield match.end(), end - 1, "0"
        if match.group(1) == "if":
            yield match.end(), end - 1, "1"


def statement_changes(source):
    for match in STATEMENT.finditer(source):
        indent = len(match.group()) - len(match.group().lstrip())
        yield match.start() + indent, match.end(), ";"


def return_changes(source):
    for match in RETURN.finditer(source):
        yield match.start(1), match.end(1), "0"


def mutants_of(path):
    with open(path, encoding="ascii") as stream:
        source = stream.read()
    skipped = [m.span() for m in TOKEN.finditer(source) if m.lastgroup == "skip"]
    seen = set()
    for changes in (token_changes, condition_changes, statement_changes, return_changes):
        for start, end, replacement in changes(source):
            if any(a <= start < b for a, b in skipped):
                continue
            mutated = source[:start] + replacement + source[end:]
            if mutated in seen or mutated == source:
                continue
            seen.add(mutated)
            first = source.rfind("\n", 0, start) + 1
            last = source.find("\n", end)
            line = source.count("\n", 0, start) + 1
            old = " ".join(source[first:last].split())
            new = " ".join((source[first:start] + replacement + source[end:last]).split())
            yield Mutant(path, line, old, new, mutated)


class Workshop:
    """Compiles and tries mutants."""

    def __init__(self, build, compiler, flags, programs):
        self.build, self.compiler, self.flags, self.programs = build, compiler, flags, programs
        self.paths = sorted(f"lib/{name}" for name in os.listdir("lib") if name.endswith(".c"))
        self.objects, self.originals, self.seconds = {}, {}, {}
        for path in self.paths:
            self.objects[path] = os.path.join(build, os.path.basename(path) + ".o")
            with open(path, encoding="ascii") as stream:
                if not self.compile(stream.read(), self.objects[path]):
                    sys.exit(f"mutants: {path} does not compile")
            self.originals[path] = self.read(self.objects[path])

    @staticmethod
    def read(path):
        with open(path, "rb") as stream:
            return stream.read()

    def compile(self, source, output):
        command = [self.compiler, *self.flags, "-x", "c", "-c", "-", "-o", output]
        return subprocess.run(command, input=source.encode(), stderr=subprocess.DEVNULL, check=False).returncode == 0

    def link(self, directory, replaced, replacement):
        objects = [replacement if path == replaced else self.objects[path] for path in self.paths]
        command = [self.compiler, *self.flags, "-shared", "-o", os.path.join(directory, "libmutant.so"), *objects]
        subprocess.run(command, check=True)

    def order(self, path):
        """The test programs that are named after this file come first, else the fastest."""
        stem = os.path.basename(path)[:-2]
        return sorted(self.seconds, key=lambda program: (stem not in program, self.seconds[program]))

    @staticmethod
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def run(self, program, directory, timeout):
        return subprocess.run(program.split(), env=dict(os.environ, LD_LIBRARY_PATH=directory), timeout=timeout,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=self.limit,
                              check=False).returncode == 0

    def passes(self, program, directory):
        try:
            return self.run(program, directory, max(PATIENCE[0], PATIENCE[1] * self.seconds[program]))
        except subprocess.TimeoutExpired:
            return False

    def measure(self):
        """How long each program takes without any mutant, which it must survive."""
        self.link(self.build, None, None)
        for program in self.programs:
            before = time.monotonic()
            if not self.run(program, self.build, None):
                sys.exit(f"mutants: {program} fails without any mutant")
            self.seconds[program] = time.monotonic() - before

    def killer(self, path, directory):
        """The test program that fails, or None."""
        return next((p for p in self.order(path) if not self.passes(p, directory)), None)

    def try_mutant(self, mutant):
        """broken, same, killed or survived."""
        with tempfile.TemporaryDirectory(dir=self.build) as directory:
            output = os.path.join(directory, "mutant.o")
            if not self.compile(mutant.source, output):
                return "broken"
            if self.read(output) == self.originals[mutant.path]:
                return "same"
            self.link(directory, mutant.path, output)
            return "killed" if self.killer(mutant.path, directory) else "survived"


def read_equivalents():
    """{(path, old, new): reason}"""
    known, entry = {}, []
    with open(os.path.join(HERE, "equivalents.txt"), encoding="ascii") as stream:
        for line in stream:
            mark, text = line[:1], line[2:].strip()
            if mark == "@":
                entry = [text]
            elif mark in "-+":
                entry.append(text)
            elif mark == "=":
                known[tuple(entry)] = text
    return known


def report(verdicts, known):
    count = {kind: sum(v == kind for _, v in verdicts) for kind in ("broken", "same", "killed", "survived")}
    survivors = [m for m, verdict in verdicts if verdict == "survived"]
    explained = [m for m in survivors if (m.path, m.old, m.new) in known]
    for m in survivors:
        if m not in explained:
            print(f"# line {m.line}\n@ {m.path}\n- {m.old}\n+ {m.new}\n= ")
    killed = {(m.path, m.old, m.new) for m, verdict in verdicts if verdict == "killed"}
    for key in known:
        if key in killed:
            print(f"explained as equivalent, but killed: {key}")
    compiled = count["killed"] + count["survived"]
    share = count["killed"] / compiled if compiled else 0
    print(f"mutants: {count['killed']} of {compiled} killed ({100 * share:.1f} %), {len(explained)} of the "
          f"{len(survivors)} survivors explained as equivalent ({count['same']} more have the same object code, "
          f"{count['broken']} do not compile)")
    return 0 if share >= GOAL and len(explained) == len(survivors) else 1


def split(arguments):
    parts = [[]]
    for argument in arguments:
        if argument == "--":
            parts.append([])
        else:
            parts[-1].append(argument)
    return parts


def open_shop(compiler, common, directory, *flags, programs):
    shop = Workshop(directory, compiler, [*common, *flags], programs)
    shop.measure()
    return shop


def main(arguments):
    (compiler, *common), plain, plain_programs, strict, strict_programs = split(arguments)
    fast = open_shop(compiler, common, *plain, programs=plain_programs)
    thorough = open_shop(compiler, common, *strict, programs=strict_programs)

    def verdict(mutant):
        result = fast.try_mutant(mutant)
        return thorough.try_mutant(mutant) if result == "survived" else result

    wanted = re.compile(os.environ.get("MUTANTS", ""))
    mutants = [m for path in fast.paths for m in mutants_of(path) if wanted.search(f"{m.path}:{m.line}")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        verdicts = list(zip(mutants, pool.map(verdict, mutants)))
    return report(verdicts, read_equivalents())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

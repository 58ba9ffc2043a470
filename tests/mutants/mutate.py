"""Do the tests notice a change of lib/? Changes one place at a time and runs the tests.

A mutant has one operator, constant, enumerator, condition, row of a table or statement changed, or two neighboring
arguments, rows or statements swapped, in a .c file or in an inline function of a header.
A fast compiler makes a shared library of it. The test programs, which are built once from the unchanged source (except
for the test of a changed header), run with that library until one fails or hangs; only those run that enter a changed
file. A mutant that survives is tried again with an optimizing compiler and sanitizers. Mutants that do not compile, or
that the optimizing compiler turns into the same object code, do not count. Each mutant that survives is listed, and
must stand in equivalents.txt with the reason why no test can tell it from the original.

    mutate.py DIRECTORY COMPILER FLAGS -- TEST_PROGRAM... -- DIRECTORY COMPILER FLAGS -- TEST_PROGRAM...

The first compiler is the fast one, the second the thorough one; each works in its directory. Environment: MUTANTS is a
regular expression that selects mutants by PATH:LINE, and KINDS one that selects the functions here that change the
source; EQUIVALENTS=1 tries those in equivalents.txt too, none of which a test should kill; CMOCKA has the flags that
link a program with cmocka.
"""

import concurrent.futures
import glob
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections import namedtuple

WITHOUT_SANITIZERS = "-fno-sanitize=all"
HERE = os.path.dirname(__file__)
GOAL = 0.95
PATIENCE = 0.75, 4  # a test program hangs after this many seconds, and this many times its usual time

Mutant = namedtuple("Mutant", "path line old new source")  # line: the number; old, new: the text of the line; source: the whole file

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
# A statement on its own lines that calls, assigns or jumps; a declaration has a type before the name.
STATEMENT = re.compile(r"^[ \t]+(?!return\b|else\b|case\b|default\b)(?:\*?[\w.>\[\]-]+ ?(?:[-+*/|&^]|<<|>>)?= ?"
                       r"|\w[\w.>\[\]-]*\(|break;|continue;|goto |[\w.>-]+(?:\+\+|--);)[^;{}]*;$|^[ \t]+break;$", re.MULTILINE)
# A whole function of a header.
INLINE = re.compile(r"^static inline [^;{]*\{.*?^\}", re.MULTILINE | re.DOTALL)
# Functions that return the same for swapped arguments, or, the comparisons of the library, with the same sign of equality.
SYMMETRIC = {"slo_add", "slo_multiply", "slo_min", "slo_max", "meld", "slo_token_same", "memcmp", "strncmp", "strcmp"}
ASSIGNMENT = re.compile(r"^\s*(\*?\w[\w.>\[\]-]*) [+*/|&-]?= ([^()]*);$")
# A call inside a function, on a line that is indented.
CALL = re.compile(r"(?<=[ \t(!*&|-])(?!if\b|while\b|for\b|switch\b|sizeof\b|return\b)[a-z_][\w.>-]*\(")
DESIGNATED_ROW = re.compile(r"^[ \t]+\[\w+\]\s*= *(.*?),?(?:[ \t]*/\*.*)?\n", re.MULTILINE)
ROW = re.compile(r"^[ \t]+\{[^{}\n]*\},\n", re.MULTILINE)
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


def arguments_of(source, start):
    """Returns the spans of the arguments of a call whose opening parenthesis ends at start."""
    spans, depth, begin = [], 1, start
    for token in TOKEN.finditer(source, start):
        text = token.group()
        if text in {"(", "[", "{"}:
            depth += 1
        elif text in {")", "]", "}"}:
            depth -= 1
        if depth == 0 or (depth == 1 and text == ","):
            spans.append((begin, token.start()))
            begin = token.end()
        if depth == 0:
            return spans
    return []


def argument_changes(source):
    """Swaps neighboring arguments of a call."""
    for call in CALL.finditer(source):
        if not source[source.rfind("\n", 0, call.start()) + 1].isspace():
            continue  # the declaration of a function
        if call.group().rstrip("(") in SYMMETRIC:
            continue
        spans = arguments_of(source, call.end())
        for (a, b), (c, d) in zip(spans, spans[1:]):
            one, other = source[a:b].strip(), source[c:d].strip()
            if one != other:
                yield a, d, f"{other}, {one}"


def enumerators():
    """Returns the neighbor of each enumerator of lib/ and of the public headers."""
    neighbors = {}
    for path in glob.glob("lib/*.[ch]") + glob.glob("include/slogout/*.h"):
        source = re.sub(r"/\*.*?\*/", "", text_of(path), flags=re.DOTALL)
        for body in re.findall(r"\benum\b[^;{()]*\{([^}]*)\}", source):
            names = re.findall(r"([A-Z]\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip())
            neighbors.update(zip(names, names[1:] + names[:1]))
    return neighbors


def enumerator_changes(source):
    neighbors = enumerators()
    definitions = [m.span() for m in re.finditer(r"\benum\b[^;{()]*\{[^}]*\}", source)]
    for token in code_tokens(source):
        if token.group() in neighbors and not any(a <= token.start() < b for a, b in definitions):
            yield token.start(), token.end(), neighbors[token.group()]


def row_changes(source):
    """Swaps the values of neighboring rows of a table with designators, and deletes each row of one without."""
    rows = list(DESIGNATED_ROW.finditer(source))
    for one, other in zip(rows, rows[1:]):
        if one.end() == other.start() and one.group(1) != other.group(1):
            between = source[one.end(1):other.start(1)]
            yield one.start(1), other.end(1), other.group(1) + between + one.group(1)
    for row in ROW.finditer(source):
        yield row.start(), row.end(), ""


def may_depend(one, other):
    """Returns whether the order of two statements can matter: not that of assignments of which neither reads what the
    other writes."""
    first, second = ASSIGNMENT.match(one), ASSIGNMENT.match(other)
    if not first or not second:
        return True
    return first.group(1) in second.group(2) + second.group(1) or second.group(1) in first.group(2)


def order_changes(source):
    """Swaps neighboring statements. Many that survive do not depend on each other, so every fourth is tried."""
    statements = list(STATEMENT.finditer(source))
    for one, other in zip(statements, statements[1:]):
        both = one.group(), other.group()
        if one.end() + 1 == other.start() and "case " not in "".join(both) and "break;" not in "".join(both) \
                and may_depend(*both) and zlib.crc32("".join(both).encode()) % 4 == 0:
            yield one.start(), other.end(), f"{both[1]}\n{both[0]}"


def skipped_in(path, source):
    """Returns the spans that are not mutated: comments, strings, directives and, in a header, all but the functions,
    because the test programs were built with its types and constants."""
    skipped = [m.span() for m in TOKEN.finditer(source) if m.lastgroup == "skip"]
    if path.endswith(".h"):
        functions = [m.span() for m in INLINE.finditer(source)]
        starts, ends = [0] + [end for _, end in functions], [start for start, _ in functions] + [len(source)]
        skipped += zip(starts, ends)
    return skipped


def mutants_of(path):
    source = text_of(path)
    skipped = skipped_in(path, source)
    seen = set()
    for changes in KINDS:
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


KINDS = [kind for kind in (token_changes, condition_changes, statement_changes, return_changes, argument_changes,
                           enumerator_changes, row_changes, order_changes)
         if re.search(os.environ.get("KINDS", ""), kind.__name__)]


def in_lib(extension):
    return sorted(f"lib/{name}" for name in os.listdir("lib") if name.endswith(extension))


def sources():
    return in_lib(".c")


def text_of(path):
    with open(path, encoding="ascii") as stream:
        return stream.read()


def octets_of(path):
    with open(path, "rb") as stream:
        return stream.read()


def name_of(program):
    return os.path.basename(program.split()[0])


def run(program, directory, timeout=None, **environment):
    """Returns whether a program passes with the library in this directory. cmocka stops at the first failure."""
    environment = dict(os.environ, LD_LIBRARY_PATH=directory, CMOCKA_TEST_ABORT="1", **environment)
    return subprocess.run(program.split(), env=environment, timeout=timeout, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


class Workshop:
    """Compiles and tries mutants."""

    def __init__(self, build, compiler, *flags, programs):
        self.build, self.compiler, self.flags, self.programs = build, compiler, flags, programs
        self.objects, self.includes, self.seconds = {}, {}, {}
        os.makedirs(build, exist_ok=True)
        for path in sources():
            self.objects[path] = os.path.join(build, os.path.basename(path) + ".o")
            rule = self.objects[path] + ".d"
            if not self.compile(text_of(path), self.objects[path], "-MD", "-MF", rule):
                sys.exit(f"mutants: {compiler} does not compile {path}")
            self.includes[path] = set(re.findall(r"\blib/\w+\.h", text_of(rule)))
        self.measure()

    def compile(self, source, output, *more_flags):
        with open(f"{output}.c", "w", encoding="ascii") as stream:
            stream.write(source)
        command = [self.compiler, *self.flags, *more_flags, "-c", "-o", output, f"{output}.c"]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def link(self, directory, objects, *more_flags):
        output = os.path.join(directory, "libmutant.so")
        subprocess.run([self.compiler, *self.flags, *more_flags, "-shared", "-o", output, *objects], check=True)

    def measure(self):
        """Measures how long each program takes without a mutant, and that it passes."""
        self.link(self.build, self.objects.values())
        for program in self.programs:
            before = time.monotonic()
            if not run(program, self.build):
                sys.exit(f"mutants: {program} fails without any mutant")
            self.seconds[name_of(program)] = time.monotonic() - before
        for path in in_lib(".h"):
            if INLINE.search(text_of(path)) and not run(self.own_test(path, self.build), self.build):
                sys.exit(f"mutants: the test of {path} fails without any mutant")

    def changed_by(self, mutant):
        """Returns the sources whose objects change."""
        return [path for path in sources() if mutant.path in self.includes[path] | {path}]

    def make(self, mutant, directory, *more_flags):
        """Returns the objects that change, by source, or None if one does not compile."""
        made = {}
        if mutant.path.endswith(".h"):
            for path in in_lib(".h"):  # the compiler finds them next to the file that includes them
                with open(os.path.join(directory, os.path.basename(path)), "w", encoding="ascii") as stream:
                    stream.write(mutant.source if path == mutant.path else text_of(path))
        for path in self.changed_by(mutant):
            made[path] = os.path.join(directory, os.path.basename(path) + ".o")
            if not self.compile(mutant.source if path == mutant.path else text_of(path), made[path], *more_flags):
                return None
        return made

    def order(self, mutant, entered):
        """Returns the programs that enter a changed file, fastest first; the file's own test counts as ten times faster."""
        stem, paths = os.path.basename(mutant.path)[:-2], set(self.changed_by(mutant))
        return sorted((program for program in self.programs if paths & entered[name_of(program)]),
                      key=lambda program: self.seconds[name_of(program)] / (10 if stem in program else 1))

    def own_test(self, header, directory):
        """Builds the test of a header's functions, which contains them."""
        program = os.path.join(directory, "test_" + os.path.basename(header)[:-2])
        support = glob.glob(os.path.join(os.path.dirname(self.programs[0]), "tests/unit/support/*.o"))
        subprocess.run([self.compiler, "-w", f"-I{directory}", *self.flags, "-o", program,
                        f"tests/unit/{os.path.basename(program)}.c", *support, f"-L{directory}", "-lmutant",
                        *os.environ["CMOCKA"].split()], check=True)
        return program

    def tests(self, mutant, directory, entered):
        if mutant.path.endswith(".h"):
            yield self.own_test(mutant.path, directory)
        yield from self.order(mutant, entered)

    def passes(self, program, directory):
        try:
            return run(program, directory, max(PATIENCE[0], PATIENCE[1] * self.seconds[name_of(program)]))
        except subprocess.TimeoutExpired:
            return False

    def try_mutant(self, mutant, entered):
        """Returns broken, killed or survived."""
        with tempfile.TemporaryDirectory(dir=self.build) as directory:
            made = self.make(mutant, directory)
            if made is None:
                return "broken"
            self.link(directory, (self.objects | made).values())
            alive = all(self.passes(program, directory) for program in self.tests(mutant, directory, entered))
            return "survived" if alive else "killed"


def is_same(shop, mutant):
    """Returns whether the mutant has the same object code. One that does not compile has none."""
    codes = []
    for source in text_of(mutant.path), mutant.source:
        with tempfile.TemporaryDirectory(dir=shop.build) as directory:
            made = shop.make(mutant._replace(source=source), directory, WITHOUT_SANITIZERS)
            codes.append([octets_of(path) for path in made.values()] if made else None)
    return codes[0] == codes[1]


# Each object calls an entry function of its own name; the exit function is shared.
TRACERS = """
#include <stdio.h>
#include <stdlib.h>
static void append(const char *path) {
  FILE *log = fopen(getenv("ENTERED"), "a");
  fprintf(log, "%%s\\n", path);
  fclose(log);
}
#define TRACER(n, path)                          \\
  void enter_##n(void *function, void *caller);  \\
  void enter_##n(void *function, void *caller) { \\
    static int known;                            \\
    (void)function, (void)caller;                \\
    if (!known) append(path);                    \\
    known = 1;                                   \\
  }
void __cyg_profile_func_exit(void *function, void *caller);
void __cyg_profile_func_exit(void *function, void *caller) { (void)function, (void)caller; }
%s
"""


def trace(shop, programs):
    """Returns which files of lib/ each program enters: each function calls the tracer of its file."""
    entered = {}
    with tempfile.TemporaryDirectory(dir=shop.build) as directory:
        log, tracers = os.path.join(directory, "entered"), os.path.join(directory, "tracers.o")
        shop.compile(TRACERS % "".join(f'TRACER({i}, "{path}")\n' for i, path in enumerate(sources())), tracers,
                     WITHOUT_SANITIZERS)
        objects = [tracers]
        for i, path in enumerate(sources()):
            objects.append(os.path.join(directory, f"{i}.o"))
            shop.compile(text_of(path), objects[-1], WITHOUT_SANITIZERS, "-finstrument-functions")
            subprocess.run(["objcopy", f"--redefine-sym=__cyg_profile_func_enter=enter_{i}", objects[-1]], check=True)
        shop.link(directory, objects, WITHOUT_SANITIZERS)
        for program in programs:
            with open(log, "w", encoding="ascii"):
                run(program, directory, ENTERED=log)
            entered[name_of(program)] = set(text_of(log).split())
    return entered


def read_equivalents():
    """{(path, old, new): reason}"""
    known, entry = {}, []
    for line in text_of(os.path.join(HERE, "equivalents.txt")).splitlines():
        mark, text = line[:1], line[2:].strip()
        if mark == "@":
            entry = [text]
        elif mark and mark in "-+":
            entry.append(text)
        elif mark == "=":
            known[tuple(entry)] = text
    return known


class Judge:
    def __init__(self, fast, thorough, programs):
        self.fast, self.thorough = fast, thorough
        self.entered = trace(thorough, programs)
        self.equivalents = {} if os.environ.get("EQUIVALENTS") else read_equivalents()

    def verdict(self, mutant):
        """Returns broken, same, equivalent, killed or survived."""
        if (mutant.path, mutant.old, mutant.new) in self.equivalents:
            return "equivalent"
        result = self.fast.try_mutant(mutant, self.entered)
        if result != "survived":
            return result
        return "same" if is_same(self.thorough, mutant) else self.thorough.try_mutant(mutant, self.entered)


def report(verdicts):
    count = {kind: sum(v == kind for _, v in verdicts)
             for kind in ("broken", "same", "killed", "survived", "equivalent")}
    for m, verdict in verdicts:
        if verdict == "survived":
            print(f"# line {m.line}\n@ {m.path}\n- {m.old}\n+ {m.new}\n= ")
    compiled = count["killed"] + count["survived"] + count["equivalent"]
    share = count["killed"] / compiled if compiled else 0
    print(f"mutants: {count['killed']} of {compiled} killed ({100 * share:.1f} %), {count['equivalent']} explained as "
          f"equivalent, {count['survived']} survived ({count['same']} more have the same object code, "
          f"{count['broken']} do not compile)")
    return 0 if share >= GOAL and not count["survived"] else 1


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
    fast_shop, fast_programs, thorough_shop, thorough_programs = split(arguments)
    wanted = re.compile(os.environ.get("MUTANTS", ""))
    mutants = [m for path in sources() + in_lib(".h") for m in mutants_of(path) if wanted.search(f"{m.path}:{m.line}")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        fast = pool.submit(Workshop, *fast_shop, programs=fast_programs)
        thorough = pool.submit(Workshop, *thorough_shop, programs=thorough_programs)
        judge = Judge(fast.result(), thorough.result(), fast_programs)
        return report(list(zip(mutants, pool.map(judge.verdict, mutants))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

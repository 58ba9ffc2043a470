# SPDX-License-Identifier: BSD-2-Clause
"""Yields the mutants of a source file, each of which changes one place."""

import glob
import os
import re
import zlib
from collections import namedtuple

TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/ | ^[ \t]*\#(?:[^\n\\]|\\.)*$)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
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
# An int holds a truth value or an error, which fits into an octet, so an int is narrowed only in a conversion.
NARROWER = {
    "uint64_t": ["uint32_t", "uint8_t"], "uint32_t": ["uint16_t"], "uint16_t": ["uint8_t"],
    "size_t": ["unsigned char"], "unsigned": ["unsigned char"], "(int)": ["(signed char)"],
}
# Functions that return the same result for swapped arguments, or, if they compare, the same truth of equality.
SYMMETRIC = {"slo_add", "slo_multiply", "slo_min", "slo_max", "slo_token_same", "memcmp", "strncmp", "strcmp"}
# Statements that have another effect if they run twice: counters, sums, calls of the host, lists, the depth of calls.
COUNTED = re.compile(r"\+\+|--|[-+*/]=|->\w+\(|_(?:append|enter|leave|next)\(")

# Something that begins in the first column: a function, a table, a type or a variable.
ITEM = re.compile(r"^(?!typedef\b)[A-Za-z_][^(=\[{;\n]*?(\w+)\s*[\[({=;]", re.MULTILINE)
FUNCTION = re.compile(r"^(?P<type>[A-Za-z_][\w \t*]*?)(?P<name>\w+)\((?P<parameters>[^;{]*)\)\n\{(?P<body>.*?)^\}",
                      re.MULTILINE | re.DOTALL)
STRUCT = re.compile(r"^(?:struct|union) \w+ \{.*?^\}", re.MULTILINE | re.DOTALL)
DECLARATION = re.compile(r"\(void\)\w+;|(?:const|static|struct|enum|union|unsigned|signed)\b|\w+\s+\**\w")
ASSIGNMENT = re.compile(r"(\*?\w[\w.>\[\]-]*) (\S*)= (.*);", re.DOTALL)
# A call inside a function, on a line that is indented.
CALL = re.compile(r"(?<=[ \t(!*&|-])(?!if\b|while\b|for\b|switch\b|sizeof\b|return\b)[a-z_][\w.>-]*\(")
DESIGNATED_ROW = re.compile(r"^[ \t]+\[\w+\]\s*= *(.*?),?(?:[ \t]*/\*.*)?\n", re.MULTILINE)
ROW = re.compile(r"^[ \t]+\{[^{}\n]*\},\n", re.MULTILINE)
ENUM = re.compile(r"\benum\b[^;{()]*\{([^}]*)\}")


def spans(matches):
    return [match.span() for match in matches]


def holds(places, position):
    return any(start <= position < end for start, end in places)


def code_tokens(source, start=0):
    return [m for m in TOKEN.finditer(source, start) if m.lastgroup != "skip"]


def closing(source, start):
    """Returns the position of the closing parenthesis and of the commas before it. `start` is after the opening
    parenthesis."""
    depth, commas = 1, []
    for token in code_tokens(source, start):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.group(), 0)
        if depth == 0:
            return token.start(), commas
        if depth == 1 and token.group() == ",":
            commas.append(token.start())
    return len(source), []


def statements(source):
    """Yields the function and the span of each statement that is not a block. For if, while, for and switch, the span
    is that of the head."""
    for function in FUNCTION.finditer(source):
        start, depth, is_case = None, 0, False
        for token in code_tokens(source, function.start("body")):
            text = token.group()
            if token.start() >= function.end("body"):
                break
            if start is None:
                is_case = text in {"case", "default"}
                if text in {"{", "}", "else", "do"}:
                    continue
                start, is_head = token.start(), text in {"if", "while", "for", "switch"}
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text, 0)
            if depth == 0 and is_case and text == ":":
                start = None
            elif depth == 0 and text == (")" if is_head else ";"):
                yield function, start, token.end()
                start = None


def actions(source):
    """Returns the statements that call, assign or jump."""
    return [(function, start, end) for function, start, end in statements(source)
            if not re.match(r"(?:if|while|for|switch|return)\b", source[start:end])
            and not DECLARATION.match(source[start:end])]


# ---- operators: each yields (start, end, replacement) ----

def changed_number(source, token):
    digits, suffix = re.fullmatch(r"(\w+?)([uUlL]*)", token.group()).groups()
    value = int(digits, 0) if not re.fullmatch("0[0-7]+", digits) else int(digits, 8)
    # A value of 1 is mostly a truth value, and every number except 0 is true.
    says_yes = value == 1 and re.search(r"(?:[^=!<>]=|\breturn|\?|[^?]:) *$", source[:token.start()][-20:])
    return [f"{n}{suffix}" for n in (value + 1, value - 1) if n >= 0 and not (says_yes and n == 2)]


def changed_token(source):
    for token in code_tokens(source):
        if token.lastgroup == "number":
            replacements = changed_number(source, token)
        elif token.lastgroup == "operator":
            is_unary = token.group() in {"*", "&"} and source[token.end()] not in " \n"
            replacements = [] if is_unary else OPERATORS.get(token.group(), [])
        elif token.lastgroup == "char" and len(token.group()) == 3 and token.group() != "' '":
            replacements = ["'" + chr(ord(token.group()[1]) ^ 1) + "'"]
        else:
            replacements = []
        for replacement in replacements:
            yield token.start(), token.end(), replacement


def changed_text(source):
    """Changes the first, the middle and the last character of a string."""
    for token in code_tokens(source):
        if token.lastgroup == "string":
            characters = list(re.finditer(r"\\?.", token.group()[1:-1]))
            for i in {0, len(characters) // 2, len(characters) - 1} if characters else ():
                start, end = (token.start() + 1 + n for n in characters[i].span())
                yield start, end, chr(ord(source[start]) ^ 1) if source[start].isalnum() else "x"


def changed_enumerator(source):
    """Changes an enumerator of lib/ or of a public header into the next one."""
    neighbors = {}
    for path in glob.glob("lib/*.[ch]") + glob.glob("include/slogout/*.h"):
        for body in ENUM.findall(re.sub(r"/\*.*?\*/", "", text_of(path), flags=re.DOTALL)):
            names = re.findall(r"([A-Z]\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip())
            neighbors.update(zip(names, names[1:] + names[:1]))
    definitions = [m.span() for m in ENUM.finditer(source)]
    for token in code_tokens(source):
        if token.group() in neighbors and not any(a <= token.start() < b for a, b in definitions):
            yield token.start(), token.end(), neighbors[token.group()]


def fixed_condition(source):
    for match in re.finditer(r"\b(if|while) \(", source):
        end, _ = closing(source, match.end())
        yield match.end(), end, "0"
        if match.group(1) == "if":
            yield match.end(), end, "1"


def fixed_result(source):
    for match in re.finditer(r"^[ \t]+return ([^;]+);$", source, re.MULTILINE):
        yield match.start(1), match.end(1), "0"


def narrowed_type(source):
    """Narrows a variable, a member, a cast, or the result of a static function. A parameter is narrowed at the start of
    its function."""
    functions = list(FUNCTION.finditer(source))
    for match in re.finditer(r"\b(?:u\w+|size_t)\b(?! *\*| char\b| long\b| [\w ]+ : \d)|\(int\)", source):
        line = source[source.rfind("\n", 0, match.start()) + 1:match.start()]
        is_parameter = any(f.start("parameters") <= match.start() < f.end("parameters") for f in functions)
        if not is_parameter and re.match(r"[ \t]|static [^(]*$", line):
            for narrower in NARROWER.get(match.group(), ()):
                yield match.start(), match.end(), narrower
    for function in functions:
        for kind, name in re.findall(r"(?:^|, )(\w+) (\w+)(?=,|$)", " ".join(function["parameters"].split())):
            for narrower in NARROWER.get(kind, ()):
                yield function.start("body"), function.start("body"), f" {name} = ({narrower}){name};"


def dropped_statement(source):
    for _, start, end in actions(source):
        yield start, end, ";"


def repeated_statement(source):
    """Repeats a statement. If other statements are repeated, nearly all mutants are equivalent."""
    for _, start, end in actions(source):
        text = source[start:end]
        if COUNTED.search(text):
            yield start, end, f"{{ {text} {text} }}"


def early_return(source):
    """Returns before a statement, unless the function returns directly after it anyway."""
    for function, start, end in statements(source):
        text = source[start:end]
        is_head = re.match(r"(?:if|while|for|switch)\b", text)
        if re.match(r"return\b", text) or DECLARATION.match(text) \
                or re.match(r"\s*(?:\}\Z|return 0;)", source[end:function.end()]) \
                or is_head and source[:start].rstrip()[-1] not in ";{}/":
            continue
        value = "" if function["type"].split()[-1:] == ["void"] else " 0"
        yield start, start if is_head else end, f"return{value}; " if is_head else f"return{value};"


def swapped_arguments(source):
    """Swaps neighboring arguments of a call."""
    bodies = [function.span("body") for function in FUNCTION.finditer(source)]
    for call in CALL.finditer(source):
        if call.group()[:-1] in SYMMETRIC or not holds(bodies, call.start()):
            continue
        end, commas = closing(source, call.end())
        edges = [call.end() - 1, *commas, end]
        for a, b, c in zip(edges, edges[1:], edges[2:]):
            one, other = source[a + 1:b].strip(), source[b + 1:c].strip()
            if one != other:
                yield a + 1, c, f"{other}, {one}"


def changed_rows(source):
    """Swaps the values of neighboring rows of a table with designators. Deletes each row of a table without
    designators."""
    rows = list(DESIGNATED_ROW.finditer(source))
    for one, other in zip(rows, rows[1:]):
        if one.end() == other.start() and one.group(1) != other.group(1):
            between = source[one.end(1):other.start(1)]
            yield one.start(1), other.end(1), other.group(1) + between + one.group(1)
    for row in ROW.finditer(source):
        yield row.start(), row.end(), ""


def are_independent(one, other):
    """Returns whether both statements are assignments that do not read or write the variable that the other assigns."""
    first, second = ASSIGNMENT.fullmatch(one), ASSIGNMENT.fullmatch(other)
    return first and second and "(" not in one + other and first[1] not in second[3] + second[1] and second[1] not in first[3]


def swapped_statements(source):
    """Swaps neighboring statements. Many statements do not depend on each other, so only every fourth pair is tried."""
    every = actions(source)
    for (_, a, b), (_, c, d) in zip(every, every[1:]):
        one, other = source[a:b], source[c:d]
        if not source[b:c].strip() and "break;" not in {one, other} and not are_independent(one, other) \
                and zlib.crc32((one + other).encode()) % 4 == 0:
            yield a, d, f"{other} {one}"


KINDS = [changed_token, changed_text, changed_enumerator, fixed_condition, fixed_result, narrowed_type, dropped_statement,
         repeated_statement, early_return, swapped_arguments, changed_rows, swapped_statements]


# ---- mutants ----

def text_of(path):
    with open(path, encoding="ascii") as stream:
        return stream.read()


class Mutant(namedtuple("Mutant", "path line function old new start end replacement")):
    """One change. function: the function or table that is changed. old, new: the text of the changed lines."""

    def source(self):
        source = text_of(self.path)
        return source[:self.start] + self.replacement + source[self.end:]


def mutants_of(path):
    """In a header, only functions and the types of members are changed, because the programs are built with its
    constants."""
    source, seen = text_of(path), set()
    comments = spans(m for m in TOKEN.finditer(source) if m.lastgroup == "skip")
    functions, structs = spans(FUNCTION.finditer(source)), spans(STRUCT.finditer(source))
    items = [(m.start(), m.group(1)) for m in ITEM.finditer(source)]
    for kind in KINDS:
        for start, end, replacement in kind(source):
            can_change = path.endswith(".c") or holds(functions, start) or kind is narrowed_type and holds(structs, start)
            mutated = hash(source[:start] + replacement + source[end:])
            if holds(comments, start) or not can_change or mutated in seen or source[start:end] == replacement:
                continue
            seen.add(mutated)
            first, last = source.rfind("\n", 0, start) + 1, source.find("\n", end)
            # The preceding line distinguishes this line from equal lines.
            if source.count(source[first - 1:last + 1]) > 1:
                first = source.rfind("\n", 0, first - 1) + 1
            old = " ".join(source[first:last].split())
            new = " ".join((source[first:start] + replacement + source[end:last]).split())
            function = [name for where, name in items if where <= start][-1:] or [""]
            yield Mutant(path, source.count("\n", 0, start) + 1, function[0], old, new, start, end, replacement)


def all_mutants():
    """Returns all mutants. MUTANTS selects by PATH:LINE, and KINDS by the name of the operator; both are regular
    expressions."""
    wanted, kinds = (re.compile(os.environ.get(name, "")) for name in ("MUTANTS", "KINDS"))
    KINDS[:] = [kind for kind in KINDS if kinds.search(kind.__name__)]
    return [m for path in sorted(glob.glob("lib/*.[ch]")) for m in mutants_of(path) if wanted.search(f"{m.path}:{m.line}")]

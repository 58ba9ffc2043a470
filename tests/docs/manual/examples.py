# SPDX-License-Identifier: BSD-2-Clause
"""Compiles and runs the examples of the manual pages and of the README.

usage: examples.py FOLDER LIBRARY COMPILER...
The examples are written to FOLDER and linked with LIBRARY. COMPILER is a command with all its flags.

A comment before each literal block of a page states its kind:
    .\\" example     a whole C program, which must compile, exit with 0, and print the next block if that is output
    .\\" output      the output of the program before it, without CR
    .\\" abnf        a grammar, which protocol.py reads
    .\\" figure      anything else
Each page of section 3 has one example. The README has one example in several indented blocks, each of which begins with
#include or a comment. It is a host, which tests/docs/manual/server.c runs."""

import glob
import os
import re
import subprocess
import sys

WIDTH = 75  # a page of 80 columns indents by 5 columns
SECONDS = 60  # the limit for one program; no program needs more than a second
ESCAPES = {"\\e": "\\", "\\-": "-", "\\&": ""}


def fail(where, what):
    sys.exit(f"{where}: {what}")


def unescape(where, text):
    for escape in set(re.findall(r"\\.", text)) - set(ESCAPES):
        fail(where, f"{escape} is not allowed in a literal block")
    return re.sub(r"\\.", lambda match: ESCAPES[match[0]], text)


def blocks(page):
    """Yields the literal blocks of a page: (where, kind, text)."""
    lines = open(page).read().split("\n")
    for number, line in enumerate(lines):
        if not line.startswith(".Bd -literal"):
            continue
        where = f"{page}:{number + 1}"
        kind = re.fullmatch(r'\.\\" (example|output|abnf|figure)', lines[number - 1])
        if not kind:
            fail(where, "the comment that states the kind of the block is missing")
        text = unescape(where, "\n".join(lines[number + 1 : lines.index(".Ed", number)]) + "\n")
        longest = max(text.split("\n"), key=len)
        if len(longest) > WIDTH:
            fail(where, f"a line has more than {WIDTH} columns: {longest}")
        yield where, kind[1], text


def readme_host():
    indented = re.findall(r"(?:^    .*\n|^\n)+", open("README").read(), re.M)
    code = [re.sub("^    ", "", block.strip("\n") + "\n", flags=re.M) for block in indented]
    return "\n".join(block for block in code if block.startswith(("#include", "/*")))


def build(where, compiler, sources, library, program):
    if subprocess.run(compiler + sources + [library, "-o", program]).returncode != 0:
        fail(where, "does not compile")


def check_output(where, program, expected):
    done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS)
    if done.returncode != 0:
        fail(where, f"exits with {done.returncode}")
    printed = done.stdout.decode().replace("\r", "")
    if printed != expected:
        fail(where, f"prints\n{printed}instead of\n{expected}")


def check_page(page, directory, library, compiler):
    found = list(blocks(page)) + [(page, "end", "")]
    examples = [place for place, (_, kind, _) in enumerate(found) if kind == "example"]
    if len(examples) != page.endswith(".3"):
        fail(page, f"{len(examples)} examples; a page of section 3 must have one, other pages none")
    for place in examples:
        (where, _, text), (_, next_kind, next_text) = found[place : place + 2]
        program = os.path.join(directory, os.path.basename(page))
        with open(program + ".c", "w") as source:
            source.write(text)
        build(where, compiler, [program + ".c"], library, program)
        check_output(where, program, next_text if next_kind == "output" else "")


def check_readme(directory, library, compiler):
    host = os.path.join(directory, "README-host")
    with open(host + ".c", "w") as source:
        source.write(readme_host())
    build("README", compiler + ["-Itests/docs/manual"], ["tests/docs/manual/server.c", host + ".c"], library, host)
    check_output("README", host, "")


def main(directory, library, *compiler):
    os.makedirs(directory, exist_ok=True)
    pages = sorted(glob.glob("man/*.[0-9]"))
    for page in pages:
        check_page(page, directory, library, list(compiler))
    check_readme(directory, library, list(compiler))
    print(f"manual: {sum(page.endswith('.3') for page in pages) + 1} examples compiled and run")


if __name__ == "__main__":
    main(*sys.argv[1:])

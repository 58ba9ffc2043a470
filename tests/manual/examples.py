"""Compiles and runs the examples of the manual pages and of the README.

usage: examples.py DIRECTORY LIBRARY COMPILER...
Puts them into DIRECTORY and links them with LIBRARY; COMPILER is a command with all its flags.

In a page each literal block says in a comment before it what it is:
    .\\" example     a whole C program; it must compile, exit 0, and print what the next block says
    .\\" output      what the program before it prints
    .\\" transcript  a dialogue with the program before it: `S: ` it writes, `C: ` it reads,
                    `(SIGTERM)` it is sent that; at the end it closes its output and exits 0
    .\\" figure      anything else
In the README the example is the indented block that begins with #include; tests/manual/server.c runs it."""

import glob
import os
import re
import signal
import subprocess
import sys

WIDTH = 75  # a page of 80 columns indents by 5
SECONDS = 60  # for one program, far more than any needs
ESCAPES = {"\\e": "\\", "\\-": "-", "\\&": ""}


def fail(where, what):
    sys.exit(f"{where}: {what}")


def unescape(where, text):
    for escape in set(re.findall(r"\\.", text)) - set(ESCAPES):
        fail(where, f"{escape} stands in a literal block")
    return re.sub(r"\\.", lambda match: ESCAPES[match[0]], text)


def blocks(page):
    """The literal blocks of a page: (where, what it is, text)."""
    lines = open(page).read().split("\n")
    for number, line in enumerate(lines):
        if not line.startswith(".Bd -literal"):
            continue
        where = f"{page}:{number + 1}"
        kind = re.fullmatch(r'\.\\" (example|output|transcript|figure)', lines[number - 1])
        if not kind:
            fail(where, "no comment says what this block is")
        text = unescape(where, "\n".join(lines[number + 1 : lines.index(".Ed", number)]) + "\n")
        longest = max(text.split("\n"), key=len)
        if len(longest) > WIDTH:
            fail(where, f"longer than {WIDTH} columns: {longest}")
        yield where, kind[1], text


def readme_example():
    indented = re.findall(r"(?:^    .*\n|^\n)+", open("README").read(), re.M)
    found = [re.sub("^    ", "", block.strip("\n") + "\n", flags=re.M) for block in indented]
    found = [block for block in found if block.startswith("#include")]
    if len(found) != 1:
        fail("README", f"{len(found)} examples, not one")
    return found[0]


def build(where, compiler, sources, library, program):
    if subprocess.run(compiler + sources + [library, "-o", program]).returncode != 0:
        fail(where, "does not compile")


def check_output(where, program, expected):
    done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS)
    if done.returncode != 0:
        fail(where, f"exits with {done.returncode}")
    if done.stdout.decode() != expected:
        fail(where, f"prints\n{done.stdout.decode()}instead of\n{expected}")


def talk(where, process, line):
    if line.startswith("C: "):
        process.stdin.write(line[3:] + "\r\n")
        process.stdin.flush()
    elif line.startswith("S: "):
        heard = process.stdout.readline()
        if heard != line[3:] + "\r\n":
            fail(where, f"says {heard!r} instead of {line[3:]!r}")
    elif line == "(SIGTERM)":
        process.send_signal(signal.SIGTERM)
    elif line != "(The server closes the connection.)":
        fail(where, f"{line!r} is no line of a transcript")


def check_transcript(where, program, transcript):
    pipe = subprocess.PIPE
    process = subprocess.Popen([program], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True,
                               encoding="ascii")
    process.stdout.reconfigure(newline="")
    # A program that says nothing ends here instead of being waited for.
    signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.alarm(SECONDS)
    for line in transcript.splitlines():
        talk(where, process, line)
    rest = process.stdout.read()
    signal.alarm(0)
    if rest or process.wait(SECONDS) != 0:
        fail(where, f"goes on with {rest!r} and exits with {process.returncode}")


def check_page(page, directory, library, compiler):
    """Returns the number of examples."""
    found = list(blocks(page)) + [(page, "end", "")]
    count = 0
    for (where, kind, text), (_, next_kind, next_text) in zip(found, found[1:]):
        if kind == "example":
            count += 1
            program = os.path.join(directory, f"{os.path.basename(page)}-{count}")
            with open(program + ".c", "w") as source:
                source.write(text)
            build(where, compiler, [program + ".c"], library, program)
            if next_kind != "transcript":
                check_output(where, program, next_text if next_kind == "output" else "")
        elif kind == "transcript":
            check_transcript(where, program, text)
    return count


def check_readme(directory, library, compiler):
    states = next(text for _, kind, text in blocks("man/slogout.7") if kind == "figure")
    if states not in open("README").read():
        fail("README", "the states are not those of slogout(7)")
    program = os.path.join(directory, "README")
    with open(program + ".c", "w") as source:
        source.write(readme_example())
    build("README", compiler + ["-Itests/manual"], ["tests/manual/server.c", program + ".c"], library, program)
    check_output("README", program, "")


def main(directory, library, *compiler):
    os.makedirs(directory, exist_ok=True)
    pages = sorted(glob.glob("man/*.[0-9]"))
    count = sum(check_page(page, directory, library, list(compiler)) for page in pages)
    if count < len(pages):
        fail("man", f"{count} examples in {len(pages)} pages")
    check_readme(directory, library, list(compiler))
    print(f"manual: {count + 1} examples compiled and run")


if __name__ == "__main__":
    main(*sys.argv[1:])

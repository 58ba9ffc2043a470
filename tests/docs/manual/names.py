# SPDX-License-Identifier: BSD-2-Clause
"""Checks that the declarations in the headers, the map, the exports of the shared library and the manual agree.

usage: names.py SHARED_LIBRARY"""

import glob
import re
import subprocess
import sys

from examples import blocks


def read(pattern):
    return "".join(open(path).read() for path in sorted(glob.glob(pattern, recursive=True)))


def without_comments(source):
    return re.sub(r"/\*.*?\*/", " ", source, flags=re.S)


def squeeze(prototype):
    """Returns a prototype in a uniform spelling, with spaces only between words."""
    return re.sub(r"\s*(\W)\s*", r"\1", " ".join(prototype.split()))


def declared_functions(headers):
    """Returns the prototype of each public function, by name."""
    found = re.findall(r"^SLOGOUT_API\s+(?:SLOGOUT_MUST_CHECK\s+)?([^;{]*?(slogout_\w+)\([^;]*\));", headers, re.M)
    return {name: squeeze(prototype) for prototype, name in found}


def inline_functions(headers):
    """Returns the same for the functions that are defined in headers."""
    found = re.findall(r"^static inline\s+([^;{]*?(slogout_\w+)\([^;{]*\))\s*\{", headers, re.M)
    return {name: squeeze(prototype) for prototype, name in found}


def declared_constants(headers):
    names = set(re.findall(r"\bSLOGOUT_\w+", headers))
    return {name for name in names if not name.endswith(("_H", "_API", "_MUST_CHECK"))}


def declared_members(headers):
    members = set()
    for body in re.findall(r"^struct \w+ \{(.*?)^\};", headers, re.M | re.S):
        members.update(re.findall(r"\(\*(\w+)\)\(|(\w+)(?:\[\w+\])?\s*[;,](?![^(]*\))", body))
    return {first or second for first, second in members}


def map_functions(text):
    return set(re.findall(r"\b(slogout_\w+);", text))


def exported_functions(library):
    listing = subprocess.run(["nm", "-D", "--defined-only", library], check=True, stdout=subprocess.PIPE, text=True)
    symbols = [line.split()[-2:] for line in listing.stdout.splitlines()]
    return {name.split("@")[0] for kind, name in symbols if kind != "A"}


def page_names(page):
    section = re.search(r"^\.Sh NAME\n(.*?)^\.Nd", page, re.M | re.S)
    return re.findall(r"^\.Nm (\w+)", section[1], re.M)


def page_prototypes(page):
    section = re.search(r"^\.Sh SYNOPSIS\n(.*?)^\.Sh", page, re.M | re.S)
    prototypes = {}
    for kind, name, arguments in re.findall(r"^\.Ft (.*)\n\.Fo (\w+)\n((?:\.Fa .*\n)*)\.Fc", section[1], re.M):
        listed = ", ".join(re.findall(r'^\.Fa "?(.*?)"?$', arguments, re.M))
        prototypes[name] = squeeze(f"{kind.strip(chr(34))} {name}({listed})")
    return prototypes


def differences(what, expected, found):
    missing = [f"{name}: not {what}" for name in sorted(expected - found)]
    return missing + [f"{name}: {what}, but not declared" for name in sorted(found - expected)]


def main(library):
    headers = without_comments(read("include/slogout/*.h"))
    functions = declared_functions(headers)
    all_functions = functions | inline_functions(headers)
    pages = [open(path).read() for path in sorted(glob.glob("man/*.3"))]
    named = [name for page in pages for name in page_names(page)]
    prototypes = {name: text for page in pages for name, text in page_prototypes(page).items()}
    used = read("tests/**/*.c") + read("examples/**/*.[ch]")
    for path in glob.glob("man/*.[0-9]"):
        used += "".join(text for _, kind, text in blocks(path) if kind == "example")
    written = set(re.findall(r"\w+", read("man/*.[0-9]")))

    wrong = differences("in lib/slogout.map", set(functions), map_functions(read("lib/slogout.map")))
    wrong += differences("exported by the shared library", set(functions), exported_functions(library))
    wrong += differences("in the NAME of a page", set(all_functions), set(named))
    wrong += [f"{name}: two pages have it in their NAME" for name in set(named) if named.count(name) > 1]
    wrong += [f"{name}: its SYNOPSIS differs from its declaration" for name, text in all_functions.items()
              if name in named and prototypes.get(name) != text]
    wrong += [f"{name}: no example and no test calls it" for name in all_functions if not re.search(rf"\b{name}\(", used)]
    wrong += [f"{name}: no page names it" for name in sorted(declared_constants(headers))
              if name not in written and re.sub("^SLOGOUT_(STATE|OUTCOME)_", "", name) not in written]
    wrong += [f"{name}: no page names it" for name in sorted(declared_members(headers) - written)]
    if wrong or not functions:
        sys.exit("\n".join(wrong or ["no function is declared"]))
    print(f"manual: {len(functions)} functions exported and {len(all_functions) - len(functions)} inline, all documented "
          "and used")


main(*sys.argv[1:])

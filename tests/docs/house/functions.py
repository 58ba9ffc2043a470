# SPDX-License-Identifier: BSD-2-Clause
"""Prints the lengths of the functions of a library, and the number of calls between them. These figures are for
comparison and have no limits.

usage: functions.py FILE..."""

import re
import statistics
import sys
from pathlib import Path

# A definition and the braces of its body begin in the first column.
DEFINITION = re.compile(r"^(?=[a-z])[^\n;{}]*?(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Calls of saturating arithmetic are counted separately, because a reader reads them like operators.
OPERATORS = "saturate.h"
PEERS = "Postfix 4, BearSSL 5, wslay 10, hiredis 11, libtls 12, ngtcp2 15"


def calls(bodies, names):
    """Returns the number of calls of these functions in 100 lines of bodies."""
    found = sum(name in names for body in bodies for name in re.findall(r"(?<![\w.>])(\w+)\(", COMMENT.sub("", body)))
    return 100 * found / sum(body.count("\n") for body in bodies)


def main(paths):
    by_path = {path: DEFINITION.findall(Path(path).read_text(encoding="utf-8")) for path in paths}
    functions = [function for found in by_path.values() for function in found]
    operators = {name for path, found in by_path.items() if path.endswith(OPERATORS) for name, _ in found}
    bodies = [body for _, body in functions]
    longest, name = max((body.count("\n"), name) for name, body in functions)
    print(f"functions: {len(functions)}, median {statistics.median(body.count(chr(10)) for body in bodies):g} lines, "
          f"longest {longest} ({name}), {calls(bodies, {name for name, _ in functions} - operators):.1f} internal calls in "
          f"100 lines ({PEERS}) and {calls(bodies, operators):.1f} calls of saturating arithmetic")


main(sys.argv[1:])

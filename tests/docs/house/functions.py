"""How long the functions of a library are, and how much they call each other. Fails where one is longer than a thought,
or where reading means jumping from one to the next.

usage: functions.py FILE... """

import statistics
import sys

from c_source import items, read

LONGEST = 60  # lines of a body
CALLS = 20  # of functions of the same library, in 100 lines of bodies
OPERATORS = "saturate.h"
PEERS = "Postfix 4, BearSSL 5, wslay 10, hiredis 11, libtls 12, ngtcp2 15"


def body_lines(function):
    """Lines between the line of the opening brace and that of the closing one."""
    return max(function.body[-1].line - function.body[0].line - 1, 1)


def calls(function, names):
    body = function.body
    return sum(token.text in names and after.text == "(" and before.text not in {".", "->"}
               for before, token, after in zip(body, body[1:], body[2:]))


def rate(functions, names):
    """Calls of the named functions in 100 lines of bodies."""
    return 100 * sum(calls(function, names) for _, function in functions) / sum(body_lines(function) for _, function in functions)


def main(paths):
    functions = [(path, item) for path in paths for item in items(read(path)) if item.body]
    # Arithmetic that saturates is read as an operator is, so it is counted apart.
    operators = {function.name for path, function in functions if path.endswith(OPERATORS)}
    found = rate(functions, {function.name for _, function in functions} - operators)
    lengths = [body_lines(function) for _, function in functions]
    longest = max(zip(lengths, (function.name for _, function in functions)))
    print(f"functions: {len(functions)}, median {statistics.median(lengths):g} lines, longest {longest[0]} "
          f"({longest[1]}), {found:.1f} internal calls in 100 lines ({PEERS}) and {rate(functions, operators):.1f} of "
          "saturating arithmetic")
    wrong = [f"{path}:{function.tokens[0].line}: {function.name} has {length} lines, more than {LONGEST}"
             for (path, function), length in zip(functions, lengths) if length > LONGEST]
    if found > CALLS:
        wrong.append(f"functions: more than {CALLS} internal calls in 100 lines")
    sys.exit("\n".join(wrong) or 0)


main(sys.argv[1:])

# SPDX-License-Identifier: BSD-2-Clause
"""Puts the calls of a port into the source of a server:
    edit.py TABLE FOLDER
TABLE is a Python file with a list EDITS of tuples (file, function, where, pattern, text), or with a dictionary of such
lists for several versions of the server. The pattern, a regular expression, must match exactly once in the function, or
in the whole file if that is None. `before` and `after` insert text before or after the line with the match, or the
lines if it spans several; `replace` puts text in place of the match. If no list has all its places, nothing is
written."""

import os
import re
import runpy
import sys


def scope(source, function):
    """Returns where the text of the function begins and ends. Its name begins a line or follows its type, and its last
    brace begins a line."""
    if function is None:
        return 0, len(source)
    arguments = r"\((?:[^;{}()]|\((?:[^;{}()]|\([^;{}()]*\))*\))*\)"  # in two levels of parentheses at most
    found = list(re.finditer(r"^[\w \t*]*\b%s\s*%s[^;{}()]*\{" % (function, arguments), source, re.M))
    if len(found) != 1:
        raise LookupError("function %s is there %d times" % (function, len(found)))
    end = source.find("\n}", found[0].end())
    return found[0].start(), end if end >= 0 else len(source)


def edit(source, function, where, pattern, text):
    begin, end = scope(source, function)
    found = list(re.compile(pattern, re.M).finditer(source, begin, end))
    if len(found) != 1:
        raise LookupError("%r is there %d times" % (pattern, len(found)))
    match = found[0]
    if where == "replace":
        return source[:match.start()] + match.expand(text) + source[match.end():]
    if where == "before":
        at = source.rfind("\n", 0, match.start()) + 1
    else:
        at = source.find("\n", match.end()) + 1
    return source[:at] + text + "\n" + source[at:]


def attempt(edits, folder):
    """Returns what is wrong with the places, and the texts of the edited files."""
    texts, errors = {}, []
    for name, function, where, pattern, text in edits:
        place = "%s, %s" % (name, function or "in the file")
        try:
            if name not in texts:
                with open(os.path.join(folder, name), encoding="latin-1", newline="") as file:
                    texts[name] = file.read()
            texts[name] = edit(texts[name], function, where, pattern, text)
        except (OSError, LookupError) as error:
            errors.append("%s: %s" % (place, error))
    return errors, texts


def fitting(table, folder):
    """Returns the list of the table that fits best, with the result of attempt()."""
    edits = runpy.run_path(table)["EDITS"]
    lists = edits.values() if isinstance(edits, dict) else [edits]
    return min(((each, *attempt(each, folder)) for each in lists), key=lambda fit: len(fit[1]))


def main():
    table, folder = sys.argv[1:]
    edits, errors, texts = fitting(table, folder)
    if errors:
        sys.exit("\n".join(["edit.py: not edited, because of:"] + errors))
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w", encoding="latin-1", newline="") as file:
            file.write(text)
    lines = sum(1 + text.count("\n") for *_, text in edits)
    print("edit.py: %d lines in %d places of %d files" % (lines, len(edits), len(texts)))


if __name__ == "__main__":
    main()

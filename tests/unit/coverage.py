# SPDX-License-Identifier: BSD-2-Clause
"""Prints the lines, branches and conditions of lib/ that the unit tests have not covered, and the figures, from an
export of llvm-cov. Fails unless every line, both ways of every branch and every MC/DC condition are covered."""

import json
import os
import sys

KINDS = {"lines": "lines", "branches": "branches", "mcdc": "MC/DC conditions"}


def is_full(summary, absent=0):
    return all(summary[kind]["covered"] == summary[kind]["count"] - (absent if kind == "branches" else 0) for kind in KINDS)


def is_absent_default(source, branch):
    """Returns the defaults of switches that name every enumerator and have no default. The compiler counts a branch for
    each of these."""
    line, column, _, _, true, *_ = branch
    return not true and source[line - 1][:column - 1].endswith("switch (")


def absent_defaults(file):
    with open(file["filename"], encoding="utf-8") as stream:
        source = stream.read().splitlines()
    return [branch for branch in file.get("branches", []) if is_absent_default(source, branch)]


def lines_not_reached(file):
    # A segment is: line, column, count, has count, begins a region, is a gap.
    return sorted({line for line, _, count, has_count, is_entry, is_gap in (s[:6] for s in file["segments"])
                   if has_count and is_entry and not is_gap and count == 0})


def branches_not_taken(file):
    # A branch is: line, column, end line, end column, times true, times false.
    absent = absent_defaults(file)
    for branch in file.get("branches", []):
        line, column, _, _, true, false, *_ = branch
        if (not true or not false) and branch not in absent:
            yield f"{line}:{column}: this branch is never {'false' if true else 'true'}"


def conditions_not_shown(file):
    # A decision is: line, column, end line, end column, expansion level, file, kind, conditions covered.
    for record in file.get("mcdc_records", []):
        line, column, covered = record[0], record[1], record[-1]
        if isinstance(covered, list) and not all(covered):
            missing = [str(i + 1) for i, shown in enumerate(covered) if not shown]
            yield f"{line}:{column}: condition {', '.join(missing)} never decides the result"


def main(path):
    with open(path, encoding="utf-8") as stream:
        data = json.load(stream)["data"][0]
    absent = 0
    for file in data["files"]:
        absent += len(absent_defaults(file))
        # An inline function is counted in each file that uses it.
        if is_full(file["summary"], len(absent_defaults(file))):
            continue
        name = os.path.relpath(file["filename"])
        for line in lines_not_reached(file):
            print(f"{name}:{line}: never reached")
        for what in list(branches_not_taken(file)) + list(conditions_not_shown(file)):
            print(f"{name}:{what}")
    totals = {kind: data["totals"][kind] for kind in KINDS}
    totals["branches"]["count"] -= absent
    print("coverage: " + ", ".join(f"{t['covered']} of {t['count']} {KINDS[kind]}" for kind, t in totals.items())
          + f" ({len(data['files'])} files)")
    return 0 if totals["lines"]["count"] and is_full(totals) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

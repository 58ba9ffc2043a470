"""Prints what the unit tests have not covered of lib/, and the figures, from the export of llvm-cov.

Fails unless every line, every branch both ways and every MC/DC condition is covered."""

import json
import os
import sys

KINDS = {"lines": "lines", "branches": "branches", "mcdc": "MC/DC conditions"}


def is_full(summary):
    return all(summary[kind]["covered"] == summary[kind]["count"] for kind in KINDS)


def lines_not_reached(file):
    # a segment: line, column, count, has count, begins a region, is a gap
    return sorted({line for line, _, count, has_count, is_entry, is_gap in (s[:6] for s in file["segments"])
                   if has_count and is_entry and not is_gap and count == 0})


def branches_not_taken(file):
    # a branch: line, column, end line, end column, times true, times false
    for line, column, _, _, true, false, *_ in file.get("branches", []):
        if not true or not false:
            yield f"{line}:{column}: branch never {'false' if true else 'true'}"


def conditions_not_shown(file):
    # a decision: line, column, end line, end column, expansion level, file, kind, conditions that are covered
    for record in file.get("mcdc_records", []):
        line, column, covered = record[0], record[1], record[-1]
        if isinstance(covered, list) and not all(covered):
            missing = [str(i + 1) for i, shown in enumerate(covered) if not shown]
            yield f"{line}:{column}: condition {', '.join(missing)} never decides"


def main(path):
    with open(path, encoding="utf-8") as stream:
        data = json.load(stream)["data"][0]
    for file in data["files"]:
        if is_full(file["summary"]): # an inline function is counted in each file that has it
            continue
        name = os.path.relpath(file["filename"])
        for line in lines_not_reached(file):
            print(f"{name}:{line}: never reached")
        for what in list(branches_not_taken(file)) + list(conditions_not_shown(file)):
            print(f"{name}:{what}")
    totals = {kind: data["totals"][kind] for kind in KINDS}
    print("coverage: " + ", ".join(f"{t['covered']} of {t['count']} {KINDS[kind]}" for kind, t in totals.items())
          + f" ({len(data['files'])} files)")
    return 0 if totals["lines"]["count"] and is_full(data["totals"]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

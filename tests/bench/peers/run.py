# SPDX-License-Identifier: BSD-2-Clause
"""Runs the programs of this folder, prints one table, and writes bench.csv.

usage: run.py FOLDER SIZES PROGRAM...
bench.csv is written to FOLDER. SIZES is the output of sizes.sh, or - if there is none. callgrind counts instructions
for the rows in COUNTED, as the difference of two runs, so that the start and the end cancel out.

"""

import collections
import csv
import os
import re
import subprocess
import sys
import tempfile

COUNTED = {  # the numbers of jobs in the two runs that callgrind counts
    "recognize an answer": (1000, 3000),
    "let a command through": (1000, 3000),
    "timers in order": (1000, 3000),
    "a drain in order": (2000, 6000),
}
UNCOUNTED = {"timerfd"}  # the kernel does its work, and callgrind does not see the kernel

Row = collections.namedtuple("Row", "row n peer value unit")


def measure(program):
    output = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [Row(*line.split(",")) for line in output.splitlines()]


def collected(program, row, peer, n):
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", program, "once", row, peer, str(n)],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not found:
        sys.exit(f"bench: valgrind {program}: {run.stderr[-2000:]}")
    return int(found[1])


def instructions(program, rows):
    for row, peer in dict.fromkeys((row.row, row.peer) for row in rows if row.row in COUNTED):
        if peer not in UNCOUNTED:
            few, many = COUNTED[row]
            count = collected(program, row, peer, many) - collected(program, row, peer, few)
            yield Row(row, str(many), peer, f"{count / (many - few):.0f}", "instructions")


def sizes(path):
    """Yields two rows for each line `NAME text data bss`."""
    if path == "-":
        return
    with open(path, encoding="utf-8") as stream:
        for name, text, data, bss in (line.rsplit(" ", 3) for line in stream):
            yield Row("size of .text", "0", name, text, "octets")
            yield Row("size of .data and .bss", "0", name, str(int(data) + int(bss)), "octets")


def table(rows):
    groups = collections.OrderedDict()
    for row in rows:
        groups.setdefault((row.row, row.n, row.unit), []).append(row)
    for (name, n, unit), members in groups.items():
        own = float(members[0].value)
        head = name + (f", {int(n):,}" if n != "0" else "")
        print(f"{head} [{unit}]")
        for member in members:
            value = float(member.value)
            ratio = f"{value / own:10.2f} times" if own and member is not members[0] else ""
            print(f"    {member.peer:<22} {value:>14,.2f}{ratio}")


def main(directory, size_file, *programs):
    rows = []
    for program in programs:
        measured = measure(program)
        rows += measured
        rows += instructions(program, measured)
        print(f"  {os.path.basename(program)}", file=sys.stderr)
    rows += sizes(size_file)
    versions = [row for row in rows if row.row == "version"]
    rows = [row for row in rows if row.row != "version"]
    with open(os.path.join(directory, "bench.csv"), "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(rows)
    table(rows)
    if versions:
        print("versions: " + ", ".join(f"{row.peer} {row.value}" for row in dict.fromkeys(versions)))


main(*sys.argv[1:])

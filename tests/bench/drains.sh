#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints the cost of several drains in one slogout. callgrind counts instructions, which do not depend on the load of
# the machine. The arguments are the program built from drains.c, and the same program with a library that counts its
# branches, which finds the longest tick without a simulator.
set -eu
program=$1
finder=$2
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# inside FUNCTION ARGUMENT... counts the instructions of a function.
inside() {
    function=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$function" "$program" "$@" 2>"$out" ||
        { cat "$out" >&2; exit 1; }
    awk '/Collected/ { print $4 }' "$out"
}

for drains in 1 10 100; do
    printf '%-56s %6d instructions\n' "an event of another session beside drains: $drains" \
        $(($(inside unrelated_events beside $drains) / 4000))
done
for drains in 1 10 100; do
    longest=$(inside counted_tick tick $drains "$("$finder" longest $drains)")
    printf '%-56s %6d instructions (limit 100000)\n' "the longest of 100,000 ticks, drains: $drains" "$longest"
    [ "$longest" -le 100000 ] || { echo "over the limit" >&2; exit 1; }
done

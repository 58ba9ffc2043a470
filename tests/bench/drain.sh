#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints the cost of a whole drain, and of several drains in one slogout. callgrind counts instructions and cache misses,
# which do not depend on the load of the machine. The arguments are the program built from drain.c, and the same program
# with a library that counts its branches, which finds the longest tick without a simulator.
set -eu
program=$1
finder=$2
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# run_counted FUNCTION ARGUMENT... writes what callgrind counts inside a function to $out.
run_counted() {
    function=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$function" --cache-sim=yes \
        --D1=32768,8,64 --LL=8388608,16,64 "$program" "$@" 2>"$out" || { cat "$out" >&2; exit 1; }
}

instructions() {
    run_counted "$@"
    awk '/Collected/ { print $4 }' "$out"
}

echo "A whole drain (add, ask, arm, answer, cancel, close, free) for each session, including the host's callbacks:"
printf '%10s %14s %14s %16s\n' sessions instructions "D1 misses" "8 MB LL misses"
first=
for sessions in 1000 10000 100000; do
    run_counted whole_drain whole $sessions
    awk -v n=$sessions '/Collected/ { instructions = $4 }
        /D1  misses:/ { gsub(",", ""); d1 = $4 }
        /LLd misses:/ { gsub(",", ""); last = $4 }
        END { printf "%10d %14.0f %14.1f %16.1f\n", n, instructions / n, d1 / n, last / n }' "$out"
    each=$(awk -v n=$sessions '/Collected/ { printf "%.0f", $4 / n }' "$out")
    first=${first:-$each}
    [ $((each * 2)) -le $((first * 3)) ] || { echo "more than 1.5 times the first figure" >&2; exit 1; }
done

for drains in 1 10 100; do
    printf '%-56s %6d instructions\n' "an event of another session beside drains: $drains" \
        $(($(instructions unrelated_events beside $drains) / 4000))
done
for drains in 1 10 100; do
    longest=$(instructions counted_tick tick $drains "$("$finder" longest $drains)")
    printf '%-56s %6d instructions (limit 100000)\n' "the longest of 100,000 ticks, drains: $drains" "$longest"
    [ "$longest" -le 100000 ] || { echo "over the limit" >&2; exit 1; }
done

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints the cost of a whole drain for each session. The argument is the program built from drain.c. callgrind counts
# instructions and cache misses, so they do not depend on the load of the machine. Nanoseconds do, so they have no
# limit.
set -eu
program=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# Prints instructions, and misses of the first and of the last cache, for each session.
counted() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=whole_drain --cache-sim=yes \
        --D1=32768,8,64 --LL=8388608,16,64 "$program" once "$1" 2>"$out" || { cat "$out" >&2; exit 1; }
    awk -v n="$1" '/Collected/ { instructions = $4 }
        /D1  misses:/ { gsub(",", ""); d1 = $4 }
        /LLd misses:/ { gsub(",", ""); last = $4 }
        END { printf "%.0f %.1f %.1f", instructions / n, d1 / n, last / n }' "$out"
}

echo "A whole drain (add, ask, arm, answer, cancel, close, free) for each session, including the host's callbacks:"
printf '%10s %14s %14s %16s\n' sessions instructions "D1 misses" "8 MB LL misses"
first=
for sessions in 1000 10000 100000; do
    set -- $(counted $sessions)
    printf '%10d %14s %14s %16s\n' "$sessions" "$1" "$2" "$3"
    first=${first:-$1}
    [ $(($1 * 2)) -le $((first * 3)) ] || { echo "more than 1.5 times the first figure" >&2; exit 1; }
done

echo "Nanoseconds for each session, the minimum of five runs, and for peers to arm and cancel one timer:"
printf '%10s %14s %14s %14s %14s\n' sessions "whole drain" shuffled "TAILQ" libevent
for sessions in 1000 100000 1000000; do
    printf '%10d %14s %14s %14s %14s\n' "$sessions" "$("$program" whole $sessions)" "$("$program" shuffled $sessions)" \
        "$("$program" fifo $sessions)" "$("$program" libevent $sessions || echo -)"
done
echo "shuffled: sessions are added in random order, so that each is a cache miss. libevent: common timeouts, 2 calls."

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints the size and the cost of the core, in octets and instructions. These figures do not depend on the load of the
# machine. The arguments are the program built from core.c, and the object files of the core compiled with -Os.
set -eu
program=$1
shift
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# Counts the instructions of the whole program, or of one function.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>"$out" || { cat "$out" >&2; exit 1; }
    awk '/Collected/ { print $4 }' "$out"
}

# Counts the instructions for each run of a job. They are the difference of two counts, so that the start and the end
# cancel out.
each() {
    echo $(( ($(count "$program" "$1" 3000) - $(count "$program" "$1" 1000)) / 2000 ))
}

limit() {
    printf '%-56s %6d %s\n' "$1" "$2" "$4"
    [ "$2" -le "$3" ] || { echo "the figure exceeds its limit of $3" >&2; exit 1; }
}

text=$(size -A "$@" | awk '$1 == ".text" { sum += $2 } END { print sum }')
line=$(( $(count --toggle-collect=slogout_session_feed_line "$program" line 1000) / 1000 ))
limit "a session" "$("$program" size)" 128 "octets (limit 128)"
limit "core, .text at -Os" "$text" 8192 "octets (limit 8192)"
limit "a line while nothing is asked, in the library" "$line" 10 "instructions (limit 10)"
printf '%-56s %6d %s\n' "the same line: the host's memchr for its LF" "$(each peer)" "instructions, including the loop"
printf '%-56s %6d %s\n' "a whole exchange: new, ask, BYE, OK, close, free" "$(each exchange)" \
    "instructions, including the host's callbacks and malloc"

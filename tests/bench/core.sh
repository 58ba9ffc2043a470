#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Size and cost of the core, in bytes and instructions: figures that do not depend on the machine's load.
# Arguments: the program built from core.c, and the core's objects compiled with -Os.
set -eu
program=$1
shift
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# Instructions of the whole program, or inside one function.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>"$out" || { cat "$out" >&2; exit 1; }
    awk '/Collected/ { print $4 }' "$out"
}

# Instructions for each run of a job: the difference of two runs, so that start and end cancel out.
each() {
    echo $(( ($(count "$program" "$1" 3000) - $(count "$program" "$1" 1000)) / 2000 ))
}

limit() {
    printf '%-56s %6d %s\n' "$1" "$2" "$4"
    [ "$2" -le "$3" ] || { echo "over the limit of $3" >&2; exit 1; }
}

text=$(size -A "$@" | awk '$1 == ".text" { sum += $2 } END { print sum }')
line=$(( $(count --toggle-collect=slogout_session_feed_line "$program" line 1000) / 1000 ))
limit "a session" "$("$program" size)" 128 "bytes (limit 128)"
limit "core, .text at -Os" "$text" 8192 "bytes (limit 8192)"
limit "a line while nothing is asked, in the library" "$line" 10 "instructions (limit 10)"
printf '%-56s %6d %s\n' "the same line, memchr for its LF" "$(each peer)" "instructions, with its loop"
printf '%-56s %6d %s\n' "a whole exchange: new, ask, BYE, OK, close, free" "$(each exchange)" \
    "instructions, host's callbacks and malloc included"

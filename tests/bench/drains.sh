#!/bin/sh
# Cost of many drains in one slogout, in callgrind's instructions, which do not depend on the machine's load. Argument:
# the program built from drains.c.
set -eu
program=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# Instructions inside one function, for each of so many: function divisor arguments...
each() {
    function=$1
    divisor=$2
    shift 2
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$function" "$program" "$@" 2>"$out" ||
        { cat "$out" >&2; exit 1; }
    awk -v n="$divisor" '/Collected/ { printf "%.0f\n", $4 / n }' "$out"
}

# name, few, many
twice_at_most() {
    printf '%-56s %6d, %d instructions (limit: twice)\n' "$1" "$2" "$3"
    [ "$3" -le $(($2 * 2)) ] || { echo "more than twice" >&2; exit 1; }
}

twice_at_most "an event of another session beside 10, 10,000 drains" \
    "$(each unrelated_events 4000 beside 10)" "$(each unrelated_events 4000 beside 10000)"
twice_at_most "a drain of one session, of 1,000 and of 30,000 drains" \
    "$(each all_drains 1000 all 1000)" "$(each all_drains 30000 all 30000)"

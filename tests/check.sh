#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the named parts of the tests at the same time, and writes the output of each to LOGS/PART. Ends with a line for
# each test that failed, or with one line that says how many tests passed. The files that the parts share must have been
# built.
# usage: check.sh LOGS PART..., with MAKE in the environment
set -eu

logs=$1
shift
mkdir -p "$logs"

run()
{
    begin=$(date +%s)
    if "$MAKE" -s --no-print-directory "$1" >"$logs/$1" 2>&1; then
        result=passed
    else
        result=failed
        : >"$logs/$1.failed"
    fi
    echo "  $1: $result after $(($(date +%s) - begin)) s"
}

# Prints the names of the failed tests in a log of cmocka or of Python's unittest. If a program has begun a test and has
# not ended it, the program crashed.
failed_tests()
{
    awk '
        function crashed() { if (running) print running " (crashed)"; running = "" }
        /^\[=+\] Running/ { crashed() }
        /^\[ RUN / { running = $4 }
        /^\[ +(OK|FAILED|SKIPPED|ERROR) / { running = "" }
        /^\[  (FAILED|ERROR) +\] [a-zA-Z0-9_]+$/ { print $4 }
        /^(FAIL|ERROR): / { sub(/^[A-Z]+: /, ""); print }
        END { crashed() }' "$1" | sort -u
}

rm -f "$logs"/*.failed
for part; do
    run "$part" &
done
wait

verdict=0
for part; do
    test -e "$logs/$part.failed" || continue
    verdict=1
    tests=$(failed_tests "$logs/$part")
    if test -n "$tests"; then
        echo "$tests" | sed "s|^|FAILED: $part: |; s|\$|, see $logs/$part|"
    else
        echo "FAILED: $part, see $logs/$part"
    fi
done
test "$verdict" -eq 0 || exit 1
passed=$(for part; do cat "$logs/$part"; done |
    awk '/^\[  PASSED  \] [0-9]+ test/ { n += $4 } /^Ran [0-9]+ test/ { n += $2 } END { print n + 0 }')
echo "check: $passed tests passed, in $# parts: $*"

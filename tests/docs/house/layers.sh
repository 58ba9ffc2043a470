#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Dependencies in lib/ only point downward. A room may include the headers of rooms on lower floors, and its object file
# may use their symbols. Drains and filters, on the top floor, therefore do not depend on each other, and the session
# and the scanners do not either.
# usage: layers.sh STATIC_LIBRARY
set -eu
library=$(realpath "$1")
cd "$(dirname "$0")/../../.."

# The lowest floor is first.
floors='
list saturate random word tag bye names in_flight owed
log timer response drain_pacer
call answer drain_plan imap_lex
session imap_client imap_server login
slogout drain filter
'

{
    grep -Hn '^#include "' lib/*.[ch] | sed 's/^/include /'
    nm "$library" | sed 's/^/symbol /'
} | awk -v floors="$floors" '
BEGIN {
    count = split(floors, lines, "\n")
    for (i = 1; i <= count; i++)
        for (j = split(lines[i], rooms, " "); j > 0; j--)
            floor[rooms[j]] = i
}
function check(where, from, to) {
    if (from == to || floor[to] + 0 < floor[from] + 0)
        return
    print where ": " from " must not depend on " to (from in floor ? "" : ", because it is on no floor in tests/docs/house/layers.sh")
    bad = 1
}
$1 == "include" {
    split($2, part, ":")
    from = part[1]; sub(/^lib\//, "", from); sub(/\.[ch]$/, "", from)
    to = $3; gsub(/"|\.h/, "", to)
    check(part[1] ":" part[2], from, to)
    includes++
}
$1 == "symbol" && $2 ~ /\.o:$/ { object = $2; sub(/\.o:$/, "", object) }
$1 == "symbol" && NF == 4 && $3 ~ /[A-TV-Z]/ { home[$4] = object }
$1 == "symbol" && NF == 3 && $2 == "U" { needs[object " " $3] = 1 }
END {
    for (need in needs) {
        split(need, part, " ")
        if (part[2] in home) { # the others are in libc
            check("lib/" part[1] ".c: " part[2] "()", part[1], home[part[2]])
            symbols++
        }
    }
    if (!includes || !symbols) { print "layers: found no includes or no symbols"; bad = 1 }
    if (!bad) print "layers: " includes " includes and " symbols " symbols in lib/, all from lower floors"
    exit bad
}'

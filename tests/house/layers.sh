#!/bin/sh
# Dependencies in lib/ go in one direction. Reads the #include lines: a room may know those named here, and its own header.
set -eu
cd "$(dirname "$0")/../.."

rules='
list:
saturate:
tag:
response:
escape:
names:
bye:
sized:
slots:    saturate
plan:     saturate
clock:    list saturate
tally:    list
instance: bye clock sized tag
session:  instance sized tag tally
token:
answer:
scan_client: token
scan_server: token
filter:   session scan_client scan_server answer sized
drain:    plan saturate session sized slots
'

grep -Hn '^#include "' lib/*.[ch] | awk -v rules="$rules" '
BEGIN {
    count = split(rules, lines, "\n")
    for (i = 1; i <= count; i++) {
        words = split(lines[i], word, "[: ]+")
        known[word[1]] = 1
        for (j = 2; j <= words; j++)
            allowed[word[1] ">" word[j]] = 1
    }
}
{
    split($0, part, /[:"]/)
    from = part[1]; sub(/^lib\//, "", from); sub(/\.[ch]$/, "", from)
    to = part[4]; sub(/\.h$/, "", to)
    if (!(from in known)) { print part[1] ": no rule for this room in tests/house/layers.sh"; bad = 1 }
    else if (from != to && !((from ">" to) in allowed)) { print part[1] ":" part[2] ": " from " may not know " to; bad = 1 }
    seen++
}
END {
    if (!bad) print "layers: " seen " includes in lib/, all in the allowed direction"
    exit bad
}'

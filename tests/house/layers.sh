#!/bin/sh
# Dependencies in lib/ go in one direction. Reads the #include lines: a room may know those named here, and its own header.
set -eu
cd "$(dirname "$0")/../.."

rules='
list:
saturate:
response:
text:
heap:
timer:        heap list saturate
call:         text timer
session:      call text
slogout:      session text
drain_pacer:  saturate
drain_plan:   saturate
drain:        drain_plan drain_pacer saturate session call
answer:
imap_lex:
imap_client:  imap_lex
imap_server:  imap_lex
filter:       session call imap_client imap_server answer
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

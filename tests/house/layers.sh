#!/bin/sh
# Dependencies in lib/ go in one direction. A room may include the headers of the rooms named here, and its own; its
# object may need symbols of these rooms and of those below them.
# usage: layers.sh STATIC_LIBRARY
set -eu
library=$(realpath "$1")
cd "$(dirname "$0")/../.."

rules='
list:
saturate:
random:
word:
tag:
bye:
names:
log:          names
response:     tag word
answer:       response
timer:        list
call:         bye timer
session:      call bye tag response saturate random
slogout:      session bye tag
drain_pacer:  saturate random
drain_plan:   saturate
drain:        drain_plan drain_pacer saturate session
imap_lex:     response word
imap_client:  imap_lex response tag word
imap_server:  imap_lex response tag
filter:       session imap_client imap_server answer
'

{
    grep -Hn '^#include "' lib/*.[ch] | sed 's/^/include /'
    nm "$library" | sed 's/^/symbol /'
} | awk -v rules="$rules" '
BEGIN {
    count = split(rules, lines, "\n")
    for (i = 1; i <= count; i++) {
        words = split(lines[i], word, "[: ]+")
        if (words == 0)
            continue
        known[word[1]] = 1
        # The rooms below are complete when a room is read, since each stands after those it may know.
        for (j = 2; j <= words; j++) {
            if (word[j] == "")
                continue
            if (!(word[j] in known)) { print "layers: " word[1] " stands before " word[j] " in the rules"; bad = 1 }
            allowed[word[1] ">" word[j]] = below[word[1] ">" word[j]] = 1
            for (room in known)
                if ((word[j] ">" room) in below)
                    below[word[1] ">" room] = 1
        }
    }
}
$1 == "include" {
    split($2, part, ":")
    from = part[1]; sub(/^lib\//, "", from); sub(/\.[ch]$/, "", from)
    to = $3; gsub(/"|\.h/, "", to)
    if (!(from in known)) { print part[1] ": no rule for this room in tests/house/layers.sh"; bad = 1 }
    else if (from != to && !((from ">" to) in allowed)) {
        print part[1] ":" part[2] ": " from " may not know " to
        bad = 1
    }
    includes++
}
$1 == "symbol" && $2 ~ /\.o:$/ { object = $2; sub(/\.o:$/, "", object) }
$1 == "symbol" && NF == 4 && $3 ~ /[A-TV-Z]/ { home[$4] = object }
$1 == "symbol" && NF == 3 && $2 == "U" { needs[object " " $3] = 1 }
END {
    for (need in needs) {
        split(need, part, " ")
        if (!(part[2] in home))
            continue # of libc
        from = part[1]; to = home[part[2]]
        if (!((from ">" to) in below)) { print "lib/" from ".c: may not call " part[2] "() of " to; bad = 1 }
        symbols++
    }
    if (!includes || !symbols) { print "layers: nothing was read"; bad = 1 }
    if (!bad) print "layers: " includes " includes and " symbols " symbols in lib/, all in the allowed direction"
    exit bad
}'

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `make help` lists every target that README and tests/README name, and everything it lists is a target.
# usage: targets.sh README..., with MAKE in the environment
set -eu

fail()
{
    echo "targets: $*" >&2
    exit 1
}

# The words after "make" in a command: one that stands in a column of its own or between backquotes.
targets()
{
    grep -ohE '(^ {4,}|  |`)make(,? [A-Za-z0-9_=/.*:-]+)+' "$@" | tr -s ' ,`' '\n' |
        grep -E '^[a-z][a-z0-9-]*$' | grep -vx make | sort -u
}

help=$("$MAKE" -s help)
listed=$(echo "$help" | tr -sc 'a-z0-9-' '\n' | sort -u)
named=$(targets "$@")
[ -n "$named" ] || fail "no command was found in $*"
missing=$(echo "$named" | while read -r target; do echo "$listed" | grep -qx -- "$target" || echo "$target"; done)
[ -z "$missing" ] || fail "make help does not list:" $missing

rules=$("$MAKE" -pnq help 2>/dev/null | sed -n 's/^\([a-z][a-z0-9-]*\):.*/\1/p' | sort -u)
missing=$(echo "$help" | sed 's/^/  /' | targets - | while read -r target; do
    echo "$rules" | grep -qx -- "$target" || echo "$target"
done)
[ -z "$missing" ] || fail "make help lists, and no rule makes:" $missing
echo "targets: make help lists the $(echo "$named" | wc -l) targets of $*"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `make help` lists every target that README and tests/README name, and everything that it lists is a target.
# usage: targets.sh README..., with MAKE in the environment
set -eu

fail()
{
    echo "targets: $*" >&2
    exit 1
}

# Prints the words after "make" in commands. A command is in its own column or between backquotes.
targets()
{
    grep -ohE '(^ {4,}|  |`)make(,? [A-Za-z0-9_=/.*:-]+)+' "$@" | tr -s ' ,`' '\n' |
        grep -E '^[a-z][a-z0-9-]*$' | grep -vx make | sort -u
}

help=$("$MAKE" -s help)
listed=$(echo "$help" | tr -sc 'a-z0-9-' '\n' | sort -u)
named=$(targets "$@")
[ -n "$named" ] || fail "found no commands in $*"
missing=$(echo "$named" | while read -r target; do echo "$listed" | grep -qx -- "$target" || echo "$target"; done)
[ -z "$missing" ] || fail "make help does not list:" $missing

rules=$("$MAKE" -pnq help 2>/dev/null | sed -n 's/^\([a-z][a-z0-9-]*\):.*/\1/p' | sort -u)
missing=$(echo "$help" | sed 's/^/  /' | targets - | while read -r target; do
    echo "$rules" | grep -qx -- "$target" || echo "$target"
done)
[ -z "$missing" ] || fail "make help lists these, but no rule makes them:" $missing
echo "targets: make help lists the $(echo "$named" | wc -l) targets of $*"

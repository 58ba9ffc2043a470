#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every external symbol that the static library defines begins with slogout_ or slo_. The symbols that begin with
# slogout_ are exactly the functions of the map. The version in the map is that of the header, and both forms of the
# version in the header agree.
# usage: symbols.sh STATIC_LIBRARY SOVERSION
set -eu

fail()
{
    echo "symbols: $*" >&2
    exit 1
}

defined=$(nm -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort)
[ -n "$defined" ] || fail "$1 defines no symbols"
bare=$(echo "$defined" | grep -Ev '^(slogout|slo)_' || :)
[ -z "$bare" ] || fail "without a prefix in $1: $bare"
public=$(echo "$defined" | grep '^slogout_')
map=$(sh tests/docs/house/public.sh)
[ "$public" = "$map" ] || fail "lib/slogout.map and $1 differ:" "$(printf '%s\n' "$public" "$map" | sort | uniq -u)"

grep -qx "SLOGOUT_$2 {" lib/slogout.map || fail "the version in lib/slogout.map is not SLOGOUT_$2"
text=$(sed -n 's/^#define SLOGOUT_VERSION *"\(.*\)"/\1/p' include/slogout/slogout.h)
number=$(sed -n 's/^#define SLOGOUT_VERSION_NUMBER *\([0-9]*\).*/\1/p' include/slogout/slogout.h)
[ "$(echo "$text" | awk -F. '{ print $1 * 10000 + $2 * 100 + $3 }')" = "$number" ] ||
    fail "SLOGOUT_VERSION_NUMBER $number is not $text"
echo "symbols: $(echo "$defined" | wc -l) in $(basename "$1"), $(echo "$public" | wc -l) of them public, version $text"

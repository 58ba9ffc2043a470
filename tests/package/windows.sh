#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The shared library for Windows exports the functions of the map, and a program that is linked with the import library
# runs an exchange.
# shellcheck disable=SC2046 # words
# usage: windows.sh FOLDER, an unpacked distribution, with MAKE in the environment
. tests/package/common.sh
wine=$(realpath "$(dirname "$0")/portability/wine.sh") here=$PWD
target=x86_64-w64-mingw32
enter_copy "$1"

quiet_make CC=$target-gcc AR=$target-ar all install DESTDIR="$PWD/stage" PREFIX=/slogout
[ -f stage/slogout/lib/libslogout.a ] || fail "no static library"
library=$(echo stage/slogout/bin/libslogout-*.dll)
check_exports $($target-objdump -p "$library" |
    awk '/Ordinal\/Name Pointer/ { on = 1; next } on && NF == 0 { exit } on { print $NF }')

# The import library is the only library in the search path.
mkdir import
mv stage/slogout/lib/libslogout.dll.a import
host=$(realpath stage/slogout/bin)/host.exe
$target-gcc -Istage/slogout/include -o "$host" tests/docs/house/neighbors.c -Limport -lslogout
$target-objdump -p "$host" | grep -q "DLL Name: $(basename "$library")" || fail "not linked with $library"
(cd "$here" && sh "$wine" "$host") || fail "the exchange stops at step $?"
echo "windows: $(basename "$library") exports the public functions and runs an exchange"

#!/bin/sh
# The shared library for Windows exports the functions of the map, and a program that is linked with the import library
# runs an exchange.
# usage: windows.sh FOLDER, a distribution that was unpacked; with MAKE in the environment
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL
wine=$(realpath "$(dirname "$0")/../portability/wine.sh") here=$PWD
target=x86_64-w64-mingw32
rm -rf "$1.windows"
cp -r "$1" "$1.windows"
cd "$1.windows"
rm -rf build

fail()
{
    echo "windows: $*" >&2
    exit 1
}

"$MAKE" -s CC=$target-gcc AR=$target-ar all install DESTDIR="$PWD/stage" PREFIX=/slogout >make.log 2>&1 ||
    { cat make.log >&2; fail "it does not build"; }
[ -f stage/slogout/lib/libslogout.a ] || fail "no static library"
library=$(echo stage/slogout/bin/libslogout-*.dll)
exports=$($target-objdump -p "$library" | awk '/Ordinal\/Name Pointer/ { on = 1; next } on && NF == 0 { exit } on { print $NF }' | sort)
[ "$exports" = "$(sed -n 's/^ *\(slogout_[a-z_]*\);/\1/p' lib/slogout.map | sort)" ] || fail "exports: $exports"

# The only library in its search path is the one for import.
mkdir import
mv stage/slogout/lib/libslogout.dll.a import
$target-gcc -Istage/slogout/include -o "$(dirname "$library")/host.exe" tests/house/neighbors.c -Limport -lslogout
$target-objdump -p "$(dirname "$library")/host.exe" | grep -q "DLL Name: $(basename "$library")" || fail "not linked with $library"
host=$(realpath "$(dirname "$library")/host.exe")
(cd "$here" && sh "$wine" "$host") || fail "the exchange stops at $?"
echo "windows: $(echo "$exports" | wc -l) functions exported by $(basename "$library"), an exchange by the import library"

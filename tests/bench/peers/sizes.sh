#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints `NAME text data bss` in octets for the library and for the peers that are installed, as their packages compile
# them. The argument is the core compiled with -Os, which must be in the same folder as the one file from which it was
# compiled.
set -eu

sum() # NAME FILE...
{
    name=$1
    shift
    size -A "$@" | awk -v name="$name" '
        $1 ~ /^\.(text|rodata)/ { text += $2 } $1 ~ /^\.data/ { data += $2 } $1 ~ /^\.bss/ { bss += $2 }
        END { printf "%s %d %d %d\n", name, text, data, bss }'
}

archive=$(mktemp -d)
trap 'rm -rf "$archive"' EXIT
for source in lib/*.c; do
    "${CC:-cc}" -std=c99 -Iinclude -Os -fvisibility=hidden -c -o "$archive/$(basename "$source" .c).o" "$source"
done
one_file=$(dirname "$1")
"${CC:-cc}" -std=c99 -I"$one_file" -Os -c -o "$archive/one" "$one_file/slogout.c"

sum "slogout core" "$1"
sum "slogout" "$archive"/*.o
sum "slogout in one file" "$archive/one"
for library in http_parser hiredis; do
    path=$("${CC:-cc}" -print-file-name="lib$library.a")
    test ! -e "$path" || sum "$library" "$path"
done
path=$("${CC:-cc}" -print-file-name=libwslay.so)
test ! -e "$path" || sum "wslay" "$(readlink -f "$path")"

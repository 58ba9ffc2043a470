#!/bin/sh
# Prints `NAME text data bss` for the library and for peers, in octets. Arguments: the core's objects compiled with -Os.
# A peer that is not installed is left out. Peers are as their packages compile them.
set -eu

sum() # NAME FILE...
{
    name=$1
    shift
    size -A "$@" | awk -v name="$name" '
        $1 ~ /^\.(text|rodata)/ { text += $2 } $1 ~ /^\.data/ { data += $2 } $1 ~ /^\.bss/ { bss += $2 }
        END { printf "%s %d %d %d\n", name, text, data, bss }'
}

whole=$(mktemp -d)
trap 'rm -rf "$whole"' EXIT
for source in lib/*.c; do
    "${CC:-cc}" -std=c99 -Iinclude -Os -fvisibility=hidden -c -o "$whole/$(basename "$source" .c).o" "$source"
done

sum "slogout core" "$@"
sum "slogout" "$whole"/*.o
if [ -e build/amalgamation/slogout.c ]; then
    "${CC:-cc}" -std=c99 -Ibuild/amalgamation -Iinclude -Os -c -o "$whole/one" build/amalgamation/slogout.c
    sum "slogout in one file" "$whole/one"
fi
for library in http_parser hiredis; do
    path=$("${CC:-cc}" -print-file-name="lib$library.a")
    test ! -e "$path" || sum "$library" "$path"
done
path=$("${CC:-cc}" -print-file-name=libwslay.so)
test ! -e "$path" || sum "wslay" "$(readlink -f "$path")"

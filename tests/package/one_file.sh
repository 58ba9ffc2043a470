#!/bin/sh
# The one file: the same each time it is made, without a warning in C99, with external linkage for the public functions
# only, no larger than the archive, and linked with a host in C++. Whole, and the core alone.
# shellcheck disable=SC2086 # words
# usage: one_file.sh FOLDER BUILD, with CLANG in the environment
. tests/package/common.sh

folder=$1 build=$2
strict="-std=c99 -pedantic -Wall -Wextra -Wcast-qual -Wshadow -Wconversion -Wsign-conversion -Wundef -Wvla -Werror"
mkdir -p "$build"

# The public functions that these headers declare.
functions()
{
    sh tests/docs/house/public.sh | while read -r name; do ! grep -q "^SLOGOUT_API.*\b$name(" "$@" || echo "$name"; done
}

text_size()
{
    size -A "$@" | awk '$1 ~ /^\.text/ { n += $2 } END { print n }'
}

python3 -B tests/package/amalgamate.py "$build/again" >/dev/null
diff -r "$folder" "$build/again" || fail "it is not the same when made again"
rm -r "$build/again"

for part in whole core; do
    case $part in
    whole) define='' headers=$(echo include/slogout/*.h) ;;
    core) define=-DSLOGOUT_CORE headers=include/slogout/slogout.h ;;
    esac
    for compiler in gcc "$CLANG" "gcc -m32 -fno-pic"; do
        $compiler $strict -Os $define "-I$folder" -c -o "$build/$part.o" "$folder/slogout.c" ||
            fail "$compiler, $part"
        [ "$(nm -g --defined-only "$build/$part.o" | awk '{ print $3 }' | sort)" = "$(functions $headers)" ] ||
            fail "$compiler, $part: defines others than the public functions, or not all"
    done
    gcc -std=c99 -Os $define "-I$folder" -c -o "$build/$part.o" "$folder/slogout.c"
    for language in "gcc -x c -std=c99" "g++ -x c++ -std=c++98"; do
        $language -Wall -Wextra -Werror "-I$folder" -o "$build/host" tests/docs/house/neighbors.c -x none "$build/$part.o" ||
            fail "$language does not link with it"
        "$build/host" || fail "$language, $part: the exchange stops at $?"
    done
done

objects=
for source in lib/*.c; do
    gcc -std=c99 -Iinclude -Os -c -o "$build/lib_$(basename "$source").o" "$source"
    objects="$objects $build/lib_$(basename "$source").o"
done
one=$(text_size "$build/whole.o") all=$(text_size $objects)
[ "$one" -le "$all" ] || fail ".text has $one octets, the archive's $all"
echo "one_file: .text at -Os $one octets, of the archive $all, of the core $(text_size "$build/core.o")"

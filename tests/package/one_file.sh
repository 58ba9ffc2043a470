#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests the library as one file: its names do not collide with others, each choice of parts compiles and links without
# warnings, and a process can contain two copies of the library.
# shellcheck disable=SC2086 # words
# usage: one_file.sh FOLDER BUILD, with CLANG in the environment
. tests/package/common.sh

one=$(realpath "$1") build=$2
rm -rf "$build"
mkdir -p "$build/objects"
build=$(realpath "$build")
strict="-std=c99 -pedantic -Wall -Wextra -Wcast-qual -Wshadow -Wconversion -Wsign-conversion -Wundef -Wvla -Werror"

# ---- names ----

# Without optimization, the compiler keeps all functions and tables.
for source in lib/*.c; do
    gcc -std=c99 -O0 -Iinclude -c -o "$build/objects/$(basename "$source").o" "$source"
done
twice=$(nm -P "$build"/objects/*.o | awk '$2 ~ /[tdrb]/ && $1 !~ /^slo_|\./ { print $1 }' | sort | uniq -d)
[ -z "$twice" ] || fail "these names are static in two files of lib/:" $twice

# The names that C and POSIX reserve for headers and for later versions, except the names that lib/ uses for their
# purpose.
reserved=$(gcc -w -fpreprocessed -dD -E -P "$one/slogout.c" | sed 's/"[^"]*"//g' |
    grep -oE '\b[A-Za-z_]\w*\b( *\()?' | sort -u |
    grep -E '^(E[A-Z0-9]|SIG[A-Z_]|LC_|PRI|SCN|_)|_t$|^(is|to|str|mem|wcs)[a-z]+ *\(' |
    grep -vE '^(u?int(8|16|32|64)|size)_t$|^(mem(chr|cmp|cpy|move|set)|str(chr|cpy|cspn|len|ncmp))\(|^__?(GNUC__|attribute__\(|WIN32|CYGWIN__)$' ||
    :)
[ -z "$reserved" ] || fail "C or POSIX reserves these names:" $reserved

# All headers of POSIX.1-2008 that the C library has are included before the first line.
for header in aio arpa/inet assert complex cpio ctype dirent dlfcn errno fcntl fenv float fmtmsg fnmatch ftw glob grp \
    iconv inttypes iso646 langinfo libgen limits locale math monetary mqueue ndbm net/if netdb netinet/in netinet/tcp \
    nl_types poll pthread pwd regex sched search semaphore setjmp signal spawn stdarg stdbool stddef stdint stdio stdlib \
    string strings stropts sys/ipc sys/mman sys/msg sys/resource sys/select sys/sem sys/shm sys/socket sys/stat \
    sys/statvfs sys/time sys/times sys/types sys/uio sys/un sys/utsname sys/wait syslog tar termios tgmath time trace \
    ulimit unistd utime utmpx wchar wctype wordexp; do
    printf '#if __has_include(<%s.h>)\n#include <%s.h>\n#endif\n' $header $header
done >"$build/posix.h"
musl="--target=x86_64-linux-musl -nostdlibinc -isystem /usr/include/x86_64-linux-musl"
for compiler in gcc "$CLANG" musl-gcc "$CLANG $musl"; do
    for language in "-std=c99 -D_XOPEN_SOURCE=700" "-std=gnu11 -D_GNU_SOURCE"; do
        $compiler $language -include "$build/posix.h" -Wall -Wextra -Werror "-I$one" -fsyntax-only "$one/slogout.c" ||
            fail "$compiler $language: does not compile after all headers of POSIX"
    done
done

# ---- parts ----

# Prints the public functions that these headers declare.
functions()
{
    sh tests/docs/house/public.sh | while read -r name; do ! grep -q "^SLOGOUT_API.*\b$name(" "$@" || echo "$name"; done
}

for part in "slogout drain filter" "slogout drain -DSLOGOUT_NO_FILTER" "slogout filter -DSLOGOUT_NO_DRAIN" \
    "slogout -DSLOGOUT_NO_DRAIN -DSLOGOUT_NO_FILTER" "slogout -DSLOGOUT_CORE"; do
    rm -rf "$build/part"
    mkdir -p "$build/part/slogout"
    define=
    for word in $part; do
        case $word in -D*) define="$define $word" ;; *) cp "$one/slogout/$word.h" "$build/part/slogout" ;; esac
    done
    public=$(functions "$build"/part/slogout/*.h)
    for compiler in "$CLANG" "gcc -m32 -fno-pic" gcc; do
        $compiler $strict -Os $define "-I$build/part" -c -o "$build/part.o" "$one/slogout.c" || fail "$compiler, $part"
        [ "$(nm -g --defined-only "$build/part.o" | awk '{ print $3 }' | sort)" = "$public" ] ||
            fail "$compiler, $part: does not define exactly the public functions"
        ! nm -u "$build/part.o" | grep 'slo' || fail "$compiler, $part: a function is missing"
    done
    for language in "gcc -x c -std=c99" "g++ -x c++ -std=c++98"; do
        $language -Wall -Wextra -Werror "-I$build/part" -o "$build/host" tests/docs/house/neighbors.c -x none "$build/part.o" ||
            fail "$language does not link with $part"
        "$build/host" || fail "$language, $part: the exchange stops at $?"
    done
done
core=$(size -A "$build/part.o" | awk '$1 ~ /^\.text/ { n += $2 } END { print n }')
[ "$core" -le 8192 ] || fail ".text of the core at -Os is larger than 8 KB: $core octets"

# ---- behavior: some unit tests that need public functions only ----

gcc $strict -O2 "-I$one" -c -o "$build/whole.o" "$one/slogout.c"
flags="-std=c99 -D_POSIX_C_SOURCE=200809L -I$one -Ilib -Itests/unit"
mkdir "$build/support"
for source in tests/unit/support/*.c; do
    gcc $flags -c -o "$build/support/$(basename "$source").o" "$source"
done
ar rcs "$build/support.a" "$build"/support/*.o
for test in drain filter response; do
    gcc $flags -o "$build/unit" tests/unit/test_$test.c "$build/support.a" "$build/whole.o" -lcmocka || fail "test_$test"
    "$build/unit" >"$build/out" 2>&1 || { cat "$build/out" >&2; fail "test_$test"; }
done

# ---- two copies in one process ----

version=$(sed -n 's/^#define SLOGOUT_VERSION *"\(.*\)"/\1/p' include/slogout/slogout.h)
cp -r "$one" "$build/other"
sed -i '/define SLOGOUT_VERSION /s/".*"/"other"/' "$build/other/slogout/slogout.h"
gcc -std=c99 -Iinclude -fPIC -fvisibility=hidden -DSLOGOUT_API='__attribute__((visibility("default")))' -shared \
    -Wl,-soname,libslogout.so -Wl,--version-script,lib/slogout.map -o "$build/libslogout.so" lib/*.c

# two_copies PROGRAM_FLAGS PLUGIN_FLAGS PROGRAM_VERSION PLUGIN_VERSION
two_copies()
{
    gcc -rdynamic -o "$build/program" tests/package/two_copies.c $1 -ldl
    gcc -shared -fPIC -DPLUGIN -o "$build/plugin.so" tests/package/two_copies.c $2
    found=$(LD_LIBRARY_PATH="$build" "$build/program" "$build/plugin.so")
    [ "$found" = "$3 $4" ] || fail "a program with version $3 and a plugin with version $4 call $found"
}
shared="-Iinclude -L$build -lslogout"
two_copies "-I$build/other $build/other/slogout.c" "$shared" other "$version"
two_copies "$shared" "-I$build/other $build/other/slogout.c" "$version" other
two_copies "-I$build/other $build/other/slogout.c" "-I$one $one/slogout.c" other "$version"

echo "one_file: no names of POSIX, five choices of parts, two copies in one process, .text of the core at -Os $core octets"

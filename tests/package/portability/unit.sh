#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the library, its unit tests and cmocka for one machine, and runs the tests there:
#     tests/package/portability/unit.sh NAME CMOCKA_SOURCE RUNNER CC FLAG...
# RUNNER starts a program for that machine. It is empty if the programs run without help.
set -eu

name=$1 cmocka=$2 runner=$3
shift 3
build=${SLOGOUT_BUILD:-build}/portability/$name
rm -rf "$build"
mkdir -p "$build"

fail()
{
    echo "portability $name: FAILED: $1" >&2
    exit 1
}

# The library must compile with all warnings. The tests and cmocka only have to work.
warnings="-std=c99 -pedantic-errors -Wall -Wextra -Wcast-qual -Wshadow -Wconversion -Wsign-conversion -Werror"
library=
for source in lib/*.c; do
    "$@" $warnings -Iinclude -c -o "$build/$(basename "$source").o" "$source" || fail "$source"
    library="$library $build/$(basename "$source").o"
done
features="-D_POSIX_C_SOURCE=200809L -D__USE_MINGW_ANSI_STDIO=1"
"$@" -w $features -I"$cmocka/include" -DHAVE_SIGNAL_H -DHAVE_STRUCT_TIMESPEC -DHAVE_MALLOC_H -DHAVE_INTTYPES_H \
    -DHAVE_STRINGS_H -include time.h -c -o "$build/cmocka.o" "$cmocka/src/cmocka.c" || fail cmocka
support=
for source in tests/unit/support/*.c; do
    "$@" -std=c99 $features -Iinclude -Ilib -Itests -Itests/unit -I"$cmocka/include" \
        -c -o "$build/support_$(basename "$source").o" "$source" || fail "$source"
    support="$support $build/support_$(basename "$source").o"
done
# The linker takes only the objects that the test needs from an archive.
ar rcs "$build/support.a" $support

compiler=$1
shift
for source in tests/unit/test_*.c; do
    test=$build/$(basename "$source" .c).exe
    "$compiler" "$@" -std=c99 $features -Iinclude -Ilib -Itests -Itests/unit -I"$cmocka/include" \
        -o "$test" "$source" "$build/support.a" $library "$build/cmocka.o" || fail "$source"
    $runner "$test" >"$test.log" 2>&1 || { cat "$test.log" >&2; fail "$test"; }
done
passed=$(cat "$build"/*.log | tr -d '\r' | awk '/^\[  PASSED  \] [0-9]+ test/ { n += $4 } END { print n + 0 }')
test "$passed" -gt 0 || fail "no test ran"
echo "portability $name: $passed unit tests passed"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The library, compiled freestanding, uses only these functions of libc. malloc and free are the default allocator,
# snprintf writes the log line of slogout_result_format(), and any small libc has the other functions.
set -eu

allowed="free malloc memchr memcmp memcpy memmove memset snprintf strchr strcpy strcspn strlen strncmp"
build=${SLOGOUT_BUILD:-build}/portability/freestanding
rm -rf "$build"
mkdir -p "$build"
for source in lib/*.c; do
    "${CC:-cc}" -std=c99 -ffreestanding -fno-stack-protector -O2 -Iinclude -c -o "$build/$(basename "$source").o" "$source"
done
ld -r -o "$build/all.o" "$build"/*.c.o
used=$(nm -u "$build/all.o" | sed 's/^ *U //' | grep -v _GLOBAL_OFFSET_TABLE_ | sort | tr '\n' ' ')
for name in $used; do
    case " $allowed " in
    *" $name "*) ;;
    *) echo "libc: FAILED: the library uses $name" >&2; exit 1 ;;
    esac
done
test -n "$used"
echo "libc: freestanding, the library uses only $used"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: sections.sh LIBRARY. The static library has no data in .data and .bss, so it has no global state. In
# position-independent code, constant tables of pointers are in .data.rel.ro.
set -eu

found=$(objdump -h "$1" | awk '
    /file format/ { object = $1 }
    $2 ~ /^\.(data|bss|tdata|tbss)$/ && $3 !~ /^0+$/ { print object, $2, "0x" $3 }')
if [ -n "$found" ]; then
    echo "writable data in $1:" >&2
    echo "$found" >&2
    exit 1
fi
echo "sections: nothing in .data and .bss of $(basename "$1")"

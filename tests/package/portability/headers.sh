#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each public header compiles alone, and if it is included twice, in each language without a warning. In C++, each
# struct can be named without the word struct. Only host.h requires POSIX in addition to C.
set -eu

count=0
check()
{
    for header in include/slogout/*.h; do
        {
            [ "$header" != include/slogout/host.h ] || echo '#define _POSIX_C_SOURCE 200809L'
            echo "#include <slogout/$(basename "$header")>"
            echo "#include <slogout/$(basename "$header")>"
            echo '#ifdef __cplusplus'
            sed -n 's/^struct \([a-z_]*\) {/extern const \1 *const use_\1;/p' "$header"
            echo '#endif'
        } | "$@" -Iinclude -Wall -Wextra -Wshadow -Wconversion -pedantic-errors -Werror -fsyntax-only - ||
            { echo "headers: FAILED: $* with $header" >&2; exit 1; }
        count=$((count + 1))
    done
}

for compiler in gcc "${CLANG:-clang-19}"; do
    for standard in c99 c11 c2x; do
        check "$compiler" -x c -std=$standard -Wold-style-definition -Wstrict-prototypes -Wmissing-prototypes
    done
    check "$compiler" -x c++ -std=c++98 -Wold-style-cast -Wno-variadic-macros -Wno-long-long
    for standard in c++11 c++17 c++20; do
        check "$compiler" -x c++ -std=$standard -Wold-style-cast
    done
done
echo "headers: $count checks: each header alone, C99 to C23, C++98 to C++20, gcc and clang"

#!/bin/sh
# Each public header compiles alone, and twice in a row, in each language without a warning. Only host.h needs what
# POSIX adds to C.
set -eu

count=0
check()
{
    for header in include/slogout/*.h; do
        name=slogout/$(basename "$header")
        feature=
        [ "$name" != slogout/host.h ] || feature='#define _POSIX_C_SOURCE 200809L'
        printf '%s\n#include <%s>\n#include <%s>\n' "$feature" "$name" "$name" | "$@" -Iinclude -Wall -Wextra -Werror -fsyntax-only - ||
            { echo "headers: FAILED: $* with $name" >&2; exit 1; }
        count=$((count + 1))
    done
}

for cc in gcc "${CLANG:-clang-19}"; do
    check "$cc" -x c -std=c99 -pedantic-errors
    check "$cc" -x c -std=c11 -pedantic-errors
    check "$cc" -x c -std=c2x -pedantic-errors
    check "$cc" -x c++ -std=c++98 -pedantic-errors -Wno-variadic-macros -Wno-long-long
    check "$cc" -x c++ -std=c++11 -pedantic-errors
    check "$cc" -x c++ -std=c++20 -pedantic-errors
done
echo "headers: $count checks: each header alone, C99, C11, C23, C++98, C++11, C++20, gcc and clang"

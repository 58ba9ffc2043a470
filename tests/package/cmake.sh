#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests lib/CMakeLists.txt. A parent project adds the folder, and links a program statically and shared, with and
# without drains and filters; nothing else is added to it. If the library is installed on its own, find_package() and
# pkg-config find it.
# shellcheck disable=SC2046,SC2086 # words
# usage: cmake.sh FOLDER, an unpacked distribution
. tests/package/common.sh
source=$(realpath "$1")
rm -rf "$1.cmake"
mkdir -p "$1.cmake/the parent"
cd "$1.cmake"

run()
{
    "$@" >log 2>&1 || { cat log >&2; fail "$*"; }
}

cat >"the parent/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.16)
project(parent C)
if(FOUND)
    find_package(slogout CONFIG REQUIRED)
else()
    add_subdirectory(${SLOGOUT}/lib slogout)
endif()
add_executable(host ${SLOGOUT}/tests/docs/house/neighbors.c)
target_link_libraries(host PRIVATE slogout::slogout)
END

for kind in "OFF OFF ON" "OFF ON OFF" "ON OFF OFF" "ON ON ON"; do
    set -- $kind
    run cmake -S "the parent" -B out "-DSLOGOUT=$source" -DBUILD_SHARED_LIBS="$1" -DSLOGOUT_DRAIN="$2" \
        -DSLOGOUT_FILTER="$3" -DCMAKE_C_FLAGS="-Wall -Wextra -Werror" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
    run cmake --build out
    out/host || fail "$kind: the exchange stops at $?"
done
! grep 'neighbors.c"' out/compile_commands.json | grep 'visibility\|-std' || fail "the parent gets flags of the library"
cd "$source"
check_exports $(nm -D --defined-only "$OLDPWD/out/slogout/libslogout.so" | sed -n 's/.* T \([a-z_]*\).*/\1/p')
cd "$OLDPWD"
DESTDIR=$PWD/stage run cmake --install out
[ ! -e stage ] || fail "the library adds files to the installation of the parent project"

prefix="$PWD/the prefix"
run cmake -S "$source/lib" -B alone -DBUILD_SHARED_LIBS=ON -DCMAKE_INSTALL_PREFIX="$prefix"
run cmake --build alone
run cmake --install alone
run cmake -S "the parent" -B found "-DSLOGOUT=$source" -DFOUND=ON -DCMAKE_PREFIX_PATH="$prefix"
run cmake --build found
found/host || fail "installed: the exchange stops at $?"
PKG_CONFIG_LIBDIR=$(echo "$prefix"/lib*/pkgconfig)
export PKG_CONFIG_LIBDIR
eval "gcc -o linked '$source/tests/docs/house/neighbors.c' $(pkg-config --cflags --libs slogout)"
echo "cmake: linked statically and shared, with and without drains and filters, and installed"

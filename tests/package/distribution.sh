#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests the distribution: it has the same octets if it is made from itself, it builds the same libraries in any folder,
# and it can be installed. Makes FOLDER/NAME, in which other scripts build.
# usage: distribution.sh FILE NAME FOLDER, with MAKE and CC in the environment
. tests/package/common.sh
file=$(realpath "$1") name=$2 folder=$3

rm -rf "$folder"
mkdir -p "$folder/another place"
tar -xzf "$file" -C "$folder"
tar -xzf "$file" -C "$folder/another place"
cd "$folder/$name"
quiet_make dist CC="$CC"
cmp "$file" "build/$name.tar.gz" || fail "a distribution that is made from the distribution differs"

# CFLAGS have their default value, with -g, which would show a path.
cd ..
for place in "$name" "another place/$name"; do
    quiet_make -C "$place" CC="$CC" static shared
done
for library in libslogout.a libslogout.so; do
    cmp "$name/build/$library" "another place/$name/build/$library" || fail "$library depends on the folder"
done

cd "another place/$name"
quiet_make CC="$CC" install-check
echo "distribution: $(stat -c %s "$file") octets, reproducible, the same libraries in two folders, can be installed"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The distribution: the same octets when made from itself, the same libraries from any folder, and it builds and
# installs. Makes FOLDER/NAME and leaves it for others to build in.
# usage: distribution.sh FILE NAME FOLDER, with MAKE and CC in the environment
. tests/package/common.sh
file=$(realpath "$1") name=$2 folder=$3

rm -rf "$folder"
mkdir -p "$folder/another place"
tar -xzf "$file" -C "$folder"
tar -xzf "$file" -C "$folder/another place"
cd "$folder/$name"
quiet_make dist CC="$CC"
cmp "$file" "build/$name.tar.gz" || fail "made from itself, it differs"

# CFLAGS as they are when nobody sets them: with -g, so that a path would show.
cd ..
for place in "$name" "another place/$name"; do
    quiet_make -C "$place" CC="$CC" static shared
done
for library in libslogout.a libslogout.so; do
    cmp "$name/build/$library" "another place/$name/build/$library" || fail "$library depends on the folder"
done

cd "another place/$name"
quiet_make CC="$CC" install-check
echo "distribution: $(stat -c %s "$file") octets, reproducible; same libraries in two folders; can be installed"

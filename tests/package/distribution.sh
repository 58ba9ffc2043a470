#!/bin/sh
# The distribution: the same octets when made from itself, the same libraries from any folder, and it builds, tests and
# installs. Makes FOLDER/NAME and leaves it for others to build in.
# usage: distribution.sh FILE NAME FOLDER, with MAKE and CC in the environment
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL
file=$(realpath "$1") name=$2 folder=$3

fail()
{
    echo "distribution: $*" >&2
    exit 1
}

rm -rf "$folder"
mkdir -p "$folder/another place"
tar -xzf "$file" -C "$folder"
tar -xzf "$file" -C "$folder/another place"
cd "$folder/$name"
"$MAKE" -s dist CC="$CC" >/dev/null
cmp "$file" "build/$name.tar.gz" || fail "made from itself, it differs"

# CFLAGS as they are when nobody sets them: with -g, so that a path would show.
cd ..
for place in "$name" "another place/$name"; do
    "$MAKE" -s -C "$place" CC="$CC" static shared >/dev/null
done
for library in libslogout.a libslogout.so; do
    cmp "$name/build/$library" "another place/$name/build/$library" || fail "$library depends on the folder"
done

cd "another place/$name"
# Not house: how the functions are cut is nothing that a packager could mend.
"$MAKE" -s -j2 CC="$CC" unit manual install-check >test.log 2>&1 || { tail -n 50 test.log >&2; fail "its tests fail"; }
passed=$(awk '/^\[  PASSED  \] [0-9]+ test/ { n += $4 } END { print n + 0 }' test.log)
[ "$passed" -gt 0 ] || fail "no unit test ran"
echo "distribution: $(stat -c %s "$file") octets, reproducible; same libraries in two folders; $passed unit tests"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Writes the distribution, with GNU tar: the sources, the library as one C file, and the transcripts. The same sources
# give the same octets: sorted names, no owner, and one time, which is that of the last commit, in a distribution that of
# Makefile, or SOURCE_DATE_EPOCH. In a clone the files are those that git knows.
# usage: dist.sh NAME BUILD. Writes BUILD/NAME.tar.gz, with NAME/ in front of each path.
set -eu

name=$1 build=$2
stage=$build/dist/$name
if [ -e .git ] && time=$(git log -1 --format=%ct 2>/dev/null); then
    list='git ls-files -z'
else
    list='find . ( -path ./build -o -path ./amalgamation -o -name __pycache__ ) -prune -o -type f -print0'
    time=$(stat -c %Y Makefile)
fi
rm -rf "$build/dist"
mkdir -p "$stage"
$list | tar --null --files-from=- -cf - | tar -xf - -C "$stage"
cp "$build"/transcripts/*.txt "$stage/tests/model/transcripts"
sh lib/amalgamate.sh "$stage/amalgamation"
tar -C "$build/dist" --sort=name --format=ustar --mode=u=rwX,go=rX --owner=0 --group=0 --numeric-owner \
    --mtime="@${SOURCE_DATE_EPOCH:-$time}" -cf "$build/$name.tar" "$name"
gzip -9n <"$build/$name.tar" >"$build/$name.tar.gz"
rm "$build/$name.tar"

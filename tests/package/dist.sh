#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Writes the distribution with GNU tar: the sources, the library as one C file, and the transcripts. The same sources
# always give the same octets: the names are sorted, there is no owner, and all files have the same time. This is
# SOURCE_DATE_EPOCH if it is set, the time of the last commit in a clone, and the time of Makefile in a distribution. In
# a clone, the distribution contains the files that git knows.
# usage: dist.sh NAME BUILD. Writes BUILD/NAME.tar.gz, with NAME/ before each path.
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

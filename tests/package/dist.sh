#!/bin/sh
# Writes the distribution, with GNU tar: dist.sh NAME FILE, with NAME/ in front of each path. The same sources give the
# same octets: sorted names, no owner, and one time, which is that of the last commit, in a distribution that of
# Makefile, or SOURCE_DATE_EPOCH. In a clone the files are those that git knows.
set -eu

name=$1 file=$2
if [ -e .git ] && time=$(git log -1 --format=%ct 2>/dev/null); then
    list='git ls-files -z'
else
    list='find Makefile README COPYING .clang-format .clang-tidy .gitignore .ci include lib tests examples man
        ( -name __pycache__ -prune ) -o -type f -print0'
    time=$(stat -c %Y Makefile)
fi
$list | LC_ALL=C sort -z >"$file.list"
tar --null --no-recursion --files-from="$file.list" --transform="s,^,$name/," --format=ustar --mode=u=rwX,go=rX \
    --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-$time}" -cf "$file.tar"
gzip -9n <"$file.tar" >"$file"
rm "$file.list" "$file.tar"

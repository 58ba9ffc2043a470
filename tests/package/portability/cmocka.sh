#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: cmocka.sh FOLDER. Downloads the source of Debian's cmocka for the machines that have no cmocka. Does not
# change the state of the system's apt.
set -eu

directory=$(realpath -m "$1")
rm -rf "$directory"
mkdir -p "$directory/sources" "$directory/lists/partial" "$directory/cache/archives/partial"
for list in /etc/apt/sources.list.d/*.sources; do
    test -e "$list" && sed 's/^Types:.*/Types: deb-src/' "$list" >"$directory/sources/$(basename "$list")"
done
if test -e /etc/apt/sources.list; then
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$directory/sources/main.list"
fi
set -- -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$directory/sources" \
    -o Dir::State::Lists="$directory/lists" -o Dir::Cache="$directory/cache"
cd "$directory"
apt-get "$@" update
apt-get "$@" source --download-only cmocka 2>apt.log || { cat apt.log >&2; exit 1; }
tar -xf cmocka_*.orig.tar.?z --strip-components=1 --exclude=debian
test -e src/cmocka.c

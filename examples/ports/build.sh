#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Unpacks and builds a server whose source fetch.sh has left in FOLDER/apt: build.sh FOLDER LIBRARY SERVER
# The tree of the server stays in FOLDER/SERVER, so that only what has changed is built again. PORT_CONFIGURE has more
# arguments for its configure script; if they are not those of the tree, it is unpacked again.
set -eu

folder=$1 library=$2 server=$3
ports=examples/ports
tree=$folder/$server

archive=
for file in "$folder/apt/$server"/*.orig.tar.gz "$folder/apt/$server"/*.orig.tar.xz; do
    test ! -e "$file" || archive=$file
done
if [ -z "$archive" ]; then
    echo "  $server: not built: no source"
    exit 0
fi
configured=$(cat "$tree/configured" 2>/dev/null || echo "${PORT_CONFIGURE:-}")
test "${PORT_CONFIGURE-$configured}" = "$configured" || rm -rf "$tree"
if [ ! -d "$tree" ]; then
    rm -rf "$tree.part"
    mkdir "$tree.part"
    tar -xf "$archive" -C "$tree.part" --strip-components=1
    echo "${PORT_CONFIGURE:-}" > "$tree.part/configured"
    mv "$tree.part" "$tree"
fi
if [ -e "$tree/linked" ] &&
    [ -z "$(find $ports/*.c $ports/*.h $ports/*.py "$ports/$server" "$library" -newer "$tree/linked")" ]; then
    exit 0
fi
echo "  $server"
sh "$ports/$server/build.sh" "$tree" "$library"
: > "$tree/linked"

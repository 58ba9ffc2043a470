#!/bin/sh
# Installs the peers that `make bench-peers` measures, on Debian 12, and gnuplot for its picture. Starts nothing.
set -eu

command -v apt-get >/dev/null || { echo "make deps-bench: needs Debian" >&2; exit 1; }
packages="libevent-dev libev-dev libuv1-dev libwslay-dev libnghttp2-dev libhiredis-dev libhttp-parser-dev gnuplot-nox
    pkg-config valgrind binutils"

missing=
for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" -eq 0 ]; then as_root=; else as_root=sudo; fi
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing >/dev/null
fi
# For its headers and parser.
sh tests/dovecot/deps.sh

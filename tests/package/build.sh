#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests all promises of the Makefile except those about the libraries, in an unpacked distribution.
# usage: build.sh FOLDER, with MAKE and CC in the environment
. tests/package/common.sh
enter_copy "$1"

if bmake >../log 2>&1 || ! grep -q 'slogout needs GNU make.*gmake' ../log; then
    fail "BSD make does not say that GNU make is needed: $(cat ../log)"
fi
# grep -q would end before make has written all, and make would fail.
"$MAKE" help | grep 'make install ' > /dev/null || fail "make help does not list install"

quiet_make CC="$CC" static install-static DESTDIR="$PWD/stage"
if find build stage -name 'libslogout.so*' | grep -q . || [ ! -f stage/usr/local/lib/libslogout.a ]; then
    fail "install-static builds or installs more than the static library, or not that"
fi

# rebuilds YES|NO FLAG... checks whether make builds the objects again with these flags.
rebuilds()
{
    expected=$1
    shift
    find include lib -type f -exec touch -d '5 hours ago' '{}' +
    touch -d '4 hours ago' build/flags
    find build -name '*.o' -exec touch -d '3 hours ago' '{}' +
    touch -d '2 hours ago' build/libslogout.a
    quiet_make CC="$CC" static "$@"
    [ -n "$(find build/lib -name '*.o' -mmin -60)" ] && found=yes || found=no
    [ "$found" = "$expected" ] || fail "are objects built again with $*: $found"
}

rebuilds no
rebuilds yes "CFLAGS=-O1 -DSOME_TEXT='1'"
rebuilds no "CFLAGS=-O1 -DSOME_TEXT='1'"
rebuilds yes "CFLAGS=-O1 -DSOME_TEXT='1'" CPPFLAGS=-DMORE

# Builds into other folders. The files of the source must not change, because they might be read-only.
out=$(realpath -m ../out)
rm -rf "$out" build stage
touch ../begun
quiet_make CC="$CC" BUILD=../out/relative transcripts-check
quiet_make CC=tcc BUILD=../out/tcc all
sh examples/demo.sh ../out/tcc/examples >/dev/null || fail "the programs that tcc built do not run"
changed=$(find . -newer ../begun)
[ -z "$changed" ] || fail "with BUILD=DIR, make changes files of the source: $changed"

rm -r tests
quiet_make CC="$CC" BUILD="$out/absolute" all hosts proxy
if [ ! -x "$out/absolute/examples/echo_server" ] || [ ! -x "$out/absolute/slogout-proxy" ]; then
    fail "with BUILD=DIR, make builds no programs"
fi
if "$MAKE" check >../log 2>&1 || ! grep -q 'no folder tests/' ../log; then
    fail "without tests/, make check does not say that the folder is missing: $(cat ../log)"
fi
echo "build: BSD make, help, static alone, other flags, other folders, tcc, without tests/"

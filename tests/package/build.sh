#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests the promises of the Makefile other than the libraries, in an unpacked distribution.
# usage: build.sh FOLDER, with MAKE and CC in the environment
. tests/package/common.sh
enter_copy "$1"

if bmake >../log 2>&1 || ! grep -q 'slogout needs GNU make.*gmake' ../log; then
    fail "BSD make does not say what is needed: $(cat ../log)"
fi
"$MAKE" help | grep -q 'make install ' || fail "make help does not name install"

quiet_make CC="$CC" static install-static DESTDIR="$PWD/stage"
if find build stage -name 'libslogout.so*' | grep -q . || [ ! -f stage/usr/local/lib/libslogout.a ]; then
    fail "install-static did not build or install the static library alone"
fi

# rebuilds YES|NO FLAG...: whether objects are built again with these flags
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
    [ "$found" = "$expected" ] || fail "objects are built again: $found, with $*"
}

rebuilds no
rebuilds yes "CFLAGS=-O1 -DSOME_TEXT='1'"
rebuilds no "CFLAGS=-O1 -DSOME_TEXT='1'"
rebuilds yes "CFLAGS=-O1 -DSOME_TEXT='1'" CPPFLAGS=-DMORE

# Into other folders. The source stays as it was, as if it could not be written.
out=$(realpath -m ../out)
rm -rf "$out" build stage
touch ../begun
quiet_make CC="$CC" BUILD=../out/relative transcripts-check
quiet_make CC=tcc BUILD=../out/tcc all
sh examples/demo.sh ../out/tcc/examples >/dev/null || fail "what tcc built does not run"
changed=$(find . -newer ../begun)
[ -z "$changed" ] || fail "BUILD does not keep the source as it was: $changed"

rm -r tests
quiet_make CC="$CC" BUILD="$out/absolute" all hosts proxy
if [ ! -x "$out/absolute/examples/echo_server" ] || [ ! -x "$out/absolute/slogout-proxy" ]; then
    fail "BUILD=DIR has no programs"
fi
if "$MAKE" check >../log 2>&1 || ! grep -q 'no folder tests/' ../log; then
    fail "without tests/ make check does not say so: $(cat ../log)"
fi
echo "build: BSD make, help, static alone, other flags, other folders, tcc, without tests/"

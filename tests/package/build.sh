#!/bin/sh
# What the Makefile promises beside the libraries, tried in a distribution that was unpacked.
# usage: build.sh FOLDER, with MAKE and CC in the environment
. tests/package/common.sh
enter_copy "$1"

if bmake >bmake.log 2>&1 || ! grep -q 'slogout needs GNU make.*gmake' bmake.log; then
    fail "BSD make does not say what is needed: $(cat bmake.log)"
fi

"$MAKE" help | grep -q 'make install ' || fail "make help says nothing of install"

quiet_make CC="$CC" static install-static DESTDIR="$PWD/stage"
if find build stage -name 'libslogout.so*' | grep -q . || [ ! -f stage/usr/local/lib/libslogout.a ]; then
    fail "install-static did not build or install the static library alone"
fi

# Sets built to the number of objects that are built again with these flags.
build_with()
{
    find include lib -type f -exec touch -d '5 hours ago' '{}' +
    touch -d '4 hours ago' build/flags
    find build -name '*.o' -exec touch -d '3 hours ago' '{}' +
    touch -d '2 hours ago' build/libslogout.a
    quiet_make CC="$CC" static "$@"
    built=$(find build/lib -name '*.o' -mmin -60 | wc -l)
}

# The source may be read-only: what is built elsewhere leaves nothing in it.
before=$(find . -type f ! -name make.log | sort)
for folder in "$PWD.absolute" ../relative; do
    quiet_make CC="$CC" BUILD="$folder" all hosts proxy transcripts-check
    [ -x "$folder/examples/echo_server" ] && [ -x "$folder/slogout-proxy" ] || fail "BUILD=$folder has no programs"
    rm -r "$folder"
done
[ "$before" = "$(find . -type f ! -name make.log | sort)" ] || fail "BUILD=... writes into the source"

# A compiler without dependency files, whose linker has no version scripts.
quiet_make CC=tcc BUILD=../tcc
sh examples/demo.sh ../tcc/examples >/dev/null || fail "what tcc built does not run"
rm -r ../tcc

quoted="CFLAGS=-O1 -DSOME_TEXT='1'"
build_with
[ "$built" -eq 0 ] || fail "built again without a reason"
build_with "$quoted"
[ "$built" -gt 0 ] || fail "not built again for other CFLAGS"
build_with "$quoted"
[ "$built" -eq 0 ] || fail "built again for the same CFLAGS"
build_with "$quoted" CPPFLAGS=-DMORE
[ "$built" -gt 0 ] || fail "not built again for other CPPFLAGS"

# Without the tests all else is built, and make says what is missing.
rm -rf tests build
quiet_make CC="$CC" all hosts proxy
if "$MAKE" check >missing.log 2>&1 || ! grep -q 'no folder tests/' missing.log; then
    fail "without tests/ make check does not say so: $(cat missing.log)"
fi
echo "build: static alone, other flags, other folders, tcc, without tests/, BSD make, help"

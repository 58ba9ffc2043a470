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

quoted="CFLAGS=-O1 -DSOME_TEXT='1'"
build_with
[ "$built" -eq 0 ] || fail "built again without a reason"
build_with "$quoted"
[ "$built" -gt 0 ] || fail "not built again for other CFLAGS"
build_with "$quoted"
[ "$built" -eq 0 ] || fail "built again for the same CFLAGS"
build_with "$quoted" CPPFLAGS=-DMORE
[ "$built" -gt 0 ] || fail "not built again for other CPPFLAGS"
echo "build: static alone, other flags, BSD make, help"

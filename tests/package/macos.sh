#!/bin/sh
# The rules for macOS, as far as they can be tried elsewhere: clang and lld build the library, with musl's headers and
# without Apple's libc. It exports the functions of the map and has the right name. Nothing here can run it.
# usage: macos.sh FOLDER, a distribution that was unpacked; with MAKE, CLANG and LLVM_SUFFIX in the environment
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL
rm -rf "$1.macos"
cp -r "$1" "$1.macos"
cd "$1.macos"
rm -rf build

fail()
{
    echo "macos: $*" >&2
    exit 1
}

compiler="$CLANG --target=arm64-apple-macos11 -nostdlibinc -isystem /usr/include/x86_64-linux-musl \
-Wno-unused-command-line-argument -fuse-ld=lld -nostdlib -Wl,-undefined,dynamic_lookup"
"$MAKE" -s CC="$compiler" AR="llvm-ar$LLVM_SUFFIX" PREFIX=/opt/slogout DESTDIR="$PWD/stage" install >make.log 2>&1 ||
    { cat make.log >&2; fail "it does not build"; }
lib=stage/opt/slogout/lib
version=$(sed -n 's/^.define SLOGOUT_VERSION "\(.*\)"/\1/p' include/slogout/slogout.h)
[ -f "$lib/libslogout.$version.dylib" ] && [ -f "$lib/libslogout.a" ] || fail "no library of version $version"
name=$(llvm-objdump"$LLVM_SUFFIX" --macho --dylib-id "$lib/libslogout.dylib" | tail -n 1)
[ -f "stage$name" ] || fail "its name is $name, and that was not installed"
exports=$(llvm-objdump"$LLVM_SUFFIX" --macho --exports-trie "$lib/libslogout.dylib" | awk '/^0x/ { print substr($2, 2) }' | sort)
[ "$exports" = "$(sed -n 's/^ *\(slogout_[a-z_]*\);/\1/p' lib/slogout.map | sort)" ] || fail "exports: $exports"
echo "macos: $(echo "$exports" | wc -l) functions exported by $name; linked for arm64, not run"

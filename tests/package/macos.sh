#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests the rules for macOS as far as another system can: clang and lld build the library, with the headers of musl and
# without Apple's libc. The library exports the functions of the map and has the right name. It cannot run here.
# shellcheck disable=SC2046 # words
# usage: macos.sh FOLDER, an unpacked distribution, with MAKE, CLANG and LLVM_SUFFIX in the environment
. tests/package/common.sh
enter_copy "$1"

compiler="$CLANG --target=arm64-apple-macos11 -nostdlibinc -isystem /usr/include/x86_64-linux-musl \
-Wno-unused-command-line-argument -fuse-ld=lld -nostdlib -Wl,-undefined,dynamic_lookup"
quiet_make CC="$compiler" AR="llvm-ar$LLVM_SUFFIX" PREFIX=/opt/slogout DESTDIR="$PWD/stage" install
lib=stage/opt/slogout/lib
version=$(sed -n 's/^.define SLOGOUT_VERSION *"\(.*\)"/\1/p' include/slogout/slogout.h)
[ -f "$lib/libslogout.$version.dylib" ] || fail "no library of version $version"
name=$(llvm-objdump"$LLVM_SUFFIX" --macho --dylib-id "$lib/libslogout.dylib" | tail -n 1)
[ -f "stage$name" ] || fail "the library is named $name, and no such file is installed"
check_exports $(llvm-objdump"$LLVM_SUFFIX" --macho --exports-trie "$lib/libslogout.dylib" |
    awk '/^0x/ { print substr($2, 2) }')
echo "macos: $name exports the public functions; linked for arm64, but not run"

#!/bin/sh
# Installs what `make verify` needs in addition to `make deps`, on Debian 12: clang 19, analyzers, and the compilers, C
# libraries and emulators of other machines.
set -eu

command -v apt-get >/dev/null || { echo "make deps-verify: needs Debian 12" >&2; exit 1; }
# libc6-dev-i386 and lib32gcc are for -m32; gcc-multilib conflicts with the cross compilers.
packages="clang-19 llvm-19 libclang-rt-19-dev clang-tidy-19 clang-tools-19 cppcheck g++ tcc util-linux
    libc6-dev-i386 lib32gcc-12-dev musl-tools gcc-mingw-w64-x86-64 wine wine64 qemu-user-static
    binutils-s390x-linux-gnu libc6-dev-s390x-cross libgcc-12-dev-s390x-cross
    binutils-arm-linux-gnueabihf libc6-dev-armhf-cross libgcc-12-dev-armhf-cross"

missing=
for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
test -n "$missing" || exit 0
if [ "$(id -u)" -eq 0 ]; then
    as_root=
else
    as_root=sudo
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086 # words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing >/dev/null

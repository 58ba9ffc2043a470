#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the tools for the tests: a C compiler with sanitizers, cmocka, pkg-config, Python 3, mandoc and valgrind.
# Does nothing, and needs no privileges, if all of them are installed.
set -eu

has_sanitizers()
{
    object=$(mktemp)
    echo 'int main(void) { return 0; }' |
        "${CC:-cc}" -fsanitize=address,undefined -x c - -o "$object" 2>/dev/null && found=0 || found=1
    rm -f "$object"
    return "$found"
}

has_all()
{
    for tool in "${CC:-cc}" nm python3 mandoc valgrind pkg-config; do
        command -v "$tool" >/dev/null || return 1
    done
    pkg-config --exists cmocka && has_sanitizers
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "make deps: needs root or sudo to run: $*" >&2
        exit 1
    fi
}

if has_all; then
    exit 0
elif command -v apt-get >/dev/null; then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends \
        gcc libc6-dev make libcmocka-dev pkg-config python3 mandoc valgrind >/dev/null
elif command -v dnf >/dev/null; then
    as_root dnf install -q -y gcc make libasan libubsan libcmocka-devel pkgconf-pkg-config python3 mandoc valgrind
elif command -v apk >/dev/null; then
    # On musl only clang has the sanitizers: make check CC=clang
    as_root apk add -q clang compiler-rt musl-dev make cmocka-dev pkgconf python3 mandoc valgrind
elif command -v pacman >/dev/null; then
    as_root pacman -S -q --needed --noconfirm gcc make cmocka pkgconf python mandoc valgrind
elif command -v brew >/dev/null; then
    brew install -q cmocka pkgconf python3 mandoc
else
    echo "make deps: found none of apt-get, dnf, apk, pacman and brew. The tests need a C compiler with" \
        "ASan and UBSan, cmocka, pkg-config, Python 3, mandoc and valgrind." >&2
    exit 1
fi

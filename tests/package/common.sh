# SPDX-License-Identifier: BSD-2-Clause
# The code that the scripts here share; they read this file from the top of the tree. shellcheck shell=sh
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL BUILD SLOGOUT_BUILD

script=$(basename "$0" .sh)

fail()
{
    echo "$script: $*" >&2
    exit 1
}

# Goes into a folder of its own that holds a copy of an unpacked distribution, with nothing built in it.
enter_copy()
{
    rm -rf "$1.$script"
    mkdir "$1.$script"
    cp -r "$1" "$1.$script/source"
    cd "$1.$script/source"
    rm -rf build
}

# Runs make; shows what it prints only if it fails.
quiet_make()
{
    "$MAKE" -s "$@" >../log 2>&1 || { cat ../log >&2; fail "make $* fails"; }
}

# Fails if these names are not those of the public functions.
check_exports()
{
    [ "$(printf '%s\n' "$@" | sort)" = "$(sh tests/docs/house/public.sh)" ] || fail "exports: $*"
}

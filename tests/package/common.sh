# SPDX-License-Identifier: BSD-2-Clause
# Code that the scripts in this folder share. They read this file from the top of the tree. shellcheck shell=sh
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL BUILD SLOGOUT_BUILD

script=$(basename "$0" .sh)

fail()
{
    echo "$script: $*" >&2
    exit 1
}

# Changes to a new folder that contains a copy of an unpacked distribution, in which nothing is built.
enter_copy()
{
    rm -rf "$1.$script"
    mkdir "$1.$script"
    cp -r "$1" "$1.$script/source"
    cd "$1.$script/source"
    rm -rf build
}

# Runs make, and shows its output only if it fails.
quiet_make()
{
    "$MAKE" -s "$@" >../log 2>&1 || { cat ../log >&2; fail "make $* fails"; }
}

# Fails unless these names are exactly those of the public functions.
check_exports()
{
    [ "$(printf '%s\n' "$@" | sort)" = "$(sh tests/docs/house/public.sh)" ] || fail "exports: $*"
}

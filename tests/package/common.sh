# What the scripts here share; they read it in from the top of the tree.
# shellcheck shell=sh
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL

script=$(basename "$0" .sh)

fail()
{
    echo "$script: $*" >&2
    exit 1
}

# Goes into a copy of an unpacked distribution, with nothing built in it.
enter_copy()
{
    rm -rf "$1.$script"
    cp -r "$1" "$1.$script"
    cd "$1.$script"
    rm -rf build
}

# Runs make; shows what it says only if it fails.
quiet_make()
{
    "$MAKE" -s "$@" >make.log 2>&1 || { cat make.log >&2; fail "make $* fails"; }
}

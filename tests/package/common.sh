# What the scripts here share; they read it in from the top of the tree.
# shellcheck shell=sh
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL

part=$(basename "$0" .sh)

fail()
{
    echo "$part: $*" >&2
    exit 1
}

# Goes into a copy of an unpacked distribution, with nothing built in it.
enter_copy()
{
    rm -rf "$1.$part"
    cp -r "$1" "$1.$part"
    cd "$1.$part"
    rm -rf build
}

# Runs make; shows what it says only if it fails.
quiet_make()
{
    "$MAKE" -s "$@" >make.log 2>&1 || { cat make.log >&2; fail "make $* fails"; }
}

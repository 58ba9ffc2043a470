#!/bin/sh
# Runs a Windows program under wine, with a prefix of its own.
mkdir -p build/portability
WINEPREFIX=$(realpath -m build/portability/wine) WINEDEBUG=-all exec wine "$@"

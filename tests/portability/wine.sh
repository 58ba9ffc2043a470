#!/bin/sh
# Runs a Windows program under wine, in a private prefix.
WINEPREFIX=$(realpath -m build/portability/wine) WINEDEBUG=-all exec wine "$@"

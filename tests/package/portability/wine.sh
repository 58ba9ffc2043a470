#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs a Windows program under wine, with a prefix of its own.
build=${SLOGOUT_BUILD:-build}/portability
mkdir -p "$build"
WINEPREFIX=$(realpath -m "$build/wine") WINEDEBUG=-all exec wine "$@"

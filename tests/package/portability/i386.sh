#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: i386.sh PROGRAM. Runs a program for i386, with an emulator if the kernel cannot run it.
set -eu

if /lib/ld-linux.so.2 --version >/dev/null 2>&1; then
    exec "$@"
fi
exec qemu-i386-static "$@"

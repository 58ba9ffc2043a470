#!/bin/sh
# Runs a program for i386: tests/portability/i386.sh PROGRAM. Some 64-bit kernels cannot; then an emulator does.
set -eu

if /lib/ld-linux.so.2 --version >/dev/null 2>&1; then
    exec "$@"
fi
exec qemu-i386-static "$@"

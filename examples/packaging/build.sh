#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the source package and the binary packages from a distribution.
# usage: build.sh DIST VERSION FOLDER. Removes FOLDER first.
set -eu

dist=$1 version=$2 folder=$3

rm -rf "$folder"
mkdir -p "$folder"
cp "$dist" "$folder/slogout_$version.orig.tar.gz"
tar -xzf "$dist" -C "$folder"
cd "$folder/slogout-$version"
cp -R examples/packaging/debian debian
dpkg-buildpackage -us -uc >../build.log 2>&1 || { tail -n 30 ../build.log >&2; exit 1; }

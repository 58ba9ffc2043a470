#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the Debian packages that are missing: apt.sh PACKAGE...
set -eu

command -v apt-get >/dev/null || { echo "apt.sh: this is not Debian. Install the contents of: $*" >&2; exit 1; }
missing=
for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
test -n "$missing" || exit 0
if [ "$(id -u)" -eq 0 ]; then
    as_root=
else
    as_root=sudo
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086 # words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing >/dev/null

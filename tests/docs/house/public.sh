#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints the names of the public functions, those in lib/slogout.map, sorted.
set -eu
sed -n 's/^ *\(slogout_[a-z_]*\);/\1/p' "$(dirname "$0")/../../../lib/slogout.map" | sort

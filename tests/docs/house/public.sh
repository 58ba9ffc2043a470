#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints the names of the public functions, sorted. They are the functions in lib/slogout.map.
set -eu
sed -n 's/^ *\(slogout_[a-z_]*\);/\1/p' "$(dirname "$0")/../../../lib/slogout.map" | sort

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every source file names its license in its first two lines.
set -eu

files=$(find Makefile .ci include lib examples tests -name __pycache__ -prune -o -type f -print |
    grep -E '(\.(c|h|py|sh|mk|gnuplot|java|mjs)|/CMakeLists\.txt|^Makefile|^\.ci/run)$')
missing=$(for file in $files; do
    sed 2q "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || echo "$file"
done)
[ -z "$missing" ] || { printf 'licenses: no SPDX-License-Identifier in the first two lines:\n%s\n' "$missing" >&2; exit 1; }
echo "licenses: $(echo "$files" | wc -l) source files, each names BSD-2-Clause"

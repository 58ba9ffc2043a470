#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A page is read in one sitting: rendered at 80 columns it has at most 250 lines in section 3, 400 in section 7.
set -eu

failed=0
for page; do
    case $page in
    *.3) limit=250 ;;
    *) limit=400 ;;
    esac
    lines=$(mandoc -T ascii -O width=78 "$page" | wc -l)
    if [ "$lines" -gt "$limit" ]; then
        echo "$page: $lines lines, more than $limit" >&2
        failed=1
    fi
done
[ "$failed" -eq 0 ] || exit 1
echo "manual: $# pages, none too long"

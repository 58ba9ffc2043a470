#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A page is read in one sitting: rendered at 80 columns it has at most 250 lines in section 3, 400 in section 7. No line,
# and so no table, is wider than that.
set -eu

failed=0
for page; do
    case $page in
    *.3) limit=250 ;;
    *) limit=400 ;;
    esac
    mandoc -T ascii -O width=78 "$page" | sed "s/.$(printf '\b')//g" | awk -v page="$page" -v limit="$limit" '
        length > 80 { print page ": wider than 80 columns: " $0; failed = 1 }
        END {
            if (NR > limit) { print page ": " NR " lines, more than " limit; failed = 1 }
            exit failed
        }' >&2 || failed=1
done
[ "$failed" -eq 0 ] || exit 1
echo "manual: $# pages, none too long, no line too wide"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each page can be read in one sitting. Rendered at 80 columns, a page of section 3 has at most 250 lines, and a page of
# section 7 at most 400. No line or table is wider than 80 columns.
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

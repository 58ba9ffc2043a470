#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The subject of a commit has at most 72 characters, and its body says why. Of the last hundred commits, this script
# checks those after the commit that added this file. A distribution has no commits.
set -eu

[ -e .git ] && git log -1 >/dev/null 2>&1 || { echo "commits: not checked, because this is not a clone"; exit 0; }
base=$(git log --diff-filter=A --format=%H -1 -- "$0")
commits=$(test -z "$base" || git log -100 --no-merges --ancestry-path --format=%h "$base..HEAD")
failed=0
for commit in $commits; do
    subject=$(git log -1 --format=%s "$commit")
    body=$(git log -1 --format=%b "$commit")
    if [ ${#subject} -gt 72 ] || [ -z "$body" ]; then
        echo "commits: $commit has a subject of more than 72 characters, or no body: $subject" >&2
        failed=1
    fi
done
[ "$failed" -eq 0 ] || exit 1
echo "commits: $(echo "$commits" | wc -w) commits, each with a short subject and a body"

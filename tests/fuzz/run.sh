#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs one fuzz target: tests/fuzz/run.sh PROGRAM SECONDS. The inputs that it finds in addition to the corpus in the
# tree are stored beside the program, and the next run begins with them.
set -eu

program=$1
seconds=$2
name=$(basename "$program")
here=$(dirname "$0")
found=$program.corpus
log=$program.log

mkdir -p "$found"
if ! "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
    -dict="$here/$name/dictionary" -artifact_prefix="$program." "$found" "$here/$name/corpus" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz $name: FAILED, see $log" >&2
    exit 1
fi
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
echo "fuzz $name: $runs runs in $seconds s, $edges edges reached, nothing found"

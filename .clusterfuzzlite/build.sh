#!/bin/bash -eu
# SPDX-License-Identifier: BSD-2-Clause
# Builds each target of tests/fuzz with its seeds and its dictionary into $OUT, for ClusterFuzzLite and OSS-Fuzz, which set
# CC, CFLAGS, CXX, CXXFLAGS, LIB_FUZZING_ENGINE, SRC and OUT.

cd "$SRC/slogout"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

# Flags are words.
# shellcheck disable=SC2086
compile()
{
    for source in "$@"; do
        object=$objects/${source//\//_}.o
        $CC $CFLAGS -std=c99 -Iinclude -Ilib -Itests -c "$source" -o "$object"
        echo "$object"
    done
}

# What the targets share; dialogues.c is a program of its own.
library=$(compile lib/*.c tests/model/reference.c)

for target in tests/fuzz/*.c; do
    name=$(basename "$target" .c)
    sources=$(find "tests/fuzz/$name" -name '*.c' ! -name dialogues.c)
    # shellcheck disable=SC2086
    $CXX ${CXXFLAGS:-} $(compile "$target" $sources) $library $LIB_FUZZING_ENGINE -o "$OUT/$name"
    python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" "tests/fuzz/$name/corpus/"*
    cp "tests/fuzz/$name/dictionary" "$OUT/$name.dict"
done

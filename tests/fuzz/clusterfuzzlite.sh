#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs .clusterfuzzlite/build.sh as that service does, with libFuzzer and with a main() that only reads files, and each
# target on its seeds: clusterfuzzlite.sh CLANG FOLDER
set -eu

clang=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder/src"
folder=$(cd "$folder" && pwd)
ln -s "$PWD" "$folder/src/slogout"

cat >"$folder/main.c" <<'END'
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];
    int i;

    for (i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file)
            return 1;
        LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, file));
        fclose(file);
    }
    return argc < 2;
}
END

# build ENGINE builds the targets with $CC, $CFLAGS and $LIB_FUZZING_ENGINE.
build()
{
    OUT=$folder/$1
    mkdir "$OUT"
    SRC="$folder/src" OUT="$OUT" CC="$CC" CFLAGS="$CFLAGS" CXX="$CC" CXXFLAGS="$CFLAGS" LIB_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" \
        bash .clusterfuzzlite/build.sh
}

run_seeds()
{
    for target in tests/fuzz/*.c; do
        name=$(basename "$target" .c)
        test -s "$OUT/$name.dict"
        python3 -m zipfile -e "$OUT/${name}_seed_corpus.zip" "$OUT/$name.seeds"
        "$OUT/$name" "$@" "$OUT/$name.seeds"/* >"$OUT/$name.log" 2>&1 || { cat "$OUT/$name.log" >&2; exit 1; }
    done
}

CC=$clang CFLAGS='-O1 -fsanitize=fuzzer-no-link,address' LIB_FUZZING_ENGINE=-fsanitize=fuzzer
build libfuzzer
run_seeds -runs=1 -dict="$OUT/response.dict"

CC=${CC_PLAIN:-cc} CFLAGS=-O1 LIB_FUZZING_ENGINE=$folder/main.o
$CC -c -o "$folder/main.o" "$folder/main.c"
build files
run_seeds

echo "clusterfuzzlite: build.sh builds $(ls tests/fuzz/*.c | wc -l) targets with two engines; each accepts its seeds"

#!/bin/sh
# What programs that are linked with the shared library depend on, beside what was recorded: functions and the layout of
# types (abidiff), and the values of constants. Fails where anything but an addition differs.
# usage: abi.sh check|record LIBRARY, built with -g for x86-64, with CC in the environment
set -eu

baseline=tests/package/abi.xml constants=tests/package/abi-constants.txt
action=$1 library=$2

machine=$(objdump -f "$library" | sed -n 's/^architecture: \([^,]*\),.*/\1/p')
if [ "$machine" != i386:x86-64 ]; then
    echo "abi: skipped, the record is of x86-64 and not of $machine"
    exit 0
fi

# Enumerators and macros, as the compiler knows them.
list_constants()
{
    for header in include/slogout/*.h; do echo "#include <slogout/$(basename "$header")>"; done >"$library.h"
    names=$({ $CC -Iinclude -E -x c "$library.h"; $CC -Iinclude -E -dM -x c "$library.h"; } |
        grep -o '\bSLOGOUT_[A-Z_]*\b' | grep -Ev '_H$|_API$|_VERSION' | sort -u)
    {
        cat "$library.h" - <<'END'
#include <stdio.h>
static void show_number(const char *name, long long value) { printf("%s %lld\n", name, value); }
static void show_text(const char *name, const char *value) { printf("%s \"%s\"\n", name, value); }
#define SHOW(name) _Generic((name), char *: show_text, default: show_number)(#name, name);
END
        # shellcheck disable=SC2086 # words
        echo 'int main(void) {' "$(printf 'SHOW(%s) ' $names)" '}'
    } | $CC -std=gnu11 -Iinclude -x c -o "$library.constants" -
    "$library.constants" | LC_ALL=C sort
}

list_constants >"$library.txt"
# Compared as written here, since only abidw leaves out all that no header shows.
abidw --headers-dir include --exported-interfaces-only --drop-private-types --no-corpus-path --no-comp-dir-path \
    --no-show-locs --no-elf-needed --no-write-default-sizes --out-file "$library.xml" "$library"
if [ "$action" = record ]; then
    cp "$library.xml" "$baseline"
    cp "$library.txt" "$constants"
    exit 0
fi

abidiff --no-added-syms "$baseline" "$library.xml" >"$library.diff" || differs=1
lost=$(LC_ALL=C comm -23 "$constants" "$library.txt")
if [ -n "${differs:-}$lost" ]; then
    [ -z "${differs:-}" ] || cat "$library.diff" >&2
    [ -z "$lost" ] || printf 'These constants are not what they were:\n%s\n' "$lost" >&2
    echo "abi: differs from the record. slogout(7), VERSIONS, says what may change when. If this may," \
        "run make abi-record." >&2
    exit 1
fi
echo "abi: $(grep -c '<elf-symbol ' "$baseline") functions and $(wc -l <"$constants") constants are as recorded"

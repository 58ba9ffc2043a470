#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compares the interface on which linked programs depend with its record: the functions, the values of constants, and
# the members of structs, for 64 and 32 bits. Fails if anything differs, except for additions. A struct may grow if it
# begins with its size, or if only the library creates it.
# usage: abi.sh check|record BUILD
. tests/package/common.sh

action=$1 build=$2 record=tests/package/abi.txt
mkdir -p "$build"

# Writes a program that prints one line for each function, constant, member and struct.
for header in slogout drain filter; do gcc -w -fpreprocessed -dD -E -P include/slogout/$header.h; done | awk '
BEGIN {
    print "#include <stddef.h>\n#include <stdio.h>"
    print "#include <slogout/slogout.h>\n#include <slogout/drain.h>\n#include <slogout/filter.h>"
    print "static void show_number(const char *name, long long n) { printf(\"constant %s %lld\\n\", name, n); }"
    print "static void show_text(const char *name, const char *t) { printf(\"constant %s \\\"%s\\\"\\n\", name, t); }"
    print "#define SHOW(name) _Generic((name), char *: show_text, default: show_number)(#name, name);"
    print "#define STRUCT(type) printf(\"%d bits: struct %s:\", (int)sizeof(void *) * 8, #type);"
    print "#define MEMBER(type, member) printf(\" %s %zu-%zu,\", #member, offsetof(struct type, member), \\"
    print "    offsetof(struct type, member) + sizeof ((struct type *)0)->member);"
    print "#define SIZE(type, more) printf(\" %zu octets%s\\n\", sizeof(struct type), more);"
    print "int main(void) {"
}
function constant(name) { if (name !~ /_(H|API|COUNT|MUST_CHECK)$|_VERSION/) print "SHOW(" name ")" }
/^#define SLOGOUT_/ { constant($2) }
!/^#|^extern|^}$/ { text = text " " $0 }
END {
    gsub(/ +/, " ", text)
    count = split(text, statement, / ?; ?/)
    for (i = 1; i <= count; i++) {
        s = statement[i]
        sub(/^ /, "", s)
        if (sub(/^SLOGOUT_API (SLOGOUT_MUST_CHECK )?/, "", s))
            print "puts(\"function " s "\");"
        else if (s ~ /^enum [a-z_]+ {/) {
            members = split(s, member, /[{,}] ?/)
            for (j = 2; j <= members; j++)
                if (split(member[j], word, " "))
                    constant(word[1])
        } else if (s == "}") {
            mine = sized || text !~ "[(,] ?struct " type " \\*[a-z]"
            print "SIZE(" type ", \"" (mine ? " or more" : "") "\")"
            type = ""
        } else {
            if (s ~ /^struct [a-z_]+ {/) {
                type = s
                sub(/^struct /, "", type)
                sub(/ .*/, "", type)
                sub(/.*{ /, "", s)
                sized = s == "size_t size"
                print "STRUCT(" type ")"
            }
            if (type != "" && match(s, /\(\*[a-z_]+|[a-z_]+(\[.*)?$/)) {
                name = substr(s, RSTART, RLENGTH)
                gsub(/\[.*|[(*]/, "", name)
                print "MEMBER(" type ", " name ")"
            }
        }
    }
    print "}"
}' >"$build/abi.c"
for bits in 64 32; do
    gcc -m$bits -std=gnu11 -Iinclude -o "$build/abi$bits" "$build/abi.c"
done
{ "$build/abi64" && sh tests/package/portability/i386.sh "$build/abi32"; } | LC_ALL=C sort -u >"$build/abi.txt"
if [ "$action" = record ]; then
    cp "$build/abi.txt" "$record"
    exit 0
fi

# A struct may grow from its end, or from the padding at its end, because older programs do not use these octets.
awk '
NR == FNR { now[$0] = 1; if (/^[0-9]/) struct[$4 $1] = $0; next }
$0 in now { next }
/ or more$/ && (now_is = struct[$4 $1]) {
    body = $0
    sub(/ [0-9]+ octets or more$/, "", body)
    more = substr(now_is, length(body) + 1)
    if (index(now_is, body) == 1 && match(more, /[0-9]+/) && substr(more, RSTART, RLENGTH) >= $(NF - 3) + 0)
        next
}
{ print; lost = 1 }
END { exit lost }' "$build/abi.txt" "$record" >&2 ||
    fail "the interface differs from the record in the lines above. slogout(7), VERSIONS, says which changes are" \
        "allowed. To allow this change, run make abi-record."
echo "abi: $(grep -c ^function "$record") functions, $(grep -c ^constant "$record") constants and" \
    "$(grep -c ' bits: ' "$record") layouts of structs agree with the record"

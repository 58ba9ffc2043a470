#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Writes the library as one C file, FOLDER/slogout.c, and the public headers beside it.
# usage: lib/amalgamate.sh FOLDER
#
# The one file holds the files of lib/ as they are, without their `#include "..."`. Names of file scope are unique in
# lib/. A private header's declarations become static, which makes the functions static wherever they are defined. So do
# tables, with their definitions.
set -eu

directory=$(mkdir -p "$1/slogout" && cd "$1" && pwd)
cd "$(dirname "$0")/.."
cp include/slogout/*.h "$directory/slogout"

drain=' drain_pacer drain_plan drain '
filter=' in_flight owed imap_lex imap_client imap_server login answer filter '
headers=$(for header in lib/*.h; do
    echo "$header $header"
    sed -n "s|^#include \"\(.*\)\"|lib/\1 $header|p" "$header"
done | tsort)

part() # core, drain or filter
{
    for file in $headers lib/*.c; do
        name=$(basename "${file%.*}")
        case $drain/$filter in
        *" $name "*/*) of=drain ;;
        */*" $name "*) of=filter ;;
        *) of=core ;;
        esac
        [ "$of" = "$1" ] || continue
        printf '\n/* ======== %s ======== */\n\n' "$file"
        case $file in
        *.h) sed -e '/^static /!s/^[a-z][a-z0-9_ *]* \**slo_[a-z0-9_]*(/static &/' "$file" ;;
        *) cat "$file" ;;
        esac | sed -e '/^#include "/d' -e 's/^\(extern \)*\(const .*\[\)/static \2/'
    done
}

{
    cat <<END
/* slogout $(sed -n 's/^#define SLOGOUT_VERSION *"\(.*\)"/\1/p' include/slogout/slogout.h) in one file: asks IMAP clients to leave (draft-shih-imap-server-logout-00).
 *
 * Compile this file as C99 or later, with its folder in the search path of headers. It needs libc only. You may define
 *   SLOGOUT_NO_DRAIN   to leave out the functions of slogout/drain.h
 *   SLOGOUT_NO_FILTER  to leave out the functions of slogout/filter.h
 *   SLOGOUT_CORE       to leave out both
 *   SLOGOUT_API        as the text before each public function. By default, the functions are hidden: they serve the
 *                      program or library into which this file is linked, and no other one in the same process.
 *
END
    sed -e 's/^/ * /' -e 's/ *$//' COPYING
    cat <<'END'
 */
#ifdef SLOGOUT_CORE
#define SLOGOUT_NO_DRAIN
#define SLOGOUT_NO_FILTER
#endif

#if !defined(SLOGOUT_API) && defined(__GNUC__) && !defined(_WIN32) && !defined(__CYGWIN__)
#define SLOGOUT_API __attribute__((visibility("hidden")))
#endif

/* A function that only a part that is left out calls is unused. A variable may have the name of a function of another
 * file of lib/. */
#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
END
    part core
    printf '\n#ifndef SLOGOUT_NO_DRAIN\n'
    part drain
    printf '\n#endif\n\n#ifndef SLOGOUT_NO_FILTER\n'
    part filter
    printf '\n#endif\n\n#ifdef __GNUC__\n#pragma GCC diagnostic pop\n#endif\n'
} >"$directory/slogout.c"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds Cyrus's imapd and master: build.sh TREE LIBRARY
# TREE is the source of cyrus-imapd, and PORT_CC the compiler with its flags. What is built there first is the server as
# it is; TREE/slogout is a copy, edited and linked.
set -eu

tree=$1 library=$2
here=$(cd "$(dirname "$0")" && pwd)

# attempt LOG COMMAND... runs a command, and shows the end of its output if it fails.
attempt()
{
    log=$tree/log.$1
    shift
    "$@" > "$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; exit 1; }
}

# make generates headers only if it builds everything, so they are named. Their rules do not bear two jobs.
stock()
{
    test ! -e "$tree/built" || return 0
    (cd "$tree"
     rm -rf doc docsrc cassandane
     # shellcheck disable=SC2086 # words
     attempt configure env CONFIG_SHELL=/bin/sh sh ./configure -q --disable-dependency-tracking --disable-shared \
         --enable-static --enable-autocreate --disable-sieve --disable-pcre --disable-gssapi \
         --without-ldap --without-libwrap --without-mysql --without-perl --without-pgsql --without-sqlite \
         --with-cyrus-user=nobody --enable-unit-tests --prefix="$tree/none" CFLAGS=-O1 CXXFLAGS=-O1 \
         ${PORT_CONFIGURE:-}
     attempt headers env MAKEFLAGS= make -s lib/imapopts.h lib/htmlchar.h imap/http_err.h imap/imap_err.h \
         imap/lmtp_err.h imap/mupdate_err.h imap/promdata.h imap/rfc822_header.h imap/mailbox_header_cache.h \
         com_err/et/libcyrus_com_err.la
     attempt stock make -s imap/imapd master/master)
    : > "$tree/built"
}

value()
{
    sed -n "s/^$1 = //p" "$tree/Makefile"
}

stock
copy=$tree/slogout
rm -rf "$copy"
mkdir "$copy"
(cd "$tree" && tar -cf - --exclude=./slogout --exclude='./log.*' .) | tar -xf - -C "$copy"
python3 -B "$here/../edit.py" "$here/edits.py" "$copy"

$PORT_CC -c -o "$copy/process.o" "$here/../process.c"
$PORT_CC -D_GNU_SOURCE -I"$here/.." -isystem "$copy" -isystem "$copy/lib" \
    -isystem "$copy/com_err/et" -c -o "$copy/glue.o" "$here/glue.c"
# LIBS is twice in the command that links imapd, so it must not hold object files.
ar -rcs "$copy/libport.a" "$copy/glue.o" "$copy/process.o"
set -- make -s -C "$copy" CPPFLAGS="$(value CPPFLAGS) -I$here -I$here/.. -I$here/../../../include"
attempt libraries "$@" lib/libcyrus.la imap/libcyrus_imap.la
attempt linked "$@" imap/imapd master/master LIBS="$copy/libport.a $library $(value LIBS)"

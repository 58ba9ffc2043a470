#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds imap4d: build.sh TREE LIBRARY
# TREE is the source of mailutils, and PORT_CC the compiler with its flags. What is built there first is the server as
# it is; imap4d.slogout is a copy, edited and linked.
set -eu

tree=$1 library=$2
here=$(cd "$(dirname "$0")" && pwd)

stock()
{
    test ! -e "$tree/built" || return 0
    (cd "$tree"
     # shellcheck disable=SC2086 # words
     env CONFIG_SHELL=/bin/sh sh ./configure -q --disable-dependency-tracking --disable-nls --disable-shared \
         --enable-static --disable-cxx --disable-python --without-guile --without-mysql --without-postgres \
         --without-ldap --disable-radius --disable-mh --disable-build-clients --disable-build-pop3d \
         --disable-build-comsat --disable-build-mda --disable-build-lmtpd --with-gnutls --with-gsasl \
         --without-readline --without-fribidi CFLAGS=-O1 ${PORT_CONFIGURE:-} || exit 1
     for part in libmailutils libproto/dotmail libproto/maildir libproto/mailer libproto/mbox libproto/mh; do
         printf 'all:\n' > "$part/tests/Makefile" # 60 programs, which nothing here runs
     done
     for part in mu-aux include libmailutils sql libmu_auth libproto lib libmu_dbm imap4d; do
         make -s -C "$part" all || exit 1
     done) > "$tree/log.stock" 2>&1 || { tail -n 20 "$tree/log.stock" >&2; exit 1; }
    : > "$tree/built"
}

stock
rm -rf "$tree/imap4d.slogout"
cp -a "$tree/imap4d" "$tree/imap4d.slogout"
python3 -B "$here/../edit.py" "$here/edits.py" "$tree/imap4d.slogout"

theirs=
for folder in . include imap4d lib lib/gnu; do
    theirs="$theirs -isystem $tree/$folder"
done
$PORT_CC -c -o "$tree/process.o" "$here/../process.c"
# shellcheck disable=SC2086 # words
$PORT_CC -D_GNU_SOURCE -DHAVE_CONFIG_H -I"$here/.." $theirs -c -o "$tree/glue.o" "$here/glue.c"
rm -f "$tree/imap4d.slogout/imap4d"
value()
{
    sed -n "s/^$1 = //p" "$tree/imap4d/Makefile"
}
make -s -C "$tree/imap4d.slogout" imap4d CPPFLAGS="$(value CPPFLAGS) -I$here -I$here/.. -I$here/../../../include" \
    LIBS="$tree/glue.o $tree/process.o $library $(value LIBS) -lgnutls" > "$tree/log.linked" 2>&1 ||
    { tail -n 20 "$tree/log.linked" >&2; exit 1; }

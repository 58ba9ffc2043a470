#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds Courier's imaplogin, imapd, couriertls and couriertcpd: build.sh TREE LIBRARY
# TREE is the source of courier, and PORT_CC the compiler with its flags. What is built there first is the server as it
# is; libs/imap.slogout and libs/tcpd.slogout are copies, edited and linked. The configure script of the whole is left
# out.
set -eu

tree=$1 library=$2
here=$(cd "$(dirname "$0")" && pwd)

# Only what the programs need: the rest is mostly documentation.
parts()
{
    cat <<END
gdbmobj libgdbmobj.la
numlib libnumlib.la
soxwrap libsoxwrap.a
md5 libmd5.la
random128 librandom128.la
rfc822 librfc822.la
rfc1035 librfc1035.a
rfc2045 librfc2045.la
liblock liblock.la
maildir maildirsharedrc.h maildirfilterconfig.h quotawarnmsg.h mailbot.h autoresponsequota.h libmaildir.la maildir.libdeps
waitlib libwaitlib.la
tcpd couriertcpd couriertls libspipe.la libtlsclient.la
imap imaplogin imapd
END
}

# attempt PART COMMAND... runs a command in the folder of the part, and shows the end of its output if it fails.
attempt()
{
    part=$1
    shift
    (cd "$tree/libs/$part" && "$@") >> "$tree/log.$part" 2>&1 </dev/null ||
        { tail -n 20 "$tree/log.$part" >&2; exit 1; }
}

# configure REMAINDER configures every second part. The parts have a cache in common, which only one process may write.
# /bin/sh may be faster than the shell that configure would choose.
configure()
{
    for part in $(parts | awk -v remainder="$1" 'NR % 2 == remainder { print $1 }'); do
        echo "  $part"
        # shellcheck disable=SC2086 # words
        attempt "$part" env CONFIG_SHELL=/bin/sh sh ./configure -q --cache-file="$tree/cache.$1" \
            --disable-dependency-tracking --with-db=gdbm --with-mailuser=nobody --with-gnutls \
            --with-certsdir="$tree" --with-piddir="$tree" CFLAGS=-O1 CXXFLAGS=-O1 ${PORT_CONFIGURE:-}
    done
}

stock()
{
    test ! -e "$tree/built" || return 0
    sed 's/@USE_GDBM@/1/; s/@USE_DB@/0/' "$tree/dbobj.h.in" > "$tree/dbobj.h"
    echo 'dblibrary="libs/gdbmobj/libgdbmobj.la"' > "$tree/dbobj.config"
    : > "$tree/libs/rootcerts/rootcertsdir.cnf"
    configure 0 &
    configure 1
    wait $!
    parts | while read -r part targets; do
        # shellcheck disable=SC2086 # words
        attempt "$part" make -s $targets
    done
    : > "$tree/built"
}

# link FOLDER MAKE_ARGUMENT... builds again what the edits have changed; CPPFLAGS finds the glue's header.
link()
{
    folder=$1
    shift
    make -s -C "$tree/libs/$folder" CPPFLAGS="-I$here -I$here/.. -I$here/../../../include" "$@" \
        > "$tree/log.$folder" 2>&1 || { tail -n 20 "$tree/log.$folder" >&2; exit 1; }
}

stock
cd "$tree/libs"
rm -rf imap.slogout tcpd.slogout edited
mkdir edited
cp -a imap edited/imap
cp -a tcpd edited/tcpd
python3 -B "$here/../edit.py" "$here/edits.py" edited
mv edited/imap imap.slogout
mv edited/tcpd tcpd.slogout
rmdir edited
cd "$OLDPWD"
rm -f "$tree/libs/imap.slogout/imapd" "$tree/libs/imap.slogout/imaplogin" "$tree/libs/tcpd.slogout/couriertls"
for source in "$here/glue.c" "$here/../process.c"; do
    $PORT_CC -I"$here/.." -c -o "$tree/$(basename "$source" .c).o" "$source"
done
link imap.slogout imapd imaplogin \
    LIBS="$(sed -n 's/^LIBS = //p' "$tree/libs/imap/Makefile") $tree/glue.o $tree/process.o $library"
link tcpd.slogout couriertls

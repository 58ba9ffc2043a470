#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetches the source of servers from Debian: fetch.sh FOLDER SERVER...
# The package mirror need not have all files of a source package. The archive of the server's authors is enough: it is
# compared with the .dsc file, which apt has compared with its signed index. A server whose archive cannot be had is
# left out with a message.
set -eu

folder=$1
shift

# Courier of Debian 13 is written in C++. Mailutils is that of Debian 13 on both.
package()
{
    case $1 in
    courier) echo courier=1.0.5-2 ;;
    cyrus) (. /etc/os-release && echo "cyrus-imapd/$VERSION_CODENAME") ;;
    imap4d) echo mailutils/trixie ;;
    *) echo "fetch.sh: no server $1" >&2; exit 1 ;;
    esac
}

needs()
{
    case $1 in
    courier)
        echo g++ libcourier-unicode-dev courier-authlib courier-authlib-dev libgdbm-dev libgnutls28-dev libidn-dev \
            libgcrypt20-dev libltdl-dev libtool perl pkg-config procps ;;
    cyrus)
        echo g++ gawk libcunit1-dev libical-dev libicu-dev libjansson-dev libsasl2-dev libsasl2-modules \
            libsasl2-modules-db libsqlite3-dev libssl-dev perl pkg-config sasl2-bin uuid-dev zlib1g-dev ;;
    imap4d)
        echo bison flex gawk libgnutls28-dev libgsasl-dev libltdl-dev libpam0g-dev libunistring-dev xz-utils \
            zlib1g-dev ;;
    esac
}

# The sources of Debian 12 and 13, in lists of our own, so that the lists of this machine stay.
apt()
{
    apt-get -qq -o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists/cache" -o APT::Sandbox::User=root "$@"
}

update()
{
    test ! -e "$lists/sources.list" || return 0
    mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
    url=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | awk '$1 !~ /security/ { print $2; exit }')
    for suite in bookworm trixie; do
        echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $url $suite main"
    done > "$lists/sources.list"
    apt update || rm "$lists/sources.list"
}

is_complete()
{
    dsc=$(ls "$1"/*.dsc 2>/dev/null) &&
        sum=$(sed -n '/^Checksums-Sha256/,/^Files/s/^ \([0-9a-f]*\) [0-9]* \(.*\.orig\.tar\.[a-z0-9]*\)$/\1  \2/p' \
            "$dsc") &&
        test -n "$sum" && (cd "$1" && echo "$sum" | sha256sum --quiet -c -) >/dev/null 2>&1
}

mkdir -p "$folder"
lists=$(cd "$folder" && pwd)/apt
for server in "$@"; do
    # shellcheck disable=SC2046 # words
    sh tests/apt.sh ca-certificates openssl python3 util-linux make gcc libc6-dev $(needs "$server")
    source=$lists/$server
    is_complete "$source" && continue
    update
    rm -rf "$source"
    mkdir -p "$source"
    (cd "$source" && apt source --download-only "$(package "$server")") > "$source.log" 2>&1 || :
    is_complete "$source" && continue
    rm -rf "$source"
    echo "fetch.sh: $server is not run: no source, see $source.log"
done

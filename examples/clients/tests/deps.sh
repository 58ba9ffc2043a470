#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the client libraries for the tests on Debian 12: deps.sh FOLDER VERSION. ImapFlow is taken from npm in
# exactly this version, and IMAPClient from Debian 13. Both are installed in the folder.
set -eu

folder=$1 version=$2
packages="libmail-java openssl procps python3"
command -v javac >/dev/null || packages="$packages default-jdk-headless"
command -v npm >/dev/null || packages="$packages nodejs npm"
# shellcheck disable=SC2086 # words
sh tests/apt.sh $packages
sh tests/unpack.sh "$folder/imapclient" trixie main python3-imapclient

mkdir -p "$folder"
grep -qs "\"version\": \"$version\"" "$folder/node_modules/imapflow/package.json" ||
    npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix "$folder" \
        "imapflow@$version" >/dev/null

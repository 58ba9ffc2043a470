#!/bin/sh
# Installs what the tests of the clients need on Debian 12: deps.sh FOLDER NPM-PACKAGE@VERSION. The npm package goes into
# the folder, with exactly the version that is given.
set -eu

folder=$1 package=$2
packages="libmail-java openssl procps python3"
command -v javac >/dev/null || packages="$packages default-jdk-headless"
command -v npm >/dev/null || packages="$packages nodejs npm"
sh tests/apt.sh $packages
make deps-dovecot

installed=$(node -p "require('$PWD/$folder/node_modules/imapflow/package.json').version" 2>/dev/null) || installed=
[ "imapflow@$installed" = "$package" ] ||
    npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix "$folder" "$package" >/dev/null

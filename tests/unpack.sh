#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Unpacks a Debian package that is not in the configured sources of this machine: unpack.sh FOLDER SUITE COMPONENT
# PACKAGE. Downloads it from the same mirror, and does not change the configuration. Does nothing if the folder exists.
set -eu

folder=$1 suite=$2 component=$3 package=$4
[ ! -d "$folder" ] || exit 0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/lists" "$scratch/cache"
mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | awk '$1 !~ /security/ { print $2; exit }')
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite $component" >"$scratch/sources.list"

apt()
{
    apt-get -qq -o Dir::Etc::sourcelist="$scratch/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$scratch/lists" -o Dir::Cache="$scratch/cache" -o APT::Sandbox::User=root "$@"
}
apt update
(cd "$scratch" && apt download "$package")
mkdir -p "$(dirname "$folder")"
dpkg-deb -x "$scratch/$package"_*.deb "$folder"

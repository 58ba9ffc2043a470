#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the packages in two folders and compares them, runs lintian, and runs the packages' own tests on a system on
# which they are installed. This system is a copy of the running system, whose changes are in memory and end with the
# script.
# usage: check.sh DIST VERSION FOLDER, as root
set -eu

fail()
{
    echo "packages-check: $1" >&2
    exit 1
}

build_twice()
{
    for place in "$folder/one" "$folder/the/other"; do
        sh examples/packaging/build.sh "$dist" "$version" "$place"
    done
    for file in "$folder"/one/*.deb "$folder"/one/*.dsc "$folder"/one/*.debian.tar.*; do
        cmp "$file" "$folder/the/other/${file##*/}" || fail "${file##*/} depends on the folder"
    done
    grep -q "^slogout ($version-" examples/packaging/debian/changelog || fail "the version in debian/changelog differs"
}

# Tags of the levels info and pedantic also count, except two that depend on the release of Debian: the version of the
# policy, and a systemd unit without an init script, which lintian of Debian 13 does not know.
check_policy()
{
    tags=
    for tag in out-of-date-standards-version package-supports-alternative-init-but-no-init.d-script; do
        ! lintian-explain-tags "$tag" >/dev/null 2>&1 || tags=$tags,$tag
    done
    lintian --suppress-tags "${tags#,}" --allow-root --no-cfg --display-info --pedantic \
        --fail-on error,warning,info,pedantic "$folder"/one/*.changes
}

# in_copy COMMAND [ARG...] runs a command in the copy, in the project's folder.
in_copy()
{
    unshare --mount --pid --fork --kill-child sh -euc '
        memory=$1 project=$2
        shift 2
        mount -t tmpfs tmpfs "$memory"
        mkdir "$memory/changes" "$memory/work" "$memory/root"
        mount -t overlay -o "lowerdir=/,upperdir=$memory/changes,workdir=$memory/work" overlay "$memory/root"
        mount -t proc proc "$memory/root/proc"
        mount -t tmpfs tmpfs "$memory/root/dev"
        cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/fd /dev/std* "$memory/root/dev"
        mount -t tmpfs tmpfs "$memory/root/tmp"
        mkdir -p "$memory/root$project"
        mount --bind "$project" "$memory/root$project"
        exec chroot "$memory/root" sh -c "cd \"\$1\" && shift && exec \"\$@\"" sh "$project" "$@"' \
        sh "$folder/copy" "$PWD" "$@"
}

# ---- in the copy ----

test_packages()
{
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    dpkg -i "$folder"/one/*.deb >"$folder/install.log" 2>&1 || { cat "$folder/install.log"; fail "no installation"; }
    autopkgtest --no-built-binaries --output-dir "$folder/autopkgtest" "$folder"/one/*.dsc -- null \
        >"$folder/autopkgtest.log" 2>&1 || { cat "$folder/autopkgtest.log"; fail "autopkgtest"; }
    sed -n '/summary/,$p' "$folder/autopkgtest.log"
    test_another_abi
}

# An upgrade must not install a Dovecot with another ABI. The repository has all packages of Dovecot that are installed.
test_another_abi()
{
    repository=/tmp/repository
    for package in $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'dovecot-*' | sed -n 's/^installed //p'); do
        case $package in
        dovecot-slogout*) continue ;;
        dovecot-core) relation='Provides: dovecot-abi-9.9' ;;
        *) relation='Depends: dovecot-core (= 9:9)' ;;
        esac
        mkdir -p "$repository/$package/DEBIAN"
        cat >"$repository/$package/DEBIAN/control" <<EOF
Package: $package
Version: 9:9
Architecture: all
Maintainer: nobody <nobody@localhost.invalid>
$relation
Description: part of a Dovecot of another ABI
EOF
        dpkg-deb --build "$repository/$package" "$repository/$package.deb" >/dev/null
    done
    (cd "$repository" && dpkg-scanpackages . /dev/null >Packages 2>/dev/null)
    echo "deb [trusted=yes] file:$repository ./" >/tmp/sources.list
    use="-o Dir::Etc::sourcelist=/tmp/sources.list -o Dir::Etc::sourceparts=- -o APT::Sandbox::User=root"
    # shellcheck disable=SC2086 # words
    apt-get $use update -qq
    # shellcheck disable=SC2086 # words
    apt-get $use --simulate upgrade >/tmp/upgrade
    ! grep -q '^Inst dovecot' /tmp/upgrade || { cat /tmp/upgrade; fail "an upgrade installs another ABI"; }
    grep -q 'dovecot-core' /tmp/upgrade || { cat /tmp/upgrade; fail "no package was held back"; }
    dpkg --remove dovecot-slogout dovecot-slogout-dbgsym >/dev/null 2>&1
    # shellcheck disable=SC2086 # words
    apt-get $use --simulate upgrade | grep -q '^Inst dovecot-core' || fail "another package holds the upgrade back"
    echo "only dovecot-slogout holds back an upgrade of Dovecot to another ABI"
}

if [ "$1" = --in-copy ]; then
    folder=$2
    test_packages
    exit
fi
dist=$1 version=$2 folder=$3
test "$(id -u)" -eq 0 || fail "needs root"
rm -rf "$folder"
mkdir -p "$folder/copy"
build_twice
check_policy
in_copy sh examples/packaging/check.sh --in-copy "$folder"
echo "packages-check: $(cd "$folder/one" && echo *.deb): reproducible, no tags of lintian, tests passed"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what the tests of the Dovecot plugin need, on Debian 12 or 13. Starts nothing: the tests run a Dovecot of
# their own, in a scratch folder and on free ports.
set -eu

packages="dovecot-imapd dovecot-auth-lua dovecot-dev isync mutt curl openssl valgrind procps python3 util-linux"

# Without this policy, installing the package would start a Dovecot on port 143.
policy=/usr/sbin/policy-rc.d
# shellcheck disable=SC2086 # words
if [ ! -e "$policy" ] && ! dpkg-query -s $packages >/dev/null 2>&1; then
    as_root=
    test "$(id -u)" -eq 0 || as_root=sudo
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
    trap '$as_root rm -f "$policy"' EXIT
fi
# shellcheck disable=SC2086 # words
sh tests/apt.sh $packages

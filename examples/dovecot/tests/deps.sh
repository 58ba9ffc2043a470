#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the packages for the tests of the Dovecot plugin on Debian 12 or 13. Does not start Dovecot, because the
# tests start their own Dovecot in a scratch folder on free ports.
set -eu

packages="dovecot-imapd dovecot-auth-lua dovecot-dev isync mutt curl openssl valgrind procps python3 util-linux"

# Without this policy, installing the package would start Dovecot on port 143.
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

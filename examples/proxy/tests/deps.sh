#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the programs for the tests of the proxy on Debian 12: Dovecot, three clients, and HAProxy and nginx, which
# run in front of the proxy and are measured beside it. Courier and Cyrus cannot be installed together with Dovecot, so
# their packages are only unpacked, into the folder that the argument names. No server is started, because the tests run
# their own servers in scratch folders on free ports.
set -eu

servers=$1
packages="dovecot-imapd isync mutt curl python3 haproxy nginx-light libnginx-mod-stream openssl python3-prometheus-client"
unpacked="courier-imap courier-base courier-authlib libcourier-unicode4 libgamin0
    cyrus-imapd cyrus-common libical3"
libraries="libsasl2-modules libxapian30 libpq5 libclamav12 libzephyr4 libjansson4 libwrap0 libgdbm6 libidn12 libxml2
    libldap-2.5-0 libpcre3"

as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo

missing=
for package in $packages $libraries; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done

install_missing()
{
    # Without this policy, installing the package would start Dovecot on port 143.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
        $as_root chmod 755 "$policy"
        trap '$as_root rm -f "$policy"' EXIT
    fi
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

unpack()
{
    mkdir -p "$servers/packages"
    (cd "$servers/packages" && apt-get download -qq $unpacked)
    for package in "$servers"/packages/*.deb; do
        dpkg-deb -x "$package" "$servers"
    done
    rm -r "$servers/packages"
    chmod -R go+rX "$servers"
}

[ -z "$missing" ] || install_missing
[ -x "$servers/usr/bin/imapd" ] && [ -x "$servers/usr/lib/cyrus/bin/imapd" ] || unpack

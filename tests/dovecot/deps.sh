#!/bin/sh
# Installs what the tests of the Dovecot plugin need, on Debian 12. Starts nothing: the tests run a Dovecot
# of their own, in a scratch folder and on free ports.
set -e

PACKAGES="dovecot-imapd dovecot-dev isync mutt curl openssl valgrind procps python3"

missing=
for package in $PACKAGES; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
test -n "$missing" || exit 0

as_root=
test "$(id -u)" -eq 0 || as_root=sudo

# A package that starts a daemon when it is installed would put a Dovecot on port 143.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
    trap '$as_root rm -f "$policy"' EXIT
fi
$as_root apt-get update
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing

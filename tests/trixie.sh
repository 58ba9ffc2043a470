#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs commands on Debian 13, wherever this runs:
#     tests/trixie.sh install PACKAGE...    installs what is missing there
#     tests/trixie.sh run COMMAND [ARG...]  runs a command there, in the project's folder
# On Debian 13 that is this machine. Elsewhere it is a chroot, which debootstrap makes once in TRIXIE_ROOT
# (build/trixie unless set, else outside the project; half a minute, 400 MB). That needs Debian 12 and root, or
# sudo, and the right to mount.
#
# The chroot works on a copy of the project without build/, which is brought up to date before each command; what
# the command builds stays in the copy, in TRIXIE_ROOT/project/build. No folder of this machine is mounted there. What
# must be mounted, such as /proc, is mounted in a namespace that only the command sees and that ends with it, so
# removing TRIXIE_ROOT at any time removes nothing else. The command's processes end with it too.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
build=${SLOGOUT_BUILD:-$here/build}
root=${TRIXIE_ROOT:-$build/trixie}

fail()
{
    echo "tests/trixie.sh: $1" >&2
    exit 1
}

is_trixie()
{
    . /etc/os-release 2>/dev/null && test "${ID:-}/${VERSION_CODENAME:-}" = debian/trixie
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "needs root or sudo to run: $*"
    fi
}

# ---- the chroot ----

# The archive that apt uses here, but not that of the security updates, which has no base system.
mirror()
{
    apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | awk '$1 !~ /security/ { print $2; exit }'
}

# A chroot that is half made has another name.
make_chroot()
{
    test ! -e "$root/project" || return 0
    command -v apt-get >/dev/null || fail "needs Debian 12 or 13"
    sh tests/apt.sh debootstrap rsync
    url=$(mirror)
    test -n "$url" || fail "apt has no archive to take Debian 13 from"
    mkdir -p "$(dirname "$root")"
    as_root rm -rf "$root.part"
    echo "  Debian 13 -> $root"
    as_root unshare --mount debootstrap --variant=minbase trixie "$root.part" "$url" >"$root.log" 2>&1 ||
        { tail -n 20 "$root.log" >&2; fail "debootstrap failed, see $root.log"; }
    # Packages start no daemons there.
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$root.part/usr/sbin/policy-rc.d" >/dev/null
    as_root chmod 755 "$root.part/usr/sbin/policy-rc.d"
    as_root mkdir "$root.part/project"
    as_root mv -T "$root.part" "$root"
}

# in_chroot COMMAND [ARG...] runs a command as root in the project's copy. The root is a mount, so that the command can
# make a mount namespace of its own.
in_chroot()
{
    as_root unshare --mount --pid --fork --kill-child sh -euc '
        root=$1
        shift
        cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
        mount -t tmpfs tmpfs "$root/dev/shm"
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
            chroot "$root" sh -c "cd /project && \"\$@\"" sh "$@"' sh "$root" "$@"
}

# Commands that run there at the same time see no file come or go that has not changed.
update_copy()
{
    as_root rsync -a --delete --exclude=/build --exclude="${build#"$here"}" --exclude=/.git ./ "$root/project/"
}

# One process at a time makes the chroot, installs or copies.
alone()
{
    mkdir -p "$(dirname "$root")"
    (
        flock 9
        "$@"
    ) 9>"$root.lock"
}

prepare()
{
    make_chroot
    update_copy
}

# ---- the verbs ----

test $# -ge 2 || fail "usage: tests/trixie.sh install PACKAGE... | run COMMAND [ARG...]"
verb=$1
shift
cd "$here"

case $verb in
install)
    if is_trixie; then
        exec sh tests/apt.sh "$@"
    fi
    alone prepare
    alone in_chroot sh tests/apt.sh "$@"
    ;;
run)
    if is_trixie; then
        exec "$@"
    fi
    alone prepare
    in_chroot "$@"
    ;;
*)
    fail "no verb $verb: install or run"
    ;;
esac

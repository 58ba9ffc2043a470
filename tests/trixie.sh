#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs commands on Debian 13 from any machine with Debian 12 or 13:
#     tests/trixie.sh install PACKAGE...    installs packages that are missing there
#     tests/trixie.sh run COMMAND [ARG...]  runs a command there, in the project's folder
# On Debian 13, the commands run on this machine. On Debian 12, they run in a chroot, which debootstrap makes once in
# TRIXIE_ROOT (half a minute, 400 MB). The default is build/trixie; any other folder must be outside the project. This
# requires root, or sudo with the right to mount.
#
# The chroot contains a copy of the project without build/, which is updated before each command. The files that a
# command builds remain in the copy, in TRIXIE_ROOT/project/build. No folder of this machine is mounted there. Necessary
# mounts, such as /proc, are made in a namespace that only the command sees and that ends with it, so removing
# TRIXIE_ROOT never removes anything else. The processes of the command end with it, too.
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

# Prints the archive that apt uses on this machine. The archive of security updates has no base system.
mirror()
{
    apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | awk '$1 !~ /security/ { print $2; exit }'
}

# Until it is complete, the chroot has another name.
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
    # Packages must not start daemons in the chroot.
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$root.part/usr/sbin/policy-rc.d" >/dev/null
    as_root chmod 755 "$root.part/usr/sbin/policy-rc.d"
    as_root mkdir "$root.part/project"
    as_root mv -T "$root.part" "$root"
}

# in_chroot COMMAND [ARG...] runs a command as root in the copy of the project. The root is a mount point, so that the
# command can create its own mount namespace.
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

# rsync does not touch files that have not changed, so other commands may run there at the same time.
update_copy()
{
    as_root rsync -a --delete --exclude=/build --exclude="${build#"$here"}" --exclude=/.git ./ "$root/project/"
}

# Runs a command while no other process creates the chroot, installs packages or updates the copy.
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
    fail "unknown verb $verb; use install or run"
    ;;
esac

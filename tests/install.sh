#!/bin/sh
# What `make install` puts below an empty DESTDIR is enough to build and run a program and to read the manual;
# `make uninstall` takes all of it away and nothing else.
# usage: install.sh DIRECTORY, with MAKE and CC in the environment
set -eu

stage=$(mkdir -p "$1" && cd "$1" && pwd)
root=$stage/root
prefix=/opt/slogout
set -- "DESTDIR=$root" "PREFIX=$prefix" "LIBDIR=$prefix/lib64"

fail()
{
    echo "install.sh: $*" >&2
    exit 1
}

rm -rf "$root"
mkdir -p "$root$prefix/lib64" "$root$prefix/share/man/man3"
touch "$root$prefix/lib64/libother.so" "$root$prefix/share/man/man3/other.3"
before=$(cd "$root" && find . ! -type d | sort)

"$MAKE" -s install "$@"

cat >"$stage/program.c" <<'END'
#include <stdio.h>
#include <string.h>
#include <slogout/slogout.h>

int main(void)
{
    struct slogout *slogout;

    if (slogout_new(&slogout, NULL) != 0 || slogout_free(slogout) != 0)
        return 1;
    puts(slogout_version());
    return strcmp(slogout_version(), SLOGOUT_VERSION) != 0;
}
END
$CC "-I$root$prefix/include" -o "$stage/static" "$stage/program.c" "$root$prefix/lib64/libslogout.a"
"$stage/static" >/dev/null || fail "the program with the static library does not run"
rm "$root$prefix/lib64/libslogout.a" # so that the next program gets the shared one
export PKG_CONFIG_LIBDIR="$root$prefix/lib64/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root"
pkg-config --exists slogout || fail "pkg-config does not find slogout"
# shellcheck disable=SC2046 # the flags are words
$CC $(pkg-config --cflags slogout) -o "$stage/program" "$stage/program.c" $(pkg-config --libs slogout)
version=$(LD_LIBRARY_PATH="$root$prefix/lib64" "$stage/program") || fail "the program does not run"
[ "$version" = "$(pkg-config --modversion slogout)" ] || fail "slogout.pc is not of version $version"

cd "$root$prefix/share/man"
for function in $(sed -n 's/^ *\(slogout_[a-z_]*\);/\1/p' "$OLDPWD/lib/slogout.map"); do
    mandoc -T html "man3/$function.3" | grep -q "class=\"Nm\">$function" || fail "no manual page of $function"
done
[ -f man7/slogout.7 ] || fail "no slogout(7)"
cd "$OLDPWD"

"$MAKE" -s uninstall "$@"
after=$(cd "$root" && find . ! -type d | sort)
[ "$before" = "$after" ] || fail "uninstall left or took: $after"
[ ! -e "$root$prefix/include/slogout" ] || fail "uninstall left the directory of the headers"

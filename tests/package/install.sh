#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The files that `make install` copies to an empty DESTDIR are enough to build and run a program and to read the manual.
# `make uninstall` removes all of these files and nothing else. DESTDIR and PREFIX contain spaces and special
# characters. pkg-config still works if the files are moved. All this also holds without a shared library. Every user
# can read the installed files, with any umask.
# usage: install.sh FOLDER, with MAKE and CC in the environment
set -eu

stage=$(mkdir -p "$1" && cd "$1" && pwd)
root="$stage/the root"
prefix="/opt/slog & out|1"
set -- "DESTDIR=$root" "PREFIX=$prefix" "LIBDIR=$prefix/lib64"

fail()
{
    echo "install.sh: $*" >&2
    exit 1
}

files()
{
    (cd "$root" && find . ! -type d | sort)
}

# Builds the program with the flags from pkg-config and runs it.
run_program()
{
    eval "$CC -o '$stage/program' '$stage/program.c' $(pkg-config --define-prefix --cflags --libs slogout)"
    version=$(LD_LIBRARY_PATH="$root$prefix/lib64" "$stage/program") || fail "the program does not run"
    [ "$version" = "$(pkg-config --modversion slogout)" ] || fail "slogout.pc does not have version $version"
}

uninstall()
{
    "$MAKE" -s uninstall "$@"
    [ "$before" = "$(files)" ] || fail "uninstall left other files than before install: $(files)"
    [ ! -e "$root$prefix/include/slogout" ] || fail "uninstall left the folder of the headers"
}

rm -rf "$root"
mkdir -p "$root$prefix/lib64" "$root$prefix/share/man/man3"
touch "$root$prefix/lib64/libother.so" "$root$prefix/share/man/man3/other.3"
before=$(files)

cat >"$stage/program.c" <<'END_OF_PROGRAM'
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
END_OF_PROGRAM
export PKG_CONFIG_LIBDIR="$root$prefix/lib64/pkgconfig"

umask 077
"$MAKE" -s install-static "$@"
! files | grep -q 'libslogout\.so' || fail "install-static installed a shared library"
run_program
"$MAKE" -s install "$@"
rm "$root$prefix/lib64/libslogout.a" # so that the next program links the shared library
run_program
private=$(find "$root$prefix" -type f ! -perm -044 -newer "$stage/program.c")
[ -z "$private" ] || fail "some users cannot read $private"
flags=$(eval "printf %s $(pkg-config --cflags slogout)")
[ "$flags" = "-I$prefix/include" ] || fail "without --define-prefix, pkg-config prints $flags"

functions=$(sh tests/docs/house/public.sh)
cd "$root$prefix/share/man"
for function in $functions; do
    mandoc -T html "man3/$function.3" | grep -q "class=\"Nm\">$function" || fail "no manual page of $function"
done
[ -f man7/slogout.7 ] || fail "no slogout(7)"
cd "$OLDPWD"

uninstall "$@"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks a draft like idnits, as far as the tools of Debian allow: draft.sh SOURCE TEXT.
set -eu

source=$1 text=$2
fail()
{
    echo "draft: $*" >&2
    exit 1
}

! LC_ALL=C grep -n '[^ -~]' "$text" | grep -v "$(printf '^[0-9]*:\f$')" || fail "octets that are not printable ASCII"
! grep -nE '.{73}' "$text" || fail "lines of more than 72 columns"
for section in 'Abstract' 'Status of This Memo' 'Copyright Notice' 'Table of Contents' '1\.  Introduction' \
    '[0-9]+\.  Security Considerations' '[0-9]+\.  IANA Considerations' '[0-9.]+  Normative References' \
    '[0-9.]+  Informative References' "Author's Address"; do
    grep -qE "^$section\$" "$text" || fail "no section $section"
done
# xml2rfc reports citations without a reference. This finds references without a citation.
for reference in $(sed -n 's/.*<reference anchor="\([^"]*\)".*/\1/p' "$source"); do
    grep -q "target=\"$reference\"" "$source" || fail "nothing cites $reference"
done
echo "draft: $text has $(wc -l <"$text") lines of at most 72 columns, and all its sections and references"

/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc.h"
#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */
#include "tag.c"
#pragma CPROVER check pop

/* proves: a tag is written exactly if its prefix is a tag of up to SLOGOUT_PREFIX_MAX octets; it fits, is
 *     NUL-terminated, and consists of the prefix and digits; the first digit is not 0, and the last digit is right; the
 *     number is the last number plus one, or 1; for all 32-bit numbers
 * with: --unwind 24
 * claims: slo_tag_write slogout_tags_next slo_tag_prefix_valid
 * mutant: lib/tag.c: tags->last + 1 : 1 => tags->last + 1 : 0
 * mutant: lib/tag.c: len <= SLOGOUT_PREFIX_MAX && slogout_tag_valid => len <= SLOGOUT_PREFIX_MAX + 1 && slogout_tag_valid */
void tags_next(void)
{
    char prefix[SLOGOUT_PREFIX_MAX + 2];
    char written[SLOGOUT_TAG_SIZE];
    struct slogout_tags tags = {prefix, nondet_uint32()};
    const uint32_t last = tags.last;
    const uint32_t number = last == UINT32_MAX ? 1 : last + 1;
    const size_t i = nondet_size();
    size_t len, prefix_len;
    char octet; /* of the prefix */
    int valid;

    ASSUME(prefix[SLOGOUT_PREFIX_MAX + 1] == '\0' && i < SLOGOUT_TAG_SIZE);
    octet = prefix[i < sizeof prefix ? i : 0];
    prefix_len = strlen(prefix);
    valid = prefix_len <= SLOGOUT_PREFIX_MAX && slogout_tag_valid(prefix, prefix_len);
    CHECK(slo_tag_prefix_valid(prefix) == valid);
    len = slogout_tags_next(&tags, written);
    CHECK((len > 0) == valid);
    if (!valid) {
        CHECK(tags.last == last);
        return;
    }
    CHECK(len < SLOGOUT_TAG_SIZE && written[len] == '\0' && len > prefix_len && len <= prefix_len + 10);
    CHECK(tags.last == number);
    CHECK(written[prefix_len] != '0' && written[len - 1] == (char)('0' + number % 10));
    CHECK(i >= len || (i < prefix_len ? written[i] == octet : written[i] >= '0' && written[i] <= '9'));
}

/* proves: no tag is written, and none is counted, if an argument is missing
 * with: --unwind 24
 * claims: slogout_tags_next
 * mutant: lib/tag.c: if (!tags || !tag => if (!tag */
void missing(void)
{
    struct slogout_tags tags = {"T", 1}, without_prefix = {NULL, 1};
    char written[SLOGOUT_TAG_SIZE];

    CHECK(slogout_tags_next(NULL, written) == 0 && slogout_tags_next(&tags, NULL) == 0 && tags.last == 1);
    CHECK(slogout_tags_next(&without_prefix, written) == 0 && without_prefix.last == 1);
}

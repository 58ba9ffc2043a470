/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "tag.h"

/* An atom has no CTL, SP, 8-bit octet or any of (){%*"\] (RFC 3501 section 9). A tag has no "+"
 * either, but it may have a "]". */
/* clang-format off */
const unsigned char slo_octet_uses[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 3, 0, 3, 3, 0, 3, 3, 0, 0, 0, 6, 3, 3, 3, 3, /* SP to / */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 3, 3, 3, 3, 3, 3, /* 0 to ? */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, /* @ to O */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 1, 3, 3, /* P to _ */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, /* ` to o */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 3, 7, 3, 0, /* p to DEL */
};
/* clang-format on */

size_t slo_tag_length(const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && slo_octet_uses[(unsigned char)bytes[i]] & SLO_USE_TAG)
        i++;
    return i;
}

size_t slo_atom_length(const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && slo_octet_uses[(unsigned char)bytes[i]] & SLO_USE_ATOM)
        i++;
    return i;
}

int slogout_tag_valid(const char *tag, size_t len)
{
    return tag && len > 0 && slo_tag_length(tag, len) == len;
}

/* Reads only SLOGOUT_PREFIX_MAX + 1 octets, because a longer string need not have a NUL. */
int slo_tag_prefix_valid(const char *prefix)
{
    size_t len = 0;

    while (len <= SLOGOUT_PREFIX_MAX && prefix[len])
        len++;
    return len <= SLOGOUT_PREFIX_MAX && slogout_tag_valid(prefix, len);
}

size_t slo_tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number)
{
    char digits[10]; /* 2^32 - 1 has ten */
    size_t count = 0;
    size_t len = strlen(prefix);

    memcpy(tag, prefix, len);
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count > 0)
        tag[len++] = digits[--count];
    tag[len] = '\0';
    return len;
}

size_t slogout_tags_next(struct slogout_tags *tags, char tag[SLOGOUT_TAG_SIZE])
{
    if (!tags || !tag || !tags->prefix || !slo_tag_prefix_valid(tags->prefix))
        return 0;
    tags->last = tags->last < UINT32_MAX ? tags->last + 1 : 1;
    return slo_tag_write(tag, tags->prefix, tags->last);
}

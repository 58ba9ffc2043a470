#include <string.h>
#include "tag.h"

/* RFC 3501 section 9: tag = 1*<any ASTRING-CHAR except "+">. ASTRING-CHAR leaves out CTL, SP, 8-bit and
 * these. */
static int is_tag_char(char c)
{
    return c > ' ' && c < 0x7f && !strchr("(){%*\"\\+", c);
}

int slogout_tag_valid(const char *tag, size_t len)
{
    size_t i;

    if (!tag)
        return 0;
    for (i = 0; i < len; i++)
        if (!is_tag_char(tag[i]))
            return 0;
    return len > 0;
}

/* An endless string is not read to its end. */
int tag_prefix_valid(const char *prefix)
{
    size_t len = 0;

    while (len <= SLOGOUT_PREFIX_MAX && prefix[len])
        len++;
    return len <= SLOGOUT_PREFIX_MAX && slogout_tag_valid(prefix, len);
}

size_t tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number)
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
    if (!tags || !tag || !tags->prefix || !tag_prefix_valid(tags->prefix))
        return 0;
    tags->last = tags->last < UINT32_MAX ? tags->last + 1 : 1;
    return tag_write(tag, tags->prefix, tags->last);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares slogout_response_parse() with a parser that follows the grammar alone, for any line. */
#include <stdlib.h>
#include <string.h>
#include "model/reference.h"
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_inside(const char *part, size_t part_len, const char *line, size_t len)
{
    return part_len == 0 || (part >= line && part_len <= len && (size_t)(part - line) <= len - part_len);
}

static void check_escape(const char *bytes, size_t len, size_t room)
{
    char *out = malloc(room);
    size_t i;

    slo_escape(out, room, bytes, len);
    for (i = 0; out[i]; i++)
        if (out[i] < ' ' || out[i] > '~')
            abort();
    free(out);
}

static int same(const struct slogout_response *a, const struct slogout_response *b)
{
    return a->status == b->status && a->tag == b->tag && a->tag_len == b->tag_len && a->code == b->code &&
           a->code_len == b->code_len && a->text == b->text && a->text_len == b->text_len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data;
    struct slogout_response found = {SLOGOUT_STATUS_NONE, NULL, 0, NULL, 0, NULL, 0};
    struct slogout_response expected = found;

    if (slogout_response_parse(&found, line, size) != reference_parse(&expected, line, size))
        abort();
    if (!same(&found, &expected) || !is_inside(found.tag, found.tag_len, line, size) ||
        !is_inside(found.code, found.code_len, line, size) ||
        !is_inside(found.text, found.text_len, line, size))
        abort();
    check_escape(line, size, size ? data[0] + 1U : 1);
    return 0;
}

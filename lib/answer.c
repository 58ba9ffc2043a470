/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "answer.h"
#include "response.h"

void slo_answer_init(struct slo_answer *answer)
{
    answer->verdict = SLO_ANSWER_UNDECIDED;
    answer->len = 0;
    answer->line_len = 0;
}

/* Returns the verdict on the octets of the line so far. An answer is "*" SP "BYE" or tag SP ("OK" / "NO" /
 * "BAD"), followed by SP, LF or CRLF. The tag is compared octet by octet. Up to SLO_ANSWER_SPACES_MAX SP
 * count as one. Sets *spaces to their number if the line is an answer. */
static enum slo_answer_verdict judge(const struct slo_answer *answer, const char *tag, size_t *spaces)
{
    const char *prefix = *answer->line == '*' ? "*" : tag;
    const size_t prefix_len = strlen(prefix);
    const char *end = answer->line + answer->len;
    const char *word = answer->line + prefix_len;
    const struct slo_status_word *found;
    enum slo_match match;

    if (answer->len <= prefix_len)
        return memcmp(answer->line, prefix, answer->len) == 0 ? SLO_ANSWER_UNDECIDED : SLO_ANSWER_NONE;
    while (word < end && *word == ' ')
        word++;
    *spaces = (size_t)(word - answer->line) - prefix_len;
    if (*spaces == 0 || *spaces > SLO_ANSWER_SPACES_MAX)
        return SLO_ANSWER_NONE;
    match = slo_status_match(word, (size_t)(end - word), *prefix == '*', &found);
    if (match != SLO_WHOLE_WORD)
        return match == SLO_PART_OF_WORD ? SLO_ANSWER_UNDECIDED : SLO_ANSWER_NONE;
    word += strlen(found->word);
    if (word == end || (end - word == 1 && *word == '\r'))
        return SLO_ANSWER_UNDECIDED;
    return *word == ' ' || end[-1] == '\n' ? SLO_ANSWER_BEGUN : SLO_ANSWER_NONE;
}

/* Leaves one SP after the tag, because slogout_response_parse() accepts no more. */
static void close_up(struct slo_answer *answer, size_t spaces)
{
    char *space = memchr(answer->line, ' ', answer->len);

    answer->len -= spaces - 1;
    memmove(space, space + spaces - 1, answer->len - (size_t)(space - answer->line));
}

static void keep(struct slo_answer *answer, const char *bytes, size_t len)
{
    const size_t room = sizeof answer->line - answer->len;
    const size_t n = len < room ? len : room;

    memcpy(answer->line + answer->len, bytes, n);
    answer->len += n;
    answer->line_len += len;
}

/* Consumes the octets up to and including the LF, but only one octet beyond SLO_ANSWER_LINE_MAX. */
static size_t feed_text(struct slo_answer *answer, const char *bytes, size_t len)
{
    const size_t room = SLO_ANSWER_LINE_MAX + 1 - answer->line_len;
    const size_t most = len < room ? len : room;
    const char *end = memchr(bytes, '\n', most);
    const size_t n = end ? (size_t)(end - bytes) + 1 : most;

    keep(answer, bytes, n);
    if (end)
        answer->verdict = SLO_ANSWER_WHOLE;
    else if (answer->line_len > SLO_ANSWER_LINE_MAX)
        answer->verdict = SLO_ANSWER_TOO_LONG;
    return n;
}

size_t slo_answer_feed(struct slo_answer *answer, const char *tag, const char *bytes, size_t len)
{
    size_t used = 0;
    size_t spaces;

    if (answer->verdict >= SLO_ANSWER_TOO_LONG) {
        const char *end = memchr(bytes, '\n', len);
        answer->verdict = end ? SLO_ANSWER_OVER : SLO_ANSWER_SKIPPED;
        return end ? (size_t)(end - bytes) + 1 : len;
    }
    while (used < len && answer->verdict == SLO_ANSWER_UNDECIDED) {
        const char byte = bytes[used];
        keep(answer, &byte, 1);
        answer->verdict = judge(answer, tag, &spaces);
        if (answer->verdict == SLO_ANSWER_NONE) {
            answer->len--;
            return used;
        }
        used++;
        if (answer->verdict == SLO_ANSWER_BEGUN)
            close_up(answer, spaces);
        if (answer->verdict == SLO_ANSWER_BEGUN && byte == '\n')
            answer->verdict = SLO_ANSWER_WHOLE;
    }
    if (answer->verdict == SLO_ANSWER_BEGUN)
        used += feed_text(answer, bytes + used, len - used);
    return used;
}

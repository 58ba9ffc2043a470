#include <string.h>
#include "answer.h"

void slo_answer_init(struct slo_answer *answer)
{
    answer->len = 0;
    answer->line_len = 0;
    answer->verdict = SLO_ANSWER_UNDECIDED;
}

/* Up to n octets of a line against a word in capitals: how far they agree, whatever the locale. */
static size_t word_agrees(const char *line, size_t n, const char *word)
{
    size_t i = 0;

    while (i < n && word[i] && (line[i] == word[i] || line[i] == (word[i] | 0x20)))
        i++;
    return i;
}

/* What may stand behind the word: SP, LF or CRLF. */
static enum slo_answer_verdict look_at_end(const char *end, size_t len)
{
    if (len == 0)
        return SLO_ANSWER_UNDECIDED;
    if (*end == ' ' || *end == '\n')
        return SLO_ANSWER_BEGUN;
    if (*end != '\r')
        return SLO_ANSWER_NONE;
    if (len == 1)
        return SLO_ANSWER_UNDECIDED;
    return end[1] == '\n' ? SLO_ANSWER_BEGUN : SLO_ANSWER_NONE;
}

static enum slo_answer_verdict look_at_word(const char *line, size_t len, const char *word)
{
    const size_t n = word_agrees(line, len, word);

    if (word[n])
        return n == len ? SLO_ANSWER_UNDECIDED : SLO_ANSWER_NONE;
    return look_at_end(line + n, len - n);
}

/* Octet for octet the tag, then SP, then the word. */
static enum slo_answer_verdict look_at_line(const struct slo_answer *answer, const char *tag,
                                            const char *word)
{
    const size_t tag_len = strlen(tag);
    const size_t n = answer->len < tag_len ? answer->len : tag_len;

    if (memcmp(answer->line, tag, n) != 0)
        return SLO_ANSWER_NONE;
    return look_at_word(answer->line + n, answer->len - n, word);
}

static enum slo_answer_verdict look(const struct slo_answer *answer, const char *tag)
{
    const enum slo_answer_verdict verdicts[] = {
        look_at_line(answer, "*", " BYE"),
        look_at_line(answer, tag, " OK"),
        look_at_line(answer, tag, " NO"),
        look_at_line(answer, tag, " BAD"),
    };
    enum slo_answer_verdict verdict = SLO_ANSWER_NONE;
    size_t i;

    for (i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (verdicts[i] != SLO_ANSWER_NONE)
            verdict = verdicts[i];
    return verdict;
}

static void keep(struct slo_answer *answer, const char *bytes, size_t len)
{
    const size_t room = sizeof answer->line - answer->len;
    const size_t n = len < room ? len : room;

    memcpy(answer->line + answer->len, bytes, n);
    answer->len += n;
    answer->line_len += len;
}

/* The octet that shows it to be none is not taken. */
static void add_undecided(struct slo_answer *answer, const char *tag, char byte)
{
    keep(answer, &byte, 1);
    answer->verdict = (uint8_t)look(answer, tag);
    if (answer->verdict == SLO_ANSWER_NONE)
        answer->len--;
    if (answer->verdict == SLO_ANSWER_BEGUN && byte == '\n')
        answer->verdict = SLO_ANSWER_WHOLE;
}

/* Up to its LF, or to the octet that is one too many. */
static size_t add_rest(struct slo_answer *answer, const char *bytes, size_t len)
{
    const size_t room = SLO_ANSWER_LINE_MAX + 1 - answer->line_len;
    const size_t most = len < room ? len : room;
    const char *end = memchr(bytes, '\n', most);
    const size_t n = end ? (size_t)(end - bytes) + 1 : most;

    keep(answer, bytes, n);
    if (answer->line_len > SLO_ANSWER_LINE_MAX)
        answer->verdict = SLO_ANSWER_TOO_LONG;
    else if (end)
        answer->verdict = SLO_ANSWER_WHOLE;
    return n;
}

static size_t drop_rest(struct slo_answer *answer, const char *bytes, size_t len)
{
    const char *end = memchr(bytes, '\n', len);

    answer->len = 0;
    answer->verdict = end ? SLO_ANSWER_NONE : SLO_ANSWER_REFUSED;
    return end ? (size_t)(end - bytes) + 1 : len;
}

size_t slo_answer_feed(struct slo_answer *answer, const char *tag, const char *bytes, size_t len)
{
    size_t used = 0;

    if (answer->verdict >= SLO_ANSWER_TOO_LONG)
        return drop_rest(answer, bytes, len);
    while (used < len && answer->verdict == SLO_ANSWER_UNDECIDED) {
        add_undecided(answer, tag, bytes[used]);
        if (answer->verdict != SLO_ANSWER_NONE)
            used++;
    }
    if (answer->verdict == SLO_ANSWER_BEGUN)
        used += add_rest(answer, bytes + used, len - used);
    return used;
}

#include <string.h>
#include "answer.h"

void answer_init(struct answer *answer)
{
    answer->len = 0;
    answer->line_len = 0;
    answer->verdict = ANSWER_UNDECIDED;
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
static enum answer_verdict look_at_end(const char *end, size_t len)
{
    if (len == 0)
        return ANSWER_UNDECIDED;
    if (*end == ' ' || *end == '\n')
        return ANSWER_BEGUN;
    if (*end != '\r')
        return ANSWER_NONE;
    if (len == 1)
        return ANSWER_UNDECIDED;
    return end[1] == '\n' ? ANSWER_BEGUN : ANSWER_NONE;
}

static enum answer_verdict look_at_word(const char *line, size_t len, const char *word)
{
    const size_t n = word_agrees(line, len, word);

    if (word[n])
        return n == len ? ANSWER_UNDECIDED : ANSWER_NONE;
    return look_at_end(line + n, len - n);
}

/* Octet for octet the tag, then SP, then the word. */
static enum answer_verdict look_at_line(const struct answer *answer, const char *tag, const char *word)
{
    const size_t tag_len = strlen(tag);
    const size_t n = answer->len < tag_len ? answer->len : tag_len;

    if (memcmp(answer->line, tag, n) != 0)
        return ANSWER_NONE;
    return look_at_word(answer->line + n, answer->len - n, word);
}

static enum answer_verdict look(const struct answer *answer, const char *tag)
{
    const enum answer_verdict verdicts[] = {
        look_at_line(answer, "*", " BYE"),
        look_at_line(answer, tag, " OK"),
        look_at_line(answer, tag, " NO"),
        look_at_line(answer, tag, " BAD"),
    };
    enum answer_verdict verdict = ANSWER_NONE;
    size_t i;

    for (i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (verdicts[i] != ANSWER_NONE)
            verdict = verdicts[i];
    return verdict;
}

static void keep(struct answer *answer, const char *bytes, size_t len)
{
    const size_t room = sizeof answer->line - answer->len;
    const size_t n = len < room ? len : room;

    memcpy(answer->line + answer->len, bytes, n);
    answer->len += n;
    answer->line_len += len;
}

/* The octet that shows it to be none is not taken. */
static void add_undecided(struct answer *answer, const char *tag, char byte)
{
    keep(answer, &byte, 1);
    answer->verdict = (uint8_t)look(answer, tag);
    if (answer->verdict == ANSWER_NONE)
        answer->len--;
    if (answer->verdict == ANSWER_BEGUN && byte == '\n')
        answer->verdict = ANSWER_WHOLE;
}

/* Up to its LF, or to the octet that is one too many. */
static size_t add_rest(struct answer *answer, const char *bytes, size_t len)
{
    const size_t room = ANSWER_LINE_MAX + 1 - answer->line_len;
    const size_t most = len < room ? len : room;
    const char *end = memchr(bytes, '\n', most);
    const size_t n = end ? (size_t)(end - bytes) + 1 : most;

    keep(answer, bytes, n);
    if (answer->line_len > ANSWER_LINE_MAX)
        answer->verdict = ANSWER_TOO_LONG;
    else if (end)
        answer->verdict = ANSWER_WHOLE;
    return n;
}

static size_t drop_rest(struct answer *answer, const char *bytes, size_t len)
{
    const char *end = memchr(bytes, '\n', len);

    answer->len = 0;
    answer->verdict = end ? ANSWER_NONE : ANSWER_REFUSED;
    return end ? (size_t)(end - bytes) + 1 : len;
}

size_t answer_add(struct answer *answer, const char *tag, const char *bytes, size_t len)
{
    size_t used = 0;

    if (answer->verdict >= ANSWER_TOO_LONG)
        return drop_rest(answer, bytes, len);
    while (used < len && answer->verdict == ANSWER_UNDECIDED) {
        add_undecided(answer, tag, bytes[used]);
        if (answer->verdict != ANSWER_NONE)
            used++;
    }
    if (answer->verdict == ANSWER_BEGUN)
        used += add_rest(answer, bytes + used, len - used);
    return used;
}

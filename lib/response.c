#include <string.h>
#include "response.h"

#define LOOK_MAX 255 /* octets in which a tag or a response code must end */

/* RFC 3501 section 9, resp-cond-state and resp-cond-bye. */
static const struct status {
    char word[4];
    enum slogout_status status;
} table[] = {
    {"OK", SLOGOUT_STATUS_OK},
    {"NO", SLOGOUT_STATUS_NO},
    {"BAD", SLOGOUT_STATUS_BAD},
    {"BYE", SLOGOUT_STATUS_BYE},
};

size_t slo_word_agreement(const char *bytes, size_t len, const char *word)
{
    size_t i = 0;

    while (i < len && word[i] &&
           (bytes[i] == word[i] || (word[i] >= 'A' && word[i] <= 'Z' && bytes[i] == (word[i] | 0x20))))
        i++;
    return i;
}

/* How octets compare with the words of the table. */
enum match {
    NO_WORD,
    PART_OF_WORD, /* More octets may make a word of them. */
    WHOLE_WORD    /* They begin with a word; what follows it is not looked at. */
};

static enum match match_status(const char *bytes, size_t len, const struct status **found)
{
    enum match match = NO_WORD;
    size_t i;

    for (i = 0; i < sizeof table / sizeof *table; i++) {
        const size_t n = slo_word_agreement(bytes, len, table[i].word);
        if (table[i].word[n] == '\0') {
            *found = &table[i];
            return WHOLE_WORD;
        }
        if (n == len)
            match = PART_OF_WORD;
    }
    return match;
}

int slo_status_find(const char *bytes, size_t len, enum slogout_status *status)
{
    const struct status *found;

    if (match_status(bytes, len, &found) != WHOLE_WORD || len != strlen(found->word))
        return 0;
    *status = found->status;
    return 1;
}

/* ---- a response that is whole ---- */

/* Returns the first `c` in the first LOOK_MAX + 1 octets, or NULL. */
static const char *find(const char *bytes, char c, size_t len)
{
    return memchr(bytes, c, len <= LOOK_MAX ? len : LOOK_MAX + 1);
}

static size_t without_line_end(const char *line, size_t len)
{
    if (len > 0 && line[len - 1] == '\n')
        len--;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    return len;
}

/* RFC 3501 section 9: resp-text = ["[" resp-text-code "]" SP] text; no code holds a "]". */
static void split_text(struct slogout_response *response, const char *text, const char *end)
{
    const char *bracket = NULL;

    if (text < end && *text == '[')
        bracket = find(text + 1, ']', (size_t)(end - text) - 1);
    if (bracket && bracket > text + 1 && (bracket + 1 == end || bracket[1] == ' ')) {
        response->code = text + 1;
        response->code_len = (size_t)(bracket - response->code);
        text = bracket + 1 < end ? bracket + 2 : end;
    }
    response->text = text;
    response->text_len = (size_t)(end - text);
}

/* RFC 3501 section 9: response-tagged = tag SP resp-cond-state; response-fatal = "*" SP resp-cond-bye. */
int slogout_response_parse(struct slogout_response *out, const char *line, size_t len)
{
    struct slogout_response response = {SLOGOUT_STATUS_OK, NULL, 0, NULL, 0, NULL, 0};
    const struct status *found;
    const char *space;
    const char *end;
    const char *text;
    size_t prefix_len;

    if (!out || !line)
        return 0;
    len = without_line_end(line, len);
    end = line + len;
    space = find(line, ' ', len);
    if (!space || match_status(space + 1, (size_t)(end - space) - 1, &found) != WHOLE_WORD)
        return 0;
    text = space + 1 + strlen(found->word);
    if (text < end && *text != ' ')
        return 0;
    prefix_len = (size_t)(space - line);
    if (found->status == SLOGOUT_STATUS_BYE) {
        if (prefix_len != 1 || *line != '*')
            return 0;
    } else {
        if (!slogout_tag_valid(line, prefix_len))
            return 0;
        response.tag = line;
        response.tag_len = prefix_len;
    }
    response.status = found->status;
    split_text(&response, text < end ? text + 1 : end, end);
    *out = response;
    return 1;
}

/* ---- an answer that arrives in pieces ---- */

void slo_answer_init(struct slo_answer *answer)
{
    answer->verdict = SLO_ANSWER_UNDECIDED;
    answer->len = 0;
    answer->line_len = 0;
}

/* Judges what there is of the line: "*" SP "BYE" or tag SP ("OK" / "NO" / "BAD"), then SP, LF or CRLF. The
 * tag is compared octet for octet. */
static enum slo_answer_verdict judge(const struct slo_answer *answer, const char *tag)
{
    const char *prefix = *answer->line == '*' ? "*" : tag;
    const size_t prefix_len = strlen(prefix);
    const char *end = answer->line + answer->len;
    const char *word = answer->line + prefix_len + 1;
    const struct status *found;
    enum match match;

    if (answer->len <= prefix_len)
        return memcmp(answer->line, prefix, answer->len) == 0 ? SLO_ANSWER_UNDECIDED : SLO_ANSWER_NONE;
    if (word[-1] != ' ')
        return SLO_ANSWER_NONE;
    match = match_status(word, (size_t)(end - word), &found);
    if (match != WHOLE_WORD)
        return match == PART_OF_WORD ? SLO_ANSWER_UNDECIDED : SLO_ANSWER_NONE;
    if ((found->status == SLOGOUT_STATUS_BYE) != (*prefix == '*'))
        return SLO_ANSWER_NONE;
    word += strlen(found->word);
    if (word == end || (end - word == 1 && *word == '\r'))
        return SLO_ANSWER_UNDECIDED;
    return *word == ' ' || end[-1] == '\n' ? SLO_ANSWER_BEGUN : SLO_ANSWER_NONE;
}

static void keep(struct slo_answer *answer, const char *bytes, size_t len)
{
    const size_t room = sizeof answer->line - answer->len;
    const size_t n = len < room ? len : room;

    memcpy(answer->line + answer->len, bytes, n);
    answer->len += n;
    answer->line_len += len;
}

/* Consumes up to the LF, or up to the first octet beyond SLO_ANSWER_LINE_MAX. */
static size_t feed_text(struct slo_answer *answer, const char *bytes, size_t len)
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

size_t slo_answer_feed(struct slo_answer *answer, const char *tag, const char *bytes, size_t len)
{
    size_t used = 0;

    if (answer->verdict >= SLO_ANSWER_TOO_LONG) {
        const char *end = memchr(bytes, '\n', len);
        answer->verdict = end ? SLO_ANSWER_OVER : SLO_ANSWER_SKIPPED;
        return end ? (size_t)(end - bytes) + 1 : len;
    }
    while (used < len && answer->verdict == SLO_ANSWER_UNDECIDED) {
        const char byte = bytes[used];
        keep(answer, &byte, 1);
        answer->verdict = judge(answer, tag);
        if (answer->verdict == SLO_ANSWER_NONE) {
            answer->len--;
            return used;
        }
        used++;
        if (answer->verdict == SLO_ANSWER_BEGUN && byte == '\n')
            answer->verdict = SLO_ANSWER_WHOLE;
    }
    if (answer->verdict == SLO_ANSWER_BEGUN)
        used += feed_text(answer, bytes + used, len - used);
    return used;
}

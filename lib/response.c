/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "response.h"
#include "word.h"

#define LOOK_MAX 255 /* octets in which a tag or a response code must end */

/* RFC 3501 section 9, resp-cond-state and resp-cond-bye. */
static const struct slo_status_word statuses[] = {
    {"OK", SLOGOUT_STATUS_OK},
    {"NO", SLOGOUT_STATUS_NO},
    {"BAD", SLOGOUT_STATUS_BAD},
    {"BYE", SLOGOUT_STATUS_BYE},
};

enum slo_match slo_status_match(const char *bytes, size_t len, int is_untagged,
                                const struct slo_status_word **found)
{
    enum slo_match match = SLO_NO_WORD;
    size_t i;

    for (i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        const size_t n = slo_word_agreement(bytes, len, statuses[i].word);
        if ((statuses[i].status == SLOGOUT_STATUS_BYE) != (is_untagged != 0))
            continue;
        if (statuses[i].word[n] == '\0') {
            *found = &statuses[i];
            return SLO_WHOLE_WORD;
        }
        if (n == len)
            match = SLO_PART_OF_WORD;
    }
    return match;
}

int slo_status_find(const char *bytes, size_t len, enum slogout_status *status)
{
    size_t i;

    for (i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (slo_word_is(bytes, len, statuses[i].word)) {
            *status = statuses[i].status;
            return 1;
        }
    return 0;
}

/* ---- a whole response ---- */

/* Returns a pointer to the first `c` in LOOK_MAX + 1 octets, or NULL. */
static const char *find_near(const char *bytes, char c, size_t len)
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

/* Splits ["[" resp-text-code "]" SP] text (RFC 3501 section 9, resp-text). A code contains no "]". */
static void split_text(struct slogout_response *response, const char *text, const char *end)
{
    const char *bracket = NULL;

    if (text < end && *text == '[')
        bracket = find_near(text + 1, ']', (size_t)(end - text) - 1);
    if (bracket && bracket > text + 1 && (bracket + 1 == end || bracket[1] == ' ')) {
        response->code = text + 1;
        response->code_len = (size_t)(bracket - response->code);
        text = bracket + 1 < end ? bracket + 2 : end;
    }
    response->text = text;
    response->text_len = (size_t)(end - text);
}

/* Parses tag SP resp-cond-state, or "*" SP resp-cond-bye (RFC 3501 section 9, response-done). */
int slogout_response_parse(struct slogout_response *out, const char *line, size_t len)
{
    static const struct slogout_response empty;
    struct slogout_response response = empty;
    const struct slo_status_word *found;
    const char *space;
    const char *end;
    const char *text;
    int is_untagged;

    if (!out || !line)
        return 0;
    len = without_line_end(line, len);
    end = line + len;
    space = find_near(line, ' ', len);
    if (!space)
        return 0;
    is_untagged = space - line == 1 && *line == '*';
    if (slo_status_match(space + 1, (size_t)(end - space) - 1, is_untagged, &found) != SLO_WHOLE_WORD)
        return 0;
    text = space + 1 + strlen(found->word);
    if (text < end && *text != ' ')
        return 0;
    if (!is_untagged) {
        if (!slogout_tag_valid(line, (size_t)(space - line)))
            return 0;
        response.tag = line;
        response.tag_len = (size_t)(space - line);
    }
    response.status = found->status;
    split_text(&response, text < end ? text + 1 : end, end);
    *out = response;
    return 1;
}

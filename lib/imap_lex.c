/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "imap_lex.h"
#include "word.h"
#include "response.h"
#include "tag.h"

size_t slo_line_stop(const char *bytes, size_t len)
{
    const char *stop = memchr(bytes, '\n', len);
    const char *nul;

    if (stop)
        len = (size_t)(stop - bytes);
    nul = memchr(bytes, '\0', len);
    return nul ? (size_t)(nul - bytes) : len;
}

size_t slo_word_stop(const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && !slo_ends_word(bytes[i]))
        i++;
    return i;
}

/* ---- tags ---- */

/* Computes FNV-1a. A tag that has not begun has the hash 0, so the offset basis replaces it. */
size_t slo_tag_take(struct slo_tag *tag, const char *bytes, size_t len)
{
    uint64_t hash = tag->len > 0 ? tag->hash : UINT64_C(0xcbf29ce484222325);
    size_t n = 0;

    for (; n < len && slo_octet_uses[(unsigned char)bytes[n]] & SLO_USE_TAG; n++)
        hash = (hash ^ (unsigned char)bytes[n]) * UINT64_C(0x100000001b3);
    tag->hash = hash;
    tag->len = (uint8_t)(tag->len + n <= SLO_TAG_KNOWN ? tag->len + n : SLO_TAG_KNOWN + 1);
    return n;
}

/* ---- words ---- */

void slo_token_add(struct slo_token *token, const char *bytes, size_t len)
{
    const size_t room = (size_t)(SLO_TOKEN_MAX + 1 - token->len);

    memcpy(token->bytes + token->len, bytes, len < room ? len : room);
    token->len = (uint8_t)(token->len + (len < room ? len : room));
}

size_t slo_token_take(struct slo_token *token, const char *bytes, size_t len)
{
    uint8_t kept = token->len;
    size_t n = 0;

    for (; n < len && slo_octet_uses[(unsigned char)bytes[n]] & SLO_USE_ATOM; n++)
        if (kept <= SLO_TOKEN_MAX)
            token->bytes[kept++] = bytes[n];
    token->len = kept;
    return n;
}

static size_t agreement(const struct slo_token *token, const char *word)
{
    return slo_word_agreement(token->bytes, token->len, word);
}

int slo_token_is(const struct slo_token *token, const char *word)
{
    return slo_word_is(token->bytes, token->len, word);
}

int slo_token_begins(const struct slo_token *token, const char *word)
{
    return !word[agreement(token, word)];
}

int slo_token_may_begin(const struct slo_token *token, const char *word)
{
    const size_t len = agreement(token, word);

    return len == token->len || !word[len];
}

/* ---- literals ---- */

enum { NOTHING, OPEN, DIGITS, PLUS, CLOSED, CLOSED_CR };

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void look_at(struct slo_announcement *announcement, char c)
{
    const uint8_t phase = announcement->phase;
    const uint8_t digit = (uint8_t)(c - '0');

    announcement->phase = NOTHING;
    if (is_digit(c) && (phase == OPEN || phase == DIGITS)) {
        announcement->phase = DIGITS;
        if (announcement->size > (SLO_LITERAL_LIMIT - digit) / 10)
            announcement->size = SLO_LITERAL_LIMIT;
        else
            announcement->size = announcement->size * 10 + digit;
    } else if (c == '+' && phase == DIGITS) {
        announcement->phase = PLUS;
        announcement->non_synchronizing = 1;
    } else if (c == '}' && (phase == DIGITS || phase == PLUS)) {
        announcement->phase = CLOSED;
    } else if (c == '\r' && phase == CLOSED) {
        announcement->phase = CLOSED_CR;
    }
}

/* Only the octets after the final "{" matter. Few lines end in octets that may follow it, so the search
 * begins at the end. */
void slo_announcement_feed(struct slo_announcement *announcement, const char *bytes, size_t len)
{
    size_t i = len;

    while (i > 0 && slo_octet_uses[(unsigned char)bytes[i - 1]] & SLO_USE_ANNOUNCEMENT)
        i--;
    if (i > 0) {
        announcement->phase = bytes[i - 1] == '{' ? OPEN : NOTHING;
        announcement->size = 0;
        announcement->non_synchronizing = 0;
    }
    while (i < len && announcement->phase != NOTHING)
        look_at(announcement, bytes[i++]);
}

int slo_announcement_made(const struct slo_announcement *announcement)
{
    return announcement->phase >= CLOSED;
}

/* ---- the lines of a command ---- */

/* The places in a line. */
enum { PLACE_ATOM, PLACE_LITERAL, PLACE_TILDE, PLACE_QUOTED, PLACE_ESCAPED };

static uint8_t place_after(uint8_t place, char c)
{
    if (place == PLACE_ESCAPED)
        return PLACE_QUOTED;
    if (c == '"')
        return place == PLACE_QUOTED ? PLACE_ATOM : PLACE_QUOTED;
    if (place == PLACE_QUOTED)
        return c == '\\' ? PLACE_ESCAPED : PLACE_QUOTED;
    if (c == ' ' || c == '(')
        return PLACE_LITERAL;
    return c == '~' && place == PLACE_LITERAL ? PLACE_TILDE : PLACE_ATOM;
}

/* Servers refuse a line that breaks the grammar, and differ in where they continue to read. After `x{5+}`,
 * some servers skip five octets, and others run them as a command. After `{5} `, some servers send a `+`
 * before they refuse the line. */
static void look_at_argument(struct slo_arguments *arguments, char c)
{
    struct slo_announcement *announcement = &arguments->announcement;
    const int was_made = slo_announcement_made(announcement);

    slo_announcement_feed(announcement, &c, 1);
    if (was_made && !slo_announcement_made(announcement) && arguments->place < PLACE_QUOTED)
        arguments->is_doubtful = 1;
    if (c == '{')
        arguments->is_placed = arguments->place == PLACE_LITERAL || arguments->place == PLACE_TILDE;
    arguments->place = place_after(arguments->place, c);
}

void slo_arguments_feed(struct slo_arguments *arguments, const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        look_at_argument(arguments, bytes[i]);
}

/* If the announced literal waits for a `+`, the `+` shows that the server has found the literal. */
enum slo_literal slo_arguments_literal(const struct slo_arguments *arguments)
{
    const struct slo_announcement *announcement = &arguments->announcement;

    if (arguments->is_doubtful)
        return SLO_LITERAL_DOUBTFUL;
    if (announcement->phase < CLOSED)
        return SLO_LITERAL_NONE;
    return announcement->non_synchronizing && !arguments->is_placed ? SLO_LITERAL_DOUBTFUL
                                                                    : SLO_LITERAL_ANNOUNCED;
}

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

/* Only the octets after the final "{" matter. Few lines end in octets that may follow it, so the search begins at the
 * end. */
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

/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions by which the proofs of the scanners replace the lexer; see lex.h. They never know the contents of a
 * token. */
#ifndef PROVE_LEX_STUBS_H
#define PROVE_LEX_STUBS_H

#include "lex.h"

void *memchr(const void *bytes, int c, size_t len)
{
    const char *at = bytes;
    const size_t i = nondet_size();

    ASSUME(i <= len && (i == len || at[i] == (char)c));
    return i < len ? (void *)(at + i) : NULL;
}

size_t slo_line_stop(const char *bytes, size_t len)
{
    const size_t n = nondet_size();

    ASSUME(line_stop_contract(n, bytes, len));
    return n;
}

size_t slo_word_stop(const char *bytes, size_t len)
{
    const size_t n = nondet_size();

    ASSUME(word_stop_contract(n, bytes, len));
    return n;
}

void slo_token_add(struct slo_token *token, const char *bytes, size_t len)
{
    CHECK(len == 0 || __CPROVER_r_ok(bytes, len));
    token->len = (uint16_t)token_len(token->len, len);
    *token->bytes = (char)(nondet_octet() & 0x7f);
}

/* Returns 1 or 0 if the token is as long as the word, and 0 otherwise. */
static int may_be(size_t len, const char *word)
{
    return len == strlen(word) && nondet_int();
}

int slo_token_is(const struct slo_token *token, const char *word)
{
    return may_be(token->len, word);
}

int slo_token_begins(const struct slo_token *token, const char *word)
{
    return token->len >= strlen(word) && nondet_int();
}

int slo_token_may_begin(const struct slo_token *token, const char *word)
{
    (void)word;
    return token->len == 0 || nondet_int();
}

size_t slo_tag_length(const char *bytes, size_t len)
{
    const size_t n = len > 0 ? nondet_size() : 0;

    ASSUME(chars_contract(n, bytes, len));
    return n;
}

size_t slo_token_take(struct slo_token *token, const char *bytes, size_t len)
{
    const size_t n = slo_tag_length(bytes, len);

    slo_token_add(token, bytes, n);
    return n;
}

size_t slo_tag_take(struct slo_tag *tag, const char *bytes, size_t len)
{
    const struct slo_tag before = *tag;
    const size_t n = slo_tag_length(bytes, len);

    tag->hash = nondet_uint64();
    tag->len = nondet_octet();
    ASSUME(tag_contract(&before, tag, n));
    return n;
}

int slo_status_find(const char *bytes, size_t len, enum slogout_status *status)
{
    static const char words[][4] = {"", "OK", "NO", "BAD", "BYE"};
    size_t i;

    (void)bytes;
    for (i = SLOGOUT_STATUS_OK; i <= SLOGOUT_STATUS_BYE; i++)
        if (may_be(len, words[i])) {
            *status = (enum slogout_status)i;
            return 1;
        }
    return 0;
}

void slo_announcement_feed(struct slo_announcement *announcement, const char *bytes, size_t len)
{
    const struct slo_announcement before = *announcement;

    announcement->size = nondet_uint64();
    announcement->phase = nondet_octet();
    announcement->non_synchronizing = nondet_octet();
    ASSUME(announcement_contract(&before, announcement, bytes, len));
}

static int was_made; /* the last result */

int slo_announcement_made(const struct slo_announcement *announcement)
{
    was_made = announcement->phase > 0 && nondet_int();
    return was_made;
}

void slo_arguments_feed(struct slo_arguments *arguments, const char *bytes, size_t len)
{
    const struct slo_arguments before = *arguments;

    arguments->announcement.size = nondet_uint64();
    arguments->announcement.phase = nondet_octet();
    arguments->announcement.non_synchronizing = nondet_octet();
    arguments->place = nondet_octet();
    arguments->is_placed = nondet_octet();
    arguments->is_doubtful = nondet_octet();
    ASSUME(arguments_contract(&before, arguments, bytes, len));
}

enum slo_literal slo_arguments_literal(const struct slo_arguments *arguments)
{
    const uint64_t literal = nondet_uint64();

    ASSUME(literal_contract((enum slo_literal)literal, arguments));
    return (enum slo_literal)literal;
}

#endif

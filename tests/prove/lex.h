/* SPDX-License-Identifier: BSD-2-Clause */
/* What the proofs of the scanners assume of the lexer and of tags: a contract for each function. prove_any_length.c and
 * prove_imap_lex.c prove that the functions keep the contracts. The proofs of the scanners replace the functions by
 * those in lex_stubs.h, which return any value that the contract allows. These proofs therefore hold for octets, words
 * and lines of any length. */
#ifndef PROVE_LEX_H
#define PROVE_LEX_H

#include "prove.h"
#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */
#include "imap_lex.h"
#pragma CPROVER check pop
#include "response.h"
#include "tag.h"
#include "word.h"

static int is_line_stop(char c)
{
    return c == '\n' || c == '\0';
}

static int is_word_stop(char c)
{
    return c == ' ' || c == '\r' || is_line_stop(c);
}

static int line_stop_contract(size_t n, const char *bytes, size_t len)
{
    return n <= len && (n == len || is_line_stop(bytes[n])) && (n == 0 || !is_line_stop(bytes[0]));
}

static int word_stop_contract(size_t n, const char *bytes, size_t len)
{
    return n <= len && (n == len || is_word_stop(bytes[n])) && (n == 0 || !is_word_stop(bytes[0]));
}

/* Returns the length of a token after n octets are added. */
static unsigned token_len(unsigned before, size_t n)
{
    return before > SLO_TOKEN_MAX || n > SLO_TOKEN_MAX - before ? SLO_TOKEN_MAX + 1 : before + (unsigned)n;
}

static int tag_contract(const struct slo_tag *before, const struct slo_tag *after, size_t n)
{
    return after->len == (n <= (size_t)(SLO_TAG_KNOWN + 1 - before->len) ? before->len + n : SLO_TAG_KNOWN + 1);
}

/* for tags and atoms */
static int chars_contract(size_t n, const char *bytes, size_t len)
{
    return n <= len && (n == 0 || (!is_word_stop(bytes[0]) && bytes[0] != '*' && !is_word_stop(bytes[n - 1])));
}

static int may_end_announcement(char c)
{
    return (c >= '0' && c <= '9') || c == '{' || c == '+' || c == '}' || c == '\r';
}

static int announcement_contract(const struct slo_announcement *before, const struct slo_announcement *after,
                                 const char *bytes, size_t len)
{
    if (len == 0)
        return after->size == before->size && after->phase == before->phase &&
               after->non_synchronizing == before->non_synchronizing;
    return after->size <= SLO_LITERAL_LIMIT && after->non_synchronizing <= 1 &&
           (after->phase == 0 || may_end_announcement(bytes[len - 1]));
}

static int arguments_are_valid(const struct slo_arguments *arguments)
{
    return arguments->announcement.size <= SLO_LITERAL_LIMIT && arguments->announcement.non_synchronizing <= 1;
}

static int arguments_contract(const struct slo_arguments *before, const struct slo_arguments *after, const char *bytes,
                              size_t len)
{
    return announcement_contract(&before->announcement, &after->announcement, bytes, len) &&
           (after->is_doubtful || !before->is_doubtful);
}

/* A literal is announced only at the end of an announcement. */
static int literal_contract(enum slo_literal literal, const struct slo_arguments *arguments)
{
    return literal <= SLO_LITERAL_DOUBTFUL && (literal != SLO_LITERAL_ANNOUNCED || arguments->announcement.phase > 0);
}

/* The word that a client's status response may have, and how many of its octets begin these. */
static const char *word_of_status(const char *bytes, size_t len, int is_untagged, size_t *agreement)
{
    const char *word = is_untagged ? "BYE" : "BAD";
    size_t n = 0;

    if (!is_untagged && len > 0 && (bytes[0] | 0x20) != 'b')
        word = (bytes[0] | 0x20) == 'o' ? "OK" : "NO";
    while (n < len && word[n] && (bytes[n] & ~0x20) == word[n])
        n++;
    *agreement = n;
    return word;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The lexer keeps the contracts that the proofs of the scanners assume. */
#include "libc.h"
#pragma CPROVER check push
/* char, unsigned char and octets that are not digits are converted on purpose. */
#pragma CPROVER check disable "conversion"

/* The arguments of the last memcpy(). */
static struct {
    char *to;
    const char *from;
    size_t len;
} copied;

void *memcpy(void *to, const void *from, size_t len)
{
    CHECK(__CPROVER_w_ok(to, len) && __CPROVER_r_ok(from, len));
    copied.to = to;
    copied.from = from;
    copied.len = len;
    return to;
}

#include "imap_lex.c"
#include "word.c"
#include "tag.c"
#include "lex.h"

#ifndef SPLIT
#define SPLIT 0
#endif
#ifndef WORD
#define WORD 0
#endif

/* FNV-1a, 64 bits. */
static const uint64_t first_hash = UINT64_C(0xcbf29ce484222325);

static uint64_t next_hash(uint64_t hash, char octet)
{
    return (hash ^ (unsigned char)octet) * UINT64_C(0x100000001b3);
}

/* proves: a tag that arrives in two pieces has the same hash and length as a whole tag, for all tags of up to 2 octets
 * with: --unwind 4
 * each: SPLIT 3
 * claims: slo_tag_take
 * mutant: lib/imap_lex.c: tag->len > 0 ? tag->hash : UINT64_C(0xcbf29ce484222325) => UINT64_C(0xcbf29ce484222325) */
void tag_in_pieces(void)
{
    char octets[2];
    struct slo_tag whole = {0}, pieces = {0};
    const size_t n = slo_tag_take(&whole, octets, sizeof octets);
    const size_t first = slo_tag_take(&pieces, octets, SPLIT);

    if (first == SPLIT)
        CHECK(first + slo_tag_take(&pieces, octets + SPLIT, sizeof octets - SPLIT) == n);
    CHECK(pieces.len == whole.len && whole.len == n);
    CHECK(n == 0 || pieces.hash == whole.hash);
}

/* proves: an octet that a tag may contain leads from any hash to the hash that FNV-1a has after it, for a tag of any length
 * by: integers
 * claims: slo_tag_take
 * mutant: lib/imap_lex.c: tag->len > 0 ? tag->hash => tag->len > 1 ? tag->hash */
void tag_step(void)
{
    const char octet = (char)nondet_octet();
    struct slo_tag tag;
    const struct slo_tag old = tag;

    ASSUME(tag.len <= SLO_TAG_KNOWN + 1 && slo_octet_uses[(unsigned char)octet] & SLO_USE_TAG);
    slo_tag_take(&tag, &octet, 1);
    CHECK(tag.hash == next_hash(old.len > 0 ? old.hash : first_hash, octet));
}

/* proves: different tags of one octet have different hashes
 * claims: slo_tag_take
 * mutant: lib/imap_lex.c: hash ^ (unsigned char)bytes[n] => hash | (unsigned char)bytes[n] */
void tags_differ(void)
{
    char octets[2];
    struct slo_tag one = {0}, other = {0};

    if (slo_tag_take(&one, octets, 1) && slo_tag_take(&other, octets + 1, 1))
        CHECK((one.hash == other.hash) == (octets[0] == octets[1]));
}

/* proves: a token keeps its own octets and then as many of the added octets as fit, from any token with any number of
 *     octets
 * mutant: lib/imap_lex.c: SLO_TOKEN_MAX + 1 - token->len => SLO_TOKEN_MAX + 2 - token->len
 * mutant: lib/imap_lex.c: token->len + (len < room ? len : room) => token->len + len
 * mutant: lib/imap_lex.c: memcpy(token->bytes + token->len, bytes => memcpy(token->bytes, bytes */
void tokens(void)
{
    const size_t len = nondet_size();
    const char *const octets = malloc(len);
    struct slo_token token;
    const size_t before = token.len;

    ASSUME(octets && before <= SLO_TOKEN_MAX + 1);
    slo_token_add(&token, octets, len);
    CHECK(token.len == token_len((unsigned)before, len) && token.len <= SLO_TOKEN_MAX + 1);
    CHECK(copied.len == token.len - before);
    CHECK(copied.len == 0 || (copied.from == octets && copied.to == token.bytes + before));
    free((void *)octets);
}

/* proves: a token is a word, begins with it, or may begin with it, exactly if its octets match without regard to case,
 *     for all tokens and the words COMPRESS= and DONE CR
 * with: --unwind 97
 * each: WORD 2
 * mutant: lib/imap_lex.c: len == token->len || !word[len] => !word[len]
 * mutant: lib/word.c: word) == len && !word[len] => word) == len */
void tokens_and_words(void)
{
    static const char *const words[] = {"COMPRESS=", "DONE\r"};
    const char *const word = words[WORD];
    struct slo_token token;
    const size_t len = strlen(word);
    size_t n = 0;

    ASSUME(token.len <= SLO_TOKEN_MAX + 1);
    while (n < token.len && n < len && upper(token.bytes[n]) == word[n])
        n++;
    CHECK(slo_token_is(&token, word) == (n == len && token.len == len));
    CHECK(slo_token_begins(&token, word) == (n == len));
    CHECK(slo_token_may_begin(&token, word) == (n == len || n == token.len));
}

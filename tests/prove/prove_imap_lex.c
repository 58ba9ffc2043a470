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

#define BOUND 24 /* octets of a line */
#ifndef SPLIT
#define SPLIT 0
#endif
#ifndef WORD
#define WORD 0
#endif

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
    CHECK(pieces.len == whole.len && whole.len == n && (n == 0 || pieces.hash == whole.hash));
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

/* ---- literals ---- */

/* proves: a digit changes the size to ten times the size plus the digit, or to SLO_LITERAL_LIMIT if that is less, for
 *     all 64-bit sizes up to the limit
 * mutant: lib/imap_lex.c: (SLO_LITERAL_LIMIT - digit) / 10 => SLO_LITERAL_LIMIT / 10 */
void literal_size(void)
{
    struct slo_announcement announcement = {nondet_uint64(), nondet_int() ? OPEN : DIGITS, 0};
    const uint64_t size = announcement.size;
    const unsigned digit = nondet_octet();
    unsigned __int128 exact;

    ASSUME(digit <= 9 && size <= SLO_LITERAL_LIMIT);
    look_at(&announcement, (char)('0' + digit));
    exact = (unsigned __int128)size * 10 + digit;
    CHECK(announcement.phase == DIGITS);
    CHECK(announcement.size == (exact < SLO_LITERAL_LIMIT ? exact : SLO_LITERAL_LIMIT));
}

/* Returns 1 if the line ends in the announcement of a literal by RFC 7888 section 8, and stores its size and kind. */
static int announced(const char *line, size_t len, uint64_t *size, int *non_synchronizing)
{
    size_t end, begin;

    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len == 0 || line[--len] != '}')
        return 0;
    *non_synchronizing = len > 0 && line[len - 1] == '+';
    end = len - (size_t)*non_synchronizing;
    for (begin = end; begin > 0 && line[begin - 1] >= '0' && line[begin - 1] <= '9'; begin--)
        ;
    if (begin == end || begin == 0 || line[begin - 1] != '{')
        return 0;
    for (*size = 0; begin < end; begin++) {
        const uint64_t digit = (uint64_t)(line[begin] - '0');
        *size = *size > (SLO_LITERAL_LIMIT - digit) / 10 ? SLO_LITERAL_LIMIT : *size * 10 + digit;
    }
    return 1;
}

/* proves: a piece of 24 octets of a line leads to the same announcement as its octets one by one, from any state
 * with: --unwind 26 --slice-formula
 * mutant: lib/imap_lex.c: == '{' ? OPEN : NOTHING => == '{' ? OPEN : announcement->phase */
void announcement_in_pieces(void)
{
    struct slo_announcement whole, single;
    char piece[BOUND];
    size_t i;

    ASSUME(whole.phase <= CLOSED_CR);
    single = whole;
    slo_announcement_feed(&whole, piece, sizeof piece);
    for (i = 0; i < sizeof piece; i++)
        slo_announcement_feed(&single, piece + i, 1);
    CHECK(whole.phase == single.phase && whole.phase <= CLOSED_CR);
    CHECK(whole.phase == NOTHING || whole.non_synchronizing == single.non_synchronizing);
}

/* Checks the announcement at the end of any line of len octets. This includes shorter lines, because the first octets
 * may have no effect. */
static void announcement_of(size_t len, int with_size)
{
    char line[BOUND];
    struct slo_announcement found = {0};
    int non_synchronizing;
    uint64_t size;

    slo_announcement_feed(&found, line, len);
    CHECK(slo_announcement_made(&found) == announced(line, len, &size, &non_synchronizing));
    if (slo_announcement_made(&found)) {
        CHECK(found.non_synchronizing == non_synchronizing);
        if (with_size)
            CHECK(found.size == size);
    }
}

/* proves: a literal is found at the end of a line exactly if the line announces one, and has the announced kind, for
 *     all lines of 24 octets
 * with: --unwind 26 --slice-formula
 * mutant: lib/imap_lex.c: phase == DIGITS || phase == PLUS => phase != NOTHING */
void announcement(void)
{
    announcement_of(BOUND, 0);
}

/* proves: a literal that is found has the announced size, for all lines of 7 octets
 * with: --unwind 9 --slice-formula
 * mutant: lib/imap_lex.c: announcement->size * 10 + digit => announcement->size + digit */
void announcement_size(void)
{
    announcement_of(7, 1);
}

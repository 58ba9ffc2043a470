/* SPDX-License-Identifier: BSD-2-Clause */
/* Proofs for any number of octets. A contract replaces each loop over the octets. A proof knows only the octet at the
 * index `ghost`. The index may be any index, so a property of this octet holds for all octets. */
#include "prove.h"

#pragma CPROVER check push
/* char, unsigned char and octets that are not digits are converted on purpose. */
#pragma CPROVER check disable "conversion"

static size_t ghost, kept_before;
static char ghost_octet;
static const char *ghost_at; /* its address */
static int is_tag, is_atom, is_stop, is_same;
static size_t word_len;

/* Returns the place of the first octet that is c. Of the octets before it, the proof knows only that the ghost octet is
 * not c. */
void *memchr(const void *bytes, int c, size_t len)
{
    const char *at = bytes;
    const size_t i = nondet_size();

    CHECK(len == 0 || __CPROVER_r_ok(bytes, len));
    ASSUME(i <= len && (i == len || at[i] == (char)c));
    ASSUME(!__CPROVER_same_object(at, ghost_at) || ghost_at < at || ghost_at >= at + i || ghost_octet != (char)c);
    return i < len ? (void *)(at + i) : NULL;
}

#pragma CPROVER check push
#pragma CPROVER check disable "bounds" /* the reference itself is not proved */
#pragma CPROVER check disable "pointer"
#pragma CPROVER check disable "pointer-overflow"
#pragma CPROVER check disable "signed-overflow"
#include "model/reference.c"
#pragma CPROVER check pop

#include "imap_lex.c"
#include "response.c"
#include "word.c"

/* The index of the octet that slo_tag_length() has looked at last. */
static size_t looked_at;
enum { USE_TAG = SLO_USE_TAG };
#define SLO_USE_TAG (looked_at = i, USE_TAG)
#include "tag.c"
#undef SLO_USE_TAG
#include "lex.h"

/* Returns len octets, one of which is the ghost octet. */
static const char *any_octets(size_t len)
{
    char *const bytes = malloc(len);

    ASSUME(bytes && len > 0 && ghost < len);
    ghost_at = bytes + ghost;
    ghost_octet = *ghost_at;
    is_tag = is_astring_char(ghost_octet) && ghost_octet != '+';
    is_atom = is_atom_char(ghost_octet);
    is_stop = is_word_stop(ghost_octet);
    return bytes;
}

/* proves: a line ends at its first LF or NUL, and a word at its first SP, CR, LF or NUL, for any number of octets
 * with: --unwind 14
 * claims: slo_line_stop slo_word_stop
 * loop slo_word_stop.0: i <= len && (ghost >= i || !is_stop); assigns i; decreases len - i
 * mutant: lib/imap_lex.c: nul = memchr(bytes, '\0', len); => nul = NULL;
 * mutant: lib/imap_lex.h: c == '\r' || c == '\n' => c == '\n' */
void stops(void)
{
    const size_t len = nondet_size();
    const char *const bytes = any_octets(len);
    const size_t line = slo_line_stop(bytes, len), word = slo_word_stop(bytes, len);

    CHECK(line <= len && (line == len || is_line_stop(bytes[line])));
    CHECK(word <= len && (word == len || is_word_stop(bytes[word])));
    CHECK(ghost >= line || !is_line_stop(ghost_octet));
    CHECK(ghost >= word || !is_stop);
    free((void *)bytes);
}

/* proves: tags and atoms end at the first octet that the grammar does not allow in them, and octets are a tag exactly if
 *     the grammar allows all of them and there is one, for any number of octets
 * with: --unwind 14
 * claims: slo_tag_length slo_atom_length slogout_tag_valid
 * loop slo_tag_length.0: i <= len && (ghost >= i || is_tag); assigns i, looked_at; decreases len - i
 * loop slo_atom_length.0: i <= len && (ghost >= i || is_atom); assigns i; decreases len - i
 * mutant: lib/tag.c: SLO_USE_ATOM) => SLO_USE_TAG)
 * mutant: lib/tag.c: tag && len > 0 && slo_tag_length => tag && slo_tag_length
 * mutant: lib/tag.c: 0, 3, 0, 3, 3, 0, 3, 3, 0, 0, 0, 6 => 0, 3, 0, 3, 3, 0, 3, 3, 0, 0, 3, 6 */
void words(void)
{
    const size_t len = nondet_size();
    const char *const bytes = any_octets(len);
    const size_t tag = slo_tag_length(bytes, len), atom = slo_atom_length(bytes, len);

    CHECK(tag <= len && (ghost >= tag || is_tag));
    CHECK(tag == len || !is_astring_char(bytes[tag]) || bytes[tag] == '+');
    CHECK(atom <= len && (ghost >= atom || is_atom));
    CHECK(atom == len || !is_atom_char(bytes[atom]));
    if (slogout_tag_valid(bytes, len))
        CHECK(is_tag);
    else
        CHECK(looked_at < len && (!is_astring_char(bytes[looked_at]) || bytes[looked_at] == '+'));
    CHECK(!slogout_tag_valid(bytes, 0) && !slogout_tag_valid(NULL, len));
    free((void *)bytes);
}

/* proves: a tag takes the octets that a tag may contain, and grows by their number until it counts as too long; a token
 *     takes the octets that an atom may contain, and keeps as many as fit; from any tag and any token, for any number
 *     of octets
 * with: --unwind 14
 * claims: slo_tag_take slo_token_take
 * loop slo_tag_take.0: n <= len && (ghost >= n || is_tag); assigns n, hash; decreases len - n
 * loop slo_token_take.0: n <= len && kept == (kept_before + n < 96 ? kept_before + n : 96) && (ghost >= n || is_atom) && (ghost >= n || kept_before + ghost > 95 || token->bytes[kept_before + ghost] == ghost_octet); assigns n, kept, __CPROVER_object_whole(token); decreases len - n
 * mutant: lib/imap_lex.c: tag->len + n <= SLO_TAG_KNOWN ? => tag->len + n <= SLO_TAG_KNOWN + 2 ?
 * mutant: lib/imap_lex.c: if (kept <= SLO_TOKEN_MAX) => if (kept <= SLO_TOKEN_MAX + 1)
 * mutant: lib/imap_lex.c: token->bytes[kept++] => token->bytes[kept] */
void takes(void)
{
    const size_t len = nondet_size();
    const char *const bytes = any_octets(len);
    struct slo_tag tag;
    struct slo_token token;
    const struct slo_tag before = tag;
    size_t n;

    kept_before = token.len;
    ASSUME(before.len <= SLO_TAG_KNOWN + 1 && kept_before <= SLO_TOKEN_MAX + 1);
    n = slo_tag_take(&tag, bytes, len);
    CHECK(tag_contract(&before, &tag, n) && n <= len);
    CHECK((ghost >= n || is_tag) && (n == len || !is_astring_char(bytes[n]) || bytes[n] == '+'));
    n = slo_token_take(&token, bytes, len);
    CHECK(n <= len && (ghost >= n || is_atom) && (n == len || !is_atom_char(bytes[n])));
    CHECK(token.len == token_len((unsigned)kept_before, n));
    CHECK(ghost >= n || kept_before + ghost > SLO_TOKEN_MAX || token.bytes[kept_before + ghost] == ghost_octet);
    free((void *)bytes);
}

static int agree(char octet, char c)
{
    return octet == c || upper(octet) == c;
}

/* proves: octets agree with a word exactly up to the end of one of them, or up to the first octet that is neither that of
 *     the word nor its small letter, for words and octets of any length
 * with: --unwind 14
 * claims: slo_word_agreement
 * loop slo_word_agreement.0: i <= len && i <= word_len && (ghost >= i || is_same); assigns i; decreases len - i
 * mutant: lib/word.c: word[i] <= 'Z' && => word[i] <= 'Y' && */
void any_word(void)
{
    const size_t len = nondet_size();
    const char *const bytes = any_octets(len);
    char *word;
    size_t n;

    word_len = nondet_size();
    ASSUME(word_len < SIZE_MAX);
    word = malloc(word_len + 1);
    ASSUME(word && word[word_len] == '\0');
    is_same = ghost < word_len && agree(ghost_octet, word[ghost]);
    n = slo_word_agreement(bytes, len, word);
    CHECK(n <= len && n <= word_len && (ghost >= n || is_same));
    CHECK(n == len || word[n] == '\0' || !agree(bytes[n], word[n]));
    free((void *)bytes);
    free(word);
}

/* proves: a status is found exactly if the octets are one of the four words in any case, for any number of octets
 * with: --unwind 6
 * claims: slo_status_find slo_word_is
 * mutant: lib/response.c: if (slo_word_is(bytes, len, statuses[i].word)) => if (slo_word_agreement(bytes, len, statuses[i].word) == len)
 * mutant: lib/word.c: word) == len && !word[len] => word) == len */
void status(void)
{
    static const char words[][4] = {"", "OK", "NO", "BAD", "BYE"};
    const size_t len = nondet_size();
    const char *const bytes = any_octets(len);
    enum slogout_status found = SLOGOUT_STATUS_NONE;
    const int is_found = slo_status_find(bytes, len, &found);
    unsigned i;

    for (i = SLOGOUT_STATUS_OK; i <= SLOGOUT_STATUS_BYE; i++) {
        const size_t n = strlen(words[i]);
        const int is_word = len == n && upper(bytes[0]) == words[i][0] && upper(bytes[1]) == words[i][1] &&
                            (n == 2 || upper(bytes[2]) == words[i][2]);
        CHECK(is_word == (is_found && found == i));
    }
    free((void *)bytes);
}

static struct slo_announcement before;

/* proves: from any state of an announcement, a piece of a line leads to a state that the contract allows, for any
 *     number of octets
 * with: --unwind 2
 * loop slo_announcement_feed.0: i <= len; assigns i; decreases i
 * loop slo_announcement_feed.1: i <= len && announcement->phase <= 5 && announcement->size <= 9223372036854775808UL && announcement->non_synchronizing <= 1 && (announcement->phase == 0 || i == 0 || (bytes[i - 1] >= 48 && bytes[i - 1] <= 57) || bytes[i - 1] == 123 || bytes[i - 1] == 43 || bytes[i - 1] == 125 || bytes[i - 1] == 13) && (i > 0 || (announcement->phase == before.phase && announcement->size == before.size && announcement->non_synchronizing == before.non_synchronizing)); assigns i, __CPROVER_object_whole(announcement); decreases len - i
 * mutant: lib/imap_lex.c: == '{' ? OPEN : NOTHING => == '{' ? OPEN : DIGITS */
void announcement(void)
{
    const size_t len = nondet_size();
    char *const bytes = malloc(len);
    struct slo_announcement now;

    ASSUME(bytes && now.size <= SLO_LITERAL_LIMIT && now.phase <= CLOSED_CR && now.non_synchronizing <= 1);
    before = now;
    slo_announcement_feed(&now, bytes, len);
    CHECK(announcement_contract(&before, &now, bytes, len) && now.phase <= CLOSED_CR);
    free(bytes);
}

/* proves: an octet of a line leads from any state of the arguments to one that the contract allows, so a piece of any length
 *     does, because each octet is consumed by itself
 * with: --unwind 3
 * mutant: lib/imap_lex.c: arguments->is_doubtful = 1; => arguments->is_doubtful ^= 1; */
void arguments(void)
{
    const char octet = (char)nondet_octet();
    struct slo_arguments now, old;

    ASSUME(arguments_are_valid(&now) && now.announcement.phase <= CLOSED_CR && now.is_doubtful <= 1);
    old = now;
    slo_arguments_feed(&now, &octet, 1);
    CHECK(arguments_contract(&old, &now, &octet, 1) && arguments_are_valid(&now));
    CHECK(now.announcement.phase <= CLOSED_CR && now.is_doubtful <= 1);
}

#pragma CPROVER check pop

/* SPDX-License-Identifier: BSD-2-Clause */
/* The matcher of answers, as the filter relies on it: from any valid state, a piece of up to 2^48 octets. Of the octets that may
 * still become an answer, the harness follows one, `ghost`, which may be any; what holds of it holds of all. */
#include "prove.h"
#include "answer.h"
#include "response.h"
#include "word.h"

/* What a proof takes one by one. */
#ifndef VERDICT
#define VERDICT 0
#endif

#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* between char and unsigned char, as meant */

/* Of more than one octet, only the memory counts: they are of the text of an answer. */
static void *copy(char *to, const char *from, size_t len)
{
    CHECK(len == 0 || (__CPROVER_w_ok(to, len) && __CPROVER_r_ok(from, len)));
    if (len > 0)
        *to = *from;
    return to;
}

void *memchr(const void *bytes, int c, size_t len)
{
    const char *at = bytes;
    const size_t i = nondet_size();

    CHECK(len == 0 || __CPROVER_r_ok(bytes, len));
    ASSUME(i <= len && (i == len || at[i] == (char)c));
    return i < len ? (void *)(at + i) : NULL;
}

/* The loop of slo_answer_feed() is proved by induction: begin_round(0) puts any state of its invariant in place of the
 * one that it begins with, and begin_round(1) checks that it holds again. No other loop here has a variable `used`. */
static int begin_round(unsigned round, void *used, struct slo_answer *answer);
static int used;
#define while(condition) for (unsigned round = 0; (condition) && begin_round(round, &used, (void *)answer); round++)
#define memcpy           copy
#define memmove(to, from, len) CHECK((len) == 0 || (__CPROVER_w_ok(to, len) && __CPROVER_r_ok(from, len)))

#include "answer.c"

#undef while
#undef memcpy
#undef memmove

#include "response.c"
#include "word.c"

/* ---- what an answer is: `*` or the tag, 1 to 8 SP, a word, and SP, LF or CRLF ---- */

static char tag[SLOGOUT_TAG_SIZE];
static size_t tag_len;

/* The next octet of a word that has so many, of which the first decides which word it is. */
static int goes_on(int is_star, char first, size_t count, char c)
{
    const char capital = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    const char *word = is_star ? "BYE" : first == 'O' || first == 'o' ? "OK" : first == 'N' || first == 'n' ? "NO" : "BAD";

    return count < strlen(word) && word[count] == capital;
}

static int is_word_end(int is_star, char first, size_t count)
{
    return is_star || first == 'B' || first == 'b' ? count == 3 : count == 2;
}

/* UNDECIDED: the line begins an answer; BEGUN: its last octet is the one behind the word. */
static enum slo_answer_verdict read_line(const char *at, size_t len)
{
    const int is_star = len > 0 && at[0] == '*';
    const size_t prefix = is_star ? 1 : tag_len;
    size_t i, spaces = 0, word = 0;
    char first = 'X';
    int cr = 0;

    for (i = 0; i < len; i++) {
        const char c = at[i];
        if (i < prefix) {
            if (!is_star && c != tag[i])
                return SLO_ANSWER_NONE;
        } else if (word == 0 && c == ' ') {
            if (++spaces > SLO_ANSWER_SPACES_MAX)
                return SLO_ANSWER_NONE;
        } else if (spaces > 0 && !cr && goes_on(is_star, word ? first : c, word, c)) {
            first = word++ ? first : c;
        } else if (spaces == 0 || word == 0 || !is_word_end(is_star, first, word)) {
            return SLO_ANSWER_NONE;
        } else if (c == '\r' && !cr) {
            cr = 1;
        } else {
            return (c == '\n' || (c == ' ' && !cr)) && i + 1 == len ? SLO_ANSWER_BEGUN : SLO_ANSWER_NONE;
        }
    }
    return SLO_ANSWER_UNDECIDED;
}

/* ---- the invariant ---- */

static struct slo_answer answer;
static const char *piece;
static size_t before, ghost; /* before: octets that were held before the piece */
static char ghost_octet;

struct slo_answer nondet_answer(void);

static int is_valid(void)
{
    switch (answer.verdict) {
    case SLO_ANSWER_UNDECIDED:
        return answer.len <= SLO_ANSWER_HELD_MAX && answer.line_len == answer.len &&
               (ghost >= answer.len || answer.line[ghost] != '\n') &&
               read_line(answer.line, answer.len) == SLO_ANSWER_UNDECIDED;
    case SLO_ANSWER_BEGUN:
        return answer.len <= sizeof answer.line && answer.line_len <= SLO_ANSWER_LINE_MAX;
    case SLO_ANSWER_TOO_LONG:
    case SLO_ANSWER_SKIPPED:
        return 1;
    default:
        return 0;
    }
}

static int has_ghost(void)
{
    return ghost >= answer.len || answer.line[ghost] == ghost_octet;
}

static int begin_round(unsigned round, void *of_used, struct slo_answer *of)
{
    size_t *const count = of_used;

    if (of_used == &used)
        return 1; /* a loop that is unwound */
    if (round > 0) {
        CHECK(of == &answer && is_valid() && answer.len == before + *count && has_ghost());
        ASSUME(0);
    }
    if (nondet_int())
        return 1;
    answer = nondet_answer();
    answer.verdict = SLO_ANSWER_UNDECIDED;
    *count = nondet_size();
    ASSUME(*count < __CPROVER_OBJECT_SIZE(piece) && *count <= SLO_ANSWER_HELD_MAX);
    ASSUME(is_valid() && answer.len == before + *count && has_ghost());
    return 1;
}

/* proves: octets of the client are taken for an answer only if they are `*` and BYE or the tag and OK, NO or BAD, after 1 to 8 SP and before SP, LF or CRLF, and then always; what may still become one is kept octet by octet, is at most 43 octets and has no LF; and a line that has begun is consumed to its LF or to 65,537 octets; for a piece of up to 2^48 octets, from any valid state, with a tag of 2 to 31 octets
 * with: --no-standard-checks --bounds-check --unwinding-assertions --unwind 46 --slice-formula
 * each: VERDICT 3
 * mutant VERDICT=0: lib/answer.c: if (*spaces == 0 || *spaces > SLO_ANSWER_SPACES_MAX) => if (*spaces > SLO_ANSWER_SPACES_MAX)
 * mutant VERDICT=0: lib/answer.c: return *word == ' ' || end[-1] == '\n' ? => return
 * mutant VERDICT=0: lib/answer.c: answer->len--; => ;
 * mutant VERDICT=0: lib/answer.c: if (word == end || (end - word == 1 && *word == '\r')) => if (word == end)
 * mutant VERDICT=1: lib/answer.c: const size_t most = len < room ? len : room; => const size_t most = len;
 * mutant VERDICT=2: lib/answer.c: return end ? (size_t)(end - bytes) + 1 : len; => return len + 1; */
void feed(void)
{
    static const enum slo_answer_verdict verdicts[] = {SLO_ANSWER_UNDECIDED, SLO_ANSWER_BEGUN, SLO_ANSWER_SKIPPED};
    const size_t len = nondet_size();
    char *const bytes = malloc(len);
    enum slo_answer_verdict was;
    size_t i, n;

    ASSUME(bytes && len > 0 && len <= (size_t)1 << 48);
    piece = bytes;
    tag_len = nondet_size();
    ASSUME(tag_len >= 2 && tag_len < sizeof tag);
    for (i = 0; i < sizeof tag; i++) {
        tag[i] = (char)nondet_octet();
        ASSUME(i < tag_len ? tag[i] != '*' && (unsigned char)tag[i] > ' ' : tag[i] == '\0');
    }
    answer = nondet_answer();
    answer.verdict = was = verdicts[VERDICT];
    ghost = nondet_size();
    ASSUME(ghost <= SLO_ANSWER_HELD_MAX && is_valid());
    before = answer.len;
    ghost_octet = ghost < before ? answer.line[ghost] : ghost - before < len ? bytes[ghost - before] : '\0';
    if (was == SLO_ANSWER_SKIPPED && nondet_int())
        answer.verdict = SLO_ANSWER_TOO_LONG;
    n = slo_answer_feed(&answer, tag, bytes, len);
    CHECK(n <= len);
    switch (answer.verdict) {
    case SLO_ANSWER_UNDECIDED:
    case SLO_ANSWER_NONE:
        CHECK(was == SLO_ANSWER_UNDECIDED && (answer.verdict == SLO_ANSWER_UNDECIDED ? n == len : n < len));
        CHECK(answer.len == before + n && answer.len <= SLO_ANSWER_HELD_MAX && has_ghost());
        break;
    case SLO_ANSWER_BEGUN:
        CHECK(was <= SLO_ANSWER_BEGUN && n == len);
        break;
    case SLO_ANSWER_WHOLE:
        CHECK(was <= SLO_ANSWER_BEGUN && n > 0 && bytes[n - 1] == '\n' && answer.len <= sizeof answer.line);
        break;
    case SLO_ANSWER_TOO_LONG:
        CHECK(was <= SLO_ANSWER_BEGUN && n > 0 && answer.line_len == SLO_ANSWER_LINE_MAX + 1);
        break;
    case SLO_ANSWER_SKIPPED:
        CHECK(was == SLO_ANSWER_SKIPPED && n == len);
        break;
    case SLO_ANSWER_OVER:
        CHECK(was == SLO_ANSWER_SKIPPED && n > 0 && bytes[n - 1] == '\n');
        break;
    }
    CHECK(answer.verdict == SLO_ANSWER_NONE || answer.verdict == SLO_ANSWER_WHOLE || answer.verdict == SLO_ANSWER_OVER ||
          is_valid());
    free(bytes);
}

#pragma CPROVER check pop

/* SPDX-License-Identifier: BSD-2-Clause */
/* The announcement of a literal at the end of a line, beside a reader that takes one octet at a time: a piece of any
 * number of octets leads to the state to which the reader comes octet by octet. */
#include "prove.h"
#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* between char and unsigned char, and of what is no digit, as meant */
#include "imap_lex.h"
#include "tag.h"

/* Both loops are proved by induction: begin_round(0) puts any state of the loop's invariant in place of the one that it
 * begins with, and begin_round(1) checks that it holds again. No other function has a variable `announcement`. */
static int begin_round(unsigned round, size_t *at, struct slo_announcement *of);
static struct slo_announcement *const announcement = NULL;
#define while(condition) for (unsigned round = 0; (condition) && begin_round(round, &i, announcement); round++)

#include "imap_lex.c"

#undef while
#include "tag.c"
#include "word.c"

#pragma CPROVER check disable "bounds" /* the harness itself is trusted */
#pragma CPROVER check disable "pointer"
#pragma CPROVER check disable "pointer-overflow"

/* ---- the reader: "{" number ["+"] "}" [CR], RFC 7888 section 8 ---- */

static struct slo_announcement reader;
struct slo_announcement nondet_announcement(void);

static void any_reader(void)
{
    reader = nondet_announcement();
    ASSUME(reader.phase <= CLOSED_CR && reader.size <= SLO_LITERAL_LIMIT);
}

static void read_digit(unsigned digit)
{
    const unsigned __int128 exact = (unsigned __int128)reader.size * 10 + digit;

    reader.size = exact < SLO_LITERAL_LIMIT ? (uint64_t)exact : SLO_LITERAL_LIMIT;
}

static unsigned next_phase(char c)
{
    switch (c) {
    case '{':
        return OPEN;
    case '+':
        return reader.phase == DIGITS ? PLUS : NOTHING;
    case '}':
        return reader.phase == DIGITS || reader.phase == PLUS ? CLOSED : NOTHING;
    case '\r':
        return reader.phase == CLOSED ? CLOSED_CR : NOTHING;
    default:
        return c >= '0' && c <= '9' && (reader.phase == OPEN || reader.phase == DIGITS) ? DIGITS : NOTHING;
    }
}

static void read_octet(char c)
{
    reader.phase = next_phase(c);
    if (reader.phase == OPEN)
        reader.size = reader.non_synchronizing = 0;
    if (reader.phase == DIGITS)
        read_digit((unsigned)(c - '0'));
    if (reader.phase == PLUS)
        reader.non_synchronizing = 1;
}

static int agrees(const struct slo_announcement *found)
{
    if (found->phase == NOTHING || reader.phase == NOTHING)
        return found->phase == reader.phase;
    return found->phase == reader.phase && found->size == reader.size &&
           found->non_synchronizing == reader.non_synchronizing;
}

/* ---- the proof ---- */

static const char *piece;
static size_t piece_len;
static size_t last;       /* where the octets end of which one cannot follow "{" in an announcement */
static size_t read_until; /* what the reader has read */

static int may_follow(char c)
{
    return (c >= '0' && c <= '9') || c == '+' || c == '}' || c == '\r';
}

/* From the end back to `last`. */
static int go_back(unsigned round, size_t *at)
{
    CHECK(*at <= piece_len);
    *at = nondet_size();
    ASSUME(round == 0 && *at > last && *at <= piece_len);
    ASSUME(*at - 1 == last || may_follow(piece[*at - 2]));
    return 1;
}

static int begin_round(unsigned round, size_t *at, struct slo_announcement *of)
{
    if (!of)
        return 1;
    if (*at > read_until)
        return go_back(round, at);
    CHECK(*at == read_until && *at < piece_len && agrees(of));
    if (round > 0)
        ASSUME(0);
    any_reader();
    *of = reader;
    *at = nondet_size();
    ASSUME(*at >= last && *at < piece_len && may_follow(piece[*at]) && reader.phase != NOTHING);
    read_octet(piece[*at]);
    read_until = *at + 1;
    return 1;
}

/* proves: an announcement is what its octets make of it one by one: a literal is found exactly if one is announced
 *     at the end of a line, and its kind and its size, or SLO_LITERAL_LIMIT if that is less, from any state, for any
 *     number of octets
 * with: --unwind 3
 * claims: slo_announcement_feed slo_announcement_made look_at
 * mutant: lib/imap_lex.c: == '{' ? OPEN : NOTHING => == '{' ? OPEN : announcement->phase
 * mutant: lib/imap_lex.c: phase == DIGITS || phase == PLUS => phase != NOTHING
 * mutant: lib/imap_lex.c: (SLO_LITERAL_LIMIT - digit) / 10 => SLO_LITERAL_LIMIT / 10
 * mutant: lib/imap_lex.c: announcement->size * 10 + digit => announcement->size + digit */
void feed(void)
{
    struct slo_announcement found;
    char c = (char)nondet_octet();

    piece_len = nondet_size();
    piece = malloc(piece_len);
    last = read_until = nondet_size();
    ASSUME(piece && last <= piece_len && (last == 0 || !may_follow(piece[last - 1])));
    ASSUME(last == piece_len || may_follow(piece[piece_len - 1]));
    any_reader();
    found = reader;
    if (last > 0) {
        any_reader();
        read_octet(piece[last - 1]);
    }
    slo_announcement_feed(&found, piece, piece_len);
    CHECK(agrees(&found) && (read_until == piece_len || reader.phase == NOTHING));
    CHECK(slo_announcement_made(&found) == (reader.phase == CLOSED || reader.phase == CLOSED_CR));
    /* What was not read changes nothing. */
    reader.phase = NOTHING;
    ASSUME(may_follow(c));
    read_octet(c);
    CHECK(reader.phase == NOTHING);
    free((void *)piece);
}

#pragma CPROVER check pop

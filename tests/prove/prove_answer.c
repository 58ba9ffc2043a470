/* SPDX-License-Identifier: BSD-2-Clause */
/* The matcher of answers beside a reader that takes one octet at a time: from any state in which the two agree, the
 * matcher consumes a piece of any number of octets as the reader does octet by octet, and the two agree again. The octet
 * at `ghost` may be any of the line; what holds of it holds of all. */
#include "answer_contract.h"
#include "lex.h"

/* What differs between the runs of a proof: the part of the line that arrived last, and how many letters of the word. */
#ifndef CASE
#define CASE 0
#endif
enum { IN_PREFIX, IN_SPACES, IN_BYE, IN_OK, IN_NO, IN_BAD, AFTER_CR, IN_TEXT, TOO_LONG, SKIPPED };
static const struct {
    unsigned char part, letters;
} cases[] = {
    {IN_PREFIX, 0}, {IN_TEXT, 0}, {TOO_LONG, 0}, {SKIPPED, 0}, {AFTER_CR, 0}, {IN_SPACES, 0}, {IN_BYE, 1}, {IN_BYE, 2},
    {IN_BYE, 3},    {IN_OK, 1},   {IN_OK, 2},    {IN_NO, 1},   {IN_NO, 2},    {IN_BAD, 1},    {IN_BAD, 2}, {IN_BAD, 3},
};
#define PART (cases[CASE].part)

#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */

static struct slo_answer answer;
static const char *piece;
static size_t piece_len, first_lf; /* first_lf: or piece_len */
static size_t ghost;               /* of the octets of a line */

/* ---- what replaces parts of answer.c ---- */

static size_t place_of_ghost(void);
static void *copy(char *to, const char *from, size_t len);
static void *move(char *to, const char *from, size_t len);
static void *first_of(const char *at, char c, size_t len);
static int differ(const char *one, const char *other, size_t len);
static size_t length(const char *text);

/* The loop of slo_answer_feed() is proved by induction: begin_round(0) puts any state of its invariant in place of the
 * one that it begins with, and begin_round(1) checks that it holds again. It has the variable `used`. The loop over SP in
 * judge() has `word`, which begin_round(0) moves to the last SP that the reader has read. */
static int begin_round(unsigned round, void *used, const char **word);
static int used;
static const char *word;
#define while(condition) for (unsigned round = 0; (condition) && begin_round(round, &used, &word); round++)
#define memchr           first_of
#define memcmp           differ
#define memcpy           copy
#define memmove          move
#define strlen           length

#include "answer.c"

#undef while
#undef memchr
#undef memcmp
#undef memcpy
#undef memmove
#undef strlen

/* Memory is checked in the library; the harness itself is trusted. */
#pragma CPROVER check disable "bounds"
#pragma CPROVER check disable "pointer"
#pragma CPROVER check disable "pointer-overflow"
#pragma CPROVER check disable "signed-overflow"

/* ---- the reader: "*" and BYE or the tag and OK, NO or BAD, 1 to 8 SP between them, and SP, LF or CRLF behind ---- */

static char tag[SLOGOUT_TAG_SIZE];
static size_t tag_len;
static const char words[][4] = {"BYE", "OK", "NO", "BAD"};

static struct reader {
    enum slo_answer_verdict verdict;
    unsigned char word;                         /* in words; 0 is that of "*" */
    unsigned char prefix, spaces, letters, crs; /* octets of each part so far */
    size_t line;                                /* octets of the whole line so far */
} reader;

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* An octet of the prefix, or NUL behind it. */
static char prefix_octet(size_t i)
{
    return reader.word == 0 ? "*"[i] : tag[i];
}

static enum slo_answer_verdict undecided_if(int condition)
{
    return condition ? SLO_ANSWER_UNDECIDED : SLO_ANSWER_NONE;
}

static enum slo_answer_verdict read_letter(char c)
{
    if (reader.word > 0 && reader.letters == 0)
        reader.word = upper(c) == 'O' ? 1 : upper(c) == 'N' ? 2 : 3;
    return undecided_if(reader.spaces > 0 && upper(c) == words[reader.word][reader.letters++]);
}

static enum slo_answer_verdict read_beginning(char c)
{
    if (reader.prefix == 0)
        reader.word = c != '*';
    if (prefix_octet(reader.prefix) != '\0')
        return undecided_if(c == prefix_octet(reader.prefix++));
    if (c == ' ' && reader.letters == 0)
        return undecided_if(++reader.spaces <= SLO_ANSWER_SPACES_MAX);
    if (reader.letters == 0 || words[reader.word][reader.letters] != '\0')
        return read_letter(c);
    if (c == '\n')
        return SLO_ANSWER_WHOLE;
    if (reader.crs > 0)
        return SLO_ANSWER_NONE;
    reader.crs += c == '\r';
    return c == ' ' ? SLO_ANSWER_BEGUN : undecided_if(c == '\r');
}

static enum slo_answer_verdict read_text(char c)
{
    if (c == '\n')
        return SLO_ANSWER_WHOLE;
    return reader.line > SLO_ANSWER_LINE_MAX ? SLO_ANSWER_TOO_LONG : SLO_ANSWER_BEGUN;
}

static void read_octet(char c)
{
    reader.line++;
    if (reader.verdict == SLO_ANSWER_UNDECIDED)
        reader.verdict = read_beginning(c);
    else if (reader.verdict == SLO_ANSWER_BEGUN)
        reader.verdict = read_text(c);
    else
        reader.verdict = c == '\n' ? SLO_ANSWER_OVER : SLO_ANSWER_SKIPPED;
}

/* ---- what both agree on ---- */

static size_t before_piece; /* octets of the line */
static char ghost_octet;    /* the one that arrives as octet `ghost` of the line */

struct slo_answer nondet_answer(void);
struct reader nondet_reader(void);

/* Whether the next part begins only when the one before it may have ended. */
static int reader_is_valid(void)
{
    const unsigned letters = reader.word == 0 || reader.word == 3 ? 3 : 2;

    if (reader.word > 3 || reader.prefix > (reader.word == 0 ? 1 : tag_len) || (reader.word == 0 && reader.prefix == 0))
        return 0;
    if (reader.spaces > SLO_ANSWER_SPACES_MAX || reader.letters > letters || reader.crs > 1)
        return 0;
    if ((reader.spaces > 0 && prefix_octet(reader.prefix) != '\0') || (reader.letters > 0 && reader.spaces == 0))
        return 0;
    return (reader.word <= 1 || reader.letters > 0) && (reader.crs == 0 || reader.letters == letters);
}

static size_t read_of_beginning(void)
{
    return reader.prefix + reader.spaces + reader.letters + reader.crs;
}

/* Whether octet i of a line with so many SP is what was read. */
static int is_as_read(size_t i, size_t spaces, char c)
{
    if (i < reader.prefix)
        return c == prefix_octet(i);
    i -= reader.prefix;
    if (i < spaces)
        return c == ' ';
    i -= spaces;
    return i < reader.letters ? upper(c) == words[reader.word][i] : c == '\r';
}

static int agree_undecided(void)
{
    return answer.verdict == SLO_ANSWER_UNDECIDED && reader.verdict == SLO_ANSWER_UNDECIDED && reader_is_valid() &&
           reader.line == read_of_beginning() && answer.len == reader.line && answer.line_len == reader.line;
}

static int is_undecided_line(size_t i)
{
    return i >= answer.len || is_as_read(i, reader.spaces, answer.line[i]);
}

static int agree_in_text(void)
{
    const size_t len = reader.line - reader.spaces + 1;

    return answer.verdict == reader.verdict && reader_is_valid() && reader.letters > 0 &&
           words[reader.word][reader.letters] == '\0' && reader.line > read_of_beginning() &&
           answer.line_len == reader.line && answer.len == (len < sizeof answer.line ? len : sizeof answer.line);
}

/* The line of an answer has one SP after the prefix, so that the parser accepts it. */
static int is_answer_line(size_t i)
{
    const size_t beginning = read_of_beginning() - reader.spaces + 1;

    if (i < beginning)
        return is_as_read(i, 1, answer.line[i]);
    if (i > beginning || (answer.line[i] == ' ' && reader.crs == 0))
        return 1;
    return answer.verdict == SLO_ANSWER_WHOLE && answer.line[i] == '\n' && i + 1 == answer.len;
}

/* Of octets in a line, only that of ghost. */
static void *move(char *to, const char *from, size_t len)
{
    const size_t at = (size_t)(to - answer.line), i = place_of_ghost();

    CHECK(__CPROVER_same_object(to, &answer));
    CHECK(len == 0 || (__CPROVER_w_ok(to, len) && __CPROVER_r_ok(from, len)));
    if (i >= at && i - at < len)
        answer.line[i] = from[i - at];
    return to;
}

static void *copy(char *to, const char *from, size_t len)
{
    if (len != 1)
        return move(to, from, len);
    CHECK(__CPROVER_same_object(to, &answer) && __CPROVER_w_ok(to, 1));
    answer.line[to - answer.line] = *from;
    return to;
}

/* An LF of the piece, or the SP after the prefix in a line. */
static void *first_of(const char *at, char c, size_t len)
{
    const size_t i = nondet_size();

    CHECK(len == 0 || __CPROVER_r_ok(at, len));
    if (c == ' ') {
        CHECK(at == answer.line && reader.prefix < len && at[reader.prefix] == ' ');
        CHECK(i >= reader.prefix || prefix_octet(i) != ' ');
        return (void *)(at + reader.prefix);
    }
    CHECK(c == '\n' && at <= piece + first_lf);
    return first_lf < piece_len && (size_t)(piece + first_lf - at) < len ? (void *)(piece + first_lf) : NULL;
}

/* Of octets that agree but for the last one. */
static int differ(const char *one, const char *other, size_t len)
{
    const size_t i = nondet_size();

    CHECK(len > 0 && __CPROVER_r_ok(one, len) && __CPROVER_r_ok(other, len));
    CHECK(one == answer.line && (i >= len - 1 || prefix_octet(i) == other[i]));
    return one[len - 1] != other[len - 1];
}

/* Where the octet of ghost is in the line of an answer. */
static size_t place_of_ghost(void)
{
    if (ghost < reader.prefix + reader.spaces)
        return ghost < reader.prefix ? ghost : reader.prefix;
    return ghost - reader.spaces + 1;
}

static int is_kept_at(size_t i)
{
    return i >= answer.len || answer.line[i] == ghost_octet;
}

static size_t length(const char *text)
{
    if (text == tag)
        return tag_len;
    return text[1] == '\0' ? 1 : text[2] == '\0' ? 2 : 3;
}

enum slo_match slo_status_match(const char *bytes, size_t len, int is_untagged, const struct slo_status_word **found)
{
    static const struct slo_status_word statuses[] = {{"BYE", SLOGOUT_STATUS_BYE}, {"OK", SLOGOUT_STATUS_OK},
                                                      {"NO", SLOGOUT_STATUS_NO}, {"BAD", SLOGOUT_STATUS_BAD}};
    size_t agreement;
    const char *word;

    CHECK(len == 0 || __CPROVER_r_ok(bytes, len));
    word = word_of_status(bytes, len, is_untagged, &agreement);
    if (word[agreement])
        return agreement == len ? SLO_PART_OF_WORD : SLO_NO_WORD;
    *found = &statuses[*word == 'O' ? 1 : *word == 'N' ? 2 : word[1] == 'A' ? 3 : 0];
    return SLO_WHOLE_WORD;
}

/* ---- the proofs ---- */

static size_t steps; /* octets of the piece that the reader has read before text */

static size_t any_space; /* a number of SP */

/* The beginning of a line that may become an answer, up to any octet of the part. What is true of each octet is assumed
 * of those that the matcher reads, and of that of ghost. */
static void any_undecided(void)
{
    size_t i;

    answer = nondet_answer();
    reader = nondet_reader();
    answer.verdict = reader.verdict = SLO_ANSWER_UNDECIDED;
    if (PART == IN_PREFIX)
        reader.spaces = 0;
    if (PART <= IN_SPACES)
        reader.letters = 0;
    if (PART >= IN_BYE && PART <= IN_BAD) {
        reader.word = PART - IN_BYE;
        reader.letters = cases[CASE].letters;
    }
    reader.crs = PART == AFTER_CR;
    ASSUME((PART >= IN_SPACES) == (reader.spaces > 0) && (PART >= IN_BYE) == (reader.letters > 0));
    ASSUME(agree_undecided() && is_undecided_line(0) && is_undecided_line(ghost));
    ASSUME(is_undecided_line(reader.prefix) && is_undecided_line(reader.prefix + any_space));
    ASSUME(is_undecided_line(reader.prefix + reader.spaces - 1));
    for (i = 0; i < sizeof "BAD\r"; i++)
        ASSUME(is_undecided_line(reader.prefix + reader.spaces + i));
}

/* Returns the octet at `ghost`, which was received, or will be. */
static char octet_of_ghost(void)
{
    const size_t place = answer.verdict == SLO_ANSWER_UNDECIDED ? ghost : place_of_ghost();

    if (ghost < before_piece)
        return place < sizeof answer.line ? answer.line[place] : '\0';
    return ghost - before_piece < piece_len ? piece[ghost - before_piece] : '\0';
}

static int skip_spaces(unsigned round, const char **at)
{
    CHECK(round == 0 && *at == answer.line + reader.prefix);
    if (round > 0)
        ASSUME(0);
    CHECK(any_space >= reader.spaces || (*at)[any_space] == ' ');
    *at += reader.spaces - 1;
    return 1;
}

/* The piece may have begun at any octet of the line. */
static int begin_round(unsigned round, void *of_used, const char **of_word)
{
    size_t *const count = of_used;

    if (of_word != &word)
        return skip_spaces(round, of_word);
    CHECK(agree_undecided() && is_undecided_line(ghost) && answer.len == before_piece + *count && is_kept_at(ghost));
    CHECK(*count == steps && *count <= first_lf && *count < piece_len);
    if (round > 0)
        ASSUME(0);
    any_undecided();
    *count = nondet_size();
    before_piece = answer.len - *count;
    ghost_octet = octet_of_ghost();
    ASSUME(*count < piece_len && *count <= answer.len && is_kept_at(ghost));
    ASSUME(*count <= first_lf && (*count == first_lf || piece[*count] != '\n'));
    read_octet(piece[*count]);
    steps = *count + 1;
    return 1;
}

/* The octets of the piece from `from` to `to`, which are text or are skipped, and of which i is any. */
static void check_rest(size_t from, size_t to, size_t i)
{
    const int is_over = answer.verdict == SLO_ANSWER_WHOLE || answer.verdict == SLO_ANSWER_TOO_LONG ||
                        answer.verdict == SLO_ANSWER_OVER;

    CHECK(is_over ? to > 0 : to == piece_len);
    if (i < from || i >= to)
        return;
    ASSUME(i >= first_lf || piece[i] != '\n');
    reader.line += i - from;
    if (reader.verdict == SLO_ANSWER_TOO_LONG && i > from)
        reader.verdict = SLO_ANSWER_SKIPPED;
    read_octet(piece[i]);
    CHECK(i + 1 == to ? reader.verdict == answer.verdict
                      : reader.verdict == SLO_ANSWER_BEGUN || reader.verdict == SLO_ANSWER_SKIPPED);
}

static void check_text(size_t from, size_t to)
{
    const struct reader then = reader;
    const size_t i = place_of_ghost();

    reader.line += to - from;
    reader.verdict = answer.verdict;
    CHECK(agree_in_text());
    CHECK(ghost >= reader.line || (is_kept_at(i) && (i >= answer.len || is_answer_line(i))));
    reader = then;
}

/* Any tag that the library may have made, and other words without CTL and "*". */
static void any_tag(void)
{
    size_t i;

    tag_len = nondet_size();
    ASSUME(tag_len > 0 && tag_len < sizeof tag);
    for (i = 0; i < sizeof tag; i++) {
        tag[i] = (char)nondet_octet();
        ASSUME(i < tag_len ? tag[i] > ' ' && tag[i] != '*' : tag[i] == '\0');
    }
}

static void any_state(void)
{
    const enum slo_answer_verdict verdict = PART == IN_TEXT    ? SLO_ANSWER_BEGUN
                                            : PART == TOO_LONG ? SLO_ANSWER_TOO_LONG
                                            : PART == SKIPPED  ? SLO_ANSWER_SKIPPED
                                                               : SLO_ANSWER_UNDECIDED;

    answer = nondet_answer();
    reader = nondet_reader();
    answer.verdict = reader.verdict = verdict;
    ASSUME(answer.len <= sizeof answer.line);
    if (PART < IN_TEXT)
        ASSUME(agree_undecided() && is_undecided_line(ghost));
    if (PART == IN_TEXT)
        ASSUME(agree_in_text() && reader.line <= SLO_ANSWER_LINE_MAX && is_answer_line(place_of_ghost()));
}

static void any_piece(void)
{
    piece_len = nondet_size();
    piece = malloc(piece_len);
    first_lf = nondet_size();
    ASSUME(piece && first_lf <= piece_len && (first_lf == piece_len || piece[first_lf] == '\n'));
}

/* proves: from any state of the matcher, a piece of any number of octets does to it what the octets do to the reader one
 *     by one, and what the filter relies on: octets that may become an answer are kept one by one; an answer ends at its
 *     LF, or is too long if none of 65,536 octets is an LF
 * with: --unwind 33 --unwindset word_of_status.0:5 --slice-formula --external-sat-solver cadical
 * each: CASE 16
 * mutant CASE=0: lib/answer.c: answer->len--; => ;
 * mutant CASE=1: lib/answer.c: const size_t most = len < room ? len : room; => const size_t most = len;
 * mutant CASE=3: lib/answer.c: return end ? (size_t)(end - bytes) + 1 : len; => return len; */
void feed(void)
{
    struct slo_answer before;
    size_t n;

    steps = 0;
    any_tag();
    any_piece();
    ghost = nondet_size();
    any_space = nondet_octet();
    any_state();
    before = answer;
    before_piece = reader.line;
    ghost_octet = octet_of_ghost();
    n = slo_answer_feed(&answer, tag, piece, piece_len);
    if (before.verdict == SLO_ANSWER_UNDECIDED)
        before.len = before_piece;
    CHECK(answer_contract(&before, &answer, n, piece_len));
    if (reader.verdict == SLO_ANSWER_UNDECIDED || reader.verdict == SLO_ANSWER_NONE) {
        CHECK(answer.verdict == reader.verdict && n + (reader.verdict == SLO_ANSWER_NONE) == steps);
        CHECK(answer.len == before_piece + n && is_kept_at(ghost));
        CHECK(reader.verdict == SLO_ANSWER_NONE || (n == piece_len && agree_undecided() && is_undecided_line(ghost)));
    } else {
        if (answer.verdict <= SLO_ANSWER_TOO_LONG)
            check_text(steps, n);
        check_rest(steps, n, nondet_size());
    }
    free((void *)piece);
}
#pragma CPROVER check pop

/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of any length. The loops over their octets are proved by induction: what begins a round puts any state of the
 * loop's invariant in place of the one that the loop begins with, and checks in the next round that it holds again. */
#include "prove.h"
#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */
#include "bye.h"
#include "log.h"
#include "tag.h"

/* Where a text that begins with "[" has its first octet that is not of an atom, and its first "]", if it has one. */
static size_t atom_end, bracket;
static size_t ghost; /* any octet; what holds of it holds of all */

static int is_in(const char *set, char c)
{
    while (*set && *set != c)
        set++;
    return *set != '\0';
}

static int is_atom_char(char c)
{
    return (slo_octet_uses[(unsigned char)c] & SLO_USE_ATOM) != 0;
}

size_t strcspn(const char *text, const char *stop)
{
    const char c = (char)nondet_octet();

    CHECK(c < ' ' || c > '~' || is_in(stop, c) != is_atom_char(c));
    ASSUME(!is_atom_char(text[atom_end - 1]));
    return atom_end - 1;
}

char *strchr(const char *text, int c)
{
    CHECK(c == ']');
    if (bracket >= SLOGOUT_BYE_TEXT_SIZE)
        return NULL;
    ASSUME(bracket <= strlen(text) && text[bracket - 1] == ']');
    return (char *)text + bracket - 1;
}

void *memchr(const void *bytes, int c, size_t len)
{
    const char *at = bytes;
    const size_t i = nondet_size();

    CHECK(len == 0 || __CPROVER_r_ok(bytes, len));
    ASSUME(i >= len || at[i] == (char)c);
    return i < len ? (void *)(at + i) : NULL;
}

static int begin_round(unsigned round, size_t *of_i, size_t *of_used, size_t *of_n, size_t *of_end, size_t of_len,
                       size_t of_first);
static size_t i, used, n, end, len, first; /* the variables of the loops, in functions that have none of that name */
#define while(condition)                                                                                               \
    for (unsigned round = 0; (condition) && begin_round(round, &i, &used, &n, &end, len, first); round++)

#include "bye.c"

#undef while

static int begin_octet(size_t *of_i, size_t *of_used);
static void *copy(char *to, const char *from, size_t count);
#define for(...) for (__VA_ARGS__) if (begin_octet(&i, &used))
#define memcpy copy

#include "log.c"

#undef for
#undef memcpy
#include "tag.c"

#pragma CPROVER check disable "bounds" /* the harness itself is trusted */
#pragma CPROVER check disable "pointer"
#pragma CPROVER check disable "pointer-overflow"
#pragma CPROVER check disable "signed-overflow"

static int is_printable(char c)
{
    return c >= 0x20 && c <= 0x7e;
}

/* ---- the text of a BYE ---- */

static void any_code(void)
{
    atom_end = nondet_size();
    bracket = nondet_size();
    ASSUME(atom_end > 0 && atom_end <= bracket && atom_end < SLOGOUT_BYE_TEXT_SIZE);
}

/* "[" atom [SP 1*TEXT-CHAR] "]" SP text */
static int begins_with_code(const char *text, size_t text_len)
{
    if (atom_end == 1 || bracket >= text_len || bracket + 2 >= text_len || text[bracket + 1] != ' ')
        return 0;
    return atom_end == bracket || (text[atom_end] == ' ' && atom_end + 1 < bracket);
}

/* proves: a BYE text is taken exactly if it follows the grammar, for texts of any length, of which at most 201
 *     octets are read
 * with: --unwind 203
 * claims: slo_bye_text_valid code_valid
 * mutant: lib/bye.c: text[len] > '~' => text[len] > '~' + 1
 * mutant: lib/bye.c: !bracket[2] => !bracket[1]
 * mutant: lib/bye.c: " (){%*\"\\]" => " (){%*\"\\"
 * mutant: lib/bye.c: return len > 0 && len <= SLO_BYE_TEXT_MAX && => return len > 0 && */
void bye(void)
{
    char text[SLOGOUT_BYE_TEXT_SIZE];
    size_t text_len = 0;
    int is_valid = 1;

    while (text_len < sizeof text && text[text_len])
        is_valid &= is_printable(text[text_len++]);
    any_code();
    ASSUME(atom_end <= text_len && (bracket >= SLOGOUT_BYE_TEXT_SIZE || bracket < text_len));
    is_valid = is_valid && text_len > 0 && text_len <= SLO_BYE_TEXT_MAX &&
               (text[0] != '[' || begins_with_code(text, text_len));
    CHECK(slo_bye_text_valid(text) == is_valid);
}

/* proves: the line of a BYE is `* BYE ` and the text and CRLF, for all valid texts
 * with: --unwind 203
 * claims: slo_bye_write
 * mutant: lib/bye.c: return len + 8; => return len + 7; */
void bye_line(void)
{
    char text[SLOGOUT_BYE_TEXT_SIZE];
    char line[SLO_BYE_LINE_MAX];
    const size_t at = nondet_size();
    size_t text_len;

    text[SLO_BYE_TEXT_MAX] = '\0';
    text_len = strlen(text);
    ASSUME(at < text_len + 8);
    CHECK(slo_bye_write(line, text) == text_len + 8);
    CHECK(line[at] == (at < 6 ? "* BYE "[at] : at < text_len + 6 ? text[at - 6] : "\r\n"[at - text_len - 6]));
}

/* ---- a valid text from any text ---- */

static char fitted[SLOGOUT_BYE_TEXT_SIZE];
static size_t fitted_len; /* of the text that is made to fit */

struct octets {
    char octets[SLOGOUT_BYE_TEXT_SIZE];
} nondet_octets(void);

/* Printable, and no SP at the beginning or after another. */
static int fits(size_t at)
{
    return is_printable(fitted[at]) && (fitted[at] != ' ' || (at > 0 && fitted[at - 1] != ' '));
}

static int begin_fit_round(unsigned round, size_t *of_i, size_t *of_used)
{
    CHECK(*of_i < fitted_len && *of_used < SLO_BYE_TEXT_MAX && (ghost >= *of_used || fits(ghost)));
    if (round > 0)
        ASSUME(0);
    memcpy(fitted, nondet_octets().octets, sizeof fitted);
    *of_i = nondet_size();
    *of_used = nondet_size();
    ASSUME(*of_i < fitted_len && *of_used < SLO_BYE_TEXT_MAX && (ghost >= *of_used || fits(ghost)));
    return 1;
}

static int begin_round(unsigned round, size_t *of_i, size_t *of_used, size_t *of_n, size_t *of_end, size_t of_len,
                       size_t of_first)
{
    if (of_i != &i)
        return begin_fit_round(round, of_i, of_used);
    if (of_n != &n) { /* in character_length() */
        CHECK(*of_n >= 1 && *of_n < of_len);
        *of_n = nondet_size();
        ASSUME(round == 0 && *of_n >= 1 && *of_n < of_len);
        return 1;
    }
    CHECK(*of_end > of_first && *of_end <= *of_used); /* in word_end() */
    *of_end = nondet_size();
    ASSUME(round == 0 && *of_end > of_first && *of_end <= *of_used);
    return 1;
}

/* proves: any text is made to a valid BYE text, whose length is told, without SP at its beginning or two in a row,
 *     for texts of any length
 * with: --unwind 203
 * mutant: lib/bye.c: *out = '('; => ;
 * mutant: lib/bye.c: c == ' ' && (used == 0 || => c == ' ' && (
 * mutant: lib/bye.c: used < SLO_BYE_TEXT_MAX) => used <= SLO_BYE_TEXT_MAX)
 * mutant: lib/bye.c: byte >= 0x80) => byte > 0x80) */
void fit(void)
{
    char *text;
    size_t fitting;

    fitted_len = nondet_size();
    text = malloc(fitted_len);
    ghost = nondet_size();
    ASSUME(text && ghost < SLO_BYE_TEXT_MAX);
    any_code();
    fitting = slogout_bye_text_fit(fitted, text, fitted_len);
    CHECK(fitting > 0 && fitting <= SLO_BYE_TEXT_MAX && fitted[fitting] == '\0');
    CHECK(ghost >= fitting || (fitted[ghost] != '\0' && fits(ghost)));
    CHECK(fitted[0] != '[' || slo_bye_text_valid(fitted));
    CHECK(slogout_bye_text_fit(NULL, text, fitted_len) == 0);
    free(text);
}

/* ---- escapes ---- */

static char *out;
static const char *octets;
static size_t octets_len, size;
static unsigned rounds;
static size_t at, before; /* the octet of the round, and how much was written before it */

static void *copy(char *to, const char *from, size_t count)
{
    size_t k;

    CHECK(__CPROVER_w_ok(to, count) && __CPROVER_r_ok(from, count));
    for (k = 0; k < count; k++)
        to[k] = from[k];
    return to;
}

static size_t escaped_len(char c)
{
    return c < ' ' || c > '~' ? 4 : c == '"' || c == '\\' ? 2 : 1;
}

static int is_escaped(const char *escaped, char c)
{
    static const char hex[] = "0123456789abcdef";
    const size_t count = escaped_len(c);

    if (count == 4)
        return escaped[0] == '\\' && escaped[1] == 'x' && escaped[2] == hex[c >> 4 & 15] && escaped[3] == hex[c & 15];
    return escaped[count - 1] == c && (count == 1 || escaped[0] == '\\');
}

static int begin_octet(size_t *of_i, size_t *of_used)
{
    CHECK(*of_i < octets_len);
    if (rounds++ > 0) {
        CHECK(*of_i == at + 1 && *of_used == before + escaped_len(octets[at]) && *of_used < size);
        CHECK(is_escaped(out + before, octets[at]));
        ASSUME(0);
    }
    CHECK(*of_i == 0 && *of_used == 0);
    *of_i = at = nondet_size();
    *of_used = before = nondet_size();
    ASSUME(at < octets_len && before < size);
    return 1;
}

/* proves: the octets of a text are written one behind the other, a printable one as itself, with a backslash before
 *     it if it is a quote or a backslash, any other as a backslash, x and two digits, up to the first that does not
 *     fit, and a NUL, for texts and buffers of any length
 * with: --unwind 5
 * claims: slo_escape
 * mutant: lib/log.c: used + n >= out_size => used + n > out_size
 * mutant: lib/log.c: byte < ' ' || byte > '~' => byte < ' ' || byte > '~' + 1
 * mutant: lib/log.c: byte == '"' || => byte == '"' &&
 * mutant: lib/log.c: used += n; => used += 1; */
void escape(void)
{
    size_t length;

    octets_len = nondet_size();
    size = nondet_size();
    octets = malloc(octets_len);
    out = malloc(size);
    rounds = 0;
    ASSUME(octets && out && size > 0);
    slo_escape(out, size, octets, octets_len);
    length = rounds ? escaped_len(octets[at]) : 0;
    if (rounds == 0)
        CHECK(octets_len == 0 && out[0] == '\0');
    else if (length < size - before)
        CHECK(at + 1 == octets_len && is_escaped(out + before, octets[at]) && out[before + length] == '\0');
    else
        CHECK(out[before] == '\0');
    free((void *)octets);
    free(out);
}

#pragma CPROVER check pop

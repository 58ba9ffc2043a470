/* SPDX-License-Identifier: BSD-2-Clause */
/* The parser of a response, for lines of any length. The proof chooses the places of the first SP and of the first "]",
 * and whether the octets before the SP are a tag. All other octets may have any value, so no loop over the line is
 * needed. */
#include "lex.h"
#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */

#define LONGEST 255 /* octets of a tag or of a code */

static const char *line;
static size_t text_begin;
static unsigned space;   /* the index of the first SP, or LONGEST + 1 if no SP is that near */
static unsigned bracket; /* the same for the first "]", counted from the second octet of the text */
static int is_tag;       /* whether the octets before the SP are a tag */

void *memchr(const void *bytes, int c, size_t len)
{
    const char *const at = bytes;
    const unsigned first = c == ' ' ? space : bracket;

    CHECK(c == ' ' ? at == line : c == ']' && at == line + text_begin + 1);
    CHECK(len == 0 || (len <= LONGEST + 1 && __CPROVER_r_ok(bytes, len)));
    return first <= LONGEST && first < len ? (void *)(at + first) : NULL;
}

int slogout_tag_valid(const char *tag, size_t len)
{
    CHECK(tag == line && len == space);
    return is_tag;
}

#include "response.c"
#include "word.c"

/* ---- RFC 3501 section 9, with the limits of slogout.h ---- */

static size_t end_of_line(size_t len)
{
    if (len > 0 && line[len - 1] == '\n')
        len--;
    return len > 0 && line[len - 1] == '\r' ? len - 1 : len;
}

/* Reads resp-text. A code has 1 to 255 octets in brackets, and SP or the end of the line follows it. */
static void read_text(struct slogout_response *out, size_t text, size_t end)
{
    const size_t code = text + 1, behind = code + bracket + 1;

    out->text = line + text;
    out->text_len = end - text;
    if (text == end || line[text] != '[' || bracket == 0 || bracket > LONGEST || behind > end)
        return;
    if (behind < end && line[behind] != ' ')
        return;
    out->code = line + code;
    out->code_len = bracket;
    text = behind < end ? behind + 1 : end;
    out->text = line + text;
    out->text_len = end - text;
}

static enum slogout_status status_of(const char *word)
{
    if (*word == 'B')
        return word[1] == 'A' ? SLOGOUT_STATUS_BAD : SLOGOUT_STATUS_BYE;
    return *word == 'O' ? SLOGOUT_STATUS_OK : SLOGOUT_STATUS_NO;
}

/* Reads "*" SP "BYE" or tag SP ("OK" / "NO" / "BAD"), followed by SP resp-text or by the end of the line. */
static int reads_as_response(struct slogout_response *out, size_t len)
{
    static const struct slogout_response none;
    const size_t end = end_of_line(len);
    const int is_star = space == 1 && line[0] == '*';
    const char *word;
    size_t agreement, behind;

    if (space >= end || space > LONGEST || (!is_star && !is_tag))
        return 0;
    word = word_of_status(line + space + 1, end - space - 1, is_star, &agreement);
    behind = space + 1 + agreement;
    if (word[agreement] != '\0' || (behind < end && line[behind] != ' '))
        return 0;
    *out = none;
    out->status = status_of(word);
    out->tag = is_star ? NULL : line;
    out->tag_len = is_star ? 0 : space;
    text_begin = behind < end ? behind + 1 : end;
    read_text(out, text_begin, end);
    return 1;
}

/* proves: slogout_response_parse() accepts the grammar of RFC 3501, and leaves *out untouched if it returns 0, for lines
 *     of any length
 * with: --unwind 5 --external-sat-solver cadical
 * claims: slogout_response_parse split_text find_near without_line_end
 * mutant: lib/response.c: bracket + 1 == end || bracket[1] == ' ' => bracket + 1 == end || bracket[1] != ' '
 * mutant: lib/response.c: is_untagged = space - line == 1 && *line == '*' => is_untagged = *line == '*'
 * mutant: lib/response.c: len <= LOOK_MAX ? len : LOOK_MAX + 1 => len <= LOOK_MAX ? len : LOOK_MAX */
void parse(void)
{
    static const struct slogout_response untouched = {SLOGOUT_STATUS_NO, "t", 1, "c", 1, "x", 1};
    struct slogout_response expected = untouched, found = untouched;
    const size_t len = nondet_size();
    int is_response;

    line = malloc(len);
    space = nondet_uint32();
    bracket = nondet_uint32();
    is_tag = nondet_int() != 0;
    ASSUME(line && space <= LONGEST + 1 && bracket <= LONGEST + 1);
    ASSUME(space > LONGEST || (space < len && line[space] == ' '));
    ASSUME(!is_tag || (space > 0 && space <= LONGEST && line[0] != '*'));
    is_response = reads_as_response(&expected, len);
    CHECK(slogout_response_parse(&found, line, len) == is_response);
    CHECK(found.status == expected.status && found.tag == expected.tag && found.tag_len == expected.tag_len);
    CHECK(found.code_len == expected.code_len && found.text_len == expected.text_len);
    CHECK(found.code == expected.code && found.text == expected.text);
    CHECK(!slogout_response_parse(NULL, line, len) && !slogout_response_parse(&found, NULL, len));
    free((void *)line);
}

#ifndef UNTAGGED
#define UNTAGGED 0
#endif

/* proves: octets begin a word of a client's status, may become one, or do neither, for any number of octets
 * with: --unwind 5
 * each: UNTAGGED 2
 * claims: slo_status_match statuses
 * mutant UNTAGGED=1: lib/response.c: != (is_untagged != 0) => != is_untagged
 * mutant UNTAGGED=0: lib/response.c: if (n == len) => if (n > 0) */
void match(void)
{
    const size_t len = nondet_size();
    char *const bytes = malloc(len);
    const struct slo_status_word *found = NULL;
    const int is_untagged = UNTAGGED ? nondet_int() : 0;
    enum slo_match result;
    const char *word;
    size_t agreement;

    ASSUME(bytes && (is_untagged != 0) == UNTAGGED);
    word = word_of_status(bytes, len, is_untagged, &agreement);
    result = slo_status_match(bytes, len, is_untagged, &found);
    if (word[agreement] == '\0')
        CHECK(result == SLO_WHOLE_WORD && found && found->status == status_of(word) && strcmp(found->word, word) == 0);
    else
        CHECK(result == (agreement == len ? SLO_PART_OF_WORD : SLO_NO_WORD) && !found);
    free(bytes);
}

#pragma CPROVER check pop

/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc.h"
#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */
#include "response.c"
#include "tag.c"
#include "word.c"
#include "lex.h"
#pragma CPROVER check pop

#define BOUND 16 /* octets of a line */

/* proves: slogout_response_parse() accepts the grammar of RFC 3501, and leaves *out untouched if it returns 0, for all
 *     lines of up to 16 octets
 * with: --unwind 18
 * claims: slogout_response_parse split_text find_near without_line_end
 * mutant: lib/response.c: bracket + 1 == end || bracket[1] == ' ' => bracket + 1 == end || bracket[1] != ' '
 * mutant: lib/response.c: is_untagged = space - line == 1 && *line == '*' => is_untagged = *line == '*' */
void parse(void)
{
    static const struct slogout_response untouched = {SLOGOUT_STATUS_NO, "t", 1, "c", 1, "x", 1};
    struct slogout_response expected = untouched, found = untouched;
    const size_t len = nondet_size();
    char line[BOUND]; /* of this size, so that CBMC reports an access beyond the longest line */
    int is_response;

    ASSUME(len <= BOUND);
    is_response = reference_parse(&expected, line, len);
    CHECK(slogout_response_parse(&found, line, len) == is_response);
    if (!is_response)
        expected = untouched;
    CHECK(found.status == expected.status && found.tag == expected.tag && found.tag_len == expected.tag_len);
    CHECK(found.code_len == expected.code_len && found.text_len == expected.text_len);
    CHECK(found.code == expected.code && found.text == expected.text);
}

#ifndef UNTAGGED
#define UNTAGGED 0
#endif

static enum slogout_status status_of(const char *word)
{
    if (*word == 'B')
        return word[1] == 'A' ? SLOGOUT_STATUS_BAD : SLOGOUT_STATUS_BYE;
    return *word == 'O' ? SLOGOUT_STATUS_OK : SLOGOUT_STATUS_NO;
}

/* proves: octets begin a word of a client's status, may become one, or do neither, for any number of octets
 * with: --unwind 5
 * each: UNTAGGED 2
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

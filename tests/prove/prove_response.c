/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc.h"
#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */
#include "response.c"
#include "tag.c"
#include "word.c"
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

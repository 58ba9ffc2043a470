/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc.h"
#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */
#include "bye.c"
#include "log.c"
#include "tag.c"
#pragma CPROVER check pop

#define BOUND 12 /* octets of a text or a tag */

/* proves: slogout_tag_valid() accepts the tags of RFC 3501 and nothing else, for all tags of up to 12 octets
 * with: --unwind 14
 * claims: slogout_tag_valid
 * mutant: lib/tag.c: 0, 3, 0, 3, 3, 0, 3, 3, 0, 0, 0, 6 => 0, 3, 0, 3, 3, 0, 3, 3, 0, 0, 3, 6 */
void tag(void)
{
    char octets[BOUND];
    const size_t len = nondet_size();
    size_t i;
    int valid = len > 0;

    ASSUME(len <= BOUND);
    for (i = 0; i < len; i++)
        valid = valid && is_astring_char(octets[i]) && octets[i] != '+';
    CHECK(slogout_tag_valid(octets, len) == valid);
}

/* proves: a tag is written exactly if its prefix is a tag of up to SLOGOUT_PREFIX_MAX octets; it fits, is
 *     NUL-terminated, and consists of the prefix and digits; the first digit is not 0, and the last digit is right; the
 *     number is the last number plus one, or 1; for all 32-bit numbers
 * with: --unwind 24
 * claims: slo_tag_write slogout_tags_next slo_tag_prefix_valid
 * mutant: lib/tag.c: tags->last + 1 : 1 => tags->last + 1 : 0
 * mutant: lib/tag.c: len <= SLOGOUT_PREFIX_MAX && slogout_tag_valid => len <= SLOGOUT_PREFIX_MAX + 1 && slogout_tag_valid */
void tags_next(void)
{
    char prefix[SLOGOUT_PREFIX_MAX + 2];
    char written[SLOGOUT_TAG_SIZE];
    struct slogout_tags tags = {prefix, nondet_uint32()};
    const uint32_t last = tags.last;
    const uint32_t number = last == UINT32_MAX ? 1 : last + 1;
    const size_t i = nondet_size();
    size_t len, prefix_len;
    char octet; /* of the prefix */
    int valid;

    ASSUME(prefix[SLOGOUT_PREFIX_MAX + 1] == '\0' && i < SLOGOUT_TAG_SIZE);
    octet = prefix[i < sizeof prefix ? i : 0];
    prefix_len = strlen(prefix);
    valid = prefix_len <= SLOGOUT_PREFIX_MAX && slogout_tag_valid(prefix, prefix_len);
    CHECK(slo_tag_prefix_valid(prefix) == valid);
    len = slogout_tags_next(&tags, written);
    CHECK((len > 0) == valid);
    if (!valid) {
        CHECK(tags.last == last);
        return;
    }
    CHECK(len < SLOGOUT_TAG_SIZE && written[len] == '\0' && len > prefix_len && len <= prefix_len + 10);
    CHECK(tags.last == number);
    CHECK(written[prefix_len] != '0' && written[len - 1] == (char)('0' + number % 10));
    CHECK(i >= len || (i < prefix_len ? written[i] == octet : written[i] >= '0' && written[i] <= '9'));
}

/* Returns 1 if the text of a BYE follows its grammar: "[" atom [SP 1*TEXT-CHAR] "]" SP text, or a text that does not
 * begin with "[". */
static int is_bye_text(const char *text, size_t len)
{
    size_t i, bracket;

    if (len == 0)
        return 0;
    for (i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return 0;
    if (text[0] != '[')
        return 1;
    for (bracket = 1; bracket < len && text[bracket] != ']'; bracket++)
        ;
    if (bracket + 2 >= len || text[bracket + 1] != ' ')
        return 0;
    for (i = 1; i < bracket && is_atom_char(text[i]); i++)
        ;
    return i > 1 && (i == bracket || (text[i] == ' ' && i + 1 < bracket));
}

/* proves: a BYE text is accepted exactly if it follows the grammar, and its line is `* BYE `, the text and CRLF, for
 *     all texts of up to 12 octets
 * with: --unwind 21
 * claims: slo_bye_text_valid code_valid slo_bye_write
 * mutant: lib/bye.c: text[len] > '~' => text[len] > '~' + 1
 * mutant: lib/bye.c: !bracket[2] => !bracket[1] */
void bye(void)
{
    char text[BOUND + 1];
    char *line;
    size_t len, i;

    text[BOUND] = '\0';
    len = strlen(text);
    CHECK(slo_bye_text_valid(text) == is_bye_text(text, len));
    if (!slo_bye_text_valid(text))
        return;
    line = malloc(len + 8);
    ASSUME(line);
    CHECK(slo_bye_write(line, text) == len + 8);
    CHECK(line[len + 6] == '\r' && line[len + 7] == '\n');
    i = nondet_size();
    ASSUME(i < len + 6);
    CHECK(line[i] == (i < 6 ? "* BYE "[i] : text[i - 6]));
    free(line);
}

/* proves: slogout_bye_text_fit() makes a valid BYE text of any text and returns its length, for all texts of up to 4
 *     octets
 * with: --unwind 34
 * mutant: lib/bye.c: *out = '('; => ;
 * mutant: lib/bye.c: byte >= 0x80) => byte > 0x80) */
void fit(void)
{
    char text[4], out[SLOGOUT_BYE_TEXT_SIZE];
    const size_t len = nondet_size();
    size_t fitting;

    ASSUME(len <= sizeof text);
    fitting = slogout_bye_text_fit(out, text, len);
    CHECK(fitting == strlen(out) && slo_bye_text_valid(out));
}

/* proves: an escaped text is printable, contains no quote that is not escaped, and ends within its buffer, for all
 *     texts of up to 3 octets and buffers of 1 to 13
 * with: --unwind 14
 * claims: slo_escape
 * mutant: lib/log.c: used + n >= out_size => used + n > out_size
 * mutant: lib/log.c: byte < ' ' || byte > '~' => byte < ' ' || byte > '~' + 1 */
void escape(void)
{
    char octets[3];
    const size_t len = nondet_size(), size = nondet_size();
    char *out;
    size_t i;

    ASSUME(len <= sizeof octets && size > 0 && size <= 4 * sizeof octets + 1);
    out = malloc(size);
    ASSUME(out);
    slo_escape(out, size, octets, len);
    i = nondet_size();
    ASSUME(i < strlen(out));
    CHECK(out[i] >= ' ' && out[i] <= '~' && (out[i] != '"' || (i > 0 && out[i - 1] == '\\')));
    free(out);
}

/* proves: a printable octet is copied, after a backslash if it is a quote or a backslash; any other octet becomes a
 *     backslash, x and two digits; an octet that does not fit is omitted; for all octets and buffers of 1 to 5
 * with: --unwind 6
 * claims: slo_escape
 * mutant: lib/log.c: byte == '"' || => byte == '"' && */
void escape_octet(void)
{
    static const char hex[] = "0123456789abcdef";
    char octet;
    const int is_coded = octet < ' ' || octet > '~', is_quoted = octet == '"' || octet == '\\';
    const size_t size = nondet_size(), n = is_coded ? 4 : is_quoted ? 2 : 1;
    char out[5];

    ASSUME(size > 0 && size <= sizeof out);
    slo_escape(out, size, &octet, 1);
    CHECK(out[n < size ? n : 0] == '\0');
    if (n >= size)
        return;
    CHECK(n == 1 || out[0] == '\\');
    CHECK(is_coded ? out[1] == 'x' && out[2] == hex[octet >> 4 & 15] && out[3] == hex[octet & 15] : out[n - 1] == octet);
}

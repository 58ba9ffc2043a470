/* SPDX-License-Identifier: BSD-2-Clause */
#include "reference.h"

/* RFC 3501 section 9. Each production is a function that takes the octets from `from` to `to`, and returns
 * the number of octets at their beginning that match it, or NONE. The functions differ from the grammar where
 * slogout.h does: the word is followed by SP or the end of the line, the text may be any octets, the end of
 * the line may be missing, and a tag or a response code of more than 255 octets is not accepted. */

#define NONE           ((size_t)-1)
#define SIZE_MAX_TAKEN 255

static int is_one_of(char c, const char *set)
{
    for (; *set; set++)
        if (c == *set)
            return 1;
    return 0;
}

/* CHAR = %x01-7F */
static int is_char(char c)
{
    return (unsigned char)c >= 0x01 && (unsigned char)c <= 0x7f;
}

/* CTL = %x00-1F / %x7F */
static int is_ctl(char c)
{
    return (unsigned char)c <= 0x1f || c == 0x7f;
}

/* list-wildcards = "%" / "*" */
static int is_list_wildcard(char c)
{
    return is_one_of(c, "%*");
}

/* quoted-specials = DQUOTE / "\" */
static int is_quoted_special(char c)
{
    return is_one_of(c, "\"\\");
}

/* resp-specials = "]" */
static int is_resp_special(char c)
{
    return c == ']';
}

/* atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials */
static int is_atom_special(char c)
{
    return is_one_of(c, "(){ ") || is_ctl(c) || is_list_wildcard(c) || is_quoted_special(c) ||
           is_resp_special(c);
}

/* ATOM-CHAR = <any CHAR except atom-specials> */
static int is_atom_char(char c)
{
    return is_char(c) && !is_atom_special(c);
}

/* ASTRING-CHAR = ATOM-CHAR / resp-specials */
static int is_astring_char(char c)
{
    return is_atom_char(c) || is_resp_special(c);
}

/* tag = 1*<any ASTRING-CHAR except "+"> */
static size_t match_tag(const char *from, const char *to)
{
    const char *end = from;

    while (end < to && is_astring_char(*end) && *end != '+')
        end++;
    return end > from && end - from <= SIZE_MAX_TAKEN ? (size_t)(end - from) : NONE;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* "(1) Except as noted otherwise, all alphabetic characters are case-insensitive." */
static size_t match_word(const char *from, const char *to, const char *word)
{
    size_t n = 0;

    while (word[n]) {
        if (from + n == to || upper(from[n]) != word[n])
            return NONE;
        n++;
    }
    return from + n == to || from[n] == ' ' ? n : NONE;
}

/* "[" resp-text-code "]" SP, where the code has 1 to 255 octets and no "]". */
static size_t match_code(const char *from, const char *to)
{
    const char *end = from;

    if (from == to || *from != '[')
        return NONE;
    while (end < to && *end != ']')
        end++;
    if (end == to || end == from + 1 || end - from - 1 > SIZE_MAX_TAKEN)
        return NONE;
    return end + 1 == to || end[1] == ' ' ? (size_t)(end - from) - 1 : NONE;
}

static const char *skip_space(const char *from, const char *to)
{
    return from < to && *from == ' ' ? from + 1 : from;
}

/* resp-text = ["[" resp-text-code "]" SP] text */
static void read_text(struct slogout_response *out, const char *from, const char *to)
{
    const size_t code = match_code(from, to);

    out->code = code == NONE ? NULL : from + 1;
    out->code_len = code == NONE ? 0 : code;
    out->text = code == NONE ? from : skip_space(from + code + 2, to);
    out->text_len = (size_t)(to - out->text);
}

/* (status) SP resp-text */
static int read_status(struct slogout_response *out, const char *from, const char *to, const char *word,
                       enum slogout_status status)
{
    const size_t n = match_word(from, to, word);

    if (n == NONE)
        return 0;
    out->status = status;
    read_text(out, skip_space(from + n, to), to);
    return 1;
}

/* response-tagged = tag SP resp-cond-state; resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text */
static int read_tagged(struct slogout_response *out, const char *line, const char *to)
{
    const size_t tag = match_tag(line, to);
    const char *from;

    if (tag == NONE || line + tag == to || line[tag] != ' ')
        return 0;
    from = line + tag + 1;
    if (!read_status(out, from, to, "OK", SLOGOUT_STATUS_OK) &&
        !read_status(out, from, to, "NO", SLOGOUT_STATUS_NO) &&
        !read_status(out, from, to, "BAD", SLOGOUT_STATUS_BAD))
        return 0;
    out->tag = line;
    out->tag_len = tag;
    return 1;
}

/* response-fatal = "*" SP resp-cond-bye; resp-cond-bye = "BYE" SP resp-text */
static int read_fatal(struct slogout_response *out, const char *line, const char *to)
{
    if (to - line < 2 || line[0] != '*' || line[1] != ' ' ||
        !read_status(out, line + 2, to, "BYE", SLOGOUT_STATUS_BYE))
        return 0;
    out->tag = NULL;
    out->tag_len = 0;
    return 1;
}

/* Finds CRLF, LF, or the CR that remains if a host cuts lines at LF. */
static const char *end_of_line(const char *line, const char *to)
{
    if (to > line && to[-1] == '\n')
        to--;
    if (to > line && to[-1] == '\r')
        to--;
    return to;
}

int reference_parse(struct slogout_response *out, const char *line, size_t len)
{
    const char *end = end_of_line(line, line + len);

    return read_fatal(out, line, end) || read_tagged(out, line, end);
}

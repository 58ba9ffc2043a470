/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "bye.h"

/* Returns 1 if the text is "[" atom [SP 1*<any TEXT-CHAR except "]">] "]" SP text (RFC 3501 section 9). */
static int code_valid(const char *text)
{
    const char *name = text + 1;
    const char *name_end = name + strcspn(name, " (){%*\"\\]");
    const char *bracket = strchr(name, ']');

    if (name_end == name || !bracket || strncmp(bracket, "] ", 2) != 0 || !bracket[2])
        return 0;
    return name_end == bracket || (*name_end == ' ' && name_end + 1 < bracket);
}

/* Without control characters, no text can end the line early and inject another. */
int slo_bye_text_valid(const char *text)
{
    size_t len;

    for (len = 0; len <= SLO_BYE_TEXT_MAX && text[len]; len++)
        if (text[len] < ' ' || text[len] > '~')
            return 0;
    return len > 0 && len <= SLO_BYE_TEXT_MAX && (*text != '[' || code_valid(text));
}

size_t slo_bye_write(char line[SLO_BYE_LINE_MAX], const char *text)
{
    const size_t len = strlen(text);

    memcpy(line, "* BYE ", 6);
    memcpy(line + 6, text, len);
    memcpy(line + 6 + len, "\r\n", 2);
    return len + 8;
}

/* ---- a valid text from any text ---- */

/* Returns the number of octets in the character at `text`. In UTF-8, a first octet of 0xc0 or more is
 * followed by octets from 0x80 to 0xbf. */
static size_t character_length(const char *text, size_t len)
{
    size_t n = 1;

    if ((unsigned char)*text < 0xc0)
        return n;
    while (n < len && (text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* Appends an octet to `used` octets, but no SP at the beginning or after another SP. Returns the new
 * number. */
static size_t append_octet(char *out, size_t used, char c)
{
    if (c == ' ' && (used == 0 || out[used - 1] == ' '))
        return used;
    out[used] = c;
    return used + 1;
}

/* Returns the printable character that replaces this octet. */
static char printable(char octet)
{
    const unsigned char byte = (unsigned char)octet;

    if (byte >= 0x80)
        return '?';
    if (byte <= ' ' || byte == 0x7f)
        return ' ';
    return octet;
}

/* Returns the length to which a text of `used` octets is cut if it ends inside a word. The text then ends
 * after its last whole word, or keeps all octets if nothing or only a response code would remain. */
static size_t word_end(const char *out, size_t used)
{
    const char *bracket = *out == '[' ? memchr(out, ']', used) : NULL;
    const size_t first = bracket ? (size_t)(bracket - out) + 2 : 0;
    size_t end = used;

    while (end > first && out[end - 1] != ' ')
        end--;
    return end > first ? end : used;
}

size_t slogout_bye_text_fit(char out[SLOGOUT_BYE_TEXT_SIZE], const char *text, size_t len)
{
    size_t used = 0;
    size_t i = 0;

    if (!out)
        return 0;
    while (i < len && used < SLO_BYE_TEXT_MAX) {
        used = append_octet(out, used, printable(text[i]));
        i += character_length(text + i, len - i);
    }
    if (i < len && (unsigned char)text[i] > ' ' && text[i] != 0x7f)
        used = word_end(out, used);
    if (used > 0 && out[used - 1] == ' ')
        used--;
    out[used] = '\0';
    if (used == 0)
        strcpy(out, SLO_BYE_DEFAULT);
    if (!slo_bye_text_valid(out)) /* because it begins with `[` */
        *out = '(';
    return strlen(out);
}

#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <strings.h>
#include "echo/words.h"

struct words words_of(const struct command_reader *reader)
{
    const struct words words = {queue_octets(&reader->text), reader->text.len,
                                queue_octets(&reader->literals), reader->literals.len};

    return words;
}

static void skip(struct words *words, size_t count)
{
    words->text += count;
    words->text_len -= count;
}

static int next_is(const struct words *words, char octet)
{
    return words->text_len > 0 && words->text[0] == octet;
}

int words_end(const struct words *words)
{
    return words->text_len == 0;
}

int words_space(struct words *words)
{
    if (!next_is(words, ' '))
        return 0;
    skip(words, 1);
    return 1;
}

/* ASTRING-CHAR: any CHAR but CTL, SP and ( ) { % * " \ */
static int is_astring_char(char octet)
{
    return octet > ' ' && octet < 0x7f && !strchr("(){%*\"\\", octet);
}

int words_atom(struct words *words, struct span *atom)
{
    size_t len = 0;

    while (len < words->text_len && is_astring_char(words->text[len]))
        len++;
    if (len == 0)
        return 0;
    atom->octets = words->text;
    atom->len = len;
    skip(words, len);
    return 1;
}

/* QUOTED-CHAR is 7-bit, and \ escapes itself and the quote alone: what needs more needs a literal. */
static int quoted(struct words *words, struct span *astring)
{
    char *to = words->text + 1;
    size_t place;

    astring->octets = to;
    for (place = 1; place < words->text_len && words->text[place] != '"'; place++) {
        char octet = words->text[place];
        if (octet == '\\') {
            octet = ++place < words->text_len ? words->text[place] : '\0';
            if (octet != '\\' && octet != '"')
                return 0;
        }
        if ((unsigned char)octet > 0x7f)
            return 0;
        *to++ = octet;
    }
    if (place >= words->text_len)
        return 0;
    astring->len = (size_t)(to - astring->octets);
    skip(words, place + 1);
    return 1;
}

/* `{n}` or `{n+}` and the LF that the reader left. CHAR8 is any octet but NUL. */
static int literal(struct words *words, struct span *astring)
{
    size_t size = 0;
    size_t place;

    for (place = 1; place < words->text_len && words->text[place] != '\n'; place++)
        if (words->text[place] >= '0' && words->text[place] <= '9')
            size = size * 10 + (size_t)(words->text[place] - '0');
        else if (words->text[place] != '+' && words->text[place] != '}')
            return 0;
    if (place >= words->text_len || size > words->literals_len || memchr(words->literals, '\0', size))
        return 0;
    astring->octets = words->literals;
    astring->len = size;
    words->literals += size;
    words->literals_len -= size;
    skip(words, place + 1);
    return 1;
}

int words_astring(struct words *words, struct span *astring)
{
    if (next_is(words, '"'))
        return quoted(words, astring);
    if (next_is(words, '{'))
        return literal(words, astring);
    return words_atom(words, astring);
}

int span_is(const struct span *span, const char *word)
{
    return span->len == strlen(word) && strncasecmp(span->octets, word, span->len) == 0;
}

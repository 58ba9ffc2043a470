/* What both scanners cut the wire into: line ends, words, and announcements of literals. Pure; each keeps
 * what it needs of a line that arrives in pieces. */
#ifndef TOKEN_H
#define TOKEN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TOKEN_MAX 127 /* octets of a word or a tag that are kept */

/* Whatever the locale. */
static inline int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How far it is to the first LF or NUL, or len. NUL is in no line of IMAP: RFC 3501 section 9, CHAR. */
size_t line_stop(const char *bytes, size_t len);
/* How far it is to the first SP, CR, LF or NUL, or len. */
size_t word_stop(const char *bytes, size_t len);

/* A stretch of octets, of no more than a window's length and up to any NUL, that may be looked at line by
 * line without looking for NUL again. */
size_t clean_stretch(const char *bytes, size_t len);
/* The length of the line from bytes to its LF at end; 0 if that is NULL, or if the line may announce a
 * literal. */
static inline size_t plain_length(const char *bytes, const char *end)
{
    return !end || end - bytes < 2 || end[-1] == '}' || end[-2] == '}' ? 0 : (size_t)(end - bytes) + 1;
}

/* The same of the line that begins here. */
static inline size_t plain_line(const char *bytes, size_t len)
{
    return plain_length(bytes, memchr(bytes, '\n', len));
}

/* 1 for letters, digits and the full stop. */
extern const unsigned char simple_octets[256];

/* How many of these begin here: most tags are nothing else. */
static inline size_t simple_tag(const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && simple_octets[(unsigned char)bytes[i]])
        i++;
    return i;
}

struct token {
    uint8_t len; /* TOKEN_MAX + 1: too long, and then it equals nothing */
    char bytes[TOKEN_MAX];
};

void token_add(struct token *token, const char *bytes, size_t len);
int token_too_long(const struct token *token);
/* Octet for octet, as tags are compared. */
int token_same(const struct token *one, const struct token *other);
/* Without regard to ASCII case, as words are; the word is given in capitals. */
int token_is(const struct token *token, const char *word);
int token_begins(const struct token *token, const char *word);
/* Could what comes yet make it begin with this word? Yes too if it does so already. */
int token_may_begin(const struct token *token, const char *word);

/* RFC 3501 section 9, RFC 7888 section 8: `{number}` or `{number+}` at the end of a line. */
struct announcement {
    uint64_t size;  /* of the literal, in octets */
    uint8_t phase;  /* how far into it the line's last octets are */
    uint8_t no_ask; /* it is `{number+}`: the octets come without waiting for `+` */
};

/* At most 2^63 - 1 (RFC 9051 section 4, number64). A literal of this size or more was too large to be one. */
#define LITERAL_SIZE_LIMIT ((uint64_t)1 << 63)

/* Takes the next piece of a line, without its LF. All zeros is the start of a line. */
void announcement_look(struct announcement *announcement, const char *bytes, size_t len);
/* The line has ended: did it announce a literal? */
int announcement_made(const struct announcement *announcement);

#endif

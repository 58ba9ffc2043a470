/* What both scanners cut the wire into: line ends, words, and announcements of literals. Pure; each keeps
 * what it needs of a line that arrives in pieces. */
#ifndef SLO_IMAP_LEX_H
#define SLO_IMAP_LEX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SLO_TOKEN_MAX 127 /* octets of a word or a tag that are kept */

/* Whatever the locale. */
static inline int slo_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How far it is to the first LF or NUL, or len. NUL is in no line of IMAP: RFC 3501 section 9, CHAR. */
size_t slo_line_stop(const char *bytes, size_t len);
/* How far it is to the first SP, CR, LF or NUL, or len. */
size_t slo_word_stop(const char *bytes, size_t len);

/* A stretch of octets, of no more than a window's length and up to any NUL, that may be looked at line by
 * line without looking for NUL again. */
size_t slo_clean_stretch(const char *bytes, size_t len);
/* The length of the line from bytes to its LF at end; 0 if that is NULL, or if the line may announce a
 * literal. */
static inline size_t slo_plain_length(const char *bytes, const char *end)
{
    return !end || end - bytes < 2 || end[-1] == '}' || end[-2] == '}' ? 0 : (size_t)(end - bytes) + 1;
}

/* The same of the line that begins here. */
static inline size_t slo_plain_line(const char *bytes, size_t len)
{
    return slo_plain_length(bytes, memchr(bytes, '\n', len));
}

/* 1 for letters, digits and the full stop. */
extern const unsigned char slo_simple_octets[256];

/* How many of these begin here: most tags are nothing else. */
static inline size_t slo_simple_tag(const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && slo_simple_octets[(unsigned char)bytes[i]])
        i++;
    return i;
}

struct slo_token {
    uint8_t len; /* SLO_TOKEN_MAX + 1: too long, and then it equals nothing */
    char bytes[SLO_TOKEN_MAX];
};

void slo_token_add(struct slo_token *token, const char *bytes, size_t len);
int slo_token_too_long(const struct slo_token *token);
/* Octet for octet, as tags are compared. */
int slo_token_same(const struct slo_token *one, const struct slo_token *other);
/* Without regard to ASCII case, as words are; the word is given in capitals. */
int slo_token_is(const struct slo_token *token, const char *word);
int slo_token_begins(const struct slo_token *token, const char *word);
/* Could what comes yet make it begin with this word? Yes too if it does so already. */
int slo_token_may_begin(const struct slo_token *token, const char *word);

/* RFC 3501 section 9, RFC 7888 section 8: `{number}` or `{number+}` at the end of a line. */
struct slo_announcement {
    uint64_t size;  /* of the literal, in octets */
    uint8_t phase;  /* how far into it the line's last octets are */
    uint8_t no_ask; /* it is `{number+}`: the octets come without waiting for `+` */
};

/* At most 2^63 - 1 (RFC 9051 section 4, number64). A literal of this size or more was too large to be one. */
#define SLO_LITERAL_LIMIT ((uint64_t)1 << 63)

/* Takes the next piece of a line, without its LF. All zeros is the start of a line. */
void slo_announcement_feed(struct slo_announcement *announcement, const char *bytes, size_t len);
/* The line has ended: did it announce a literal? */
int slo_announcement_made(const struct slo_announcement *announcement);

#endif

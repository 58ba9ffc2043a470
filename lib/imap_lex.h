/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines, words and announcements of literals into which both scanners divide the stream. These functions
 * know no command and no response. They accept a line that arrives in pieces. */
#ifndef SLO_IMAP_LEX_H
#define SLO_IMAP_LEX_H

#include <stddef.h>
#include <stdint.h>

/* Returns the number of octets before the first LF or NUL, or len if there is none. No line of IMAP contains
 * a NUL (RFC 3501 section 9, CHAR). */
size_t slo_line_stop(const char *bytes, size_t len);
/* Returns 1 if the octet is SP, CR, LF or NUL. Nearly all octets are greater than SP, so one comparison is
 * usually enough. */
static inline int slo_ends_word(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\r' || c == '\n' || c == '\0');
}

/* Returns the number of octets before the end of the word, or len if it does not end. */
size_t slo_word_stop(const char *bytes, size_t len);

/* ---- a tag that may arrive in pieces, of which only the hash is kept ---- */

#define SLO_TAG_KNOWN 95 /* the longest tag whose length is known */

/* A struct of zeros is a tag that has not begun. */
struct slo_tag {
    uint64_t hash;
    uint8_t len; /* SLO_TAG_KNOWN + 1 if the tag is longer than that */
};

/* Adds the octets as long as they may be in a tag. Returns the number of octets added. */
size_t slo_tag_take(struct slo_tag *tag, const char *bytes, size_t len);

/* ---- a word that may arrive in pieces ---- */

#define SLO_TOKEN_MAX 95 /* octets that are kept */

/* Set len to 0 to begin a token. */
struct slo_token {
    uint8_t len; /* SLO_TOKEN_MAX + 1 if the token is longer than that; only its beginning is kept */
    char bytes[SLO_TOKEN_MAX + 1];
};

void slo_token_add(struct slo_token *token, const char *bytes, size_t len);
/* Adds the octets as long as they may be in an atom. Returns the number of octets added. An atom contains no
 * "{", so no announcement of a literal begins in it. */
size_t slo_token_take(struct slo_token *token, const char *bytes, size_t len);
/* Compare without regard to ASCII case. The word must be in capitals. */
int slo_token_is(const struct slo_token *token, const char *word);
int slo_token_begins(const struct slo_token *token, const char *word);
/* Returns 1 if the token begins with the word, or may begin with it after more octets. */
int slo_token_may_begin(const struct slo_token *token, const char *word);

/* ---- literals: RFC 3501 section 9, RFC 7888 section 8 ---- */

/* Finds out whether a line ends in `{number}` or `{number+}`. A struct of zeros is at the beginning of a
 * line. */
struct slo_announcement {
    uint64_t size;             /* octets in the literal, or SLO_LITERAL_LIMIT if there are at least as many */
    uint8_t phase;             /* how much of an announcement is at the end of the line so far */
    uint8_t non_synchronizing; /* it is `{number+}`, whose octets follow without waiting for `+` */
};

/* RFC 9051 section 4 allows at most 2^63 - 1 (number64). */
#define SLO_LITERAL_LIMIT ((uint64_t)1 << 63)

/* Consumes a piece of a line, without its LF. */
void slo_announcement_feed(struct slo_announcement *announcement, const char *bytes, size_t len);
/* Returns 1 if the line, which has ended, announces a literal. */
int slo_announcement_made(const struct slo_announcement *announcement);

/* ---- the lines of a command ---- */

/* Finds out whether a line of a client announces a literal, and whether each server that reads the line finds
 * the same literal. By the grammar, a literal is announced at the end of a line, after SP or "(" or a "~"
 * after these. In a struct of zeros, the last octet is an octet that no literal may follow. */
struct slo_arguments {
    struct slo_announcement announcement;
    uint8_t place;       /* of the next octet */
    uint8_t is_placed;   /* a literal may begin at the last "{" */
    uint8_t is_doubtful; /* a `{number}` or `{number+}` outside a quoted string does not end the line */
};

enum slo_literal { SLO_LITERAL_NONE, SLO_LITERAL_ANNOUNCED, SLO_LITERAL_DOUBTFUL };

/* Consumes a piece of a line, without its LF. The last piece may be left out if it contains no "{" and the
 * phase of the announcement is 0. */
void slo_arguments_feed(struct slo_arguments *arguments, const char *bytes, size_t len);
/* Returns whether a literal follows the line, which has ended. */
enum slo_literal slo_arguments_literal(const struct slo_arguments *arguments);

#endif

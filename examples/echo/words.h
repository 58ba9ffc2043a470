/* The words of a command that command_reader has read: tag, name, arguments (RFC 3501 section 9). */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include "echo/command_reader.h"

struct span {
    const char *octets;
    size_t len;
};

/* Where in a command we are. */
struct words {
    char *text;
    size_t text_len;
    const char *literals;
    size_t literals_len;
};

/* From the beginning of a command; good until the reader is reset. Quoted strings are unescaped in
 * place, so read arguments only once. */
struct words words_of(const struct command_reader *reader);

/* Each of these returns 1 and moves on, or 0 if something else stands there. */
int words_space(struct words *words);
int words_atom(struct words *words, struct span *atom);       /* 1*ASTRING-CHAR: tags and names too */
int words_astring(struct words *words, struct span *astring); /* an atom, a quoted string or a literal */

/* Returns 1 if nothing is left. */
int words_end(const struct words *words);

/* Returns 1 if the octets are this word, in any case of ASCII letters. */
int span_is(const struct span *span, const char *word);

#endif

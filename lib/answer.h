/* The client's answer to our LOGOUT, told from its commands by the first octets of a line that may come in
 * pieces. Pure. RFC 3501 section 9: "*" SP "BYE" or tag SP ("OK" / "NO" / "BAD"), then SP or the end of the
 * line. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/slogout.h>

#define ANSWER_HELD_MAX                                                                                      \
    (SLOGOUT_TAG_SIZE - 1 + sizeof " BAD\r" - 1) /* octets that may not be an answer after all */
#define ANSWER_TEXT_MAX 512                      /* octets of its text that are kept */
#define ANSWER_LINE_MAX 65536 /* octets in the line; an answer has no reason to be longer */

enum answer_verdict {
    ANSWER_UNDECIDED, /* all of it is held in line */
    ANSWER_NONE,  /* not one: what is held in line goes on its way, and the octets that were not taken behind
                     it */
    ANSWER_BEGUN, /* it is one, and its line goes on */
    ANSWER_WHOLE, /* it is in line, without what is beyond ANSWER_TEXT_MAX */
    ANSWER_TOO_LONG, /* it is one, and longer than ANSWER_LINE_MAX: told once */
    ANSWER_REFUSED   /* its line goes on; it ends as ANSWER_NONE with nothing held */
};

struct answer {
    char line[ANSWER_HELD_MAX + ANSWER_TEXT_MAX];
    size_t len;
    size_t line_len; /* of all the line so far */
    uint8_t verdict; /* enum answer_verdict */
};

/* At the start of a line. */
void answer_init(struct answer *answer);
/* Takes the next octets of the line, at most up to its LF: how many. The tag is that of our LOGOUT. */
size_t answer_add(struct answer *answer, const char *tag, const char *bytes, size_t len);

#endif

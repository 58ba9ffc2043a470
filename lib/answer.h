/* The client's answer to our LOGOUT, told from its commands by the first octets of a line that may come in
 * pieces. Pure. RFC 3501 section 9: "*" SP "BYE" or tag SP ("OK" / "NO" / "BAD"), then SP or the end of the
 * line. */
#ifndef SLO_ANSWER_H
#define SLO_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/slogout.h>

#define SLO_ANSWER_HELD_MAX                                                                                  \
    (SLOGOUT_TAG_SIZE - 1 + sizeof " BAD\r" - 1) /* octets that may not be an answer after all */
#define SLO_ANSWER_TEXT_MAX 512                  /* octets of its text that are kept */
#define SLO_ANSWER_LINE_MAX 65536 /* octets in the line; an answer has no reason to be longer */

enum slo_answer_verdict {
    SLO_ANSWER_UNDECIDED, /* all of it is held in line */
    SLO_ANSWER_NONE, /* not one: what is held in line goes on its way, and the octets that were not taken behind
                     it */
    SLO_ANSWER_BEGUN,    /* it is one, and its line goes on */
    SLO_ANSWER_WHOLE,    /* it is in line, without what is beyond SLO_ANSWER_TEXT_MAX */
    SLO_ANSWER_TOO_LONG, /* it is one, and longer than SLO_ANSWER_LINE_MAX: told once */
    SLO_ANSWER_REFUSED   /* its line goes on; it ends as SLO_ANSWER_NONE with nothing held */
};

struct slo_answer {
    char line[SLO_ANSWER_HELD_MAX + SLO_ANSWER_TEXT_MAX];
    size_t len;
    size_t line_len; /* of all the line so far */
    uint8_t verdict; /* enum slo_answer_verdict */
};

/* At the start of a line. */
void slo_answer_init(struct slo_answer *answer);
/* Takes the next octets of the line, at most up to its LF: how many. The tag is that of our LOGOUT. */
size_t slo_answer_feed(struct slo_answer *answer, const char *tag, const char *bytes, size_t len);

#endif

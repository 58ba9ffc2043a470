/* SPDX-License-Identifier: BSD-2-Clause */
/* A client's answer to LOGOUT, recognized by its first octets in a line that arrives in pieces. Only the
 * filter needs this, so a host without filters does not link it. */
#ifndef SLO_ANSWER_H
#define SLO_ANSWER_H

#include <stddef.h>
#include <slogout/slogout.h>

#define SLO_ANSWER_SPACES_MAX 8 /* SP accepted after the tag or the "*"; RFC 3501 allows one */
#define SLO_ANSWER_HELD_MAX                                                                                  \
    (SLOGOUT_TAG_SIZE - 1 + SLO_ANSWER_SPACES_MAX + sizeof "BAD\r" - 1) /* octets held while undecided */
#define SLO_ANSWER_TEXT_MAX 128   /* at least this many octets of the text are kept */
#define SLO_ANSWER_LINE_MAX 65536 /* the most octets before the LF of an answer */

/* The kind of the line, according to the octets so far. */
enum slo_answer_verdict {
    SLO_ANSWER_UNDECIDED, /* It may be an answer; all of it is in `line`. */
    SLO_ANSWER_NONE,      /* It is not an answer; `line` and the octets not consumed are for the server. */
    SLO_ANSWER_BEGUN,     /* It is an answer, and has not ended. */
    SLO_ANSWER_WHOLE,     /* It is an answer, and is in `line`, with one SP after the tag and with at least
                             the first SLO_ANSWER_TEXT_MAX octets of its text. */
    SLO_ANSWER_TOO_LONG, /* It is an answer of more than SLO_ANSWER_LINE_MAX octets; given once for a line. */
    SLO_ANSWER_SKIPPED,  /* The rest of a line that is too long is being consumed. */
    SLO_ANSWER_OVER      /* The line that is too long has ended. */
};

struct slo_answer {
    enum slo_answer_verdict verdict;
    size_t len;      /* octets in `line` */
    size_t line_len; /* octets of the whole line so far */
    char line[SLO_ANSWER_HELD_MAX + SLO_ANSWER_TEXT_MAX];
};

/* Begins a line. In a struct of zeros, a line has begun, too. */
void slo_answer_init(struct slo_answer *answer);
/* Consumes octets of the line, up to and including its LF, and returns their number. The octet with which the
 * line ceases to be an answer is not consumed. `tag` is the tag of our LOGOUT. May be called again with more
 * octets only while the verdict is UNDECIDED, BEGUN, TOO_LONG or SKIPPED. */
size_t slo_answer_feed(struct slo_answer *answer, const char *tag, const char *bytes, size_t len);

#endif

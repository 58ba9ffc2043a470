/* Status responses: the words OK, NO, BAD and BYE, and a client's answer to LOGOUT that arrives in pieces.
 * Knows neither sessions nor the filter. A response that arrives whole is read by slogout_response_parse()
 * (slogout.h). */
#ifndef SLO_RESPONSE_H
#define SLO_RESPONSE_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/slogout.h>

/* Returns how many octets agree with the word before the first difference, or before either of them ends. The
 * word is given in capitals; ASCII case does not matter, whatever the locale (RFC 3501 section 9, note 1). */
size_t slo_word_agreement(const char *bytes, size_t len, const char *word);

/* Returns 1 and sets *status if these octets are OK, NO, BAD or BYE and nothing else. Returns 0 if they are
 * not. */
int slo_status_find(const char *bytes, size_t len, enum slogout_status *status);

/* ---- an answer to LOGOUT ---- */

#define SLO_ANSWER_HELD_MAX                                                                                  \
    (SLOGOUT_TAG_SIZE - 1 + sizeof " BAD\r" - 1) /* octets that may still be no answer */
#define SLO_ANSWER_TEXT_MAX 128                  /* octets of the text that are kept */
#define SLO_ANSWER_LINE_MAX 65536 /* octets in the line; an answer has no reason to be longer */

/* What is known of the line. */
enum slo_answer_verdict {
    SLO_ANSWER_UNDECIDED, /* It may be an answer; all of it is in `line`. */
    SLO_ANSWER_NONE, /* It is no answer: `line` and the octets that were not consumed belong to the server. */
    SLO_ANSWER_BEGUN,    /* It is an answer, and has not ended. */
    SLO_ANSWER_WHOLE,    /* It is an answer, and is in `line` but for what is beyond SLO_ANSWER_TEXT_MAX. */
    SLO_ANSWER_TOO_LONG, /* It is an answer of more than SLO_ANSWER_LINE_MAX octets; comes once. */
    SLO_ANSWER_SKIPPED,  /* The rest of a line that is too long is being consumed. */
    SLO_ANSWER_OVER      /* That line has ended. */
};

struct slo_answer {
    enum slo_answer_verdict verdict;
    char line[SLO_ANSWER_HELD_MAX + SLO_ANSWER_TEXT_MAX];
    size_t len;      /* octets in `line` */
    size_t line_len; /* octets of the whole line so far */
};

/* Begins a line. All zeros is the same. */
void slo_answer_init(struct slo_answer *answer);
/* Consumes octets of the line, up to and including its LF. Returns the number consumed; the octet that shows
 * the line to be no answer is not consumed. `tag` is the tag of our LOGOUT. Must be called again with what is
 * left only while the verdict is UNDECIDED, BEGUN, TOO_LONG or SKIPPED. */
size_t slo_answer_feed(struct slo_answer *answer, const char *tag, const char *bytes, size_t len);

#endif

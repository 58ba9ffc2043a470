/* SPDX-License-Identifier: BSD-2-Clause */
/* The words OK, NO, BAD and BYE of status responses. slogout_response_parse() (slogout.h) parses a whole
 * response. */
#ifndef SLO_RESPONSE_H
#define SLO_RESPONSE_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/slogout.h>

struct slo_status_word {
    char word[4];
    enum slogout_status status;
};

/* The result of a comparison of octets with the words. */
enum slo_match {
    SLO_NO_WORD,
    SLO_PART_OF_WORD, /* They may become a word with more octets. */
    SLO_WHOLE_WORD    /* They begin with a word; the octets after the word do not matter. */
};

/* Compares octets with the words that a client's response may have, which are BYE if it is untagged, and OK,
 * NO and BAD if it is tagged. Sets *found if the result is SLO_WHOLE_WORD. */
enum slo_match slo_status_match(const char *bytes, size_t len, int is_untagged,
                                const struct slo_status_word **found);

/* Returns 1 and sets *status if these octets are OK, NO, BAD or BYE and nothing else. Returns 0 if they are
 * not. */
int slo_status_find(const char *bytes, size_t len, enum slogout_status *status);

#endif

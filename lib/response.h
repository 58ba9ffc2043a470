/* SPDX-License-Identifier: BSD-2-Clause */
/* Status responses: the words OK, NO, BAD and BYE. A response that arrives whole is read by
 * slogout_response_parse() (slogout.h). */
#ifndef SLO_RESPONSE_H
#define SLO_RESPONSE_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/slogout.h>

struct slo_status_word {
    char word[4];
    enum slogout_status status;
};

/* How octets compare with the words. */
enum slo_match {
    SLO_NO_WORD,
    SLO_PART_OF_WORD, /* More octets may make a word of them. */
    SLO_WHOLE_WORD    /* They begin with a word; what follows it is not looked at. */
};

/* Compares octets with the words that a client's response may have: BYE if it is untagged, else OK, NO and BAD. Sets
 * *found if the result is SLO_WHOLE_WORD. */
enum slo_match slo_status_match(const char *bytes, size_t len, int is_untagged,
                                const struct slo_status_word **found);

/* Returns 1 and sets *status if these octets are OK, NO, BAD or BYE and nothing else. Returns 0 if they are
 * not. */
int slo_status_find(const char *bytes, size_t len, enum slogout_status *status);

#endif

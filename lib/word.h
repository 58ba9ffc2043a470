/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of IMAP, compared without regard to the case of ASCII letters, in any locale (RFC 3501 section 9,
 * note 1). */
#ifndef SLO_WORD_H
#define SLO_WORD_H

#include <stddef.h>

/* Returns the length of the common beginning of the octets and the word. The letters of the word must be
 * capitals. */
size_t slo_word_agreement(const char *bytes, size_t len, const char *word);
/* Returns 1 if the octets are exactly the word, and 0 otherwise. */
int slo_word_is(const char *bytes, size_t len, const char *word);

#endif

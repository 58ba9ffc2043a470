/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of IMAP, compared without regard to the case of ASCII letters, whatever the locale (RFC 3501 section
 * 9, note 1). */
#ifndef SLO_WORD_H
#define SLO_WORD_H

#include <stddef.h>

/* Returns how many octets agree with the word before the first difference, or before either of them ends. The
 * letters of the word must be capitals. */
size_t slo_word_agreement(const char *bytes, size_t len, const char *word);
/* Returns 1 if the octets are the word and nothing else, else 0. */
int slo_word_is(const char *bytes, size_t len, const char *word);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets at the very end of their memory, so that sanitizers report each read beyond the end. */
#ifndef TESTS_SUPPORT_EXACT_H
#define TESTS_SUPPORT_EXACT_H

#include <stddef.h>

/* Returns a copy, which the caller passes to exact_free(). It is at the end of the memory even if len is 0. */
char *exact_copy(const char *bytes, size_t len);
/* Returns `count` copies of one octet, which the caller passes to exact_free(). */
char *exact_fill(char byte, size_t count);
void exact_free(char *bytes);

/* Feeds octets in pieces, each of which is such a copy. The first piece has `first` octets, and each following piece
 * `step` octets, unless fewer are left. Feeds an empty piece if `first` is 0. */
void exact_feed(const char *bytes, size_t len, size_t first, size_t step,
                void (*feed)(void *to, const char *piece, size_t len), void *to);
/* Calls check() for each way to cut a row of this length: into single octets, into two pieces at each place, and not at
 * all. */
void exact_splits(const void *row, size_t len, void (*check)(const void *row, size_t first, size_t step));

#endif

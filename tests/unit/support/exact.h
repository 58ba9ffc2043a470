/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets that end where their memory ends, so that sanitizers report each read past the end. */
#ifndef TESTS_SUPPORT_EXACT_H
#define TESTS_SUPPORT_EXACT_H

#include <stddef.h>

/* Returns a copy, to be passed to exact_free(). Its end is the end of the memory even if len is 0. */
char *exact_copy(const char *bytes, size_t len);
/* Returns `count` times the same octet, to be passed to exact_free(). */
char *exact_fill(char byte, size_t count);
void exact_free(char *bytes);

#endif

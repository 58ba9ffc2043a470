/* Octets that end where their memory ends, so that the sanitizer reports whoever reads one too many. */
#ifndef TESTS_SUPPORT_EXACT_H
#define TESTS_SUPPORT_EXACT_H

#include <stddef.h>

/* A copy to be given to exact_free(). Even of length 0 its end is the end of the memory. */
char *exact_copy(const char *bytes, size_t len);
/* `count` times the same octet. */
char *exact_fill(char byte, size_t count);
void exact_free(char *bytes);

#endif

/* A record of what happened, as text that a test compares with what should happen. */
#ifndef TESTS_SUPPORT_TRACE_H
#define TESTS_SUPPORT_TRACE_H

#include <stddef.h>

struct trace {
    char text[2000]; /* the test fails if this is too short */
    size_t len;
};

void trace_octets(struct trace *trace, const char *octets, size_t len);
void trace_text(struct trace *trace, const char *text);
/* Removes each occurrence of the word from the text. */
void trace_without(char *text, const char *word);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* A record of events, as text that a test compares with the expected text. */
#ifndef TESTS_SUPPORT_TRACE_H
#define TESTS_SUPPORT_TRACE_H

#include <stddef.h>
#include <slogout/slogout.h>

struct trace {
    char text[2000]; /* a test fails if this is too short */
    size_t len;
};

void trace_octets(struct trace *trace, const char *octets, size_t len);
void trace_text(struct trace *trace, const char *text);
/* Writes the outcome of a session as all traces show it, and returns the length:
 *   close EXPIRED SLO.1@5 bye-sent bye-seen answer=OK[CODE]:text
 * These are the outcome, the tag and the time of the LOGOUT, and the other parts that apply. If only the status of the
 * answer is known, ` answered=NO` replaces ` answer=...`. */
size_t trace_result(char *text, size_t size, const struct slogout_result *result);
/* Removes each occurrence of the word from the text. */
void trace_without(char *text, const char *word);

#endif

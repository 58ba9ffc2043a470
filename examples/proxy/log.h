/* SPDX-License-Identifier: BSD-2-Clause */
/* The log on standard error: lines that stay, and lines of progress, which overwrite each other on a
 * terminal. A thread writes them, so that a slow reader of the log delays nothing else. Lines that do not
 * fit into its buffer are dropped and counted. All functions may be called in any thread. */
#ifndef LOG_H
#define LOG_H

#include <stddef.h>

#ifdef __GNUC__
#define LOG_FORMAT      __attribute__((format(printf, 1, 2)))
#define LOG_FORMAT_LIST __attribute__((format(printf, 1, 0)))
#else
#define LOG_FORMAT
#define LOG_FORMAT_LIST
#endif

/* Starts the thread. If `quiet`, log_detail() writes nothing. Returns 0, or -1 with errno set. */
int log_start(int quiet);

/* Writes the rest, unless the reader makes no progress for a second. */
void log_end(void);

/* Write a line. The format has no line end. log_detail() is for the usual events of each connection. */
void log_line(const char *format, ...) LOG_FORMAT;
void log_detail(const char *format, ...) LOG_FORMAT;
void log_progress(const char *format, ...) LOG_FORMAT;

/* Writes a text in quotes, in a form that is safe in a line and that a control command accepts. Cuts the text to size
 * octets, including the NUL. */
void log_quote(char *to, size_t size, const char *text);

/* Returns 1 if standard error is a terminal. */
int log_is_terminal(void);

#endif

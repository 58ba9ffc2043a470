/* SPDX-License-Identifier: BSD-2-Clause */
/* The log on standard error: lines that stay, and lines of progress, which overwrite each other on a
 * terminal. */
#ifndef LOG_H
#define LOG_H

#ifdef __GNUC__
#define LOG_FORMAT __attribute__((format(printf, 1, 2)))
#else
#define LOG_FORMAT
#endif

/* Write a line. The format has no line end. */
void log_line(const char *format, ...) LOG_FORMAT;
void log_progress(const char *format, ...) LOG_FORMAT;

/* Returns 1 if standard error is a terminal. */
int log_is_terminal(void);

#endif

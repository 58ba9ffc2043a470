/* What a program reports on standard error: lines that stay, and how far it is. On a terminal the latter is
 * one line that is written over. */
#ifndef LOG_H
#define LOG_H

#ifdef __GNUC__
#define LOG_FORMAT __attribute__((format(printf, 1, 2)))
#else
#define LOG_FORMAT
#endif

/* Both without the line's end. */
void log_line(const char *format, ...) LOG_FORMAT;
void log_progress(const char *format, ...) LOG_FORMAT;

/* 1: standard error is a terminal. */
int log_is_terminal(void);

#endif

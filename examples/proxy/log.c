/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "log.h"

#define LINE_MAX_OCTETS 1024
#define CLEAR_REST      "\033[K" /* of a longer line that is overwritten */

int log_is_terminal(void)
{
    return isatty(STDERR_FILENO);
}

/* In one write, so that the lines of two processes do not mix. */
static void write_line(const char *format, va_list arguments, const char *line_end)
{
    char line[LINE_MAX_OCTETS];
    const int terminal = log_is_terminal();
    size_t len = 0;

    if (terminal)
        line[len++] = '\r';
    vsnprintf(line + len, sizeof line - len - sizeof CLEAR_REST - 1, format, arguments);
    if (terminal)
        strcat(line, CLEAR_REST);
    strcat(line, line_end);
    fputs(line, stderr);
}

void log_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(format, arguments, "\n");
    va_end(arguments);
}

void log_progress(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(format, arguments, log_is_terminal() ? "" : "\n");
    va_end(arguments);
}

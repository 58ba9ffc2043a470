#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "common/log.h"

#define CLEAR_REST "\033[K" /* of the line, which may have been longer */

int log_is_terminal(void)
{
    return isatty(STDERR_FILENO);
}

static void tell(const char *format, va_list arguments, const char *line_end)
{
    fputs(log_is_terminal() ? "\r" : "", stderr);
    vfprintf(stderr, format, arguments);
    fputs(log_is_terminal() ? CLEAR_REST : "", stderr);
    fputs(line_end, stderr);
}

void log_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(format, arguments, "\n");
    va_end(arguments);
}

void log_progress(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(format, arguments, log_is_terminal() ? "" : "\n");
    va_end(arguments);
}

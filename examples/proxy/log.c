/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "log.h"

#define LINE_MAX_OCTETS 1024
#define BUFFER          1048576  /* octets; there are two, one to be filled and one to be written */
#define RESERVE         8192     /* octets that are kept free of the many lines of connections */
#define CLEAR_REST      "\033[K" /* clears the rest of a longer line that is overwritten */
#define PATIENCE        1        /* seconds to wait at the end for a reader that makes no progress */
#define GATHERING       10000000 /* nanoseconds in which lines are gathered, so that few calls write many lines */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char buffers[2][BUFFER];
    int filling; /* the number of a buffer */
    size_t len;  /* octets in it */
    uint64_t dropped;
    uint64_t writes; /* so far */
    int is_terminal, is_quiet, is_ending, is_over;
} book = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int log_is_terminal(void)
{
    return book.is_terminal;
}

/* ---- the thread ---- */

/* Returns the length of whole lines that go in one write, so that the lines of two processes do not mix. */
static size_t chunk(const char *octets, size_t len)
{
    size_t end = len < PIPE_BUF ? len : PIPE_BUF;

    while (end > 0 && octets[end - 1] != '\n')
        end--;
    return end > 0 ? end : len;
}

static void note_progress(void)
{
    pthread_mutex_lock(&book.mutex);
    book.writes++;
    pthread_mutex_unlock(&book.mutex);
}

static void write_all(const char *octets, size_t len)
{
    struct pollfd room = {STDERR_FILENO, POLLOUT, 0};

    while (len > 0) {
        const ssize_t written = write(STDERR_FILENO, octets, chunk(octets, len));
        if (written >= 0) {
            octets += written;
            len -= (size_t)written;
            note_progress();
        } else if (errno == EAGAIN) {
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

/* Takes the buffer that has been filled, and the number of lines that were dropped in the meantime. */
static const char *swap(size_t *len, uint64_t *dropped)
{
    const char *octets = book.buffers[book.filling];

    *len = book.len;
    *dropped = book.dropped;
    book.filling = !book.filling;
    book.len = 0;
    book.dropped = 0;
    return octets;
}

static struct timespec in_future(long seconds, long nanoseconds)
{
    struct timespec then;

    clock_gettime(CLOCK_REALTIME, &then);
    then.tv_sec += seconds + (then.tv_nsec + nanoseconds) / 1000000000;
    then.tv_nsec = (then.tv_nsec + nanoseconds) % 1000000000;
    return then;
}

/* Waits until there are lines, or until the end. */
static void gather(void)
{
    struct timespec until;

    while (book.len == 0 && !book.is_ending)
        pthread_cond_wait(&book.changed, &book.mutex);
    until = in_future(0, GATHERING);
    while (!book.is_ending && pthread_cond_timedwait(&book.changed, &book.mutex, &until) != ETIMEDOUT)
        ;
}

static void *write_lines(void *unused)
{
    char text[64];
    uint64_t dropped;
    size_t len;

    (void)unused;
    pthread_mutex_lock(&book.mutex);
    for (;;) {
        gather();
        if (book.len == 0)
            break;
        const char *octets = swap(&len, &dropped);
        pthread_mutex_unlock(&book.mutex);
        write_all(octets, len);
        if (dropped > 0)
            write_all(text, (size_t)snprintf(text, sizeof text, "log dropped=%" PRIu64 "\n", dropped));
        pthread_mutex_lock(&book.mutex);
    }
    book.is_over = 1;
    pthread_cond_broadcast(&book.changed);
    pthread_mutex_unlock(&book.mutex);
    return NULL;
}

int log_start(int quiet)
{
    pthread_t thread;

    book.is_terminal = isatty(STDERR_FILENO);
    book.is_quiet = quiet;
    errno = pthread_create(&thread, NULL, write_lines, NULL);
    if (errno)
        return -1;
    pthread_detach(thread);
    return 0;
}

void log_end(void)
{
    uint64_t writes;

    pthread_mutex_lock(&book.mutex);
    book.is_ending = 1;
    pthread_cond_broadcast(&book.changed);
    do {
        const struct timespec until = in_future(PATIENCE, 0);
        writes = book.writes;
        while (!book.is_over && pthread_cond_timedwait(&book.changed, &book.mutex, &until) != ETIMEDOUT)
            ;
    } while (!book.is_over && book.writes != writes);
    pthread_mutex_unlock(&book.mutex);
}

/* ---- lines ---- */

static void add_line(const char *line)
{
    const size_t room = strncmp(line, "connection=", 11) == 0 ? BUFFER - RESERVE : BUFFER;
    const size_t len = strlen(line);

    pthread_mutex_lock(&book.mutex);
    if (book.len + len > room) {
        book.dropped++;
    } else {
        memcpy(book.buffers[book.filling] + book.len, line, len);
        if (book.len == 0)
            pthread_cond_broadcast(&book.changed);
        book.len += len;
    }
    pthread_mutex_unlock(&book.mutex);
}

LOG_FORMAT_LIST static void write_line(const char *format, va_list arguments, const char *line_end)
{
    char line[LINE_MAX_OCTETS];
    size_t len = 0;

    if (book.is_terminal)
        line[len++] = '\r';
    vsnprintf(line + len, sizeof line - len - sizeof CLEAR_REST - 1, format, arguments);
    if (book.is_terminal)
        strcat(line, CLEAR_REST);
    strcat(line, line_end);
    add_line(line);
}

void log_quote(char *to, size_t size, const char *text)
{
    size_t len = 0;

    to[len++] = '"';
    for (; *text && len + 6 < size; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            len += (size_t)snprintf(to + len, size - len, "\\%c", c);
        else if (c < ' ' || c > '~')
            len += (size_t)snprintf(to + len, size - len, "\\x%02x", c);
        else
            to[len++] = (char)c;
    }
    to[len++] = '"';
    to[len] = '\0';
}

void log_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(format, arguments, "\n");
    va_end(arguments);
}

void log_detail(const char *format, ...)
{
    va_list arguments;

    if (book.is_quiet)
        return;
    va_start(arguments, format);
    write_line(format, arguments, "\n");
    va_end(arguments);
}

void log_progress(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(format, arguments, book.is_terminal ? "" : "\n");
    va_end(arguments);
}

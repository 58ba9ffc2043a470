/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout in Courier's imaplogin and imapd, which share the command loop, the reader and the writer. Both have the
 * connection as descriptors 0 and 1, which do not block.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include "glue.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Of Courier. edits.py makes the buffers public. */
extern char readbuf[BUFSIZ], outbuf[BUFSIZ];
extern char *imap_readptr;
extern size_t imap_readptrleft, outbuf_cnt;
extern void writeflush(void), writes(const char *), bye_msg(const char *), bye(void), disconnected(void);
extern size_t doread(char *, size_t);

const int port_signals[] = {SIGTERM, SIGHUP, SIGINT, 0};

static int is_at_rest;  /* waits for a command or in IDLE */
static int is_reading;  /* waits for input, so that no response is half written */
static int is_flushing; /* the buffer is being written, and nothing can be appended */
static int is_enabled;
static int is_skipping; /* the rest of a long answer is on its way */

/* courierlogger ends ten seconds after the stop, and a line for the log would then end imaplogin. */
void port_begin(void)
{
    signal(SIGPIPE, SIG_IGN);
    port_block();
}

/* ---- output ---- */

/* In the middle of a command a line may go out while imapd waits for more of the command. imaplogin does so in
 * AUTHENTICATE and STARTTLS too, so there the end of the command is awaited. */
int port_send_line(const char *line, size_t len, enum slogout_when when)
{
    const int is_between_lines = is_at_rest || (is_reading && getenv("AUTHENTICATED"));

    if (is_flushing || (when == SLOGOUT_AT_REST ? !is_at_rest : !is_between_lines))
        return SLOGOUT_BUSY;
    if (len > BUFSIZ - outbuf_cnt || (outbuf_cnt > 0 && outbuf[outbuf_cnt - 1] != '\n'))
        return SLOGOUT_BUSY;
    memcpy(outbuf + outbuf_cnt, line, len);
    outbuf_cnt += len;
    return 0;
}

void port_log(const char *line)
{
    fprintf(stderr, "INFO: slogout, user=%s: %s\n", getenv("AUTHENTICATED") ? getenv("AUTHENTICATED") : "",
            line);
}

/* bye() removes the temporary file of an upload. */
static void end(void)
{
    port_linger(1);
    bye_msg("INFO: LOGOUT");
    bye();
}

/* Outside the library: sends what it has queued, and ends if it wants that. */
static void settle(void)
{
    if (outbuf_cnt > 0)
        writeflush();
    if (port_is_closing)
        end();
}

static uint64_t limit_ms(time_t limit)
{
    const time_t now = time(NULL);

    return slogout_now_ms() + (limit > now ? (uint64_t)(limit - now) * 1000 : 0);
}

/* Once the connection is closing, the buffer holds the last line and is still sent. */
void port_await_output(time_t limit)
{
    const uint64_t until = limit_ms(limit);
    const int was_closing = port_is_closing;
    enum slogout_wake wake;

    if (!port_session)
        return;
    is_flushing = 1;
    do {
        wake = port_wait(1, POLLOUT, until);
        if (port_is_closing && !was_closing)
            end();
    } while (wake == SLOGOUT_WAKE_SIGNAL || wake == SLOGOUT_WAKE_TICK);
    is_flushing = 0;
    if (wake != SLOGOUT_WAKE_READY)
        disconnected();
}

/* ---- input ---- */

/* Returns 1 if fd is ready, else 0. */
static int await_input(int fd, uint64_t until)
{
    enum slogout_wake wake;

    is_reading = 1;
    do {
        slogout_session_resume(port_session, slogout_now_ms());
        settle();
        wake = port_wait(fd, POLLIN, until);
    } while (wake == SLOGOUT_WAKE_SIGNAL || wake == SLOGOUT_WAKE_TICK);
    is_reading = 0;
    return wake == SLOGOUT_WAKE_READY;
}

/* The server's own read and its timeout follow. */
void port_await_input(time_t limit)
{
    if (port_session)
        await_input(0, limit_ms(limit));
}

/* Returns the length of the line in the buffer, or of a buffer that is full, else 0. */
static size_t line_length(void)
{
    const char *lf = imap_readptrleft > 0 ? memchr(imap_readptr, '\n', imap_readptrleft) : NULL;

    if (lf)
        return (size_t)(lf - imap_readptr) + 1;
    return imap_readptrleft == BUFSIZ ? BUFSIZ : 0;
}

/* Takes the answers out of the buffer. Returns 1 if it begins with a line that is none. */
static int has_line(void)
{
    size_t len;

    while ((len = line_length()) > 0) {
        if (!is_skipping && !slogout_session_feed_line(port_session, imap_readptr, len, slogout_now_ms()))
            return 1;
        is_skipping = imap_readptr[len - 1] != '\n';
        imap_readptr += len;
        imap_readptrleft -= len;
        settle();
    }
    return 0;
}

/* doread() waits, and does not return at the end of the input. */
static void read_more(void)
{
    if (imap_readptrleft > 0)
        memmove(readbuf, imap_readptr, imap_readptrleft);
    imap_readptr = readbuf;
    imap_readptrleft += doread(readbuf + imap_readptrleft, BUFSIZ - imap_readptrleft);
}

void port_await_command(void)
{
    if (!port_session)
        return;
    is_at_rest = 1;
    while (!has_line())
        read_more();
    is_at_rest = 0;
}

/* A descriptor that is readable when input or `watch` is. */
static int either(int watch)
{
    struct epoll_event event = {.events = EPOLLIN};
    const int both = epoll_create1(EPOLL_CLOEXEC);

    epoll_ctl(both, EPOLL_CTL_ADD, 0, &event);
    epoll_ctl(both, EPOLL_CTL_ADD, watch, &event);
    return both;
}

int port_await_idle(time_t seconds, int watch, time_t limit)
{
    const time_t now = time(NULL);
    const uint64_t until = limit_ms(limit < now + seconds ? limit : now + seconds);
    const int fd = watch > 0 ? either(watch) : 0;
    struct pollfd input = {0, POLLIN, 0};
    int is_line;

    is_at_rest = 1;
    while (!(is_line = has_line()) && await_input(fd, until) && poll(&input, 1, 0) > 0)
        read_more();
    is_at_rest = 0;
    if (fd > 0)
        close(fd);
    return is_line;
}

/* ---- commands ---- */

void port_enable(const char *argument)
{
    if (!slogout_enable_has_capability(argument, strlen(argument)))
        return;
    is_enabled = 1;
    slogout_session_set_enabled(port_session, 1);
}

void port_write_enabled(void)
{
    if (is_enabled)
        writes(" " SLOGOUT_CAPABILITY);
}

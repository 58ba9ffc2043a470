/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout in Cyrus's imapd. All its waiting for input is in signals_select(), and all its writing in prot_flush(). The
 * command loop parses as it reads, so an answer is recognized by its first two words. A process serves several
 * connections, one after the other, as descriptors 0 and 1.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "glue.h"
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>
#include "imap/global.h"
#include "imap/imapd.h"
#include "lib/nonblock.h"

#define SLICE 4096 /* what a socket takes at once if poll() reports room */

extern void shut_down(int code) __attribute__((noreturn));

/* SIGHUP ends a process after its connection, so Cyrus handles it itself. */
const int port_signals[] = {SIGTERM, SIGINT, SIGQUIT, 0};

static int is_at_rest;  /* a command is awaited, also in IDLE */
static int is_reading;  /* waits for the client, so that no response is half written */
static int is_flushing; /* the buffer is being written, and nothing can be appended */
static int is_queued;   /* the library has appended a line */
int port_is_enabled;
static char bye_text[SLOGOUT_BYE_TEXT_SIZE];

/* ---- output ---- */

/* Before login the command that runs may be AUTHENTICATE or STARTTLS, so its end is awaited. prot_write() could flush
 * the buffer, and so wait inside the library. */
int port_send_line(const char *line, size_t len, enum slogout_when when)
{
    const int is_between_lines = is_at_rest || imapd_userid;

    if (!is_reading || is_flushing || (when == SLOGOUT_AT_REST ? !is_at_rest : !is_between_lines))
        return SLOGOUT_BUSY;
    if (len >= imapd_out->cnt || (imapd_out->ptr > imapd_out->buf && imapd_out->ptr[-1] != '\n'))
        return SLOGOUT_BUSY;
    memcpy(imapd_out->ptr, line, len);
    imapd_out->ptr += len;
    imapd_out->cnt -= (unsigned)len;
    is_queued = 1;
    return 0;
}

void port_log(const char *line)
{
    syslog(LOG_INFO, "slogout, user=%s: %s", imapd_userid ? imapd_userid : "", line);
}

/* Once the connection is closing, the buffer holds the last line and is still sent. */
size_t port_await_output(struct protstream *stream, size_t len)
{
    const int was_closing = port_is_closing;
    enum slogout_wake wake;

    if (!port_session || stream != imapd_out || stream->dontblock)
        return len;
    is_flushing = 1;
    do
        wake = port_wait(stream->fd, POLLOUT, SLOGOUT_NEVER);
    while (port_is_closing == was_closing && (wake == SLOGOUT_WAKE_SIGNAL || wake == SLOGOUT_WAKE_TICK));
    is_flushing = 0;
    if (wake == SLOGOUT_WAKE_READY)
        return len < SLICE ? len : SLICE;
    imapd_in->eof = imapd_out->eof = 1; /* or the end would write too */
    shut_down(0);
}

/* Outside the library: sends what it has queued. If it wants to close, the input of the server is at its end. */
static void settle(void)
{
    if (is_queued) {
        is_queued = 0;
        prot_flush(imapd_out);
    }
    if (port_is_closing) {
        imapd_in->eof = imapd_out->eof = 1;
        imapd_in->cnt = 0;
    }
}

/* ---- input ---- */

static void offer(void)
{
    slogout_session_resume(port_session, slogout_now_ms());
    settle();
}

/* A descriptor that is readable when one of the descriptors is ready. */
static int any_of(int nfds, const fd_set *in, const fd_set *out)
{
    const int any = epoll_create1(EPOLL_CLOEXEC);
    int fd;

    for (fd = 0; fd < nfds; fd++) {
        struct epoll_event event = {0};
        event.events |= in && FD_ISSET(fd, in) ? EPOLLIN : 0;
        event.events |= out && FD_ISSET(fd, out) ? EPOLLOUT : 0;
        if (event.events)
            epoll_ctl(any, EPOLL_CTL_ADD, fd, &event);
    }
    return any;
}

/* In IDLE the server does not look for octets that have been read already. */
static int has_input(void)
{
    const SSL *tls = imapd_in->tls_conn;

    return imapd_in->eof || (is_at_rest && (imapd_in->cnt > 0 || (tls && SSL_pending(tls) > 0)));
}

int port_select(int nfds, fd_set *in, fd_set *out, fd_set *other, const struct timeval *timeout)
{
    const int is_client = imapd_in && in && FD_ISSET(imapd_in->fd, in);
    const int fd = any_of(nfds, in, out);
    uint64_t limit_ms = SLOGOUT_NEVER;
    struct timeval none = {0, 0};
    enum slogout_wake wake = SLOGOUT_WAKE_TICK;

    if (timeout)
        limit_ms = slogout_now_ms() + (uint64_t)timeout->tv_sec * 1000 + (uint64_t)timeout->tv_usec / 1000;
    is_reading = is_client;
    while (wake == SLOGOUT_WAKE_TICK || wake == SLOGOUT_WAKE_SIGNAL) {
        if (is_client)
            offer();
        if (is_client && has_input())
            break;
        wake = port_wait(fd, POLLIN, limit_ms);
    }
    is_reading = 0;
    close(fd);
    if (!is_client || !has_input())
        return select(nfds, in, out, other, &none);
    FD_ZERO(in);
    FD_SET(imapd_in->fd, in);
    return 1;
}

/* The socket does not block meanwhile, or half a record would keep the server in read(). */
int port_tls_read(struct ssl_st *tls, void *octets, int size)
{
    const int is_ours = port_session && imapd_in && tls == imapd_in->tls_conn;
    fd_set in;
    int got;

    for (;;) {
        if (is_ours)
            nonblock(imapd_in->fd, 1);
        got = SSL_read(tls, octets, size);
        if (is_ours)
            nonblock(imapd_in->fd, imapd_out->dontblock_isset);
        if (!is_ours || got > 0 || SSL_get_error(tls, got) != SSL_ERROR_WANT_READ)
            return got;
        FD_ZERO(&in);
        FD_SET(imapd_in->fd, &in);
        port_select(imapd_in->fd + 1, &in, NULL, NULL, NULL);
        if (imapd_in->eof)
            return 0;
    }
}

/* ---- commands ---- */

void port_rest(void)
{
    is_at_rest = is_reading = 1;
    if (port_session)
        offer();
    is_reading = 0;
}

int port_feed(const char *tag, const char *word, int *c)
{
    static struct buf second;
    char line[256]; /* a longer one is no answer */
    int len;

    if (!port_session || *c == EOF)
        return 0;
    if (!word && *c == ' ') {
        *c = getword(imapd_in, &second);
        word = second.s;
    }
    len = snprintf(line, sizeof line, "%s %s", tag, word ? word : "");
    if (len >= (int)sizeof line ||
        !slogout_session_feed_line(port_session, line, (size_t)len, slogout_now_ms())) {
        is_at_rest = 0;
        return 0;
    }
    settle();
    while (*c != '\n' && *c != EOF)
        *c = prot_getc(imapd_in);
    return 1;
}

void port_enable(const char *argument)
{
    port_is_enabled |= slogout_enable_has_capability(argument, strlen(argument));
    slogout_session_set_enabled(port_session, port_is_enabled);
}

/* The library keeps the text, and the server calls this function before each command. */
int port_request(const char *text)
{
    char alert[SLOGOUT_BYE_TEXT_SIZE];

    if (!port_session)
        return 0;
    snprintf(alert, sizeof alert, "[ALERT] %s", text);
    if (!*bye_text)
        slogout_bye_text_fit(bye_text, alert, strlen(alert));
    slogout_session_request(port_session, bye_text, slogout_now_ms());
    return 1;
}

/* ---- the connection ---- */

void port_begin(void)
{
    is_at_rest = is_reading = is_flushing = is_queued = port_is_enabled = 0;
    *bye_text = '\0';
    port_start();
}

void port_finish(void)
{
    port_abandon();
    if (!port_is_closing)
        return;
    nonblock(imapd_out->fd, 1);
    if (imapd_out->tls_conn)
        SSL_shutdown(imapd_out->tls_conn);
    port_linger(imapd_out->fd);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout in GNU imap4d. All waiting is in the read and the write of the transport, which are below every buffer and
 * above TLS. Both block, so they are called only when the descriptor is ready, and for a moment only. The read of TLS
 * waits itself, through the function that it calls before it reads from the descriptor.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#include "imap4d.h"
#include "glue.h"
#include <gnutls/gnutls.h>
#include <mailutils/sys/stream.h>
#include <pthread.h>

#define SLICE 4096 /* what a socket takes at once if poll() reports room */

const int port_signals[] = {SIGTERM, SIGHUP, SIGINT, 0};

static struct {
    mu_stream_t in, out;
    int (*read)(struct _mu_stream *, char *, size_t, size_t *);
    int (*write)(struct _mu_stream *, const char *, size_t, size_t *);
    int fd;
    int is_tls;
} transport;

static char input[16384]; /* a whole record: poll() does not report what GnuTLS would keep of one */
static size_t input_len, input_at;
static uint64_t input_limit_ms;

static char queue[1024]; /* lines of the library; the streams share their buffers with the input */
static size_t queued;
static int is_at_rest; /* a command is awaited, also in IDLE */
static int is_reading; /* waits for input, so that no response is half written */
static int is_cut;     /* the stream ends within a response: write nothing more */

/* ---- output ---- */

/* Before login the command that runs may be AUTHENTICATE or STARTTLS, so its end is awaited. */
int port_send_line(const char *line, size_t len, enum slogout_when when)
{
    const int is_between_lines = is_at_rest || state != STATE_NONAUTH;

    if (!is_reading || (when == SLOGOUT_AT_REST ? !is_at_rest : !is_between_lines) ||
        len > sizeof queue - queued)
        return SLOGOUT_BUSY;
    memcpy(queue + queued, line, len);
    queued += len;
    return 0;
}

void port_log(const char *line)
{
    mu_diag_output(MU_DIAG_INFO, "slogout: %s", line);
}

/* Flushes the mailbox, and writes no `* BYE`. */
static void end(void)
{
    is_reading = 0;
    imap4d_bye(ERR_NO_IFILE);
}

static int write_slowly(struct _mu_stream *stream, const char *octets, size_t size, size_t *written)
{
    const int was_closing = port_is_closing;
    int rc = 0;

    for (*written = 0; *written < size && rc == 0 && !is_cut;) {
        const size_t left = size - *written;
        size_t count = 0;
        const enum slogout_wake wake = port_wait(transport.fd, POLLOUT, SLOGOUT_NEVER);
        if (port_is_closing && !was_closing) {
            is_cut = 1;
            end();
        }
        if (wake == SLOGOUT_WAKE_READY)
            rc = transport.write(stream, octets + *written, left < SLICE ? left : SLICE, &count);
        is_cut |= wake == SLOGOUT_WAKE_LIMIT || wake == SLOGOUT_WAKE_ERROR;
        *written += count;
    }
    return is_cut ? EPIPE : rc;
}

/* Outside the library: sends what it has queued, and ends if it wants that. */
static void settle(void)
{
    const size_t size = queued;
    size_t written;

    queued = 0;
    if (size > 0)
        write_slowly(transport.out, queue, size, &written);
    if (port_is_closing)
        end();
}

/* ---- input ---- */

/* Waits for input. Returns 0 if the server's own limit has passed, else 1. */
static int await_input(void)
{
    enum slogout_wake wake;

    do {
        slogout_session_resume(port_session, slogout_now_ms());
        settle();
        wake = port_wait(transport.fd, POLLIN, input_limit_ms);
    } while (wake != SLOGOUT_WAKE_READY && wake != SLOGOUT_WAKE_ERROR && wake != SLOGOUT_WAKE_LIMIT);
    return wake != SLOGOUT_WAKE_LIMIT;
}

/* GnuTLS calls this before each read of a part of a record, if a timeout is set. It may write meanwhile. */
static int await_tls(gnutls_transport_ptr_t fd, unsigned ms)
{
    return is_reading ? await_input() : gnutls_system_recv_timeout(fd, ms);
}

/* Takes the place of the function of GnuTLS, because mailutils keeps the TLS session to itself. The rest of a record
 * must be awaited inside GnuTLS: the receive buffer of the kernel need not have room for a whole record. */
void gnutls_transport_set_int2(gnutls_session_t session, int in, int out)
{
    gnutls_transport_set_ptr2(session, (gnutls_transport_ptr_t)(intptr_t)in,
                              (gnutls_transport_ptr_t)(intptr_t)out);
    if (port_session)
        gnutls_transport_set_pull_timeout_function(session, await_tls);
}

/* Waits for input, and reads as much as there is. Without a timeout GnuTLS would not call await_tls(). */
static int fill(struct _mu_stream *stream)
{
    struct timeval theirs = {0, 0}, some = {86400, 0};
    int rc = MU_ERR_TIMEOUT;

    mu_stream_ioctl(stream, MU_IOCTL_TIMEOUT, MU_IOCTL_OP_GET, &theirs);
    input_limit_ms = SLOGOUT_NEVER;
    if (theirs.tv_sec > 0 || theirs.tv_usec > 0)
        input_limit_ms = slogout_now_ms() + (uint64_t)theirs.tv_sec * 1000 + (uint64_t)theirs.tv_usec / 1000;
    mu_stream_ioctl(stream, MU_IOCTL_TIMEOUT, MU_IOCTL_OP_SET, &some);
    input_at = input_len = 0;
    is_reading = 1;
    if (transport.is_tls || await_input())
        rc = transport.read(stream, input, sizeof input, &input_len);
    is_reading = 0;
    mu_stream_ioctl(stream, MU_IOCTL_TIMEOUT, MU_IOCTL_OP_SET, &theirs);
    return rc;
}

/* The streams of imap4d ask for one octet at a time. */
static int read_slowly(struct _mu_stream *stream, char *octets, size_t size, size_t *got)
{
    const int rc = input_at == input_len ? fill(stream) : 0;
    const size_t count = size < input_len - input_at ? size : input_len - input_at;

    memcpy(octets, input + input_at, count);
    input_at += count;
    *got = count;
    return rc;
}

void port_take_transport(int is_tls)
{
    mu_stream_t pair[2] = {NULL, NULL};
    mu_transport_t fds[2];

    if (!port_session || mu_stream_ioctl(iostream, MU_IOCTL_SUBSTREAM, MU_IOCTL_OP_GET, pair) != 0 ||
        mu_stream_ioctl(pair[0], MU_IOCTL_TRANSPORT, MU_IOCTL_OP_GET, fds) != 0)
        return;
    transport.in = pair[0];
    transport.out = pair[1] ? pair[1] : pair[0];
    transport.fd = (int)(intptr_t)fds[0];
    transport.is_tls = is_tls;
    input_at = input_len = 0; /* nothing from before STARTTLS counts */
    transport.read = transport.in->read;
    transport.write = transport.out->write;
    transport.in->read = read_slowly;
    transport.out->write = write_slowly;
    mu_stream_unref(pair[0]);
    if (pair[1])
        mu_stream_unref(pair[1]);
}

/* ---- commands ---- */

void port_rest(void)
{
    is_at_rest = 1;
}

int port_feed(const char *line, size_t len)
{
    if (is_at_rest && slogout_session_feed_line(port_session, line, len, slogout_now_ms()))
        return 1;
    is_at_rest = 0;
    return 0;
}

int port_enable(struct imap4d_session *session, struct imap4d_command *command, struct imap4d_tokbuf *tok)
{
    int is_asked = 0, i;

    (void)session;
    for (i = 2; i < imap4d_tokbuf_argc(tok); i++) {
        const char *argument = imap4d_tokbuf_getarg(tok, i);
        is_asked |= slogout_enable_has_capability(argument, strlen(argument));
    }
    if (is_asked)
        slogout_session_set_enabled(port_session, 1);
    io_untagged_response(RESP_NONE, "ENABLED%s", is_asked ? " " SLOGOUT_CAPABILITY : "");
    return io_completion_response(command, RESP_OK, "Completed");
}

/* ---- the end ---- */

/* To close a TLS stream, imap4d waits for the client. If the client does not close, the alarm ends the process. */
void port_before_close(void)
{
    signal(SIGALRM, SIG_DFL);
    alarm(10);
    if (port_is_closing && !transport.is_tls && !is_cut)
        port_linger(transport.fd);
}

/* ---- the master ---- */

void port_master_start(void)
{
    pthread_atfork(port_block, port_unblock, NULL);
}

/* A second signal is passed on to the children, if they are the process group of the master. */
void port_master_wait(void)
{
    siginfo_t info;
    sigset_t set;

    port_close_listeners();
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (;;) {
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (pid < 0)
            return;
        if (sigwaitinfo(&set, &info) == SIGTERM && info.si_pid != getpid() && getpgrp() == getpid())
            kill(0, SIGTERM);
    }
}

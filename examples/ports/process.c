/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include "process.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define LINGER_MS    10000
#define ONE_STOP_MS  1000 /* signals within this time count as one */
#define SIGNAL_COUNT 3

static const int numbers[SIGNAL_COUNT] = {SIGTERM, SIGHUP, SIGINT};

struct slogout_session *port_session;
int port_is_closing;

static struct slogout *slogout;
static struct slogout_linger linger;
static int pipe_ends[2] = {-1, -1};
static uint64_t stop_ms = SLOGOUT_NEVER; /* the time of the first signal */

/* ---- callbacks ---- */

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session, (void)conn;
    return port_send_line(line, len, when);
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    char line[SLOGOUT_RESULT_SIZE];

    (void)session, (void)conn;
    slogout_result_format(line, sizeof line, result);
    port_log(line);
    port_is_closing = 1;
    slogout_linger_begin(&linger, slogout_now_ms(), LINGER_MS);
}

static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

/* ---- signals ---- */

static void mask(int how)
{
    sigset_t set;
    size_t i;

    sigemptyset(&set);
    for (i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&set, numbers[i]);
    sigprocmask(how, &set, NULL);
}

void port_block(void)
{
    mask(SIG_BLOCK);
}

void port_unblock(void)
{
    mask(SIG_UNBLOCK);
}

/* The pipe does not block: if it is full, it holds a signal already. */
static void note(int number)
{
    const int saved = errno;

    (void)number;
    if (write(pipe_ends[1], "", 1) < 0)
        errno = saved;
}

static void handle(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    size_t i;

    for (i = 0; i < SIGNAL_COUNT; i++)
        sigaction(numbers[i], &action, NULL);
}

static int open_pipe(void)
{
    int i;

    if (pipe(pipe_ends) < 0)
        return 0;
    for (i = 0; i < 2; i++)
        if (fcntl(pipe_ends[i], F_SETFL, O_NONBLOCK) < 0 || fcntl(pipe_ends[i], F_SETFD, FD_CLOEXEC) < 0)
            return 0;
    return 1;
}

static uint64_t seconds(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value ? strtoul(value, NULL, 10) : otherwise;
}

static void take_signals(void)
{
    const struct slogout_departure departure = {
        .size = sizeof departure,
        .spread_ms = (uint32_t)seconds("SLOGOUT_SPREAD", 0) * 1000,
        .seed = (uint32_t)getpid(), /* or all processes would choose the same instant */
        .deadline_ms = seconds("SLOGOUT_DEADLINE", 50) * 1000,
    };
    const uint64_t now_ms = slogout_now_ms();
    char octets[64];

    while (read(pipe_ends[0], octets, sizeof octets) > 0)
        ;
    if (stop_ms != SLOGOUT_NEVER && now_ms < stop_ms + ONE_STOP_MS)
        return;
    if (stop_ms == SLOGOUT_NEVER)
        stop_ms = now_ms;
    slogout_session_leave(port_session, &departure, now_ms);
}

/* ---- the connection ---- */

void port_start(void)
{
    port_block();
    if (!open_pipe() || slogout_new(&slogout, NULL) < 0 ||
        slogout_session_new(&port_session, slogout, &callbacks, NULL) < 0) {
        port_log("slogout: cannot start");
        port_unblock();
        return;
    }
    handle(note);
}

void port_abandon(void)
{
    slogout_session_abandon(port_session, SLOGOUT_OUTCOME_HOST_CLOSED);
}

void port_stop(void)
{
    slogout_session_free(port_session);
    port_session = NULL;
    handle(SIG_DFL);
    port_unblock();
}

/* A signal can have come between the end of a wait and the moment when it was blocked again. */
int port_is_stopping(void)
{
    char octet;

    return stop_ms != SLOGOUT_NEVER || read(pipe_ends[0], &octet, 1) > 0;
}

enum slogout_wake port_wait(int fd, short events, uint64_t limit_ms)
{
    enum slogout_wake wake;

    if (port_is_closing && linger.deadline_ms < limit_ms)
        limit_ms = linger.deadline_ms;
    port_unblock();
    wake = slogout_wait(slogout, fd, events, limit_ms, pipe_ends[0]);
    port_block();
    if (wake == SLOGOUT_WAKE_SIGNAL)
        take_signals();
    return wake;
}

void port_linger(int fd)
{
    slogout_linger_wait(&linger, fd);
}

void port_close_listeners(void)
{
    struct rlimit limit;
    int fd;

    getrlimit(RLIMIT_NOFILE, &limit);
    for (fd = 3; fd < (int)limit.rlim_cur && fd < 1024; fd++) {
        int is_listening = 0;
        socklen_t size = sizeof is_listening;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) == 0 && is_listening)
            close(fd);
    }
}

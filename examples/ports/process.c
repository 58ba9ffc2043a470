/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include "process.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LINGER_MS   10000
#define ONE_STOP_MS 1000 /* signals within this time count as one */

struct slogout_session *port_session;
int port_is_closing;

static struct slogout *slogout;
static struct slogout_linger linger;
static int signal_fd = -1;
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

static sigset_t stop_signals(void)
{
    sigset_t set;
    size_t i;

    sigemptyset(&set);
    for (i = 0; port_signals[i]; i++)
        sigaddset(&set, port_signals[i]);
    return set;
}

void port_block(void)
{
    const sigset_t set = stop_signals();

    sigprocmask(SIG_BLOCK, &set, NULL);
}

void port_unblock(void)
{
    const sigset_t set = stop_signals();

    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void port_raise_again(void)
{
    if (stop_ms != SLOGOUT_NEVER)
        raise(SIGTERM);
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
    struct signalfd_siginfo info;

    while (read(signal_fd, &info, sizeof info) > 0)
        ;
    if (stop_ms != SLOGOUT_NEVER && now_ms < stop_ms + ONE_STOP_MS)
        return;
    if (stop_ms == SLOGOUT_NEVER) {
        stop_ms = now_ms;
        port_close_listeners();
    }
    slogout_session_leave(port_session, &departure, now_ms);
}

/* ---- the connection ---- */

void port_start(void)
{
    const sigset_t set = stop_signals();

    port_block();
    signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signal_fd < 0 || slogout_new(&slogout, NULL) < 0 ||
        slogout_session_new(&port_session, slogout, &callbacks, NULL) < 0) {
        port_log("slogout: cannot start");
        port_unblock();
    }
}

void port_abandon(void)
{
    slogout_session_abandon(port_session, SLOGOUT_OUTCOME_HOST_CLOSED);
}

void port_stop(void)
{
    port_raise_again();
    slogout_session_free(port_session);
    port_session = NULL;
    slogout_free(slogout);
    slogout = NULL;
    close(signal_fd);
    signal_fd = -1;
    port_is_closing = 0;
    linger = (struct slogout_linger){0};
    port_unblock();
}

enum slogout_wake port_wait(int fd, short events, uint64_t limit_ms)
{
    enum slogout_wake wake;

    if (port_is_closing && linger.deadline_ms < limit_ms)
        limit_ms = linger.deadline_ms;
    wake = slogout_wait(slogout, fd, events, limit_ms, signal_fd);
    if (wake == SLOGOUT_WAKE_SIGNAL)
        take_signals();
    return wake;
}

void port_linger(int fd)
{
    slogout_linger_wait(&linger, fd);
}

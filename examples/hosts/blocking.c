/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that blocks, with one process for each connection, as in Cyrus, Courier and imap4d. The parent passes
 * SIGTERM to its children as SIGUSR1. They ignore SIGTERM, because a service manager such as systemd sends SIGTERM to
 * the children too, and a child would take the second signal for an order to hurry. After the first signal, each child
 * leaves at a random instant within the spread, so the clients leave one after the other although the processes do not
 * know each other. After the second signal, a child does not wait for an answer.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <sys/wait.h>
#include "net.h"

#define MAX_PROCESSES 1024

static struct net_options options;

/* ---- a child: one connection ---- */

static struct slogout *slogout;
static struct net_client *client;
static int is_broken; /* no more output can be sent */

/* Leaves at the first signal, and stops waiting for the client at a later one. */
static void take_signals(void)
{
    const struct slogout_departure departure = {
        .size = sizeof departure,
        .spread_ms = options.plan.spread_ms,
        .seed = (uint32_t)getpid(), /* otherwise all processes would choose the same instant */
        .deadline_ms = options.plan.deadline_ms,
    };

    while (net_next_signal(net_signals[0]) == SIGUSR1)
        slogout_session_leave(client->session, &departure, slogout_now_ms());
}

/* Waits before the lowest-level read and the lowest-level write. Returns 1 if the client is ready. Otherwise, a signal
 * or a timer may have queued a line or begun to close the connection. */
static int await(short events, uint64_t limit_ms)
{
    const enum slogout_wake wake = slogout_wait(slogout, client->fd, events, limit_ms, net_signals[0]);

    if (wake == SLOGOUT_WAKE_SIGNAL)
        take_signals();
    is_broken = wake == SLOGOUT_WAKE_LIMIT || wake == SLOGOUT_WAKE_ERROR;
    return wake == SLOGOUT_WAKE_READY;
}

/* Sends the output, including lines that the library queues while this function waits. */
static void flush(void)
{
    const uint64_t limit = slogout_now_ms() + options.write_timeout_ms;

    while (client->imap.out_len > 0 && !is_broken) {
        const uint64_t closed = client->linger.deadline_ms;
        if (await(POLLOUT, closed && closed < limit ? closed : limit))
            is_broken = net_write(client) < 0;
    }
}

/* Serves the client. While the connection is closing, completes the response that has begun, sends it, and waits for
 * the client to close. */
static void serve(void)
{
    do {
        net_serve(client, slogout_now_ms());
        flush();
        if (!client->linger.deadline_ms && !client->imap.is_stalled && await(POLLIN, SLOGOUT_NEVER) &&
            net_read(client) < 0)
            net_abandon(client, SLOGOUT_OUTCOME_PEER_CLOSED);
    } while (!is_broken && (!client->linger.deadline_ms || !net_is_flushed(client)));
    if (!is_broken)
        slogout_linger_wait(&client->linger, client->fd);
}

/* Runs a child, which must create its slogout after the fork. */
static int child(int fd)
{
    slogout = net_slogout(&options);
    client = net_client_new(fd, slogout, sizeof *client);
    if (!client)
        return 1;
    serve();
    net_client_free(client);
    return slogout_free(slogout) != 0;
}

/* ---- the parent ---- */

static pid_t pids[MAX_PROCESSES];
static size_t count;
static int listener;

/* Starts a child. Blocks signals until the child has its own pipe, because the parent reads the other pipe. */
static void start_child(int fd)
{
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid = fork();
    if (pid == 0) {
        close(listener);
        close(net_signals[0]);
        close(net_signals[1]);
        if (net_open_pipe(net_signals) < 0 || net_catch(SIGUSR1) < 0)
            exit(1);
        signal(SIGTERM, SIG_IGN);
        sigprocmask(SIG_SETMASK, &before, NULL);
        exit(child(fd));
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid > 0)
        pids[count++] = pid;
    close(fd);
}

static void bury_children(void)
{
    pid_t pid;
    size_t i;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (i = count; i-- > 0;)
            if (pids[i] == pid)
                pids[i] = pids[--count];
}

/* Accepts the clients in the kernel's queue, and then no more, because the clients that leave connect again. Then
 * signals the children. */
static void leave(void)
{
    int fd;
    size_t i;

    while (listener >= 0 && count < MAX_PROCESSES && (fd = accept(listener, NULL, NULL)) >= 0)
        start_child(net_prepare(fd));
    if (listener >= 0)
        close(listener);
    listener = -1;
    for (i = 0; i < count; i++)
        kill(pids[i], SIGUSR1);
}

int main(int argc, char **argv)
{
    int fd, number;

    (void)argc;
    net_options(&options, argv);
    slogout_free(net_slogout(&options)); /* checks the plan; each child makes its own slogout */
    if (net_open_pipe(net_signals) < 0 || net_catch(SIGTERM) < 0 || net_catch(SIGCHLD) < 0)
        return 1;
    listener = net_listen(options.listen);
    while (listener >= 0 || count > 0) {
        struct pollfd polls[2] = {{net_signals[0], POLLIN, 0},
                                  {count < MAX_PROCESSES ? listener : -1, POLLIN, 0}};
        const int ready = poll(polls, 2, -1);
        while ((number = net_next_signal(net_signals[0])))
            if (number == SIGTERM)
                leave();
        bury_children();
        if (ready > 0 && polls[1].revents && listener >= 0 && (fd = accept(listener, NULL, NULL)) >= 0)
            start_child(net_prepare(fd));
    }
    return 0;
}

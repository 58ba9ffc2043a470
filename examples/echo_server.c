/* Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
/* An IMAP server that asks its clients to leave. It has one thread, with a loop on poll(). imap.h implements IMAP, and
 * net.h has the loop and the session of each client. `echo_server --help` prints the options and the signals. */
#define _POSIX_C_SOURCE 200809L
#include "net.h"

static const char usage[] =
    "usage: echo_server [--listen 127.0.0.1:1143] [--ask enabled|all] [--on-refusal bye|wait] [OPTION NUMBER]...\n"
    "    milliseconds: --answer-timeout, --ready-timeout, --leave-timeout, --write-timeout, --spread, --deadline\n"
    "    others: --max-in-flight, --rate (clients a second), --seed\n"
    "SIGUSR1 asks each client to leave. SIGTERM or SIGINT closes the port, drains all clients, and ends the\n"
    "server when they have left; a second signal stops the wait for answers.\n";

static struct net_options options;
static struct net_loop loop;
static struct slogout_drain *drain;
static uint64_t begun_ms, report_ms = SLOGOUT_NEVER; /* of the drain, and of its next report */
static int is_done;

/* Called when each session of the drain has its outcome and is freed. */
static void done(struct slogout_drain *finished, void *user_data)
{
    (void)finished, (void)user_data;
    is_done = 1;
}

static void report(const char *what, uint64_t now)
{
    const struct slogout_counts *counts = slogout_drain_get_counts(drain);
    unsigned long remaining = 0;
    int i;

    for (i = SLOGOUT_STATE_WAITING; i < SLOGOUT_STATE_ENDED; i++)
        remaining += (unsigned long)counts->state[i];
    fprintf(stderr, "drain %s seconds=%.1f remaining=%lu asked=%lu", what, (double)(now - begun_ms) / 1000,
            remaining, (unsigned long)counts->state[SLOGOUT_STATE_ASKED]);
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        if (counts->outcome[i])
            fprintf(stderr, " %s=%lu", slogout_outcome_name((enum slogout_outcome)i),
                    (unsigned long)counts->outcome[i]);
    fprintf(stderr, "\n");
    report_ms = now + 1000;
}

static void take_signals(uint64_t now)
{
    int number;
    size_t i;

    while ((number = net_next_signal(loop.wakeups))) {
        for (i = 0; number == SIGUSR1 && i < loop.count; i++)
            slogout_session_request(loop.clients[i]->session, NULL, now);
        if (number == SIGUSR1)
            continue;
        if (loop.listener >= 0)
            begun_ms = report_ms = now;
        net_leave(&loop, drain, &options.plan, now);
    }
}

int main(int argc, char **argv)
{
    uint64_t now;

    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0;
    net_options(&options, argv);
    loop.slogout = net_slogout(&options);
    if (slogout_drain_new(&drain, loop.slogout, done, NULL) != 0 || net_open_pipe(net_signals) < 0 ||
        net_catch(SIGTERM) < 0 || net_catch(SIGINT) < 0 || net_catch(SIGUSR1) < 0)
        return 1;
    loop.wakeups = net_signals[0];
    loop.listener = net_listen(options.listen);
    do {
        now = net_turn(&loop, report_ms);
        take_signals(now);
        if (now >= report_ms)
            report("progress", now);
    } while (!is_done || loop.count > 0);
    report("over", now);
    slogout_drain_free(drain);
    return slogout_free(loop.slogout) != 0;
}

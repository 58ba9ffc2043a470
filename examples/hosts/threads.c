/* SPDX-License-Identifier: BSD-2-Clause */
/* A host with a loop in each thread. Each thread has its own slogout, drain and descriptor of the listening socket,
 * and the threads share nothing. A session belongs to one thread, so another thread sends each SIGTERM to all threads
 * as a message. At SIGTERM, the program asks the clients to leave, spread over time, and exits when they have left. A
 * second SIGTERM stops the wait for answers.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include "net.h"

#define THREADS 4

struct worker {
    struct net_loop loop;
    pthread_t thread;
    int messages[2]; /* a pipe, in which each octet is a SIGTERM */
    struct slogout_plan plan;
    struct slogout_drain *drain;
    int is_done;
};

static struct worker workers[THREADS];

/* Called when each session of the drain has its outcome and is freed. */
static void done(struct slogout_drain *drain, void *user_data)
{
    struct worker *worker = user_data;

    (void)drain;
    worker->is_done = 1;
}

static void *work(void *argument)
{
    struct worker *worker = argument;

    while (!worker->is_done || worker->loop.count > 0) {
        const uint64_t now = net_turn(&worker->loop, SLOGOUT_NEVER);
        while (net_next_signal(worker->messages[0]))
            net_leave(&worker->loop, worker->drain, &worker->plan, now);
    }
    slogout_drain_free(worker->drain);
    slogout_free(worker->loop.slogout);
    return NULL;
}

/* Passes each SIGTERM to all threads. They block SIGTERM, so only sigwait() receives it. */
static void *pass_on(void *argument)
{
    const sigset_t *sigterm = argument;
    int number, i;

    while (sigwait(sigterm, &number) == 0)
        for (i = 0; i < THREADS; i++)
            if (write(workers[i].messages[1], &number, 1) < 0)
                perror("message");
    return NULL;
}

/* Starts a thread. All threads have the same plan, but different seeds. */
static int start(struct worker *worker, struct net_options *options, int listener, uint32_t number)
{
    worker->loop.slogout = net_slogout(options);
    worker->loop.listener = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    worker->plan = options->plan;
    worker->plan.seed += number;
    if (worker->loop.listener < 0 || net_open_pipe(worker->messages) < 0 ||
        slogout_drain_new(&worker->drain, worker->loop.slogout, done, worker) != 0)
        return -1;
    worker->loop.wakeups = worker->messages[0];
    return pthread_create(&worker->thread, NULL, work, worker) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct net_options options;
    pthread_t passer;
    sigset_t sigterm;
    uint32_t i;
    int listener;

    (void)argc;
    sigemptyset(&sigterm);
    sigaddset(&sigterm, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &sigterm, NULL); /* threads inherit this */
    net_options(&options, argv);
    slogout_free(net_slogout(&options)); /* checks the options before the address is printed */
    listener = net_listen(options.listen);
    net_max_clients /= THREADS;
    for (i = 0; i < THREADS; i++)
        if (start(&workers[i], &options, listener, i) < 0)
            return 1;
    close(listener); /* each thread has its own descriptor */
    if (pthread_create(&passer, NULL, pass_on, &sigterm) != 0 || pthread_detach(passer) != 0)
        return 1;
    for (i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    return 0;
}

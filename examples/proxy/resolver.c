/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include "resolver.h"
#include "signals.h"

/* Shared by the thread and the program. */
static struct {
    pthread_mutex_t mutex;
    struct address_list list;
    int error;
    int is_running; /* used by the program alone */
    int is_done;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void *resolve(void *address)
{
    struct address_list list;
    const int error = address_resolve(address, &list);

    pthread_mutex_lock(&shared.mutex);
    shared.error = error;
    if (!error)
        shared.list = list;
    shared.is_done = 1;
    pthread_mutex_unlock(&shared.mutex);
    signals_wake();
    return NULL;
}

/* The new thread blocks all signals, so that the thread of the loop handles them. */
int resolver_start(const char *address)
{
    pthread_t thread;
    sigset_t all, before;
    int error;

    if (shared.is_running)
        return 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, NULL, resolve, (void *)(uintptr_t)address);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        errno = error;
        return -1;
    }
    pthread_detach(thread);
    shared.is_running = 1;
    return 0;
}

int resolver_take(struct address_list *list, int *error)
{
    int is_done;

    if (!shared.is_running)
        return 0;
    pthread_mutex_lock(&shared.mutex);
    is_done = shared.is_done;
    shared.is_done = 0;
    *error = shared.error;
    if (is_done && !shared.error)
        *list = shared.list;
    pthread_mutex_unlock(&shared.mutex);
    if (is_done)
        shared.is_running = 0;
    return is_done;
}

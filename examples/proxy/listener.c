/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "address.h"
#include "listener.h"

#define PAUSE           100 /* milliseconds */
#define FIRST_INHERITED 3   /* SD_LISTEN_FDS_START */

/* Returns the socket that was passed to this process, or -1. */
static int inherited(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");

    return pid && count && atol(pid) == (long)getpid() && atoi(count) > 0 ? FIRST_INHERITED : -1;
}

int listener_open(struct listener *listener, struct poller *poller, const char *address, int reuse_port,
                  int may_inherit)
{
    const int fd = may_inherit ? inherited() : -1;

    listener->poller = poller;
    listener->again_ms = UINT64_MAX;
    listener->is_inherited = fd >= 0;
    listener->watch.is_foreign = 1;
    listener->watch.fd = fd;
    if (fd < 0)
        listener->watch.fd = address_listen(address, reuse_port);
    else if (address_prepare_listener(fd) < 0)
        return -1;
    return listener->watch.fd < 0 ? -1 : poller_set(poller, &listener->watch, POLLER_IN);
}

void listener_close(struct listener *listener)
{
    if (listener->watch.fd < 0)
        return;
    poller_set(listener->poller, &listener->watch, 0); /* another process may keep the socket open */
    close(listener->watch.fd);
    listener->watch.fd = -1;
    listener->again_ms = UINT64_MAX;
}

static int is_out_of_resources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* If the listener were watched, the poller would report it in each turn. */
void listener_pause(struct listener *listener, uint64_t now)
{
    poller_set(listener->poller, &listener->watch, 0);
    listener->again_ms = now + PAUSE;
}

/* ECONNABORTED is the error of a client that has already closed. */
int listener_accept(struct listener *listener, struct sockaddr_storage *client, uint64_t now)
{
    int fd;

    do
        fd = address_accept(listener->watch.fd, client);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0 && is_out_of_resources(errno))
        listener_pause(listener, now);
    return fd;
}

void listener_resume(struct listener *listener)
{
    if (listener->again_ms == UINT64_MAX)
        return;
    listener->again_ms = poller_set(listener->poller, &listener->watch, POLLER_IN) < 0
                             ? listener->again_ms + PAUSE
                             : UINT64_MAX;
}

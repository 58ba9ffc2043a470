/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "address.h"
#include "listener.h"

#define PAUSE 1000 /* milliseconds without accept() when the system has no descriptors left */

int listener_open(struct listener *listener, struct poller *poller, const char *address, int reuse_port)
{
    listener->poller = poller;
    listener->again_ms = UINT64_MAX;
    listener->watch.fd = address_listen(address, reuse_port);
    return listener->watch.fd < 0 ? -1 : poller_set(poller, &listener->watch, POLLER_IN);
}

void listener_close(struct listener *listener)
{
    if (listener->watch.fd < 0)
        return;
    poller_set(listener->poller, &listener->watch, 0);
    close(listener->watch.fd);
    listener->watch.fd = -1;
    listener->again_ms = UINT64_MAX;
}

static int is_out_of_resources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Without descriptors the poller would report the listener at once, again and again. */
static void pause_listening(struct listener *listener, uint64_t now)
{
    poller_set(listener->poller, &listener->watch, 0);
    listener->again_ms = now + PAUSE;
}

/* Goes on after ECONNABORTED, a client that has already gone. */
void listener_accept(struct listener *listener, int most, uint64_t now, void (*take)(int fd, void *user),
                     void *user)
{
    while (most-- > 0) {
        const int fd = accept(listener->watch.fd, NULL, NULL);
        if (fd >= 0)
            take(fd, user);
        else if (is_out_of_resources(errno))
            pause_listening(listener, now);
        if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

void listener_resume(struct listener *listener)
{
    if (listener->again_ms == UINT64_MAX)
        return;
    listener->again_ms = poller_set(listener->poller, &listener->watch, POLLER_IN) < 0
                             ? listener->again_ms + PAUSE
                             : UINT64_MAX;
}

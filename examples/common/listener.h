/* A listening socket in a poller, which takes a break when the system has no more descriptors. */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdint.h>
#include "common/poller.h"

struct listener {
    struct poller_watch watch; /* first; fd -1: closed */
    struct poller *poller;
    uint64_t again_ms; /* when to listen again; UINT64_MAX: it listens, or is closed */
};

/* Listens on a valid numeric address. reuse_port: other processes may listen on it too. Returns 0, or -1 with errno
 * set. */
int listener_open(struct listener *listener, struct poller *poller, const char *address, int reuse_port);
void listener_close(struct listener *listener);

/* Takes at most `most` connections that wait, and hands each descriptor over to take(). */
void listener_accept(struct listener *listener, int most, uint64_t now, void (*take)(int fd, void *user),
                     void *user);

/* Ends a break: its time is over, or a descriptor has been closed. */
void listener_resume(struct listener *listener);

#endif

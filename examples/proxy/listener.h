/* SPDX-License-Identifier: BSD-2-Clause */
/* A listening socket in a poller. It pauses while the system has no descriptors left. */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdint.h>
#include "poller.h"

struct listener {
    struct poller_watch watch; /* first; fd -1: closed */
    struct poller *poller;
    uint64_t again_ms; /* when the pause ends; UINT64_MAX: no pause */
};

/* Listens on a valid numeric address. With reuse_port other processes may listen on it too. Returns 0, or -1
 * with errno set. */
int listener_open(struct listener *listener, struct poller *poller, const char *address, int reuse_port);
void listener_close(struct listener *listener);

/* Accepts at most `most` of the connections that wait. take() receives each descriptor and owns it. */
void listener_accept(struct listener *listener, int most, uint64_t now, void (*take)(int fd, void *user),
                     void *user);

/* Ends a pause, because its time is over or a descriptor has been closed. */
void listener_resume(struct listener *listener);

#endif

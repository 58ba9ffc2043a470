/* SPDX-License-Identifier: BSD-2-Clause */
/* A listening socket in a poller. While there is no room for clients, it pauses, and the clients wait in the queue of
 * the system. */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdint.h>
#include <sys/socket.h>
#include "poller.h"

struct listener {
    struct poller_watch watch; /* fd -1: closed */
    struct poller *poller;
    uint64_t again_ms; /* when the pause ends; UINT64_MAX: no pause */
    int is_inherited;  /* another process may have the same socket, and accept from its queue */
};

/* Listens on a valid numeric address, or, with may_inherit, on the socket that a supervisor has passed by the
 * protocol of sd_listen_fds(3). With reuse_port other processes may listen on the address too. Returns 0, or -1
 * with errno set. */
int listener_open(struct listener *listener, struct poller *poller, const char *address, int reuse_port,
                  int may_inherit);

/* Closes the socket. The system resets the connections in its queue unless another process has the socket. */
void listener_close(struct listener *listener);

/* Accepts a waiting connection. Returns its socket and the client's address, or -1. */
int listener_accept(struct listener *listener, struct sockaddr_storage *client, uint64_t now);

/* Begin and end a pause of at most a tenth of a second. */
void listener_pause(struct listener *listener, uint64_t now);
void listener_resume(struct listener *listener);

#endif

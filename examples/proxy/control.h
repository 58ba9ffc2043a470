/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket: an operator sends lines to a Unix socket and receives a reply to each. A slow, silent or hostile
 * peer delays nobody else. There are few peers, and lines are short. A peer runs one command in a turn, and its next
 * command waits until it has read the reply. A new peer replaces the peer that has been quiet for the longest time. */
#ifndef CONTROL_H
#define CONTROL_H

#include "commands.h"
#include "stream.h"

#define CONTROL_PEERS 8
#define CONTROL_LINE  1024 /* octets of a line, with its LF */

struct control_peer {
    struct stream stream; /* first; fd -1: the place is free */
    char line[CONTROL_LINE];
    size_t len;
    uint64_t quiet_since_ms;
    struct listing listing;
};

struct control {
    const char *path; /* NULL: there is no socket */
    struct poller *poller;
    struct poller_watch listener;
    struct control_peer peers[CONTROL_PEERS];
    int has_peers; /* a peer waits to be accepted */
    int is_busy;   /* there is more to do at once */
};

/* Listens on a path, which only the user of the process may use. NULL: does nothing. Returns 0, or -1 with errno
 * set. */
int control_open(struct control *control, struct poller *poller, const char *path);

/* Closes the socket and its peers, and removes the path. */
void control_close(struct control *control);

/* Notes an event. Returns 1 if the watch belongs to the control socket, and 0 otherwise. */
int control_note(struct control *control, struct poller_watch *watch, unsigned ready);

/* Does everything that the events and the time allow. */
void control_serve(struct control *control, struct service *service, uint64_t now);

/* Returns the time at which control_serve() has something to do; UINT64_MAX means never. */
uint64_t control_deadline(const struct control *control);

/* The client: sends the words as one line, and copies the reply to standard output. Returns the exit status, which is 0
 * if the last line of the reply begins with ok. */
int control_ask(const char *program, const char *path, char **words);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Level-triggered waiting for descriptors, with epoll on Linux, kqueue on BSD and macOS, and poll() elsewhere. Except
 * with poll(), a call takes time in proportion to the descriptors that are ready, and not to all descriptors. */
#ifndef POLLER_H
#define POLLER_H

#include <stddef.h>

#define POLLER_IN     1u
#define POLLER_OUT    2u
#define POLLER_FAILED 4u /* an error, or both directions have ended; reported whenever anything is wanted */

/* One descriptor. The user sets fd and leaves the rest zero. Must not move in memory while it is watched. */
struct poller_watch {
    int fd;
    unsigned wanted; /* private; 0: not watched, not even for failures */
    unsigned place;  /* private */
    int is_foreign;  /* for the user: who serves it */
};

struct poller_event {
    struct poller_watch *watch;
    unsigned ready;
};

struct poller;

/* Returns NULL with errno set if the system has no memory or no descriptors. */
struct poller *poller_new(void);
void poller_free(struct poller *poller);

/* Changes the events for which a descriptor is watched: POLLER_IN, POLLER_OUT, both, or 0 for none. A call with 0
 * cannot fail, and is required before the descriptor is closed. Returns 0, or -1 with errno set. */
int poller_set(struct poller *poller, struct poller_watch *watch, unsigned wanted);

/* Stops watching a descriptor that the user closes next. */
void poller_forget(struct poller *poller, struct poller_watch *watch);

/* Waits at most timeout_ms milliseconds, or without limit if that is -1, and fills in at most `room` events.
 * A watch may have two events. Returns their number, or -1 with errno set. */
int poller_wait(struct poller *poller, struct poller_event *events, int room, int timeout_ms);

#endif

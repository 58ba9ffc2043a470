/* Waits for descriptors, level-triggered: epoll on Linux, kqueue on BSD and macOS, poll() elsewhere. A wait costs
 * what is ready, not what is watched, except with poll(). */
#ifndef POLLER_H
#define POLLER_H

#include <stddef.h>

#define POLLER_IN     1u
#define POLLER_OUT    2u
#define POLLER_FAILED 4u /* an error, or both directions have ended; reported with IN or OUT alike */

/* One descriptor. The user sets fd and leaves the rest zero; the memory stays where it is while watched. */
struct poller_watch {
    int fd;
    unsigned wanted; /* the poller's; 0: not watched, not even for failures */
    size_t place;    /* the poller's */
};

struct poller_event {
    struct poller_watch *watch;
    unsigned ready;
};

struct poller;

/* Returns NULL with errno set if the system has no memory or no descriptors. */
struct poller *poller_new(void);
void poller_free(struct poller *poller);

/* Watches for what is wanted from now on, of POLLER_IN and POLLER_OUT. 0 ends it, cannot fail, and is needed
 * before the descriptor is closed. Returns 0, or -1 with errno set. */
int poller_set(struct poller *poller, struct poller_watch *watch, unsigned wanted);

/* Waits, -1 without end, and fills in at most `room` events; one watch may have two. Returns their number, or -1
 * with errno set. */
int poller_wait(struct poller *poller, struct poller_event *events, int room, int timeout_ms);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* An event loop with its connections, which is also an example of slogout in an event loop. A program has one loop for
 * each thread. Each loop has its own slogout and drain.
 *
 * One turn waits no longer than until slogout_deadline(), reads the clock, serves the connections that have input, room
 * for output, or an alarm, and ticks. Then it settles every connection that was touched: it sends the queued octets,
 * and registers the events for which the connection waits. An idle connection needs no time.
 *
 * The thread of a loop holds the mutex of the loop except while it waits. Another thread that holds the mutex may use
 * everything in the loop, and must call loop_wake() afterward. */
#ifndef LOOP_H
#define LOOP_H

#include <pthread.h>
#include <stdint.h>
#include <slogout/drain.h>
#include "alarms.h"
#include "asking.h"
#include "relay.h"
#include "stream.h"

/* A client that has been accepted. */
struct arrival {
    int fd;
    uint64_t number;
    struct sockaddr_storage address;
};

struct loop {
    pthread_mutex_t mutex;
    pthread_t thread;
    struct slogout *slogout;
    struct slogout_drain *drain; /* of all clients, at the end of the program */
    struct askings askings;
    struct poller *poller;
    struct poller_watch wakes; /* the reading end of the pipe; fd -1: none */
    int wake_fd;
    struct relay_settings relays;
    struct alarms alarms;
    struct peer **peers;
    size_t count, room;
    struct peer *touched; /* a list */
    uint64_t now;         /* of this turn */
    int has_changed;      /* something has happened; set by the loop, cleared by its user */
    uint64_t cut_off;     /* connections of the drain that relay_is_cut_off() has named */
    uint64_t late_ms; /* when every client must have its outcome; UINT64_MAX: passed, or there is no drain */
    uint64_t gone_by_ms; /* when every connection must be closed; UINT64_MAX: there is no drain */
    uint64_t settled_ms; /* when every client had its outcome; UINT64_MAX: not yet */
    int is_leaving;
    int is_over; /* every client of the drain has its outcome, and its session is freed */

    pthread_mutex_t arrivals_mutex; /* of the following members; never held while another is locked */
    struct arrival *arrivals;
    size_t arrived, arrivals_room;
    size_t load; /* clients, including those in arrivals */
};

/* Makes a loop. relays is copied. Returns 0, SLOGOUT_ERR_... or, with errno set, LOOP_SYSTEM. */
#define LOOP_SYSTEM (-1000)
int loop_init(struct loop *loop, const struct slogout_settings *settings,
              const struct relay_settings *relays);

/* Closes all connections and frees everything. Call it when the thread has ended. */
void loop_free(struct loop *loop);

/* Serves the loop's connections once, and waits no longer than until limit_ms. other() receives the events of the
 * watches that are marked as foreign. The caller holds the mutex. Returns 0, or -1 with errno set if the system cannot
 * wait for events. */
int loop_turn(struct loop *loop, uint64_t limit_ms,
              void (*other)(struct poller_watch *watch, unsigned ready, void *user), void *user);

/* Settles the connections that were touched outside of loop_turn(). */
void loop_settle(struct loop *loop);

/* Interrupts the wait. May be called in any thread. */
void loop_wake(struct loop *loop);

/* Passes a client and its socket to the loop. May be called in any thread. */
void loop_give(struct loop *loop, const struct arrival *arrival);

/* Creates a client's connection. The caller holds the mutex. */
void loop_take(struct loop *loop, const struct arrival *arrival);

size_t loop_load(struct loop *loop);

/* Adds all clients to the drain. */
void loop_leave(struct loop *loop);

/* Closes the connections that are in no drain, because the program does not wait any longer. */
void loop_hurry(struct loop *loop);

/* Returns the number of clients of the drain that have no outcome yet. */
uint64_t loop_remaining(const struct loop *loop);

/* Returns 1 if the drain is over and all connections are closed. */
int loop_is_done(const struct loop *loop);

/* Has the loop settle a connection. Call it when something is queued or closed outside of relay_serve(). */
void loop_touch(struct peer *peer);

/* Stops watching a stream. Call it before a connection frees one of its streams by itself. */
void loop_unwatch(struct peer *peer, unsigned stream);

#endif

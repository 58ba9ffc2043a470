/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of a program that serves many connections, and an example of slogout in an event loop.
 *
 * One turn waits no longer than until slogout_deadline(), reads the clock, serves the connections that have
 * input, room for output, or an alarm, and ticks. Then it settles every connection that was touched: it sends
 * what is queued and registers what the connection waits for. A connection where nothing happens costs no
 * time. The program defines what a connection is.
 *
 * Signals:
 *   SIGUSR1          asks every client to leave, paced by --spread; the program continues to serve
 *   SIGUSR2          writes the counters to the log
 *   SIGHUP           calls the program's reload()
 *   SIGTERM, SIGINT  closes the port after --lame-duck, drains all clients by the plan of the options, and ends
 *                    the program when they have gone; a second one stops waiting for answers
 *
 * The exit status is 0 if the plan was kept, 1 if it was not or the system failed, 2 for a bad command line. */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdint.h>
#include <stdio.h>
#include <slogout/slogout.h>
#include "alarms.h"
#include "options.h"
#include "stream.h"

#define SERVICE_STREAMS 2

struct loop;

/* A connection. The first member of the program's own struct. */
struct peer {
    struct alarm alarm; /* first; private */
    struct slogout *slogout;
    struct slogout_session *session;
    uint64_t number;                         /* for the log, from 1 */
    uint64_t begun_ms;                       /* when it was accepted */
    struct stream *streams[SERVICE_STREAMS]; /* to be watched; NULL: none */
    struct loop *loop;                       /* private, like all that follows */
    struct peer *next_touched;
    size_t place;
    int is_touched;
};

struct service {
    const char *tag_prefix;
    const struct option *options; /* those of the program, besides command_line.h */
    /* All but open, serve, wants, deadline, is_over and free may be NULL. */
    int (*start)(const char *program); /* before any client; returns 0, or prints why not and returns -1 */
    void (*reload)(void);              /* SIGHUP */
    void (*wake)(void);                /* signals_wake() has been called, or a signal has come */
    /* Makes a connection that owns the socket, with session, slogout, number and streams filled in. Returns
     * NULL on failure; the caller then still owns the socket. */
    struct peer *(*open)(int fd, struct slogout *slogout, uint64_t number, uint64_t now);
    /* Does everything that the `ready` of the streams and the time allow. [calls back] */
    void (*serve)(struct peer *peer, uint64_t now);
    /* What the poller is to watch a stream for. */
    unsigned (*wants)(const struct peer *peer, unsigned stream);
    /* When to serve it without an event; UINT64_MAX: never. */
    uint64_t (*deadline)(const struct peer *peer);
    int (*is_over)(const struct peer *peer, uint64_t now);
    /* The program begins to end. If the session has not ended after this, it is added to the drain. */
    void (*leave)(struct peer *peer, uint64_t now);
    /* The program stops waiting. The session has been forced already. */
    void (*hurry)(struct peer *peer, uint64_t now);
    void (*free)(struct peer *peer);
    void (*write_metrics)(FILE *file); /* its own, in OpenMetrics text */
};

/* Runs the program. Returns its exit status. */
int service_main(const struct service *service, int argc, char **argv);

/* Has the loop settle a connection. Call it when something is queued or closed outside of serve(). */
void service_touch(struct peer *peer);

/* Stops watching a stream. Call it before a connection frees one of its streams by itself. */
void service_unwatch(struct peer *peer, unsigned stream);

#endif

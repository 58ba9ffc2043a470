/* The loop of a program that serves many connections: how slogout is linked into an event loop.
 *
 * One turn: wait, no longer than until slogout_deadline(); read the clock; serve the connections that have input, room
 * for output, or an alarm; tick; then settle every connection that was touched: send, and tell the poller and the
 * alarms what it waits for. A connection that nothing happens to costs nothing. What a connection is, the program says.
 *
 * Signals:
 *   SIGUSR1          asks every client to leave, paced by --spread; the program serves on
 *   SIGUSR2          writes the counters to the log
 *   SIGHUP           calls the program's reload()
 *   SIGTERM, SIGINT  takes no more clients, has all leave by the plan (--spread, --deadline, --max-in-flight, --seed),
 *                    and ends the program when they have gone; a second one waits for no answers.
 * The exit status is 0 if the plan was kept, 1 if it was not or the system failed, 2 for a bad command line. */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdint.h>
#include <stdio.h>
#include <slogout/slogout.h>
#include "common/alarms.h"
#include "common/options.h"
#include "common/stream.h"

#define SERVICE_STREAMS 2

struct loop;

/* What the loop must know of a connection. First member of the program's own struct. */
struct peer {
    struct alarm alarm; /* first; the loop's */
    struct slogout *slogout;
    struct slogout_session *session;
    uint64_t number;                         /* for the log, from 1 */
    uint64_t begun_ms;                       /* when it was accepted */
    struct stream *streams[SERVICE_STREAMS]; /* to be watched; NULL: none */
    struct loop *loop;                       /* the loop's, as what follows */
    struct peer *next_touched;
    size_t place;
    int is_touched;
};

struct service {
    const char *tag_prefix;
    const struct option *options; /* its own, beside those of command_line.h */
    /* All but open, serve, wants, deadline, is_over and free may be NULL. */
    int (*start)(const char *program); /* before any client. Returns 0, or -1 when it has said why not */
    void (*reload)(void);              /* SIGHUP */
    void (*wake)(void);                /* signals_wake() has been called, or a signal has come */
    /* Takes the socket, and fills in session, slogout, number and streams. Returns NULL if it cannot, and then the
     * socket is the caller's. */
    struct peer *(*open)(int fd, struct slogout *slogout, uint64_t number, uint64_t now);
    /* Does all that the streams' `ready` and the time allow. [calls back] */
    void (*serve)(struct peer *peer, uint64_t now);
    /* What the poller is to watch a stream for. */
    unsigned (*wants)(const struct peer *peer, unsigned stream);
    /* When it is to be served by itself; UINT64_MAX: never. */
    uint64_t (*deadline)(const struct peer *peer);
    int (*is_over)(const struct peer *peer, uint64_t now);
    /* The program begins to end. Its drain takes the connection's session then, unless that has ended. */
    void (*leave)(struct peer *peer, uint64_t now);
    /* Nobody waits for the connection any more; its session is forced already. */
    void (*hurry)(struct peer *peer, uint64_t now);
    void (*free)(struct peer *peer);
    void (*write_metrics)(FILE *file); /* its own, in OpenMetrics text */
};

/* All of the program. Returns its exit status. */
int service_main(const struct service *service, int argc, char **argv);

/* To be called when a connection changes outside of serve(): something was put into its streams, or it closes. */
void service_touch(struct peer *peer);

/* To be called before a connection frees one of its streams by itself. */
void service_unwatch(struct peer *peer, unsigned stream);

#endif

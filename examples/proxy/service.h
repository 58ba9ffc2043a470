/* SPDX-License-Identifier: BSD-2-Clause */
/* The program: one loop for each thread, and around them the port, the signals, the control socket, the metrics
 * and the end. The first thread serves all of these, and gives each client to the loop with the fewest clients.
 *
 * Signals:
 *   SIGUSR1          asks every client to leave, paced by --spread; the program continues to serve
 *   SIGUSR2          writes the counters to the log
 *   SIGHUP           resolves the name of the server again
 *   SIGTERM, SIGINT  closes the port after --lame-duck, drains all clients by the plan of the options, and ends
 *                    the program when they have left; a second signal stops the wait for answers
 *
 * The exit status is 0 if the plan was kept, 1 if it was not or the system failed, 2 for a bad command line. */
#ifndef SERVICE_H
#define SERVICE_H

#include "command_line.h"
#include "control.h"
#include "departure.h"
#include "listener.h"
#include "loop.h"
#include "metrics.h"

struct service {
    const char *program; /* its name, for messages */
    const struct command_line *line;
    struct loop *loops; /* the first is that of this thread */
    unsigned count;
    unsigned running; /* threads that have been started, and must be joined */
    struct departure departure;
    struct metrics metrics;
    struct listener listener, agent;
    struct poller_watch signals;
    struct control control;
    uint64_t accepted; /* so far */
    int batch;         /* clients to be accepted in one turn */
    size_t clients_max;
    uint64_t now;        /* of this turn */
    uint64_t resolve_ms; /* when the name is resolved next; UINT64_MAX: never */
    int is_asking;       /* an asking of a loop has not ended */
    int is_reloading;    /* SIGHUP was received, so the next addresses are logged */
    int has_clients, has_signals;
};

/* Runs the program with the addresses of its server. Returns its exit status. */
int service_main(const char *program, const struct command_line *line, const struct address_list *servers);

/* ---- for the commands ---- */

/* Calls act() for each loop with its mutex held, and wakes the loop. */
void service_each_loop(struct service *service, void (*act)(struct loop *loop, unsigned number, void *user),
                       void *user);

struct totals service_totals(struct service *service);

/* Announces the end. A second call makes the program end sooner. */
void service_leave(struct service *service);

/* Asks the clients that is_meant() selects, according to the plan, which replaces the plan of an earlier request for the
 * clients that still wait. Returns the number of clients. */
uint64_t service_ask(struct service *service, const struct slogout_plan *plan,
                     int (*is_meant)(const struct peer *peer, void *user), void *user);

#endif

/* How a program ends: a drain takes its clients off by a plan, reports on standard error how far it is, and says when
 * all have gone, and whether the plan was kept. */
#ifndef DEPARTURE_H
#define DEPARTURE_H

#include <slogout/drain.h>

#define DEPARTURE_DEFAULT UINT64_MAX /* of an option: not given */

/* The program's options. Lengths in milliseconds. */
struct departure_options {
    uint64_t spread;        /* default: 10,000, or as long as the deadline allows */
    uint64_t deadline;      /* until the program is gone; default: the shortest that can be promised, and 10,000 */
    uint64_t max_in_flight; /* 0: no limit */
    uint64_t seed;          /* default: of each process its own */
};

struct departure {
    struct slogout_drain *drain;
    struct slogout_plan plan;
    uint64_t begun_ms, over_by_ms; /* over by: when all must have their outcome */
    uint64_t settled_ms;           /* all have their outcome; UINT64_MAX: not yet */
    uint64_t gone_by_ms;           /* when the program must have closed all; UINT64_MAX: not begun */
    uint64_t report_ms;            /* when progress is reported next; UINT64_MAX: never */
    uint64_t late_ms;              /* when departure_is_late() returns 1; UINT64_MAX: it has, or not begun */
    uint64_t cut_off;              /* the program's: connections that it closed at gone_by_ms */
    int is_begun;
    int is_over; /* every client that was added has its outcome, and its session is freed */
};

/* Makes the plan, and takes all that can fail before there is a client. Returns 0 or slogout's error:
 * NOMEM; or PLAN, for a plan that cannot be kept even for one client, and then *shortest_deadline is what
 * could be. */
int departure_init(struct departure *departure, struct slogout *slogout,
                   const struct departure_options *options, uint64_t *shortest_deadline);

/* To be called before slogout_free(). */
void departure_free(struct departure *departure);

/* Adds a client that is to leave with the others; one that is leaving already is left alone. */
void departure_add(struct departure *departure, struct slogout_session *session);

/* Starts the drain the first time. After that it waits for no answers any more. */
void departure_go(struct departure *departure, uint64_t now);

/* Returns 1, once, when the time has come by which all must have their outcome. */
int departure_is_late(struct departure *departure, uint64_t now);

/* To be called after each tick, with the same time. Reports how far it is, when it is time for that. */
void departure_report(struct departure *departure, uint64_t now);

/* Returns when one of the functions above, or the program at gone_by_ms, has something to do; UINT64_MAX: never. */
uint64_t departure_deadline(const struct departure *departure);

/* Returns the number of clients that have no outcome yet. */
uint64_t departure_remaining(const struct departure *departure);

/* Once it is over: was everybody gone in time, and never more than max_in_flight asked at once? */
int departure_kept(const struct departure *departure);

#endif

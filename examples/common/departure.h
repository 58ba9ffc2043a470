/* How a program ends: a drain takes its clients off by a plan, tells on standard error how far it is, and
 * says when all have gone, and whether the plan was kept. */
#ifndef DEPARTURE_H
#define DEPARTURE_H

#include <slogout/drain.h>

#define DEPARTURE_DEFAULT UINT64_MAX /* of an option: not given */

/* The program's options. Lengths in milliseconds. */
struct departure_options {
    uint64_t spread;        /* default: 10,000, or as long as the deadline allows */
    uint64_t deadline;      /* default: the shortest that can be promised, and 10,000 */
    uint64_t max_in_flight; /* 0: no limit */
    uint64_t seed;          /* default: of each process its own */
};

struct departure {
    struct slogout_drain *drain;
    struct slogout_plan plan;
    uint64_t begun_ms, over_by_ms, settled_ms; /* settled: all have their outcome; UINT64_MAX: not yet */
    uint64_t report_ms;                        /* when progress is told next; UINT64_MAX: never */
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

/* A client that is to leave with the others; one that is leaving already is left alone. */
void departure_add(struct departure *departure, struct slogout_session *session);

/* The first time it starts the drain. After that it waits for no answers any more. */
void departure_go(struct departure *departure, uint64_t now);

/* To be called after each tick, with the same time. Tells how far it is, when it is time for that. */
void departure_report(struct departure *departure, uint64_t now);

/* Once it is over: was everybody gone in time, and never more than max_in_flight asked at once? */
int departure_kept(const struct departure *departure);

#endif

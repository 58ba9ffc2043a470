/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a program: a drain that asks its clients to leave by a plan, reports progress on standard error
 * once a second, and reports at its end whether the plan was kept. */
#ifndef DEPARTURE_H
#define DEPARTURE_H

#include <slogout/drain.h>

#define DEPARTURE_DEFAULT UINT64_MAX /* the value of an option that was not given */

/* The program's options. Lengths in milliseconds. */
struct departure_options {
    uint64_t spread; /* default: 10,000, or as long as the deadline allows */
    uint64_t rate;   /* clients begun per second at most; 0: no limit */
    uint64_t
        deadline; /* until the program is gone; default: the shortest that can be kept, plus a tenth of the
                          spread, plus 10,000 */
    uint64_t max_in_flight; /* 0: no limit */
    uint64_t lame_duck;     /* from the announcement to the close of the port */
    uint64_t seed;          /* default: differs between processes */
};

struct departure {
    const struct slogout *slogout;
    struct slogout_drain *drain;
    struct slogout_plan plan;
    uint64_t lame_duck_ms;
    uint64_t close_ms; /* when the program must close its port and call departure_go(); UINT64_MAX: never */
    uint64_t begun_ms, over_by_ms; /* over by: when every client must have its outcome */
    uint64_t settled_ms;           /* when every client had its outcome; UINT64_MAX: not yet */
    uint64_t gone_by_ms; /* when the program must have closed every connection; UINT64_MAX: not begun */
    uint64_t report_ms;  /* when progress is reported next; UINT64_MAX: never */
    uint64_t late_ms;    /* when departure_is_late() returns 1; UINT64_MAX: it already has, or not begun */
    uint64_t cut_off;    /* set by the program: connections that it closed at gone_by_ms */
    int has_deadline;    /* the option was given; if not, departure_go() derives the plan's deadline */
    int is_announced;
    int is_begun;
    int is_over; /* every client that was added has its outcome, and its session is freed */
};

/* Makes the plan and the drain, so that nothing can fail later. Returns 0, SLOGOUT_ERR_NOMEM, or
 * SLOGOUT_ERR_PLAN if the plan cannot be kept even for one client; *shortest_deadline is then the shortest
 * deadline that can. */
int departure_init(struct departure *departure, struct slogout *slogout,
                   const struct departure_options *options, uint64_t *shortest_deadline);

/* Frees the drain. Call it before slogout_free(). */
void departure_free(struct departure *departure);

/* Adds a client that is to leave with the others. Does nothing to a client that is already leaving. */
void departure_add(struct departure *departure, struct slogout_session *session);

/* Announces that the program is going to end. Sets close_ms. */
void departure_announce(struct departure *departure, uint64_t now);

/* Starts the drain. Call it after the clients have been added. The second call stops waiting for answers. */
void departure_go(struct departure *departure, uint64_t now);

/* Returns 1, once, when the time has come by which every client must have its outcome. */
int departure_is_late(struct departure *departure, uint64_t now);

/* Reports progress when it is due. Call it after each tick, with the same time. */
void departure_report(struct departure *departure, uint64_t now);

/* Returns when the functions above or, at gone_by_ms, the program have something to do; UINT64_MAX: never. */
uint64_t departure_deadline(const struct departure *departure);

/* Returns the number of clients that have no outcome yet. */
uint64_t departure_remaining(const struct departure *departure);

/* Returns 1 if, at the end, every client had its outcome in time and max_in_flight was never exceeded. */
int departure_kept(const struct departure *departure);

#endif

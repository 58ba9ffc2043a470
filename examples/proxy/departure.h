/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a program: the plan of the drains of its loops, a report of their progress once a second, and a report at
 * the end that says whether the plan was kept. */
#ifndef DEPARTURE_H
#define DEPARTURE_H

#include <slogout/drain.h>
#include "totals.h"

#define DEPARTURE_DEFAULT       UINT64_MAX /* the value of an option that was not given */
#define DEPARTURE_LEAVE_TIMEOUT 5000       /* milliseconds to finish a line; the linger is as long */

/* The program's options. Lengths in milliseconds. */
struct departure_options {
    uint64_t spread; /* default: 10,000, or as long as the deadline allows */
    uint64_t rate;   /* requests per second at most; 0: no limit */
    /* Until the program exits; default: the shortest that can be kept, plus a tenth of the spread, plus 10,000. */
    uint64_t deadline;
    uint64_t max_in_flight; /* 0: no limit */
    uint64_t lame_duck;     /* from the announcement to the close of the port */
    uint64_t seed;          /* default: differs between processes */
};

struct departure {
    const struct slogout *slogout; /* whose settings are those of all */
    struct slogout_plan plan;      /* of all loops together */
    unsigned shares;               /* number of loops */
    uint64_t lame_duck_ms;
    uint64_t close_ms; /* when the program must close its port and begin the drain; UINT64_MAX: never */
    uint64_t begun_ms, over_by_ms; /* over by: when every client must have its outcome */
    uint64_t gone_by_ms; /* when the program must have closed every connection; UINT64_MAX: not begun */
    uint64_t report_ms;  /* when progress is reported next; UINT64_MAX: never */
    int has_deadline;    /* the option was given; if not, the deadline follows from the number of clients */
    int is_announced;
    int is_begun;
};

/* Makes the plan. Returns 0, or SLOGOUT_ERR_PLAN if the plan cannot be kept even for one client; *shortest_deadline is
 * then the shortest deadline that can be kept. */
int departure_init(struct departure *departure, const struct slogout *slogout, unsigned shares,
                   const struct departure_options *options, uint64_t *shortest_deadline);

/* Replaces the plan before the drain begins. Returns the same, and changes nothing on failure. */
int departure_change(struct departure *departure, const struct departure_options *options);

/* Announces the end of the program. Sets close_ms. */
void departure_announce(struct departure *departure, uint64_t now);

/* Begins the drain. Derives its deadline, if it was not given, for the number of clients in the loop that has the
 * most. */
void departure_begin(struct departure *departure, uint64_t most, uint64_t now);

/* Returns the share of the plan of one loop. The loops are numbered from 0. */
struct slogout_plan departure_share(const struct departure *departure, unsigned loop);

/* Returns the rate at which the drain of one loop with this share begins its clients: the rate of the share, or the
 * higher rate that the deadline requires. */
uint32_t departure_rate(const struct slogout_plan *share, uint64_t clients);

/* Logs the plan, with the number of all clients and the rate of all loops. */
void departure_log(const struct departure *departure, uint64_t clients, uint64_t rate);

/* Notes the time by which the drains will be over. */
void departure_set_end(struct departure *departure, uint64_t over_by_ms, uint64_t now);

/* Returns the milliseconds within which the program will have ended, with this number of clients, or 0 before the
 * announcement and after the end. */
uint64_t departure_left_ms(const struct departure *departure, uint64_t clients, uint64_t now);

/* Returns 1 if progress must be reported now. */
int departure_is_due(const struct departure *departure, uint64_t now);
void departure_report(struct departure *departure, const struct totals *totals, uint64_t now);

/* Reports the end. Returns 1 if every client had its outcome in time, and max_in_flight was never exceeded. */
int departure_end(struct departure *departure, const struct totals *totals, uint64_t now);

#endif

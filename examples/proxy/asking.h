/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks clients to leave, at a pace, while the program continues to serve. An asking is a drain without a deadline.
 * Several askings can run at a time, each at its own pace. */
#ifndef ASKING_H
#define ASKING_H

#include <slogout/drain.h>

struct asking;

/* The askings of one loop. A struct of zeros asks nobody. */
struct askings {
    struct asking *first; /* NULL: all are over */
    unsigned ended;       /* so far */
};

/* Makes an asking. Returns NULL, and logs the failure, if there is no memory. */
struct asking *asking_new(struct askings *askings, struct slogout *slogout);

/* Adds a client, which leaves the asking or the departure for which it waits. Returns 1, or 0 if the client is leaving
 * already. */
int asking_add(struct asking *asking, struct slogout_session *session);

/* Starts to ask the clients, at the pace of the plan. If there are none, the asking ends in the next tick. */
void asking_start(struct asking *asking, const struct slogout_plan *plan, uint64_t now);

/* Ends all askings. Clients that have been asked continue to leave. Call it before slogout_free(). */
void askings_end(struct askings *askings);

#endif

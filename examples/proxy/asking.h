/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks clients to leave, at a pace, while the program continues to serve: a drain without a deadline. */
#ifndef ASKING_H
#define ASKING_H

#include <slogout/drain.h>

/* A struct of zeros asks nobody. */
struct asking {
    struct slogout_drain *drain; /* NULL: it is over */
    unsigned ended;              /* so far */
};

/* Makes the drain, unless one is running. Returns 0, or logs the failure and returns -1 if there is no
 * memory. */
int asking_prepare(struct asking *asking, struct slogout *slogout);

/* Adds a client. Returns 1, or 0 if the client is leaving already. */
int asking_add(struct asking *asking, struct slogout_session *session);

/* Starts to ask the waiting clients, at the pace of the plan. */
void asking_start(struct asking *asking, const struct slogout_plan *plan, uint64_t now);

/* Stops asking. Clients that have been asked continue to leave. Call it before slogout_free(). */
void asking_end(struct asking *asking);

#endif

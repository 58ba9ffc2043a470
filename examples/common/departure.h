/* How a program ends: a drain takes its clients off by a plan, tells on standard error how far it is, and
 * says when all have gone. */
#ifndef DEPARTURE_H
#define DEPARTURE_H

#include <slogout/drain.h>

struct departure {
    struct slogout_drain *drain;
    struct slogout_plan plan;
    uint64_t report_ms; /* when progress is told next; UINT64_MAX: never */
    int is_begun;
    int is_over; /* every client that was added has its outcome, and its session is freed */
};

/* Takes all that can fail before there is a client. Returns 0 or slogout's error: NOMEM; or PLAN, for a
 * plan that cannot be kept even for one client, and then *advice is filled. */
int departure_init(struct departure *departure, struct slogout *slogout, const struct slogout_plan *plan,
                   struct slogout_advice *advice);

/* To be called before slogout_free(). */
void departure_free(struct departure *departure);

/* A client that is to leave with the others; one that is leaving already is left alone. */
void departure_add(struct departure *departure, struct slogout_session *session);

/* The first time it starts the drain. After that it waits for no answers any more. */
void departure_go(struct departure *departure, uint64_t now);

/* Tells how far it is, when it is time for that: once in a second. */
void departure_report(struct departure *departure, uint64_t now);

#endif

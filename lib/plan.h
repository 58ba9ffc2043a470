/* The arithmetic of a drain's promise: what a plan needs, what would do, and what is made of it. Lengths in
 * milliseconds from the start of the drain; SLOGOUT_NEVER: no deadline.
 *
 *   0 ............ last_ask ............... force ..... force + tail ............ deadline
 *   LOGOUT, in slots  | only `* BYE` goes out |  forced, in slots  | the last lines end  | nobody is left
 *                     |<-- answer timeout --->|                    |<- leave timeout --->| */
#ifndef PLAN_H
#define PLAN_H

#include <slogout/drain.h>

struct timeouts {
    uint32_t answer, leave;
};

/* What a drain does by a plan, after all compromises. */
struct schedule {
    uint64_t force;     /* when forcing begins */
    uint64_t ask_until; /* LOGOUT goes out before this, and never again; 0: never at all */
    uint64_t deadline;
    uint64_t spread, tail;
    uint32_t in_flight; /* 0: no limit */
};

int plan_fits(const struct slogout_plan *plan, const struct timeouts *timeouts, uint64_t sessions);
void plan_advise(const struct slogout_plan *plan, const struct timeouts *timeouts, uint64_t sessions,
                 struct slogout_advice *advice);
/* For a plan that fits this is the plan itself; from any other it makes the best that keeps the deadline. */
void plan_schedule(const struct slogout_plan *plan, const struct timeouts *timeouts, uint64_t sessions,
                   struct schedule *schedule);
/* How many of those that wait (not 0) must be begun before the places in flight are used again for the
 * others, and by when, so that all can be asked in time if no client answers. */
struct plan_round {
    uint64_t sessions, latest;
};
struct plan_round plan_round(const struct schedule *schedule, uint32_t answer_timeout, uint64_t waiting);

#endif

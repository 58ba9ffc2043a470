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
/* When a session must be begun at the latest while `waiting` have not been, it among them, so that all can be
 * asked before last_ask, answering or not, within the limit. */
uint64_t plan_latest(const struct schedule *schedule, uint32_t answer_timeout, uint64_t waiting);

#endif

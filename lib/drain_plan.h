/* The arithmetic of a drain's promise: what a plan needs, what would do, and what is made of it. Lengths in
 * milliseconds from the start of the drain; SLOGOUT_NEVER: no deadline.
 *
 *   0 ............ last_ask ............... force ..... force + tail ............ deadline
 *   LOGOUT, in slots  | only `* BYE` goes out |  forced, in slots  | the last lines end  | nobody is left
 *                     |<-- answer timeout --->|                    |<- leave timeout --->| */
#ifndef SLO_DRAIN_PLAN_H
#define SLO_DRAIN_PLAN_H

#include <slogout/drain.h>

struct slo_timeouts {
    uint32_t answer, leave;
};

/* What a drain does by a plan, after all compromises. */
struct slo_schedule {
    uint64_t force;     /* when forcing begins */
    uint64_t ask_until; /* LOGOUT goes out before this, and never again; 0: never at all */
    uint64_t deadline;
    uint64_t spread, tail;
    uint32_t in_flight; /* 0: no limit */
};

int slo_plan_fits(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions);
void slo_plan_advise(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions,
                     struct slogout_advice *advice);
/* For a plan that fits this is the plan itself; from any other it makes the best that keeps the deadline. */
void slo_plan_schedule(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                       uint64_t sessions, struct slo_schedule *schedule);
/* How many of those that wait (not 0) must be begun before the places in flight are used again for the
 * others, and by when, so that all can be asked in time if no client answers. */
struct slo_plan_round {
    uint64_t sessions, latest;
};
struct slo_plan_round slo_plan_round(const struct slo_schedule *schedule, uint32_t answer_timeout,
                                     uint64_t waiting);

#endif

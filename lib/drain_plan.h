/* SPDX-License-Identifier: BSD-2-Clause */
/* Computes whether a plan meets its deadline, and the schedule of a drain.
 *
 * All times are milliseconds from the start of the drain. SLOGOUT_NEVER means that there is no deadline.
 *
 *   0 ......... last LOGOUT ............. force ......... force + tail ......... deadline
 *   LOGOUT, paced    | only `* BYE`, paced  | forced, paced     | the last lines are  | every session has
 *                    |                      |                   | written             | its outcome
 *                    |<-- answer timeout -->|<----- tail ------>|<-- leave timeout -->| */
#ifndef SLO_DRAIN_PLAN_H
#define SLO_DRAIN_PLAN_H

#include <slogout/drain.h>

/* The settings that a plan depends on. */
struct slo_timeouts {
    uint32_t answer; /* not 0 */
    uint32_t leave;
};

/* The times and limits by which a drain acts. */
struct slo_schedule {
    uint64_t force;     /* when forcing begins */
    uint64_t ask_until; /* LOGOUT is sent before this time, and not at it; 0 if it is never sent */
    uint64_t begin_by;  /* all sessions must begin by this time, which is force or, if all sessions can be
                         * asked, early enough that a late tick is before ask_until */
    uint64_t deadline;
    uint64_t spread, tail;
    uint64_t begun;     /* when all sessions have begun, if only spread and rate pace them */
    uint32_t in_flight; /* 0 if there is no limit */
    uint32_t rate;      /* 0 if there is no rate */
};

/* The waiting sessions that must begin first. */
struct slo_plan_round {
    uint64_t sessions; /* their number, not 0 */
    uint64_t latest;   /* the time by which they must begin */
};

/* Returns 1 if the plan can be kept for this number of sessions even if no client answers, and 0 otherwise.
 * Here and below, a number of 0 counts as 1, because the first session that joins must fit too. */
int slo_plan_fits(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions);
/* Fills *advice for slogout_plan_check(). */
void slo_plan_advise(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions,
                     struct slogout_advice *advice);
/* Makes a schedule that keeps the deadline. If the plan fits, the schedule keeps all of the plan. If the plan
 * fits only with a higher limit, the schedule has the least limit that fits. Otherwise, the schedule has no
 * limit and changes the spread and the rate only as far as necessary to begin all sessions before forcing.
 * LOGOUT is then sent only until ask_until. */
void slo_plan_schedule(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                       uint64_t sessions, struct slo_schedule *schedule);
/* Returns the waiting sessions that must begin before the other sessions use the places in flight again, so
 * that all can be asked in time if no client answers. The number of waiting sessions must not be 0. */
struct slo_plan_round slo_plan_round(const struct slo_schedule *schedule, uint32_t answer_timeout,
                                     uint64_t waiting);

#endif

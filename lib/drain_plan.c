/* SPDX-License-Identifier: BSD-2-Clause */
#include "drain_plan.h"
#include "drain_pacer.h"
#include "saturate.h"

static uint64_t deadline_of(const struct slogout_plan *plan)
{
    return plan->deadline_ms ? plan->deadline_ms : SLOGOUT_NEVER;
}

/* Returns the longest time that a session is in flight if its client does not answer and the pacer can make
 * up for late ticks. */
static uint64_t flight_of(uint32_t answer_timeout)
{
    return (uint64_t)answer_timeout + SLO_PACER_CATCH_UP_MS;
}

/* Returns the time that it takes to begin the sessions at this rate. */
static uint64_t paced_ms(uint32_t rate, uint64_t sessions)
{
    return rate ? slo_ratio_up(sessions, 1000, rate) : 0;
}

/* If no client answers, the places in flight are free again when the answer timeout has passed, so the
 * sessions use them in rounds. If the last round would not be full, the first round is smaller instead. */
static uint64_t later_rounds(uint32_t limit, uint64_t sessions)
{
    return limit ? slo_divide_up(sessions, limit) - 1 : 0;
}

/* Returns the time that it takes to begin all sessions if no client answers. */
static uint64_t begin_ms(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                         uint64_t sessions)
{
    const uint64_t later = later_rounds(plan->max_in_flight, sessions);
    const uint64_t first_round = paced_ms(plan->rate, sessions - slo_multiply(later, plan->max_in_flight));
    const uint64_t rounds = slo_add(first_round, slo_multiply(later, flight_of(timeouts->answer)));

    return slo_max(slo_max(plan->spread_ms, paced_ms(plan->rate, sessions)), rounds);
}

static uint64_t shortest_deadline(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                                  uint64_t sessions)
{
    const uint64_t count = sessions ? sessions : 1;
    const uint64_t rest = flight_of(timeouts->answer) + plan->tail_ms + timeouts->leave;

    return slo_add(begin_ms(plan, timeouts, count), rest);
}

int slo_plan_fits(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions)
{
    return shortest_deadline(plan, timeouts, sessions) <= deadline_of(plan);
}

/* Sets a member of the plan, which is its rate or its limit, to the least value with which the plan fits, or
 * to 0 if no value makes it fit. The search relies on the fact that a greater value never needs a longer
 * deadline. */
static void set_least_that_fits(struct slogout_plan *plan, uint32_t *member,
                                const struct slo_timeouts *timeouts, uint64_t sessions)
{
    uint32_t low = 1;
    uint32_t high = UINT32_MAX;

    *member = high;
    if (!slo_plan_fits(plan, timeouts, sessions))
        low = high = 0;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        *member = middle;
        if (slo_plan_fits(plan, timeouts, sessions))
            high = middle;
        else
            low = middle + 1;
    }
    *member = low;
}

/* Returns the time at which forcing must begin, or SLOGOUT_NEVER if there is no deadline. */
static uint64_t force_of(const struct slogout_plan *plan, const struct slo_timeouts *timeouts)
{
    const uint64_t deadline = deadline_of(plan);

    if (deadline == SLOGOUT_NEVER)
        return SLOGOUT_NEVER;
    return slo_subtract(deadline, (uint64_t)plan->tail_ms + timeouts->leave);
}

void slo_plan_advise(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions,
                     struct slogout_advice *advice)
{
    struct slogout_plan other = *plan;

    advice->shortest_deadline_ms = shortest_deadline(plan, timeouts, sessions);
    set_least_that_fits(&other, &other.max_in_flight, timeouts, sessions);
    advice->smallest_in_flight = other.max_in_flight;
    other = *plan;
    set_least_that_fits(&other, &other.rate, timeouts, sessions);
    advice->lowest_rate = other.rate;
    other = *plan;
    other.spread_ms = 0;
    advice->longest_spread_ms = SLOGOUT_NEVER;
    if (slo_plan_fits(&other, timeouts, sessions))
        advice->longest_spread_ms =
            slo_min(force_of(plan, timeouts) - flight_of(timeouts->answer), UINT32_MAX);
}

void slo_plan_schedule(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                       uint64_t sessions, struct slo_schedule *schedule)
{
    const uint64_t force = force_of(plan, timeouts);
    struct slogout_plan kept = *plan;

    /* If the plan does not fit even without a limit, its pace leaves no time to ask all sessions. */
    kept.max_in_flight = 0;
    schedule->begin_by = force;
    if (slo_plan_fits(&kept, timeouts, sessions)) {
        schedule->begin_by = force - flight_of(timeouts->answer);
        kept.max_in_flight = plan->max_in_flight;
        if (!slo_plan_fits(&kept, timeouts, sessions))
            set_least_that_fits(&kept, &kept.max_in_flight, timeouts, sessions);
    }
    schedule->force = force;
    schedule->ask_until = slo_subtract(force, timeouts->answer - 1);
    schedule->deadline = deadline_of(plan);
    schedule->spread = slo_min(plan->spread_ms, force);
    schedule->tail = slo_min(plan->tail_ms, slo_subtract(schedule->deadline, timeouts->leave));
    schedule->begun = slo_min(slo_max(schedule->spread, paced_ms(plan->rate, sessions)), force);
    schedule->in_flight = kept.max_in_flight;
    schedule->rate = plan->rate;
}

struct slo_plan_round slo_plan_round(const struct slo_schedule *schedule, uint32_t answer_timeout,
                                     uint64_t waiting)
{
    const uint64_t later = later_rounds(schedule->in_flight, waiting);
    const struct slo_plan_round round = {
        waiting - slo_multiply(later, schedule->in_flight),
        slo_subtract(schedule->begin_by, slo_multiply(later, flight_of(answer_timeout))),
    };

    return round;
}

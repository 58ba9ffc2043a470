#include "drain_plan.h"
#include "saturate.h"

/* If no client answers, the places in flight are free again when the answer timeout has passed, and the sessions go
 * through them in rounds. Returns how long all rounds take. */
static uint64_t rounds_ms(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                          uint64_t sessions)
{
    const uint64_t rounds = plan->max_in_flight ? slo_divide_up(sessions, plan->max_in_flight) : 1;

    return slo_multiply(rounds, timeouts->answer);
}

static uint64_t shortest_deadline(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                                  uint64_t sessions)
{
    const uint64_t spread = (uint64_t)plan->spread_ms + timeouts->answer;
    const uint64_t rounds = rounds_ms(plan, timeouts, sessions ? sessions : 1);

    return slo_add(slo_max(spread, rounds), (uint64_t)plan->tail_ms + timeouts->leave);
}

static uint64_t force_at(const struct slogout_plan *plan, const struct slo_timeouts *timeouts)
{
    if (!plan->deadline_ms)
        return SLOGOUT_NEVER;
    return slo_subtract(plan->deadline_ms, (uint64_t)plan->tail_ms + timeouts->leave);
}

/* Returns the smallest limit that has all sessions asked in the time before force, or 0 if no limit does. */
static uint32_t smallest_limit(uint64_t force, const struct slo_timeouts *timeouts, uint64_t sessions)
{
    const uint64_t rounds = force / timeouts->answer;
    const uint64_t smallest = rounds ? slo_divide_up(sessions ? sessions : 1, rounds) : 0;

    return smallest <= UINT32_MAX ? (uint32_t)smallest : 0;
}

int slo_plan_fits(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions)
{
    return !plan->deadline_ms || shortest_deadline(plan, timeouts, sessions) <= plan->deadline_ms;
}

void slo_plan_advise(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions,
                     struct slogout_advice *advice)
{
    const uint64_t force = force_at(plan, timeouts);
    const uint64_t longest = slo_min(slo_subtract(force, timeouts->answer), UINT32_MAX);
    const int rounds_fit = rounds_ms(plan, timeouts, sessions ? sessions : 1) <= force;
    const int spread_fits = (uint64_t)plan->spread_ms + timeouts->answer <= force;

    advice->shortest_deadline_ms = shortest_deadline(plan, timeouts, sessions);
    advice->longest_spread_ms = rounds_fit ? longest : SLOGOUT_NEVER;
    advice->smallest_in_flight = spread_fits ? smallest_limit(force, timeouts, sessions) : 0;
}

void slo_plan_schedule(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions,
                       struct slo_schedule *schedule)
{
    const uint64_t force = force_at(plan, timeouts);
    const uint32_t smallest = smallest_limit(force, timeouts, sessions);
    const int can_ask = force >= timeouts->answer;

    schedule->force = force;
    schedule->deadline = plan->deadline_ms ? plan->deadline_ms : SLOGOUT_NEVER;
    schedule->ask_until = can_ask ? force - timeouts->answer + 1 : 0;
    schedule->spread = slo_min(plan->spread_ms, can_ask ? force - timeouts->answer : force);
    schedule->tail = slo_min(plan->tail_ms, slo_subtract(schedule->deadline, timeouts->leave));
    schedule->in_flight = 0;
    if (plan->max_in_flight && smallest)
        schedule->in_flight = (uint32_t)slo_max(plan->max_in_flight, smallest);
}

struct slo_plan_round slo_plan_round(const struct slo_schedule *schedule, uint32_t answer_timeout,
                                     uint64_t waiting)
{
    const uint64_t later_rounds = schedule->in_flight ? (waiting - 1) / schedule->in_flight : 0;
    const uint64_t last_logout = slo_subtract(schedule->ask_until, 1);
    const struct slo_plan_round round = {
        waiting - later_rounds * schedule->in_flight,
        slo_subtract(last_logout, slo_multiply(later_rounds, answer_timeout)),
    };

    return round;
}

#include "drain_plan.h"
#include "saturate.h"

/* How often the places in flight are used if no client answers. */
static uint64_t rounds(uint64_t sessions, uint32_t in_flight)
{
    return in_flight ? slo_divide_up(sessions, in_flight) : 1;
}

/* When forcing may begin at the earliest. */
static uint64_t needed(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                       uint64_t sessions)
{
    const uint64_t by_spread = (uint64_t)plan->spread_ms + timeouts->answer;
    const uint64_t by_limit = slo_multiply(rounds(sessions, plan->max_in_flight), timeouts->answer);

    return slo_max(by_spread, by_limit);
}

/* What stands between the beginning of forcing and the deadline. */
static uint64_t ending(const struct slogout_plan *plan, const struct slo_timeouts *timeouts)
{
    return (uint64_t)plan->tail_ms + timeouts->leave;
}

static uint64_t shortest_deadline(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                                  uint64_t sessions)
{
    return slo_add(needed(plan, timeouts, sessions), ending(plan, timeouts));
}

/* A drain without sessions is measured by the first that will come. */
static uint64_t at_least_one(uint64_t sessions)
{
    return slo_max(sessions, 1);
}

int slo_plan_fits(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions)
{
    return !plan->deadline_ms ||
           shortest_deadline(plan, timeouts, at_least_one(sessions)) <= plan->deadline_ms;
}

static uint64_t force_at(const struct slogout_plan *plan, const struct slo_timeouts *timeouts)
{
    return plan->deadline_ms ? slo_subtract(plan->deadline_ms, ending(plan, timeouts)) : SLOGOUT_NEVER;
}

/* The smallest that has all asked in so many rounds, or 0 if that is too large for a limit, or there are
 * none. */
static uint32_t smallest_in_flight(uint64_t sessions, uint64_t most_rounds)
{
    const uint64_t smallest = most_rounds ? slo_divide_up(sessions, most_rounds) : 0;

    return smallest <= UINT32_MAX ? (uint32_t)smallest : 0;
}

/* A deadline that ends before forcing can begin leaves nothing to be advised but a longer one. */
void slo_plan_advise(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions,
                     struct slogout_advice *advice)
{
    const uint64_t count = at_least_one(sessions);
    const uint64_t force = force_at(plan, timeouts);
    const uint64_t longest = slo_subtract(force, timeouts->answer);
    const uint64_t by_limit = slo_multiply(rounds(count, plan->max_in_flight), timeouts->answer);
    const uint64_t most_rounds = force / timeouts->answer;

    advice->shortest_deadline_ms = shortest_deadline(plan, timeouts, count);
    advice->longest_spread_ms = by_limit <= force ? slo_min(longest, UINT32_MAX) : SLOGOUT_NEVER;
    advice->smallest_in_flight = 0;
    if ((uint64_t)plan->spread_ms + timeouts->answer <= force)
        advice->smallest_in_flight = smallest_in_flight(count, most_rounds);
}

/* The limit as it is, or as large as it must be for all to be asked in time. */
static uint32_t fitting_limit(const struct slogout_plan *plan, uint64_t sessions, uint64_t most_rounds)
{
    const uint32_t smallest = smallest_in_flight(sessions, most_rounds);

    if (!plan->max_in_flight || !smallest)
        return 0;
    return (uint32_t)slo_max(plan->max_in_flight, smallest);
}

void slo_plan_schedule(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                       uint64_t sessions, struct slo_schedule *schedule)
{
    const uint64_t force = force_at(plan, timeouts);
    const uint64_t deadline = plan->deadline_ms ? plan->deadline_ms : SLOGOUT_NEVER;
    const uint64_t most_rounds = force / timeouts->answer;
    const int can_ask = most_rounds > 0;

    schedule->force = force;
    schedule->deadline = deadline;
    schedule->ask_until = can_ask ? force - timeouts->answer + 1 : 0;
    schedule->spread = slo_min(plan->spread_ms, can_ask ? force - timeouts->answer : force);
    schedule->tail = slo_min(plan->tail_ms, slo_subtract(deadline, timeouts->leave));
    schedule->in_flight = fitting_limit(plan, at_least_one(sessions), most_rounds);
}

struct slo_plan_round slo_plan_round(const struct slo_schedule *schedule, uint32_t answer_timeout,
                                     uint64_t waiting)
{
    const uint64_t later = schedule->in_flight ? (waiting - 1) / schedule->in_flight : 0;
    const uint64_t last_ask = slo_subtract(schedule->ask_until, 1);
    const struct slo_plan_round round = {
        waiting - later * schedule->in_flight,
        slo_subtract(last_ask, slo_multiply(later, answer_timeout)),
    };
    return round;
}

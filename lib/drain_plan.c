#include "drain_plan.h"
#include "saturate.h"

/* What a plan needs and leaves. */
struct needs {
    uint64_t spread;   /* for all answer timers, if LOGOUT is sent over the spread */
    uint64_t rounds;   /* for all answer timers, if LOGOUT is sent as fast as the limit allows */
    uint64_t deadline; /* the shortest one that can be kept */
    uint64_t force;    /* when forcing must begin for the plan's own deadline; SLOGOUT_NEVER if it has none */
    uint32_t limit;    /* the smallest one that has all asked in time before that; 0 if none does */
};

static uint64_t deadline_of(const struct slogout_plan *plan)
{
    return plan->deadline_ms ? plan->deadline_ms : SLOGOUT_NEVER;
}

/* If no client answers, the places in flight are free again when the answer timeout has passed, so the
 * sessions go through them in rounds. */
static struct needs needs_of(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                             uint64_t sessions)
{
    const uint64_t count = sessions ? sessions : 1;
    const uint64_t rounds = plan->max_in_flight ? slo_divide_up(count, plan->max_in_flight) : 1;
    const uint64_t ending = (uint64_t)plan->tail_ms + timeouts->leave;
    const uint64_t deadline = deadline_of(plan);
    uint64_t limit = 1;
    struct needs needs;

    needs.spread = (uint64_t)plan->spread_ms + timeouts->answer;
    needs.rounds = slo_multiply(rounds, timeouts->answer);
    needs.deadline = slo_add(slo_max(needs.spread, needs.rounds), ending);
    needs.force = SLOGOUT_NEVER;
    if (deadline < SLOGOUT_NEVER) {
        const uint64_t force = slo_subtract(deadline, ending);
        const uint64_t most_rounds = force / timeouts->answer;

        needs.force = force;
        limit = most_rounds ? slo_divide_up(count, most_rounds) : 0;
    }
    needs.limit = limit <= UINT32_MAX ? (uint32_t)limit : 0;
    return needs;
}

int slo_plan_fits(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions)
{
    return needs_of(plan, timeouts, sessions).deadline <= deadline_of(plan);
}

void slo_plan_advise(const struct slogout_plan *plan, const struct slo_timeouts *timeouts, uint64_t sessions,
                     struct slogout_advice *advice)
{
    const struct needs needs = needs_of(plan, timeouts, sessions);

    advice->shortest_deadline_ms = needs.deadline;
    advice->longest_spread_ms = SLOGOUT_NEVER;
    if (needs.rounds <= needs.force) /* then force is not before the answer timeout either */
        advice->longest_spread_ms = slo_min(needs.force - timeouts->answer, UINT32_MAX);
    advice->smallest_in_flight = needs.spread <= needs.force ? needs.limit : 0;
}

void slo_plan_schedule(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                       uint64_t sessions, struct slo_schedule *schedule)
{
    const struct needs needs = needs_of(plan, timeouts, sessions);
    uint64_t longest_spread = needs.force;

    schedule->force = needs.force;
    schedule->deadline = deadline_of(plan);
    schedule->ask_until = 0;
    if (needs.force >= timeouts->answer) {
        longest_spread = needs.force - timeouts->answer; /* to the last LOGOUT */
        schedule->ask_until = longest_spread + 1;
    }
    schedule->spread = slo_min(plan->spread_ms, longest_spread);
    schedule->tail = slo_min(plan->tail_ms, slo_subtract(schedule->deadline, timeouts->leave));
    /* If there is no time for that many rounds, fewer do, of more sessions each. */
    schedule->in_flight = needs.rounds <= needs.force ? plan->max_in_flight : needs.limit;
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

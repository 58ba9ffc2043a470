#include "prove.h"
#include "saturate.h"

/* Where it does not matter what a product is, as long as it is the same for the same factors. */
#ifdef OPAQUE
uint64_t __CPROVER_uninterpreted_multiply(uint64_t a, uint64_t b);
uint64_t __CPROVER_uninterpreted_divide_up(uint64_t a, uint64_t b);
#define slo_multiply  __CPROVER_uninterpreted_multiply
#define slo_divide_up __CPROVER_uninterpreted_divide_up
#endif

#include "drain_plan.c"

struct question {
    struct slogout_plan plan;
    struct slo_timeouts timeouts;
    uint64_t sessions; /* not 0, as none counts as one */
};

/* Any plan, timeouts and sessions. */
static struct question any_question(void)
{
    struct question any;

    any.plan.spread_ms = nondet_uint32();
    any.plan.tail_ms = nondet_uint32();
    any.plan.deadline_ms = nondet_uint64();
    any.plan.max_in_flight = nondet_uint32();
    any.timeouts.answer = nondet_uint32();
    any.timeouts.leave = nondet_uint32();
    any.sessions = nondet_uint64();
    ASSUME(any.timeouts.answer > 0 && any.sessions > 0);
    return any;
}

/* Words of the promise, as in the manual. */

static int has_deadline(const struct question *q)
{
    return q->plan.deadline_ms > 0 && q->plan.deadline_ms < SLOGOUT_NEVER;
}

/* From the beginning of forcing to the deadline. */
static uint64_t ending(const struct question *q)
{
    return (uint64_t)q->plan.tail_ms + q->timeouts.leave;
}

static uint64_t force(const struct question *q)
{
    return slo_subtract(q->plan.deadline_ms, ending(q));
}

/* In which silent clients leave. */
static uint64_t rounds(const struct question *q)
{
    return q->plan.max_in_flight ? slo_divide_up(q->sessions, q->plan.max_in_flight) : 1;
}

static int limit_is_enough(const struct question *q)
{
    return !has_deadline(q) || slo_multiply(rounds(q), q->timeouts.answer) <= force(q);
}

static int should_fit(const struct question *q)
{
    return !has_deadline(q) ||
           (ending(q) <= q->plan.deadline_ms &&
            (uint64_t)q->plan.spread_ms + q->timeouts.answer <= force(q) && limit_is_enough(q));
}

static int fits(const struct question *q)
{
    return slo_plan_fits(&q->plan, &q->timeouts, q->sessions);
}

/* proves: x times a is not more than f exactly if x is not more than f / a; n / m, rounded up, is not more than r exactly if n / r, rounded up, is not more than m; neither is too small: what the proofs below use, for all 64-bit values
 * by: integers
 * mutant: lib/saturate.h: a % b > 0 => a % b > 1 */
void divisions(void)
{
    const uint64_t x = nondet_uint64(), a = nondet_uint64(), f = nondet_uint64();
    const uint64_t n = nondet_uint64(), m = nondet_uint64(), r = nondet_uint64();

    ASSUME(a > 0 && m > 0 && r > 0 && f < UINT64_MAX);
    CHECK((slo_multiply(x, a) <= f) == (x <= f / a));
    CHECK((slo_divide_up(n, m) <= r) == (slo_divide_up(n, r) <= m));
    CHECK(x == 0 || slo_multiply(x, a) >= a);
    CHECK(n == 0 || slo_divide_up(n, m) > 0);
}

/* proves: a plan is accepted exactly if spread + answer timeout, and rounds times answer timeout, each with tail and leave timeout on top, are not later than the deadline, if there is one, for all plans, timeouts and numbers of sessions
 * with: -DOPAQUE --unsigned-overflow-check
 * mutant: lib/drain_plan.c: deadline <= deadline_of(plan) => deadline < deadline_of(plan)
 * mutant: lib/drain_plan.c: slo_max(needs.spread, needs.rounds) => slo_min(needs.spread, needs.rounds) */
void check(void)
{
    const struct question q = any_question();

    CHECK(fits(&q) == should_fit(&q));
}

/* proves: a plan that is accepted is kept whole: spread, tail, whole answer and leave timeouts, deadline, for all plans, timeouts and numbers of sessions
 * by: integers
 * with: --unsigned-overflow-check
 * mutant: lib/drain_plan.c: longest_spread + 1 => longest_spread
 * mutant: lib/drain_plan.c: slo_min(plan->spread_ms, longest_spread) => slo_min(plan->spread_ms, longest_spread / 2) */
void schedule(void)
{
    const struct question q = any_question();
    struct slo_schedule made;

    ASSUME(fits(&q));
    slo_plan_schedule(&q.plan, &q.timeouts, q.sessions, &made);
    CHECK(made.spread == q.plan.spread_ms);
    CHECK(made.tail == q.plan.tail_ms);
    CHECK(made.deadline == (has_deadline(&q) ? q.plan.deadline_ms : SLOGOUT_NEVER));
    CHECK(made.force == (has_deadline(&q) ? made.deadline - ending(&q) : SLOGOUT_NEVER));
    CHECK(made.ask_until > made.spread);
    CHECK(made.ask_until - 1 + q.timeouts.answer == made.force);
}

/* proves: the limit stays if it is enough, else it is raised to what would be advised without a spread, for all plans, timeouts and numbers of sessions
 * by: integers
 * with: -DOPAQUE
 * mutant: lib/drain_plan.c: needs.rounds <= needs.force ? plan->max => needs.rounds < needs.force ? plan->max */
void limit(void)
{
    struct question q = any_question();
    struct slogout_advice advice;
    struct slo_schedule made;

    slo_plan_schedule(&q.plan, &q.timeouts, q.sessions, &made);
    if (limit_is_enough(&q)) {
        CHECK(made.in_flight == q.plan.max_in_flight);
        return;
    }
    q.plan.spread_ms = 0;
    slo_plan_advise(&q.plan, &q.timeouts, q.sessions, &advice);
    CHECK(made.in_flight == advice.smallest_in_flight);
}

/* proves: a limit is accepted exactly if one is advised and this one is not smaller, for all plans, limits, timeouts and numbers of sessions
 * by: integers
 * with: -DOPAQUE
 * mutant: lib/drain_plan.c: force / timeouts->answer => force / timeouts->answer / 2 */
void smallest(void)
{
    struct question q = any_question();
    struct slogout_advice advice;
    uint64_t most;

    slo_plan_advise(&q.plan, &q.timeouts, q.sessions, &advice);
    q.plan.max_in_flight = nondet_uint32();
    ASSUME(q.plan.max_in_flight > 0);
    if (!has_deadline(&q)) {
        CHECK(advice.smallest_in_flight == 1 && should_fit(&q));
        return;
    }
    most = force(&q) / q.timeouts.answer;
    /* What divisions() proves of them. */
    ASSUME((slo_multiply(rounds(&q), q.timeouts.answer) <= force(&q)) == (rounds(&q) <= most));
    ASSUME(most == 0 || (rounds(&q) <= most) == (slo_divide_up(q.sessions, most) <= q.plan.max_in_flight));
    ASSUME(most == 0 || slo_divide_up(q.sessions, most) > 0);
    ASSUME(rounds(&q) > 0);
    if (most == 0) {
        CHECK(advice.smallest_in_flight == 0 && !should_fit(&q));
        return;
    }
    LEMMA(limit_is_enough(&q) == (slo_divide_up(q.sessions, most) <= q.plan.max_in_flight));
    if (!should_fit(&q)) {
        CHECK(advice.smallest_in_flight == 0 || q.plan.max_in_flight < advice.smallest_in_flight);
        return;
    }
    LEMMA(advice.smallest_in_flight == slo_divide_up(q.sessions, most));
    CHECK(advice.smallest_in_flight > 0 && q.plan.max_in_flight >= advice.smallest_in_flight);
}

/* proves: whatever the plan, even one that is not accepted: forced, tail and leave timeout end by the deadline, if it is not shorter than the leave timeout, and whoever is asked has a whole answer timeout, for all plans and timeouts
 * by: integers
 * with: --unsigned-overflow-check
 * mutant: lib/drain_plan.c: force >= timeouts->answer => force >= timeouts->leave
 * mutant: lib/drain_plan.c: slo_min(plan->tail_ms, slo_subtract => slo_max(plan->tail_ms, slo_subtract */
void compromise(void)
{
    const struct question q = any_question();
    struct slo_schedule made;

    slo_plan_schedule(&q.plan, &q.timeouts, q.sessions, &made);
    CHECK(made.spread <= q.plan.spread_ms && made.spread <= made.force);
    CHECK(made.tail <= q.plan.tail_ms);
    CHECK(made.force <= made.deadline);
    CHECK(made.deadline < q.timeouts.leave || made.tail <= made.deadline - q.timeouts.leave);
    CHECK(!has_deadline(&q) || made.deadline < q.timeouts.leave ||
          made.force <= made.deadline - q.timeouts.leave - made.tail);
    CHECK(!made.ask_until ||
          (made.ask_until > made.spread && made.ask_until - 1 + q.timeouts.answer == made.force));
}

/* proves: the shortest deadline that is advised is accepted and a millisecond less is not, for all plans, timeouts and numbers of sessions
 * with: -DOPAQUE --unsigned-overflow-check
 * mutant: lib/drain_plan.c: slo_max(needs.spread, needs.rounds), ending => slo_max(needs.spread, needs.rounds), ending + 1 */
void shortest(void)
{
    struct question q = any_question();
    struct slogout_advice advice;

    ASSUME(slo_multiply(rounds(&q), q.timeouts.answer) >= q.timeouts.answer); /* see divisions() */
    slo_plan_advise(&q.plan, &q.timeouts, q.sessions, &advice);
    ASSUME(advice.shortest_deadline_ms < SLOGOUT_NEVER);
    q.plan.deadline_ms = advice.shortest_deadline_ms;
    CHECK(should_fit(&q));
    q.plan.deadline_ms--;
    CHECK(q.plan.deadline_ms == 0 || !should_fit(&q));
}

/* proves: the longest spread that is advised is accepted and a millisecond more is not; if none is, none would be, for all plans, timeouts and numbers of sessions
 * with: -DOPAQUE
 * mutant: lib/drain_plan.c: slo_min(needs.force - timeouts->answer => slo_min(needs.force - timeouts->leave
 * mutant: lib/drain_plan.c: needs.rounds <= needs.force) => needs.rounds < needs.force) */
void longest(void)
{
    struct question q = any_question();
    struct slogout_advice advice;

    ASSUME(slo_multiply(rounds(&q), q.timeouts.answer) >= q.timeouts.answer); /* see divisions() */
    slo_plan_advise(&q.plan, &q.timeouts, q.sessions, &advice);
    if (advice.longest_spread_ms == SLOGOUT_NEVER) {
        q.plan.spread_ms = nondet_uint32();
        CHECK(!should_fit(&q));
        return;
    }
    q.plan.spread_ms = (uint32_t)advice.longest_spread_ms;
    CHECK(advice.longest_spread_ms <= UINT32_MAX);
    CHECK(should_fit(&q));
    q.plan.spread_ms++;
    CHECK(q.plan.spread_ms == 0 || !should_fit(&q));
}

/* proves: the round that is next has at least one session and no more than there are places, the rest is whole rounds, and their answer timeouts end when the last LOGOUT may go out, for all schedules and 64-bit numbers of sessions
 * by: integers
 * mutant: lib/drain_plan.c: (waiting - 1) / schedule->in_flight => waiting / schedule->in_flight */
void next_round(void)
{
    const struct slo_schedule made = {.ask_until = nondet_uint64(), .in_flight = nondet_uint32()};
    const uint32_t answer = nondet_uint32();
    const uint64_t waiting = nondet_uint64();
    struct slo_plan_round round;
    uint64_t later;

    ASSUME(waiting > 0 && answer > 0);
    round = slo_plan_round(&made, answer, waiting);
    CHECK(round.sessions > 0 && round.sessions <= waiting);
    CHECK(!made.in_flight || round.sessions <= made.in_flight);
    later = made.in_flight ? (waiting - 1) / made.in_flight : 0;
    CHECK(round.sessions + later * made.in_flight == waiting);
    CHECK(round.latest <= made.ask_until);
    CHECK(made.ask_until == 0 || round.latest < made.ask_until);
    CHECK(round.latest == 0 || round.latest + slo_multiply(later, answer) + 1 == made.ask_until);
}

/* proves: memory and conversions are safe, for all plans, timeouts and numbers of sessions
 * with: --no-assertions
 * mutant: lib/drain_plan.c: most_rounds ? slo_divide_up(count, most_rounds) : 0 => slo_divide_up(count, most_rounds) */
void memory(void)
{
    const struct question q = any_question();
    struct slo_schedule made;
    struct slogout_advice advice;

    slo_plan_fits(&q.plan, &q.timeouts, q.sessions);
    slo_plan_advise(&q.plan, &q.timeouts, q.sessions, &advice);
    slo_plan_schedule(&q.plan, &q.timeouts, q.sessions, &made);
    slo_plan_round(&made, q.timeouts.answer, q.sessions);
}

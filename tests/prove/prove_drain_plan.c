/* SPDX-License-Identifier: BSD-2-Clause */
#include "prove.h"
#include "saturate.h"

/* For proofs that hold for any values of products and quotients, if the same operands always give the same value. */
#ifdef OPAQUE
uint64_t __CPROVER_uninterpreted_multiply(uint64_t a, uint64_t b);
uint64_t __CPROVER_uninterpreted_divide_up(uint64_t a, uint64_t b);
uint64_t __CPROVER_uninterpreted_ratio_up(uint64_t a, uint32_t b, uint32_t c);
#define slo_multiply(a, b) ((a) == 0 ? 0 : __CPROVER_uninterpreted_multiply(a, b))
#define slo_divide_up      __CPROVER_uninterpreted_divide_up
#define slo_ratio_up       __CPROVER_uninterpreted_ratio_up
#endif

/* For the proof in which the reason why a limit or a rate is too low does not matter: any limit or rate may be enough,
 * or may need more time than there is. */
#ifdef ORACLE
#define TOO_LONG ((uint64_t)1 << 62)
static uint64_t needed; /* the smallest limit or rate that is enough */
static int can_fit;     /* whether the greatest limit or rate is enough */
#define slo_divide_up(a, b)   ((b) >= needed ? (uint64_t)1 : 2)
#define slo_multiply(a, b)    ((a) ? TOO_LONG : 0)
#define slo_ratio_up(a, b, c) ((c) >= needed ? (uint64_t)0 : TOO_LONG)
#endif

/* Replaces the calls of the search by what least() proves of it. The counter numbers the places where the source has
 * this name; place 0 is the search itself. */
#ifndef ORACLE
#include "drain_plan.h"
static void searched(struct slogout_plan *plan, uint32_t *member, const struct slo_timeouts *timeouts,
                     uint64_t sessions)
{
    *member = UINT32_MAX;
    if (!slo_plan_fits(plan, timeouts, sessions)) {
        *member = 0;
        return;
    }
    *member = nondet_uint32();
    ASSUME(*member > 0 && slo_plan_fits(plan, timeouts, sessions));
}
#define set_least_1 searched
#define set_least_2 searched
#define set_least_3 searched
#define JOINED(a, b) a##b
#define NUMBERED(a, b) JOINED(a, b)
#define set_least_that_fits NUMBERED(set_least_, __COUNTER__)
#endif

#include "drain_plan.c"

struct question {
    struct slogout_plan plan;
    struct slo_timeouts timeouts;
    uint64_t sessions; /* not 0, because 0 counts as 1 */
};

/* Returns any plan, timeouts and number of sessions. */
static struct question any_question(void)
{
    struct question any;

    any.plan.spread_ms = nondet_uint32();
    any.plan.tail_ms = nondet_uint32();
    any.plan.deadline_ms = nondet_uint64();
    any.plan.max_in_flight = nondet_uint32();
    any.plan.rate = nondet_uint32();
    any.timeouts.answer = nondet_uint32();
    any.timeouts.leave = nondet_uint32();
    any.sessions = nondet_uint64();
    ASSUME(any.timeouts.answer > 0 && any.sessions > 0);
#ifdef ORACLE
    ASSUME(any.plan.deadline_ms > 0 && any.plan.deadline_ms < TOO_LONG);
#endif
    return any;
}

/* The terms of the promise, as the manual uses them. */

static int has_deadline(const struct question *q)
{
    return q->plan.deadline_ms > 0 && q->plan.deadline_ms < SLOGOUT_NEVER;
}

/* Returns the time from the beginning of forcing to the deadline. */
static uint64_t ending(const struct question *q)
{
    return (uint64_t)q->plan.tail_ms + q->timeouts.leave;
}

static uint64_t force(const struct question *q)
{
    return slo_subtract(q->plan.deadline_ms, ending(q));
}

/* Returns the longest time that a session is in flight, if ticks may be late. */
static uint64_t flight(const struct question *q)
{
    return (uint64_t)q->timeouts.answer + 100;
}

/* Returns the number of rounds in which silent clients leave, without the first round. */
static uint64_t later(const struct question *q)
{
    return q->plan.max_in_flight ? slo_divide_up(q->sessions, q->plan.max_in_flight) - 1 : 0;
}

static uint64_t at_the_rate(const struct question *q, uint64_t sessions)
{
    return q->plan.rate ? slo_ratio_up(sessions, 1000, q->plan.rate) : 0;
}

/* Returns 1 if sessions that begin within this time can be in flight for their whole time before forcing begins. */
static int is_time_for(const struct question *q, uint64_t time)
{
    return !has_deadline(q) || (flight(q) <= force(q) && time <= force(q) - flight(q));
}

static int should_fit(const struct question *q)
{
    const uint64_t first = q->sessions - slo_multiply(later(q), q->plan.max_in_flight);

    return is_time_for(q, q->plan.spread_ms) && is_time_for(q, at_the_rate(q, q->sessions)) &&
           is_time_for(q, slo_add(at_the_rate(q, first), slo_multiply(later(q), flight(q))));
}

static int fits(const struct question *q)
{
    return slo_plan_fits(&q->plan, &q->timeouts, q->sessions);
}

/* proves: a plan is accepted exactly if there is no deadline, or if the spread, the sessions at the rate, and the
 *     rounds, each followed by a flight, the tail and the leave timeout, do not exceed the deadline, and a drain
 *     without sessions is planned for one, for all plans, timeouts and numbers of sessions
 * by: integers
 * with: -DOPAQUE
 * claims: slo_plan_fits shortest_deadline begin_ms paced_ms flight_of deadline_of
 * mutant: lib/drain_plan.c: slo_max(slo_max(plan->spread_ms, => slo_max(slo_min(plan->spread_ms,
 * mutant: lib/drain_plan.c: slo_add(first_round, => slo_max(first_round,
 * mutant: lib/drain_plan.c: answer_timeout + SLO_PACER_CATCH_UP_MS => answer_timeout
 * mutant: lib/drain_plan.c: slo_add(begin_ms(plan, timeouts, count), rest) => slo_add(begin_ms(plan, timeouts, count), rest + 1) */
void check(void)
{
    const struct question q = any_question();

    CHECK(fits(&q) == should_fit(&q));
    CHECK(slo_plan_fits(&q.plan, &q.timeouts, 0) == slo_plan_fits(&q.plan, &q.timeouts, 1));
}

/* proves: a schedule keeps all of a plan that is accepted: spread, rate, limit, tail, flights, leave timeout and
 *     deadline, for all plans, timeouts and numbers of sessions
 * by: integers
 * with: -DOPAQUE
 * claims: slo_plan_schedule force_of
 * mutant: lib/drain_plan.c: slo_subtract(force, timeouts->answer - 1) => slo_subtract(force, timeouts->answer)
 * mutant: lib/drain_plan.c: begin_by = force - flight_of(timeouts->answer) => begin_by = force - timeouts->answer
 * mutant: lib/drain_plan.c: slo_min(plan->spread_ms, force) => slo_min(plan->spread_ms, force / 2) */
void schedule(void)
{
    const struct question q = any_question();
    struct slo_schedule made;

    ASSUME(fits(&q));
    slo_plan_schedule(&q.plan, &q.timeouts, q.sessions, &made);
    CHECK(made.spread == q.plan.spread_ms);
    CHECK(made.rate == q.plan.rate);
    CHECK(made.in_flight == q.plan.max_in_flight);
    CHECK(made.tail == q.plan.tail_ms);
    CHECK(made.deadline == (has_deadline(&q) ? q.plan.deadline_ms : SLOGOUT_NEVER));
    CHECK(made.force == (has_deadline(&q) ? made.deadline - ending(&q) : SLOGOUT_NEVER));
    CHECK(made.begin_by >= made.spread && made.begin_by + flight(&q) == made.force);
    CHECK(made.ask_until == made.begin_by + 101);
}

/* proves: even if a plan is not accepted, forcing, the tail and the leave timeout end by the deadline, unless it is
 *     shorter than the leave timeout; the spread and the rate are kept until forcing begins; the limit is raised so
 *     that the plan fits, or is dropped if no limit makes it fit; and no client is asked whose answer timeout would end
 *     after forcing begins; for all plans, timeouts and numbers of sessions
 * by: integers
 * with: -DOPAQUE
 * claims: slo_plan_schedule
 * mutant: lib/drain_plan.c: kept.max_in_flight = 0; => ;
 * mutant: lib/drain_plan.c: slo_min(plan->tail_ms, slo_subtract => slo_max(plan->tail_ms, slo_subtract
 * mutant: lib/drain_plan.c: begin_by = force; => begin_by = deadline_of(plan);
 * mutant: lib/drain_plan.c: set_least_that_fits(&kept, &kept.max_in_flight => set_least_that_fits(&kept, &kept.rate */
void compromise(void)
{
    struct question q = any_question();
    struct slo_schedule made;

    slo_plan_schedule(&q.plan, &q.timeouts, q.sessions, &made);
    CHECK(made.spread == slo_min(q.plan.spread_ms, made.force) && made.rate == q.plan.rate);
    CHECK(made.begun == slo_min(slo_max(made.spread, at_the_rate(&q, q.sessions)), made.force));
    CHECK(made.ask_until == slo_subtract(made.force, q.timeouts.answer - 1));
    CHECK(made.tail <= q.plan.tail_ms);
    CHECK(made.force <= made.deadline);
    CHECK(made.deadline < q.timeouts.leave || made.tail <= made.deadline - q.timeouts.leave);
    CHECK(!has_deadline(&q) || made.deadline < q.timeouts.leave ||
          made.force <= made.deadline - q.timeouts.leave - made.tail);
    q.plan.max_in_flight = 0;
    if (!fits(&q)) {
        CHECK(made.begin_by == made.force && made.in_flight == 0);
        return;
    }
    CHECK(made.begin_by + flight(&q) == made.force);
    q.plan.max_in_flight = made.in_flight;
    CHECK(fits(&q));
}

/* proves: the longest spread that is advised is accepted, and a spread that is longer by a millisecond is not; if no
 *     spread is advised, none would be accepted; for all plans, timeouts and numbers of sessions
 * by: integers
 * with: -DOPAQUE
 * mutant: lib/drain_plan.c: slo_min(force_of(plan, timeouts) - flight_of(timeouts->answer) => slo_min(force_of(plan, timeouts) - timeouts->answer
 * mutant: lib/drain_plan.c: other.spread_ms = 0; => ; */
void longest(void)
{
    struct question q = any_question();
    struct slogout_advice advice;

    slo_plan_advise(&q.plan, &q.timeouts, q.sessions, &advice);
    if (advice.longest_spread_ms == SLOGOUT_NEVER) {
        q.plan.spread_ms = nondet_uint32();
        CHECK(!should_fit(&q));
        return;
    }
    CHECK(advice.longest_spread_ms <= UINT32_MAX);
    q.plan.spread_ms = (uint32_t)advice.longest_spread_ms;
    CHECK(should_fit(&q));
    q.plan.spread_ms++;
    CHECK(q.plan.spread_ms == 0 || !should_fit(&q));
}

#ifdef ORACLE
#ifndef IS_RATE
#define IS_RATE 0
#endif

/* proves: the smallest limit and the lowest rate that are advised are exactly the ones needed, or 0 if even the
 *     greatest is refused, for all plans with a deadline, all timeouts, and any limit or rate needed
 * with: -DORACLE --unwind 2
 * each: IS_RATE 2
 * claims: set_least_that_fits
 * loop set_least_that_fits.0: low <= high && (can_fit ? low >= 1 && low <= needed && needed <= high : high == 0); assigns low, high, *member; decreases high - low
 * mutant IS_RATE=0: lib/drain_plan.c: high = middle; => high = middle - 1;
 * mutant IS_RATE=0: lib/drain_plan.c: low = high = 0; => low = 0; */
void least(void)
{
    struct question q = any_question();
    uint32_t *const member = IS_RATE ? &q.plan.rate : &q.plan.max_in_flight;

    needed = nondet_uint64();
    *(IS_RATE ? &q.plan.max_in_flight : &q.plan.rate) = 0; /* so that the other member needs no time */
    *member = UINT32_MAX;
    can_fit = fits(&q);
    *member = nondet_uint32();
    ASSUME(needed > 0);
    set_least_that_fits(&q.plan, member, &q.timeouts, q.sessions);
    CHECK(*member == (can_fit ? needed : 0));
}
#endif

/* proves: the next round has at least one session, and no more sessions than may be in flight; all other rounds are
 *     full; if each takes a whole flight, the last session begins just in time; for all schedules and 64-bit numbers of
 *     sessions
 * by: integers
 * with: -DOPAQUE
 * claims: slo_plan_round later_rounds
 * mutant: lib/drain_plan.c: slo_divide_up(sessions, limit) - 1 => slo_divide_up(sessions, limit)
 * mutant: lib/drain_plan.c: flight_of(answer_timeout))), => answer_timeout)), */
void next_round(void)
{
    const struct slo_schedule made = {.begin_by = nondet_uint64(), .in_flight = nondet_uint32()};
    const uint32_t answer = nondet_uint32();
    const uint64_t waiting = nondet_uint64();
    struct slo_plan_round round;
    uint64_t rounds = 0;

    ASSUME(waiting > 0 && answer > 0);
    if (made.in_flight) {
        rounds = slo_divide_up(waiting, made.in_flight) - 1;
        /* prove_saturate.c proves this property of a division that rounds up. */
        ASSUME(rounds < UINT64_MAX && slo_multiply(rounds, made.in_flight) < waiting);
        ASSUME(waiting - slo_multiply(rounds, made.in_flight) <= made.in_flight);
    }
    round = slo_plan_round(&made, answer, waiting);
    CHECK(round.sessions > 0 && round.sessions <= waiting);
    CHECK(!made.in_flight || round.sessions <= made.in_flight);
    CHECK(round.sessions + slo_multiply(rounds, made.in_flight) == waiting);
    CHECK(round.latest <= made.begin_by);
    CHECK(round.latest == 0 || round.latest + slo_multiply(rounds, (uint64_t)answer + 100) == made.begin_by);
}

/* proves: accesses to memory and conversions are safe, for all plans, timeouts and numbers of sessions
 * with: -DOPAQUE
 * mutant: lib/drain_plan.c: const uint64_t rest => const uint32_t rest */
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

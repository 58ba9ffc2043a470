/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "drain_plan.h"

#define NEVER SLOGOUT_NEVER
#define MOST  UINT32_MAX

static const struct slo_timeouts defaults = {35000, 10000};

struct question {
    uint32_t spread, tail;
    uint64_t deadline;
    uint32_t limit, rate;
    uint64_t sessions;
};

static struct slogout_plan plan_of(const struct question *q)
{
    const struct slogout_plan plan = {.size = sizeof plan,
                                      .spread_ms = q->spread,
                                      .tail_ms = q->tail,
                                      .deadline_ms = q->deadline,
                                      .max_in_flight = q->limit,
                                      .rate = q->rate};
    return plan;
}

static int fits(struct question q)
{
    const struct slogout_plan plan = plan_of(&q);
    return slo_plan_fits(&plan, &defaults, q.sessions);
}

/* With T = answer timeout + 100 ms, B = max(spread, 1000 N / R) and r sessions in the first round, a plan fits if
 * max(B, (rounds - 1) * T + 1000 r / R) + T + tail + leave timeout <= deadline. */
static void test_a_plan_fits_if_it_can_be_kept(void **state)
{
    static const struct {
        struct question question;
        int fits;
        const char *what;
    } table[] = {
        {{0, 0, 0, 0, 0, 1000000}, 1, "no deadline"},
        {{4000000000, 4000000000, 0, 1, 1, NEVER}, 1, "no deadline, any other members"},
        {{4000000000, 4000000000, NEVER, 1, 1, NEVER}, 1, "SLOGOUT_NEVER means no deadline"},
        {{0, 0, 45100, 0, 0, 1000000}, 1, "all at once: answer timeout, late ticks, leave timeout"},
        {{0, 0, 45099, 0, 0, 1000000}, 0, "a millisecond less"},
        {{20000, 0, 65100, 0, 0, 1}, 1, "with a spread"},
        {{20001, 0, 65100, 0, 0, 1}, 0, "a longer spread"},
        {{20000, 5000, 70100, 0, 0, 1}, 1, "with a tail"},
        {{20000, 5001, 70100, 0, 0, 1}, 0, "a longer tail"},
        {{0, 0, 30000, 0, 0, 1}, 0, "the default of Kubernetes"},
        {{0, 0, 1, 0, 0, 1}, 0, "hardly any time"},
        {{0, 0, 45100, 100, 0, 100}, 1, "one round"},
        {{0, 0, 45100, 100, 0, 101}, 0, "one session too many for a round"},
        {{0, 0, 80200, 100, 0, 101}, 1, "two rounds"},
        {{0, 0, 80200, 100, 0, 200}, 1, "two full rounds"},
        {{0, 0, 80199, 100, 0, 200}, 0, "two full rounds, a millisecond less"},
        {{35100, 0, 80200, 100, 0, 200}, 1, "a spread of the same length"},
        {{35101, 0, 80200, 100, 0, 200}, 0, "the spread is longer than the rounds"},
        {{0, 0, 65100, 0, 50, 1000}, 1, "a rate"},
        {{0, 0, 65099, 0, 50, 1000}, 0, "a rate, a millisecond less"},
        {{0, 0, 65100, 0, 50, 1001}, 0, "a rate, one session too many"},
        {{0, 0, 45434, 0, 3, 1}, 1, "a third of a second is 334 ms"},
        {{0, 0, 45433, 0, 3, 1}, 0, "333 ms are not enough"},
        {{20001, 0, 65100, 0, 50, 1000}, 0, "the spread is slower than the rate"},
        {{0, 0, 81200, 100, 100, 200}, 1, "two rounds, the first of which takes a second"},
        {{0, 0, 81199, 100, 100, 200}, 0, "two rounds, the first of which takes almost a second"},
        {{0, 0, 80210, 100, 100, 101}, 1, "the first round is one session"},
        {{0, 0, 245100, 100, 1, 200}, 1, "the rate is slower than the rounds"},
        {{0, 0, 245099, 100, 1, 200}, 0, "the rate is slower than the rounds, a millisecond less"},
        {{0, 0, 45100, 1, 0, 0}, 1, "0 counts as 1"},
        {{0, 0, 45099, 1, 0, 0}, 0, "0 counts as 1, the timer does not fit"},
        {{0, 0, 46100, 0, 1, 0}, 1, "0 counts as 1, the rate takes a second"},
        {{0, 0, 46099, 0, 1, 0}, 0, "0 counts as 1, the rate does not fit"},
        {{0, 0, NEVER - 1, 1, 0, NEVER}, 0, "rounds that take longer than 64 bits can express"},
        {{0, 0, NEVER - 1, 0, 1, NEVER}, 0, "a rate that takes longer than 64 bits can express"},
        {{0, 0, 4294967342100, 0, MOST, NEVER}, 1, "the highest rate and the most sessions"},
        {{0, 0, 4294967342099, 0, MOST, NEVER}, 0, "the highest rate and the most sessions, a millisecond less"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++)
        if (fits(table[i].question) != table[i].fits)
            fail_msg("%s", table[i].what);
}

static void test_advice_is_the_limit_of_each_member(void **state)
{
    static const struct {
        struct question question;
        struct slogout_advice advice;
        const char *what;
    } table[] = {
        {{20000, 5000, 60000, 0, 0, 100}, {70100, 9900, 0, 0}, "the spread does not fit: nothing else helps"},
        {{20000, 5000, 70100, 0, 0, 100}, {70100, 20000, 100, 5}, "fits exactly"},
        {{0, 5000, 70100, 0, 1, 100}, {150100, NEVER, 0, 5}, "the rate does not fit: no spread or limit helps"},
        {{0, 5000, 70100, 0, 5, 100}, {70100, 20000, 100, 5}, "the rate fits exactly"},
        {{20000, 5000, 105200, 10, 0, 100}, {366000, NEVER, 50, 0},
         "the limit does not fit: no spread or rate helps"},
        {{0, 5000, 100200, 50, 5, 100}, {95200, 50100, 50, 4}, "the rate could be lower"},
        {{0, 5000, 89200, 50, 5, 100}, {95200, NEVER, 80, 13}, "the first round takes too long"},
        {{20000, 5000, 30000, 0, 0, 100}, {70100, NEVER, 0, 0}, "Kubernetes: only a longer deadline helps"},
        {{20000, 5000, 15000, 0, 0, 100}, {70100, NEVER, 0, 0}, "no time at all before the tail"},
        {{20000, 5000, 0, 0, 0, 100}, {70100, MOST, 1, 1}, "no deadline: anything"},
        {{20000, 5000, 0, 1, 0, NEVER}, {NEVER, MOST, 1, 1}, "no deadline: anything, any number of sessions"},
        {{20000, 5000, NEVER, 1, 0, NEVER}, {NEVER, MOST, 1, 1}, "SLOGOUT_NEVER means no deadline"},
        {{0, 0, 45100, 1, 0, 0}, {45100, 0, 1, 0}, "no rate is as fast as no limit"},
        {{0, 0, 45101, 1, 0, 1}, {45100, 1, 1, 1000}, "one session in a millisecond"},
        {{0, 0, 45101, 0, 0, 4294967}, {45100, 1, 4294967, 4294967000}, "about the highest rate"},
        {{0, 0, 45101, 0, 0, 4294968}, {45100, 1, 4294968, 0}, "more than the highest rate"},
        {{0, 0, 45100, 1, 0, MOST}, {150753352064500, NEVER, MOST, 0}, "the largest limit"},
        {{0, 0, 45100, 1, 0, 5000000000}, {175500000010000, NEVER, 0, 0}, "more than the largest limit"},
        {{0, 0, 45100, 1, 0, NEVER}, {NEVER, NEVER, 0, 0}, "longer than 64 bits can express"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        const struct slogout_plan plan = plan_of(&table[i].question);
        const struct slogout_advice *expected = &table[i].advice;
        struct slogout_advice advice;

        slo_plan_advise(&plan, &defaults, table[i].question.sessions, &advice);
        if (advice.shortest_deadline_ms != expected->shortest_deadline_ms ||
            advice.longest_spread_ms != expected->longest_spread_ms ||
            advice.smallest_in_flight != expected->smallest_in_flight ||
            advice.lowest_rate != expected->lowest_rate)
            fail_msg("%s: %llu %llu %lu %lu", table[i].what, (unsigned long long)advice.shortest_deadline_ms,
                     (unsigned long long)advice.longest_spread_ms, (unsigned long)advice.smallest_in_flight,
                     (unsigned long)advice.lowest_rate);
    }
}

/* ---- a plan with the advice is accepted, and a plan with one less is not ---- */

/* least: the advice for this member; 0 if even the greatest value is refused. */
static void take_least(struct question *q, uint32_t *member, uint32_t least)
{
    *member = least ? least : MOST;
    assert_int_equal(fits(*q), least != 0);
    if (least > 1) {
        *member = least - 1;
        assert_false(fits(*q));
    }
}

static void take_advice(const struct question *q)
{
    const struct slogout_plan plan = plan_of(q);
    struct question other = *q;
    struct slogout_advice advice;

    slo_plan_advise(&plan, &defaults, q->sessions, &advice);
    take_least(&other, &other.limit, advice.smallest_in_flight);
    other = *q;
    take_least(&other, &other.rate, advice.lowest_rate);
    other = *q;
    other.deadline = advice.shortest_deadline_ms;
    assert_true(fits(other));
    other.deadline--;
    assert_false(fits(other));
    other = *q;
    other.spread = advice.longest_spread_ms == NEVER ? 0 : (uint32_t)advice.longest_spread_ms;
    assert_int_equal(fits(other), advice.longest_spread_ms != NEVER);
    if (other.spread++ < MOST)
        assert_false(fits(other));
}

static void test_a_plan_fits_with_the_advice_and_not_with_less(void **state)
{
    static const uint32_t spreads[] = {0, 1, 20000, 4000000000}, tails[] = {0, 5000};
    static const uint64_t deadlines[] = {0, 1, 15000, 45099, 45100, 45101, 60000, 80200, 700000};
    static const uint32_t limits[] = {0, 1, 7, 1000, MOST}, rates[] = {0, 1, 7, 1000, MOST};
    static const uint64_t counts[] = {0, 1, 7, 8, 1000, 1000000, 4294967296};
    size_t a, b, c, d, e, f;

    (void)state;
    for (a = 0; a < LENGTH(spreads); a++)
        for (b = 0; b < LENGTH(tails); b++)
            for (c = 0; c < LENGTH(deadlines); c++)
                for (d = 0; d < LENGTH(limits); d++)
                    for (e = 0; e < LENGTH(rates); e++)
                        for (f = 0; f < LENGTH(counts); f++) {
                            const struct question question = {spreads[a], tails[b], deadlines[c],
                                                              limits[d],  rates[e], counts[f]};
                            take_advice(&question);
                        }
}

/* The least value is searched by bisection, which requires that a greater value never needs a longer deadline. */
static void test_a_higher_limit_or_rate_never_needs_a_longer_deadline(void **state)
{
    struct question q = {0, 0, 1, 0, 0, 0};

    (void)state;
    for (q.sessions = 1; q.sessions <= 60; q.sessions++)
        for (q.rate = 1; q.rate <= 3; q.rate++) {
            uint64_t shortest = NEVER;
            for (q.limit = 1; q.limit <= 61; q.limit++) {
                const struct question faster = {0, 0, 1, q.limit, q.rate + 1, q.sessions};
                const struct slogout_plan plan = plan_of(&q), faster_plan = plan_of(&faster);
                struct slogout_advice advice, faster_advice;

                slo_plan_advise(&plan, &defaults, q.sessions, &advice);
                slo_plan_advise(&faster_plan, &defaults, q.sessions, &faster_advice);
                assert_true(advice.shortest_deadline_ms <= shortest);
                assert_true(faster_advice.shortest_deadline_ms <= advice.shortest_deadline_ms);
                shortest = advice.shortest_deadline_ms;
            }
        }
}

/* ---- the schedule ---- */

static void test_the_schedule_keeps_the_deadline(void **state)
{
    static const struct {
        struct question question;
        struct { /* like struct slo_schedule, but the members are wide enough for any result */
            uint64_t force, ask_until, begin_by, deadline, spread, tail, begun, in_flight, rate;
        } schedule;
        const char *what;
    } table[] = {
        {{20000, 5000, 90200, 7, 2, 14}, {75200, 40201, 40100, 90200, 20000, 5000, 20000, 7, 2},
         "a plan that fits is kept"},
        {{20000, 5000, 0, 7, 1, 14}, {NEVER, NEVER - 34999, NEVER - 35100, NEVER, 20000, 5000, 20000, 7, 1},
         "no deadline"},
        {{200000, 5000, 0, 70000, 70000, NEVER},
         {NEVER, NEVER - 34999, NEVER - 35100, NEVER, 200000, 5000, 263524915338707881, 70000, 70000},
         "no deadline, large numbers"},
        {{20000, 5000, 4295017496, 0, 0, 14}, {4295002496, 4294967497, 4294967396, 4295017496, 20000, 5000, 20000, 0, 0},
         "a deadline that does not fit into 32 bits"},
        {{20000, 5000, NEVER, 7, 0, 14}, {NEVER, NEVER - 34999, NEVER - 35100, NEVER, 20000, 5000, 20000, 7, 0},
         "SLOGOUT_NEVER"},
        {{20000, 5000, 90200, 0, 2, 80}, {75200, 40201, 40100, 90200, 20000, 5000, 40000, 0, 2},
         "the rate is slower"},
        {{9900, 5000, 60000, 0, 0, 14}, {45000, 10001, 9900, 60000, 9900, 5000, 9900, 0, 0}, "just time to ask all"},
        {{9901, 5000, 60000, 0, 0, 14}, {45000, 10001, 45000, 60000, 9901, 5000, 9901, 0, 0},
         "the spread leaves no time to ask all"},
        {{50000, 5000, 60000, 0, 0, 14}, {45000, 10001, 45000, 60000, 45000, 5000, 45000, 0, 0}, "the spread shrinks"},
        {{0, 5000, 60000, 0, 1, 30}, {45000, 10001, 45000, 60000, 0, 5000, 30000, 0, 1},
         "the rate leaves no time to ask all"},
        {{0, 5000, 60000, 0, 1, 4294967306}, {45000, 10001, 45000, 60000, 0, 5000, 45000, 0, 1},
         "there is no time for the rate"},
        {{20000, 5000, 90000, 6, 0, 14}, {75000, 40001, 39900, 90000, 20000, 5000, 20000, 7, 0}, "the limit grows"},
        {{20000, 5000, 90200, 7, 1, 14}, {75200, 40201, 40100, 90200, 20000, 5000, 20000, 9, 1},
         "the limit grows, the rate does not change"},
        {{0, 5000, 60000, 6, 1, 99}, {45000, 10001, 45000, 60000, 0, 5000, 45000, 0, 1},
         "the limit would not help if it grew"},
        {{20000, 5000, 90000, 0, 0, 14}, {75000, 40001, 39900, 90000, 20000, 5000, 20000, 0, 0}, "there is no limit"},
        {{0, 5000, 50100, 1, 0, 14}, {35100, 101, 0, 50100, 0, 5000, 0, 14, 0}, "just time to ask all at once"},
        {{0, 5000, 50099, 1, 9, 14}, {35099, 100, 35099, 50099, 0, 5000, 1556, 0, 9}, "a millisecond less: no time for all if a tick is late"},
        {{20000, 5000, 50000, 1, 9, 14}, {35000, 1, 35000, 50000, 20000, 5000, 20000, 0, 9},
         "only the first can be asked"},
        {{20000, 5000, 49999, 1, 9, 14}, {34999, 0, 34999, 49999, 20000, 5000, 20000, 0, 9},
         "a millisecond less: no client is asked"},
        {{20000, 5000, 30000, 1, 1, 14}, {15000, 0, 15000, 30000, 15000, 5000, 15000, 0, 1}, "Kubernetes"},
        {{0, 5000, 30000, 1, 1, 14}, {15000, 0, 15000, 30000, 0, 5000, 14000, 0, 1}, "Kubernetes, at the rate"},
        {{0, 5000, 30000, 1, 1, 20}, {15000, 0, 15000, 30000, 0, 5000, 15000, 0, 1},
         "Kubernetes, no time for the rate"},
        {{20000, 5000, 15000, 1, 0, 14}, {0, 0, 0, 15000, 0, 5000, 0, 0, 0}, "forced from the start"},
        {{20000, 5000, 12000, 1, 0, 14}, {0, 0, 0, 12000, 0, 2000, 0, 0, 0}, "the tail shrinks"},
        {{20000, 5000, 9000, 1, 0, 14}, {0, 0, 0, 9000, 0, 0, 0, 0, 0}, "shorter than the leave timeout"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        const struct slogout_plan plan = plan_of(&table[i].question);
        struct slo_schedule made;

        slo_plan_schedule(&plan, &defaults, table[i].question.sessions, &made);
        if (made.force != table[i].schedule.force || made.ask_until != table[i].schedule.ask_until ||
            made.begin_by != table[i].schedule.begin_by || made.deadline != table[i].schedule.deadline ||
            made.spread != table[i].schedule.spread || made.tail != table[i].schedule.tail ||
            made.begun != table[i].schedule.begun || made.in_flight != table[i].schedule.in_flight ||
            made.rate != table[i].schedule.rate)
            fail_msg("%s: %llu %llu %llu %llu %llu %llu %llu %lu %lu", table[i].what,
                     (unsigned long long)made.force, (unsigned long long)made.ask_until,
                     (unsigned long long)made.begin_by, (unsigned long long)made.deadline,
                     (unsigned long long)made.spread, (unsigned long long)made.tail,
                     (unsigned long long)made.begun, (unsigned long)made.in_flight, (unsigned long)made.rate);
    }
}

static void test_the_longest_timeouts_do_not_overflow(void **state)
{
    static const struct slo_timeouts longest = {MOST, MOST};
    const uint64_t flight = MOST + UINT64_C(100), rest = flight + MOST + MOST;
    struct slogout_plan plan = {.size = sizeof plan, .tail_ms = MOST, .deadline_ms = rest};
    struct slo_schedule schedule;

    (void)state;
    slo_plan_schedule(&plan, &longest, 1, &schedule);
    assert_true(slo_plan_fits(&plan, &longest, 1) && schedule.begin_by == 0 && schedule.force == flight);
    plan.deadline_ms--;
    plan.spread_ms = 70000;
    slo_plan_schedule(&plan, &longest, 1, &schedule);
    assert_true(!slo_plan_fits(&plan, &longest, 1) && schedule.ask_until == 100 && schedule.spread == 70000);
    plan.rate = 10; /* the first of two rounds takes 2^32 + 4 ms */
    plan.max_in_flight = 42949673;
    plan.deadline_ms = 4294967300 + flight + rest;
    assert_true(slo_plan_fits(&plan, &longest, 85899346));
    plan.deadline_ms--;
    assert_false(slo_plan_fits(&plan, &longest, 85899346));
}

/* All sessions must begin by begin_by. The number of places is limited, and a silent client keeps its place for 70,100.
 * */
static void test_the_next_round_has_the_sessions_that_must_begin(void **state)
{
    static const struct {
        uint32_t limit;
        uint64_t begin_by, waiting, sessions, latest;
    } table[] = {
        {7, 140200, 1, 1, 140200},
        {7, 140200, 7, 7, 140200},
        {7, 140200, 8, 1, 70100},
        {7, 140200, 14, 7, 70100},
        {7, 140200, 15, 1, 0},
        {7, 140200, 22, 1, 0},
        {7, 140200, NEVER, 1, 0},
        {0, 140200, 1000000, 1000000, 140200},
        {0, NEVER - 1, UINT64_C(1) << 40, UINT64_C(1) << 40, NEVER - 1},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        const struct slo_schedule schedule = {.begin_by = table[i].begin_by, .in_flight = table[i].limit};
        const struct slo_plan_round round = slo_plan_round(&schedule, 70000, table[i].waiting);

        assert_int_equal(round.sessions, table[i].sessions);
        assert_int_equal(round.latest, table[i].latest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_fits_if_it_can_be_kept),
        cmocka_unit_test(test_advice_is_the_limit_of_each_member),
        cmocka_unit_test(test_a_plan_fits_with_the_advice_and_not_with_less),
        cmocka_unit_test(test_a_higher_limit_or_rate_never_needs_a_longer_deadline),
        cmocka_unit_test(test_the_schedule_keeps_the_deadline),
        cmocka_unit_test(test_the_longest_timeouts_do_not_overflow),
        cmocka_unit_test(test_the_next_round_has_the_sessions_that_must_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/test.h"
#include "drain_plan.h"

#define NEVER SLOGOUT_NEVER

static const struct slo_timeouts defaults = {35000, 10000};

static struct slogout_plan plan_of(uint32_t spread, uint32_t tail, uint64_t deadline, uint32_t limit)
{
    const struct slogout_plan plan = {.size = sizeof plan,
                                      .spread_ms = spread,
                                      .tail_ms = tail,
                                      .deadline_ms = deadline,
                                      .max_in_flight = limit};
    return plan;
}

/* With force = deadline - tail - leave timeout, a plan fits if spread + answer timeout <= force and
 * ceil(sessions / limit) * answer timeout <= force. */
static void test_what_can_be_kept(void **state)
{
    static const struct {
        uint32_t spread, tail;
        uint64_t deadline;
        uint32_t limit;
        uint64_t sessions;
        int fits;
        const char *what;
    } table[] = {
        {0, 0, 0, 0, 1000000, 1, "no deadline"},
        {4000000000, 4000000000, 0, 1, NEVER, 1, "no deadline, whatever else"},
        {4000000000, 4000000000, NEVER, 1, NEVER, 1, "the end of time is no deadline"},
        {0, 0, 45000, 0, 1000000, 1, "all at once, answer and leave timeouts"},
        {0, 0, 44999, 0, 1000000, 0, "a millisecond less"},
        {20000, 0, 65000, 0, 1, 1, "with a spread"},
        {20001, 0, 65000, 0, 1, 0, "a longer spread"},
        {20000, 5000, 70000, 0, 1, 1, "with a tail"},
        {20000, 5001, 70000, 0, 1, 0, "a longer tail"},
        {0, 0, 30000, 0, 1, 0, "the default of Kubernetes"},
        {0, 0, 1, 0, 1, 0, "hardly any time"},
        {0, 0, 45000, 100, 100, 1, "one round"},
        {0, 0, 45000, 100, 101, 0, "one too many for a round"},
        {0, 0, 80000, 100, 101, 1, "two rounds"},
        {0, 0, 80000, 100, 200, 1, "two full rounds"},
        {0, 0, 79999, 100, 200, 0, "two full rounds, a millisecond less"},
        {35000, 0, 80000, 100, 200, 1, "a spread of the same length"},
        {35001, 0, 80000, 100, 200, 0, "the spread is longer than the rounds"},
        {0, 0, 45000, 1, 0, 1, "nobody counts as one"},
        {0, 0, 44999, 1, 0, 0, "nobody counts as one, whose timer does not fit"},
        {0, 0, NEVER - 1, 1, NEVER, 0, "more than can be told"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        const struct slogout_plan plan =
            plan_of(table[i].spread, table[i].tail, table[i].deadline, table[i].limit);
        if (slo_plan_fits(&plan, &defaults, table[i].sessions) != table[i].fits)
            fail_msg("%s", table[i].what);
    }
}

static void test_advice(void **state)
{
    static const struct {
        uint32_t spread, tail;
        uint64_t deadline;
        uint32_t limit;
        uint64_t sessions;
        struct slogout_advice advice;
        const char *what;
    } table[] = {
        {20000, 5000, 60000, 0, 100, {70000, 10000, 0}, "the spread does not fit; no limit helps"},
        {20000, 5000, 70000, 0, 100, {70000, 20000, 100}, "fits exactly"},
        {20000, 5000, 105000, 10, 100, {365000, NEVER, 50}, "the limit does not fit; no spread helps"},
        {20000, 5000, 30000, 0, 100, {70000, NEVER, 0}, "Kubernetes: nothing helps but a longer deadline"},
        {20000, 5000, 15000, 0, 100, {70000, NEVER, 0}, "no time at all before the tail"},
        {20000, 5000, 0, 0, 100, {70000, UINT32_MAX, 1}, "no deadline: anything"},
        {20000, 5000, 0, 1, NEVER, {NEVER, UINT32_MAX, 1}, "no deadline: anything, however many"},
        {20000, 5000, NEVER, 1, NEVER, {NEVER, UINT32_MAX, 1}, "the end of time is no deadline"},
        {0, 0, 45000, 1, 0, {45000, 0, 1}, "nobody counts as one"},
        {0, 0, 45000, 1, 4294967295, {150323855335000, NEVER, 4294967295}, "as much as a limit can be"},
        {0, 0, 45000, 1, 5000000000, {175000000010000, NEVER, 0}, "more than a limit can be"},
        {0, 0, 45000, 1, NEVER, {NEVER, NEVER, 0}, "longer than can be told"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        const struct slogout_plan plan =
            plan_of(table[i].spread, table[i].tail, table[i].deadline, table[i].limit);
        struct slogout_advice advice;

        slo_plan_advise(&plan, &defaults, table[i].sessions, &advice);
        if (advice.shortest_deadline_ms != table[i].advice.shortest_deadline_ms ||
            advice.longest_spread_ms != table[i].advice.longest_spread_ms ||
            advice.smallest_in_flight != table[i].advice.smallest_in_flight)
            fail_msg("%s: %llu %llu %lu", table[i].what, (unsigned long long)advice.shortest_deadline_ms,
                     (unsigned long long)advice.longest_spread_ms, (unsigned long)advice.smallest_in_flight);
    }
}

/* ---- every advice that is taken is accepted, and the next smaller one is not ---- */

static int fits_with(struct slogout_plan plan, uint64_t deadline, uint64_t spread, uint32_t limit,
                     uint64_t sessions)
{
    plan.deadline_ms = deadline;
    plan.spread_ms = (uint32_t)spread;
    plan.max_in_flight = limit;
    return slo_plan_fits(&plan, &defaults, sessions);
}

static void take_advice(const struct slogout_plan *plan, uint64_t sessions)
{
    const uint32_t limit = plan->max_in_flight, spread = plan->spread_ms;
    struct slogout_advice advice;

    slo_plan_advise(plan, &defaults, sessions, &advice);
    assert_true(fits_with(*plan, advice.shortest_deadline_ms, spread, limit, sessions));
    assert_false(fits_with(*plan, advice.shortest_deadline_ms - 1, spread, limit, sessions));
    if (advice.longest_spread_ms != NEVER) {
        assert_true(fits_with(*plan, plan->deadline_ms, advice.longest_spread_ms, limit, sessions));
        if (advice.longest_spread_ms < UINT32_MAX)
            assert_false(fits_with(*plan, plan->deadline_ms, advice.longest_spread_ms + 1, limit, sessions));
    } else {
        assert_false(fits_with(*plan, plan->deadline_ms, 0, limit, sessions));
    }
    if (advice.smallest_in_flight) {
        assert_true(fits_with(*plan, plan->deadline_ms, spread, advice.smallest_in_flight, sessions));
        if (advice.smallest_in_flight > 1)
            assert_false(
                fits_with(*plan, plan->deadline_ms, spread, advice.smallest_in_flight - 1, sessions));
    } else {
        assert_false(fits_with(*plan, plan->deadline_ms, spread, UINT32_MAX, sessions));
    }
}

static void test_advice_taken_is_accepted_and_a_millisecond_or_a_place_less_is_not(void **state)
{
    static const uint32_t spreads[] = {0, 1, 20000, 600000, 4000000000}, tails[] = {0, 1, 5000};
    static const uint64_t deadlines[] = {0,     1,     10000, 15000, 30000, 44999,
                                         45000, 45001, 60000, 80000, 700000};
    static const uint32_t limits[] = {0, 1, 7, 1000, UINT32_MAX};
    static const uint64_t counts[] = {0, 1, 2, 7, 8, 1000, 1000000, 4294967296};
    size_t a, b, c, d, e;

    (void)state;
    for (a = 0; a < LENGTH(spreads); a++)
        for (b = 0; b < LENGTH(tails); b++)
            for (c = 0; c < LENGTH(deadlines); c++)
                for (d = 0; d < LENGTH(limits); d++)
                    for (e = 0; e < LENGTH(counts); e++) {
                        const struct slogout_plan plan =
                            plan_of(spreads[a], tails[b], deadlines[c], limits[d]);
                        take_advice(&plan, counts[e]);
                    }
}

static void test_the_schedule(void **state)
{
    static const struct {
        uint32_t spread, tail;
        uint64_t deadline;
        uint32_t limit;
        uint64_t sessions;
        struct slo_schedule schedule;
        const char *what;
    } table[] = {
        {20000, 5000, 90000, 7, 14, {75000, 40001, 90000, 20000, 5000, 7}, "a plan that fits is itself"},
        {20000, 5000, 0, 7, 14, {NEVER, NEVER - 34999, NEVER, 20000, 5000, 7}, "no deadline"},
        {20000, 5000, 0, 7, NEVER, {NEVER, NEVER - 34999, NEVER, 20000, 5000, 7}, "no deadline, many"},
        {20000, 5000, NEVER, 7, 14, {NEVER, NEVER - 34999, NEVER, 20000, 5000, 7}, "the end of time"},
        {20000, 5000, 60000, 0, 14, {45000, 10001, 60000, 10000, 5000, 0}, "the spread shrinks"},
        {20000, 5000, 90000, 6, 14, {75000, 40001, 90000, 20000, 5000, 7}, "the limit grows"},
        {20000, 5000, 90000, 0, 14, {75000, 40001, 90000, 20000, 5000, 0}, "there is no limit"},
        {20000, 5000, 50000, 1, 14, {35000, 1, 50000, 0, 5000, 14}, "just time to ask all at once"},
        {20000, 5000, 49999, 1, 14, {34999, 0, 49999, 20000, 5000, 0}, "a millisecond less: nobody is asked"},
        {20000, 5000, 30000, 1, 14, {15000, 0, 30000, 15000, 5000, 0}, "Kubernetes"},
        {20000, 5000, 15000, 1, 14, {0, 0, 15000, 0, 5000, 0}, "forced from the start"},
        {20000, 5000, 12000, 1, 14, {0, 0, 12000, 0, 2000, 0}, "the tail shrinks"},
        {20000, 5000, 9000, 1, 14, {0, 0, 9000, 0, 0, 0}, "shorter than the leave timeout"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        const struct slogout_plan plan =
            plan_of(table[i].spread, table[i].tail, table[i].deadline, table[i].limit);
        const struct slo_schedule *expected = &table[i].schedule;
        struct slo_schedule schedule;

        slo_plan_schedule(&plan, &defaults, table[i].sessions, &schedule);
        if (schedule.force != expected->force || schedule.ask_until != expected->ask_until ||
            schedule.deadline != expected->deadline || schedule.spread != expected->spread ||
            schedule.tail != expected->tail || schedule.in_flight != expected->in_flight)
            fail_msg("%s: %llu %llu %llu %llu %llu %lu", table[i].what, (unsigned long long)schedule.force,
                     (unsigned long long)schedule.ask_until, (unsigned long long)schedule.deadline,
                     (unsigned long long)schedule.spread, (unsigned long long)schedule.tail,
                     (unsigned long)schedule.in_flight);
    }
}

/* LOGOUT is sent until 70,000. There are 7 places, and a silent client keeps one for 35,000. */
static void test_the_round_that_comes_next(void **state)
{
    static const struct {
        uint64_t waiting, sessions, latest;
    } table[] = {{1, 1, 70000}, {7, 7, 70000}, {8, 1, 35000}, {14, 7, 35000},
                 {15, 1, 0},    {22, 1, 0},    {NEVER, 1, 0}};
    struct slo_schedule schedule = {105000, 70001, 120000, 20000, 5000, 7};
    struct slo_plan_round round;
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        round = slo_plan_round(&schedule, 35000, table[i].waiting);
        assert_int_equal(round.sessions, table[i].sessions);
        assert_int_equal(round.latest, table[i].latest);
    }
    schedule.in_flight = 0;
    round = slo_plan_round(&schedule, 35000, 1000000);
    assert_int_equal(round.sessions, 1000000);
    assert_int_equal(round.latest, 70000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_can_be_kept),
        cmocka_unit_test(test_advice),
        cmocka_unit_test(test_advice_taken_is_accepted_and_a_millisecond_or_a_place_less_is_not),
        cmocka_unit_test(test_the_schedule),
        cmocka_unit_test(test_the_round_that_comes_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

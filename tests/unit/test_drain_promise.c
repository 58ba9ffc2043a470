/* SPDX-License-Identifier: BSD-2-Clause */
/* The promise of a drain: it is over by the deadline, keeps the limit and the rate, and cuts no answer timer short. */
#include "support/test.h"
#include "support/crowd.h"

static const struct manner silent = {1, 0, CROWD_NEVER, "OK", 0};
static const struct manner never_at_rest = {1, CROWD_NEVER, CROWD_NEVER, "OK", 0};

static void start(struct crowd *crowd, const struct slogout_plan *plan)
{
    assert_int_equal(slogout_drain_start(crowd->drain, plan, crowd->now), 0);
}

/* All of them are members, and the drain has started. */
static struct crowd *draining(uint32_t count, const struct manner *manners, uint32_t kinds,
                              const struct slogout_plan *plan)
{
    struct crowd *crowd = crowd_new(NULL, count, manners, kinds, 400000);

    crowd_add(crowd, 0, count, 0);
    start(crowd, plan);
    return crowd;
}

static void expect_outcomes(const struct crowd *crowd, enum slogout_outcome outcome, uint32_t count)
{
    assert_int_equal(crowd_counts(crowd)->outcome[outcome], count);
}

/* Each client that was asked had its whole answer timer, or answered. */
static void expect_whole_timers(const struct crowd *crowd)
{
    uint32_t i;

    for (i = 0; i < crowd->count; i++)
        if (crowd->clients[i].tag_number)
            assert_int_not_equal(crowd->clients[i].outcome, SLOGOUT_OUTCOME_FORCED);
}

/* ---- plans that are accepted are kept, by clients that do not answer ---- */

/* late: the host ticks each 90 ms. */
static void keep(const struct slogout_plan *plan, uint32_t count, int late)
{
    struct crowd *crowd = draining(count, &silent, 1, plan);

    while (crowd->dones == 0 && crowd->now < 400000) {
        crowd->deaf = late && crowd->now % 90 != 89;
        crowd_run(crowd, late ? crowd->now : 400000);
    }
    expect_outcomes(crowd, SLOGOUT_OUTCOME_EXPIRED, count);
    assert_true(crowd->done_ms <= plan->deadline_ms - plan->tail_ms - 10000);
    if (plan->max_in_flight)
        assert_true(crowd->most_in_flight <= plan->max_in_flight);
    if (plan->rate)
        assert_true(crowd_most_begun(crowd, 1000) <= plan->rate + 1 + (late ? plan->rate / 5 + 1 : 0));
    assert_int_equal(crowd_counts(crowd)->over_limit, 0);
    crowd_free(crowd);
}

/* Follows each piece of advice alone, and keeps the plan that results. */
static unsigned keep_advice(const struct slogout_plan *plan, uint32_t count, int late)
{
    struct crowd *nobody = crowd_new(NULL, 0, &silent, 1, 0);
    struct slogout_plan advised[4] = {*plan, *plan, *plan, *plan};
    struct slogout_advice advice;
    unsigned i, kept = 0;

    slogout_plan_check(nobody->slogout, plan, count, &advice);
    advised[0].deadline_ms = advice.shortest_deadline_ms;
    advised[1].spread_ms = (uint32_t)advice.longest_spread_ms;
    advised[2].max_in_flight = advice.smallest_in_flight;
    advised[3].rate = advice.lowest_rate;
    for (i = 0; i < 4; i++) {
        const int is_useful[] = {1, advice.longest_spread_ms != SLOGOUT_NEVER, advice.smallest_in_flight != 0,
                                 advice.lowest_rate != 0};
        if (!is_useful[i])
            continue;
        assert_int_equal(slogout_plan_check(nobody->slogout, &advised[i], count, NULL), 0);
        if (advised[i].deadline_ms && advised[i].deadline_ms < 400000) {
            keep(&advised[i], count, late);
            kept++;
        }
    }
    crowd_free(nobody);
    return kept;
}

static void test_every_advice_that_is_taken_is_kept(void **state)
{
    static const uint32_t spreads[] = {0, 20000, 70000}, tails[] = {0, 5000};
    static const uint32_t limits[] = {0, 7, 99}, rates[] = {0, 2, 30}, sizes[] = {1, 100};
    static const uint64_t deadlines[] = {0, 60000, 200000};
    unsigned a, b, c, d, e, f, kept = 0;

    (void)state;
    for (a = 0; a < LENGTH(spreads); a++)
        for (b = 0; b < LENGTH(tails); b++)
            for (c = 0; c < LENGTH(limits); c++)
                for (d = 0; d < LENGTH(sizes); d++)
                    for (e = 0; e < LENGTH(deadlines); e++)
                        for (f = 0; f < LENGTH(rates); f++) {
                            const struct slogout_plan plan = {.size = sizeof plan,
                                                              .spread_ms = spreads[a],
                                                              .tail_ms = tails[b],
                                                              .deadline_ms = deadlines[e],
                                                              .max_in_flight = limits[c],
                                                              .seed = e,
                                                              .rate = rates[f]};
                            kept += keep_advice(&plan, sizes[d], (a + b + c + d + e + f) % 8 == 0);
                        }
    assert_true(kept > 400);
}

/* Answers come at various times, so places become free at various times. */
static void test_the_limit_is_never_exceeded(void **state)
{
    static const struct manner mixed[] = {{1, 0, 50, "OK", 0},
                                          {1, 0, 3000, "NO", 0},
                                          {1, 0, CROWD_NEVER, "OK", 0},
                                          {1, 700, 20000, "OK", 300},
                                          {0, 0, CROWD_NEVER, "OK", 0}};
    const struct slogout_plan plan = {
        .size = sizeof plan, .spread_ms = 50000, .deadline_ms = 361000, .max_in_flight = 100};
    struct crowd *crowd = draining(1000, mixed, 5, &plan);

    (void)state;
    crowd_run(crowd, 400000);
    assert_int_equal(crowd->most_in_flight, 100);
    assert_int_equal(crowd_counts(crowd)->over_limit, 0);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, 0);
    crowd_free(crowd);
}

/* ---- plans that cannot be kept whole ---- */

/* The default of Kubernetes is shorter than the timer of the draft. No client is asked; all are sent `* BYE`, spread. */
static void test_with_30_s_nobody_is_asked_and_bye_is_spread(void **state)
{
    static const struct {
        uint32_t spread, rate, in_a_second;
    } rows[] = {{600000, 0, 101}, {0, 101, 102}, {0, 10, 101}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        const struct slogout_plan plan = {.size = sizeof plan,
                                          .spread_ms = rows[i].spread,
                                          .tail_ms = 2000,
                                          .deadline_ms = 30000,
                                          .max_in_flight = 10,
                                          .rate = rows[i].rate};
        struct crowd *crowd = draining(1800, &silent, 1, &plan);

        crowd_run(crowd, 400000);
        expect_outcomes(crowd, SLOGOUT_OUTCOME_BYE_ONLY, 1800);
        assert_int_equal(crowd_most_begun(crowd, 1000), rows[i].in_a_second);
        assert_in_range(crowd->done_ms, 17800, 18000);
        crowd_free(crowd);
    }
}

/* Forcing begins at 80 s, which is enough for two rounds, so 500 places are needed where the plan has 100. */
static void test_the_limit_grows_and_that_is_counted(void **state)
{
    const struct slogout_plan plan = {
        .size = sizeof plan, .spread_ms = 20000, .deadline_ms = 90000, .max_in_flight = 100};
    struct crowd *crowd = draining(1000, &silent, 1, &plan);

    (void)state;
    crowd_run(crowd, 400000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_EXPIRED, 1000);
    assert_int_equal(crowd->most_in_flight, 500);
    assert_int_equal(crowd_counts(crowd)->over_limit, 900);
    assert_int_equal(slogout_get_counts(crowd->slogout)->over_limit, 900);
    crowd_free(crowd);
}

/* Whatever the plan, the deadline is kept and no answer timer is cut short. */
static void test_every_deadline_is_kept(void **state)
{
    static const struct manner mixed[] = {{1, 0, 50, "OK", 0},
                                          {1, 0, CROWD_NEVER, "OK", 0},
                                          {1, CROWD_NEVER, 0, "OK", 0},
                                          {0, 0, CROWD_NEVER, "OK", 0},
                                          {1, 30000, 30000, "OK", 0}};
    static const uint64_t deadlines[] = {1,     100,   9999,  10000, 10001, 14999, 20000,
                                         44999, 45000, 45099, 45100, 50001, 90000};
    static const uint32_t tails[] = {0, 1, 5000}, limits[] = {0, 1, 50}, spreads[] = {0, 20000},
                          rates[] = {0, 5};
    unsigned a, b, c, d, e;

    (void)state;
    for (a = 0; a < LENGTH(deadlines); a++)
        for (b = 0; b < LENGTH(tails); b++)
            for (c = 0; c < LENGTH(limits); c++)
                for (d = 0; d < LENGTH(spreads); d++)
                    for (e = 0; e < LENGTH(rates); e++) {
                        const struct slogout_plan plan = {.size = sizeof plan,
                                                          .spread_ms = spreads[d],
                                                          .tail_ms = tails[b],
                                                          .deadline_ms = deadlines[a],
                                                          .max_in_flight = limits[c],
                                                          .rate = rates[e]};
                        struct crowd *crowd = draining(200, mixed, 5, &plan);
                        crowd_run(crowd, 400000);
                        assert_true(crowd->done_ms <= deadlines[a]);
                        assert_int_equal(crowd->outcomes, 200);
                        expect_whole_timers(crowd);
                        crowd_free(crowd);
                    }
}

static void test_the_greatest_numbers_saturate(void **state)
{
    const struct slogout_plan plan = {.size = sizeof plan,
                                      .spread_ms = UINT32_MAX,
                                      .tail_ms = UINT32_MAX,
                                      .deadline_ms = SLOGOUT_NEVER,
                                      .max_in_flight = UINT32_MAX};
    struct crowd *crowd = crowd_new(NULL, 2, &silent, 1, 10);

    (void)state;
    crowd_add(crowd, 0, 2, 0);
    assert_int_equal(slogout_drain_start(crowd->drain, &plan, SLOGOUT_NEVER - 10), 0);
    assert_true(slogout_drain_deadline(crowd->drain) == SLOGOUT_NEVER);
    assert_int_equal(slogout_tick(crowd->slogout, SLOGOUT_NEVER - 9), 0);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_WAITING], 2);
    crowd_free(crowd);
}

/* ---- at the deadline ---- */

/* Forcing begins at 55 s. A LOGOUT at 20 s, the last moment, expires in the very tick in which forcing begins. */
static void test_expiry_at_the_moment_of_forcing_is_no_force(void **state)
{
    static const enum slogout_outcome outcomes[] = {SLOGOUT_OUTCOME_EXPIRED, SLOGOUT_OUTCOME_BYE_ONLY};
    const struct slogout_plan plan = {.size = sizeof plan, .deadline_ms = 65000, .spread_ms = 20000};
    uint32_t late;

    (void)state;
    for (late = 0; late < 2; late++) {
        struct crowd *crowd = draining(100, &silent, 1, &plan);

        assert_int_equal(slogout_drain_pause(crowd->drain), 0);
        crowd_run(crowd, 19999 + late);
        assert_int_equal(slogout_drain_resume(crowd->drain, crowd->now), 0);
        crowd_run(crowd, 100000);
        expect_outcomes(crowd, outcomes[late], 100);
        assert_int_equal(crowd->moments[20000].logouts, late ? 0 : 100);
        crowd_free(crowd);
    }
}

/* Neither LOGOUT nor `* BYE` can be written. The sessions are forced over the tail, and closed when the leave timeout
 * has passed. */
static void test_those_who_are_never_at_rest_are_gone_at_the_deadline(void **state)
{
    const struct slogout_plan plan = {
        .size = sizeof plan, .spread_ms = 20000, .tail_ms = 5000, .deadline_ms = 70000};
    struct crowd *crowd = draining(1000, &never_at_rest, 1, &plan);
    uint64_t t;

    (void)state;
    crowd_run(crowd, 400000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, 1000);
    assert_int_equal(crowd_counts(crowd)->without_bye, 1000);
    assert_in_range(crowd->done_ms, 69900, 70000);
    for (t = 65000; t < 70000; t += 100) {
        uint32_t ms, closes = 0;
        for (ms = 0; ms < 100; ms++)
            closes += crowd->moments[t + ms].closes;
        assert_in_range(closes, 17, 23);
    }
    crowd_free(crowd);
}

/* WAITING sessions come first, then PENDING ones, then those that were asked. */
static void test_the_order_of_forcing(void **state)
{
    static const struct manner mixed[] = {{1, 0, CROWD_NEVER, "OK", 0}, {1, CROWD_NEVER, 0, "OK", 0}};
    const struct slogout_plan plan = {.size = sizeof plan, .spread_ms = 0, .tail_ms = 3000};
    struct crowd *crowd = draining(3, mixed, 2, &plan);

    (void)state;
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0), 0);
    assert_int_equal(slogout_session_request(crowd->clients[1].session, NULL, 0), 0);
    assert_int_equal(slogout_drain_force(crowd->drain, 0), 0);
    crowd_run(crowd, 1000);
    assert_int_equal(crowd->clients[2].outcomes, 1);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_PENDING], 1);
    crowd_run(crowd, 2000);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_LEAVING], 1);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_ASKED], 1);
    crowd_run(crowd, 3000);
    assert_int_equal(crowd->clients[0].outcome, SLOGOUT_OUTCOME_FORCED);
    crowd_run(crowd, 100000);
    assert_in_range(crowd->done_ms, 11000, 12000);
    crowd_free(crowd);
}

static void test_a_tick_after_the_deadline_ends_all_at_once(void **state)
{
    static const struct manner mixed[] = {{1, 0, CROWD_NEVER, "OK", 0}, {1, CROWD_NEVER, 0, "OK", 0}};
    const struct slogout_plan plan = {
        .size = sizeof plan, .spread_ms = 20000, .tail_ms = 5000, .deadline_ms = 70000};
    struct crowd *crowd = draining(1000, mixed, 2, &plan);

    (void)state;
    crowd_run(crowd, 10000);
    crowd->now = 90000;
    crowd_run(crowd, 90000);
    assert_int_equal(crowd->done_ms, 90000);
    assert_int_equal(crowd->outcomes, 1000);
    crowd_free(crowd);
}

/* 100 join while 100 are forced; or 4 when the only other has its outcome, but is not freed yet. */
static void test_who_joins_while_they_are_forced_is_forced_in_the_tail(void **state)
{
    static const struct manner manners[] = {{1, 0, CROWD_NEVER, "OK", 0}, {1, 0, CROWD_NEVER, "OK", 5000}};
    static const uint32_t before[] = {100, 1}, counts[] = {200, 5};
    const struct slogout_plan plan = {.size = sizeof plan, .tail_ms = 10000};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(manners); i++) {
        struct crowd *crowd = crowd_new(NULL, counts[i], &manners[i], 1, 100000);

        crowd_add(crowd, 0, before[i], 0);
        start(crowd, &plan);
        assert_int_equal(slogout_drain_force(crowd->drain, 0), 0);
        while (crowd->outcomes < (before[i] + 1) / 2)
            crowd_run(crowd, crowd->now);
        crowd_add(crowd, before[i], counts[i], 0);
        crowd_run(crowd, 100000);
        expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, counts[i]);
        assert_in_range(crowd->last_outcome_ms, 5000, 10000);
        crowd_free(crowd);
    }
}

/* The first is LEAVING until 54 s when the second joins at 44 s, which may hang up; the next tick is that of the
 * deadline. */
static void test_who_joins_last_does_not_put_off_the_deadline(void **state)
{
    const struct slogout_plan plan = {.size = sizeof plan, .deadline_ms = 50000};
    int hangs_up;

    (void)state;
    for (hangs_up = 0; hangs_up < 2; hangs_up++) {
        struct crowd *crowd = crowd_new(NULL, 2, &never_at_rest, 1, 100000);

        crowd_add(crowd, 0, 1, 0);
        start(crowd, &plan);
        crowd_run(crowd, 30000);
        crowd->now = 44000;
        crowd_run(crowd, 44000);
        assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_LEAVING], 1);
        crowd->deaf = 1;
        crowd_add(crowd, 1, 2, 0);
        if (hangs_up)
            crowd_hang_up(crowd, &crowd->clients[1]);
        crowd_run(crowd, 49999);
        crowd->deaf = 0;
        crowd_run(crowd, 100000);
        assert_int_equal(crowd->done_ms, 50000);
        expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, hangs_up ? 1 : 2);
        crowd_free(crowd);
    }
}

/* ---- force ---- */

static void test_force_spreads_over_the_tail_whatever_the_rate(void **state)
{
    static const uint32_t rates[] = {0, 100};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rates); i++) {
        const struct slogout_plan plan = {
            .size = sizeof plan, .spread_ms = 20000, .tail_ms = 5000, .rate = rates[i]};
        struct crowd *crowd = draining(1000, &silent, 1, &plan);
        uint64_t t;

        crowd_run(crowd, 9999);
        assert_int_equal(slogout_drain_force(crowd->drain, 10000), 0);
        assert_int_equal(slogout_drain_deadline(crowd->drain), 25000);
        crowd_run(crowd, 100000);
        expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, 1000);
        for (t = 10000; t < 15000; t++)
            assert_true(crowd->moments[t].closes <= 2);
        assert_in_range(crowd->done_ms, 14900, 15000);
        crowd_free(crowd);
    }
}

/* A drain that was not started is started, and one that is canceled ends those that were asked. */
static void test_force_ends_a_drain_that_does_not_run(void **state)
{
    const struct slogout_plan plan = {.size = sizeof plan};
    int was_canceled;

    (void)state;
    for (was_canceled = 0; was_canceled < 2; was_canceled++) {
        struct crowd *crowd = crowd_new(NULL, 100, &silent, 1, 100000);

        crowd_add(crowd, 0, 100, 0);
        if (was_canceled)
            start(crowd, &plan);
        crowd_run(crowd, 499);
        if (was_canceled)
            assert_int_equal(slogout_drain_cancel(crowd->drain), 0);
        assert_int_equal(slogout_drain_force(crowd->drain, crowd->now), 0);
        crowd_run(crowd, 100000);
        expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, 100);
        assert_int_equal(crowd->done_ms, 500);
        crowd_free(crowd);
    }
}

/* Between the call and the tick that acts on it. */
static void test_nobody_is_asked_after_force(void **state)
{
    const struct slogout_plan plan = {.size = sizeof plan};
    struct crowd *crowd = draining(1, &never_at_rest, 1, &plan);

    (void)state;
    crowd_run(crowd, 0);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_PENDING], 1);
    assert_int_equal(slogout_drain_force(crowd->drain, 1), 0);
    crowd->clients[0].at_rest = 1;
    assert_int_equal(slogout_session_resume(crowd->clients[0].session, 1), 0);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_BYE_ONLY, 1);
    crowd_free(crowd);
}

/* Those that were not asked are OPEN again. The others have no deadline, which would have been at 20 s. */
static void test_cancel_opens_those_who_were_not_asked_and_takes_the_deadline_from_the_others(void **state)
{
    static const struct manner mixed[] = {{1, 0, CROWD_NEVER, "OK", 0}, {1, CROWD_NEVER, 0, "OK", 0}};
    const struct slogout_plan plan = {
        .size = sizeof plan, .spread_ms = 20000, .deadline_ms = 65100, .seed = 1};
    struct crowd *crowd = draining(1000, mixed, 2, &plan);
    uint64_t asked;

    (void)state;
    crowd_run(crowd, 9999);
    asked = crowd_counts(crowd)->state[SLOGOUT_STATE_ASKED];
    assert_in_range(asked, 249, 251);
    crowd->deaf = 1;
    crowd->now = 60000; /* no timer has expired yet */
    assert_int_equal(slogout_drain_cancel(crowd->drain), 0);
    crowd->deaf = 0;
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_WAITING], 0);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_PENDING], 0);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_ASKED], asked);
    crowd_run(crowd, 400000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_EXPIRED, (uint32_t)asked);
    assert_int_equal(crowd->outcomes, asked);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

/* An operator who asks again must not make the drain longer, nor may a force near the deadline. */
static void test_force_does_not_put_off_the_end(void **state)
{
    static const struct {
        uint64_t first, last, over_by;
    } rows[] = {{0, 14000, 15000}, {66000, 69000, 70000}};
    const struct slogout_plan plan = {
        .size = sizeof plan, .spread_ms = 20000, .tail_ms = 5000, .deadline_ms = 70000};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct crowd *crowd = draining(100, &never_at_rest, 1, &plan);

        if (rows[i].first)
            crowd_run(crowd, rows[i].first - 1);
        while (crowd->now <= rows[i].last) {
            assert_int_equal(slogout_drain_force(crowd->drain, crowd->now), 0);
            assert_int_equal(slogout_drain_deadline(crowd->drain), rows[i].over_by);
            crowd_run(crowd, crowd->now + 999);
        }
        crowd_run(crowd, 100000);
        assert_in_range(crowd->done_ms, rows[i].over_by - 100, rows[i].over_by);
        crowd_free(crowd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_limit_is_never_exceeded),
        cmocka_unit_test(test_with_30_s_nobody_is_asked_and_bye_is_spread),
        cmocka_unit_test(test_the_limit_grows_and_that_is_counted),
        cmocka_unit_test(test_the_greatest_numbers_saturate),
        cmocka_unit_test(test_expiry_at_the_moment_of_forcing_is_no_force),
        cmocka_unit_test(test_those_who_are_never_at_rest_are_gone_at_the_deadline),
        cmocka_unit_test(test_the_order_of_forcing),
        cmocka_unit_test(test_a_tick_after_the_deadline_ends_all_at_once),
        cmocka_unit_test(test_who_joins_while_they_are_forced_is_forced_in_the_tail),
        cmocka_unit_test(test_who_joins_last_does_not_put_off_the_deadline),
        cmocka_unit_test(test_force_spreads_over_the_tail_whatever_the_rate),
        cmocka_unit_test(test_force_ends_a_drain_that_does_not_run),
        cmocka_unit_test(test_nobody_is_asked_after_force),
        cmocka_unit_test(test_cancel_opens_those_who_were_not_asked_and_takes_the_deadline_from_the_others),
        cmocka_unit_test(test_force_does_not_put_off_the_end),
        cmocka_unit_test(test_every_deadline_is_kept),
        /* The slowest comes last, since most faults are found before it. */
        cmocka_unit_test(test_every_advice_that_is_taken_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

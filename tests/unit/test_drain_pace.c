/* The pace of a drain: how even it is, and what changes it. */
#include "support/test.h"
#include <stdlib.h>
#include "support/crowd.h"

static const struct manner prompt = {1, 0, 50, "OK", 0};
static const struct manner silent = {1, 0, CROWD_NEVER, "OK", 0};
static const struct manner not_enabled = {0, 0, CROWD_NEVER, "OK", 0};

static struct slogout_plan plan_of(uint32_t spread)
{
    const struct slogout_plan plan = {.size = sizeof plan, .spread_ms = spread, .seed = 1};
    return plan;
}

static struct crowd *crowd_of(uint32_t count, const struct manner *manner)
{
    struct crowd *crowd = crowd_new(NULL, count, manner, 1, 400000);

    crowd_add(crowd, 0, count, 0);
    return crowd;
}

static void start(struct crowd *crowd, const struct slogout_plan *plan)
{
    assert_int_equal(slogout_drain_start(crowd->drain, plan, crowd->now), 0);
}

static const struct slogout_counts *counts(const struct crowd *crowd)
{
    return slogout_drain_get_counts(crowd->drain);
}

/* Counts the departures that were begun, by LOGOUT or by `* BYE` in its place. */
static uint32_t begun(const struct crowd *crowd, uint64_t from, uint64_t to)
{
    uint32_t count = 0;

    for (; from < to; from++)
        count += crowd->moments[from].logouts + crowd->moments[from].byes;
    return count;
}

/* Expects per_100_ms departures in each 100 ms of the time, give or take 10 % and 1. */
static void expect_even(const struct crowd *crowd, uint64_t from, uint64_t to, double per_100_ms)
{
    const double slack = per_100_ms / 10 + 1;

    for (; from + 100 <= to; from++) {
        const uint32_t count = begun(crowd, from, from + 100);
        if (count > per_100_ms + slack || count < per_100_ms - slack)
            fail_msg("%lu at %llu, not %.1f", (unsigned long)count, (unsigned long long)from, per_100_ms);
    }
}

/* ---- even ---- */

/* Spreads of all grains: 1, 2, 5, 10, 20, 50, 100 ms. */
static void test_departures_are_even(void **state)
{
    static const struct manner *const manners[] = {&prompt, &silent, &not_enabled};
    static const uint32_t spreads[] = {1000, 15000, 15001, 30000, 75000, 150000, 300000};
    size_t i, j;

    (void)state;
    for (i = 0; i < LENGTH(manners); i++)
        for (j = 0; j < LENGTH(spreads); j++) {
            const struct slogout_plan plan = plan_of(spreads[j]);
            const uint32_t count = spreads[j] / 10;
            struct crowd *crowd = crowd_of(count, manners[i]);

            start(crowd, &plan);
            crowd_run(crowd, 400000);
            assert_int_equal(crowd->outcomes, count);
            expect_even(crowd, 0, spreads[j], 10);
            assert_int_equal(begun(crowd, 0, spreads[j]), count);
            crowd_free(crowd);
        }
}

/* Over all milliseconds in which a client left. */
static uint64_t greatest_common_divisor(const struct crowd *crowd, uint64_t until)
{
    uint64_t divisor = 0;
    uint64_t i;

    for (i = 1; i < until; i++) {
        uint64_t moment = begun(crowd, i, i + 1) ? i : 0;
        while (moment) {
            const uint64_t rest = divisor % moment;
            divisor = moment;
            moment = rest;
        }
    }
    return divisor;
}

static void test_departures_keep_to_the_grain_of_the_spread(void **state)
{
    static const struct {
        uint32_t spread, grain;
    } rows[] = {{15000, 1},   {15001, 2},   {30000, 2},   {30001, 5},   {75000, 5},  {75001, 10},
                {150000, 10}, {150001, 20}, {300000, 20}, {300001, 50}, {399999, 50}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        const struct slogout_plan plan = plan_of(rows[i].spread);
        struct crowd *crowd = crowd_of(500, &not_enabled);

        start(crowd, &plan);
        crowd_run(crowd, 400000);
        assert_int_equal(crowd->outcomes, 500);
        assert_int_equal(greatest_common_divisor(crowd, 400000), rows[i].grain);
        crowd_free(crowd);
    }
}

static uint32_t begun_at_odd_milliseconds(uint32_t spread)
{
    const struct slogout_plan plan = plan_of(spread);
    struct crowd *crowd = crowd_of(1000, &not_enabled);
    uint32_t t, count = 0;

    start(crowd, &plan);
    crowd_run(crowd, 400000);
    for (t = 1; t < spread; t += 2)
        count += begun(crowd, t, t + 1);
    crowd_free(crowd);
    return count;
}

static void test_short_spreads_use_each_millisecond(void **state)
{
    (void)state;
    assert_in_range(begun_at_odd_milliseconds(15000), 400, 600);
    assert_int_equal(begun_at_odd_milliseconds(15001), 0);
}

static void test_long_spreads_are_even_and_set_few_timers(void **state)
{
    static const uint32_t spreads[] = {750000, 750001, 2000000};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(spreads); i++) {
        const struct slogout_plan plan = plan_of(spreads[i]);
        const uint32_t count = spreads[i] / 5;
        struct crowd *crowd = crowd_new(NULL, count, &not_enabled, 1, 2100000);

        crowd_add(crowd, 0, count, 0);
        start(crowd, &plan);
        crowd_run(crowd, 2100000);
        expect_even(crowd, 0, spreads[i] / 100 * 100, 20);
        assert_in_range(crowd->timer_sets, 1, 20002);
        crowd_free(crowd);
    }
}

static void test_without_a_spread_all_are_begun_at_once(void **state)
{
    const struct slogout_plan plan = plan_of(0);
    struct crowd *crowd = crowd_of(5000, &silent);

    (void)state;
    start(crowd, &plan);
    crowd_run(crowd, 0);
    assert_int_equal(crowd->moments[0].logouts, 5000);
    crowd_free(crowd);
}

static void test_one_alone_is_begun_anywhere_in_the_spread(void **state)
{
    unsigned count[4] = {0}, seed;

    (void)state;
    for (seed = 0; seed < 200; seed++) {
        struct slogout_plan plan = plan_of(20000);
        struct crowd *crowd = crowd_new(NULL, 1, &not_enabled, 1, 20000);

        plan.seed = seed;
        crowd_add(crowd, 0, 1, 0);
        start(crowd, &plan);
        crowd_run(crowd, 20000);
        count[crowd->clients[0].closed_ms / 5000]++;
        crowd_free(crowd);
    }
    for (seed = 0; seed < 4; seed++)
        assert_in_range(count[seed], 30, 70);
}

static int same_schedule(uint32_t seed, uint32_t other_seed)
{
    struct slogout_plan plan = plan_of(20000);
    struct crowd *one = crowd_of(1000, &silent), *other = crowd_of(1000, &silent);
    int same;

    plan.seed = seed;
    start(one, &plan);
    plan.seed = other_seed;
    start(other, &plan);
    crowd_run(one, 20000);
    crowd_run(other, 20000);
    same = memcmp(one->moments, other->moments, 20000 * sizeof *one->moments) == 0;
    crowd_free(one);
    crowd_free(other);
    return same;
}

static void test_the_same_seed_has_the_same_schedule(void **state)
{
    (void)state;
    assert_true(same_schedule(1, 1));
    assert_true(same_schedule(0, 0));
    assert_false(same_schedule(1, 2));
}

/* ---- groups ---- */

static void expect_groups_together(const struct crowd *crowd, uint32_t size)
{
    uint32_t i;

    for (i = 0; i < crowd->count; i++)
        assert_int_equal(crowd->clients[i].closed_ms, crowd->clients[i - i % size].closed_ms);
}

static void test_a_group_leaves_in_one_slot_and_the_pace_stays(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_new(NULL, 10000, &not_enabled, 1, 30000);

    (void)state;
    crowd_add(crowd, 0, 10000, 5);
    start(crowd, &plan);
    crowd_run(crowd, 30000);
    expect_groups_together(crowd, 5);
    expect_even(crowd, 0, 20000, 50);
    crowd_free(crowd);
}

static void test_neighbours_without_a_group_are_no_group(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(10, &not_enabled);
    uint32_t i;

    (void)state;
    start(crowd, &plan);
    crowd_run(crowd, 30000);
    for (i = 1; i < 10; i++)
        assert_int_not_equal(crowd->clients[i].closed_ms, crowd->clients[i - 1].closed_ms);
    crowd_free(crowd);
}

/* Five connections for each user, and two places. The group is begun as places become free. */
static void test_the_limit_holds_for_groups_too(void **state)
{
    struct slogout_plan plan = plan_of(1000);
    struct crowd *crowd = crowd_new(NULL, 100, &prompt, 1, 400000);

    (void)state;
    plan.max_in_flight = 2;
    crowd_add(crowd, 0, 100, 5);
    start(crowd, &plan);
    crowd_run(crowd, 400000);
    assert_int_equal(crowd->most_in_flight, 2);
    assert_int_equal(counts(crowd)->over_limit, 0);
    assert_int_equal(crowd->outcomes, 100);
    crowd_free(crowd);
}

/* Forcing begins at 366 s, the last LOGOUT is at 331 s. Silent clients keep 1,000 places for ten rounds of
 * 35.1 s, so the first round has 15 s. The first round is even, and so is each that follows, as places
 * become free. */
static void test_a_tight_limit_makes_no_burst(void **state)
{
    struct slogout_plan plan = plan_of(330000);
    struct crowd *crowd = crowd_of(10000, &silent);
    uint32_t round;

    (void)state;
    plan.deadline_ms = 376000;
    plan.max_in_flight = 1000;
    start(crowd, &plan);
    crowd_run(crowd, 400000);
    for (round = 0; round < 10; round++)
        expect_even(crowd, round * 35000, round * 35000 + 15000, 6.62);
    assert_int_equal(crowd->most_in_flight, 1000);
    assert_int_equal(counts(crowd)->outcome[SLOGOUT_OUTCOME_EXPIRED], 10000);
    crowd_free(crowd);
}

/* The next session gets the place at once, however the place became free, so the host's timer must come
 * nearer at once. */
static void test_set_timer_reports_a_place_that_has_become_free(void **state)
{
    enum how { ABANDON, FREE, CANCEL, HOWS };
    struct slogout_plan plan = plan_of(0);
    int how;

    (void)state;
    plan.max_in_flight = 1;
    for (how = ABANDON; how < HOWS; how++) {
        static const struct manner never_at_rest = {1, CROWD_NEVER, CROWD_NEVER, "OK", 0};
        struct crowd *crowd = crowd_of(2, &never_at_rest);
        start(crowd, &plan);
        crowd_run(crowd, 1000);
        assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_PENDING], 1);
        assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_WAITING], 1);
        assert_true(crowd->timer > crowd->now);
        if (how == ABANDON) {
            assert_int_equal(slogout_session_abandon(crowd->clients[0].session, SLOGOUT_OUTCOME_PEER_CLOSED),
                             0);
        } else if (how == CANCEL) {
            assert_int_equal(slogout_session_cancel(crowd->clients[0].session), 0);
        } else {
            slogout_session_free(crowd->clients[0].session);
            crowd->clients[0].session = NULL;
        }
        assert_true(crowd->timer <= crowd->now);
        crowd_tick(crowd);
        assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_PENDING], 1);
        assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_WAITING], 0);
        crowd_free(crowd);
    }
}

/* A slot that may be too long must be cut again, so the host's timer must come nearer at once. */
static void test_set_timer_reports_a_session_that_has_joined(void **state)
{
    const struct slogout_plan plan = plan_of(60000);
    struct crowd *crowd = crowd_new(NULL, 2, &silent, 1, 200000);

    (void)state;
    crowd_add(crowd, 0, 1, 0);
    start(crowd, &plan);
    crowd_run(crowd, 1);
    assert_true(crowd->timer > crowd->now);
    crowd_add(crowd, 1, 2, 0);
    assert_true(crowd->timer <= crowd->now);
    crowd_free(crowd);
}

/* ---- while it runs ---- */

static void test_pause_begins_nobody_and_resume_goes_on_at_the_same_pace(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(2000, &prompt);

    (void)state;
    start(crowd, &plan);
    crowd_run(crowd, 4999);
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    crowd_run(crowd, 34999);
    assert_int_equal(begun(crowd, 5000, 35000), 0);
    assert_int_equal(slogout_drain_resume(crowd->drain, crowd->now), 0);
    crowd_run(crowd, 400000);
    expect_even(crowd, 0, 5000, 10);
    expect_even(crowd, 35001, 49900, 10);
    assert_in_range(crowd->moments[35000].logouts, 9, 12); /* what is due in 100 ms is caught up */
    assert_int_equal(crowd->outcomes, 2000);
    crowd_free(crowd);
}

/* The last LOGOUT is at 10 s, forcing begins at 45 s. Sessions that were held back are asked until then,
 * and sent `* BYE` after that. */
static void test_the_deadline_stands_while_it_is_paused(void **state)
{
    struct slogout_plan plan = plan_of(5000);
    struct crowd *crowd = crowd_of(100, &silent);

    (void)state;
    plan.deadline_ms = 60000;
    plan.tail_ms = 5000;
    start(crowd, &plan);
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    crowd_run(crowd, 44999);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_WAITING], 100);
    crowd_run(crowd, 100000);
    assert_int_equal(counts(crowd)->outcome[SLOGOUT_OUTCOME_FORCED], 100);
    assert_in_range(crowd->last_outcome_ms, 49000, 50000);
    crowd_free(crowd);
}

static void test_who_was_held_back_too_long_is_told_by_bye(void **state)
{
    struct slogout_plan plan = plan_of(5000);
    struct crowd *crowd = crowd_of(100, &silent);

    (void)state;
    plan.deadline_ms = 60000;
    start(crowd, &plan);
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    crowd_run(crowd, 20000);
    assert_int_equal(slogout_drain_resume(crowd->drain, crowd->now), 0);
    crowd_run(crowd, 100000);
    assert_int_equal(counts(crowd)->outcome[SLOGOUT_OUTCOME_BYE_ONLY], 100);
    assert_in_range(crowd->last_outcome_ms, 24000, 25001);
    crowd_free(crowd);
}

static void test_cancel_opens_those_who_were_not_asked(void **state)
{
    static const struct manner mixed[] = {{1, 0, CROWD_NEVER, "OK", 0}, {1, CROWD_NEVER, 0, "OK", 0}};
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_new(NULL, 1000, mixed, 2, 400000);
    uint64_t asked;

    (void)state;
    crowd_add(crowd, 0, 1000, 0);
    start(crowd, &plan);
    crowd_run(crowd, 9999);
    asked = counts(crowd)->state[SLOGOUT_STATE_ASKED];
    assert_in_range(asked, 249, 251);
    assert_int_equal(slogout_drain_cancel(crowd->drain), 0);
    assert_int_equal(
        counts(crowd)->state[SLOGOUT_STATE_WAITING] + counts(crowd)->state[SLOGOUT_STATE_PENDING], 0);
    assert_int_equal(slogout_get_counts(crowd->slogout)->state[SLOGOUT_STATE_PENDING], 0);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_ASKED], asked);
    crowd_run(crowd, 400000);
    assert_int_equal(crowd->outcomes, asked);
    assert_int_equal(counts(crowd)->outcome[SLOGOUT_OUTCOME_EXPIRED], asked);
    assert_int_equal(crowd->dones, 1);
    assert_in_range(crowd->done_ms, 44900, 45000);
    crowd_free(crowd);
}

/* A quarter is gone after 5 s of 20 s. Then the rest has another 5 s. */
static void test_a_shorter_plan_counts_from_now(void **state)
{
    struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(2000, &silent);

    (void)state;
    start(crowd, &plan);
    crowd_run(crowd, 4999);
    plan.spread_ms = 5000;
    plan.deadline_ms = 55000;
    start(crowd, &plan);
    assert_int_equal(slogout_drain_deadline(crowd->drain), 60000);
    crowd_run(crowd, 400000);
    expect_even(crowd, 0, 5000, 10);
    expect_even(crowd, 5000, 10000, 30);
    assert_int_equal(crowd->outcomes, 2000);
    assert_in_range(crowd->last_outcome_ms, 40000, 45000);
    crowd_free(crowd);
}

static void test_a_longer_plan_counts_from_now(void **state)
{
    struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(2000, &prompt);

    (void)state;
    plan.deadline_ms = 65100;
    start(crowd, &plan);
    crowd_run(crowd, 9999);
    plan.spread_ms = 100000;
    plan.deadline_ms = 145000;
    start(crowd, &plan);
    assert_int_equal(slogout_drain_deadline(crowd->drain), 155000);
    crowd_run(crowd, 400000);
    expect_even(crowd, 10000, 110000, 1);
    assert_int_equal(crowd->outcomes, 2000);
    assert_in_range(crowd->done_ms, 109000, 110060);
    crowd_free(crowd);
}

static void test_a_new_plan_takes_back_a_force_that_has_not_reached_all(void **state)
{
    struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(1000, &silent);

    (void)state;
    plan.tail_ms = 10000;
    start(crowd, &plan);
    crowd_run(crowd, 0);
    assert_int_equal(slogout_drain_force(crowd->drain, crowd->now), 0);
    crowd_run(crowd, 5000);
    start(crowd, &plan);
    crowd_run(crowd, 400000);
    assert_in_range(counts(crowd)->outcome[SLOGOUT_OUTCOME_FORCED], 498, 502);
    assert_int_equal(counts(crowd)->outcome[SLOGOUT_OUTCOME_EXPIRED] +
                         counts(crowd)->outcome[SLOGOUT_OUTCOME_FORCED],
                     1000);
    crowd_free(crowd);
}

static void test_who_leaves_by_itself_leaves_its_time_to_the_others(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(4000, &prompt);
    uint32_t i;

    (void)state;
    start(crowd, &plan);
    crowd_run(crowd, 9999);
    for (i = 2500; i < 4000; i++)
        crowd_hang_up(crowd, &crowd->clients[i]);
    crowd_run(crowd, 400000);
    expect_even(crowd, 0, 10000, 20);
    expect_even(crowd, 10100, 20000, 5);
    crowd_free(crowd);
}

static void test_who_joins_shares_the_time_that_is_left(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_new(NULL, 4000, &prompt, 1, 400000);

    (void)state;
    crowd_add(crowd, 0, 2000, 0);
    start(crowd, &plan);
    crowd_run(crowd, 9999);
    crowd_add(crowd, 2000, 4000, 0);
    crowd_run(crowd, 400000);
    expect_even(crowd, 0, 10000, 10);
    expect_even(crowd, 10000, 20000, 30);
    assert_int_equal(crowd->outcomes, 4000);
    crowd_free(crowd);
}

/* The first session has the whole spread to itself. Those that join must not have to wait for its slot to
 * end. */
static void test_all_join_after_the_start(void **state)
{
    static const uint32_t before[] = {0, 1};
    const struct slogout_plan plan = plan_of(20000);
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(before); i++) {
        struct crowd *crowd = crowd_new(NULL, 2000, &prompt, 1, 400000);

        crowd_add(crowd, 0, before[i], 0);
        start(crowd, &plan);
        crowd_add(crowd, before[i], 2000, 0);
        crowd_run(crowd, 400000);
        expect_even(crowd, 0, 20000, 10);
        crowd_free(crowd);
    }
}

static void test_one_joins_when_nobody_waits(void **state)
{
    struct slogout_plan plan = plan_of(20000);
    unsigned late = 0;

    (void)state;
    for (plan.seed = 0; plan.seed < 20; plan.seed++) {
        struct crowd *crowd = crowd_new(NULL, 1, &not_enabled, 1, 400000);

        crowd->now = 500;
        start(crowd, &plan);
        crowd_add(crowd, 0, 1, 0);
        crowd_run(crowd, 400000);
        assert_in_range(crowd->done_ms, 500, 20500);
        late += crowd->done_ms > 10500;
        crowd_free(crowd);
    }
    assert_in_range(late, 5, 15);
}

static void test_who_joins_a_drain_without_a_spread_is_begun_at_once(void **state)
{
    const struct slogout_plan plan = plan_of(0);
    struct crowd *crowd = crowd_new(NULL, 1, &not_enabled, 1, 10);

    (void)state;
    start(crowd, &plan);
    crowd_add(crowd, 0, 1, 0);
    crowd_run(crowd, 10);
    assert_int_equal(crowd->done_ms, 0);
    crowd_free(crowd);
}

/* The time may be earlier than the slot that was cut for one session alone, which only a tick can know. */
static void test_a_tick_is_wanted_when_somebody_has_joined_and_only_then(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_new(NULL, 2, &not_enabled, 1, 20000);
    uint64_t deadline;

    (void)state;
    crowd_add(crowd, 0, 1, 0);
    start(crowd, &plan);
    deadline = slogout_deadline(crowd->slogout);
    assert_in_range(deadline, 1, 20000);
    assert_int_equal(slogout_drain_add(crowd->drain, crowd->clients[0].session, 0), SLOGOUT_ERR_STATE);
    assert_int_equal(slogout_deadline(crowd->slogout), deadline);
    crowd_add(crowd, 1, 2, 0);
    assert_int_equal(slogout_deadline(crowd->slogout), 0);
    crowd_free(crowd);
}

/* One session has 20 s to itself. It is still there, or it is not, when 999 more join after 10 s. */
static void test_many_join_one(void **state)
{
    struct slogout_plan plan = plan_of(20000);

    (void)state;
    for (plan.seed = 0; plan.seed < 10; plan.seed++) {
        struct crowd *crowd = crowd_new(NULL, 1001, &prompt, 1, 400000);

        crowd->clients[0].manner = &silent;
        slogout_session_request(crowd->clients[0].session, NULL, 0);
        crowd_add(crowd, 0, 2, 0); /* the session that was asked already keeps the drain from being done */
        start(crowd, &plan);
        crowd_run(crowd, 9999);
        crowd_add(crowd, 2, 1001, 0);
        crowd_run(crowd, 400000);
        expect_even(crowd, 10000, 20000, 10);
        assert_int_equal(crowd->outcomes, 1001);
        crowd_free(crowd);
    }
}

/* All were begun by 20 s, but are not gone. Sessions that join at 30 s get another spread, not a burst. */
static void test_who_joins_after_the_spread_has_another_one(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_new(NULL, 2000, &silent, 1, 400000);

    (void)state;
    crowd_add(crowd, 0, 1000, 0);
    start(crowd, &plan);
    crowd_run(crowd, 29999);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_WAITING], 0);
    crowd_add(crowd, 1000, 2000, 0);
    crowd_run(crowd, 400000);
    expect_even(crowd, 30100, 49900, 5);
    assert_int_equal(crowd->outcomes, 2000);
    crowd_free(crowd);
}

/* ---- the host's ticks ---- */

static void test_a_tick_that_comes_minutes_late_makes_no_burst(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(2000, &prompt);

    (void)state;
    start(crowd, &plan);
    crowd_run(crowd, 4999);
    crowd->deaf = 1;
    crowd_run(crowd, 304999);
    crowd->deaf = 0;
    crowd_run(crowd, 400000);
    assert_in_range(crowd->moments[305000].logouts, 9, 12);
    expect_even(crowd, 305001, 319900, 10);
    assert_int_equal(crowd->outcomes, 2000);
    crowd_free(crowd);
}

static void test_a_host_that_ticks_each_100_ms_keeps_the_pace(void **state)
{
    const struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(2000, &not_enabled);

    (void)state;
    start(crowd, &plan);
    while (crowd->done_ms == SLOGOUT_NEVER && crowd->now < 30000) {
        crowd->deaf = crowd->now % 100 != 0;
        crowd_run(crowd, crowd->now);
    }
    expect_even(crowd, 100, 20000, 10);
    assert_in_range(crowd->last_outcome_ms, 19900, 20000);
    crowd_free(crowd);
}

static void test_a_tick_begins_no_more_than_1000(void **state)
{
    struct crowd *crowd = crowd_of(2500, &silent);
    const struct slogout_plan plan = plan_of(0);
    uint32_t i;

    (void)state;
    start(crowd, &plan);
    for (i = 1000; i <= 3000; i += 1000) {
        assert_int_equal(slogout_deadline(crowd->slogout), 0);
        assert_int_equal(slogout_tick(crowd->slogout, 0), 0);
        assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_ASKED], i < 2500 ? i : 2500);
    }
    assert_int_equal(slogout_deadline(crowd->slogout), 35000);
    crowd_free(crowd);
}

/* The host's clock was not 0 at the start. */
static void test_lengths_count_from_the_start(void **state)
{
    struct slogout_plan plan = plan_of(20000);
    struct crowd *crowd = crowd_of(2000, &prompt);

    (void)state;
    plan.deadline_ms = 65100;
    crowd->now = 123456;
    start(crowd, &plan);
    assert_int_equal(slogout_drain_deadline(crowd->drain), 188556);
    crowd_run(crowd, 400000);
    expect_even(crowd, 123456, 143456, 10);
    assert_in_range(crowd->done_ms, 143000, 143506);
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_departures_are_even),
        cmocka_unit_test(test_departures_keep_to_the_grain_of_the_spread),
        cmocka_unit_test(test_short_spreads_use_each_millisecond),
        cmocka_unit_test(test_without_a_spread_all_are_begun_at_once),
        cmocka_unit_test(test_one_alone_is_begun_anywhere_in_the_spread),
        cmocka_unit_test(test_the_same_seed_has_the_same_schedule),
        cmocka_unit_test(test_a_group_leaves_in_one_slot_and_the_pace_stays),
        cmocka_unit_test(test_neighbours_without_a_group_are_no_group),
        cmocka_unit_test(test_the_limit_holds_for_groups_too),
        cmocka_unit_test(test_a_tight_limit_makes_no_burst),
        cmocka_unit_test(test_set_timer_reports_a_place_that_has_become_free),
        cmocka_unit_test(test_set_timer_reports_a_session_that_has_joined),
        cmocka_unit_test(test_pause_begins_nobody_and_resume_goes_on_at_the_same_pace),
        cmocka_unit_test(test_the_deadline_stands_while_it_is_paused),
        cmocka_unit_test(test_who_was_held_back_too_long_is_told_by_bye),
        cmocka_unit_test(test_cancel_opens_those_who_were_not_asked),
        cmocka_unit_test(test_a_shorter_plan_counts_from_now),
        cmocka_unit_test(test_a_longer_plan_counts_from_now),
        cmocka_unit_test(test_a_new_plan_takes_back_a_force_that_has_not_reached_all),
        cmocka_unit_test(test_who_leaves_by_itself_leaves_its_time_to_the_others),
        cmocka_unit_test(test_who_joins_shares_the_time_that_is_left),
        cmocka_unit_test(test_all_join_after_the_start),
        cmocka_unit_test(test_one_joins_when_nobody_waits),
        cmocka_unit_test(test_who_joins_a_drain_without_a_spread_is_begun_at_once),
        cmocka_unit_test(test_a_tick_is_wanted_when_somebody_has_joined_and_only_then),
        cmocka_unit_test(test_many_join_one),
        cmocka_unit_test(test_who_joins_after_the_spread_has_another_one),
        cmocka_unit_test(test_a_tick_that_comes_minutes_late_makes_no_burst),
        cmocka_unit_test(test_a_host_that_ticks_each_100_ms_keeps_the_pace),
        cmocka_unit_test(test_a_tick_begins_no_more_than_1000),
        cmocka_unit_test(test_lengths_count_from_the_start),
        /* The slowest comes last, since most faults are found before it. */
        cmocka_unit_test(test_long_spreads_are_even_and_set_few_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

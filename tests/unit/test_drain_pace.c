/* SPDX-License-Identifier: BSD-2-Clause */
/* The pace of a drain: its evenness, its rate, and the calls that change it. */
#include "support/test.h"
#include <stdlib.h>
#include "support/crowd.h"

#define HORIZON 400000

static struct slogout_plan plan_of(uint32_t spread, uint32_t rate)
{
    const struct slogout_plan plan = {.size = sizeof plan, .spread_ms = spread, .seed = 1, .rate = rate};
    return plan;
}

static void start(struct crowd *crowd, const struct slogout_plan *plan)
{
    crowd_play(crowd, plan, "0s");
}

static void run_to_the_end(struct crowd *crowd)
{
    crowd_run(crowd, crowd->horizon);
    assert_int_equal(crowd->outcomes, crowd->count);
    crowd_free(crowd);
}

/* Expects per_100_ms departures in each 100 ms of this time, within 10 % and 1. */
static void expect_even(const struct crowd *crowd, uint64_t from, uint64_t to, double per_100_ms)
{
    const double slack = per_100_ms > 0 ? per_100_ms / 10 + 1 : 0;

    for (; from + 100 <= to; from++) {
        const uint32_t count = crowd_begun(crowd, from, from + 100);
        if (count > per_100_ms + slack || count < per_100_ms - slack)
            fail_msg("%lu at %llu, not %.1f", (unsigned long)count, (unsigned long long)from, per_100_ms);
    }
}

/* ---- evenness ---- */

#define EACH_MANNER NULL
#define ALL_BY(to, per_100_ms) {{0, to, per_100_ms}}

/* If the slot is shared, the next 100 ms show it. */
static const struct pace {
    const char *what;
    const struct manner *manner;
    uint32_t spread, rate, count, members;
    uint64_t deadline;
    const char *script;
    struct {
        uint64_t from, to;
        double per_100_ms;
    } even[3];
} paces[] = {
    /* spreads and rates of all timer steps: 1, 2, 5, 10, 20, 50, 100 ms */
    {"step 1", EACH_MANNER, 1000, 0, 100, 100, 0, "0s", ALL_BY(1000, 10)},
    {"step 1 still", EACH_MANNER, 15000, 0, 1500, 1500, 0, "0s", ALL_BY(15000, 10)},
    {"step 2", EACH_MANNER, 15001, 0, 1500, 1500, 0, "0s", ALL_BY(15000, 10)},
    {"step 5", EACH_MANNER, 75000, 0, 7500, 7500, 0, "0s", ALL_BY(75000, 10)},
    {"step 10", EACH_MANNER, 150000, 0, 15000, 15000, 0, "0s", ALL_BY(150000, 10)},
    {"step 20", EACH_MANNER, 300000, 0, 30000, 30000, 0, "0s", ALL_BY(300000, 10)},
    {"the rate alone", EACH_MANNER, 0, 50, 2000, 2000, 0, "0s", ALL_BY(40000, 5)},
    {"the spread is slower", EACH_MANNER, 100000, 50, 2000, 2000, 0, "0s", ALL_BY(100000, 2)},
    {"the rate is slower", EACH_MANNER, 20000, 50, 2000, 2000, 0, "0s", ALL_BY(40000, 5)},
    {"a rate over a long time", EACH_MANNER, 0, 70, 14000, 14000, 0, "0s", ALL_BY(200000, 7)},
    {"the deadline cuts the spread short", EACH_MANNER, 60000, 0, 2000, 2000, 60000, "0s", ALL_BY(50000, 4)},
    {"the deadline overrides the rate", EACH_MANNER, 0, 33, 2000, 2000, 60000, "0s", ALL_BY(50000, 4)},
    {"the deadline overrides both", EACH_MANNER, 60000, 33, 2000, 2000, 60000, "0s", ALL_BY(50000, 4)},
    {"the spread is kept even if not all can be asked", EACH_MANNER, 40000, 0, 2000, 2000, 60000, "0s", ALL_BY(40000, 5)},
    {"the rate is kept even if not all can be asked", EACH_MANNER, 0, 50, 2000, 2000, 60000, "0s", ALL_BY(40000, 5)},
    {"paused, twice", &crowd_prompt, 20000, 0, 2000, 2000, 0, "0s 5000p 5000p 35000r",
     {{0, 5000, 10}, {5000, 35000, 0}, {35001, 49900, 10}}},
    {"no tick from the start", &crowd_prompt, 20000, 0, 2000, 2000, 0, "0s 0d 2000t", {{2001, 21900, 10}}},
    {"no tick for 5 minutes", &crowd_prompt, 20000, 0, 2000, 2000, 0, "0s 5000d 305000t",
     {{0, 5000, 10}, {5001, 305000, 0}, {305001, 319900, 10}}},
    /* sessions that join share the rest of the spread, or another spread after its end */
    {"all join", &crowd_silent, 20000, 0, 2000, 0, 0, "0s 0j", {{100, 20000, 10}}},
    {"all join the first", &crowd_silent, 20000, 0, 2000, 1, 0, "0s 0j", {{100, 20000, 10}}},
    {"as many join", &crowd_silent, 20000, 0, 4000, 2000, 0, "0s 10000j", {{1, 10000, 10}, {10100, 20000, 30}}},
    {"many join two", &crowd_silent, 20000, 0, 1001, 2, 0, "0s 10000j", {{10100, 20000, 10}}},
    {"as many join later", &crowd_silent, 20000, 0, 2000, 1000, 0, "0s 30000j", {{1, 20000, 5}, {30100, 49900, 5}}},
};

static void check_pace(const struct pace *pace, const struct manner *manner, uint32_t seed)
{
    struct slogout_plan plan = plan_of(pace->spread, pace->rate);
    struct crowd *crowd = crowd_of(pace->count, pace->members, manner);
    size_t i;

    plan.deadline_ms = pace->deadline;
    plan.seed = seed;
    crowd_play(crowd, &plan, pace->script);
    crowd_run(crowd, HORIZON);
    for (i = 0; i < LENGTH(pace->even) && pace->even[i].to; i++)
        expect_even(crowd, pace->even[i].from, pace->even[i].to, pace->even[i].per_100_ms);
    assert_true(crowd_most_begun(crowd, 1) <= 12); /* a late tick makes up for at most 100 ms */
    if (!pace->manner)
        assert_int_equal(crowd_begun(crowd, 0, pace->even[0].to + 10), pace->count);
    assert_int_equal(crowd_counts(crowd)->outcome[SLOGOUT_OUTCOME_FORCED], 0);
    run_to_the_end(crowd);
}

static void test_departures_are_even(void **state)
{
    static const struct manner *const manners[] = {&crowd_prompt, &crowd_silent, &crowd_not_enabled};
    size_t i, j;

    (void)state;
    for (i = 0; i < LENGTH(paces); i++)
        for (j = 0; j < 3; j++)
            check_pace(&paces[i], paces[i].manner ? paces[i].manner : manners[j], paces[i].manner ? (uint32_t)j : 1);
}

/* Over all milliseconds in which a client left. */
static uint64_t greatest_common_divisor(const struct crowd *crowd)
{
    uint64_t divisor = 0;
    uint64_t i;

    for (i = 1; i < HORIZON; i++) {
        uint64_t moment = crowd_begun(crowd, i, i + 1) ? i : 0;
        while (moment) {
            const uint64_t rest = divisor % moment;
            divisor = moment;
            moment = rest;
        }
    }
    return divisor;
}

static void test_departures_keep_to_the_timer_step(void **state)
{
    static const struct {
        uint32_t spread, rate, step;
    } rows[] = {{15000, 0, 1},   {15001, 0, 2},   {30000, 0, 2},   {30001, 0, 5},   {75000, 0, 5},
                {75001, 0, 10},  {150000, 0, 10}, {150001, 0, 20}, {300000, 0, 20}, {300001, 0, 50},
                {399999, 0, 50}, {0, 10, 5},      {0, 2, 20}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        const struct slogout_plan plan = plan_of(rows[i].spread, rows[i].rate);
        struct crowd *crowd = crowd_of(500, 500, &crowd_not_enabled);

        start(crowd, &plan);
        crowd_run(crowd, HORIZON);
        assert_int_equal(greatest_common_divisor(crowd), rows[i].step);
        run_to_the_end(crowd);
    }
}

static void test_long_spreads_are_even_and_set_few_timers(void **state)
{
    static const uint32_t spreads[] = {750000, 750001, 2000000};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(spreads); i++) {
        const struct slogout_plan plan = plan_of(spreads[i], 0);
        const uint32_t count = spreads[i] / 5;
        struct crowd *crowd = crowd_new(NULL, count, &crowd_not_enabled, 1, 2100000);

        crowd_add(crowd, 0, count, 0);
        start(crowd, &plan);
        crowd_run(crowd, 2100000);
        expect_even(crowd, 0, spreads[i] / 100 * 100, 20);
        assert_in_range(crowd->timer_sets, 1, 20002);
        run_to_the_end(crowd);
    }
}

static int same_schedule(uint32_t count, uint32_t seed, uint32_t other_seed)
{
    struct slogout_plan plan = plan_of(20000, 0);
    struct crowd *one = crowd_of(count, count, &crowd_silent), *other = crowd_of(count, count, &crowd_silent);
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
    assert_true(same_schedule(1000, 1, 1));
    assert_true(same_schedule(1000, 0, 0));
    assert_false(same_schedule(1000, 1, 2));
    assert_false(same_schedule(1, 1, 2));
}

/* ---- the rate ---- */

/* Called in each millisecond while the crowd runs. */
typedef void course(struct crowd *crowd, uint32_t *members);

static void all_from_the_start(struct crowd *crowd, uint32_t *members)
{
    crowd_add(crowd, *members, crowd->count, 0);
    *members = crowd->count;
}

static void in_groups(struct crowd *crowd, uint32_t *members)
{
    crowd_add(crowd, *members, crowd->count, 5);
    *members = crowd->count;
}

static void join_until(struct crowd *crowd, uint32_t *members, uint64_t until)
{
    for (; *members < until && *members < crowd->count; ++*members)
        crowd_add(crowd, *members, *members + 1, 0);
}

/* 100 sessions at once, each second. */
static void in_bursts(struct crowd *crowd, uint32_t *members)
{
    join_until(crowd, members, crowd->now / 1000 * 100 + 100);
}

static void each_10_ms(struct crowd *crowd, uint32_t *members)
{
    join_until(crowd, members, crowd->now / 10 + 1);
}

/* Each session joins as soon as no other session waits. */
static void when_nobody_waits(struct crowd *crowd, uint32_t *members)
{
    if (crowd_counts(crowd)->state[SLOGOUT_STATE_WAITING] == 0)
        join_until(crowd, members, *members + 1);
}

static void paused_for_ten_seconds(struct crowd *crowd, uint32_t *members)
{
    all_from_the_start(crowd, members);
    if (crowd->now == 5000)
        slogout_drain_pause(crowd->drain);
    if (crowd->now == 15000)
        slogout_drain_resume(crowd->drain, crowd->now);
}

/* Half of the waiting sessions hang up. */
static void some_hang_up(struct crowd *crowd, uint32_t *members)
{
    uint32_t i;

    all_from_the_start(crowd, members);
    for (i = 0; crowd->now == 5000 && i < crowd->count; i += 2)
        if (slogout_session_state(crowd->clients[i].session) == SLOGOUT_STATE_WAITING)
            crowd_hang_up(crowd, &crowd->clients[i]);
}

/* Every 10 s, all sessions that were asked hang up at the same moment. */
static void places_become_free_at_once(struct crowd *crowd, uint32_t *members)
{
    uint32_t i;

    all_from_the_start(crowd, members);
    for (i = 0; crowd->now % 10000 == 9999 && i < crowd->count; i++)
        if (slogout_session_state(crowd->clients[i].session) == SLOGOUT_STATE_ASKED)
            crowd_hang_up(crowd, &crowd->clients[i]);
}

/* The rate is 50 per second. With ticks in time, at most one more session begins in a second; after late ticks, at most
 * a fifth and 2 more. */
static void test_no_second_has_more_than_the_rate(void **state)
{
    static const struct {
        const char *what;
        course *course;
        uint32_t spread, limit, tick_each_ms, most;
        uint64_t from, to; /* when the last session began */
    } rows[] = {
        {"all from the start", all_from_the_start, 0, 0, 1, 51, 19900, 20000},
        {"a shorter spread", all_from_the_start, 10000, 0, 1, 51, 19900, 20000},
        {"in groups", in_groups, 0, 0, 1, 55, 19900, 20000},
        {"in bursts", in_bursts, 0, 0, 1, 51, 19900, 20100},
        {"each 10 ms", each_10_ms, 0, 0, 1, 51, 19900, 20100},
        {"in bursts, during the spread", in_bursts, 15000, 0, 1, 51, 20000, 24000},
        {"whenever nobody waits", when_nobody_waits, 0, 0, 1, 51, 19900, 40000},
        {"paused", paused_for_ten_seconds, 0, 0, 1, 57, 29800, 30000},
        {"half of them hang up", some_hang_up, 0, 0, 1, 51, 12000, 13000},
        {"places become free at once", places_become_free_at_once, 0, 100, 1, 57, 91800, 92000},
        {"ticks each 10 ms", all_from_the_start, 0, 0, 10, 52, 19900, 20010},
        {"ticks each 100 ms", all_from_the_start, 0, 0, 100, 60, 19900, 20100},
        {"ticks each 150 ms", all_from_the_start, 0, 0, 150, 60, 19900, 30100},
        {"ticks each 2 s", in_bursts, 0, 0, 2000, 60, 300000, 400000},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct slogout_plan plan = plan_of(rows[i].spread, 50);

        for (plan.seed = 0; plan.seed < 3; plan.seed++) {
            static const struct manner kept = {0, 0, CROWD_NEVER, "OK", CROWD_NEVER};
            struct crowd *crowd = crowd_of(1000, 0, rows[i].limit ? &crowd_silent : &crowd_not_enabled);
            uint32_t members = 0, most;
            uint64_t last;

            crowd->clients[0].manner = &kept; /* so that the drain continues when no other session is left */
            plan.max_in_flight = rows[i].limit;
            rows[i].course(crowd, &members);
            start(crowd, &plan);
            while (crowd->outcomes < crowd->count && crowd->now < HORIZON) {
                rows[i].course(crowd, &members);
                crowd->deaf = crowd->now % rows[i].tick_each_ms != 0;
                crowd_run(crowd, crowd->now);
            }
            for (last = crowd->now; !crowd_begun(crowd, last, last + 1);)
                last--;
            most = crowd_most_begun(crowd, 1000);
            if (most > rows[i].most || last < rows[i].from || last > rows[i].to)
                fail_msg("%s: %lu, %llu", rows[i].what, (unsigned long)most, (unsigned long long)last);
            crowd_free(crowd);
        }
    }
}

/* ---- groups and the limit ---- */

static void test_a_group_leaves_in_one_slot_and_keeps_the_pace(void **state)
{
    const struct slogout_plan plan = plan_of(20000, 0);
    struct crowd *crowd = crowd_of(10000, 0, &crowd_not_enabled);
    uint32_t i;

    (void)state;
    crowd_add(crowd, 0, 5000, 5);
    crowd_add(crowd, 5000, 10000, 0);
    start(crowd, &plan);
    crowd_run(crowd, 30000);
    for (i = 0; i < 5000; i++)
        assert_int_equal(crowd->clients[i].closed_ms, crowd->clients[i - i % 5].closed_ms);
    for (; i < 10000; i += 5)
        assert_int_not_equal(crowd->clients[i].closed_ms, crowd->clients[i + 4].closed_ms);
    expect_even(crowd, 0, 20000, 50);
    run_to_the_end(crowd);
}

/* Each user has five connections, and there are two places. The drain begins a group as places become free. */
static void test_the_limit_holds_for_groups_too(void **state)
{
    struct slogout_plan plan = plan_of(1000, 65537); /* a rate that does not fit into 16 bits */
    struct crowd *crowd = crowd_of(100, 0, &crowd_prompt);

    (void)state;
    plan.max_in_flight = 2;
    crowd_add(crowd, 0, 100, 5);
    start(crowd, &plan);
    crowd_run(crowd, HORIZON);
    assert_int_equal(crowd->most_in_flight, 2);
    assert_true(crowd->done_ms < 60000);
    assert_int_equal(crowd_counts(crowd)->over_limit, 0);
    run_to_the_end(crowd);
}

/* Forcing begins at 366 s, and the last LOGOUT is sent at 331 s. Silent clients keep 1,000 places for ten rounds of
 * 35.1 s, so the first round has 15 s. The first round is even, and so are the following rounds, because places become
 * free evenly. */
static void test_a_tight_limit_makes_no_burst(void **state)
{
    struct slogout_plan plan = plan_of(330000, 0);
    struct crowd *crowd = crowd_of(10000, 10000, &crowd_silent);
    uint32_t round;

    (void)state;
    plan.deadline_ms = 376000;
    plan.max_in_flight = 1000;
    start(crowd, &plan);
    crowd_run(crowd, HORIZON);
    for (round = 0; round < 10; round++)
        expect_even(crowd, round * 35000, round * 35000 + 15000, 6.62);
    assert_int_equal(crowd->most_in_flight, 1000);
    assert_int_equal(crowd_counts(crowd)->outcome[SLOGOUT_OUTCOME_EXPIRED], 10000);
    run_to_the_end(crowd);
}

/* The next session gets a free place at once, in whatever way the place became free, so the host's timer must be set to
 * an earlier time at once. */
static void test_set_timer_reports_a_place_that_has_become_free(void **state)
{
    enum how { HANG_UP, CANCEL, HOWS };
    struct slogout_plan plan = plan_of(0, 0);
    int how;

    (void)state;
    plan.max_in_flight = 1;
    for (how = HANG_UP; how < HOWS; how++) {
        struct crowd *crowd = crowd_of(2, 2, &crowd_never_at_rest);

        start(crowd, &plan);
        crowd_run(crowd, 1000);
        assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_WAITING], 1);
        assert_true(crowd->timer > crowd->now);
        if (how == HANG_UP)
            crowd_hang_up(crowd, &crowd->clients[0]);
        else
            assert_int_equal(slogout_session_cancel(crowd->clients[0].session), 0);
        assert_true(crowd->timer <= crowd->now);
        crowd_tick(crowd);
        assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_PENDING], 1);
        assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_WAITING], 0);
        crowd_free(crowd);
    }
}

/* ---- a new plan ---- */

/* 2,000 sessions, 20 s and a deadline. The host's clock was not 0 at the start. After this time, another plan is
 * started. */
static void test_a_plan_counts_from_its_start(void **state)
{
    static const struct {
        uint32_t change, spread, rate;
        uint64_t deadline, to;
        double per_100_ms;
    } rows[] = {{5000, 5000, 0, 50100, 10000, 30},
                {10000, 100000, 0, 145100, 110000, 1},
                {10000, 0, 40, 145100, 35000, 4}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        const uint64_t begin = 23456, change = begin + rows[i].change;
        struct slogout_plan plan = plan_of(20000, 0);
        struct crowd *crowd = crowd_of(2000, 2000, &crowd_silent);

        plan.deadline_ms = 65100;
        crowd->now = begin;
        start(crowd, &plan);
        assert_int_equal(slogout_drain_deadline(crowd->drain), begin + 65100);
        crowd_run(crowd, change - 1);
        plan = plan_of(rows[i].spread, rows[i].rate);
        plan.deadline_ms = rows[i].deadline;
        start(crowd, &plan);
        assert_int_equal(slogout_drain_deadline(crowd->drain), change + rows[i].deadline);
        crowd_run(crowd, HORIZON);
        expect_even(crowd, begin, change, 10);
        expect_even(crowd, change, begin + rows[i].to, rows[i].per_100_ms);
        run_to_the_end(crowd);
    }
}

static void test_a_session_that_leaves_by_itself_frees_its_time_for_the_others(void **state)
{
    const struct slogout_plan plan = plan_of(20000, 0);
    struct crowd *crowd = crowd_of(4000, 4000, &crowd_prompt);
    uint32_t i;

    (void)state;
    start(crowd, &plan);
    crowd_run(crowd, 9999);
    for (i = 2500; i < 4000; i++)
        crowd_hang_up(crowd, &crowd->clients[i]);
    crowd_run(crowd, HORIZON);
    expect_even(crowd, 0, 10000, 20);
    expect_even(crowd, 10100, 20000, 5);
    run_to_the_end(crowd);
}

/* If a slot was cut for a single session, the time may be earlier than the slot, and only a tick reports the time. */
static void test_only_a_session_that_joins_requires_a_tick(void **state)
{
    const struct slogout_plan plan = plan_of(20000, 0);
    struct crowd *crowd = crowd_of(2, 1, &crowd_not_enabled);
    uint64_t deadline;

    (void)state;
    start(crowd, &plan);
    crowd_add(crowd, 1, 2, 0);
    assert_int_equal(slogout_deadline(crowd->slogout), 0);
    assert_int_equal(crowd->timer, 0); /* set_timer reported this */
    crowd_free(crowd);
    crowd = crowd_of(2, 1, &crowd_not_enabled);
    start(crowd, &plan);
    deadline = slogout_deadline(crowd->slogout);
    assert_in_range(deadline, 1, 20000);
    assert_int_equal(slogout_drain_add(crowd->drain, crowd->clients[0].session, 0), SLOGOUT_ERR_STATE);
    assert_int_equal(slogout_deadline(crowd->slogout), deadline);
    crowd_free(crowd);
}

/* ---- the host's ticks ---- */

static void test_without_a_spread_a_tick_begins_1000(void **state)
{
    struct crowd *crowd = crowd_of(2500, 2500, &crowd_silent);
    struct slogout_plan plan = plan_of(0, 0);
    uint32_t i;

    (void)state;
    plan.max_in_flight = 65537; /* a number that does not fit into 16 bits */
    start(crowd, &plan);
    for (i = 1000; i <= 3000; i += 1000) {
        assert_int_equal(slogout_deadline(crowd->slogout), 0);
        assert_int_equal(slogout_tick(crowd->slogout, 0), 0);
        assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_ASKED], i < 2500 ? i : 2500);
    }
    assert_int_equal(slogout_deadline(crowd->slogout), 35000);
    assert_int_equal(crowd_counts(crowd)->over_limit, 0);
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_departures_are_even),
        cmocka_unit_test(test_departures_keep_to_the_timer_step),
        cmocka_unit_test(test_the_same_seed_has_the_same_schedule),
        cmocka_unit_test(test_no_second_has_more_than_the_rate),
        cmocka_unit_test(test_a_group_leaves_in_one_slot_and_keeps_the_pace),
        cmocka_unit_test(test_the_limit_holds_for_groups_too),
        cmocka_unit_test(test_a_tight_limit_makes_no_burst),
        cmocka_unit_test(test_set_timer_reports_a_place_that_has_become_free),
        cmocka_unit_test(test_a_plan_counts_from_its_start),
        cmocka_unit_test(test_a_session_that_leaves_by_itself_frees_its_time_for_the_others),
        cmocka_unit_test(test_only_a_session_that_joins_requires_a_tick),
        cmocka_unit_test(test_without_a_spread_a_tick_begins_1000),
        /* The slowest test is last, because most faults are found before it. */
        cmocka_unit_test(test_long_spreads_are_even_and_set_few_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

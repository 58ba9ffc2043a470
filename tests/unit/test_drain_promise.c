/* SPDX-License-Identifier: BSD-2-Clause */
/* The promise of a drain: it ends by the deadline, keeps the limit and the rate, and never cuts an answer timer short.
 * */
#include "support/test.h"
#include "support/crowd.h"

#define HORIZON   400000
#define PLAN(...) {.size = sizeof(struct slogout_plan), __VA_ARGS__}
#define ANY       UINT32_MAX

static const struct manner mixed[] = {{1, 0, CROWD_NEVER, "OK", 0}, {1, CROWD_NEVER, 0, "OK", 0}};

static const struct manner any[] = {{1, 0, 50, "OK", 0},
                                    {1, 0, CROWD_NEVER, "OK", 0},
                                    {1, CROWD_NEVER, 0, "OK", 0},
                                    {0, 0, CROWD_NEVER, "OK", 0},
                                    {1, 30000, 30000, "NO", 0}};

/* Returns a crowd whose clients are all members, and whose drain has started. */
static struct crowd *draining(uint32_t count, const struct manner *manners, uint32_t kinds,
                              const struct slogout_plan *plan)
{
    struct crowd *crowd = crowd_new(NULL, count, manners, kinds, HORIZON);

    crowd_add(crowd, 0, count, 0);
    crowd_play(crowd, plan, "0s");
    return crowd;
}

static void expect_outcomes(const struct crowd *crowd, enum slogout_outcome outcome, uint32_t count)
{
    assert_int_equal(crowd_counts(crowd)->outcome[outcome], count);
}

/* ---- the courses of drains, each with its end ---- */

static const struct manner refusing = {1, 0, 50, "NO", 0};
static const struct manner lingering = {1, 0, CROWD_NEVER, "OK", 5000};

/* Forcing begins at 80 s, which is enough for two rounds, so the drain needs 500 places although the plan has 100. */
#define GROWS PLAN(.spread_ms = 20000, .deadline_ms = 90000, .max_in_flight = 100)
/* The timer of a LOGOUT that is sent 100 ms late, at 20.1 s, expires in the tick in which forcing begins. */
#define LAST_AT_20_S PLAN(.deadline_ms = 65100, .spread_ms = 20000)
/* Sessions that were held back are asked until 10 s, sent `* BYE` after that, and forced from 45 s on. */
#define LAST_AT_10_S PLAN(.spread_ms = 5000, .tail_ms = 5000, .deadline_ms = 60000)
/* The default of Kubernetes is shorter than the answer timer. No client is asked. */
#define KUBERNETES(spread, a_second)                                                                         \
    PLAN(.spread_ms = spread, .tail_ms = 2000, .deadline_ms = 30000, .max_in_flight = 10, .rate = a_second)
#define TAIL(a_second) PLAN(.spread_ms = 20000, .tail_ms = 5000, .deadline_ms = 70000, .rate = a_second)

static const struct course {
    const char *what;
    const struct manner *manner;
    uint32_t count, members;
    struct slogout_plan plan;
    const char *script; /* see crowd_play() */
    enum slogout_outcome outcome;
    uint32_t outcomes; /* the number of sessions with this outcome */
    uint64_t from, to; /* done is called within this time */
    /* The most sessions in flight, and the most that begin in a second, unless ANY. */
    uint32_t in_flight, in_a_second, over_limit;
    uint64_t even_from, even_to;                 /* within this time, 20 sessions are closed in each 100 ms */
} courses[] = {
    {"answers", &crowd_prompt, 100, 100, TAIL(0), "0s", SLOGOUT_OUTCOME_ANSWERED, 100, 19600, 20050, ANY, 6, 0, 0, 0},
    {"refuses", &refusing, 100, 100, TAIL(0), "0s", SLOGOUT_OUTCOME_REFUSED, 100, 19600, 20050, ANY, 6, 0, 0, 0},
    {"is silent", &crowd_silent, 100, 100, TAIL(0), "0s", SLOGOUT_OUTCOME_EXPIRED, 100, 54600, 55000, ANY, 6, 0, 0, 0},
    {"is not enabled", &crowd_not_enabled, 100, 100, TAIL(0), "0s", SLOGOUT_OUTCOME_BYE_ONLY, 100, 19600, 20000, ANY, 6,
     0, 0, 0},
    {"is never at rest", &crowd_never_at_rest, 1000, 1000, TAIL(0), "0s", SLOGOUT_OUTCOME_FORCED, 1000, 69900, 70000,
     1000, 0, 0, 65000, 70000},
    {"is nobody", &crowd_prompt, 0, 0, TAIL(0), "0s", SLOGOUT_OUTCOME_ANSWERED, 0, 0, 0, 0, 0, 0, 0, 0},
    {"30 s and a spread", &crowd_silent, 1800, 1800, KUBERNETES(600000, 0), "0s", SLOGOUT_OUTCOME_BYE_ONLY, 1800, 17800,
     18000, ANY, 101, 0, 0, 0},
    {"30 s and a rate", &crowd_silent, 1800, 1800, KUBERNETES(0, 101), "0s", SLOGOUT_OUTCOME_BYE_ONLY, 1800, 17800,
     18000, ANY, 102, 0, 0, 0},
    {"30 s and a low rate", &crowd_silent, 1800, 1800, KUBERNETES(0, 10), "0s", SLOGOUT_OUTCOME_BYE_ONLY, 1800, 17800,
     18000, ANY, 101, 0, 0, 0},
    {"the spread is longer than there is time to ask", &crowd_silent, 1000, 1000,
     PLAN(.spread_ms = 40000, .deadline_ms = 65000, .max_in_flight = 1), "0s", SLOGOUT_OUTCOME_EXPIRED, 500, 54900, 55000,
     501, 26, 999, 0, 0},
    {"the limit grows", &crowd_silent, 1000, 1000, GROWS, "0s", SLOGOUT_OUTCOME_EXPIRED, 1000, 79000, 80000, 500, ANY,
     900, 0, 0},
    {"asked at the last instant", &crowd_silent, 100, 100, LAST_AT_20_S, "0s 0p 20100r", SLOGOUT_OUTCOME_EXPIRED, 100,
     55100, 55100, 100, 100, 0, 0, 0},
    {"a millisecond later", &crowd_silent, 100, 100, LAST_AT_20_S, "0s 0p 20101r", SLOGOUT_OUTCOME_BYE_ONLY, 100, 39000,
     55100, ANY, ANY, 0, 0, 0},
    {"paused, asked late", &crowd_silent, 100, 100, LAST_AT_10_S, "0s 0p 9000r", SLOGOUT_OUTCOME_EXPIRED, 100, 44000,
     45000, ANY, ANY, 0, 0, 0},
    {"paused, told late", &crowd_silent, 100, 100, LAST_AT_10_S, "0s 0p 20000r", SLOGOUT_OUTCOME_BYE_ONLY, 100, 24000,
     25001, ANY, ANY, 0, 0, 0},
    {"paused, with a limit that is not reached", &crowd_silent, 2000, 2000,
     PLAN(.spread_ms = 150000, .deadline_ms = 245100, .max_in_flight = 1000), "0s 0p 100000r", SLOGOUT_OUTCOME_EXPIRED,
     2000, 234000, 235100, ANY, 23, 0, 0, 0},
    {"paused until the end", &crowd_silent, 100, 100, LAST_AT_10_S, "0s 0p", SLOGOUT_OUTCOME_FORCED, 100, 49000, 50000, 0,
     ANY, 0, 0, 0},
    {"no tick until after the deadline", &crowd_never_at_rest, 1000, 1000, TAIL(0), "0s 10001d 90000t",
     SLOGOUT_OUTCOME_FORCED, 1000, 90000, 90000, ANY, ANY, 0, 0, 0},
    {"sessions join while others are forced", &crowd_silent, 200, 100, PLAN(.tail_ms = 10000), "0s 0f 5000j",
     SLOGOUT_OUTCOME_FORCED, 200, 9900, 10000, ANY, ANY, 0, 0, 0},
    {"sessions join when no session is to be forced", &lingering, 5, 1, PLAN(.tail_ms = 200), "0s 0f 199j",
     SLOGOUT_OUTCOME_FORCED, 5, 5199, 5199, ANY, ANY, 0, 0, 0},
    {"a session joins last", &crowd_never_at_rest, 2, 1, PLAN(.deadline_ms = 50000),
     "0s 30001d 44000t 44001d 44001j 50000t", SLOGOUT_OUTCOME_FORCED, 2, 50000, 50000, ANY, ANY, 0, 0, 0},
    {"a session joins last and hangs up", &crowd_never_at_rest, 2, 1, PLAN(.deadline_ms = 50000),
     "0s 30001d 44000t 44001d 44001j 44001h 50000t", SLOGOUT_OUTCOME_FORCED, 1, 50000, 50000, ANY, ANY, 0, 0, 0},
    {"forced", &crowd_silent, 1000, 1000, TAIL(0), "0s 10000f", SLOGOUT_OUTCOME_FORCED, 1000, 14900, 15000, ANY, ANY, 0,
     10000, 15000},
    {"forced, in spite of the rate", &crowd_silent, 1000, 1000, TAIL(100), "0s 10000f", SLOGOUT_OUTCOME_FORCED, 1000,
     14900, 15000, ANY, ANY, 0, 10000, 15000},
    {"forced before it started", &crowd_silent, 100, 100, PLAN(0), "500f", SLOGOUT_OUTCOME_FORCED, 100, 500, 500, 0, 100, 0,
     0, 0},
    {"forced after it was canceled", &crowd_silent, 100, 100, PLAN(0), "0s 500c 500f", SLOGOUT_OUTCOME_FORCED, 100, 500,
     500, 100, 100, 0, 0, 0},
    {"canceled while it was forced", &crowd_silent, 100, 100, PLAN(.tail_ms = 10000), "0s 1000f 2000c",
     SLOGOUT_OUTCOME_EXPIRED, 90, 35000, 35000, ANY, ANY, 0, 0, 0},
    {"forced again and again", &crowd_never_at_rest, 100, 100, TAIL(0), "0s 0f 1000f 7000f 14000f",
     SLOGOUT_OUTCOME_FORCED, 100, 14900, 15000, 0, 0, 0, 0, 0},
    {"forced near the deadline", &crowd_never_at_rest, 100, 100, TAIL(0), "0s 66000f 67000f 69000f",
     SLOGOUT_OUTCOME_FORCED, 100, 69900, 70000, ANY, ANY, 0, 0, 0},
    {"started again while it was forced", &crowd_silent, 1000, 1000, PLAN(.spread_ms = 20000, .tail_ms = 10000),
     "0s 1f 5001s", SLOGOUT_OUTCOME_FORCED, 500, 59900, 60001, ANY, ANY, 0, 0, 0},
};

static void expect_closes(const struct crowd *crowd, uint64_t from, uint64_t to)
{
    for (; from < to; from += 100) {
        uint32_t ms, closes = 0;
        for (ms = 0; ms < 100; ms++)
            closes += crowd->moments[from + ms].closes;
        assert_in_range(closes, 17, 23);
    }
}

static void test_drains_keep_their_plans(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(courses); i++) {
        const struct course *course = &courses[i];
        struct crowd *crowd = crowd_of(course->count, course->members, course->manner);
        const struct slogout_counts *counts = crowd_counts(crowd);
        uint32_t in_a_second;

        crowd_play(crowd, &course->plan, course->script);
        crowd_run(crowd, HORIZON);
        in_a_second = crowd_most_begun(crowd, 1000);
        if (counts->outcome[course->outcome] != course->outcomes || crowd->outcomes != course->count ||
            crowd->dones != 1 || crowd->done_ms < course->from || crowd->done_ms > course->to ||
            (course->in_flight != ANY && crowd->most_in_flight != course->in_flight) ||
            (course->in_a_second != ANY && in_a_second != course->in_a_second) ||
            counts->over_limit != course->over_limit)
            fail_msg("%s: %u, %u, %u, %u in flight, %u in a second", course->what,
                     (unsigned)counts->outcome[course->outcome], (unsigned)crowd->outcomes, (unsigned)crowd->done_ms,
                     (unsigned)crowd->most_in_flight, (unsigned)in_a_second);
        assert_int_equal(slogout_get_counts(crowd->slogout)->over_limit, course->over_limit);
        assert_int_equal(counts->without_bye, course->manner == &crowd_never_at_rest ? course->outcomes : 0);
        expect_closes(crowd, course->even_from, course->even_to);
        crowd_free(crowd);
    }
}

/* Each client that was asked had its whole answer timer, or answered. */
static void expect_whole_timers(const struct crowd *crowd)
{
    uint32_t i;

    for (i = 0; i < crowd->count; i++)
        if (crowd->clients[i].tag_number)
            assert_int_not_equal(crowd->clients[i].outcome, SLOGOUT_OUTCOME_FORCED);
}

/* ---- accepted plans are kept if no client answers ---- */

/* If `late`, the host ticks every 90 ms. */
static void keep(const struct slogout_plan *plan, uint32_t count, int late)
{
    struct crowd *crowd = draining(count, &crowd_silent, 1, plan);

    while (crowd->dones == 0 && crowd->now < HORIZON) {
        crowd->deaf = late && crowd->now % 90 != 89;
        crowd_run(crowd, late ? crowd->now : HORIZON);
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

/* Applies each piece of advice alone, and keeps the resulting plan. */
static unsigned keep_advice(const struct slogout_plan *plan, uint32_t count, int late)
{
    struct crowd *nobody = crowd_new(NULL, 0, &crowd_silent, 1, 0);
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
        if (advised[i].deadline_ms && advised[i].deadline_ms < HORIZON) {
            keep(&advised[i], count, late);
            kept++;
        }
    }
    crowd_free(nobody);
    return kept;
}

static void test_a_plan_with_the_advice_is_kept(void **state)
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

/* For any plan, the deadline is kept and no answer timer is cut short. */
static void test_every_deadline_is_kept(void **state)
{
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
                        struct crowd *crowd = draining(200, any, 5, &plan);
                        crowd_run(crowd, HORIZON);
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
    const struct slogout_plan bounded = {.size = sizeof bounded, .deadline_ms = 100000};
    struct crowd *crowd = crowd_new(NULL, 2, &crowd_silent, 1, 10);

    (void)state;
    crowd_add(crowd, 0, 2, 0);
    assert_int_equal(slogout_drain_start(crowd->drain, &plan, SLOGOUT_NEVER - 10), 0);
    assert_true(slogout_drain_deadline(crowd->drain) == SLOGOUT_NEVER);
    assert_int_equal(slogout_tick(crowd->slogout, SLOGOUT_NEVER - 9), 0);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_WAITING], 2);
    assert_int_equal(slogout_drain_start(crowd->drain, &bounded, SLOGOUT_NEVER - 9), 0);
    assert_true(slogout_drain_deadline(crowd->drain) == SLOGOUT_NEVER - 1);
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    assert_int_equal(slogout_tick(crowd->slogout, SLOGOUT_NEVER - 1), 0);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, 2);
    crowd_free(crowd);
}

/* Clients answer at various times, so places become free at various times. */
static void test_the_limit_is_never_exceeded(void **state)
{
    static const struct manner all_ready[] = {{1, 0, 50, "OK", 0},
                                              {1, 0, 3000, "NO", 0},
                                              {1, 0, CROWD_NEVER, "OK", 0},
                                              {1, 700, 20000, "OK", 300},
                                              {0, 0, CROWD_NEVER, "OK", 0}};
    const struct slogout_plan plan = PLAN(.spread_ms = 50000, .deadline_ms = 361000, .max_in_flight = 100);
    struct crowd *crowd = draining(1000, all_ready, 5, &plan);

    (void)state;
    crowd_run(crowd, HORIZON);
    assert_int_equal(crowd->most_in_flight, 100);
    assert_int_equal(crowd_counts(crowd)->over_limit, 0);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, 0);
    crowd_free(crowd);
}

/* WAITING sessions are forced first, then PENDING sessions, then sessions that were asked. */
static void test_waiting_sessions_are_forced_before_pending_and_asked(void **state)
{
    const struct slogout_plan plan = {.size = sizeof plan, .spread_ms = 0, .tail_ms = 3000};
    struct crowd *crowd = draining(3, mixed, 2, &plan);
    uint64_t next;

    (void)state;
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0), 0);
    assert_int_equal(slogout_session_request(crowd->clients[1].session, NULL, 0), 0);
    assert_int_equal(slogout_drain_force(crowd->drain, 0), 0);
    assert_int_equal(slogout_tick(crowd->slogout, 0), 0);
    next = slogout_deadline(crowd->slogout);
    assert_int_equal(slogout_drain_force(crowd->drain, 0), 0); /* a second signal in the same millisecond */
    assert_true(slogout_deadline(crowd->slogout) == next);
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

/* The deadline is later than 2^32 ms. */
static void test_forcing_is_spread_after_49_days(void **state)
{
    const uint64_t force = (UINT64_C(1) << 32) + 5000;
    const struct slogout_plan plan = PLAN(.tail_ms = 5000, .deadline_ms = force + 15000);
    struct crowd *crowd = draining(100, &crowd_silent, 1, &plan);

    (void)state;
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    assert_int_equal(slogout_tick(crowd->slogout, force), 0);
    assert_in_range(crowd_counts(crowd)->state[SLOGOUT_STATE_WAITING], 99, 100);
    assert_int_equal(slogout_tick(crowd->slogout, force + 5000), 0);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, 100);
    crowd_free(crowd);
}

/* Tests the time between the call and the tick that acts on it. */
static void test_nobody_is_asked_after_force(void **state)
{
    const struct slogout_plan plan = {.size = sizeof plan};
    struct crowd *crowd = draining(1, &crowd_never_at_rest, 1, &plan);

    (void)state;
    crowd_run(crowd, 0);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_PENDING], 1);
    assert_int_equal(slogout_drain_force(crowd->drain, 1), 0);
    crowd->clients[0].at_rest = 1;
    assert_int_equal(slogout_session_resume(crowd->clients[0].session, 1), 0);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_BYE_ONLY, 1);
    crowd_free(crowd);
}

/* Sessions that were not asked are OPEN again. The other sessions no longer have the deadline at 20 s. */
static void test_cancel_reopens_sessions_that_were_not_asked_and_the_others_have_no_deadline(void **state)
{
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
    crowd_run(crowd, HORIZON);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_EXPIRED, (uint32_t)asked);
    assert_int_equal(crowd->outcomes, asked);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drains_keep_their_plans),
        cmocka_unit_test(test_the_greatest_numbers_saturate),
        cmocka_unit_test(test_the_limit_is_never_exceeded),
        cmocka_unit_test(test_waiting_sessions_are_forced_before_pending_and_asked),
        cmocka_unit_test(test_forcing_is_spread_after_49_days),
        cmocka_unit_test(test_nobody_is_asked_after_force),
        cmocka_unit_test(test_cancel_reopens_sessions_that_were_not_asked_and_the_others_have_no_deadline),
        cmocka_unit_test(test_every_deadline_is_kept),
        /* The slowest test is last, because most faults are found before it. */
        cmocka_unit_test(test_a_plan_with_the_advice_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

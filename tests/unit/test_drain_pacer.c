#include "support/test.h"
#include "drain_pacer.h"

#define NEVER UINT64_MAX

/* Opens a window of 20 s. */
static void open_window(struct slo_pacer *pacer, uint64_t seed)
{
    memset(pacer, 0, sizeof *pacer);
    pacer->random = seed;
    slo_pacer_open(pacer, 0, 20000);
}

/* All that wait must have had their slot by the latest time. */
static void next_by(struct slo_pacer *pacer, uint64_t now, uint64_t waiting, uint64_t latest)
{
    const struct slo_backlog backlog = {waiting, waiting, latest};
    slo_pacer_next(pacer, now, &backlog);
}

static void adapt(struct slo_pacer *pacer, uint64_t now, uint64_t waiting, uint64_t latest)
{
    const struct slo_backlog backlog = {waiting, waiting, latest};
    slo_pacer_adapt(pacer, now, &backlog);
}

static uint64_t next(struct slo_pacer *pacer, uint64_t now, uint64_t waiting)
{
    next_by(pacer, now, waiting, NEVER);
    return slo_pacer_instant_ms(pacer, 1);
}

static void test_each_slot_has_one_instant(void **state)
{
    struct slo_pacer pacer;
    uint64_t i;

    (void)state;
    open_window(&pacer, 1);
    for (i = 0; i < 200; i++) {
        const uint64_t instant = next(&pacer, i * 100, 200 - i);
        assert_true(instant >= i * 100 && instant < (i + 1) * 100);
    }
}

/* The last slot ends where the window ends, although the number of slots does not divide the window. */
static void test_the_slots_fill_the_window(void **state)
{
    struct slo_pacer pacer;
    uint64_t i;

    (void)state;
    open_window(&pacer, 1);
    for (i = 0; i < 7777; i++)
        next_by(&pacer, 0, 7777 - i, NEVER);
    assert_true(pacer.to == pacer.end);
    assert_true(pacer.end == (uint64_t)20000 << SLO_PACER_FRACTION);
}

static void test_slots_are_finer_than_milliseconds(void **state)
{
    unsigned count[20000] = {0};
    struct slo_pacer pacer;
    unsigned i;

    (void)state;
    open_window(&pacer, 1);
    for (i = 0; i < 1000000; i++)
        count[next(&pacer, 0, 1000000 - i)]++;
    for (i = 0; i < 20000; i++)
        assert_in_range(count[i], 49, 51);
}

/* Chi-square of 10,000 seeds in 20 bins, 19 degrees of freedom: 43.8 is passed once in 1,000 times. */
static void test_one_alone_has_the_whole_window(void **state)
{
    unsigned count[20] = {0};
    double chi_square = 0;
    struct slo_pacer pacer;
    unsigned i;

    (void)state;
    for (i = 0; i < 10000; i++) {
        open_window(&pacer, i);
        count[next(&pacer, 0, 1) / 1000]++;
    }
    for (i = 0; i < 20; i++)
        chi_square += (count[i] - 500.0) * (count[i] - 500.0) / 500.0;
    assert_true(chi_square < 43.8);
}

static void test_the_seed_decides(void **state)
{
    struct slo_pacer one, same, other;
    unsigned i, equal = 0;

    (void)state;
    open_window(&one, 7);
    open_window(&same, 7);
    open_window(&other, 8);
    for (i = 0; i < 100; i++) {
        const uint64_t instant = next(&one, 0, 100 - i);
        assert_true(next(&same, 0, 100 - i) == instant);
        equal += next(&other, 0, 100 - i) == instant;
    }
    assert_true(equal < 10);
}

static void test_the_generator_goes_on_in_a_new_window(void **state)
{
    struct slo_pacer pacer;
    uint64_t first;

    (void)state;
    open_window(&pacer, 7);
    first = next(&pacer, 0, 1);
    slo_pacer_open(&pacer, 0, 20000);
    assert_true(next(&pacer, 0, 1) != first);
}

static void test_slots_grow_when_fewer_wait_and_shrink_when_more_do(void **state)
{
    static const struct {
        uint64_t waiting, to_ms;
    } table[] = {{20, 1000}, {19, 2000}, {9, 4000}, {160, 4100}, {159, 4200}, {1, 20000}};
    struct slo_pacer pacer;
    size_t i;

    (void)state;
    open_window(&pacer, 1);
    for (i = 0; i < LENGTH(table); i++) {
        next_by(&pacer, 0, table[i].waiting, NEVER);
        assert_int_equal(pacer.to >> SLO_PACER_FRACTION, table[i].to_ms);
    }
}

/* In a window of 20 s 20 wait, and one slot of 1 s has been used. Where the next slot begins and ends, and
 * the window. */
static void test_what_is_overdue_is_spread_again(void **state)
{
    static const struct {
        uint64_t now, latest, from, to, end;
        const char *what;
    } table[] = {
        {1000, NEVER, 1000, 2000, 20000, "in time"},
        {1100, NEVER, 1000, 2000, 20000, "as late as may be caught up"},
        {1101, NEVER, 1001, 2001, 20001, "a millisecond more: all move by that"},
        {5100, NEVER, 5000, 6000, 24000, "4 s late"},
        {5100, 24000, 5000, 6000, 24000, "4 s late, just in time for the latest"},
        {5100, 14500, 5000, 5500, 24000, "4 s late, the latest is nearer"},
        {301100, NEVER, 301000, 302000, 320000, "5 minutes late"},
        {301100, 310500, 301000, 301500, 320000, "5 minutes late, the latest is nearer"},
        {301100, 300000, 301000, 301000, 320000, "5 minutes late, the latest has passed: at once"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        struct slo_pacer pacer;

        open_window(&pacer, 1);
        next_by(&pacer, 0, 20, NEVER);
        next_by(&pacer, table[i].now, 19, table[i].latest);
        assert_int_equal(pacer.from, table[i].from << SLO_PACER_FRACTION);
        assert_int_equal(pacer.to, table[i].to << SLO_PACER_FRACTION);
        assert_int_equal(pacer.end, table[i].end << SLO_PACER_FRACTION);
    }
}

static void test_a_window_that_has_passed_is_opened_again(void **state)
{
    struct slo_pacer pacer;

    (void)state;
    open_window(&pacer, 1);
    next_by(&pacer, 0, 1, NEVER);
    next_by(&pacer, 20000, 10, NEVER);
    assert_int_equal(pacer.to >> SLO_PACER_FRACTION, 22000);
    next_by(&pacer, 0, 1, NEVER);
    next_by(&pacer, 90100, 10, NEVER);
    assert_int_equal(pacer.from >> SLO_PACER_FRACTION, 90000);
    assert_int_equal(pacer.to >> SLO_PACER_FRACTION, 92000);
    next_by(&pacer, 0, 1, NEVER);
    next_by(&pacer, 0, 10, 115000);
    assert_int_equal(pacer.to >> SLO_PACER_FRACTION, 110500);
}

static void test_no_instant_is_later_than_the_latest(void **state)
{
    struct slo_pacer pacer;

    (void)state;
    open_window(&pacer, 1);
    next_by(&pacer, 0, 10, 500);
    assert_int_equal(pacer.to >> SLO_PACER_FRACTION, 50);
    next_by(&pacer, 0, 1, 500);
    assert_int_equal(pacer.to >> SLO_PACER_FRACTION, 500);
    next_by(&pacer, 0, 9, 500);
    assert_int_equal(slo_pacer_instant_ms(&pacer, 1), 500);
    next_by(&pacer, 0, 8, 400);
    assert_int_equal(slo_pacer_instant_ms(&pacer, 1), 500);
}

/* Of 100 that wait 10 are urgent. They have 500 ms, which they share evenly. */
static void test_those_that_are_urgent_share_the_time_until_then(void **state)
{
    struct slo_pacer pacer;
    uint64_t i;

    (void)state;
    open_window(&pacer, 1);
    for (i = 0; i < 10; i++) {
        const struct slo_backlog backlog = {100 - i, 10 - i, 500};
        slo_pacer_next(&pacer, 0, &backlog);
        assert_int_equal(pacer.to >> SLO_PACER_FRACTION, (i + 1) * 50);
    }
}

/* The first values of SplitMix64 with seed 0, without the bit that the longest window does not have. */
static void test_the_generator_is_splitmix64(void **state)
{
    struct slo_pacer pacer = {0};

    (void)state;
    slo_pacer_open(&pacer, 0, SLO_PACER_LONGEST);
    next(&pacer, 0, 1);
    assert_true(pacer.instant == (0xe220a8397b1dcdaf & INT64_MAX));
    slo_pacer_open(&pacer, 0, SLO_PACER_LONGEST);
    next(&pacer, 0, 1);
    assert_true(pacer.instant == (0x6e789e6aa1b965f4 & INT64_MAX));
}

static void test_a_slot_that_would_end_as_early_stays(void **state)
{
    struct slo_pacer pacer;
    uint64_t instant;

    (void)state;
    open_window(&pacer, 1);
    instant = next(&pacer, 0, 10);
    adapt(&pacer, 0, 10, NEVER);
    assert_int_equal(slo_pacer_instant_ms(&pacer, 1), instant);
}

static void test_who_joins_does_not_wait_for_a_slot_that_nobody_had(void **state)
{
    struct slo_pacer pacer;

    (void)state;
    open_window(&pacer, 1);
    next(&pacer, 0, 2);
    next(&pacer, 0, 1);
    next(&pacer, 0, 0);
    adapt(&pacer, 5000, 3, NEVER);
    assert_int_equal(pacer.from >> SLO_PACER_FRACTION, 5000);
    assert_int_equal(pacer.to >> SLO_PACER_FRACTION, 10000);
}

static void test_an_empty_window_is_one_instant(void **state)
{
    struct slo_pacer pacer = {0};
    unsigned i;

    (void)state;
    slo_pacer_open(&pacer, 3000, 3000);
    for (i = 10; i > 0; i--) {
        next(&pacer, 0, i);
        assert_int_equal(pacer.instant, (uint64_t)3000 << SLO_PACER_FRACTION);
    }
}

static void test_a_slot_is_cut_shorter_when_more_wait(void **state)
{
    static const struct {
        uint64_t now, waiting, latest, from, to;
        const char *what;
    } table[] = {
        {0, 20, NEVER, 0, 1000, "20 instead of 2"},
        {5000, 20, NEVER, 5000, 5750, "in the middle: what is left is shared"},
        {9000, 2, NEVER, 0, 10000, "what would be later is not taken"},
        {0, 2, 300, 0, 150, "the latest is nearer"},
        {0, 1, NEVER, 0, 10000, "fewer: the slot stays"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        struct slo_pacer pacer;

        open_window(&pacer, 1);
        next_by(&pacer, 0, 2, NEVER);
        adapt(&pacer, table[i].now, table[i].waiting, table[i].latest);
        assert_int_equal(pacer.from >> SLO_PACER_FRACTION, table[i].from);
        assert_int_equal(pacer.to >> SLO_PACER_FRACTION, table[i].to);
        assert_true(pacer.instant >= pacer.from && pacer.instant < pacer.to);
    }
}

static void test_who_joins_when_nobody_waits_has_the_rest_of_the_window_or_a_new_one(void **state)
{
    static const struct {
        uint64_t now, latest, to;
    } table[] = {
        {5000, NEVER, 12500},  {19999, NEVER, 19999}, {20000, NEVER, 30000},
        {50000, 60000, 55000}, {50000, 40000, 50000},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        struct slo_pacer pacer;

        open_window(&pacer, 1);
        next_by(&pacer, 0, 1, NEVER);
        next_by(&pacer, 0, 0, NEVER);
        adapt(&pacer, table[i].now, 2, table[i].latest);
        assert_int_equal(pacer.from >> SLO_PACER_FRACTION, table[i].now);
        assert_int_equal(pacer.to >> SLO_PACER_FRACTION, table[i].to);
    }
}

/* Each new window is as long as the first one, however late it opens. */
static void test_sessions_that_join_after_their_window_has_passed_again_and_again(void **state)
{
    struct slo_pacer pacer;
    uint64_t now;

    (void)state;
    open_window(&pacer, 1);
    next_by(&pacer, 0, 1, NEVER);
    for (now = 50000; now < 1000000; now += 50000) {
        next_by(&pacer, now, 0, NEVER);
        adapt(&pacer, now, 2, NEVER);
        assert_int_equal(pacer.from >> SLO_PACER_FRACTION, now);
        assert_int_equal(pacer.to >> SLO_PACER_FRACTION, now + 10000);
        assert_int_equal(pacer.end >> SLO_PACER_FRACTION, now + 20000);
    }
}

static void test_those_who_join_never_put_off_the_next(void **state)
{
    struct slo_pacer pacer;
    uint64_t now, to;

    (void)state;
    open_window(&pacer, 1);
    next_by(&pacer, 0, 1, NEVER);
    for (now = 0; now < 20000; now += 10) {
        to = pacer.to;
        adapt(&pacer, now, 2 + now / 10, NEVER);
        assert_true(pacer.to <= to);
    }
    assert_true(slo_pacer_instant_ms(&pacer, 1) < 1000);
}

static void test_the_instant_is_rounded_down_to_the_grain(void **state)
{
    struct slo_pacer pacer = {0};

    (void)state;
    pacer.instant = ((uint64_t)12399 << SLO_PACER_FRACTION) + ((uint64_t)1 << (SLO_PACER_FRACTION - 1));
    assert_int_equal(slo_pacer_instant_ms(&pacer, 1), 12399);
    assert_int_equal(slo_pacer_instant_ms(&pacer, 2), 12398);
    assert_int_equal(slo_pacer_instant_ms(&pacer, 50), 12350);
    assert_int_equal(slo_pacer_instant_ms(&pacer, 100), 12300);
}

static void test_what_is_too_late_is_as_good_as_never(void **state)
{
    struct slo_pacer pacer = {0};

    (void)state;
    slo_pacer_open(&pacer, NEVER, NEVER);
    assert_true(next(&pacer, NEVER, 5) == SLO_PACER_LONGEST);
    slo_pacer_open(&pacer, 0, NEVER);
    next_by(&pacer, 0, 1, NEVER);
    assert_true(pacer.to == SLO_PACER_LONGEST << SLO_PACER_FRACTION);
    next_by(&pacer, NEVER, 1, NEVER);
    assert_true(pacer.to == SLO_PACER_LONGEST << SLO_PACER_FRACTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_slot_has_one_instant),
        cmocka_unit_test(test_the_slots_fill_the_window),
        cmocka_unit_test(test_slots_are_finer_than_milliseconds),
        cmocka_unit_test(test_one_alone_has_the_whole_window),
        cmocka_unit_test(test_the_seed_decides),
        cmocka_unit_test(test_the_generator_goes_on_in_a_new_window),
        cmocka_unit_test(test_slots_grow_when_fewer_wait_and_shrink_when_more_do),
        cmocka_unit_test(test_what_is_overdue_is_spread_again),
        cmocka_unit_test(test_a_window_that_has_passed_is_opened_again),
        cmocka_unit_test(test_no_instant_is_later_than_the_latest),
        cmocka_unit_test(test_those_that_are_urgent_share_the_time_until_then),
        cmocka_unit_test(test_the_generator_is_splitmix64),
        cmocka_unit_test(test_a_slot_that_would_end_as_early_stays),
        cmocka_unit_test(test_who_joins_does_not_wait_for_a_slot_that_nobody_had),
        cmocka_unit_test(test_an_empty_window_is_one_instant),
        cmocka_unit_test(test_a_slot_is_cut_shorter_when_more_wait),
        cmocka_unit_test(test_who_joins_when_nobody_waits_has_the_rest_of_the_window_or_a_new_one),
        cmocka_unit_test(test_sessions_that_join_after_their_window_has_passed_again_and_again),
        cmocka_unit_test(test_those_who_join_never_put_off_the_next),
        cmocka_unit_test(test_the_instant_is_rounded_down_to_the_grain),
        cmocka_unit_test(test_what_is_too_late_is_as_good_as_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

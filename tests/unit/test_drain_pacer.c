/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "drain_pacer.h"

#define NEVER UINT64_MAX
#define BY(count, ms)                                                                                        \
    {                                                                                                        \
        count, ms, count, ms                                                                                 \
    }
#define ALL(count) BY(count, NEVER)
#define FAR        (UINT64_C(1) << 33)

/* Opens a window of 20 s. */
static void open_window(struct slo_pacer *pacer, uint64_t seed, uint32_t rate)
{
    memset(pacer, 0, sizeof *pacer);
    pacer->random = seed;
    slo_pacer_open(pacer, 0, 20000, rate);
}

static uint64_t next(struct slo_pacer *pacer, uint64_t now, uint64_t waiting)
{
    const struct slo_backlog backlog = ALL(waiting);

    slo_pacer_next(pacer, now, &backlog);
    return slo_pacer_instant_ms(pacer, 1);
}

static uint64_t fixed(uint64_t ms)
{
    return ms << SLO_PACER_FRACTION;
}

/* ---- instants ---- */

/* The last slot ends at the end of the window, although the window is not a multiple of the slots. */
static void test_the_slots_fill_the_window_and_are_finer_than_milliseconds(void **state)
{
    unsigned count[20000] = {0};
    struct slo_pacer pacer;
    unsigned i;

    (void)state;
    open_window(&pacer, 1, 0);
    for (i = 0; i < 1000003; i++)
        count[next(&pacer, 0, 1000003 - i)]++;
    for (i = 0; i < 20000; i++)
        assert_in_range(count[i], 49, 52);
    assert_true(pacer.to == pacer.end && pacer.end == fixed(20000));
}

/* Chi-square of 10,000 seeds in 20 bins, with 19 degrees of freedom, exceeds 43.8 once in 1,000 times. */
static void test_a_single_session_has_the_whole_window(void **state)
{
    unsigned count[20] = {0};
    double chi_square = 0;
    struct slo_pacer pacer;
    unsigned i;

    (void)state;
    for (i = 0; i < 10000; i++) {
        open_window(&pacer, i, 0);
        count[next(&pacer, 0, 1) / 1000]++;
    }
    for (i = 0; i < 20; i++)
        chi_square += (count[i] - 500.0) * (count[i] - 500.0) / 500.0;
    assert_true(chi_square < 43.8);
}

/* The first values of SplitMix64 with seed 0, without the bit that is too large for the longest window. */
static void test_the_generator_is_splitmix64_and_continues_in_a_new_window(void **state)
{
    struct slo_pacer pacer = {0};

    (void)state;
    slo_pacer_open(&pacer, 0, SLO_PACER_LONGEST, 0);
    next(&pacer, 0, 1);
    assert_true(pacer.instant == (0xe220a8397b1dcdaf & INT64_MAX));
    slo_pacer_open(&pacer, 0, SLO_PACER_LONGEST, 0);
    next(&pacer, 0, 1);
    assert_true(pacer.instant == (0x6e789e6aa1b965f4 & INT64_MAX));
}

static void test_an_empty_window_is_one_instant(void **state)
{
    struct slo_pacer pacer = {0};
    unsigned i;

    (void)state;
    slo_pacer_open(&pacer, 3000, 3000, 0);
    for (i = 10; i > 0; i--) {
        next(&pacer, 0, i);
        assert_true(pacer.instant == fixed(3000));
    }
}

static void test_the_instant_is_rounded_down_to_the_step(void **state)
{
    static const uint32_t rows[][2] = {{1, 12399}, {2, 12398}, {50, 12350}, {100, 12300}, {65538, 0}};
    const struct slo_pacer pacer = {.instant = fixed(12399) + fixed(1) / 2};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        assert_int_equal(slo_pacer_instant_ms(&pacer, rows[i][0]), rows[i][1]);
}

static void test_times_and_counts_saturate(void **state)
{
    struct slo_pacer pacer = {0};

    (void)state;
    slo_pacer_open(&pacer, NEVER, NEVER, 0);
    assert_true(next(&pacer, NEVER, 5) == SLO_PACER_LONGEST);
    slo_pacer_open(&pacer, 0, NEVER, 0);
    next(&pacer, 0, 1);
    assert_true(pacer.to == fixed(SLO_PACER_LONGEST));
    next(&pacer, NEVER, 1);
    assert_true(pacer.to == fixed(SLO_PACER_LONGEST));
    slo_pacer_open(&pacer, FAR, FAR, 65537);
    assert_true(next(&pacer, 0, 1) == FAR && pacer.gap == 16000);
    slo_pacer_open(&pacer, 0, 0, 1);
    next(&pacer, 0, NEVER);
    assert_true(pacer.end == NEVER && pacer.to < fixed(2000));
}

/* ---- slots ---- */

/* In a window of 20 s, some sessions wait, and one of them gets the first slot. FIRST: no session has had a slot. NEXT:
 * another slot is cut. ADAPT: the first slot is cut again. JOIN: the first slot was used at `used`, no session waited
 * then, and a session joins. The resulting slot and window are in ms, rounded down. */
static void test_slots_follow_the_backlog_and_the_time(void **state)
{
    enum how { FIRST, NEXT, ADAPT, JOIN };
    static const struct {
        const char *what;
        enum how how;
        uint32_t rate;
        uint64_t waiting, used, now;
        struct slo_backlog backlog;
        uint64_t from, to, end;
    } table[] = {
        {"even", FIRST, 0, 0, 0, 0, ALL(20), 0, 1000, 20000},
        {"all by then", FIRST, 0, 0, 0, 0, BY(10, 500), 0, 50, 20000},
        {"urgent sessions share the time until their limit", FIRST, 0, 0, 0, 0, {100, NEVER, 10, 500}, 0, 50, 20000},
        {"the other sessions are more urgent", FIRST, 0, 0, 0, 0, {100, 1000, 10, 500}, 0, 10, 20000},
        {"more sessions than 32 bits count", FIRST, 0, 0, 0, 0, BY(UINT64_C(1) << 32, 20000), 0, 0, 20000},
        {"fewer wait", NEXT, 0, 20, 0, 0, ALL(9), 1000, 3111, 20000},
        {"more wait", NEXT, 0, 20, 0, 0, ALL(190), 1000, 1100, 20000},
        {"in time", NEXT, 0, 20, 0, 1000, ALL(19), 1000, 2000, 20000},
        {"late by the time that may be made up for", NEXT, 0, 20, 0, 1100, ALL(19), 1000, 2000, 20000},
        {"late by a millisecond more: the window moves by it", NEXT, 0, 20, 0, 1101, ALL(19), 1001, 2001, 20001},
        {"4 s late", NEXT, 0, 20, 0, 5100, ALL(19), 5000, 6000, 24000},
        {"4 s late, the limit is just late enough", NEXT, 0, 20, 0, 5100, BY(19, 24000), 5000, 6000, 24000},
        {"4 s late, the limit is earlier", NEXT, 0, 20, 0, 5100, BY(19, 14500), 5000, 5500, 24000},
        {"5 minutes late", NEXT, 0, 20, 0, 301100, ALL(19), 301000, 302000, 320000},
        {"5 minutes late, the limit has passed: at once", NEXT, 0, 20, 0, 301100, BY(19, 300000), 301000, 301000,
         320000},
        {"the window has passed", NEXT, 0, 1, 0, 20000, ALL(10), 20000, 22000, 40000},
        {"the window passed long ago", NEXT, 0, 1, 0, 90100, ALL(10), 90000, 92000, 110000},
        {"the window has passed, the limit is earlier", NEXT, 0, 1, 0, 0, BY(10, 25000), 20000, 20500, 40000},
        {"20 instead of 2", ADAPT, 0, 2, 0, 0, ALL(20), 0, 1000, 20000},
        {"in the middle: the rest is shared", ADAPT, 0, 2, 0, 5000, ALL(20), 5000, 5750, 20000},
        {"a later slot is not used", ADAPT, 0, 2, 0, 9000, ALL(2), 0, 10000, 20000},
        {"the limit is earlier", ADAPT, 0, 2, 0, 0, BY(2, 300), 0, 150, 20000},
        {"an equal slot is not used", ADAPT, 0, 2, 0, 0, ALL(2), 0, 10000, 20000},
        {"fewer sessions: the slot does not change", ADAPT, 0, 2, 0, 0, ALL(1), 0, 10000, 20000},
        {"the rest of the window", JOIN, 0, 1, 0, 5000, ALL(2), 5000, 12500, 20000},
        {"the last millisecond", JOIN, 0, 1, 0, 19999, ALL(2), 19999, 19999, 20000},
        {"another window", JOIN, 0, 1, 0, 20000, ALL(2), 20000, 30000, 40000},
        {"another window, the limit is earlier", JOIN, 0, 1, 0, 50000, BY(2, 60000), 50000, 55000, 70000},
        {"another window, the limit has passed", JOIN, 0, 1, 0, 50000, BY(2, 40000), 50000, 50000, 70000},

        {"the window is slower than the rate", FIRST, 10, 0, 0, 0, ALL(20), 0, 1000, 20000},
        {"the rate is slower: the window grows", FIRST, 10, 0, 0, 0, ALL(400), 0, 100, 40000},
        {"a rate that does not divide a second", FIRST, 3, 0, 0, 0, ALL(300), 0, 333, 100000},
        {"the limit overrides the rate", FIRST, 10, 0, 0, 0, BY(400, 20000), 0, 50, 40000},
        {"4 s late, at the rate", NEXT, 10, 400, 0, 4200, ALL(399), 4100, 4200, 44000},
        {"many sessions join: the window grows", ADAPT, 10, 100, 0, 0, ALL(1000), 0, 100, 100000},
        {"a slot at the rate that begins now would be later", ADAPT, 10, 100, 0, 150, ALL(1000), 0, 200, 20000},
        {"a session that joins waits until the gap has passed", JOIN, 10, 1, 50, 60, ALL(1), 100, 20000, 20000},
        {"a session that joins later need not wait", JOIN, 10, 1, 50, 160, ALL(1), 160, 20000, 20000},
        {"the last session began late in its slot", JOIN, 10, 1, 7000, 7000, ALL(1000), 7000, 7100, 107000},
        {"a session joins at an earlier time", JOIN, 10, 1, 7000, 6900, ALL(1), 7000, 20000, 20000},
        {"after 2^33 ms", JOIN, 0, 1, FAR, FAR, ALL(2), FAR, FAR + 10000, FAR + 20000},
        {"a slot after 2^33 ms", NEXT, 0, 1, 0, FAR + 100, ALL(2), FAR, FAR + 10000, FAR + 20000},
        {"at the end of the window", JOIN, 10, 200, 50, 20000, ALL(2), 20000, 30000, 40000},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        const enum how how = table[i].how;
        struct slo_pacer pacer;
        uint64_t instant;

        open_window(&pacer, 1, table[i].rate);
        if (how != FIRST)
            next(&pacer, 0, table[i].waiting);
        instant = pacer.instant;
        if (how == JOIN) {
            pacer.instant = fixed(table[i].used);
            next(&pacer, table[i].used, 0);
            assert_true(pacer.to == NEVER);
        }
        if (how == ADAPT || how == JOIN)
            slo_pacer_adapt(&pacer, table[i].now, &table[i].backlog);
        else
            slo_pacer_next(&pacer, table[i].now, &table[i].backlog);
        if (pacer.from >> SLO_PACER_FRACTION != table[i].from ||
            pacer.to >> SLO_PACER_FRACTION != table[i].to || pacer.end >> SLO_PACER_FRACTION != table[i].end)
            fail_msg("%s: %llu %llu %llu", table[i].what,
                     (unsigned long long)pacer.from >> SLO_PACER_FRACTION,
                     (unsigned long long)pacer.to >> SLO_PACER_FRACTION,
                     (unsigned long long)pacer.end >> SLO_PACER_FRACTION);
        assert_true(pacer.instant >= pacer.from && (pacer.instant < pacer.to || pacer.instant == pacer.from));
        if (how == ADAPT && table[i].from == 0 && table[i].to >= 10000)
            assert_true(pacer.instant == instant);
    }
}

/* The last session began late, or its slot was shorter than the gap because it was urgent, and no session waited then.
 * */
static void test_a_session_that_joins_does_not_wait_for_late_or_urgent_slots(void **state)
{
    const struct slo_backlog two = ALL(2), urgent = BY(400, 20000);
    struct slo_pacer pacer;

    (void)state;
    open_window(&pacer, 1, 10);
    next(&pacer, 0, 400);
    next(&pacer, 5100, 0);
    slo_pacer_adapt(&pacer, 5000, &two);
    assert_true(pacer.from == fixed(5000));

    open_window(&pacer, 1, 1);
    slo_pacer_next(&pacer, 0, &urgent);
    next(&pacer, 0, 0);
    slo_pacer_adapt(&pacer, 0, &two);
    assert_true(pacer.from == fixed(50));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_slots_fill_the_window_and_are_finer_than_milliseconds),
        cmocka_unit_test(test_a_single_session_has_the_whole_window),
        cmocka_unit_test(test_the_generator_is_splitmix64_and_continues_in_a_new_window),
        cmocka_unit_test(test_an_empty_window_is_one_instant),
        cmocka_unit_test(test_the_instant_is_rounded_down_to_the_step),
        cmocka_unit_test(test_times_and_counts_saturate),
        cmocka_unit_test(test_slots_follow_the_backlog_and_the_time),
        cmocka_unit_test(test_a_session_that_joins_does_not_wait_for_late_or_urgent_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

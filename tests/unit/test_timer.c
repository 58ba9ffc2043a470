/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <slogout/slogout.h>
#include "timer.h"

#define LAST (SLOGOUT_NEVER - 1) /* the greatest valid time */

/* The names of the alarms that rang and of the timers that expired, in order. */
static char rung[32];

struct bell {
    struct slo_alarm alarm;
    char name;
    struct bell *silences, *wakes; /* called when this alarm rings, unless NULL */
};

struct egg {
    struct slo_timer timer;
    char name;
};

static void note(char name)
{
    const size_t len = strlen(rung);

    assert_true(len < sizeof rung - 1);
    rung[len] = name;
    rung[len + 1] = '\0';
}

static void ring(struct slo_alarm *alarm)
{
    struct bell *bell = slo_container_of(alarm, struct bell, alarm);

    note(bell->name);
    slo_alarm_set(&bell->alarm, SLOGOUT_NEVER);
    if (bell->silences)
        slo_alarm_set(&bell->silences->alarm, SLOGOUT_NEVER);
    if (bell->wakes)
        slo_alarm_set(&bell->wakes->alarm, 0);
}

static void expired(struct slo_timer *timer)
{
    assert_false(slo_link_is_linked(&timer->link));
    note(slo_container_of(timer, struct egg, timer)->name);
}

static int forget_rung(void **state)
{
    (void)state;
    rung[0] = '\0';
    return 0;
}

static void bell_init(struct bell *bell, struct slo_clock *clock, char name, uint64_t deadline)
{
    slo_alarm_init(&bell->alarm, clock, ring);
    slo_alarm_set(&bell->alarm, deadline);
    bell->name = name;
    bell->silences = bell->wakes = NULL;
}

static void egg_init(struct egg *egg, char name)
{
    slo_link_init(&egg->timer.link);
    egg->name = name;
}

static void test_a_time_that_decreases_does_not_change_the_clock(void **state)
{
    struct slo_clock clock;

    (void)state;
    slo_clock_init(&clock);
    slo_clock_advance(&clock, 5);
    slo_clock_advance(&clock, 4);
    assert_true(clock.now == 5);
    slo_clock_advance(&clock, 5);
    assert_true(clock.now == 5);
    slo_clock_advance(&clock, LAST);
    slo_clock_advance(&clock, 0);
    assert_true(clock.now == LAST);
}

/* Up to four alarms, named by letters in their order. */
static void test_alarms_ring_in_the_order_of_their_deadlines(void **state)
{
    static const struct {
        const char *what;
        uint64_t deadlines[4]; /* 0 if there is no further alarm */
        char ringer;           /* this alarm silences one alarm and wakes another, or does neither */
        char silences, wakes;
        uint64_t now;
        uint32_t budget;
        const char *rung;
        uint64_t deadline; /* after the ring */
    } rows[] = {
        {"none", {0}, 0, 0, 0, LAST, 1000, "", SLOGOUT_NEVER},
        {"one that sleeps", {SLOGOUT_NEVER}, 0, 0, 0, LAST, 1000, "", SLOGOUT_NEVER},
        {"not before its deadline", {10}, 0, 0, 0, 9, 1000, "", 10},
        {"at its deadline", {10}, 0, 0, 0, 10, 1000, "a", SLOGOUT_NEVER},
        {"the earliest is first", {1, 2, 3}, 0, 0, 0, 0, 1000, "", 1},
        {"the earliest in the middle", {2, 1, 3}, 0, 0, 0, 0, 1000, "", 1},
        {"the earliest is last", {3, 2, 1}, 0, 0, 0, 0, 1000, "", 1},
        {"two are the earliest", {1, 1, SLOGOUT_NEVER}, 0, 0, 0, 0, 1000, "", 1},
        {"in the order of the deadlines", {30, 10, 20, 31}, 0, 0, 0, 30, 1000, "bca", 31},
        {"of equal deadlines, the older alarm rings first",
         {5, 5, 5}, 0, 0, 0, 5, UINT32_C(1) << 31, "abc", SLOGOUT_NEVER},
        {"no budget", {1, 2, 3}, 0, 0, 0, 100, 0, "", 1},
        {"the budget leaves one due", {1, 2, 3}, 0, 0, 0, 100, 2, "ab", 3},
        {"one silences the next", {1, 2, 3}, 'a', 'b', 0, 3, 1000, "ac", SLOGOUT_NEVER},
        {"one silences itself", {1, 2, 3}, 'c', 'c', 0, 3, 1000, "abc", SLOGOUT_NEVER},
        {"one wakes another, which also rings", {SLOGOUT_NEVER, 5}, 'b', 0, 'a', 5, 1000, "ba", SLOGOUT_NEVER},
    };
    size_t i, k;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct slo_clock clock;
        struct bell bells[4];

        rung[0] = '\0';
        slo_clock_init(&clock);
        clock.made = UINT32_MAX - 1; /* other alarms were initialized before */
        for (k = 0; k < LENGTH(bells) && rows[i].deadlines[k]; k++)
            bell_init(&bells[k], &clock, "abcd"[k], rows[i].deadlines[k]);
        for (k = 0; k < LENGTH(bells) && rows[i].deadlines[k]; k++)
            if (bells[k].name == rows[i].ringer) {
                bells[k].silences = rows[i].silences ? &bells[rows[i].silences - 'a'] : NULL;
                bells[k].wakes = rows[i].wakes ? &bells[rows[i].wakes - 'a'] : NULL;
            }
        slo_clock_advance(&clock, rows[i].now);
        slo_clock_ring(&clock, rows[i].budget);
        if (strcmp(rung, rows[i].rung) != 0 || slo_clock_deadline(&clock) != rows[i].deadline)
            fail_msg("%s: %s", rows[i].what, rung);
        assert_int_equal(slo_list_is_empty(&clock.alarms), rows[i].deadline == SLOGOUT_NEVER);
        slo_clock_ring(&clock, rows[i].budget);
    }
}

static void test_timers_expire_in_the_order_of_their_deadlines_then_of_their_start(void **state)
{
    static const struct {
        uint64_t deadlines[4]; /* of a, b, c and d, which are started in this order */
        const char *order;
    } rows[] = {
        {{5, 6, 7, 8}, "abcd"}, {{8, 7, 6, 5}, "dcba"}, {{5, 5, 5, 5}, "abcd"},
        {{6, 8, 6, 7}, "acdb"}, {{8, 5, 8, 5}, "bdac"}, {{0, LAST, SLOGOUT_NEVER, LAST}, "abcd"},
    };
    size_t i, j;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct slo_clock clock;
        struct slo_timers timers;
        struct egg eggs[4];
        uint64_t first = SLOGOUT_NEVER;
        rung[0] = '\0';
        slo_clock_init(&clock);
        slo_timers_init(&timers, &clock, expired);
        assert_true(slo_clock_deadline(&clock) == SLOGOUT_NEVER);
        for (j = 0; j < LENGTH(eggs); j++) {
            egg_init(&eggs[j], "abcd"[j]);
            slo_timer_start(&timers, &eggs[j].timer, rows[i].deadlines[j]);
            first = rows[i].deadlines[j] < first ? rows[i].deadlines[j] : first;
            assert_true(slo_clock_deadline(&clock) == first);
        }
        slo_clock_advance(&clock, LAST);
        slo_clock_ring(&clock, 1000);
        assert_string_equal(rung, rows[i].order);
        assert_true(slo_clock_deadline(&clock) == SLOGOUT_NEVER);
    }
}

static void test_a_stopped_timer_does_not_expire(void **state)
{
    struct slo_clock clock;
    struct slo_timers timers;
    struct egg a, b, c;

    (void)state;
    slo_clock_init(&clock);
    slo_timers_init(&timers, &clock, expired);
    egg_init(&a, 'a');
    egg_init(&b, 'b');
    egg_init(&c, 'c');
    slo_timer_start(&timers, &a.timer, 100);
    slo_timer_start(&timers, &b.timer, 110);
    slo_timer_start(&timers, &c.timer, 120);
    slo_timer_stop(&timers, &b.timer);
    assert_true(slo_clock_deadline(&clock) == 100);
    slo_timer_stop(&timers, &a.timer);
    assert_true(slo_clock_deadline(&clock) == 120);
    slo_timer_stop(&timers, &a.timer); /* this has no effect */
    slo_timer_start(&timers, &a.timer, 130);
    slo_clock_advance(&clock, 129);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "c");
    slo_clock_advance(&clock, 130);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "ca");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_time_that_decreases_does_not_change_the_clock, forget_rung),
        cmocka_unit_test(test_alarms_ring_in_the_order_of_their_deadlines),
        cmocka_unit_test(test_timers_expire_in_the_order_of_their_deadlines_then_of_their_start),
        cmocka_unit_test_setup(test_a_stopped_timer_does_not_expire, forget_rung),
    };
    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}

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
    struct bell *silences, *wakes; /* done when this one rings, unless NULL */
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

static void test_without_alarms_there_is_no_deadline(void **state)
{
    struct slo_clock clock;

    (void)state;
    slo_clock_init(&clock);
    assert_true(slo_clock_deadline(&clock) == SLOGOUT_NEVER);
    slo_clock_advance(&clock, LAST);
    slo_clock_ring(&clock, 1000);
}

static void test_an_alarm_that_sleeps_has_no_deadline(void **state)
{
    struct slo_clock clock;
    struct bell bell;

    (void)state;
    slo_clock_init(&clock);
    bell_init(&bell, &clock, 'a', SLOGOUT_NEVER);
    slo_clock_advance(&clock, LAST);
    assert_true(slo_clock_deadline(&clock) == SLOGOUT_NEVER);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "");
}

static void test_time_that_runs_backwards_stands_still(void **state)
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

static void test_the_earliest_deadline_counts_wherever_its_alarm_stands(void **state)
{
    static const uint64_t deadlines[][3] = {{1, 2, 3}, {2, 1, 3}, {3, 2, 1}, {1, 1, SLOGOUT_NEVER}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(deadlines); i++) {
        struct slo_clock clock;
        struct bell a, b, c;
        slo_clock_init(&clock);
        bell_init(&a, &clock, 'a', deadlines[i][0]);
        bell_init(&b, &clock, 'b', deadlines[i][1]);
        bell_init(&c, &clock, 'c', deadlines[i][2]);
        assert_true(slo_clock_deadline(&clock) == 1);
    }
}

static void test_alarms_ring_at_their_deadline_and_not_before(void **state)
{
    struct slo_clock clock;
    struct bell bell;

    (void)state;
    slo_clock_init(&clock);
    bell_init(&bell, &clock, 'a', 10);
    slo_clock_advance(&clock, 9);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "");
    slo_clock_advance(&clock, 10);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "a");
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "a");
}

static void test_alarms_ring_in_the_order_of_their_deadlines(void **state)
{
    struct slo_clock clock;
    struct bell a, b, c, d;

    (void)state;
    slo_clock_init(&clock);
    bell_init(&a, &clock, 'a', 30);
    bell_init(&b, &clock, 'b', 10);
    bell_init(&c, &clock, 'c', 20);
    bell_init(&d, &clock, 'd', 31);
    slo_clock_advance(&clock, 30);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "bca");
    assert_true(slo_clock_deadline(&clock) == 31);
}

static void test_of_equal_deadlines_the_first_alarm_rings_first(void **state)
{
    struct slo_clock clock;
    struct bell a, b, c;

    (void)state;
    slo_clock_init(&clock);
    bell_init(&a, &clock, 'a', 5);
    clock.made = UINT32_MAX; /* alarms have been made before */
    bell_init(&b, &clock, 'b', 5);
    bell_init(&c, &clock, 'c', 5);
    slo_clock_advance(&clock, 5);
    slo_clock_ring(&clock, UINT32_C(1) << 31);
    assert_string_equal(rung, "abc");
}

static void test_the_budget_ends_the_ringing_and_leaves_the_rest_due(void **state)
{
    struct slo_clock clock;
    struct bell a, b, c;

    (void)state;
    slo_clock_init(&clock);
    bell_init(&a, &clock, 'a', 1);
    bell_init(&b, &clock, 'b', 2);
    bell_init(&c, &clock, 'c', 3);
    slo_clock_advance(&clock, 100);
    slo_clock_ring(&clock, 0);
    assert_string_equal(rung, "");
    slo_clock_ring(&clock, 2);
    assert_string_equal(rung, "ab");
    assert_true(slo_clock_deadline(&clock) == 3);
    slo_clock_ring(&clock, 2);
    assert_string_equal(rung, "abc");
}

static void test_a_ring_may_silence_its_own_alarm_and_the_next(void **state)
{
    struct slo_clock clock;
    struct bell a, b, c;

    (void)state;
    slo_clock_init(&clock);
    bell_init(&a, &clock, 'a', 1);
    bell_init(&b, &clock, 'b', 2);
    bell_init(&c, &clock, 'c', 3);
    a.silences = &b;
    c.silences = &c;
    slo_clock_advance(&clock, 3);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "ac");
    assert_true(slo_list_is_empty(&clock.alarms));
}

static void test_an_alarm_woken_by_another_rings_in_the_same_ringing(void **state)
{
    struct slo_clock clock;
    struct bell a, b;

    (void)state;
    slo_clock_init(&clock);
    bell_init(&a, &clock, 'a', SLOGOUT_NEVER);
    bell_init(&b, &clock, 'b', 5);
    b.wakes = &a;
    slo_clock_advance(&clock, 5);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "ba");
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

static void test_a_stopped_timer_does_not_expire_and_gives_way_to_the_next(void **state)
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
    slo_timer_stop(&timers, &a.timer); /* harmless */
    slo_timer_start(&timers, &a.timer, 130);
    slo_clock_advance(&clock, 129);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "c");
    slo_clock_advance(&clock, 130);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "ca");
}

static void test_kinds_of_timers_expire_in_the_order_of_their_deadlines(void **state)
{
    struct slo_clock clock;
    struct slo_timers slow, fast;
    struct egg a, b, c;

    (void)state;
    slo_clock_init(&clock);
    slo_timers_init(&slow, &clock, expired);
    slo_timers_init(&fast, &clock, expired);
    egg_init(&a, 'a');
    egg_init(&b, 'b');
    egg_init(&c, 'c');
    slo_timer_start(&slow, &a.timer, 100);
    slo_timer_start(&fast, &b.timer, 99);
    slo_timer_start(&fast, &c.timer, 101);
    slo_clock_advance(&clock, 101);
    slo_clock_ring(&clock, 1000);
    assert_string_equal(rung, "bac");
}

enum { MANY = 10000 };
static unsigned many_expired;
static struct slo_timer many[MANY];

/* Every third timer was stopped. The others expire in the order in which they were started. */
static void expired_in_order(struct slo_timer *timer)
{
    if (many_expired % 3 == 0)
        many_expired++;
    assert_ptr_equal(timer, &many[many_expired++]);
}

static void test_ten_thousand_timers_expire_in_order_a_few_at_a_time(void **state)
{
    struct slo_clock clock;
    struct slo_timers timers;
    unsigned i;

    (void)state;
    slo_clock_init(&clock);
    slo_timers_init(&timers, &clock, expired_in_order);
    for (i = 0; i < MANY; i++) {
        slo_link_init(&many[i].link);
        slo_timer_start(&timers, &many[i], 35000 + i / 7);
    }
    for (i = 0; i < MANY; i += 3)
        slo_timer_stop(&timers, &many[i]);
    many_expired = 0;
    for (i = 0; i <= MANY / 7; i++) {
        slo_clock_advance(&clock, 35000 + i);
        slo_clock_ring(&clock, 7);
        assert_true(slo_clock_deadline(&clock) > clock.now);
    }
    assert_true(slo_clock_deadline(&clock) == SLOGOUT_NEVER);
    assert_int_equal(many_expired, MANY - 1); /* the last one was stopped */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_without_alarms_there_is_no_deadline, forget_rung),
        cmocka_unit_test_setup(test_an_alarm_that_sleeps_has_no_deadline, forget_rung),
        cmocka_unit_test_setup(test_time_that_runs_backwards_stands_still, forget_rung),
        cmocka_unit_test_setup(test_the_earliest_deadline_counts_wherever_its_alarm_stands, forget_rung),
        cmocka_unit_test_setup(test_alarms_ring_at_their_deadline_and_not_before, forget_rung),
        cmocka_unit_test_setup(test_alarms_ring_in_the_order_of_their_deadlines, forget_rung),
        cmocka_unit_test_setup(test_of_equal_deadlines_the_first_alarm_rings_first, forget_rung),
        cmocka_unit_test_setup(test_the_budget_ends_the_ringing_and_leaves_the_rest_due, forget_rung),
        cmocka_unit_test_setup(test_a_ring_may_silence_its_own_alarm_and_the_next, forget_rung),
        cmocka_unit_test_setup(test_an_alarm_woken_by_another_rings_in_the_same_ringing, forget_rung),
        cmocka_unit_test(test_timers_expire_in_the_order_of_their_deadlines_then_of_their_start),
        cmocka_unit_test_setup(test_a_stopped_timer_does_not_expire_and_gives_way_to_the_next, forget_rung),
        cmocka_unit_test_setup(test_kinds_of_timers_expire_in_the_order_of_their_deadlines, forget_rung),
        cmocka_unit_test(test_ten_thousand_timers_expire_in_order_a_few_at_a_time),
    };
    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}

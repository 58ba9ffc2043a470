/* SPDX-License-Identifier: BSD-2-Clause */
/* The alarms of the programs, compared with a plain array that is searched. */
#include "support/test.h"
#include "proxy/alarms.h"

#define ALARMS 200
#define STEPS  20000

static uint64_t earliest(const struct alarm *alarms)
{
    uint64_t at = ALARM_NEVER;
    size_t i;

    for (i = 0; i < ALARMS; i++)
        if (alarms[i].place && alarms[i].at < at)
            at = alarms[i].at;
    return at;
}

static unsigned next_random(unsigned random)
{
    return random * 1103515245u + 12345u;
}

static void test_the_earliest_alarm_is_known_after_every_change(void **state)
{
    static struct alarm model[ALARMS];
    struct alarms alarms = {0};
    uint64_t now = 0;
    unsigned random = 1;
    int i;

    (void)state;
    assert_int_equal(alarms_reserve(&alarms, ALARMS), 0);
    for (i = 0; i < STEPS; i++) {
        struct alarm *one = &model[(random >> 8) % ALARMS];
        random = next_random(random);
        alarms_set(&alarms, one, random >> 30 == 0 ? ALARM_NEVER : now + (random >> 16) % 1000);
        assert_int_equal(one->place != 0, one->at != ALARM_NEVER);
        assert_int_equal(alarms_next(&alarms), earliest(model));
        if (i % 7 == 0) {
            now += 20;
            while ((one = alarms_take_due(&alarms, now))) {
                assert_true(one->at <= now);
                assert_int_equal(one->place, 0);
                assert_true(earliest(model) >= one->at);
            }
            assert_true(earliest(model) > now);
        }
    }
    alarms_free(&alarms);
}

static void test_nothing_is_due_when_nothing_is_set(void **state)
{
    struct alarms alarms = {0};
    struct alarm one = {0};

    (void)state;
    assert_int_equal(alarms_reserve(&alarms, 1), 0);
    assert_null(alarms_take_due(&alarms, UINT64_MAX));
    alarms_set(&alarms, &one, ALARM_NEVER);
    assert_int_equal(alarms_next(&alarms), ALARM_NEVER);
    alarms_set(&alarms, &one, 5);
    assert_null(alarms_take_due(&alarms, 4));
    assert_ptr_equal(alarms_take_due(&alarms, 5), &one);
    alarms_free(&alarms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_earliest_alarm_is_known_after_every_change),
        cmocka_unit_test(test_nothing_is_due_when_nothing_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

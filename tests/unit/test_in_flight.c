/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "in_flight.h"

/* Steps: a letter sends a command with that tag, and its capital answers the command. The result of each step is the
 * number of commands in flight, `?` if the response was surplus, or `!` if the commands in flight are not known. */
struct row {
    const char *steps;
    const char *expected;
};

#define FOUR(x)    x x x x
#define SIXTEEN(x) FOUR(FOUR(x))

static const struct row rows[] = {
    {"aA", "10"},
    {"abcBAC", "123210"},
    {"aabAAB", "123210"},
    /* a tag that no command has */
    {"A", "?"},
    {"aBA", "1?0"},
    {"abAAB", "121?0"},
    {"abBBA", "121?0"},
};

static char answer(struct slo_in_flight *in_flight, uint64_t tag)
{
    switch (slo_in_flight_answer(in_flight, tag)) {
    case SLO_IN_FLIGHT_ANSWERED:
        break;
    case SLO_IN_FLIGHT_SURPLUS:
        return '?';
    case SLO_IN_FLIGHT_MISCOUNTED:
        return '!';
    }
    return (char)('0' + in_flight->count);
}

static char step(struct slo_in_flight *in_flight, char what)
{
    if (what >= 'A' && what <= 'Z')
        return answer(in_flight, (uint64_t)(what - 'A' + 1) << 60);
    slo_in_flight_add(in_flight, (uint64_t)(what - 'a' + 1) << 60);
    return (char)('0' + in_flight->count);
}

static void test_commands_are_counted_by_their_tags(void **state)
{
    size_t i, at;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct slo_in_flight in_flight = {0};
        for (at = 0; rows[i].steps[at]; at++)
            if (step(&in_flight, rows[i].steps[at]) != rows[i].expected[at])
                fail_msg("%s: %u", rows[i].steps, (unsigned)at);
    }
}

static void play(struct slo_in_flight *in_flight, const char *steps)
{
    while (*steps)
        step(in_flight, *steps++);
}

static void test_more_than_16_commands_are_a_sum(void **state)
{
    struct slo_in_flight in_flight = {0};

    (void)state;
    play(&in_flight, SIXTEEN("a"));
    assert_int_equal(step(&in_flight, 'B'), '?'); /* of 16 commands, each tag is known */
    play(&in_flight, "b" SIXTEEN("c"));
    play(&in_flight, SIXTEEN("C") "B");
    play(&in_flight, FOUR("A") FOUR("A") FOUR("A") "AAA");
    assert_true(slo_in_flight_is_only(&in_flight, (uint64_t)1 << 60));
    assert_false(slo_in_flight_is_only(&in_flight, (uint64_t)2 << 60));
    assert_int_equal(step(&in_flight, 'A'), '0');
    play(&in_flight, "a");
    assert_int_equal(step(&in_flight, 'B'), '?'); /* each tag is known again */
    assert_int_equal(step(&in_flight, 'A'), '0');
    in_flight.is_summed = 1;
    in_flight.count = UINT32_MAX;
    slo_in_flight_add(&in_flight, 1);
    assert_true(in_flight.count == (uint64_t)1 << 32);
}

static void test_an_extra_response_among_more_than_16_is_noticed_at_the_end(void **state)
{
    struct slo_in_flight in_flight = {0};

    (void)state;
    play(&in_flight, SIXTEEN("a") "b" "C" FOUR("A") FOUR("A") FOUR("A") "AAA");
    assert_int_equal(in_flight.count, 1);
    assert_false(slo_in_flight_is_only(&in_flight, (uint64_t)1 << 60));
    assert_int_equal(step(&in_flight, 'A'), '!');
}

static void test_a_single_command_is_the_only_one(void **state)
{
    struct slo_in_flight in_flight = {0};

    (void)state;
    assert_false(slo_in_flight_is_only(&in_flight, 0));
    play(&in_flight, "a");
    assert_true(slo_in_flight_is_only(&in_flight, (uint64_t)1 << 60));
    play(&in_flight, "b");
    assert_false(slo_in_flight_is_only(&in_flight, (uint64_t)3 << 60));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_are_counted_by_their_tags),
        cmocka_unit_test(test_more_than_16_commands_are_a_sum),
        cmocka_unit_test(test_an_extra_response_among_more_than_16_is_noticed_at_the_end),
        cmocka_unit_test(test_a_single_command_is_the_only_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

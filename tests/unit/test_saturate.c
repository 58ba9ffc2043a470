#include "support/test.h"
#include "saturate.h"

#define MOST UINT64_MAX

static void test_addition_stops_at_the_greatest_value(void **state)
{
    (void)state;
    assert_true(saturating_add(2, 3) == 5);
    assert_true(saturating_add(MOST - 1, 1) == MOST);
    assert_true(saturating_add(MOST, 1) == MOST);
    assert_true(saturating_add(1, MOST) == MOST);
    assert_true(saturating_add(MOST, MOST) == MOST);
}

static void test_subtraction_stops_at_0(void **state)
{
    (void)state;
    assert_true(saturating_subtract(5, 3) == 2);
    assert_true(saturating_subtract(3, 3) == 0);
    assert_true(saturating_subtract(3, 5) == 0);
    assert_true(saturating_subtract(MOST, 1) == MOST - 1);
}

static void test_multiplication_stops_at_the_greatest_value(void **state)
{
    (void)state;
    assert_true(saturating_multiply(6, 7) == 42);
    assert_true(saturating_multiply(0, MOST) == 0);
    assert_true(saturating_multiply(MOST, 0) == 0);
    assert_true(saturating_multiply(MOST / 3, 3) == MOST / 3 * 3);
    assert_true(saturating_multiply(MOST / 2 + 1, 2) == MOST);
    assert_true(saturating_multiply(MOST, MOST) == MOST);
}

static void test_the_smaller_and_the_greater(void **state)
{
    (void)state;
    assert_true(smaller(1, 2) == 1 && smaller(2, 1) == 1 && smaller(2, 2) == 2);
    assert_true(greater(1, 2) == 2 && greater(2, 1) == 2 && greater(2, 2) == 2);
}

static void test_division_rounds_up(void **state)
{
    (void)state;
    assert_true(divide_up(0, 7) == 0);
    assert_true(divide_up(1, 7) == 1);
    assert_true(divide_up(7, 7) == 1);
    assert_true(divide_up(8, 7) == 2);
    assert_true(divide_up(MOST, 1) == MOST);
    assert_true(divide_up(MOST, 2) == MOST / 2 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addition_stops_at_the_greatest_value),
        cmocka_unit_test(test_subtraction_stops_at_0),
        cmocka_unit_test(test_multiplication_stops_at_the_greatest_value),
        cmocka_unit_test(test_the_smaller_and_the_greater),
        cmocka_unit_test(test_division_rounds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

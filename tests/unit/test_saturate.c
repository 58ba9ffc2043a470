/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "saturate.h"

#define MAX UINT64_MAX

static void test_sums_and_products_stop_at_the_greatest_value(void **state)
{
    (void)state;
    assert_true(slo_add(0, 0) == 0);
    assert_true(slo_add(2, 3) == 5);
    assert_true(slo_add(MAX - 1, 1) == MAX);
    assert_true(slo_add(MAX, 1) == MAX);
    assert_true(slo_add(1, MAX) == MAX);
    assert_true(slo_add(MAX, MAX) == MAX);
    assert_true(slo_multiply(0, MAX) == 0);
    assert_true(slo_multiply(MAX, 0) == 0);
    assert_true(slo_multiply(6, 7) == 42);
    assert_true(slo_multiply(2, UINT64_C(1) << 40) == UINT64_C(1) << 41);
    assert_true(slo_multiply(MAX, 1) == MAX);
    assert_true(slo_multiply(MAX / 2, 2) == MAX - 1);
    assert_true(slo_multiply(MAX / 2 + 1, 2) == MAX);
    assert_true(slo_multiply(MAX, MAX) == MAX);
}

static void test_differences_stop_at_0(void **state)
{
    (void)state;
    assert_true(slo_subtract(5, 3) == 2);
    assert_true(slo_subtract(5, 5) == 0);
    assert_true(slo_subtract(5, 6) == 0);
    assert_true(slo_subtract(0, MAX) == 0);
    assert_true(slo_subtract(MAX, 0) == MAX);
}

static void test_min_and_max_order_all_values(void **state)
{
    (void)state;
    assert_true(slo_min(1, 2) == 1 && slo_min(2, 1) == 1 && slo_min(3, 3) == 3);
    assert_true(slo_max(1, 2) == 2 && slo_max(2, 1) == 2 && slo_max(3, 3) == 3);
    assert_true(slo_min(0, MAX) == 0 && slo_max(0, MAX) == MAX);
    assert_true(slo_min(3, MAX - 1) == 3 && slo_max(MAX - 1, 3) == MAX - 1);
}

static void test_division_rounds_up(void **state)
{
    (void)state;
    assert_true(slo_divide_up(0, 5) == 0);
    assert_true(slo_divide_up(1, 5) == 1);
    assert_true(slo_divide_up(5, 5) == 1);
    assert_true(slo_divide_up(6, 5) == 2);
    assert_true(slo_divide_up(MAX, 1) == MAX);
    assert_true(slo_divide_up(MAX, MAX) == 1);
    assert_true(slo_ratio_up(0, 1000, 3) == 0);
    assert_true(slo_ratio_up(1, 1000, 3) == 334);
    assert_true(slo_ratio_up(2, 1000, 3) == 667);
    assert_true(slo_ratio_up(3, 1000, 3) == 1000);
    assert_true(slo_ratio_up(7, 1000, 3) == 2334);
    assert_true(slo_ratio_up(MAX, 1000, 1000) == MAX);
    assert_true(slo_ratio_up(MAX, 1000, 999) == MAX);
    assert_true(slo_ratio_up(MAX, UINT32_MAX, UINT32_MAX) == MAX);
    assert_true(slo_ratio_up(MAX, 1000, UINT32_MAX) == UINT64_C(4294967297000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_and_products_stop_at_the_greatest_value),
        cmocka_unit_test(test_differences_stop_at_0),
        cmocka_unit_test(test_min_and_max_order_all_values),
        cmocka_unit_test(test_division_rounds_up),
    };
    return cmocka_run_group_tests_name("saturate", tests, NULL, NULL);
}

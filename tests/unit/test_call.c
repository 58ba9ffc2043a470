/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <slogout/slogout.h>
#include "call.h"
#include "support/exact.h"

/* A struct as this library knows it. An older program has a smaller one, a newer program a larger one. */
struct known {
    size_t size;
    int first, second;
};

static const struct known filled = {sizeof filled, 11, 22};

/* Copies a struct that says `size` and has `memory` octets: first those of `filled`, and `tail` last. */
static int copy(struct known *to, size_t size, size_t memory, char tail)
{
    char *from = exact_fill(0, memory);
    int result;

    memcpy(from, &filled, memory < sizeof filled ? memory : sizeof filled);
    memcpy(from, &size, sizeof size);
    if (memory > sizeof filled)
        from[memory - 1] = tail;
    result = slo_copy_sized(to, sizeof *to, from);
    exact_free(from);
    return result;
}

static void test_the_size_that_is_known(void **state)
{
    struct known to;

    (void)state;
    assert_int_equal(copy(&to, sizeof to, sizeof to, 0), 0);
    assert_memory_equal(&to, &filled, sizeof to);
}

static void test_what_a_smaller_struct_lacks_is_0(void **state)
{
    const size_t smaller = offsetof(struct known, second);
    struct known to;

    (void)state;
    memset(&to, 0xaa, sizeof to);
    assert_int_equal(copy(&to, smaller, smaller, 0), 0);
    assert_int_equal(to.first, 11);
    assert_int_equal(to.second, 0);
    memset(&to, 0xaa, sizeof to);
    assert_int_equal(copy(&to, sizeof(size_t), sizeof(size_t), 0), 0);
    assert_int_equal(to.first, 0);
    assert_int_equal(to.second, 0);
}

static void test_a_larger_struct_has_a_tail_of_zeros(void **state)
{
    struct known to;

    (void)state;
    assert_int_equal(copy(&to, sizeof to + 1, sizeof to + 1, 0), 0);
    assert_int_equal(copy(&to, sizeof to + 40, sizeof to + 40, 0), 0);
    assert_int_equal(to.second, 22);
}

static void test_a_tail_that_is_not_zero_is_refused(void **state)
{
    struct known to = {1, 2, 3};

    (void)state;
    assert_int_equal(copy(&to, sizeof to + 1, sizeof to + 1, 1), SLOGOUT_ERR_SIZE);
    assert_int_equal(copy(&to, sizeof to + 40, sizeof to + 40, -1), SLOGOUT_ERR_SIZE);
    assert_int_equal(to.first, 2);
}

/* Only the size itself is in memory here, so it must be refused before anything else is read. */
static void test_sizes_that_cannot_be_are_refused_unread(void **state)
{
    static const size_t sizes[] = {0, 1, sizeof(size_t) - 1, 4097, 1u << 20, SIZE_MAX};
    struct known to = {1, 2, 3};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(sizes); i++)
        assert_int_equal(copy(&to, sizes[i], sizeof(size_t), 0), SLOGOUT_ERR_SIZE);
    assert_int_equal(to.first, 2);
}

static void test_the_largest_size_that_is_believed(void **state)
{
    struct known to;
    size_t octets[4096 / sizeof(size_t)] = {4096}, others[LENGTH(octets)] = {4096};

    (void)state;
    octets[LENGTH(octets) - 1] = 7;
    assert_int_equal(slo_copy_sized(others, sizeof octets, octets), 0);
    assert_memory_equal(others, octets, sizeof octets);
    others[LENGTH(octets) - 1] = 0;
    assert_int_equal(slo_give_sized(others, octets, sizeof octets), 0);
    assert_memory_equal(others, octets, sizeof octets);
    assert_int_equal(copy(&to, 4096, 4096, 0), 0);
    assert_int_equal(copy(&to, 4096, 4096, 1), SLOGOUT_ERR_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_size_that_is_known),
        cmocka_unit_test(test_what_a_smaller_struct_lacks_is_0),
        cmocka_unit_test(test_a_larger_struct_has_a_tail_of_zeros),
        cmocka_unit_test(test_a_tail_that_is_not_zero_is_refused),
        cmocka_unit_test(test_sizes_that_cannot_be_are_refused_unread),
        cmocka_unit_test(test_the_largest_size_that_is_believed),
    };
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <slogout/slogout.h>
#include "call.h"
#include "support/exact.h"

/* A struct in the version of this library. The struct of an older program is smaller, that of a newer program larger.
 * */
struct known {
    size_t size;
    int first, second;
};

static const struct known filled = {sizeof filled, 11, 22};

/* Copies a struct whose size member is `size`, and which has `memory` octets: first those of `filled`, and at the end
 * `tail`. */
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

/* If the size is not valid, only the size member is in memory, so the function must refuse it before it reads anything
 * else. A refusal changes nothing. */
static void test_structs_of_each_size_are_copied(void **state)
{
    static const struct {
        size_t size, memory;
        char tail;
        int error, first, second;
    } rows[] = {
        {sizeof(struct known), sizeof(struct known), 0, 0, 11, 22},
        {offsetof(struct known, second), offsetof(struct known, second), 0, 0, 11, 0},
        {sizeof(size_t), sizeof(size_t), 0, 0, 0, 0},
        {sizeof(struct known) + 1, sizeof(struct known) + 1, 0, 0, 11, 22},
        {sizeof(struct known) + 40, sizeof(struct known) + 40, 0, 0, 11, 22},
        {sizeof(struct known) + 1, sizeof(struct known) + 1, 1, SLOGOUT_ERR_SIZE, 2, 3},
        {sizeof(struct known) + 40, sizeof(struct known) + 40, -1, SLOGOUT_ERR_SIZE, 2, 3},
        {0, sizeof(size_t), 0, SLOGOUT_ERR_SIZE, 2, 3},
        {1, sizeof(size_t), 0, SLOGOUT_ERR_SIZE, 2, 3},
        {sizeof(size_t) - 1, sizeof(size_t), 0, SLOGOUT_ERR_SIZE, 2, 3},
        {4096, 4096, 0, 0, 11, 22},
        {4096, 4096, 1, SLOGOUT_ERR_SIZE, 2, 3},
        {4097, sizeof(size_t), 0, SLOGOUT_ERR_SIZE, 2, 3},
        {1u << 20, sizeof(size_t), 0, SLOGOUT_ERR_SIZE, 2, 3},
        {SIZE_MAX, sizeof(size_t), 0, SLOGOUT_ERR_SIZE, 2, 3},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct known to = {1, 2, 3};
        assert_int_equal(copy(&to, rows[i].size, rows[i].memory, rows[i].tail), rows[i].error);
        assert_int_equal(to.first, rows[i].first);
        assert_int_equal(to.second, rows[i].second);
        assert_int_equal(to.size, rows[i].error ? 1 : rows[i].size);
    }
}

static void test_the_largest_valid_size_is_copied(void **state)
{
    size_t octets[4096 / sizeof(size_t)] = {4096}, others[LENGTH(octets)] = {4096};

    (void)state;
    octets[LENGTH(octets) - 1] = 7;
    assert_int_equal(slo_copy_sized(others, sizeof octets, octets), 0);
    assert_memory_equal(others, octets, sizeof octets);
    others[LENGTH(octets) - 1] = 0;
    assert_int_equal(slo_give_sized(others, octets, sizeof octets), 0);
    assert_memory_equal(others, octets, sizeof octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structs_of_each_size_are_copied),
        cmocka_unit_test(test_the_largest_valid_size_is_copied),
    };
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}

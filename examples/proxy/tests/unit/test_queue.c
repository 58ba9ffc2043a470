/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of the programs, compared with a plain string. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "proxy/queue.h"

#define STEPS      20000
#define MODEL_SIZE 4096

struct model {
    char octets[MODEL_SIZE];
    size_t len;
};

static const struct queue empty;

static void expect_same(const struct queue *queue, const struct model *model)
{
    assert_int_equal(queue->len, model->len);
    assert_memory_equal(queue_octets(queue), model->octets, model->len);
}

static void append(struct queue *queue, struct model *model, const char *octets, size_t len)
{
    assert_int_equal(queue_append(queue, octets, len), 0);
    memcpy(model->octets + model->len, octets, len);
    model->len += len;
}

static void drop(struct queue *queue, struct model *model, size_t len)
{
    queue_drop(queue, len);
    model->len -= len;
    memmove(model->octets, model->octets + len, model->len);
}

static unsigned next_random(unsigned random)
{
    return random * 1103515245u + 12345u;
}

static void test_octets_leave_the_queue_in_order(void **state)
{
    char octets[MODEL_SIZE];
    struct queue queue = empty;
    struct model model = {.len = 0};
    unsigned random = 1;
    size_t i;

    (void)state;
    for (i = 0; i < STEPS; i++) {
        const size_t len = (random >> 16) % 700;
        random = next_random(random);
        memset(octets, (int)(i % 251), sizeof octets);
        if (random >> 30 & 1 && model.len + len <= MODEL_SIZE)
            append(&queue, &model, octets, len);
        else
            drop(&queue, &model, len < model.len ? len : model.len);
        expect_same(&queue, &model);
    }
    queue_clear(&queue);
}

static void test_an_empty_queue_holds_no_memory(void **state)
{
    struct queue queue = empty;

    (void)state;
    assert_non_null(queue_octets(&queue));
    assert_int_equal(queue_append(&queue, "", 0), 0);
    assert_null(queue.memory);
    assert_int_equal(queue_append(&queue, "ab", 2), 0);
    queue_drop(&queue, 1);
    assert_non_null(queue.memory);
    queue_drop(&queue, 1);
    assert_memory_equal(&queue, &empty, sizeof empty);
    assert_int_equal(queue_append(&queue, "ab", 2), 0);
    queue_clear(&queue);
    assert_memory_equal(&queue, &empty, sizeof empty);
}

/* Otherwise, the queue of a connection that is never empty would grow. */
static void test_freed_room_is_used_again(void **state)
{
    struct queue queue = empty;
    size_t i, size;

    (void)state;
    assert_int_equal(queue_append(&queue, "x", 1), 0);
    size = queue.size;
    for (i = 0; i < STEPS; i++) {
        assert_int_equal(queue_append(&queue, "yz", 2), 0);
        queue_drop(&queue, 2);
    }
    assert_int_equal(queue.size, size);
    queue_clear(&queue);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octets_leave_the_queue_in_order),
        cmocka_unit_test(test_an_empty_queue_holds_no_memory),
        cmocka_unit_test(test_freed_room_is_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/test.h"
#include "heap.h"

#define COUNT 200

static struct slo_heap_node nodes[COUNT];

static void node_init(struct slo_heap_node *node, uint64_t key, uint64_t order)
{
    memset(node, 0xaa, sizeof *node); /* what a node held before does not matter */
    node->key = key;
    node->order = order;
}

static int precedes(const struct slo_heap_node *a, const struct slo_heap_node *b)
{
    return a->key < b->key || (a->key == b->key && a->order < b->order);
}

/* Returns how many nodes there are. Each must be linked in both directions and must not precede its
 * parent. */
static size_t check(const struct slo_heap_node *root)
{
    const struct slo_heap_node *open[COUNT];
    size_t count = 0, left = 0;

    if (root)
        open[left++] = root;
    while (left > 0) {
        const struct slo_heap_node *parent = open[--left], *prev = parent, *child;
        count++;
        for (child = parent->child; child; prev = child, child = child->next) {
            assert_ptr_equal(child->prev, prev);
            assert_true(precedes(parent, child));
            assert_true(left < COUNT);
            open[left++] = child;
        }
    }
    return count;
}

static void test_an_empty_heap_has_no_root(void **state)
{
    struct slo_heap_node *root = NULL;

    (void)state;
    node_init(&nodes[0], 5, 0);
    slo_heap_insert(&root, &nodes[0]);
    assert_ptr_equal(root, &nodes[0]);
    slo_heap_remove(&root, &nodes[0]);
    assert_null(root);
}

static void test_the_least_key_is_the_root_in_any_order_of_insertion(void **state)
{
    static const uint64_t keys[][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    size_t i, j;

    (void)state;
    for (i = 0; i < LENGTH(keys); i++) {
        struct slo_heap_node *root = NULL;
        for (j = 0; j < 3; j++) {
            node_init(&nodes[j], keys[i][j], j);
            slo_heap_insert(&root, &nodes[j]);
            assert_int_equal(check(root), j + 1);
        }
        for (j = 1; j <= 3; j++) {
            assert_int_equal(root->key, j);
            slo_heap_remove(&root, root);
            assert_int_equal(check(root), 3 - j);
        }
    }
}

static void test_of_equal_keys_the_smaller_order_comes_first(void **state)
{
    static const uint64_t orders[][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    size_t i, j;

    (void)state;
    for (i = 0; i < LENGTH(orders); i++) {
        struct slo_heap_node *root = NULL;
        for (j = 0; j < 3; j++) {
            node_init(&nodes[j], UINT64_MAX, orders[i][j]);
            slo_heap_insert(&root, &nodes[j]);
        }
        for (j = 1; j <= 3; j++) {
            assert_int_equal(root->order, j);
            slo_heap_remove(&root, root);
        }
    }
}

/* Removes each subset of 5 nodes from heaps of several shapes, in either direction. The others must come
 * in order. */
static void test_any_node_can_be_removed(void **state)
{
    enum { SIZE = 5, SHAPES = 4 };
    unsigned shape, subset, i;

    (void)state;
    for (shape = 0; shape < SHAPES; shape++)
        for (subset = 0; subset < 1u << SIZE; subset++) {
            struct slo_heap_node *root = NULL, early;
            unsigned left = SIZE;
            node_init(&early, 0, 0);
            slo_heap_insert(&root, &early);
            for (i = 0; i < SIZE; i++) {
                node_init(&nodes[i], shape & 1 ? i + 1 : SIZE - i, i);
                slo_heap_insert(&root, &nodes[i]);
            }
            slo_heap_remove(&root, &early); /* now the others are on more than one level */
            for (i = 0; i < SIZE; i++) {
                const unsigned j = shape & 2 ? i : SIZE - 1 - i;
                if (subset & 1u << j) {
                    slo_heap_remove(&root, &nodes[j]);
                    assert_int_equal(check(root), --left);
                }
            }
            for (i = 0; i < SIZE; i++) {
                const unsigned j = shape & 1 ? i : SIZE - 1 - i;
                if (subset & 1u << j)
                    continue;
                assert_ptr_equal(root, &nodes[j]);
                slo_heap_remove(&root, root);
            }
            assert_null(root);
        }
}

/* The reference looks at all nodes at each step. */
static void test_a_long_history_of_insertions_and_removals(void **state)
{
    struct slo_heap_node *root = NULL;
    int is_in[COUNT] = {0};
    uint32_t random = 1;
    size_t count = 0, step, i;

    (void)state;
    for (step = 0; step < 20000; step++) {
        const struct slo_heap_node *least = NULL;
        size_t chosen;
        random = random * 1664525 + 1013904223;
        chosen = (random >> 8) % COUNT;
        if (is_in[chosen]) {
            slo_heap_remove(&root, &nodes[chosen]);
            count--;
        } else {
            node_init(&nodes[chosen], (random >> 16) % 50, chosen);
            slo_heap_insert(&root, &nodes[chosen]);
            count++;
        }
        is_in[chosen] = !is_in[chosen];
        for (i = 0; i < COUNT; i++)
            if (is_in[i] && (!least || precedes(&nodes[i], least)))
                least = &nodes[i];
        assert_ptr_equal(root, least);
        assert_int_equal(check(root), count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_heap_has_no_root),
        cmocka_unit_test(test_the_least_key_is_the_root_in_any_order_of_insertion),
        cmocka_unit_test(test_of_equal_keys_the_smaller_order_comes_first),
        cmocka_unit_test(test_any_node_can_be_removed),
        cmocka_unit_test(test_a_long_history_of_insertions_and_removals),
    };
    return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}

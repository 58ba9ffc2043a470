/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "list.h"

struct item {
    char name;
    struct slo_link link;
};

/* Expects these names in this order if the list is read forward, and in the opposite order if it is read
 * backward. */
static void expect_list(struct slo_link *list, const char *names)
{
    struct slo_link *link;
    size_t i = 0;

    for (link = list->next; link != list; link = link->next)
        assert_int_equal(slo_container_of(link, struct item, link)->name, names[i++]);
    assert_int_equal(names[i], '\0');
    for (link = list->prev; link != list; link = link->prev)
        assert_int_equal(slo_container_of(link, struct item, link)->name, names[--i]);
    assert_int_equal(i, 0);
}

/* Appends four members, and removes them: from the middle, from the beginning, twice from the end, and the
 * only one. */
static void test_members_keep_the_order_of_appending_until_they_are_removed(void **state)
{
    static const struct {
        size_t removed;
        const char *names;
    } rows[] = {{1, "acd"}, {0, "cd"}, {3, "c"}, {3, "c"}, {2, ""}};
    struct item items[] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}, {.name = 'd'}};
    struct slo_link list;
    size_t i;

    (void)state;
    slo_link_init(&list);
    assert_true(slo_list_is_empty(&list));
    expect_list(&list, "");
    for (i = 0; i < LENGTH(items); i++) {
        slo_link_append(&list, &items[i].link);
        assert_true(slo_link_is_linked(&items[i].link));
    }
    assert_false(slo_list_is_empty(&list));
    expect_list(&list, "abcd");
    for (i = 0; i < LENGTH(rows); i++) {
        slo_link_remove(&items[rows[i].removed].link);
        assert_false(slo_link_is_linked(&items[rows[i].removed].link));
        expect_list(&list, rows[i].names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_keep_the_order_of_appending_until_they_are_removed),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}

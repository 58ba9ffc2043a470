/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "list.h"

struct item {
    char name;
    struct slo_link link;
};

/* Expects these names, in this order when read forward, and in the opposite order when read backward. */
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

static void test_new_list_is_empty(void **state)
{
    struct slo_link list;

    (void)state;
    slo_link_init(&list);
    assert_true(slo_list_is_empty(&list));
    expect_list(&list, "");
}

static void test_members_stand_in_the_order_of_appending(void **state)
{
    struct item a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};
    struct slo_link list;

    (void)state;
    slo_link_init(&list);
    slo_link_append(&list, &a.link);
    assert_false(slo_list_is_empty(&list));
    assert_true(slo_link_is_linked(&a.link));
    expect_list(&list, "a");
    slo_link_append(&list, &b.link);
    slo_link_append(&list, &c.link);
    expect_list(&list, "abc");
}

static void test_remove_first_middle_last_and_only(void **state)
{
    struct item items[] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}, {.name = 'd'}};
    struct slo_link list;
    size_t i;

    (void)state;
    slo_link_init(&list);
    for (i = 0; i < LENGTH(items); i++)
        slo_link_append(&list, &items[i].link);
    slo_link_remove(&items[1].link);
    expect_list(&list, "acd");
    slo_link_remove(&items[0].link);
    expect_list(&list, "cd");
    slo_link_remove(&items[3].link);
    expect_list(&list, "c");
    slo_link_remove(&items[2].link);
    expect_list(&list, "");
    for (i = 0; i < LENGTH(items); i++)
        assert_false(slo_link_is_linked(&items[i].link));
}

static void test_removing_twice_is_harmless(void **state)
{
    struct item a = {.name = 'a'}, b = {.name = 'b'};
    struct slo_link list;

    (void)state;
    slo_link_init(&list);
    slo_link_append(&list, &a.link);
    slo_link_append(&list, &b.link);
    slo_link_remove(&a.link);
    slo_link_remove(&a.link);
    expect_list(&list, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_list_is_empty),
        cmocka_unit_test(test_members_stand_in_the_order_of_appending),
        cmocka_unit_test(test_remove_first_middle_last_and_only),
        cmocka_unit_test(test_removing_twice_is_harmless),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The server to which a new client goes, and the servers that remain when the addresses of their name change.
 * */
#include "support/test.h"
#include "proxy/servers.h"

static struct address_list list_of(const char *hosts)
{
    struct address_list list = {0};

    for (; *hosts; hosts++) {
        struct sockaddr_storage *at = &list.at[list.count];
        at->ss_family = AF_INET;
        ((char *)at)[4] = *hosts; /* an octet of the address */
        list.len[list.count++] = 16;
    }
    return list;
}

static struct servers with(const char *hosts)
{
    struct servers servers = {0};
    const struct address_list list = list_of(hosts);

    servers_set(&servers, &list);
    return servers;
}

static char take(struct servers *servers, uint32_t tried, uint64_t now)
{
    const int place = servers_take(servers, tried, now);

    return place < 0 ? '-' : ((char *)&servers->at[place].address)[4];
}

static void test_the_address_with_the_fewest_clients_is_chosen(void **state)
{
    struct servers servers = with("abc");

    (void)state;
    assert_int_equal(take(&servers, 0, 1), 'a');
    assert_int_equal(take(&servers, 0, 1), 'b');
    assert_int_equal(take(&servers, 0, 1), 'c');
    servers_release(&servers, 1);
    assert_int_equal(take(&servers, 0, 1), 'b');
    assert_int_equal(take(&servers, 1, 1), 'b'); /* a has been tried */
    assert_int_equal(take(&servers, 7, 1), '-');
}

static void test_an_address_that_has_failed_rests_unless_there_is_no_other(void **state)
{
    struct servers servers = with("ab");

    (void)state;
    assert_int_equal(take(&servers, 0, 1), 'a');
    servers_fail(&servers, 0, 1);
    assert_int_equal(take(&servers, 0, 2), 'b');
    assert_int_equal(take(&servers, 0, 2), 'b');
    assert_int_equal(take(&servers, 2, 2), 'a');
    servers_fail(&servers, 0, 2);
    assert_int_equal(take(&servers, 0, 2 + SERVERS_REST), 'a');
}

static void test_a_new_list_keeps_known_addresses_and_old_clients(void **state)
{
    struct servers servers = with("ab");
    const struct address_list later = list_of("bcdefghijklmnopq"), last = list_of("abcdefghijklmnop");

    (void)state;
    take(&servers, 0, 1);
    take(&servers, 0, 1);
    assert_int_equal(servers_set(&servers, &later), 1);
    assert_int_equal(servers_set(&servers, &later), 0);
    assert_int_equal(servers_count(&servers), 16);
    /* B has one client, and a is no longer an address of the name. */
    assert_int_equal(take(&servers, 0, 1), 'c');
    assert_int_equal(servers_set(&servers, &last), 1);
    assert_int_equal(servers_count(&servers), 16);
    assert_int_equal(servers.at[0].clients, 1);
    assert_int_equal(servers.at[1].clients, 1);
}

static void test_a_place_that_clients_use_is_not_reused(void **state)
{
    struct servers servers = with("abcdefghijklmnop");
    const struct address_list second = list_of("ABCDEFGHIJKLMNOP"), third = list_of("0123456789");
    int i;

    (void)state;
    for (i = 0; i < 16; i++)
        take(&servers, 0, 1);
    servers_set(&servers, &second);
    for (i = 0; i < 16; i++)
        take(&servers, 0, 1);
    servers_set(&servers, &third);
    assert_int_equal(servers_count(&servers), 0);
    servers_release(&servers, 5);
    assert_int_equal(servers_set(&servers, &third), 1);
    assert_int_equal(take(&servers, 0, 1), '0');
    assert_int_equal(servers.at[5].clients, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_address_with_the_fewest_clients_is_chosen),
        cmocka_unit_test(test_an_address_that_has_failed_rests_unless_there_is_no_other),
        cmocka_unit_test(test_a_new_list_keeps_known_addresses_and_old_clients),
        cmocka_unit_test(test_a_place_that_clients_use_is_not_reused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

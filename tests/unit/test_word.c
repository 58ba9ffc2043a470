#include "support/test.h"
#include <slogout/slogout.h>
#include "support/exact.h"

static int names_us(const char *arguments)
{
    const size_t len = strlen(arguments);
    char *octets = exact_copy(arguments, len);
    const int found = slogout_enable_has_capability(octets, len);

    exact_free(octets);
    return found;
}

static void test_the_capability_is_found_in_any_case_wherever_it_stands(void **state)
{
    static const char *const found[] = {
        "X-SERVER-LOGOUT",
        "x-server-logout",
        "X-Server-Logout",
        " X-SERVER-LOGOUT",
        "X-SERVER-LOGOUT ",
        "X-SERVER-LOGOUT\r\n",
        "X-SERVER-LOGOUT\n",
        "CONDSTORE X-SERVER-LOGOUT",
        "CONDSTORE X-SERVER-LOGOUT\r\n",
        "X-SERVER-LOGOUT UTF8=ACCEPT",
        " CONDSTORE  x-server-logout  UTF8=ACCEPT\r\n",
        "X-SERVER-LOGOUX X-SERVER-LOGOUT",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof found / sizeof *found; i++)
        if (!names_us(found[i]))
            fail_msg("not found in: %s", found[i]);
}

static void test_nothing_else_is_taken_for_it(void **state)
{
    static const char *const others[] = {
        "",
        " ",
        "\r\n",
        "X",
        "X-SERVER-LOGOU",
        "X-SERVER-LOGOUTS",
        "XX-SERVER-LOGOUT",
        "X-SERVER LOGOUT",
        "X-SERVER\rLOGOUT",
        "X\rSERVER\rLOGOUT", /* CR and `-` differ in one bit */
        "X-SERVER-LOGOUT\t",
        "\"X-SERVER-LOGOUT\"",
        "X_SERVER_LOGOUT",
        "x\x0dserver-logout",
        "CONDSTORE QRESYNC",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof others / sizeof *others; i++)
        if (names_us(others[i]))
            fail_msg("found in: %s", others[i]);
}

/* One octet after the other is replaced by each other octet: only the same letter in the other case will do. */
static void test_each_octet_of_it_counts(void **state)
{
    const size_t len = strlen(SLOGOUT_CAPABILITY);
    char word[sizeof SLOGOUT_CAPABILITY];
    size_t i;
    int octet;

    (void)state;
    for (i = 0; i < len; i++)
        for (octet = 0; octet < 256; octet++) {
            const char right = SLOGOUT_CAPABILITY[i];
            const int same = octet == right || (right != '-' && octet == right + ('a' - 'A'));
            memcpy(word, SLOGOUT_CAPABILITY, sizeof word);
            word[i] = (char)octet;
            if (octet != ' ' && octet != '\r' && octet != '\n')
                assert_int_equal(slogout_enable_has_capability(word, len), same);
        }
}

static void test_no_more_is_read_than_there_is(void **state)
{
    size_t len;

    (void)state;
    assert_int_equal(slogout_enable_has_capability(NULL, 0), 0);
    assert_int_equal(slogout_enable_has_capability(NULL, 15), 0);
    for (len = 0; len < 15; len++)
        assert_int_equal(slogout_enable_has_capability("X-SERVER-LOGOUT", len), 0);
    assert_int_equal(slogout_enable_has_capability("X-SERVER-LOGOUTS", 15), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_capability_is_found_in_any_case_wherever_it_stands),
        cmocka_unit_test(test_nothing_else_is_taken_for_it),
        cmocka_unit_test(test_each_octet_of_it_counts),
        cmocka_unit_test(test_no_more_is_read_than_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

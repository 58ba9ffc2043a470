/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <slogout/slogout.h>
#include "word.h"
#include "support/exact.h"

static int names_us(const char *arguments)
{
    const size_t len = strlen(arguments);
    char *octets = exact_copy(arguments, len);
    const int found = slogout_enable_has_capability(octets, len);

    exact_free(octets);
    return found;
}

static void test_the_capability_is_found_in_any_case_and_place(void **state)
{
    static const char *const found[] = {
        "X-SERVER-LOGOUT", "x-server-logout", "X-Server-Logout", " X-SERVER-LOGOUT", "X-SERVER-LOGOUT ",
        "X-SERVER-LOGOUT\r\n", "X-SERVER-LOGOUT\n", "CONDSTORE X-SERVER-LOGOUT", "CONDSTORE X-SERVER-LOGOUT\r\n",
        "X-SERVER-LOGOUT UTF8=ACCEPT", " CONDSTORE  x-server-logout  UTF8=ACCEPT\r\n",
        "X-SERVER-LOGOUX X-SERVER-LOGOUT",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof found / sizeof *found; i++)
        if (!names_us(found[i]))
            fail_msg("not found in: %s", found[i]);
}

static void test_no_other_word_is_the_capability(void **state)
{
    static const char *const others[] = {
        /* CR and `-` differ in only one bit */
        "", " ", "\r\n", "X", "X-SERVER-LOGOU", "X-SERVER-LOGOUTS", "XX-SERVER-LOGOUT", "X-SERVER LOGOUT",
        "X-SERVER\rLOGOUT", "X\rSERVER\rLOGOUT", "X-SERVER-LOGOUT\t", "\"X-SERVER-LOGOUT\"", "X_SERVER_LOGOUT",
        "x\x0dserver-logout", "CONDSTORE QRESYNC",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof others / sizeof *others; i++)
        if (names_us(others[i]))
            fail_msg("found in: %s", others[i]);
}

/* Replaces one octet at a time by each other octet. Only the same letter in the other case matches. */
static void test_each_octet_of_the_capability_is_compared(void **state)
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

static void test_no_octet_beyond_the_arguments_is_read(void **state)
{
    size_t len;

    (void)state;
    assert_int_equal(slogout_enable_has_capability(NULL, 0), 0);
    assert_int_equal(slogout_enable_has_capability(NULL, 15), 0);
    for (len = 0; len < 15; len++)
        assert_int_equal(slogout_enable_has_capability("X-SERVER-LOGOUT", len), 0);
    assert_int_equal(slogout_enable_has_capability("X-SERVER-LOGOUTS", 15), 1);
}

/* Letters match in either case. Other octets that differ in the same bit do not match. */
static void test_the_octets_that_agree_are_counted(void **state)
{
    static const struct {
        const char *octets, *word;
        size_t agreement;
    } rows[] = {
        {"BYE", "BYE", 3}, {"bYe", "BYE", 3},  {"BYE x", "BYE", 3}, {"BY", "BYE", 2},   {"", "BYE", 0},
        {"BXE", "BYE", 1}, {"x", "", 0},       {"M4", "M4", 2},     {"m\x14", "M4", 1}, {"Q@", "Q`", 1},
        {"[", "{", 0},     {"X\rY", "X-Y", 1}, {"\x1a", "Z", 0},    {"z", "Z", 1},      {"a", "A", 1},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        const size_t len = strlen(rows[i].octets);
        char *octets = exact_copy(rows[i].octets, len);
        assert_int_equal(slo_word_agreement(octets, len, rows[i].word), rows[i].agreement);
        assert_int_equal(slo_word_is(octets, len, rows[i].word),
                         rows[i].agreement == len && len == strlen(rows[i].word));
        exact_free(octets);
    }
}

/* No length is stored in one octet. */
static void test_words_may_have_more_than_255_octets(void **state)
{
    char word[600], octets[600];
    size_t len;

    (void)state;
    memset(word, 'A', sizeof word);
    memset(octets, 'a', sizeof octets);
    word[sizeof word - 1] = '\0';
    for (len = 254; len < 515; len++) {
        assert_int_equal(slo_word_agreement(octets, len, word), len);
        assert_false(slo_word_is(octets, len, word));
        assert_false(slo_word_is(octets, len, "AAA"));
        assert_false(slo_word_is(octets, len, ""));
        word[len] = '\0';
        assert_true(slo_word_is(octets, len, word));
        word[len] = 'A';
    }
    memcpy(octets, SLOGOUT_CAPABILITY, sizeof SLOGOUT_CAPABILITY - 1);
    assert_int_equal(slogout_enable_has_capability(octets, 256 + sizeof SLOGOUT_CAPABILITY - 1), 0);
    octets[255] = ' ';
    memcpy(octets + 256, SLOGOUT_CAPABILITY, sizeof SLOGOUT_CAPABILITY - 1);
    assert_int_equal(slogout_enable_has_capability(octets, 256 + sizeof SLOGOUT_CAPABILITY - 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_capability_is_found_in_any_case_and_place),
        cmocka_unit_test(test_no_other_word_is_the_capability),
        cmocka_unit_test(test_each_octet_of_the_capability_is_compared),
        cmocka_unit_test(test_no_octet_beyond_the_arguments_is_read),
        cmocka_unit_test(test_the_octets_that_agree_are_counted),
        cmocka_unit_test(test_words_may_have_more_than_255_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

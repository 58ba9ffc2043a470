/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <limits.h>
#include <slogout/slogout.h>

static void test_version_is_that_of_the_header(void **state)
{
    (void)state;
    assert_string_equal(slogout_version(), SLOGOUT_VERSION);
}

static void test_every_error_has_its_description(void **state)
{
    static const struct {
        int error;
        const char *sentence;
    } rows[] = {
        {0, "success"},
        {SLOGOUT_ERR_ARGUMENT, "an argument is NULL or never valid"},
        {SLOGOUT_ERR_STATE, "not possible in this state"},
        {SLOGOUT_ERR_REENTRANT, "not allowed inside a callback"},
        {SLOGOUT_ERR_NOMEM, "out of memory"},
        {SLOGOUT_ERR_SIZE, "a struct's size member is 0 or of a later version"},
        {SLOGOUT_ERR_TIMEOUT, "the answer timeout must be longer than 32,000 ms"},
        {SLOGOUT_ERR_PREFIX, "the tag prefix cannot begin a tag, or is too long"},
        {SLOGOUT_ERR_TEXT, "the BYE text is not 1 to 200 octets of printable ASCII, or its response code is "
                           "malformed"},
        {SLOGOUT_ERR_PLAN, "the plan's deadline cannot be kept: spread, answer timeout (over 32 s), tail and "
                           "leave timeout must fit"},
    };
    static const int others[] = {1, INT_MAX, SLOGOUT_ERR_PLAN - 1, -1000, INT_MIN};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        assert_string_equal(slogout_strerror(rows[i].error), rows[i].sentence);
    for (i = 0; i < LENGTH(others); i++)
        assert_string_equal(slogout_strerror(others[i]), "unknown error");
}

#define OUTCOME(name)                                                                                        \
    {                                                                                                        \
        SLOGOUT_OUTCOME_##name, #name                                                                        \
    }

static void test_every_outcome_has_its_name(void **state)
{
    static const struct {
        enum slogout_outcome outcome;
        const char *name;
    } rows[] = {
        OUTCOME(ANSWERED),    OUTCOME(REFUSED),     OUTCOME(EXPIRED),     OUTCOME(BYE_ONLY),
        OUTCOME(NEVER_READY), OUTCOME(FORCED),      OUTCOME(SEND_FAILED), OUTCOME(CLIENT_LOGOUT),
        OUTCOME(PEER_CLOSED), OUTCOME(HOST_CLOSED),
    };
    size_t i;

    (void)state;
    assert_int_equal(LENGTH(rows), SLOGOUT_OUTCOME_COUNT);
    for (i = 0; i < LENGTH(rows); i++)
        assert_string_equal(slogout_outcome_name(rows[i].outcome), rows[i].name);
    assert_string_equal(slogout_outcome_name(SLOGOUT_OUTCOME_COUNT), "UNKNOWN");
    assert_string_equal(slogout_outcome_name((enum slogout_outcome)256), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_is_that_of_the_header),
        cmocka_unit_test(test_every_error_has_its_description),
        cmocka_unit_test(test_every_outcome_has_its_name),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}

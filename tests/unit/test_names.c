/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <limits.h>
#include <slogout/slogout.h>

static void test_version_is_that_of_the_header(void **state)
{
    (void)state;
    assert_string_equal(slogout_version(), SLOGOUT_VERSION);
}

static void test_every_error_has_a_sentence_of_its_own(void **state)
{
    int a, b;

    (void)state;
    for (a = 0; a >= SLOGOUT_ERR_PLAN; a--) {
        const char *sentence = slogout_strerror(a);
        assert_true(strlen(sentence) > 5);
        assert_true(sentence[strlen(sentence) - 1] != '.');
        assert_string_not_equal(sentence, "unknown error");
        for (b = 0; b > a; b--)
            assert_string_not_equal(sentence, slogout_strerror(b));
    }
}

/* One word of each sentence shows that the sentences are not mixed up. */
static void test_sentences_belong_to_their_errors(void **state)
{
    static const struct {
        int error;
        const char *word;
    } rows[] = {
        {SLOGOUT_ERR_ARGUMENT, "argument"},
        {SLOGOUT_ERR_STATE, "state"},
        {SLOGOUT_ERR_REENTRANT, "callback"},
        {SLOGOUT_ERR_NOMEM, "memory"},
        {SLOGOUT_ERR_SIZE, "size"},
        {SLOGOUT_ERR_TIMEOUT, "timeout"},
        {SLOGOUT_ERR_PREFIX, "prefix"},
        {SLOGOUT_ERR_TEXT, "BYE"},
        {SLOGOUT_ERR_PLAN, "plan"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        assert_non_null(strstr(slogout_strerror(rows[i].error), rows[i].word));
    assert_string_equal(slogout_strerror(0), "success");
}

static void test_numbers_that_are_no_error_are_unknown(void **state)
{
    static const int numbers[] = {1, INT_MAX, SLOGOUT_ERR_PLAN - 1, -1000, INT_MIN};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(numbers); i++)
        assert_string_equal(slogout_strerror(numbers[i]), "unknown error");
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
}

static void test_numbers_that_are_no_outcome_are_unknown(void **state)
{
    (void)state;
    assert_string_equal(slogout_outcome_name(SLOGOUT_OUTCOME_COUNT), "UNKNOWN");
    assert_string_equal(slogout_outcome_name((enum slogout_outcome)100), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_is_that_of_the_header),
        cmocka_unit_test(test_every_error_has_a_sentence_of_its_own),
        cmocka_unit_test(test_sentences_belong_to_their_errors),
        cmocka_unit_test(test_numbers_that_are_no_error_are_unknown),
        cmocka_unit_test(test_every_outcome_has_its_name),
        cmocka_unit_test(test_numbers_that_are_no_outcome_are_unknown),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <limits.h>
#include "log.h"
#include "support/exact.h"

/* ---- escapes ---- */

/* Escapes into memory of exactly this size, which is not 0. */
static void expect_escape(size_t out_size, const char *bytes, size_t len, const char *written)
{
    char *out = exact_fill('?', out_size);
    char *in = exact_copy(bytes, len);

    slo_escape(out, out_size, in, len);
    assert_string_equal(out, written);
    exact_free(in);
    exact_free(out);
}

static void test_each_octet_except_printable_ascii_is_escaped(void **state)
{
    int octet;

    (void)state;
    for (octet = 0; octet <= UCHAR_MAX; octet++) {
        const char byte = (char)octet, quoted[] = {'\\', byte, '\0'};
        char hex[5];
        snprintf(hex, sizeof hex, "\\x%02x", (unsigned)octet);
        if (octet < ' ' || octet > '~')
            expect_escape(5, &byte, 1, hex);
        else
            expect_escape(5, &byte, 1, byte == '"' || byte == '\\' ? quoted : quoted + 1);
    }
}

/* Nothing follows the cut, so a shorter escape that would fit is not written. */
static void test_an_escaped_text_is_cut_before_an_octet_that_does_not_fit(void **state)
{
    static const char *const written[] = {"",  "",       "a",      "a",          "a",
                                          "a", "a\\x0a", "a\\x0a", "a\\x0a\\\"", "a\\x0a\\\"b"};
    char *text = exact_fill('a', 700), *octets = exact_fill('a', 600);
    size_t size;

    (void)state;
    for (size = 1; size < LENGTH(written); size++)
        expect_escape(size, "a\n\"b", 4, written[size]);
    expect_escape(4, "a\nb", 3, "a");
    expect_escape(3, "a\"b", 3, "a");
    expect_escape(9, "", 0, "");
    expect_escape(100, "SLO.1 OK \x1b[2J\0\xff\r\n", 17, "SLO.1 OK \\x1b[2J\\x00\\xff\\x0d\\x0a");
    octets[400] = text[400] = 'b'; /* more octets than one octet can count */
    text[600] = '\0';
    expect_escape(601, octets, 600, text);
    text[300] = '\0';
    expect_escape(301, octets, 600, text);
    exact_free(text);
    exact_free(octets);
}

/* ---- results ---- */

/* Formats into memory of exactly this size. */
static void expect_in(size_t out_size, const struct slogout_result *result, const char *written,
                      size_t needed)
{
    char *out = exact_fill('?', out_size);

    assert_int_equal(slogout_result_format(out, out_size, result), needed);
    if (out_size > 0)
        assert_string_equal(out, written);
    exact_free(out);
}

static void expect(const struct slogout_result *result, const char *written)
{
    expect_in(SLOGOUT_RESULT_SIZE, result, written, strlen(written));
}

static void test_a_result_without_an_answer_has_no_code_and_text(void **state)
{
    struct slogout_result result = {
        .outcome = SLOGOUT_OUTCOME_BYE_ONLY, .bye_sent = 1, .asked_ms = SLOGOUT_NEVER};

    (void)state;
    expect(&result, "outcome=BYE_ONLY tag=- bye_sent=1 bye_seen=0");
    result.outcome = SLOGOUT_OUTCOME_EXPIRED;
    strcpy(result.tag, "SLO.7");
    result.bye_sent = 0;
    result.bye_seen = 1;
    expect(&result, "outcome=EXPIRED tag=SLO.7 bye_sent=0 bye_seen=1");
    result.outcome = SLOGOUT_OUTCOME_REFUSED;
    result.answer_status = SLOGOUT_STATUS_NO;
    expect(&result, "outcome=REFUSED tag=SLO.7 bye_sent=0 bye_seen=1 answer=NO");
    result.outcome = SLOGOUT_OUTCOME_COUNT;
    result.answer_status = (enum slogout_status)(SLOGOUT_STATUS_BYE + 1);
    expect(&result, "outcome=UNKNOWN tag=SLO.7 bye_sent=0 bye_seen=1 answer=UNKNOWN");
    result.answer_status = (enum slogout_status)256;
    expect(&result, "outcome=UNKNOWN tag=SLO.7 bye_sent=0 bye_seen=1 answer=UNKNOWN");
}

static void test_a_result_with_an_answer_has_its_code_and_text(void **state)
{
    static const struct {
        const char *line, *written;
    } answers[] = {
        {"SLO.1 OK", "answer=OK code=\"\" text=\"\""},
        {"SLO.1 NO not now", "answer=NO code=\"\" text=\"not now\""},
        {"SLO.1 BAD [CLIENTBUG x] \"wh\rat\"", "answer=BAD code=\"CLIENTBUG x\" text=\"\\\"wh\\x0dat\\\"\""},
        {"* BYE", "answer=BYE code=\"\" text=\"\""}, /* no answer of the library has this status */
    };
    struct slogout_response response;
    const struct slogout_result result = {.outcome = SLOGOUT_OUTCOME_REFUSED,
                                          .bye_sent = 1,
                                          .bye_seen = 1,
                                          .asked_ms = 5,
                                          .tag = "SLO.1",
                                          .answer_status = SLOGOUT_STATUS_NO,
                                          .answer = &response};
    char written[SLOGOUT_RESULT_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(answers); i++) {
        assert_int_equal(slogout_response_parse(&response, answers[i].line, strlen(answers[i].line)), 1);
        snprintf(written, sizeof written, "outcome=REFUSED tag=SLO.1 bye_sent=1 bye_seen=1 %s",
                 answers[i].written);
        expect(&result, written);
    }
    response.status = SLOGOUT_STATUS_NONE; /* no answer of the library has this status */
    expect(&result, "outcome=REFUSED tag=SLO.1 bye_sent=1 bye_seen=1 answer=NONE code=\"\" text=\"\"");
}

/* Formats the longest result. At the cut, the last octets are those of an escape. */
static void test_every_line_fits_in_the_result_size(void **state)
{
    char octets[1000];
    const struct slogout_response response = {SLOGOUT_STATUS_BAD, "x", 1, octets + 500, 255, octets,
                                              sizeof octets};
    const struct slogout_result result = {.outcome = SLOGOUT_OUTCOME_CLIENT_LOGOUT,
                                          .bye_sent = 1,
                                          .bye_seen = 1,
                                          .tag = "1234567890123456"
                                                 "4294967295",
                                          .answer = &response};
    char out[SLOGOUT_RESULT_SIZE];
    size_t len;

    (void)state;
    memset(octets, 'a', sizeof octets);
    len = slogout_result_format(out, sizeof out, &result);
    assert_int_equal(len, strlen(out));
    assert_true(len < SLOGOUT_RESULT_SIZE);
    assert_int_equal(out[len - 1], '"');
    assert_int_equal(out[len - 2], 'a');
    assert_int_equal(strspn(strstr(out, "code=\"") + 6, "a"), 64);
    assert_int_equal(strspn(strstr(out, "text=\"") + 6, "a"), 128);
    octets[562] = octets[126] = '\n';
    assert_int_equal(slogout_result_format(out, sizeof out, &result), len - 4);
    assert_int_equal(out[strlen(out) - 1], '"');
}

static void test_a_line_is_cut_to_a_smaller_size(void **state)
{
    static const char whole[] = "outcome=FORCED tag=- bye_sent=0 bye_seen=0";
    const struct slogout_result result = {.outcome = SLOGOUT_OUTCOME_FORCED};
    char cut[sizeof whole];
    size_t size;

    (void)state;
    for (size = 1; size <= sizeof whole; size++) {
        snprintf(cut, size, "%s", whole);
        expect_in(size, &result, cut, sizeof whole - 1);
    }
    expect_in(0, &result, NULL, sizeof whole - 1);
    assert_int_equal(slogout_result_format(NULL, 0, &result), sizeof whole - 1);
    assert_int_equal(slogout_result_format(NULL, 100, &result), sizeof whole - 1);
}

static void test_no_result_is_an_empty_line(void **state)
{
    (void)state;
    expect_in(1, NULL, "", 0);
    expect_in(0, NULL, NULL, 0);
    assert_int_equal(slogout_result_format(NULL, 10, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_octet_except_printable_ascii_is_escaped),
        cmocka_unit_test(test_an_escaped_text_is_cut_before_an_octet_that_does_not_fit),
        cmocka_unit_test(test_a_result_without_an_answer_has_no_code_and_text),
        cmocka_unit_test(test_a_result_with_an_answer_has_its_code_and_text),
        cmocka_unit_test(test_every_line_fits_in_the_result_size),
        cmocka_unit_test(test_a_line_is_cut_to_a_smaller_size),
        cmocka_unit_test(test_no_result_is_an_empty_line),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

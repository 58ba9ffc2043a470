/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <limits.h>
#include "bye.h"
#include "support/exact.h"

static int valid(const char *text)
{
    char *exact = exact_copy(text, strlen(text) + 1);
    const int result = slo_bye_text_valid(exact);

    exact_free(exact);
    return result;
}

static void test_a_text_has_1_to_200_octets(void **state)
{
    char text[300];
    char *endless = exact_fill('x', SLO_BYE_TEXT_MAX + 1); /* without a NUL */

    (void)state;
    assert_int_equal(slo_bye_text_valid(endless), 0);
    *endless = '[';
    assert_int_equal(slo_bye_text_valid(endless), 0);
    exact_free(endless);
    assert_int_equal(valid(""), 0);
    assert_int_equal(valid("x"), 1);
    memset(text, 'x', sizeof text);
    text[201] = '\0';
    assert_int_equal(valid(text), 0);
    text[200] = '\0';
    assert_int_equal(valid(text), 1);
    text[199] = '\0';
    assert_int_equal(valid(text), 1);
}

static void test_a_text_is_printable_ascii(void **state)
{
    int octet;

    (void)state;
    for (octet = 1; octet <= UCHAR_MAX; octet++) {
        const char first[] = {(char)octet, 'x', '\0'};
        const char last[] = {'x', (char)octet, '\0'};
        const int printable = octet >= ' ' && octet <= '~';
        assert_int_equal(valid(first), printable && octet != '[');
        assert_int_equal(valid(last), printable);
    }
}

/* RFC 3501 section 9: "[" resp-text-code "]" SP text, text = 1*TEXT-CHAR. */
static void test_response_codes_must_be_well_formed(void **state)
{
    static const char *const good[] = {
        "[UNAVAILABLE] Moved",
        "[UNAVAILABLE]  Moved",
        "[X-MOVED to another server] Moved",
        "[X [y] z",
        "[X (1 2)] y",
        "[X  ] y",
        "[x] ]",
        "Moved [UNAVAILABLE]",
        "] x",
    };
    static const char *const bad[] = {
        "[",
        "[]",
        "[] x",
        "[X",
        "[X y",
        "[X]",
        "[X] ",
        "[X]y",
        "[X]]y",
        "[ X] y",
        "[ ] y",
        "[X ] y",
        /* does not begin with the atom that a code must begin with */
        "[(X] y",
        "[X(] y",
        "[X)] y",
        "[X{] y",
        "[X%] y",
        "[X*] y",
        "[X\"] y",
        "[X\\] y",
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(good); i++)
        if (!valid(good[i]))
            fail_msg("must be valid: %s", good[i]);
    for (i = 0; i < LENGTH(bad); i++)
        if (valid(bad[i]))
            fail_msg("must not be valid: %s", bad[i]);
}

static void expect_line(const char *text, const char *expected)
{
    char *line = exact_fill('?', SLO_BYE_LINE_MAX);
    const size_t len = slo_bye_write(line, text);

    assert_int_equal(len, strlen(expected));
    assert_memory_equal(line, expected, len);
    exact_free(line);
}

static void test_the_line_is_bye_and_its_text(void **state)
{
    char text[SLO_BYE_TEXT_MAX + 1] = "", line[SLO_BYE_LINE_MAX + 1];

    (void)state;
    expect_line("x", "* BYE x\r\n");
    expect_line("[UNAVAILABLE] Moved", "* BYE [UNAVAILABLE] Moved\r\n");
    memset(text, 'x', SLO_BYE_TEXT_MAX);
    snprintf(line, sizeof line, "* BYE %s\r\n", text);
    expect_line(text, line);
}

/* ---- any text ---- */

static void expect_fit(const char *text, size_t len, const char *expected)
{
    static const char around[] = " x"; /* the octets before and after the text must not matter */
    char *in = exact_copy(text, len);
    size_t i;

    for (i = 0; i < strlen(around); i++) {
        char *out = exact_fill(around[i], SLOGOUT_BYE_TEXT_SIZE);
        assert_int_equal(slogout_bye_text_fit(out, in, len), strlen(expected));
        assert_string_equal(out, expected);
        assert_true(slo_bye_text_valid(out));
        exact_free(out);
    }
    exact_free(in);
}

static void test_any_text_is_made_to_fit(void **state)
{
#define DEFAULT "Server is closing the connection"
    static const struct {
        const char *text, *fitting;
    } rows[] = {
        {"Back at 18:00", "Back at 18:00"},
        {"~ !\"#$%&'()*+,-./:;<=>?@\\]^_`{|}", "~ !\"#$%&'()*+,-./:;<=>?@\\]^_`{|}"},
        {"", DEFAULT},
        {" \t\r\n", DEFAULT},
        {"\x7f", DEFAULT},
        {"  Back \r\n\t at\x01\x7f 18:00 \n", "Back at 18:00"},
        {"a\r\nSLO.1 LOGOUT\r\n", "a SLO.1 LOGOUT"},
        {"Gr\xc3\xbc\xc3\x9f"
         "e",
         "Gr??e"},                                      /* UTF-8 */
        {"\xe2\x82\xac 5, \xf0\x9f\x98\x80", "? 5, ?"}, /* characters of three and four octets */
        {"Gr\xfc\xdf"
         "e",
         "Gr??e"},               /* Latin-1 */
        {"\x80\xbf\xc3", "???"}, /* not characters */
        {"\xc3\xc3\xbc", "??"},
        {"\xc0\x80", "?"},
        {"\xbf\x80", "??"},
        {"[UNAVAILABLE] Back soon", "[UNAVAILABLE] Back soon"},
        {"[REFERRAL imap://x/] Moved", "[REFERRAL imap://x/] Moved"},
        {"[x]", "(x]"},
        {"[x] ", "(x]"},
        {" [x]y", "(x]y"},
        {"[", "("},
        {"a [b", "a [b"},
    };
    char many[600];
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        expect_fit(rows[i].text, strlen(rows[i].text), rows[i].fitting);
    memset(many, ' ', sizeof many);
    many[sizeof many - 1] = 'x';
    expect_fit(many, sizeof many, "x");
    memset(many, '\x80', sizeof many);
    *many = '\xc3';
    expect_fit(many, sizeof many, "?");
    expect_fit("a\0b", 3, "a b");
    expect_fit("\xe2\x82\xac", 2, "?");
}

static void test_a_text_that_is_too_long_is_cut_after_a_word(void **state)
{
    static const struct {
        size_t first, second, third; /* octets of three words with SP between them */
        size_t fitting;              /* octets of the text that remains */
    } rows[] = {
        {200, 0, 0, 200}, {201, 0, 0, 200}, {198, 1, 0, 200},  {198, 2, 0, 198},  {199, 1, 0, 199},
        {200, 1, 0, 200}, {201, 1, 0, 200}, {100, 99, 0, 200}, {100, 99, 1, 200}, {100, 100, 0, 100},
        {1, 1000, 0, 1},  {1, 197, 1, 199}, {1, 196, 2, 198},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        char text[1300];
        char expected[SLOGOUT_BYE_TEXT_SIZE];
        size_t len = rows[i].first;
        memset(text, 'x', sizeof text);
        if (rows[i].second)
            text[len++] = ' ', len += rows[i].second;
        if (rows[i].third)
            text[len++] = ' ', len += rows[i].third;
        memcpy(expected, text, rows[i].fitting);
        expected[rows[i].fitting] = '\0';
        expect_fit(text, len, expected);
        text[len] = '\n'; /* like the text of a file */
        expect_fit(text, len + 1, expected);
        text[len] = '\x7f';
        expect_fit(text, len + 1, expected);
    }
}

/* A word that is too long by itself is cut inside, so that text remains after a code. The second code is valid up to
 * the octets that are cut off. */
static void test_a_code_that_is_cut_does_not_remain_a_code(void **state)
{
    char text[300], expected[201] = "[ALERT] ";

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "[ALERT] ", 8);
    memset(expected + 8, 'x', 192);
    expect_fit(text, sizeof text, expected);
    text[0] = '[';
    text[7] = 'x';
    text[6] = ' ';
    text[220] = ']';
    expect_fit(text, sizeof text, "(ALERT");
}

static void test_an_empty_text_becomes_the_default(void **state)
{
    char out[SLOGOUT_BYE_TEXT_SIZE];

    (void)state;
    assert_int_equal(slogout_bye_text_fit(NULL, "x", 1), 0);
    assert_int_equal(slogout_bye_text_fit(out, NULL, 0), strlen(DEFAULT));
    assert_string_equal(out, DEFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_has_1_to_200_octets),
        cmocka_unit_test(test_a_text_is_printable_ascii),
        cmocka_unit_test(test_response_codes_must_be_well_formed),
        cmocka_unit_test(test_the_line_is_bye_and_its_text),
        cmocka_unit_test(test_any_text_is_made_to_fit),
        cmocka_unit_test(test_a_text_that_is_too_long_is_cut_after_a_word),
        cmocka_unit_test(test_a_code_that_is_cut_does_not_remain_a_code),
        cmocka_unit_test(test_an_empty_text_becomes_the_default),
    };
    return cmocka_run_group_tests_name("bye", tests, NULL, NULL);
}

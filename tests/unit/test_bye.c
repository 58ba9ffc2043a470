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

    (void)state;
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

static void test_a_text_without_end_is_read_no_further_than_it_matters(void **state)
{
    char *endless = exact_fill('x', SLO_BYE_TEXT_MAX + 1); /* no NUL in it */

    (void)state;
    assert_int_equal(slo_bye_text_valid(endless), 0);
    *endless = '[';
    assert_int_equal(slo_bye_text_valid(endless), 0);
    exact_free(endless);
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
static void test_response_codes(void **state)
{
    static const struct {
        const char *text;
        int valid;
    } rows[] = {
        {"[UNAVAILABLE] Moved", 1},
        {"[UNAVAILABLE]  Moved", 1},
        {"[X-MOVED to another server] Moved", 1},
        {"[X [y] z", 1},
        {"[X (1 2)] y", 1},
        {"[X  ] y", 1},
        {"[x] ]", 1},
        {"Moved [UNAVAILABLE]", 1},
        {"] x", 1},
        {"[", 0},
        {"[]", 0},
        {"[] x", 0},
        {"[X", 0},
        {"[X y", 0},
        {"[X]", 0},
        {"[X] ", 0},
        {"[X]y", 0},
        {"[X]]y", 0},
        {"[ X] y", 0},
        {"[ ] y", 0},
        {"[X ] y", 0},
        /* is not the atom that a code must begin with */
        {"[(X] y", 0},
        {"[X(] y", 0},
        {"[X)] y", 0},
        {"[X{] y", 0},
        {"[X%] y", 0},
        {"[X*] y", 0},
        {"[X\"] y", 0},
        {"[X\\] y", 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        if (valid(rows[i].text) != rows[i].valid)
            fail_msg("%s: must be %d", rows[i].text, rows[i].valid);
}

static void expect_line(const char *text, const char *expected)
{
    char line[SLO_BYE_LINE_MAX];
    const size_t len = slo_bye_write(line, text);

    assert_int_equal(len, strlen(expected));
    assert_memory_equal(line, expected, len);
}

static void test_the_line(void **state)
{
    (void)state;
    expect_line("x", "* BYE x\r\n");
    expect_line("[UNAVAILABLE] Moved", "* BYE [UNAVAILABLE] Moved\r\n");
}

static void test_the_longest_line_fits(void **state)
{
    char *line = exact_fill('?', SLO_BYE_LINE_MAX);
    char text[SLO_BYE_TEXT_MAX + 1] = "";

    (void)state;
    memset(text, 'x', SLO_BYE_TEXT_MAX);
    assert_int_equal(slo_bye_write(line, text), SLO_BYE_LINE_MAX);
    assert_memory_equal(line + SLO_BYE_LINE_MAX - 3, "x\r\n", 3);
    exact_free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_has_1_to_200_octets),
        cmocka_unit_test(test_a_text_without_end_is_read_no_further_than_it_matters),
        cmocka_unit_test(test_a_text_is_printable_ascii),
        cmocka_unit_test(test_response_codes),
        cmocka_unit_test(test_the_line),
        cmocka_unit_test(test_the_longest_line_fits),
    };
    return cmocka_run_group_tests_name("bye", tests, NULL, NULL);
}

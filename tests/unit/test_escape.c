/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <limits.h>
#include "log.h"
#include "support/exact.h"

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

static void test_printable_ascii_stays_as_it_is(void **state)
{
    char printable[95 - 2];
    size_t len = 0;
    int octet;
    char written[sizeof printable + 1];

    (void)state;
    for (octet = ' '; octet <= '~'; octet++)
        if (octet != '"' && octet != '\\')
            printable[len++] = (char)octet;
    assert_int_equal(len, sizeof printable);
    memcpy(written, printable, len);
    written[len] = '\0';
    expect_escape(200, printable, len, written);
}

static void test_quote_and_backslash_get_a_backslash(void **state)
{
    (void)state;
    expect_escape(20, "a\"b\\c", 5, "a\\\"b\\\\c");
}

static void test_control_and_8_bit_octets_become_hex(void **state)
{
    int octet;

    (void)state;
    for (octet = 0; octet <= UCHAR_MAX; octet++) {
        const char byte = (char)octet;
        char written[5];
        if (octet >= ' ' && octet <= '~')
            continue;
        snprintf(written, sizeof written, "\\x%02x", (unsigned)octet);
        expect_escape(5, &byte, 1, written);
    }
}

static void test_a_line_from_the_wire(void **state)
{
    (void)state;
    expect_escape(100, "SLO.1 OK \x1b[2J\0\xff\r\n", 17, "SLO.1 OK \\x1b[2J\\x00\\xff\\x0d\\x0a");
}

static void test_the_buffer_is_never_exceeded_and_always_terminated(void **state)
{
    static const char *const written[] = {"",  "",       "a",      "a",          "a",
                                          "a", "a\\x0a", "a\\x0a", "a\\x0a\\\"", "a\\x0a\\\"b"};
    size_t out_size;

    (void)state;
    for (out_size = 1; out_size < LENGTH(written); out_size++)
        expect_escape(out_size, "a\n\"b", 4, written[out_size]);
}

/* After an escape that did not fit, a shorter one that would fit is not written: the text is cut, with no
 * gap. */
static void test_nothing_follows_the_cut(void **state)
{
    (void)state;
    expect_escape(4, "a\nb", 3, "a");
    expect_escape(3, "a\"b", 3, "a");
}

static void test_an_empty_input_gives_an_empty_text(void **state)
{
    (void)state;
    expect_escape(1, "", 0, "");
    expect_escape(9, "", 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printable_ascii_stays_as_it_is),
        cmocka_unit_test(test_quote_and_backslash_get_a_backslash),
        cmocka_unit_test(test_control_and_8_bit_octets_become_hex),
        cmocka_unit_test(test_a_line_from_the_wire),
        cmocka_unit_test(test_the_buffer_is_never_exceeded_and_always_terminated),
        cmocka_unit_test(test_nothing_follows_the_cut),
        cmocka_unit_test(test_an_empty_input_gives_an_empty_text),
    };
    return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}

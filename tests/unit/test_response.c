/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <slogout/slogout.h>
#include "support/exact.h"

#define OK  SLOGOUT_STATUS_OK
#define NO  SLOGOUT_STATUS_NO
#define BAD SLOGOUT_STATUS_BAD
#define BYE SLOGOUT_STATUS_BYE

/* ---- lines that are responses, with all fields ---- */

struct row {
    const char *line;
    enum slogout_status status;
    const char *tag, *code, *text;
};

static const struct row responses[] = {
    /* the draft's example */
    {"* BYE IMAP4rev1 Client logging out", BYE, "", "", "IMAP4rev1 Client logging out"},
    {"A001 OK LOGOUT completed", OK, "A001", "", "LOGOUT completed"},
    /* each status, tagged */
    {"SLO.1 OK done", OK, "SLO.1", "", "done"},
    {"SLO.1 NO not now", NO, "SLO.1", "", "not now"},
    {"SLO.1 BAD unknown command", BAD, "SLO.1", "", "unknown command"},
    /* the status in any case, the tag octet by octet */
    {"* bye x", BYE, "", "", "x"},
    {"* ByE x", BYE, "", "", "x"},
    {"slo.1 ok x", OK, "slo.1", "", "x"},
    {"sLo.1 Ok x", OK, "sLo.1", "", "x"},
    {"a oK", OK, "a", "", ""},
    {"a no", NO, "a", "", ""},
    {"a bAd", BAD, "a", "", ""},
    /* without text, with an empty text, with a text that begins or ends with SP */
    {"* BYE", BYE, "", "", ""},
    {"* BYE ", BYE, "", "", ""},
    {"* BYE  x ", BYE, "", "", " x "},
    {"a OK", OK, "a", "", ""},
    {"a OK ", OK, "a", "", ""},
    {"a OK  ", OK, "a", "", " "},
    /* the text is opaque */
    {"a OK {3}", OK, "a", "", "{3}"},
    {"a OK {3+}", OK, "a", "", "{3+}"},
    {"* BYE \"x", BYE, "", "", "\"x"},
    {"a OK \t\x01\x7f\x80\xff", OK, "a", "", "\t\x01\x7f\x80\xff"},
    {"a OK BYE OK NO", OK, "a", "", "BYE OK NO"},
    {"a OK x\ry", OK, "a", "", "x\ry"},
    {"a OK x\ny", OK, "a", "", "x\ny"},
    /* response codes */
    {"* BYE [UNAVAILABLE] x", BYE, "", "UNAVAILABLE", "x"},
    {"a NO [X y z] text", NO, "a", "X y z", "text"},
    {"a OK [x] ", OK, "a", "x", ""},
    {"a OK [x]", OK, "a", "x", ""},
    {"a OK [x]  y", OK, "a", "x", " y"},
    {"a OK [[] y", OK, "a", "[", "y"},
    {"a OK [x] [y] z", OK, "a", "x", "[y] z"},
    {"a OK [{3}] x", OK, "a", "{3}", "x"},
    {"a OK [ ] x", OK, "a", " ", "x"},
    /* not response codes, but parts of the text */
    {"a OK []", OK, "a", "", "[]"},
    {"a OK [] x", OK, "a", "", "[] x"},
    {"a OK [", OK, "a", "", "["},
    {"a OK [x", OK, "a", "", "[x"},
    {"a OK [x y", OK, "a", "", "[x y"},
    {"a OK [x]y", OK, "a", "", "[x]y"},
    {"a OK [x]] y", OK, "a", "", "[x]] y"},
    {"a OK  [x] y", OK, "a", "", " [x] y"},
    {"a OK x[y] z", OK, "a", "", "x[y] z"},
    /* unusual tags */
    {"] OK", OK, "]", "", ""},
    {"OK OK OK", OK, "OK", "", "OK"},
    {"BYE OK", OK, "BYE", "", ""},
    {"! NO", NO, "!", "", ""},
};

static void expect_octets(const char *bytes, size_t len, const char *expected)
{
    assert_int_equal(len, strlen(expected));
    if (len > 0)
        assert_memory_equal(bytes, expected, len);
}

static void expect_within(const char *bytes, size_t len, const char *line, size_t line_len)
{
    if (len > 0)
        assert_true(bytes >= line && bytes + len <= line + line_len);
}

static void expect_response(const struct row *row, const char *line_end)
{
    struct slogout_response response;
    char bytes[128];
    const size_t len = (size_t)snprintf(bytes, sizeof bytes, "%s%s", row->line, line_end);
    char *line = exact_copy(bytes, len);

    memset(&response, 0xaa, sizeof response);
    if (!slogout_response_parse(&response, line, len))
        fail_msg("no response: %s", row->line);
    assert_int_equal(response.status, row->status);
    expect_octets(response.tag, response.tag_len, row->tag);
    expect_octets(response.code, response.code_len, row->code);
    expect_octets(response.text, response.text_len, row->text);
    expect_within(response.tag, response.tag_len, line, len);
    expect_within(response.code, response.code_len, line, len);
    expect_within(response.text, response.text_len, line, len);
    exact_free(line);
}

static void test_responses_are_parsed(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(responses); i++) {
        expect_response(&responses[i], "");
        expect_response(&responses[i], "\n");
        expect_response(&responses[i], "\r\n");
    }
}

/* ---- lines that are not responses ---- */

static const char *const others[] = {
    "", " ", "  ", "*", "* ", "*  ", "\r", "\n", "\r\n", " \r\n",
    /* commands and continuations */
    "a NOOP", "a LOGOUT", "DONE", "+ OK", "+ idling", "+", "+ BYE",
    /* BYE must be untagged, the other words must be tagged */
    "a BYE", "a BYE x", "* OK", "* NO x", "* BAD x", "** BYE x", "*a BYE", "a* OK",
    /* similar to a status word */
    "a O", "a N", "a BA", "* BY", "a OKAY", "a OK\t", "a OK\tx", "a OK[x] y", "a NOT", "a BADLY", "* BYEBYE",
    "* BYE\t", "* BAY x", "a oj", "a \x0fK", "a /K", "a O\x0b", "a \xcfK", "a B\x01\x04", "a BYF x",
    /* exactly one SP before the word */
    "a  OK", "*  BYE x", "a\tOK", "*\tBYE", " OK", " a OK", " * BYE",
    /* not a tag */
    "a+ OK", "+a OK", "(a OK", "a) OK", "{3} OK", "a% OK", "\"a\" OK", "a\\ OK", "\x7f OK", "\xc3\xa9 OK",
    "\x01 OK",
    /* a line end in the middle is neither the end nor a SP */
    "a\rOK", "a\r\nOK", "* BYE\r\r\n", "a OK\n\n", "a OK\r\r",
};

static void expect_no_response(const char *bytes, size_t len)
{
    struct slogout_response response, untouched;
    char *line = exact_copy(bytes, len);

    memset(&response, 0xaa, sizeof response);
    untouched = response;
    if (slogout_response_parse(&response, line, len))
        fail_msg("a response: %.*s", (int)len, bytes);
    assert_memory_equal(&response, &untouched, sizeof response);
    exact_free(line);
}

static void test_other_lines_are_refused(void **state)
{
    char line[64];
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(others); i++) {
        expect_no_response(others[i], strlen(others[i]));
        snprintf(line, sizeof line, "%s\r\n", others[i]);
        expect_no_response(line, strlen(line));
    }
}

/* ---- lines that do not fit into a table ---- */

static void test_nul_octets_are_octets(void **state)
{
    static const char line[] = "a OK x\0y";
    struct slogout_response response;

    (void)state;
    expect_no_response("a\0 OK", 5);
    expect_no_response("\0 OK", 4);
    expect_no_response("a \0K", 4);
    expect_no_response("a OK\0", 5);
    assert_int_equal(slogout_response_parse(&response, line, sizeof line - 1), 1);
    assert_int_equal(response.text_len, 3);
    assert_memory_equal(response.text, "x\0y", 3);
}

/* Nothing is read beyond the end, and a line is not a response before its word is complete. */
static void test_a_line_is_a_response_from_its_status_word_on(void **state)
{
    static const char line[] = "SLO.12 BAD [CODE x] text\r\n";
    size_t len;

    (void)state;
    for (len = 0; len < sizeof line; len++) {
        struct slogout_response response;
        char *bytes = exact_copy(line, len);
        assert_int_equal(slogout_response_parse(&response, bytes, len), len >= strlen("SLO.12 BAD"));
        exact_free(bytes);
    }
}

/* The line is `before`, then `count` times x, then `after`. The sanitizer notices each octet that is read beyond the
 * end. */
static void expect_long(const char *before, size_t count, const char *after, int is_response, size_t code_len,
                        size_t text_len)
{
    const size_t len = strlen(before) + count + strlen(after);
    char *line = exact_fill('x', len);
    struct slogout_response response;

    memcpy(line, before, strlen(before));
    memcpy(line + len - strlen(after), after, strlen(after));
    assert_int_equal(slogout_response_parse(&response, line, len), is_response);
    if (is_response) {
        assert_int_equal(response.tag_len, *before ? *before == 'a' : count);
        assert_int_equal(response.code_len, code_len);
        assert_int_equal(response.text_len, text_len);
    }
    exact_free(line);
}

static void test_a_tag_and_a_code_have_at_most_255_octets(void **state)
{
    size_t n;

    (void)state;
    for (n = 1; n <= 1u << 20; n += n < 520 ? 1 : n) {
        const int fits = n <= 255;
        expect_long("", n, "", 0, 0, 0);
        expect_long("", n, " OK [c] t", fits, 1, 1);
        expect_long("a OK [", n, "", 1, 0, n + 1);
        expect_long("a OK ", n, "", 1, 0, n);
        expect_long("* BYE [", n, "] t", 1, fits ? n : 0, fits ? 1 : n + 4);
        expect_long("* BYE [", n, "] ", 1, fits ? n : 0, fits ? 0 : n + 3);
        expect_long("* BYE [", n, "]", 1, fits ? n : 0, fits ? 0 : n + 2);
    }
}

static void test_null_is_no_response(void **state)
{
    struct slogout_response response;

    (void)state;
    assert_int_equal(slogout_response_parse(NULL, "a OK", 4), 0);
    assert_int_equal(slogout_response_parse(&response, NULL, 4), 0);
    assert_int_equal(slogout_response_parse(&response, NULL, 0), 0);
    assert_int_equal(slogout_response_parse(&response, &"\na OK"[1], 0), 0); /* the octet before a line is not read */
    assert_int_equal(slogout_response_parse(&response, &"\ra OK"[1], 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses_are_parsed),
        cmocka_unit_test(test_other_lines_are_refused),
        cmocka_unit_test(test_nul_octets_are_octets),
        cmocka_unit_test(test_a_line_is_a_response_from_its_status_word_on),
        cmocka_unit_test(test_a_tag_and_a_code_have_at_most_255_octets),
        cmocka_unit_test(test_null_is_no_response),
    };

    return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}

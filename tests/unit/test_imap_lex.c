#include "support/test.h"
#include "support/exact.h"
#include "imap_lex.h"

/* ---- announcements of literals ---- */

struct row {
    const char *line; /* without its LF */
    int made;
    uint64_t size;
    int non_synchronizing;
};

static const struct row rows[] = {
    {"", 0, 0, 0},
    {"{0}", 1, 0, 0},
    {"{5}\r", 1, 5, 0},
    {"* 1 FETCH (BODY[] {310}\r", 1, 310, 0},
    {"a APPEND x {17+}\r", 1, 17, 1},
    {"a APPEND x ~{17}\r", 1, 17, 0},
    {"a APPEND x ~{17+}\r", 1, 17, 1},
    {"a LOGIN {3} {4}\r", 1, 4, 0},
    {"a {5}{6}", 1, 6, 0},
    {"a {5{6}", 1, 6, 0},
    {"a {5+}{6}", 1, 6, 0},
    {"a {000000000000000000000000000005}", 1, 5, 0},
    {"{9223372036854775807}", 1, SLO_LITERAL_LIMIT - 1, 0},
    {"{9223372036854775808}", 1, SLO_LITERAL_LIMIT, 0},
    {"{9223372036854775809}", 1, SLO_LITERAL_LIMIT, 0},
    {"{10000000000000000000}", 1, SLO_LITERAL_LIMIT, 0},
    {"{18446744073709551621}", 1, SLO_LITERAL_LIMIT, 0},
    {"{99999999999999999999999999999999999999}", 1, SLO_LITERAL_LIMIT, 0},
    /* none */
    {"{}", 0, 0, 0},
    {"{+}", 0, 0, 0},
    {"{5", 0, 0, 0},
    {"5}", 0, 0, 0},
    {"{5++}", 0, 0, 0},
    {"{+5}", 0, 0, 0},
    {"{5+6}", 0, 0, 0},
    {"{5-}", 0, 0, 0},
    {"{/}", 0, 0, 0},
    {"{:}", 0, 0, 0},
    {"{-5}", 0, 0, 0},
    {"{5 }", 0, 0, 0},
    {"{5} ", 0, 0, 0},
    {"{5}\r\r", 0, 0, 0},
    {"{5\r}", 0, 0, 0},
    {"{5}}", 0, 0, 0},
    {"\"{5}\"", 0, 0, 0},
    {"{5}x\r", 0, 0, 0},
    {"}\r", 0, 0, 0},
    {"\r", 0, 0, 0},
};

static void look(struct slo_announcement *announcement, const char *bytes, size_t len)
{
    char *piece = exact_copy(bytes, len);

    slo_announcement_feed(announcement, piece, len);
    exact_free(piece);
}

static void check(const struct row *row, const struct slo_announcement *announcement)
{
    if (slo_announcement_made(announcement) != row->made)
        fail_msg("\"%s\": announced %d", row->line, slo_announcement_made(announcement));
    if (!row->made)
        return;
    assert_int_equal(announcement->size, row->size);
    assert_int_equal(announcement->non_synchronizing, row->non_synchronizing);
}

static void announcements_in_all_two_way_splits(void **state)
{
    size_t i, at;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        for (at = 0; at <= strlen(rows[i].line); at++) {
            struct slo_announcement announcement = {0, 0, 0};
            look(&announcement, rows[i].line, at);
            look(&announcement, rows[i].line + at, strlen(rows[i].line) - at);
            check(&rows[i], &announcement);
        }
}

static void announcements_byte_by_byte(void **state)
{
    size_t i, at;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct slo_announcement announcement = {0, 0, 0};
        for (at = 0; at < strlen(rows[i].line); at++)
            look(&announcement, rows[i].line + at, 1);
        check(&rows[i], &announcement);
    }
}

/* ---- tokens ---- */

static struct slo_token token_of(const char *text)
{
    struct slo_token token;

    token.len = 0;
    slo_token_add(&token, text, strlen(text));
    return token;
}

static void words_are_compared_without_case_and_tags_octet_for_octet(void **state)
{
    const struct slo_token enable = token_of("eNaBlE"), same = token_of("eNaBlE"), other = token_of("enable");

    (void)state;
    assert_true(slo_token_is(&enable, "ENABLE"));
    assert_false(slo_token_is(&enable, "ENABLED"));
    assert_false(slo_token_is(&enable, "ENABL"));
    assert_true(slo_token_begins(&enable, "ENA"));
    assert_false(slo_token_begins(&enable, "ENABLED"));
    assert_true(slo_token_same(&enable, &same));
    assert_false(slo_token_same(&enable, &other));
}

/* The octets beside the letters differ in the same bit as capitals from small letters. */
static void only_letters_have_a_case(void **state)
{
    const struct slo_token first = token_of("a"), last = token_of("z"), before = token_of("`"),
                           after = token_of("{");

    (void)state;
    assert_true(slo_token_is(&first, "A"));
    assert_true(slo_token_is(&last, "Z"));
    assert_false(slo_token_is(&before, "@"));
    assert_false(slo_token_is(&after, "["));
}

static void a_token_may_still_begin_with_a_word(void **state)
{
    const struct slo_token none = token_of(""), part = token_of("comp"), whole = token_of("COMPRESS=X"),
                           other = token_of("COMPARE");

    (void)state;
    assert_true(slo_token_may_begin(&none, "COMPRESS="));
    assert_true(slo_token_may_begin(&part, "COMPRESS="));
    assert_true(slo_token_may_begin(&whole, "COMPRESS="));
    assert_false(slo_token_may_begin(&other, "COMPRESS="));
}

static void a_token_that_is_too_long_equals_nothing(void **state)
{
    char *text = exact_fill('A', SLO_TOKEN_MAX);
    struct slo_token token, copy;

    (void)state;
    token.len = 0;
    slo_token_add(&token, text, SLO_TOKEN_MAX);
    assert_true(slo_token_begins(&token, "A"));
    assert_true(slo_token_same(&token, &token));
    slo_token_add(&token, text, 1);
    copy = token;
    assert_int_equal(token.len, SLO_TOKEN_MAX + 1);
    assert_false(slo_token_same(&token, &copy));
    assert_false(slo_token_begins(&token, "A"));
    assert_false(slo_token_may_begin(&token, "A"));
    slo_token_add(&token, text, 1);
    assert_int_equal(token.len, SLO_TOKEN_MAX + 1);
    exact_free(text);
}

/* ---- stops ---- */

static void lines_stop_at_lf_and_at_nul(void **state)
{
    (void)state;
    assert_int_equal(slo_line_stop("ab\ncd\n", 6), 2);
    assert_int_equal(slo_line_stop("ab\0d\n", 5), 2);
    assert_int_equal(slo_line_stop("ab\r", 3), 3);
    assert_int_equal(slo_line_stop("a\nb\0", 4), 1);
    assert_int_equal(slo_word_stop("ab cd", 5), 2);
    assert_int_equal(slo_word_stop("ab\rcd", 5), 2);
    assert_int_equal(slo_word_stop("ab\tcd", 5), 5);
}

static void a_plain_line_is_whole_and_announces_nothing(void **state)
{
    (void)state;
    assert_int_equal(slo_plain_line("abc\r\nd", 6), 5);
    assert_int_equal(slo_plain_line("abc\nd", 5), 4);
    assert_int_equal(slo_plain_line("a\r\n", 3), 3);
    assert_int_equal(slo_plain_line("abc", 3), 0);
    assert_int_equal(slo_plain_line("a {5}\r\n", 7), 0);
    assert_int_equal(slo_plain_line("a {5}\n", 6), 0);
    assert_int_equal(slo_plain_line("a}{x\n", 5), 5);
    assert_int_equal(slo_plain_line("ab\0\n", 4), 0);
    assert_int_equal(slo_plain_line("ab\n\0", 4), 3);
}

static void a_line_too_short_for_an_announcement_is_not_plain(void **state)
{
    char *line = exact_copy("x\n", 2);

    (void)state;
    assert_int_equal(slo_plain_line(line, 2), 0);
    assert_int_equal(slo_plain_line(line + 1, 1), 0);
    exact_free(line);
}

static void a_plain_line_is_not_too_long_for_a_tag(void **state)
{
    char *line = exact_fill('x', SLO_TOKEN_MAX + 1);

    (void)state;
    line[SLO_TOKEN_MAX] = '\n';
    assert_int_equal(slo_plain_line(line, SLO_TOKEN_MAX + 1), 0);
    assert_int_equal(slo_plain_line(line + 1, SLO_TOKEN_MAX), SLO_TOKEN_MAX);
    exact_free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announcements_in_all_two_way_splits),
        cmocka_unit_test(announcements_byte_by_byte),
        cmocka_unit_test(words_are_compared_without_case_and_tags_octet_for_octet),
        cmocka_unit_test(only_letters_have_a_case),
        cmocka_unit_test(a_token_may_still_begin_with_a_word),
        cmocka_unit_test(a_token_that_is_too_long_equals_nothing),
        cmocka_unit_test(lines_stop_at_lf_and_at_nul),
        cmocka_unit_test(a_plain_line_is_whole_and_announces_nothing),
        cmocka_unit_test(a_line_too_short_for_an_announcement_is_not_plain),
        cmocka_unit_test(a_plain_line_is_not_too_long_for_a_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

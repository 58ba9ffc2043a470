/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "support/exact.h"
#include "imap_lex.h"

/* ---- announcements of literals ---- */

struct row {
    const char *line; /* without its LF */
    uint64_t size;
    int non_synchronizing;
};

#define NONE UINT64_MAX /* the line announces no literal */

static const struct row rows[] = {
    {"{0}", 0, 0},
    {"{5}\r", 5, 0},
    {"* 1 FETCH (BODY[] {310}\r", 310, 0},
    {"a APPEND x {17+}\r", 17, 1},
    {"a APPEND x ~{17}\r", 17, 0},
    {"a APPEND x ~{17+}\r", 17, 1},
    {"a LOGIN {3} {4}\r", 4, 0},
    {"a {5}{6}", 6, 0},
    {"a {5{6}", 6, 0},
    {"a {5+}{6}", 6, 0},
    {"a {000000000000000000000000000005}", 5, 0},
    {"{9223372036854775807}", SLO_LITERAL_LIMIT - 1, 0},
    {"{9223372036854775808}", SLO_LITERAL_LIMIT, 0},
    {"{9223372036854775809}", SLO_LITERAL_LIMIT, 0},
    {"{10000000000000000000}", SLO_LITERAL_LIMIT, 0},
    {"{18446744073709551621}", SLO_LITERAL_LIMIT, 0},
    {"{99999999999999999999999999999999999999}", SLO_LITERAL_LIMIT, 0},
};

static const char *const others[] = {
    "", "{}", "{+}", "{5", "5}", "{5++}", "{+5}", "{5+6}", "{5-}", "{/}", "{:}", "{-5}", "{5 }", "{5} ",
    "{5}\r\r", "{5\r}", "{5}}", "\"{5}\"", "{5}x\r", "}\r", "\r",
};

static void look(void *announcement, const char *piece, size_t len)
{
    slo_announcement_feed(announcement, piece, len);
}

static void check(const void *what, size_t first, size_t step)
{
    const struct row *row = what;
    struct slo_announcement announcement = {0, 0, 0};
    int is_made;

    exact_feed(row->line, strlen(row->line), first, step, look, &announcement);
    is_made = slo_announcement_made(&announcement);
    if (is_made != (row->size != NONE) || (is_made && (announcement.size != row->size ||
                                                       announcement.non_synchronizing != row->non_synchronizing)))
        fail_msg("\"%s\"", row->line);
}

static void test_announcements_are_found_in_all_two_way_splits(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        exact_splits(&rows[i], strlen(rows[i].line), check);
    for (i = 0; i < LENGTH(others); i++) {
        const struct row row = {others[i], NONE, 0};
        exact_splits(&row, strlen(row.line), check);
    }
}

/* ---- the places of literals ---- */

static const struct line {
    const char *line; /* after the name of a command, without its LF */
    enum slo_literal literal;
} lines[] = {
    {" x\r", SLO_LITERAL_NONE},
    {" {5}\r", SLO_LITERAL_ANNOUNCED},
    {" {5+}\r", SLO_LITERAL_ANNOUNCED},
    {" ~{5+}", SLO_LITERAL_ANNOUNCED},
    {" ({5+}", SLO_LITERAL_ANNOUNCED},
    {"[X (~{5+}", SLO_LITERAL_ANNOUNCED},
    {" \"x\\\"\\\\y\" {5+}", SLO_LITERAL_ANNOUNCED},
    {" \"{5}x\" \"{5+}\" {5} \"\\{5}\" {5+}", SLO_LITERAL_DOUBTFUL},
    {" \"{5}x\" \"{5+}\" \"\\{5}\" {5+}", SLO_LITERAL_ANNOUNCED},
    /* only a literal that does not wait must be in its place */
    {" x{5}", SLO_LITERAL_ANNOUNCED},
    {" \"x {5}", SLO_LITERAL_ANNOUNCED},
    {"{5+}", SLO_LITERAL_DOUBTFUL},
    {" x{5+}", SLO_LITERAL_DOUBTFUL},
    {" x~{5+}", SLO_LITERAL_DOUBTFUL},
    {" ~~{5+}", SLO_LITERAL_DOUBTFUL},
    {"~{5+}", SLO_LITERAL_DOUBTFUL},
    {"){5+}", SLO_LITERAL_DOUBTFUL},
    {" \"\"{5+}", SLO_LITERAL_DOUBTFUL},
    {" \" {5+}", SLO_LITERAL_DOUBTFUL},
    {" \"\\\" {5+}", SLO_LITERAL_DOUBTFUL},
    {" \\\" {5+}", SLO_LITERAL_DOUBTFUL},
    /* and each at the end of its line */
    {" {5} ", SLO_LITERAL_DOUBTFUL},
    {" x{5}\r\r", SLO_LITERAL_DOUBTFUL},
    {" ~{5+} {5}", SLO_LITERAL_DOUBTFUL},
    {" {5}{5+}", SLO_LITERAL_DOUBTFUL},
    {" {5 } {x} {5\r", SLO_LITERAL_NONE},
};

static void look_at_line(void *arguments, const char *piece, size_t len)
{
    slo_arguments_feed(arguments, piece, len);
}

static void check_line(const void *what, size_t first, size_t step)
{
    const struct line *line = what;
    struct slo_arguments arguments = {{0, 0, 0}, 0, 0, 0};

    exact_feed(line->line, strlen(line->line), first, step, look_at_line, &arguments);
    if (slo_arguments_literal(&arguments) != line->literal)
        fail_msg("\"%s\"", line->line);
}

static void test_a_literal_has_its_place_in_a_line(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(lines); i++)
        exact_splits(&lines[i], strlen(lines[i].line), check_line);
}

/* ---- tokens ---- */

static struct slo_token token_of(const char *text)
{
    struct slo_token token;

    token.len = 0;
    slo_token_add(&token, text, strlen(text));
    return token;
}

static void test_words_are_compared_without_case(void **state)
{
    const struct slo_token enable = token_of("eNaBlE");

    (void)state;
    assert_true(slo_token_is(&enable, "ENABLE"));
    assert_false(slo_token_is(&enable, "ENABLED"));
    assert_false(slo_token_is(&enable, "ENABL"));
    assert_true(slo_token_begins(&enable, "ENA"));
    assert_false(slo_token_begins(&enable, "ENABLED"));
}

/* Some octets that are not letters also differ only in the bit that distinguishes the cases. */
static void test_only_letters_have_a_case(void **state)
{
    const struct slo_token first = token_of("a"), last = token_of("z"), before = token_of("`"),
                           after = token_of("{");

    (void)state;
    assert_true(slo_token_is(&first, "A"));
    assert_true(slo_token_is(&last, "Z"));
    assert_false(slo_token_is(&before, "@"));
    assert_false(slo_token_is(&after, "["));
}

static void test_a_token_may_still_begin_with_a_word(void **state)
{
    const struct slo_token none = token_of(""), part = token_of("comp"), whole = token_of("COMPRESS=X"),
                           other = token_of("COMPARE");

    (void)state;
    assert_true(slo_token_may_begin(&none, "COMPRESS="));
    assert_true(slo_token_may_begin(&part, "COMPRESS="));
    assert_true(slo_token_may_begin(&whole, "COMPRESS="));
    assert_false(slo_token_may_begin(&other, "COMPRESS="));
}

static void test_the_beginning_of_a_long_token_is_kept(void **state)
{
    char *text = exact_fill('A', 300);
    struct slo_token added, taken;
    size_t len, rest;

    (void)state;
    for (len = 0; len <= 300; len++)
        for (rest = 0; rest <= 300 - len; rest += rest < 3 ? 1 : 97) {
            const size_t kept = len + rest <= SLO_TOKEN_MAX ? len + rest : SLO_TOKEN_MAX + 1;
            added.len = taken.len = 0;
            slo_token_add(&added, text, len);
            slo_token_add(&added, text, rest);
            assert_int_equal(slo_token_take(&taken, text, len), len);
            assert_int_equal(slo_token_take(&taken, text, rest), rest);
            assert_int_equal(added.len, kept);
            assert_int_equal(taken.len, kept);
            assert_memory_equal(added.bytes, text, kept);
            assert_memory_equal(taken.bytes, text, kept);
        }
    assert_true(slo_token_begins(&added, "A"));
    exact_free(text);
}

/* ---- tags ---- */

static struct slo_tag tag_of(const char *text, size_t first, size_t *taken)
{
    struct slo_tag tag = {0, 0};
    const size_t len = strlen(text);
    char *one = exact_copy(text, first), *other = exact_copy(text + first, len - first);

    *taken = slo_tag_take(&tag, one, first);
    if (*taken == first)
        *taken += slo_tag_take(&tag, other, len - first);
    exact_free(one);
    exact_free(other);
    return tag;
}

static void test_tags_differ_by_their_hash(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } tags[] = {{"a", 1}, {"A", 1}, {"ab", 2}, {"ba", 2}, {"a1 OK", 2}, {"a2\r", 2}, {"1a(", 2}, {"", 0}, {"+", 0}};
    size_t i, j, at, taken;

    (void)state;
    for (i = 0; i < LENGTH(tags); i++)
        for (at = 0; at <= strlen(tags[i].text); at++) {
            const struct slo_tag tag = tag_of(tags[i].text, at, &taken);
            assert_int_equal(taken, tags[i].len);
            assert_int_equal(tag.len, tags[i].len);
            for (j = 0; j < i && tags[i].len > 0; j++)
                assert_true(tag.hash != tag_of(tags[j].text, 0, &taken).hash);
            assert_true(tag.hash == tag_of(tags[i].text, 0, &taken).hash);
        }
}

/* FNV-1a of "a" and "foobar", from its authors' tests. */
static void test_the_hash_is_fnv_1a(void **state)
{
    size_t taken;

    (void)state;
    assert_true(tag_of("a", 0, &taken).hash == 0xaf63dc4c8601ec8cu);
    assert_true(tag_of("foobar", 3, &taken).hash == 0x85944171f73967e8u);
}

static void test_a_tag_has_any_length(void **state)
{
    char *text = exact_fill('a', 300);
    struct slo_tag tag = {0, 0};

    (void)state;
    assert_int_equal(slo_tag_take(&tag, text, SLO_TAG_KNOWN), SLO_TAG_KNOWN);
    assert_int_equal(tag.len, SLO_TAG_KNOWN);
    assert_int_equal(slo_tag_take(&tag, text, SLO_TAG_KNOWN), SLO_TAG_KNOWN);
    assert_int_equal(tag.len, SLO_TAG_KNOWN + 1);
    assert_int_equal(slo_tag_take(&tag, text, 300), 300);
    assert_int_equal(tag.len, SLO_TAG_KNOWN + 1);
    exact_free(text);
}

/* ---- stops ---- */

/* The lines are so long that no octet can count their length. */
static void test_lines_end_at_lf_and_nul_and_words_also_at_cr_and_sp(void **state)
{
    static const struct {
        char octet;
        int ends_line, ends_word;
    } octets[] = {{'\n', 1, 1}, {'\0', 1, 1}, {'\r', 0, 1}, {' ', 0, 1}, {'\t', 0, 0}, {'\x80', 0, 0}};
    size_t i, at, len;

    (void)state;
    for (i = 0; i < LENGTH(octets); i++)
        for (at = 0; at < 520; at += at < 5 || at > 250 ? 1 : 50)
            for (len = at; len < at + 3; len++) {
                char *text = exact_fill('a', len);
                if (len > at)
                    text[at] = octets[i].octet;
                if (len > at + 1)
                    text[at + 1] = '\n';
                assert_int_equal(slo_line_stop(text, len), len <= at ? len : at + !octets[i].ends_line);
                assert_int_equal(slo_word_stop(text, len), len <= at ? len : at + !octets[i].ends_word);
                exact_free(text);
            }
    assert_int_equal(slo_line_stop("a\nb\0", 4), 1);
}

static void test_an_announcement_ends_a_line_of_any_length(void **state)
{
    size_t len;

    (void)state;
    for (len = 0; len < 520; len++) {
        struct slo_announcement after = {0, 0, 0}, zeros = {0, 0, 0};
        struct slo_arguments arguments = {{0, 0, 0}, 0, 0, 0};
        char *text = exact_fill(' ', len + 4);
        memcpy(text + len, "{5}\r", 4);
        slo_announcement_feed(&after, text, len + 4);
        assert_true(slo_announcement_made(&after) && after.size == 5);
        slo_arguments_feed(&arguments, text, len + 4);
        assert_int_equal(slo_arguments_literal(&arguments), SLO_LITERAL_ANNOUNCED);
        memset(text, '0', len + 4);
        *text = '{';
        memcpy(text + len + 2, "5}", 2);
        slo_announcement_feed(&zeros, text, len + 4);
        assert_true(slo_announcement_made(&zeros) && zeros.size == 5);
        exact_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_announcements_are_found_in_all_two_way_splits),
        cmocka_unit_test(test_a_literal_has_its_place_in_a_line),
        cmocka_unit_test(test_words_are_compared_without_case),
        cmocka_unit_test(test_only_letters_have_a_case),
        cmocka_unit_test(test_a_token_may_still_begin_with_a_word),
        cmocka_unit_test(test_the_beginning_of_a_long_token_is_kept),
        cmocka_unit_test(test_tags_differ_by_their_hash),
        cmocka_unit_test(test_the_hash_is_fnv_1a),
        cmocka_unit_test(test_a_tag_has_any_length),
        cmocka_unit_test(test_lines_end_at_lf_and_nul_and_words_also_at_cr_and_sp),
        cmocka_unit_test(test_an_announcement_ends_a_line_of_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "support/exact.h"
#include "answer.h"

#define TAG "SLP.17"

struct row {
    const char *line;
    size_t taken; /* the number of octets of the line that were taken */
    enum slo_answer_verdict verdict;
    const char *kept; /* NULL if the octets kept are those taken */
};

static const struct row rows[] = {
    {"* BYE\r\n", 7, SLO_ANSWER_WHOLE, NULL},
    {"* BYE\n", 6, SLO_ANSWER_WHOLE, NULL},
    {"* bYe bye\r\n", 11, SLO_ANSWER_WHOLE, NULL},
    {"* BYE \r\n", 8, SLO_ANSWER_WHOLE, NULL},
    {"SLP.17 OK\r\n", 11, SLO_ANSWER_WHOLE, NULL},
    {"SLP.17 ok done {3+}\r\n", 21, SLO_ANSWER_WHOLE, NULL},
    {"SLP.17 NO x\n", 12, SLO_ANSWER_WHOLE, NULL},
    {"SLP.17 BAD [X] x\r\n", 18, SLO_ANSWER_WHOLE, NULL},
    {"SLP.17 OK x\r\nrest", 13, SLO_ANSWER_WHOLE, NULL},
    /* surplus SP are removed */
    {"*  BYE\r\n", 8, SLO_ANSWER_WHOLE, "* BYE\r\n"},
    {"SLP.17        OK  x\r\n", 21, SLO_ANSWER_WHOLE, "SLP.17 OK  x\r\n"},
    {"SLP.17   BAD\n", 13, SLO_ANSWER_WHOLE, "SLP.17 BAD\n"},
    {"SLP.17  NO x", 12, SLO_ANSWER_BEGUN, "SLP.17 NO x"},
    {"SLP.17  N", 9, SLO_ANSWER_UNDECIDED, NULL},
    /* the line has not ended */
    {"", 0, SLO_ANSWER_UNDECIDED, NULL},
    {"*", 1, SLO_ANSWER_UNDECIDED, NULL},
    {"* BY", 4, SLO_ANSWER_UNDECIDED, NULL},
    {"* BYE", 5, SLO_ANSWER_UNDECIDED, NULL},
    {"* BYE\r", 6, SLO_ANSWER_UNDECIDED, NULL},
    {"* BYE ", 6, SLO_ANSWER_BEGUN, NULL},
    {"SLP.1", 5, SLO_ANSWER_UNDECIDED, NULL},
    {"SLP.17", 6, SLO_ANSWER_UNDECIDED, NULL},
    {"SLP.17 ", 7, SLO_ANSWER_UNDECIDED, NULL},
    {"SLP.17 BAD", 10, SLO_ANSWER_UNDECIDED, NULL},
    {"SLP.17 OK x\r", 12, SLO_ANSWER_BEGUN, NULL},
    /* not an answer, as the first, second, ... octet shows */
    {"A1 NOOP\r\n", 0, SLO_ANSWER_NONE, NULL},
    {"\r\n", 0, SLO_ANSWER_NONE, NULL},
    {"*\r\n", 1, SLO_ANSWER_NONE, NULL},
    {"* BYX\r\n", 4, SLO_ANSWER_NONE, NULL},
    {"* BYES\r\n", 5, SLO_ANSWER_NONE, NULL},
    {"* OK\r\n", 2, SLO_ANSWER_NONE, NULL},
    {"* N", 2, SLO_ANSWER_NONE, NULL},
    {"* X\r\n", 2, SLO_ANSWER_NONE, NULL},
    {"* BYE\rx\r\n", 6, SLO_ANSWER_NONE, NULL},
    {"slp.17 OK\r\n", 0, SLO_ANSWER_NONE, NULL},
    {"SLP.18 OK\r\n", 5, SLO_ANSWER_NONE, NULL},
    {"SLP.170 OK\r\n", 6, SLO_ANSWER_NONE, NULL},
    {"SLP.17\r\n", 6, SLO_ANSWER_NONE, NULL},
    {"SLP.17  OKAY\r\n", 10, SLO_ANSWER_NONE, NULL},
    {"*         BYE\r\n", 9, SLO_ANSWER_NONE, NULL},
    {"SLP.17\r\nOK\r\n", 6, SLO_ANSWER_NONE, NULL},
    {"SLP.17 NOOP\r\n", 9, SLO_ANSWER_NONE, NULL},
    {"SLP.17 OKAY\r\n", 9, SLO_ANSWER_NONE, NULL},
    {"SLP.17 BYE x\r\n", 8, SLO_ANSWER_NONE, NULL},
    {"SLP.17 OK\rx\r\n", 10, SLO_ANSWER_NONE, NULL},
    {"SLP.17\tOK\r\n", 6, SLO_ANSWER_NONE, NULL},
};

static size_t add(struct slo_answer *answer, const char *bytes, size_t len)
{
    char *piece = exact_copy(bytes, len);
    const size_t used = slo_answer_feed(answer, TAG, piece, len);

    exact_free(piece);
    return used;
}

struct matcher {
    struct slo_answer answer;
    size_t taken;
};

static void feed(void *to, const char *piece, size_t len)
{
    struct matcher *matcher = to;
    const enum slo_answer_verdict verdict = matcher->answer.verdict;

    if (verdict == SLO_ANSWER_UNDECIDED || verdict == SLO_ANSWER_BEGUN)
        matcher->taken += slo_answer_feed(&matcher->answer, TAG, piece, len);
}

static void check(const void *what, size_t first, size_t step)
{
    const struct row *row = what;
    struct matcher matcher = {.taken = 0};
    const struct slo_answer *answer = &matcher.answer;

    slo_answer_init(&matcher.answer);
    exact_feed(row->line, strlen(row->line), first, step, feed, &matcher);
    if (matcher.taken != row->taken || answer->verdict != row->verdict)
        fail_msg("\"%s\": took %u, verdict %d", row->line, (unsigned)matcher.taken, answer->verdict);
    assert_int_equal(answer->len, row->kept ? strlen(row->kept) : row->taken);
    assert_memory_equal(answer->line, row->kept ? row->kept : row->line, answer->len);
}

static void test_answers_are_recognized_in_all_two_way_splits(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        exact_splits(&rows[i], strlen(rows[i].line), check);
}

static void test_the_longest_tag_fits(void **state)
{
    static const char line[] = "        BAD\r";
    char tag[SLOGOUT_TAG_SIZE];
    struct slo_answer answer;

    (void)state;
    assert_int_equal(sizeof tag, 32);
    memset(tag, 'x', 31);
    tag[31] = '\0';
    slo_answer_init(&answer);
    assert_int_equal(slo_answer_feed(&answer, tag, tag, 31), 31);
    assert_int_equal(slo_answer_feed(&answer, tag, line, 12), 12);
    assert_int_equal(answer.verdict, SLO_ANSWER_UNDECIDED);
    assert_int_equal(answer.len, SLO_ANSWER_HELD_MAX);
}

static void test_text_is_kept_up_to_its_limit(void **state)
{
    char *text = exact_fill('x', 2000);
    struct slo_answer answer;

    (void)state;
    slo_answer_init(&answer);
    add(&answer, "* BYE ", 6);
    assert_int_equal(add(&answer, text, 2000), 2000);
    assert_int_equal(answer.verdict, SLO_ANSWER_BEGUN);
    assert_int_equal(answer.len, sizeof answer.line);
    assert_int_equal(add(&answer, "\n* BYE", 6), 1);
    assert_int_equal(answer.verdict, SLO_ANSWER_WHOLE);
    exact_free(text);
}

static void test_a_line_beyond_the_limit_is_too_long(void **state)
{
    char *text = exact_fill('x', SLO_ANSWER_LINE_MAX);
    struct slo_answer answer;

    (void)state;
    slo_answer_init(&answer);
    add(&answer, "* BYE ", 6);
    text[SLO_ANSWER_LINE_MAX - 7] = '\n';
    assert_int_equal(add(&answer, text, SLO_ANSWER_LINE_MAX), SLO_ANSWER_LINE_MAX - 6);
    assert_int_equal(answer.verdict, SLO_ANSWER_WHOLE);

    slo_answer_init(&answer);
    add(&answer, "* BYE x", 7);
    assert_int_equal(add(&answer, text, SLO_ANSWER_LINE_MAX), SLO_ANSWER_LINE_MAX - 6);
    assert_int_equal(answer.verdict, SLO_ANSWER_WHOLE);

    slo_answer_init(&answer);
    add(&answer, "* BYE xx", 8);
    assert_int_equal(add(&answer, text, SLO_ANSWER_LINE_MAX), SLO_ANSWER_LINE_MAX - 7);
    assert_int_equal(answer.verdict, SLO_ANSWER_TOO_LONG);
    assert_int_equal(add(&answer, text, 100), 100);
    assert_int_equal(answer.verdict, SLO_ANSWER_SKIPPED);
    assert_int_equal(add(&answer, text, SLO_ANSWER_LINE_MAX), SLO_ANSWER_LINE_MAX - 6);
    assert_int_equal(answer.verdict, SLO_ANSWER_OVER);
    exact_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_recognized_in_all_two_way_splits),
        cmocka_unit_test(test_the_longest_tag_fits),
        cmocka_unit_test(test_text_is_kept_up_to_its_limit),
        cmocka_unit_test(test_a_line_beyond_the_limit_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

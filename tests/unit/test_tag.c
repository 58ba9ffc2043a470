/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <limits.h>
#include "support/exact.h"
#include "tag.h"

static int valid(const char *tag, size_t len)
{
    char *bytes = exact_copy(tag, len);
    const int result = slogout_tag_valid(bytes, len);

    exact_free(bytes);
    return result;
}

/* RFC 3501 section 9, written out. A tag may contain every octet that an atom may contain, and "]", but not
 * "+". */
static void test_each_octet_is_valid_or_not_in_a_tag_and_an_atom(void **state)
{
    static const char both[] = "!#$&',-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[^_`"
                               "abcdefghijklmnopqrstuvwxyz|}~";
    int octet;

    (void)state;
    for (octet = 0; octet <= UCHAR_MAX; octet++) {
        const char c = (char)octet;
        const int is_both = octet != 0 && strchr(both, octet) != NULL;
        assert_int_equal(valid(&c, 1), is_both || c == ']');
        assert_int_equal((int)slo_tag_length(&c, 1), is_both || c == ']');
        assert_int_equal((int)slo_atom_length(&c, 1), is_both || c == '+');
    }
    assert_int_equal(slogout_tag_valid(NULL, 0), 0);
    assert_int_equal(slogout_tag_valid(NULL, 1), 0);
}

static void test_an_invalid_octet_anywhere_makes_a_tag_invalid(void **state)
{
    static const struct {
        const char *tag;
        size_t len;
        int valid;
    } rows[] = {{"A001", 4, 1},  {" A001", 5, 0},   {"A0 01", 5, 0}, {"A001+", 5, 0},
                {"A001\n", 5, 0}, {"A0\00001", 5, 0}, {"", 0, 0}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        assert_int_equal(valid(rows[i].tag, rows[i].len), rows[i].valid);
}

static void test_a_prefix_has_1_to_16_octets_of_a_tag(void **state)
{
    static const char *const good[] = {"S", "SLO.", "1234567890123456"};
    static const char *const bad[] = {"", "12345678901234567", "SLO*", "S O", "+", "SLO\r\n", "\xc3\xa9"};
    char *endless = exact_fill('x', SLOGOUT_PREFIX_MAX + 1); /* without a NUL */
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(good); i++)
        assert_int_equal(slo_tag_prefix_valid(good[i]), 1);
    for (i = 0; i < LENGTH(bad); i++) {
        char *prefix = exact_copy(bad[i], strlen(bad[i]) + 1);
        assert_int_equal(slo_tag_prefix_valid(prefix), 0);
        exact_free(prefix);
    }
    assert_int_equal(slo_tag_prefix_valid(endless), 0);
    exact_free(endless);
}

static void expect_next(struct slogout_tags *tags, const char *expected)
{
    char tag[SLOGOUT_TAG_SIZE];

    assert_int_equal(slogout_tags_next(tags, tag), strlen(expected));
    assert_string_equal(tag, expected);
    assert_int_equal(slogout_tag_valid(tag, strlen(tag)), 1);
}

static void test_tags_count_from_1_and_wrap_to_1(void **state)
{
    static const struct {
        uint32_t last;
        const char *tag;
    } rows[] = {{0, "SLO.1"},     {1, "SLO.2"},     {9, "SLO.10"},
                {99, "SLO.100"},  {1023456788, "SLO.1023456789"},
                {UINT32_MAX - 1, "SLO.4294967295"}, {UINT32_MAX, "SLO.1"}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct slogout_tags tags = {"SLO.", rows[i].last};
        expect_next(&tags, rows[i].tag);
        assert_true(tags.last == (rows[i].last == UINT32_MAX ? 1 : rows[i].last + 1));
    }
}

static void test_the_longest_tag_fits(void **state)
{
    struct slogout_tags tags = {"1234567890123456", UINT32_MAX - 1};
    char *tag = exact_fill('?', SLOGOUT_TAG_SIZE);

    (void)state;
    assert_int_equal(slogout_tags_next(&tags, tag), 26);
    assert_string_equal(tag, "12345678901234564294967295");
    exact_free(tag);
}

static void test_without_a_prefix_there_is_no_tag(void **state)
{
    static const char *const bad[] = {NULL, "", "a b", "12345678901234567"};
    char tag[SLOGOUT_TAG_SIZE] = "untouched";
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(bad); i++) {
        struct slogout_tags tags = {bad[i], 7};
        assert_int_equal(slogout_tags_next(&tags, tag), 0);
        tags.prefix = "A";
        assert_int_equal(slogout_tags_next(&tags, NULL), 0);
        assert_int_equal(tags.last, 7);
    }
    assert_int_equal(slogout_tags_next(NULL, tag), 0);
    assert_string_equal(tag, "untouched");
}

/* No length is stored in one octet. */
static void test_tags_may_have_more_than_255_octets(void **state)
{
    char octets[700];
    size_t len;

    (void)state;
    memset(octets, 'a', sizeof octets);
    for (len = 250; len < 530; len++) {
        char prefix[700] = "";
        struct slogout_tags tags = {prefix, 0};
        char tag[SLOGOUT_TAG_SIZE];
        assert_true(slogout_tag_valid(octets, len));
        assert_int_equal(slo_tag_length(octets, len), len);
        assert_int_equal(slo_atom_length(octets, len), len);
        memcpy(prefix, octets, len);
        assert_int_equal(slogout_tags_next(&tags, tag), 0);
        octets[len - 1] = ' ';
        assert_false(slogout_tag_valid(octets, len));
        assert_int_equal(slo_tag_length(octets, len), len - 1);
        octets[len - 1] = 'a';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_octet_is_valid_or_not_in_a_tag_and_an_atom),
        cmocka_unit_test(test_an_invalid_octet_anywhere_makes_a_tag_invalid),
        cmocka_unit_test(test_a_prefix_has_1_to_16_octets_of_a_tag),
        cmocka_unit_test(test_tags_count_from_1_and_wrap_to_1),
        cmocka_unit_test(test_the_longest_tag_fits),
        cmocka_unit_test(test_without_a_prefix_there_is_no_tag),
        cmocka_unit_test(test_tags_may_have_more_than_255_octets),
    };
    return cmocka_run_group_tests_name("tag", tests, NULL, NULL);
}

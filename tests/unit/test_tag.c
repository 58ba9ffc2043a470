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

/* RFC 3501 section 9, written out: ATOM-CHAR and "]", but not "+". */
static void test_each_octet_alone_is_a_tag_or_not(void **state)
{
    static const char tag_chars[] = "!#$&',-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`"
                                    "abcdefghijklmnopqrstuvwxyz|}~";
    int octet;

    (void)state;
    for (octet = 0; octet <= UCHAR_MAX; octet++) {
        const char c = (char)octet;
        assert_int_equal(valid(&c, 1), octet != 0 && strchr(tag_chars, octet) != NULL);
    }
}

static void test_a_bad_octet_anywhere_spoils_a_tag(void **state)
{
    (void)state;
    assert_int_equal(valid("A001", 4), 1);
    assert_int_equal(valid(" A001", 5), 0);
    assert_int_equal(valid("A0 01", 5), 0);
    assert_int_equal(valid("A001+", 5), 0);
    assert_int_equal(valid("A0\00001", 5), 0);
    assert_int_equal(valid("A001\n", 5), 0);
}

static void test_a_tag_is_not_empty_and_has_no_maximum(void **state)
{
    char *longest = exact_fill('x', 100000);

    (void)state;
    assert_int_equal(valid("", 0), 0);
    assert_int_equal(slogout_tag_valid(longest, 100000), 1);
    exact_free(longest);
}

static void test_null_is_no_tag(void **state)
{
    (void)state;
    assert_int_equal(slogout_tag_valid(NULL, 0), 0);
    assert_int_equal(slogout_tag_valid(NULL, 1), 0);
}

static void test_a_prefix_has_1_to_16_octets_of_a_tag(void **state)
{
    (void)state;
    assert_int_equal(slo_tag_prefix_valid(""), 0);
    assert_int_equal(slo_tag_prefix_valid("S"), 1);
    assert_int_equal(slo_tag_prefix_valid("SLO."), 1);
    assert_int_equal(slo_tag_prefix_valid("1234567890123456"), 1);
    assert_int_equal(slo_tag_prefix_valid("12345678901234567"), 0);
    assert_int_equal(slo_tag_prefix_valid("SLO*"), 0);
    assert_int_equal(slo_tag_prefix_valid("S O"), 0);
    assert_int_equal(slo_tag_prefix_valid("+"), 0);
    assert_int_equal(slo_tag_prefix_valid("SLO\r\n"), 0);
    assert_int_equal(slo_tag_prefix_valid("\xc3\xa9"), 0);
}

static void test_a_prefix_without_end_is_read_no_further_than_it_matters(void **state)
{
    char *endless = exact_fill('x', SLOGOUT_PREFIX_MAX + 1); /* no NUL in it */

    (void)state;
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

static void test_tags_count_up_from_one(void **state)
{
    struct slogout_tags tags = {"SLO.", 0};

    (void)state;
    expect_next(&tags, "SLO.1");
    expect_next(&tags, "SLO.2");
    assert_int_equal(tags.last, 2);
    tags.last = 9;
    expect_next(&tags, "SLO.10");
    tags.last = 99;
    expect_next(&tags, "SLO.100");
    tags.last = 1023456788;
    expect_next(&tags, "SLO.1023456789");
}

static void test_tags_begin_again_after_the_last_number(void **state)
{
    struct slogout_tags tags = {"A", UINT32_MAX - 1};

    (void)state;
    expect_next(&tags, "A4294967295");
    expect_next(&tags, "A1");
    assert_int_equal(tags.last, 1);
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

static void test_without_a_prefix_there_is_no_tag_and_nothing_changes(void **state)
{
    static const char *const bad[] = {NULL, "", "a b", "12345678901234567"};
    char tag[SLOGOUT_TAG_SIZE] = "untouched";
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(bad); i++) {
        struct slogout_tags tags = {bad[i], 7};
        assert_int_equal(slogout_tags_next(&tags, tag), 0);
        assert_int_equal(tags.last, 7);
        assert_string_equal(tag, "untouched");
    }
}

static void test_null_arguments_make_no_tag(void **state)
{
    struct slogout_tags tags = {"A", 7};
    char tag[SLOGOUT_TAG_SIZE] = "untouched";

    (void)state;
    assert_int_equal(slogout_tags_next(NULL, tag), 0);
    assert_string_equal(tag, "untouched");
    assert_int_equal(slogout_tags_next(&tags, NULL), 0);
    assert_int_equal(tags.last, 7);
}

static void test_tag_write_has_all_digits(void **state)
{
    char tag[SLOGOUT_TAG_SIZE];

    (void)state;
    assert_int_equal(slo_tag_write(tag, "X", 0), 2);
    assert_string_equal(tag, "X0");
    assert_int_equal(slo_tag_write(tag, "X", UINT32_MAX), 11);
    assert_string_equal(tag, "X4294967295");
}

static void atoms_and_tags_differ_in_two_octets(void **state)
{
    static const char specials[] = "(){ %*\"\\]\x7f";
    int octet;

    (void)state;
    for (octet = 0; octet < 256; octet++) {
        const char c = (char)octet;
        const int atom = octet > ' ' && octet < 0x80 && !strchr(specials, octet);
        assert_int_equal((int)slo_atom_length(&c, 1), atom);
        assert_int_equal((int)slo_tag_length(&c, 1), c == ']' || (c != '+' && atom));
    }
}

/* No length is kept in one octet. */
static void test_tags_of_more_than_255_octets(void **state)
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
        cmocka_unit_test(atoms_and_tags_differ_in_two_octets),
        cmocka_unit_test(test_each_octet_alone_is_a_tag_or_not),
        cmocka_unit_test(test_a_bad_octet_anywhere_spoils_a_tag),
        cmocka_unit_test(test_a_tag_is_not_empty_and_has_no_maximum),
        cmocka_unit_test(test_null_is_no_tag),
        cmocka_unit_test(test_a_prefix_has_1_to_16_octets_of_a_tag),
        cmocka_unit_test(test_a_prefix_without_end_is_read_no_further_than_it_matters),
        cmocka_unit_test(test_tags_count_up_from_one),
        cmocka_unit_test(test_tags_begin_again_after_the_last_number),
        cmocka_unit_test(test_the_longest_tag_fits),
        cmocka_unit_test(test_without_a_prefix_there_is_no_tag_and_nothing_changes),
        cmocka_unit_test(test_null_arguments_make_no_tag),
        cmocka_unit_test(test_tag_write_has_all_digits),
        cmocka_unit_test(test_tags_of_more_than_255_octets),
    };
    return cmocka_run_group_tests_name("tag", tests, NULL, NULL);
}

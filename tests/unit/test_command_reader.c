/* The echo server's reader and its words: each input whole, byte by byte, and over all two-way splits. */
#include "support/test.h"
#include <stdlib.h>
#include "support/trace.h"
#include "echo/command_reader.h"
#include "echo/words.h"

/* What a server that goes on where it can would see, as text:
 *   L(text)                  a first line
 *   +  -                     a literal that the client waits with; - if it has a fault, and is refused
 *   C(text)(literals)fault   a command
 *   X fault                  lost
 *   ...                      at the end: a command is half read */

/* Of a long queue the length is enough. */
static void trace_queue(struct trace *trace, const struct queue *queue)
{
    char length[32];

    trace_text(trace, "(");
    if (queue->len <= 40) {
        trace_octets(trace, queue_octets(queue), queue->len);
    } else {
        snprintf(length, sizeof length, "%zu octets", queue->len);
        trace_text(trace, length);
    }
    trace_text(trace, ")");
}

static const char *const fault_names[] = {"", "octet", "long", "big", "memory"};

/* Returns 0 when there is no reading on. */
static int trace_event(struct trace *trace, struct command_reader *reader, enum command_event event)
{
    const char *fault = fault_names[reader->fault];

    switch (event) {
    case COMMAND_PARTIAL:
        return 1;
    case COMMAND_LINE:
        trace_text(trace, "L");
        trace_queue(trace, &reader->text);
        return 1;
    case COMMAND_LITERAL:
        trace_text(trace, *fault ? "-" : "+");
        if (*fault)
            command_reader_reset(reader);
        return 1;
    case COMMAND_COMPLETE:
        trace_text(trace, "C");
        trace_queue(trace, &reader->text);
        trace_queue(trace, &reader->literals);
        trace_text(trace, fault);
        command_reader_reset(reader);
        return 1;
    case COMMAND_LOST:
        break;
    }
    trace_text(trace, "X ");
    trace_text(trace, fault);
    return 0;
}

static int feed(struct trace *trace, struct command_reader *reader, const char *octets, size_t len)
{
    enum command_event event;
    size_t used;

    do {
        event = command_reader_feed(reader, octets, len, &used);
        assert_true(used <= len);
        octets += used;
        len -= used;
        if (!trace_event(trace, reader, event))
            return 0;
    } while (event != COMMAND_PARTIAL);
    assert_int_equal(len, 0);
    return 1;
}

/* Feeds pieces of these lengths, the last one as long as needed. */
static void run(struct trace *trace, const char *octets, size_t len, size_t first, size_t others)
{
    struct command_reader reader = {.fault = COMMAND_FINE};
    size_t piece = first;
    int goes_on = 1;

    trace->len = 0;
    trace->text[0] = '\0';
    while (goes_on && len > 0) {
        if (piece > len)
            piece = len;
        goes_on = feed(trace, &reader, octets, piece);
        octets += piece;
        len -= piece;
        piece = others;
    }
    if (goes_on && (command_reader_is_busy(&reader) || reader.text.len > 0))
        trace_text(trace, "...");
    command_reader_reset(&reader);
}

static void expect_trace(const char *octets, size_t len, const char *expected)
{
    struct trace trace;
    size_t split;

    run(&trace, octets, len, len, len);
    assert_string_equal(trace.text, expected);
    run(&trace, octets, len, 1, 1);
    assert_string_equal(trace.text, expected);
    for (split = 1; split < len; split++) {
        run(&trace, octets, len, split, len);
        assert_string_equal(trace.text, expected);
    }
}

struct wire {
    const char *octets;
    size_t len;
    const char *trace;
};

#define WIRE(octets, trace)                                                                                  \
    {                                                                                                        \
        octets, sizeof octets - 1, trace                                                                     \
    }

static void expect_all(const struct wire *wires, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        expect_trace(wires[i].octets, wires[i].len, wires[i].trace);
}

#define EXPECT_ALL(wires) expect_all(wires, sizeof wires / sizeof wires[0])

static void lines_end_with_lf_and_lose_a_cr_before_it(void **state)
{
    static const struct wire wires[] = {
        WIRE("A NOOP\r\n", "L(A NOOP)C(A NOOP)()"),
        WIRE("A NOOP\n", "L(A NOOP)C(A NOOP)()"),
        WIRE("\r\n\n", "L()C()()L()C()()"),
        WIRE("A\r\nB\r\n", "L(A)C(A)()L(B)C(B)()"),
        WIRE("A NOOP", "..."),
        WIRE("A \xff\r\n", "L(A \xff)C(A \xff)()"),
    };

    (void)state;
    EXPECT_ALL(wires);
}

static void nul_and_bare_cr_are_a_fault_of_their_command_alone(void **state)
{
    static const struct wire wires[] = {
        WIRE("A\rB\r\nC\r\n", "L(A\rB)C(A\rB)()octetL(C)C(C)()"),
        WIRE("A\r\r\n", "L(A\r)C(A\r)()octet"),
        WIRE("A {3}\r\r\nB\n", "L(A {3}\r)C(A {3}\r)()octetL(B)C(B)()"),
    };
    struct trace trace;

    (void)state;
    EXPECT_ALL(wires);
    run(&trace, "\0\r\nB\n", 5, 1, 1);
    assert_string_equal(trace.text + trace.len - sizeof "()octetL(B)C(B)()" + 1, "()octetL(B)C(B)()");
}

static void a_literal_is_announced_read_and_followed_by_more(void **state)
{
    static const struct wire wires[] = {
        WIRE("A X {3}\r\nabc\r\n", "L(A X {3})+C(A X {3}\n)(abc)"),
        WIRE("A X {3+}\r\nabc\r\n", "L(A X {3+})C(A X {3+}\n)(abc)"),
        WIRE("A X {3+}\na\r\n\r\n", "L(A X {3+})C(A X {3+}\n)(a\r\n)"),
        WIRE("A {1} {1}\r\na {2+}\r\nbc d\r\n", "L(A {1} {1})+C(A {1} {1}\n {2+}\n d)(abc)"),
        WIRE("A {0}\r\n\r\n", "L(A {0})+C(A {0}\n)()"),
        WIRE("A {0+}\r\n {0+}\r\n\r\n", "L(A {0+})C(A {0+}\n {0+}\n)()"),
        WIRE("A {3}\r\nab", "L(A {3})+..."),
        WIRE("A {3}\r\n", "L(A {3})+..."),
        WIRE("A {3+}\r\nX OK\r\nB\r\n", "L(A {3+})C(A {3+}\nK)(X O)L(B)C(B)()"),
        WIRE("A {03}\r\nabc\r\n", "L(A {03})+C(A {03}\n)(abc)"),
    };

    (void)state;
    EXPECT_ALL(wires);
}

static void what_only_looks_like_a_literal_is_none(void **state)
{
    static const struct wire wires[] = {
        WIRE("A \"{3}\r\nB\n", "L(A \"{3})C(A \"{3})()L(B)C(B)()"),
        WIRE("A \"\\\"{3}\r\nB\n", "L(A \"\\\"{3})C(A \"\\\"{3})()L(B)C(B)()"),
        WIRE("A \"\\\\\" {1}\r\nx\n", "L(A \"\\\\\" {1})+C(A \"\\\\\" {1}\n)(x)"),
        WIRE("A {3} \r\nB\n", "L(A {3} )C(A {3} )()L(B)C(B)()"),
        WIRE("A {}\r\nB\n", "L(A {})C(A {})()L(B)C(B)()"),
        WIRE("A {+}\r\nB\n", "L(A {+})C(A {+})()L(B)C(B)()"),
        WIRE("A {3++}\r\nB\n", "L(A {3++})C(A {3++})()L(B)C(B)()"),
        WIRE("A {3-}\r\nB\n", "L(A {3-})C(A {3-})()L(B)C(B)()"),
        WIRE("A {3\r\nB\n", "L(A {3)C(A {3)()L(B)C(B)()"),
        WIRE("A 3}\r\nB\n", "L(A 3})C(A 3})()L(B)C(B)()"),
        WIRE("A {3}}\r\nB\n", "L(A {3}})C(A {3}})()L(B)C(B)()"),
    };

    (void)state;
    EXPECT_ALL(wires);
}

/* Its octets would be taken for commands. */
static void the_literal_of_a_bad_command_is_read_over_and_not_kept(void **state)
{
    static const struct wire wires[] = {
        WIRE("A\r {3+}\r\nB\r\n\r\nC\n", "L(A\r {3+})C(A\r {3+}\n)()octetL(C)C(C)()"),
        WIRE("A\r {3}\r\nB\n", "L(A\r {3})-L(B)C(B)()"),
    };

    (void)state;
    EXPECT_ALL(wires);
}

static void a_literal_of_more_than_the_limit_is_refused_or_ends_all(void **state)
{
    static const struct wire wires[] = {
        WIRE("A {67108864}\r\n", "L(A {67108864})+..."),
        WIRE("A {67108865}\r\nB\n", "L(A {67108865})-L(B)C(B)()"),
        WIRE("A {4294967296}\r\nB\n", "L(A {4294967296})-L(B)C(B)()"),
        WIRE("A {99999999999999999999}\r\nB\n", "L(A {99999999999999999999})-L(B)C(B)()"),
        WIRE("A {67108864+}\r\n", "L(A {67108864+})..."),
        WIRE("A {67108865+}\r\nB\n", "L(A {67108865+})X big"),
        WIRE("A {18446744073709551617+}\r\nB\n", "L(A {18446744073709551617+})X big"),
        WIRE("A {1+}\r\nx {67108863}\r\n", "L(A {1+})+..."),
        WIRE("A {1+}\r\nx {67108864}\r\nB\n", "L(A {1+})-L(B)C(B)()"),
        WIRE("A {1+}\r\nx {67108864+}\r\nB\n", "L(A {1+})X big"),
    };

    (void)state;
    EXPECT_ALL(wires);
}

/* A line of so many octets that ends in `end`. Whole and byte by byte: all its splits are too many. */
static void expect_long(size_t len, const char *end, const char *expected)
{
    const size_t total = len + strlen(end);
    char *line = malloc(total);
    struct trace trace;

    assert_non_null(line);
    memset(line, 'x', len);
    memcpy(line + len, end, strlen(end));
    run(&trace, line, total, total, total);
    assert_string_equal(trace.text, expected);
    run(&trace, line, total, 1, 1);
    assert_string_equal(trace.text, expected);
    free(line);
}

static void of_a_line_that_is_too_long_the_first_octets_are_kept(void **state)
{
    (void)state;
    expect_long(COMMAND_TEXT_MAX, "\r\n", "L(8192 octets)C(8192 octets)()");
    expect_long(COMMAND_TEXT_MAX + 1, "\r\nB\r\n", "L(8192 octets)C(8192 octets)()longL(B)C(B)()");
    expect_long(1000000, "\r\nB\r\n", "L(8192 octets)C(8192 octets)()longL(B)C(B)()");
    expect_long(1000000, " {3+}\r\nB\r\n\r\nC\n", "L(8192 octets)C(8192 octets)()longL(C)C(C)()");
    expect_long(1000000, " {3}\r\nB\r\n", "L(8192 octets)-L(B)C(B)()");
}

/* RFC 2683 section 3.2.1.5 counts the whole command but its literals. */
static void the_lines_of_a_command_count_together(void **state)
{
    (void)state;
    expect_long(COMMAND_TEXT_MAX - 7, " {1+}\r\nxy\r\n", "L(8190 octets)C(8192 octets)(x)");
    expect_long(COMMAND_TEXT_MAX - 7, " {1+}\r\nxyz\r\n", "L(8190 octets)C(8192 octets)(x)long");
    expect_long(COMMAND_TEXT_MAX - 5, " {1+}\r\nx\r\n", "L(8192 octets)C(8192 octets)()long");
}

static void a_reader_that_was_reset_is_a_new_one_and_holds_no_memory(void **state)
{
    static const struct command_reader fresh;
    struct command_reader reader = fresh;
    size_t used;

    (void)state;
    assert_int_equal(command_reader_feed(&reader, "A \"{3+}\r\n", 9, &used), COMMAND_LINE);
    assert_true(command_reader_is_busy(&reader));
    command_reader_reset(&reader);
    assert_false(command_reader_is_busy(&reader));
    assert_memory_equal(&reader, &fresh, sizeof fresh);
}

/* ---- words ---- */

/* The astrings of a command after its tag: as many as there are until something else stands there. */
struct arguments {
    const char *octets;
    size_t len;
    const char *values[4];
    const char
        *rest; /* what stands there then; not looked at if it begins with a quote: it may be half unescaped */
};

#define ARGUMENTS(octets, rest, ...)                                                                         \
    {                                                                                                        \
        octets, sizeof octets - 1, {__VA_ARGS__}, rest                                                       \
    }

static void read_command(struct command_reader *reader, const char *octets, size_t len)
{
    enum command_event event;
    size_t used;

    do {
        event = command_reader_feed(reader, octets, len, &used);
        octets += used;
        len -= used;
    } while (event == COMMAND_LINE || event == COMMAND_LITERAL);
    assert_int_equal(event, COMMAND_COMPLETE);
}

static void expect_astring(struct words *words, const char *value)
{
    struct span astring;

    assert_true(words_space(words));
    assert_true(words_astring(words, &astring));
    assert_int_equal(astring.len, strlen(value));
    assert_memory_equal(astring.octets, value, astring.len);
}

static void expect_arguments(const struct arguments *arguments)
{
    struct command_reader reader = {.fault = COMMAND_FINE};
    struct words words;
    struct span word;
    size_t i;

    read_command(&reader, arguments->octets, arguments->len);
    words = words_of(&reader);
    assert_true(words_atom(&words, &word));
    assert_true(span_is(&word, "a"));
    assert_false(span_is(&word, "b"));
    assert_false(span_is(&word, "ab"));
    for (i = 0; arguments->values[i]; i++)
        expect_astring(&words, arguments->values[i]);
    assert_int_equal(words.text_len, strlen(arguments->rest));
    if (!strchr(arguments->rest, '"'))
        assert_memory_equal(words.text, arguments->rest, words.text_len);
    assert_int_equal(words_end(&words), !*arguments->rest);
    if (words_space(&words))
        assert_false(words_astring(&words, &word));
    command_reader_reset(&reader);
}

static void an_astring_is_an_atom_a_quoted_string_or_a_literal(void **state)
{
    static const struct arguments arguments[] = {
        ARGUMENTS("A x]+-!~\r\n", "", "x]+-!~", NULL),
        ARGUMENTS("A \"\" \"a b(){%*\x7f\" \"\\\"\\\\\"\r\n", "", "", "a b(){%*\x7f", "\"\\"),
        ARGUMENTS("A {3}\r\n\xff\r\n {09+}\r\n{1} \"(\r\nx {0}\r\n\r\n", "", "\xff\r\n", "{1} \"(\r\nx", ""),
        ARGUMENTS("A x \"y\" {1}\r\nz\r\n", "", "x", "y", "z"),
        ARGUMENTS("A\r\n", "", NULL),
        ARGUMENTS("A \r\n", " ", NULL),
        ARGUMENTS("A  x\r\n", "  x", NULL),
        ARGUMENTS("A x \r\n", " ", "x"),
        ARGUMENTS("A x\"y\"\r\n", "\"y\"", "x"),
        ARGUMENTS("A \"x\"y\r\n", "y", "x"),
        ARGUMENTS("A x\xff\r\n", "\xff", "x"),
        ARGUMENTS("A x\x7f\r\n", "\x7f", "x"),
        ARGUMENTS("A x\t\r\n", "\t", "x"),
        ARGUMENTS("A (\r\n", " (", NULL),
        ARGUMENTS("A \"x\r\n", " \"x", NULL),
        ARGUMENTS("A \"\r\n", " \"", NULL),
        ARGUMENTS("A \"x\\\r\n", " \"x\\", NULL),
        ARGUMENTS("A \"x\\\"\r\n", " \"x\\\"", NULL),
        ARGUMENTS("A \"x\\y\"\r\n", " \"x\\y\"", NULL),
        ARGUMENTS("A \"\xff\"\r\n", " \"\xff\"", NULL),
        ARGUMENTS("A {3}x\r\n", " {3}x", NULL),
        ARGUMENTS("A {3}\r\nabcd\r\n", "d", "abc"),
        ARGUMENTS("A {1}\r\n\0\r\n", " {1}\n", NULL),
        ARGUMENTS("A {2} {1}\r\na\r\n", " {2} {1}\n", NULL),
        ARGUMENTS("A ~{1}\r\na\r\n", "{1}\n", "~"),
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
        expect_arguments(&arguments[i]);
}

/* A text that fills its memory: what reads on after the end is found by the sanitizer. */
static void expect_full(const char *begin, char fill, const char *end, int is_astring)
{
    struct command_reader reader = {.fault = COMMAND_FINE};
    char line[256 + 1];
    struct words words;
    struct span word;

    memset(line, fill, sizeof line);
    memcpy(line, begin, strlen(begin));
    memcpy(line + 256 - strlen(end), end, strlen(end));
    line[256] = '\n';
    read_command(&reader, line, sizeof line);
    assert_int_equal(reader.text.size, reader.text.len);
    words = words_of(&reader);
    assert_true(words_atom(&words, &word) && words_space(&words));
    assert_int_equal(words_astring(&words, &word), is_astring);
    command_reader_reset(&reader);
}

static void words_end_with_the_text(void **state)
{
    (void)state;
    expect_full("A ", 'x', "", 1);
    expect_full("A \"", 'x', "", 0);
    expect_full("A \"", 'x', "\\", 0);
    expect_full("A \"", 'x', "\"", 1);
    expect_full("A {", '1', "", 0);
}

static void the_user_may_set_a_smaller_limit_which_a_reset_keeps(void **state)
{
    static const char fits[] = "a LOGIN {5+}\r\n12345 {3}\r\n";
    static const char exceeds[] = "a LOGIN {5+}\r\n12345 {4}\r\n";
    struct command_reader reader = {.literal_max = 8};
    size_t used, rest;

    (void)state;
    assert_int_equal(command_reader_feed(&reader, fits, sizeof fits - 1, &used), COMMAND_LINE);
    assert_int_equal(command_reader_feed(&reader, fits + used, sizeof fits - 1 - used, &rest), COMMAND_LITERAL);
    assert_int_equal(reader.fault, COMMAND_FINE);
    command_reader_reset(&reader);
    assert_int_equal(command_reader_feed(&reader, exceeds, sizeof exceeds - 1, &used), COMMAND_LINE);
    assert_int_equal(command_reader_feed(&reader, exceeds + used, sizeof exceeds - 1 - used, &rest), COMMAND_LITERAL);
    assert_int_equal(reader.fault, COMMAND_LITERAL_TOO_BIG);
    command_reader_reset(&reader);
    assert_int_equal(reader.literal_max, 8);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_user_may_set_a_smaller_limit_which_a_reset_keeps),
        cmocka_unit_test(lines_end_with_lf_and_lose_a_cr_before_it),
        cmocka_unit_test(nul_and_bare_cr_are_a_fault_of_their_command_alone),
        cmocka_unit_test(a_literal_is_announced_read_and_followed_by_more),
        cmocka_unit_test(what_only_looks_like_a_literal_is_none),
        cmocka_unit_test(the_literal_of_a_bad_command_is_read_over_and_not_kept),
        cmocka_unit_test(a_literal_of_more_than_the_limit_is_refused_or_ends_all),
        cmocka_unit_test(of_a_line_that_is_too_long_the_first_octets_are_kept),
        cmocka_unit_test(the_lines_of_a_command_count_together),
        cmocka_unit_test(a_reader_that_was_reset_is_a_new_one_and_holds_no_memory),
        cmocka_unit_test(an_astring_is_an_atom_a_quoted_string_or_a_literal),
        cmocka_unit_test(words_end_with_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

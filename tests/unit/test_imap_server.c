/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "support/exact.h"
#include "support/trace.h"
#include "imap_server.h"

/* The octets of the server, and the same octets with each event at its place:
 *   <+> continuation  <OK a> <OK long> <no a> tagged  <logout>  <bye>  <caps>  <compress>  <enabled>  <end>  <lost>
 * The undecided octets at an event follow a `|`. */
struct row {
    const char *input;
    const char *expected;
};

#define LINES(text) text "\r\n<end>"

/* 260 octets. */
#define LONG    FIVE(FIVE("xxxxxxxxxx")) "xxxxxxxxxx"
#define FIVE(x) x x x x x
/* SLO_TAG_KNOWN octets. */
#define KNOWN   FIVE("1234567890123456789")

static const struct row rows[] = {
    /* data */
    {"* 3 EXISTS\r\n", LINES("* 3 EXISTS")},
    {"* 3 EXISTS\n", "* 3 EXISTS\n<end>"},
    {"* SEARCH\r\n* 1 EXPUNGE\r\n", LINES("* SEARCH") LINES("* 1 EXPUNGE")},
    {"* 1 FETCH (FLAGS ())\r\na OK x\r\n", LINES("* 1 FETCH (FLAGS ())") "|a OK <OK a>x\r\n<end>"},
    /* the octets of literals are ignored */
    {"* 1 FETCH (BODY[] {9}\r\n* BYE\r\nz\n)\r\n", "* 1 FETCH (BODY[] {9}\r\n* BYE\r\nz\n)\r\n<end>"},
    {"* 1 FETCH {3}\nabc\n", "* 1 FETCH {3}\nabc\n<end>"},
    {"* LIST () \"/\" {3}\r\na\r\n\r\n", "* LIST () \"/\" {3}\r\na\r\n\r\n<end>"},
    {"* 1 FETCH (A {1}\r\n\n B {2}\r\n+ C {0}\r\n)\r\n+ x\r\n",
     "* 1 FETCH (A {1}\r\n\n B {2}\r\n+ C {0}\r\n)\r\n<end>+<+> x\r\n<end>"},
    {"* 1 FETCH {0}\r\n{0}\r\n\r\n", "* 1 FETCH {0}\r\n{0}\r\n\r\n<end>"},
    {"* 1 FETCH {1}\r\ny5}\r\n* 2 X\r\n", LINES("* 1 FETCH {1}\r\ny5}") LINES("* 2 X")},
    {"* 1 X {5\n* 5}\r\n* 2 X\r\n", "* 1 X {5\n<end>" LINES("* 5}") LINES("* 2 X")},
    {"* OK{1}\r\ny\r\n* 2 X\r\n", LINES("* OK{1}\r\ny") LINES("* 2 X")},
    {"* 1 FETCH {5+}\r\n+ x\r\n", "* 1 FETCH {5+}\r\n<lost>"},
    {"* 1 FETCH {9223372036854775808}\r\n", "* 1 FETCH {9223372036854775808}\r\n<lost>"},
    {"* 1 FETCH (BODY[] {9223372036854775807}\r\na OK x\r\n",
     "* 1 FETCH (BODY[] {9223372036854775807}\r\na OK x\r\n"},
    /* status responses are opaque */
    {"* OK text {9}\r\n* 1 EXISTS\r\n", LINES("* OK text {9}") LINES("* 1 EXISTS")},
    {"* NO {1}\r\n", LINES("* NO {1}")},
    {"* BAD {9+}\r\n", LINES("* BAD {9+}")},
    {"* PREAUTH {9}\r\n", LINES("* PREAUTH {9}")},
    {"a BAD [X {9}\r\n", "|a BAD <no a>[X {9}\r\n<end>"},
    {"a NO {9+}\r\n+\r\n", "|a NO <no a>{9+}\r\n<end>+<+>\r\n<end>"},
    {"a ok\r\n", "|a ok<OK a>\r\n<end>"},
    {"a Ok\n", "|a Ok<OK a>\n<end>"},
    {"+ {9}\r\n+\n", "+<+> {9}\r\n<end>+<+>\n<end>"},
    {"* BYE {9}\r\n", "* BYE<bye> {9}\r\n<end>"},
    {"* bye\r\n", "* bye<bye>\r\n<end>"},
    {"* BYE [CAPABILITY ENABLE] x\r\n", "* BYE<bye> [CAPABILITY ENABLE] x\r\n<end>"},
    {"* BYEX\r\n", LINES("* BYEX")},
    {"* OK \n* 1 X\r\n", "* OK \n<end>" LINES("* 1 X")},
    {"* OKAY {2}\r\nab\r\n", "* OKAY {2}\r\nab\r\n<end>"},
    /* except a literal in the list of charsets of a BADCHARSET code */
    {"* NO [BADCHARSET ({5}\r\nutf-8)] x\r\n", "* NO [BADCHARSET ({5}\r\n<lost>"},
    {"a NO [badcharset (A ~{0}\r\n)] x\r\n", "|a NO <no a>[badcharset (A ~{0}\r\n<lost>"},
    {"a NO [BADCHARSET x {1}\r\n", "|a NO <no a>[BADCHARSET x {1}\r\n<lost>"},
    {"a NO [BADCHARSET (\"x\" y)] z\r\n", "|a NO <no a>[BADCHARSET (\"x\" y)] z\r\n<end>"},
    {"a NO [BADCHARSET (x\r\n", "|a NO <no a>[BADCHARSET (x\r\n<end>"},
    {"a NO [BADCHARSET] {1}\r\n", "|a NO <no a>[BADCHARSET] {1}\r\n<end>"},
    {"a NO [BADCHARSET\r\n", "|a NO <no a>[BADCHARSET\r\n<end>"},
    {"a NO [X ({3}\r\n", "|a NO <no a>[X ({3}\r\n<end>"},
    {"a NO x [BADCHARSET ({1}\r\n", "|a NO <no a>x [BADCHARSET ({1}\r\n<end>"},
    {"a NO  [BADCHARSET ({1}\r\n", "|a NO <no a> [BADCHARSET ({1}\r\n<end>"},
    {"* OK [CAPABILITY\r\n", LINES("* OK [CAPABILITY")},
    /* capabilities */
    {"* CAPABILITY IMAP4rev1 ENABLE\r\n", "* CAPABILITY IMAP4rev1 ENABLE<caps>\r\n<end>"},
    {"* CAPABILITY A ENABLE\r\n", "* CAPABILITY A ENABLE<caps>\r\n<end>"},
    {"* CAPABILITY ENABLE \r\n", "* CAPABILITY ENABLE| <caps>\r\n<end>"},
    {"* capability imap4REV2\n", "* capability imap4REV2<caps>\n<end>"},
    {"* CAPABILITY IMAP4rev1\r\n", LINES("* CAPABILITY IMAP4rev1")},
    {"* CAPABILITY IMAP4rev1\n* 1 X\r\n", "* CAPABILITY IMAP4rev1\n<end>" LINES("* 1 X")},
    {"* CAPABILITY ENABLE COMPRES\r\n", "* CAPABILITY ENABLE COMPRES<caps>\r\n<end>"},
    {"* CAPABILITY ENABLE A]B\r\n", "* CAPABILITY ENABLE A]B<caps>\r\n<end>"},
    {"* CAPABILITY ENABLE\r\n* CAPABILITY IMAP4rev1\r\n",
     "* CAPABILITY ENABLE<caps>\r\n<end>" LINES("* CAPABILITY IMAP4rev1")},
    {"* CAPABILITY ENABLE X-SERVER-LOGOUT\r\n* CAPABILITY ENABLE\r\n",
     LINES("* CAPABILITY ENABLE X-SERVER-LOGOUT") "* CAPABILITY ENABLE<caps>\r\n<end>"},
    {"* CAPABILITY ENABLE\r\na OK\r\n* BYE\r\n+ x\r\n",
     "* CAPABILITY ENABLE<caps>\r\n<end>|a OK<OK a>\r\n<end>* BYE<bye>\r\n<end>+<+> x\r\n<end>"},
    {"* CAPABILITY\r\n", LINES("* CAPABILITY")},
    {"* CAPABILITY \r\n", LINES("* CAPABILITY ")},
    {"* CAPABILITY ENABLE X-SERVER-LOGOUT\r\n", LINES("* CAPABILITY ENABLE X-SERVER-LOGOUT")},
    {"* CAPABILITY x-server-logout ENABLE\r\n", LINES("* CAPABILITY x-server-logout ENABLE")},
    {"* CAPABILITY ENABLED XENABLE\r\n", LINES("* CAPABILITY ENABLED XENABLE")},
    {"* CAPABILITIES ENABLE\r\n", LINES("* CAPABILITIES ENABLE")},
    {"* OK [CAPABILITY IMAP4rev1 ENABLE] ready\r\n",
     "* OK [CAPABILITY IMAP4rev1 ENABLE<caps>] ready\r\n<end>"},
    {"* PREAUTH [CAPABILITY ENABLE] {9}\r\n", "* PREAUTH [CAPABILITY ENABLE<caps>] {9}\r\n<end>"},
    {"a OK [capability ENABLE ] x\r\n", "|a OK <OK a>[capability ENABLE| <caps>] x\r\n<end>"},
    {"a OK [CAPABILITY ENABLE\r\n", "|a OK <OK a>[CAPABILITY ENABLE<caps>\r\n<end>"},
    {"a OK [CAPABILITY] ENABLE\r\n", "|a OK <OK a>[CAPABILITY] ENABLE\r\n<end>"},
    {"a OK x [CAPABILITY ENABLE] x\r\n", "|a OK <OK a>x [CAPABILITY ENABLE] x\r\n<end>"},
    {"a OK  [CAPABILITY ENABLE] x\r\n", "|a OK <OK a> [CAPABILITY ENABLE] x\r\n<end>"},
    {"* CAPABILITY A]B ENABLE]\r\n", LINES("* CAPABILITY A]B ENABLE]")},
    /* compression is hidden */
    {"* CAPABILITY COMPRESS=DEFLATE ENABLE\r\n",
     "* CAPABILITY| COMPRESS=DEFLATE<compress> ENABLE<caps>\r\n<end>"},
    {"* CAPABILITY IMAP4rev1 compress=x\r\n", "* CAPABILITY IMAP4rev1| compress=x<compress>\r\n<end>"},
    {"* OK [CAPABILITY ENABLE COMPRESS=A COMPRESS=B] x\r\n",
     "* OK [CAPABILITY ENABLE| COMPRESS=A<compress>| COMPRESS=B<compress><caps>] x\r\n<end>"},
    {"* CAPABILITY COMPRESS COMPRESSED COMPRESS\r\n", LINES("* CAPABILITY COMPRESS COMPRESSED COMPRESS")},
    {"* CAPABILITY  COMPRESS=X\r\n", "* CAPABILITY | COMPRESS=X<compress>\r\n<end>"},
    {"* ENABLED COMPRESS=DEFLATE\r\n", LINES("* ENABLED COMPRESS=DEFLATE")},
    /* ENABLED */
    {"* ENABLED CONDSTORE X-Server-Logout\r\n", "* ENABLED CONDSTORE X-Server-Logout<enabled>\r\n<end>"},
    {"* ENABLED A]B X-SERVER-LOGOUT\r\n", "* ENABLED A]B X-SERVER-LOGOUT<enabled>\r\n<end>"},
    {"* ENABLED\r\n", LINES("* ENABLED")},
    {"* ENABLED ENABLE\r\n", LINES("* ENABLED ENABLE")},
    /* a LOGOUT that the server sends */
    {"SLO.1 LOGOUT\r\n", "|SLO.1 LOGOUT\r\n<logout>"},
    {"SLO.1 logout\n* 1 EXISTS\r\n", "|SLO.1 logout\n<logout>* 1 EXISTS\r\n<end>"},
    {"SLO.1 LOGOUT now\r\n", LINES("SLO.1 LOGOUT now")},
    {"SLO.1 LOGOUT\r\r\n", "SLO.1 LOGOUT\r\r\n<end>"},
    {"SLO.1 LOGOUT\rx\r\n", "SLO.1 LOGOUT\rx\r\n<end>"},
    {"SLO.1 LOGOUTS\r\n* BYE\r\n", "SLO.1 LOGOUTS\r\n<end>* BYE<bye>\r\n<end>"},
    /* odd lines */
    {"\r\nabcdef\r\n\n", "\r\n<end>abcdef\r\n<end>\n<end>"},
    {"a\r\n OK\r\na 5\r\nx 5\r\n", LINES("a") LINES(" OK") LINES("a 5") LINES("x 5")},
    {"a NOOP\r\na \r\na BYE x\r\ni + x\r\na  OK x\r\n",
     LINES("a NOOP") LINES("a ") LINES("a BYE x") LINES("i + x") LINES("a  OK x")},
    {"*x5\r\n*OK\r\n*  OK\r\n* \r\n*\r\n", LINES("*x5") LINES("*OK") LINES("*  OK") LINES("* ") LINES("*")},
    /* a tag with an invalid octet matches no command */
    {"(a OK x\r\n(b OK\na(b no\n", "|(a OK <OK >x\r\n<end>|(b OK<OK >\n<end>|a(b no<no >\n<end>"},
    {"a+1 OK x\r\na\x7f OK\r\n", "|a+1 OK <OK >x\r\n<end>|a\x7f OK<OK >\r\n<end>"},
    {"a{b OK x\r\n{3} NO\r\na{5} x\r\n", "|a{b OK <OK >x\r\n<end>|{3} NO<no >\r\n<end>" LINES("a{5} x")},
    {"*a OK x\r\n*{3} NO\n*a LOGOUT\r\n", "*a OK <OK >x\r\n<end>*{3} NO<no >\n<end>" LINES("*a LOGOUT")},
    {"a%\r\n%a{0}\r\nx", LINES("a%") "%a{0}\r\n<lost>"},
    {"(" LONG " OK x\r\n" LONG "( OK x\r\n", "(" LONG " OK <OK >x\r\n<end>" LONG "( OK <OK >x\r\n<end>"},
    {KNOWN "( OK x\r\n", KNOWN "( OK <OK >x\r\n<end>"},
    {"+ 5\r\n", "+<+> 5\r\n<end>"},
    {"abc {5}x\r\n", LINES("abc {5}x")},
    {"abc {5}\r\nx", "abc {5}\r\n<lost>"},
    {"(a {5}\nx", "(a {5}\n<lost>"},
    {"*{5+}\r\nx", "*{5+}\r\n<lost>"},
    {"a LOGOUTS {0}\r\nx", "a LOGOUTS {0}\r\n<lost>"},
    {"a{0}\r\nx", "a{0}\r\n<lost>"},
    {"{0}\r\nx", "{0}\r\n<lost>"},
    {"*  {3}\r\nx", "*  {3}\r\n<lost>"},
    /* more than 255 octets */
    {LONG " OK x\r\n", LONG " OK <OK long>x\r\n<end>"},
    {"a OK [" LONG "]\r\n", "|a OK <OK a>[" LONG "]\r\n<end>"},
    {"a OK " LONG "\r\n", "|a OK <OK a>" LONG "\r\n<end>"},
    {"* 1 X " LONG "\r\n", LINES("* 1 X " LONG)},
    {"a " LONG "\r\n* " LONG "\r\n", LINES("a " LONG) LINES("* " LONG)},
    {"* CAPABILITY COMPRESS=" LONG " ENABLE\r\n", "* CAPABILITY COMPRESS=" LONG " ENABLE<caps>\r\n<end>"},
    {"* OK [CAPABILITY ENABLE " LONG "]\r\n", "* OK [CAPABILITY ENABLE " LONG "<caps>]\r\n<end>"},
    {"* 1 {260}\r\n" LONG "\r\n", LINES("* 1 {260}\r\n" LONG)},
};

/* Writes a `|` before the undecided octets. */
static void mark_undecided(struct trace *trace, size_t undecided)
{
    if (undecided == 0)
        return;
    assert_true(undecided <= trace->len);
    memmove(trace->text + trace->len - undecided + 1, trace->text + trace->len - undecided, undecided + 1);
    trace->text[trace->len - undecided] = '|';
    trace->len++;
}

static void add_event(struct trace *trace, const struct slo_imap_server *scan)
{
    static const char *const names[] = {
        [SLO_SERVER_CONTINUATION] = "<+>",
        [SLO_SERVER_LOGOUT] = "<logout>",
        [SLO_SERVER_BYE] = "<bye>",
        [SLO_SERVER_CAPABILITIES] = "<caps>",
        [SLO_SERVER_COMPRESSION] = "<compress>",
        [SLO_SERVER_ENABLED] = "<enabled>",
        [SLO_SERVER_LINE_END] = "<end>",
        [SLO_SERVER_NOT_UNDERSTOOD] = "<lost>",
    };

    if (scan->event == SLO_SERVER_NOTHING)
        return;
    mark_undecided(trace, scan->event == SLO_SERVER_ENABLED ? 0 : scan->undecided);
    if (scan->event != SLO_SERVER_TAGGED) {
        trace_text(trace, names[scan->event]);
        return;
    }
    trace_text(trace, scan->ok ? "<OK " : "<no ");
    if (scan->tag.hash == 0xaf63dc4c8601ec8cu) /* of "a" */
        trace_text(trace, "a");
    if (scan->tag.hash == 0x7c4e06a745d5acb5u) /* of LONG */
        trace_text(trace, "long");
    trace_text(trace, ">");
}

struct listener {
    struct slo_imap_server scan;
    struct trace trace;
    int stops;
};

/* Feeds nothing after the stream is lost. */
static void feed(void *to, const char *piece, size_t len)
{
    struct listener *listener = to;
    size_t used = 0;

    while (used < len && listener->scan.event != SLO_SERVER_NOT_UNDERSTOOD) {
        const size_t n = slo_imap_server_feed(&listener->scan, piece + used, len - used, listener->stops);
        trace_octets(&listener->trace, piece + used, n);
        add_event(&listener->trace, &listener->scan);
        assert_true(n > 0 || listener->scan.event != SLO_SERVER_NOTHING);
        used += n;
    }
}

static void greet(struct listener *listener, int stops)
{
    memset(listener, 0, sizeof *listener);
    slo_imap_server_init(&listener->scan);
    assert_false(slo_imap_server_between_lines(&listener->scan));
    feed(listener, "* OK hello\r\n", 12);
    assert_string_equal(listener->trace.text, "* OK hello\r\n");
    assert_true(slo_imap_server_between_lines(&listener->scan));
    memset(&listener->trace, 0, sizeof listener->trace);
    listener->stops = stops;
}

static void check(const void *what, size_t first, size_t step)
{
    const struct row *row = what;
    struct listener listener;
    char expected[sizeof listener.trace.text];
    int stops;

    for (stops = 0; stops <= 1; stops++) {
        greet(&listener, stops);
        exact_feed(row->input, strlen(row->input), first, step, feed, &listener);
        strcpy(expected, row->expected);
        if (!stops)
            trace_without(expected, "<end>");
        assert_string_equal(listener.trace.text, expected);
        if (slo_imap_server_between_lines(&listener.scan) && listener.scan.event == SLO_SERVER_NOTHING)
            assert_int_equal(listener.scan.undecided, 0);
    }
}

static void test_responses_are_found_in_all_two_way_splits(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        exact_splits(&rows[i], strlen(rows[i].input), check);
}

/* ---- octets that are not in the table ---- */

static enum slo_server_event last_event(const char *bytes, size_t len, size_t step)
{
    struct listener listener;

    greet(&listener, 1);
    exact_feed(bytes, len, step, step, feed, &listener);
    assert_null(strstr(listener.trace.text, "<caps>"));
    assert_int_equal(listener.scan.undecided, 0);
    return listener.scan.event;
}

static void test_a_nul_loses_the_stream(void **state)
{
    static const char literal[] = "* 1 FETCH (BINARY[] ~{3}\r\n\0\r\n)\r\n";
    static const char *const lines[] = {
        "0",   "*0",      "* 10",           "* 1 x 0",          "* FETCH0",    "* FETCH x0", "a0", "a O0", "a OK0", "a OK x0",
        "+0",  "a0 OK",   "* CAPABILITY0",  "* CAPABILITY A0",  "* OK [CAP0",  "a LOGOUT0",  "a LOGOUT\r0",
        "abc x0", "* NO [BADCHARSET (0", "* OK [CAPABILITY ENABLE0",
    };
    char line[64];
    size_t i, step;

    (void)state;
    assert_int_equal(last_event(literal, sizeof literal - 1, 100), SLO_SERVER_LINE_END);
    for (i = 0; i < LENGTH(lines); i++)
        for (step = 1; step < 30; step++) {
            const size_t len = strlen(lines[i]);
            memcpy(line, lines[i], len + 1);
            *strchr(line, '0') = '\0';
            memcpy(line + len, "\r\n", 2);
            if (last_event(line, len + 2, step) != SLO_SERVER_NOT_UNDERSTOOD)
                fail_msg("%s", lines[i]);
        }
}

/* Longer tags are not held back. */
static void test_a_tag_is_undecided_unless_it_is_too_long(void **state)
{
    char tag[SLO_TAG_KNOWN + 2];
    size_t len, i;

    (void)state;
    memset(tag, 'a', sizeof tag);
    for (len = SLO_TAG_KNOWN; len <= SLO_TAG_KNOWN + 1; len++)
        for (i = 0; i < 2; i++) {
            struct listener it;
            greet(&it, 1);
            feed(&it, tag, len);
            assert_int_equal(it.scan.undecided, len == SLO_TAG_KNOWN ? len : 0);
            feed(&it, i ? " LOGOUT\r" : " OK", i ? 8 : 3);
            assert_int_equal(it.scan.undecided, len == SLO_TAG_KNOWN ? len + (i ? 8 : 3) : 0);
            feed(&it, i ? "\n" : " \r\n", i ? 1 : 3);
            assert_int_equal(strstr(it.trace.text, "<logout>") != NULL, i == 1 && len == SLO_TAG_KNOWN);
            assert_int_equal(strstr(it.trace.text, "<OK ") != NULL, i == 0);
            assert_true(slo_imap_server_between_lines(&it.scan));
        }
}

/* The greeting is the first response that the scanner understands. */
static void test_the_greeting_ends_at_the_first_response(void **state)
{
    static const char *const good[] = {"* OK x\r\n", "* PREAUTH x\r\n", "* BYE x\r\n", "* ok\r\n",
                                       "hello\r\n* OK x\r\n", "* NO x\r\n"};
    static const char *const bad[] = {"hello\r\n", "\r\n", "220 x\r\n", "* OK x", "*OK\r\n"};
    struct slo_imap_server skipped;
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(good) + LENGTH(bad); i++) {
        const char *line = i < LENGTH(good) ? good[i] : bad[i - LENGTH(good)];
        struct listener listener = {.stops = 0};
        slo_imap_server_init(&listener.scan);
        feed(&listener, line, strlen(line));
        if (slo_imap_server_between_lines(&listener.scan) != (i < LENGTH(good)))
            fail_msg("%s", line);
    }
    memset(&skipped, 255, sizeof skipped);
    slo_imap_server_init(&skipped);
    slo_imap_server_skip_greeting(&skipped);
    assert_true(slo_imap_server_between_lines(&skipped));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses_are_found_in_all_two_way_splits),
        cmocka_unit_test(test_a_nul_loses_the_stream),
        cmocka_unit_test(test_a_tag_is_undecided_unless_it_is_too_long),
        cmocka_unit_test(test_the_greeting_ends_at_the_first_response),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

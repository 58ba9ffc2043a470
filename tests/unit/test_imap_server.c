#include "support/test.h"
#include "support/exact.h"
#include "support/trace.h"
#include "imap_server.h"

/* What the server sends, and the same with each event put in where it came:
 *   <+> continuation  <OK a> <no a> tagged  <logout>  <bye>  <caps>  <compress>  <enabled>  <end>  <lost>
 * What is undecided when an event comes stands after a `|`. */
struct row {
    const char *input;
    const char *expected;
};

#define LINES(text) text "\r\n<end>"

static const struct row rows[] = {
    /* data */
    {"* 3 EXISTS\r\n", LINES("* 3 EXISTS")},
    {"* 3 EXISTS\n", "* 3 EXISTS\n<end>"},
    {"* SEARCH\r\n* 1 EXPUNGE\r\n", LINES("* SEARCH") LINES("* 1 EXPUNGE")},
    {"* 1 FETCH (FLAGS ())\r\na OK x\r\n", LINES("* 1 FETCH (FLAGS ())") "|a OK <OK a>x\r\n<end>"},
    /* literals: their octets are not looked at */
    {"* 1 FETCH (BODY[] {9}\r\n* BYE\r\nz\n)\r\n", "* 1 FETCH (BODY[] {9}\r\n* BYE\r\nz\n)\r\n<end>"},
    {"* 1 FETCH {3}\nabc\n", "* 1 FETCH {3}\nabc\n<end>"},
    {"* LIST () \"/\" {3}\r\na\r\n\r\n", "* LIST () \"/\" {3}\r\na\r\n\r\n<end>"},
    {"* 1 FETCH (A {1}\r\n\n B {2}\r\n+ C {0}\r\n)\r\n+ x\r\n",
     "* 1 FETCH (A {1}\r\n\n B {2}\r\n+ C {0}\r\n)\r\n<end>+<+> x\r\n<end>"},
    {"* 1 FETCH {0}\r\n{0}\r\n\r\n", "* 1 FETCH {0}\r\n{0}\r\n\r\n<end>"},
    {"* 1 FETCH {1}\r\ny5}\r\n* 2 X\r\n", LINES("* 1 FETCH {1}\r\ny5}") LINES("* 2 X")},
    {"* 1 X {5\n* 5}\r\n* 2 X\r\n", "* 1 X {5\n<end>" LINES("* 5}") LINES("* 2 X")},
    {"* X{1}\r\ny\r\n* 2 X\r\n", LINES("* X{1}\r\ny") LINES("* 2 X")},
    {"* 1 FETCH {5+}\r\n+ x\r\n", "* 1 FETCH {5+}\r\n<lost>+ x\r\n"},
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
    /* but for a literal in the list of charsets of a BADCHARSET code */
    {"* NO [BADCHARSET ({5}\r\nutf-8)] x\r\n", "* NO [BADCHARSET ({5}\r\n<lost>utf-8)] x\r\n"},
    {"a NO [badcharset (A ~{0}\r\n)] x\r\n", "|a NO <no a>[badcharset (A ~{0}\r\n<lost>)] x\r\n"},
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
    {"* CAPABILITY ENABLE\r\na OK\r\n* BYE\r\n",
     "* CAPABILITY ENABLE<caps>\r\n<end>|a OK<OK a>\r\n<end>* BYE<bye>\r\n<end>"},
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
    /* a LOGOUT of the server's own */
    {"SLO.1 LOGOUT\r\n", "|SLO.1 LOGOUT\r\n<logout>"},
    {"SLO.1 logout\n* 1 EXISTS\r\n", "|SLO.1 logout\n<logout>* 1 EXISTS\r\n<end>"},
    {"SLO.1 LOGOUT now\r\n", "SLO.1 LOGOUT<lost> now\r\n"},
    {"SLO.1 LOGOUT\r\r\n", "SLO.1 LOGOUT\r\r<lost>\n"},
    {"SLO.1 LOGOUTS", "SLO.1 LOGOUTS<lost>"},
    {"SLO.1 LOGOUTS\r\n", "SLO.1 LOGOUTS<lost>\r\n"},
    /* not IMAP */
    {"\r\nabcdef\r\n", "<lost>\r\nabcdef\r\n"},
    {"\r\n", "<lost>\r\n"},
    {"a\r\n", "a<lost>\r\n"},
    {" OK\r\n", "<lost> OK\r\n"},
    {"a 5\r\n", "a 5<lost>\r\n"},
    {"x 5\r\n* 1 EXISTS\r\n", "x 5<lost>\r\n* 1 EXISTS\r\n"},
    {"*x5\r\n", "*<lost>x5\r\n"},
    {"+ 5\r\n", "+<+> 5\r\n<end>"},
    {"(a OK x\r\n", "(a<lost> OK x\r\n"},
    {"*OK\r\n", "*<lost>OK\r\n"},
    {"*  OK\r\n", "* <lost> OK\r\n"},
    {"* \r\n", "* <lost>\r\n"},
};

/* Writes a `|` before what is undecided. */
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
    trace_octets(trace, scan->tag.bytes, scan->tag.len);
    trace_text(trace, ">");
}

static void feed_quiet(struct slo_imap_server *scan, struct trace *trace, const char *bytes, size_t len,
                       int stops, uint64_t quiet)
{
    char *piece = exact_copy(bytes, len);
    size_t used = 0;

    while (used < len) {
        const size_t n = slo_imap_server_feed(scan, piece + used, len - used, stops, quiet);
        trace_octets(trace, piece + used, n);
        add_event(trace, scan);
        assert_true(n > 0 || scan->event != SLO_SERVER_NOTHING);
        used += n;
    }
    exact_free(piece);
}

static void feed(struct slo_imap_server *scan, struct trace *trace, const char *bytes, size_t len, int stops)
{
    feed_quiet(scan, trace, bytes, len, stops, 0);
}

static void greet(struct slo_imap_server *scan)
{
    struct trace trace = {{0}, 0};

    slo_imap_server_init(scan, 0);
    assert_false(slo_imap_server_between_lines(scan));
    feed(scan, &trace, "* OK hello\r\n", 12, 0);
    assert_string_equal(trace.text, "* OK hello\r\n");
    assert_true(slo_imap_server_between_lines(scan));
}

static void check(const struct row *row, size_t first, size_t step, int stops)
{
    struct slo_imap_server scan;
    struct trace trace = {{0}, 0};
    char expected[sizeof trace.text];
    const size_t len = strlen(row->input);
    size_t at;

    greet(&scan);
    feed(&scan, &trace, row->input, first, stops);
    for (at = first; at < len; at += step)
        feed(&scan, &trace, row->input + at, len - at < step ? len - at : step, stops);
    strcpy(expected, row->expected);
    if (!stops)
        trace_without(expected, "<end>");
    assert_string_equal(trace.text, expected);
    if (slo_imap_server_between_lines(&scan) && scan.event == SLO_SERVER_NOTHING)
        assert_int_equal(scan.undecided, 0);
}

static void responses_in_all_two_way_splits(void **state)
{
    size_t i, at;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        for (at = 0; at <= strlen(rows[i].input); at++) {
            check(&rows[i], at, 2000, 1);
            check(&rows[i], at, 2000, 0);
        }
}

static void responses_byte_by_byte(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        check(&rows[i], 0, 1, 1);
        check(&rows[i], 0, 1, 0);
    }
}

static enum slo_server_event last_event(const char *bytes, size_t len, int stops)
{
    struct slo_imap_server scan;
    enum slo_server_event event = SLO_SERVER_NOTHING;
    size_t used = 0;

    greet(&scan);
    while (used < len) {
        used += slo_imap_server_feed(&scan, bytes + used, len - used, stops, 0);
        if (scan.event != SLO_SERVER_NOTHING)
            event = (enum slo_server_event)scan.event;
    }
    return event;
}

static void zero_octets_in_literals(void **state)
{
    static const char literal[] = "* 1 FETCH (BINARY[] ~{3}\r\n\0\r\n)\r\n";

    (void)state;
    assert_int_equal(last_event(literal, sizeof literal - 1, 1), SLO_SERVER_LINE_END);
}

static void zero_octets_anywhere_else(void **state)
{
    static const char *const lines[] = {
        "0",
        "* 10",
        "* FETCH0",
        "a0",
        "a O0",
        "a OK0",
        "a OK x0",
        "+0",
        "* 1 x 0",
        "* CAPABILITY0",
        "* CAPABILITY A0",
        "* OK [CAP0",
        "a LOGOUT0",
        "* NO [BADCHARSET (0",
    };
    char line[64];
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(lines); i++) {
        const size_t len = strlen(lines[i]);
        memcpy(line, lines[i], len);
        line[len - 1] = '\0';
        memcpy(line + len, "* 1 X\r\n", 7);
        if (last_event(line, len + 7, 1) != SLO_SERVER_NOT_UNDERSTOOD ||
            last_event(line, len + 7, 0) != SLO_SERVER_NOT_UNDERSTOOD)
            fail_msg("%s", lines[i]);
    }
}

static void a_list_that_ends_in_a_zero_octet_is_none(void **state)
{
    static const char list[] = "* CAPABILITY ENABLE\0\r\n";
    struct slo_imap_server scan;

    (void)state;
    greet(&scan);
    slo_imap_server_feed(&scan, list, sizeof list - 1, 0, 0);
    assert_int_equal(scan.event, SLO_SERVER_NOT_UNDERSTOOD);
}

static void a_tagged_line_that_is_no_response(void **state)
{
    (void)state;
    assert_int_equal(last_event("a NOOP\r\n", 8, 1), SLO_SERVER_NOT_UNDERSTOOD);
    assert_int_equal(last_event("a \r\n", 4, 1), SLO_SERVER_NOT_UNDERSTOOD);
    assert_int_equal(last_event("a BYE x\r\n", 9, 1), SLO_SERVER_NOT_UNDERSTOOD);
}

static void tags_up_to_the_limit(void **state)
{
    char line[SLO_TOKEN_MAX + 20];

    (void)state;
    memset(line, 'a', sizeof line);
    memcpy(line + SLO_TOKEN_MAX, " OK x\r\n", 7);
    assert_int_equal(last_event(line, SLO_TOKEN_MAX + 7, 1), SLO_SERVER_LINE_END);
    memcpy(line + SLO_TOKEN_MAX, "a OK x\r\n", 8);
    assert_int_equal(last_event(line, SLO_TOKEN_MAX + 8, 1), SLO_SERVER_NOT_UNDERSTOOD);
    assert_int_equal(last_event(line, SLO_TOKEN_MAX, 1), SLO_SERVER_NOTHING);
    assert_int_equal(last_event(line, SLO_TOKEN_MAX + 1, 1), SLO_SERVER_NOT_UNDERSTOOD);
}

static void greetings(void **state)
{
    static const char *const good[] = {"* OK x\r\n", "* PREAUTH x\r\n", "* BYE x\r\n", "* ok\r\n"};
    static const char *const bad[] = {"* 1 EXISTS\r\n", "* NO x\r\n",   "a OK x\r\n",
                                      "+ x\r\n",        "\x16\x03\x01", "* CAPABILITY ENABLE\r\n"};
    struct slo_imap_server scan;
    struct trace trace;
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(good) + LENGTH(bad); i++) {
        const char *line = i < LENGTH(good) ? good[i] : bad[i - LENGTH(good)];
        trace.len = 0;
        slo_imap_server_init(&scan, 0);
        feed(&scan, &trace, line, strlen(line), 0);
        assert_int_equal(slo_imap_server_between_lines(&scan), i < LENGTH(good));
        assert_int_equal(strstr(trace.text, "<lost>") == NULL, i < LENGTH(good));
    }
}

/* Returns the first event; one tagged response needs none. */
static enum slo_server_event first_event(const char *bytes, size_t len)
{
    struct slo_imap_server scan;

    greet(&scan);
    assert_int_equal(slo_imap_server_feed(&scan, bytes, len, 0, 1) > 0 || scan.event != SLO_SERVER_NOTHING,
                     1);
    return (enum slo_server_event)scan.event;
}

static void what_is_no_simple_response_goes_the_long_way(void **state)
{
    char line[SLO_TOKEN_MAX + 20];

    (void)state;
    memset(line, 'a', sizeof line);
    memcpy(line + SLO_TOKEN_MAX + 1, " OK x\r\n", 7);
    assert_int_equal(first_event(line, SLO_TOKEN_MAX + 8), SLO_SERVER_NOT_UNDERSTOOD);
    assert_int_equal(first_event("abcd\r\n", 6), SLO_SERVER_NOT_UNDERSTOOD);
    assert_int_equal(first_event("+ abc\r\n", 7), SLO_SERVER_CONTINUATION);
    assert_int_equal(first_event(" OK x\r\n", 7), SLO_SERVER_NOT_UNDERSTOOD);
    assert_int_equal(first_event("a OKAY x\r\n", 10), SLO_SERVER_NOT_UNDERSTOOD);
    assert_int_equal(first_event("a OK x\r\n", 8), SLO_SERVER_NOTHING);
}

static void tagged_responses_that_need_no_event(void **state)
{
    static const char lines[] =
        "* 1 EXISTS\r\na1 OK x\r\na2 NO x\r\na3 OK [X] x\r\na4 OK {9}\r\na5 OK x\r\na6 OK x\r\n";
    struct slo_imap_server scan;
    struct trace trace = {{0}, 0};

    (void)state;
    greet(&scan);
    feed_quiet(&scan, &trace, lines, sizeof lines - 1, 0, 5);
    assert_int_equal(scan.completed, 6);
    assert_string_equal(trace.text, "* 1 EXISTS\r\na1 OK x\r\n|a2 NO <no a2>x\r\n|a3 OK <OK a3>[X] x\r\n|a4 "
                                    "OK <OK a4>{9}\r\na5 OK x\r\n|a6 OK <OK a6>x\r\n");
}

static void a_response_in_pieces_uses_up_one_that_needs_no_event(void **state)
{
    struct slo_imap_server scan;
    struct trace trace = {{0}, 0};

    (void)state;
    greet(&scan);
    feed_quiet(&scan, &trace, "a OK", 4, 0, 1);
    feed_quiet(&scan, &trace, " x\r\nb OK x\r\n", 12, 0, 1);
    assert_string_equal(trace.text, "|a OK <OK a>x\r\n|b OK <OK b>x\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_in_all_two_way_splits),
        cmocka_unit_test(responses_byte_by_byte),
        cmocka_unit_test(zero_octets_in_literals),
        cmocka_unit_test(zero_octets_anywhere_else),
        cmocka_unit_test(a_list_that_ends_in_a_zero_octet_is_none),
        cmocka_unit_test(a_tagged_line_that_is_no_response),
        cmocka_unit_test(tags_up_to_the_limit),
        cmocka_unit_test(greetings),
        cmocka_unit_test(what_is_no_simple_response_goes_the_long_way),
        cmocka_unit_test(tagged_responses_that_need_no_event),
        cmocka_unit_test(a_response_in_pieces_uses_up_one_that_needs_no_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

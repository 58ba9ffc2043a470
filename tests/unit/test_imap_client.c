#include "support/test.h"
#include "support/exact.h"
#include "support/trace.h"
#include "imap_client.h"

/* What the client sends, and the same with each event put in where it came: <end>, <lost>, <logout>, and a
 * command whose OK changes something by its kind. In both, what the server says stands between the octets: */
#define PLUS   "\x01"      /* `+` */
#define DONE_A "\x02"      /* the tagged response to command a */
#define NOBODY "\x01<odd>" /* expected: a `+` that nobody waits for */

#define TEN  "xxxxxxxxxx"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

struct row {
    const char *input;
    const char *expected;
    unsigned commands;
};

static const struct row rows[] = {
    {"a NOOP\r\n", "a NOOP\r\n<end>", 1},
    {"a NOOP\n", "a NOOP\n<end>", 1},
    {"a1 NOOP\r\na2 CHECK\r\na3 UID FETCH 1 FLAGS\r\n",
     "a1 NOOP\r\n<end>a2 CHECK\r\n<end>a3 UID FETCH 1 FLAGS\r\n<end>", 3},
    {"a _x\r\n", "a _x\r\n<end>", 1},
    {"a X+Y-Z.1\r\n", "a X+Y-Z.1\r\n<end>", 1},
    {"a 5} x\r\nb NOOP\r\n", "a 5} x\r\n<end>b NOOP\r\n<end>", 2},
    {"a IDLEX\r\nb ENABLED X-SERVER-LOGOUT\r\n", "a IDLEX\r\n<end>b ENABLED X-SERVER-LOGOUT\r\n<end>", 2},
    {"a NOOP \r\nb NOOP  x\r\n", "a NOOP \r\n<end>b NOOP  x\r\n<end>", 2},
    /* what gets no tagged response */
    {"\r\n\n", "\r\n<end>\n<end>", 0},
    {"* BYE bye\r\n* bye\r\n*\r\n*\n", "* BYE bye\r\n<end>* bye\r\n<end>*\r\n<end>*\n<end>", 0},
    /* what a lenient server may take for a command, or for another one */
    {"+ x\r\n", "+<lost> x\r\n", 0},
    {" a NOOP\r\n", "<lost> a NOOP\r\n", 0},
    {"\r NOOP\r\n", "\r<lost> NOOP\r\n", 0},
    {"\r\r\n", "\r<lost>\r\n", 0},
    {"\ta STARTTLS\r\n", "\ta<lost> STARTTLS\r\n", 0},
    {"a\tSTARTTLS\r\n", "a\tSTARTTLS<lost>\r\n", 0},
    {"a(b NOOP\r\n", "a(b<lost> NOOP\r\n", 0},
    {"** BYE\r\n", "**<lost> BYE\r\n", 0},
    {"a\r\n", "a<lost>\r\n", 0},
    {"a\n", "a<lost>\n", 0},
    {"a \r\n", "a <lost>\r\n", 1},
    {"a \n", "a <lost>\n", 1},
    {"a  STARTTLS\r\n", "a <lost> STARTTLS\r\n", 1},
    {"a \tSTARTTLS\r\n", "a \tSTARTTLS<lost>\r\n", 1},
    {"a STARTTLS\t\r\n", "a STARTTLS\t<lost>\r\n", 1},
    {"a COMPRESS\tDEFLATE\r\n", "a COMPRESS\tDEFLATE<lost>\r\n", 1},
    {"a \"STARTTLS\"\r\n", "a \"STARTTLS\"<lost>\r\n", 1},
    {"a NOOP]\r\n", "a NOOP]<lost>\r\n", 1},
    {"a {8+}\r\nSTARTTLS\r\n", "a {8+}<lost>\r\nSTARTTLS\r\n", 1},
    {"a X{1+}\r\ny\r\n", "a X{1+}<lost>\r\ny\r\n", 1},
    /* literals that wait */
    {"a APPEND x {3}\r\n" PLUS "abc\r\n", "a APPEND x {3}\r\n" PLUS "abc\r\n<end>", 1},
    {"a APPEND x ~{3}\r\n" PLUS "b X\r\n", "a APPEND x ~{3}\r\n" PLUS "b X\r\n<end>", 1},
    {"a LOGIN {1}\r\n" PLUS "u {0}\r\n" PLUS "\r\n", "a LOGIN {1}\r\n" PLUS "u {0}\r\n" PLUS "\r\n<end>", 1},
    {"a APPEND x {3}\r\n" DONE_A "b NOOP\r\n", "a APPEND x {3}\r\n" DONE_A "b NOOP\r\n<end>", 2},
    {"a APPEND x {3}\r\n" DONE_A "b X\nc NOOP\r\n", "a APPEND x {3}\r\n" DONE_A "b X\n<end>c NOOP\r\n<end>",
     3},
    {"a X {1}\r\n" PLUS "y\nb NOOP\r\n", "a X {1}\r\n" PLUS "y\n<end>b NOOP\r\n<end>", 2},
    {"a X {1}\r\n" PLUS "y5}\r\nb NOOP\r\n", "a X {1}\r\n" PLUS "y5}\r\n<end>b NOOP\r\n<end>", 2},
    {"a APPEND x {3}\r\nabc\r\n", "a APPEND x {3}\r\n<lost>abc\r\n", 1},
    {"a APPEND x {3}\r\n" PLUS "ab" DONE_A "c\r\nb NOOP\r\n",
     "a APPEND x {3}\r\n" PLUS "ab" DONE_A "c\r\n<end>b NOOP\r\n<end>", 2},
    {"a X {1}\r\n" PLUS "\n\r\nb NOOP\r\n", "a X {1}\r\n" PLUS "\n\r\n<end>b NOOP\r\n<end>", 2},
    /* literals that do not */
    {"a APPEND x {3+}\r\nabc\r\n", "a APPEND x {3+}\r\nabc\r\n<end>", 1},
    {"a APPEND x ~{3+}\r\n\r\n\n\r\n", "a APPEND x ~{3+}\r\n\r\n\n\r\n<end>", 1},
    {"a LOGIN {1+}\r\nu {0+}\r\n\r\n", "a LOGIN {1+}\r\nu {0+}\r\n\r\n<end>", 1},
    {"a APPEND x {3+}\nabc\n", "a APPEND x {3+}\nabc\n<end>", 1},
    {"a APPEND x {3+}\r\n" DONE_A "abc\r\nb NOOP\r\n",
     "a APPEND x {3+}\r\n" DONE_A "abc\r\n<end>b NOOP\r\n<end>", 2},
    {"a APPEND x {3+}\r\nabc {1}\r\n" PLUS "d\r\n", "a APPEND x {3+}\r\nabc {1}\r\n" PLUS "d\r\n<end>", 1},
    {"a X {9223372036854775808}\r\n", "a X {9223372036854775808}\r\n<lost>", 1},
    {"a{1+} X\r\n", "a{1+}<lost> X\r\n", 0},
    {"* {1+}\r\nx\r\n", "* {1+}\r\nx\r\n<end>", 0},
    {"a X {1+}\r\ny5}\r\nb NOOP\r\n", "a X {1+}\r\ny5}\r\n<end>b NOOP\r\n<end>", 2},
    /* IDLE */
    {"a IDLE\r\n" PLUS "DONE\r\n" DONE_A "b NOOP\r\n",
     "a IDLE\r\n<end>" PLUS "DONE\r\n<end>" DONE_A "b NOOP\r\n<end>", 2},
    {"a idle\r\n" PLUS "done\n", "a idle\r\n<end>" PLUS "done\n<end>", 1},
    {"a IDLE\r\n" PLUS "DONE\nb NOOP\r\n", "a IDLE\r\n<end>" PLUS "DONE\n<end>b NOOP\r\n<end>", 2},
    {"a IDLE\r\n" PLUS "x\r\nDONE\r\nb LOGOUT\r\n",
     "a IDLE\r\n<end>" PLUS "x\r\n<end>DONE\r\n<end>b LOGOUT\r\n<logout>", 2},
    {"a IDLE\r\n" PLUS "DONE \r\nNOOP\r\n", "a IDLE\r\n<end>" PLUS "DONE \r\n<end>NOOP\r\n<end>", 1},
    {"a IDLE\r\n" PLUS "b X {3+}\r\n" DONE_A "c NOOP\r\n",
     "a IDLE\r\n<end>" PLUS "b X {3+}\r\n<end>" DONE_A "c NOOP\r\n<end>", 2},
    {"a IDLE\r\n" DONE_A "b NOOP\r\n", "a IDLE\r\n<end>" DONE_A "b NOOP\r\n<end>", 2},
    {"a IDLE\r\nDONE\r\n" PLUS DONE_A "b NOOP\r\n",
     "a IDLE\r\n<end>DONE\r\n<end>" PLUS DONE_A "b NOOP\r\n<end>", 2},
    {"a IDLE\r\n" PLUS "DO" DONE_A "NE\r\nb NOOP\r\n",
     "a IDLE\r\n<end>" PLUS "DO" DONE_A "NE\r\n<end>b NOOP\r\n<end>", 2},
    {"a IDLE\r\n" PLUS "x" DONE_A "y\r\nb NOOP\r\n",
     "a IDLE\r\n<end>" PLUS "x" DONE_A "y\r\n<end>b NOOP\r\n<end>", 2},
    {"a IDLE\r\n" PLUS "x" DONE_A "5}\r\nb NOOP\r\n",
     "a IDLE\r\n<end>" PLUS "x" DONE_A "5}\r\n<end>b NOOP\r\n<end>", 2},
    {"a IDLE {5\n" PLUS "x" DONE_A "}\r\nb NOOP\r\n",
     "a IDLE {5\n<end>" PLUS "x" DONE_A "}\r\n<end>b NOOP\r\n<end>", 2},
    {"a NOOP\r\na" DONE_A "b IDLE\r\n" PLUS "DONE\r\n",
     "a NOOP\r\n<end>a" DONE_A "b IDLE\r\n<end>" PLUS "DONE\r\n<end>", 2},
    {"a IDLE\r\n" PLUS PLUS, "a IDLE\r\n<end>" PLUS NOBODY, 1},
    {"a IDLE {0}\r\n" PLUS "\r\n", "a IDLE {0}\r\n" PLUS "\r\n<end>", 1},
    {"a IDLE {1+}\r\n" DONE_A "x\r\nb NOOP\r\n", "a IDLE {1+}\r\n" DONE_A "x\r\n<end>b NOOP\r\n<end>", 2},
    {"a IDLE\r\n" PLUS "\nDONE\n", "a IDLE\r\n<end>" PLUS "\n<end>DONE\n<end>", 1},
    {"a IDLE\r\n" PLUS LONG "\r\nDONE\r\n", "a IDLE\r\n<end>" PLUS LONG "\r\n<end>DONE\r\n<end>", 1},
    {"a NOOP\r\na" DONE_A " IDLE\r\n", "a NOOP\r\n<end>a" DONE_A " IDLE\r\n<end>", 2},
    /* AUTHENTICATE */
    {"a AUTHENTICATE PLAIN\r\nAG" PLUS "E=\r\n", "a AUTHENTICATE PLAIN\r\nAG" PLUS "E=\r\n", 1},
    {"a AUTHENTICATE PLAIN\r\n" PLUS "AGE=\r\n" DONE_A "b NOOP\r\n",
     "a AUTHENTICATE PLAIN\r\n" PLUS "AGE=\r\n" DONE_A "b NOOP\r\n<end>", 2},
    {"a authenticate scram-sha-256 x\r\n" PLUS "{3}\r\n" PLUS "*\r\n",
     "a authenticate scram-sha-256 x\r\n" PLUS "{3}\r\n" PLUS "*\r\n", 1},
    {"a AUTHENTICATE XOAUTH2\r\nb NOOP\r\n", "a AUTHENTICATE XOAUTH2\r\nb NOOP\r\n", 1},
    {"a AUTHENTICATE GSSAPI\r\n", "a AUTHENTICATE GSSAPI\r\n<secure>", 1},
    {"a AUTHENTICATE GSSAPI\r\n" PLUS "YIIB\r\n" PLUS "YIIC\r\n",
     "a AUTHENTICATE GSSAPI\r\n<secure>" PLUS "YIIB\r\n" PLUS "YIIC\r\n", 1},
    {"a LOGIN PLAIN x\r\nb NOOP\r\n", "a LOGIN PLAIN x\r\n<end>b NOOP\r\n<end>", 2},
    {"a AUTHENTICATE DIGEST-MD5\r\n", "a AUTHENTICATE DIGEST-MD5\r\n<secure>", 1},
    {"a AUTHENTICATE SCRAM\r\n", "a AUTHENTICATE SCRAM\r\n<secure>", 1},
    {"a AUTHENTICATE  GSSAPI\r\n", "a AUTHENTICATE  GSSAPI\r\n<secure>", 1},
    {"a AUTHENTICATE  PLAIN x\r\n", "a AUTHENTICATE  PLAIN x\r\n", 1},
    {"a AUTHENTICATE PLAIN\tx\r\n", "a AUTHENTICATE PLAIN\tx\r\n<secure>", 1},
    {"a AUTHENTICATE GSSAPI PLAIN\r\n", "a AUTHENTICATE GSSAPI PLAIN\r\n<secure>", 1},
    {"a AUTHENTICATE PLAINS\r\n", "a AUTHENTICATE PLAINS\r\n<secure>", 1},
    {"a AUTHENTICATE\r\n", "a AUTHENTICATE\r\n<secure>", 1},
    {"a AUTHENTICATE \"PLAIN\"\r\n", "a AUTHENTICATE \"PLAIN\"\r\n<secure>", 1},
    {"a AUTHENTICATE {5+}\r\nPLAIN\r\n", "a AUTHENTICATE {5+}\r\nPLAIN\r\n<secure>", 1},
    {"a AUTHENTICATE PLAIN\r\n" PLUS "\n" DONE_A "b NOOP\r\n",
     "a AUTHENTICATE PLAIN\r\n" PLUS "\n" DONE_A "b NOOP\r\n<end>", 2},
    {"a AUTHENTICATE PLAIN\r\n" PLUS "AG" DONE_A "E\r\nb NOOP\r\n",
     "a AUTHENTICATE PLAIN\r\n" PLUS "AG" DONE_A "E\r\n<end>b NOOP\r\n<end>", 2},
    /* ENABLE */
    {"a ENABLE X-SERVER-LOGOUT\r\n", "a ENABLE X-SERVER-LOGOUT\r\n<enable>", 1},
    {"a enable CONDSTORE x-server-logout QRESYNC\r\n",
     "a enable CONDSTORE x-server-logout QRESYNC\r\n<enable>", 1},
    {"a ENABLE CONDSTORE\r\n", "a ENABLE CONDSTORE\r\n<end>", 1},
    {"a ENABLE C X-SERVER-LOGOUT\r\n", "a ENABLE C X-SERVER-LOGOUT\r\n<enable>", 1},
    {"a ENABLE X-SERVER-LOGOUT\r\nb ENABLE CONDSTORE\r\n",
     "a ENABLE X-SERVER-LOGOUT\r\n<enable>b ENABLE CONDSTORE\r\n<end>", 2},
    {"a ENABLE X-SERVER-LOGOUTS\r\n", "a ENABLE X-SERVER-LOGOUTS\r\n<end>", 1},
    {"a ENABLE  X-SERVER-LOGOUT \r\n", "a ENABLE  X-SERVER-LOGOUT \r\n<enable>", 1},
    {"a ENABLE\r\n", "a ENABLE\r\n<end>", 1},
    {"a ENABLE {15+}\r\nX-SERVER-LOGOUT\r\n", "a ENABLE {15+}\r\nX-SERVER-LOGOUT\r\n<end>", 1},
    {"a ENABLE {5} \r\n", "a ENABLE {5} \r\n<end>", 1},
    /* the others */
    {"a STARTTLS\r\nb COMPRESS DEFLATE\r\n", "a STARTTLS\r\n<layer>b COMPRESS DEFLATE\r\n<layer>", 2},
    {"a UNAUTHENTICATE\r\nb LOGOUT\r\n", "a UNAUTHENTICATE\r\n<unauthenticate>b LOGOUT\r\n<logout>", 2},
    {"a LOGOUT {0+}\r\n\r\n", "a LOGOUT {0+}\r\n\r\n<logout>", 1},
    /* a `+` for nothing */
    {PLUS, NOBODY, 0},
    {"a NOOP\r\n" PLUS, "a NOOP\r\n<end>" NOBODY, 1},
    {"a NOOP" PLUS "\r\n", "a NOOP" NOBODY "\r\n<end>", 1},
    {"a X {3+}\r\nab" PLUS, "a X {3+}\r\nab" NOBODY, 1},
};

static const char *name_of(const struct slo_imap_client *scan)
{
    static const char *const commands[] = {
        [SLO_COMMAND_SECURE] = "<secure>",
        [SLO_COMMAND_ENABLE] = "<enable>",
        [SLO_COMMAND_LAYER] = "<layer>",
        [SLO_COMMAND_UNAUTHENTICATE] = "<unauthenticate>",
    };
    static const char *const events[] = {
        [SLO_CLIENT_NOTHING] = "",
        [SLO_CLIENT_LOGOUT] = "<logout>",
        [SLO_CLIENT_LINE_END] = "<end>",
        [SLO_CLIENT_NOT_UNDERSTOOD] = "<lost>",
    };

    return scan->event == SLO_CLIENT_COMMAND ? commands[scan->command] : events[scan->event];
}

static void feed_octets(struct slo_imap_client *scan, struct trace *trace, const char *bytes, size_t len,
                        int stops)
{
    char *piece = exact_copy(bytes, len);
    size_t used = 0;

    while (used < len) {
        const size_t n = slo_imap_client_feed(scan, piece + used, len - used, stops);
        trace_octets(trace, piece + used, n);
        trace_text(trace, name_of(scan));
        assert_true(n > 0 || scan->event != SLO_CLIENT_NOTHING);
        used += n;
    }
    exact_free(piece);
}

static void feed_server(struct slo_imap_client *scan, struct trace *trace, char what)
{
    struct slo_token tag = {1, "a"};

    trace_octets(trace, &what, 1);
    if (what == *DONE_A)
        slo_imap_client_complete(scan, &tag);
    else if (!slo_imap_client_continue(scan))
        trace_text(trace, "<odd>");
}

static void feed(struct slo_imap_client *scan, struct trace *trace, const char *bytes, size_t len, int stops)
{
    while (len > 0) {
        size_t n = 0;
        while (n < len && bytes[n] != *PLUS && bytes[n] != *DONE_A)
            n++;
        feed_octets(scan, trace, bytes, n, stops);
        if (n < len)
            feed_server(scan, trace, bytes[n++]);
        bytes += n;
        len -= n;
    }
}

static void check(const struct row *row, size_t first, size_t step, int stops)
{
    struct slo_imap_client scan;
    struct trace trace = {{0}, 0};
    char expected[sizeof trace.text];
    const size_t len = strlen(row->input);
    size_t at;

    slo_imap_client_init(&scan);
    feed(&scan, &trace, row->input, first, stops);
    for (at = first; at < len; at += step)
        feed(&scan, &trace, row->input + at, len - at < step ? len - at : step, stops);
    strcpy(expected, row->expected);
    if (!stops)
        trace_without(expected, "<end>");
    assert_string_equal(trace.text, expected);
    assert_int_equal(scan.commands, row->commands);
}

static void commands_in_all_two_way_splits(void **state)
{
    size_t i, at;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        for (at = 0; at <= strlen(rows[i].input); at++) {
            check(&rows[i], at, 1000, 1);
            check(&rows[i], at, 1000, 0);
        }
}

static void commands_byte_by_byte(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        check(&rows[i], 0, 1, 1);
        check(&rows[i], 0, 1, 0);
    }
}

/* Each by its name, since each may be the one that a client uses. */
static void mechanisms_that_start_no_security_layer(void **state)
{
    static const char *const mechanisms[] = {"PLAIN",    "LOGIN",       "EXTERNAL", "ANONYMOUS",
                                             "CRAM-MD5", "OAUTHBEARER", "XOAUTH2",  "SCRAM-SHA-256",
                                             "plain",    "Login"};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(mechanisms); i++) {
        char line[60];
        const struct row row = {line, line, 1};
        size_t at;
        snprintf(line, sizeof line, "a AUTHENTICATE %s\r\nb NOOP\r\n", mechanisms[i]);
        for (at = 0; at <= strlen(line); at++)
            check(&row, at, 1000, 1);
    }
}

/* ---- where it stands ---- */

enum { AT_LINE = 1, IDLES = 2, WAITS = 4, WHOLE = 8 };

struct place {
    const char *input;
    int where;
};

static const struct place places[] = {
    {"", AT_LINE | WHOLE},
    {"a", 0},
    {"a NOOP\r", 0},
    {"a NOOP\r\n", AT_LINE | WHOLE},
    {"a X {2}\r", 0},
    {"a X {2}\r\n", WAITS},
    {"a X {2}\r\n" PLUS, 0},
    {"a X {2}\r\n" PLUS "ab", 0},
    {"a X {2}\r\n" DONE_A, AT_LINE | WHOLE},
    {"a X {2+}\r\n", 0},
    {"a IDLE\r\n", AT_LINE},
    {"a IDLE\r\n" PLUS, AT_LINE | IDLES},
    {"a IDLE\r\n" PLUS "D", IDLES},
    {"a IDLE\r\n" PLUS "DONE\r\n", AT_LINE | WHOLE},
    {"a IDLE\r\nDONE\r\n", AT_LINE},
    {"a IDLE\r\n" PLUS DONE_A, AT_LINE | WHOLE},
    {"a IDLE\r\n" DONE_A, AT_LINE | WHOLE},
    {"a AUTHENTICATE PLAIN\r\n", WAITS},
    {"a AUTHENTICATE PLAIN\r\n" PLUS "ab", WAITS},
    {"a AUTHENTICATE PLAIN\r\n" PLUS "ab\r\n", WAITS},
    {"a AUTHENTICATE PLAIN\r\n" PLUS "ab\r\n" DONE_A, AT_LINE | WHOLE},
};

static int where(const struct slo_imap_client *scan)
{
    return (slo_imap_client_at_line(scan) ? AT_LINE : 0) | (slo_imap_client_idles(scan) ? IDLES : 0) |
           (slo_imap_client_waits(scan) ? WAITS : 0) | (slo_imap_client_whole(scan) ? WHOLE : 0);
}

static void where_it_stands(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(places); i++) {
        struct slo_imap_client scan;
        struct trace trace = {{0}, 0};
        slo_imap_client_init(&scan);
        feed(&scan, &trace, places[i].input, strlen(places[i].input), 0);
        if (where(&scan) != places[i].where)
            fail_msg("\"%s\": %d", places[i].input, where(&scan));
    }
}

/* ---- octets that are in no table ---- */

/* In pieces of at most `step` octets. */
static int is_lost_in_pieces(const char *bytes, size_t len, size_t step)
{
    struct slo_imap_client scan;
    int lost = 0;

    slo_imap_client_init(&scan);
    while (len > 0) {
        const size_t n = len < step ? len : step;
        char *piece = exact_copy(bytes, n);
        const size_t used = slo_imap_client_feed(&scan, piece, n, 0);
        exact_free(piece);
        slo_imap_client_continue(&scan);
        lost |= scan.event == SLO_CLIENT_NOT_UNDERSTOOD;
        bytes += used;
        len -= used;
    }
    return lost;
}

static int is_lost(const char *bytes, size_t len)
{
    const int lost = is_lost_in_pieces(bytes, len, len);

    assert_int_equal(is_lost_in_pieces(bytes, len, 1), lost);
    return lost;
}

static void zero_octets(void **state)
{
    (void)state;
    assert_true(is_lost("\0\r\n", 3));
    assert_true(is_lost("a\0\r\n", 4));
    assert_true(is_lost("a NO\0\r\n", 7));
    assert_true(is_lost("a1 NOOP x\0\r\n", 12));
    assert_true(is_lost("a ENABLE \0\r\n", 12));
    assert_true(is_lost("a IDLE\r\nD\0\r\n", 12));
    assert_true(is_lost("a AUTHENTICATE PLAIN\r\nD\0\r\n", 26));
    assert_false(is_lost("a X {1+}\r\n\0\r\n", 13));
}

static void tags_and_names_up_to_the_limit(void **state)
{
    char line[SLO_TOKEN_MAX + 20];

    (void)state;
    memset(line, 'a', sizeof line);
    memcpy(line + SLO_TOKEN_MAX, " X\r\n", 4);
    assert_false(is_lost(line, SLO_TOKEN_MAX + 4));
    memcpy(line + SLO_TOKEN_MAX, "a X\r\n", 5);
    assert_true(is_lost(line, SLO_TOKEN_MAX + 5));
    assert_true(is_lost(line, SLO_TOKEN_MAX + 1));
    assert_false(is_lost(line, SLO_TOKEN_MAX));
    memset(line, 'X', sizeof line);
    memcpy(line, "a ", 2);
    memcpy(line + 2 + SLO_TOKEN_MAX, "\r\n", 2);
    assert_false(is_lost(line, SLO_TOKEN_MAX + 4));
    memcpy(line + 2 + SLO_TOKEN_MAX, "X\r\n", 3);
    assert_true(is_lost(line, SLO_TOKEN_MAX + 5));
    assert_true(is_lost(line, SLO_TOKEN_MAX + 3));
    assert_false(is_lost(line, SLO_TOKEN_MAX + 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_in_all_two_way_splits),
        cmocka_unit_test(commands_byte_by_byte),
        cmocka_unit_test(mechanisms_that_start_no_security_layer),
        cmocka_unit_test(where_it_stands),
        cmocka_unit_test(zero_octets),
        cmocka_unit_test(tags_and_names_up_to_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "support/exact.h"
#include "support/trace.h"
#include "imap_client.h"

/* The octets of the client, with the events at their places: `|` is LINE_END; <logout>, <limit>, <lost> and
 * <step> are the other events. The responses of the server are between the octets:
 *   <+>     a `+`; <+!> if no command waits for it
 *   <OK x>  the tagged response to x, with the kind of the command if its OK matters; <OK x!> if the commands in flight
 *           are not known
 *   <NO x>  the same for NO */
#define FOUR(x) x x x x
#define LONG    FOUR(FOUR(FOUR(FOUR("x")))) /* 256 octets */

static const char *const rows[] = {
    "a NOOP\r\n|",
    "a NOOP\n|",
    "a1 NOOP\r\n|a2 CHECK\r\n|a3 UID FETCH 1 FLAGS\r\n|",
    "a _x\r\n|",
    "a X+Y-Z.1\r\n|",
    "a 5} x\r\n|b NOOP\r\n|",
    "a IDLEX\r\n|b ENABLED X-SERVER-LOGOUT\r\n|",
    "a NOOP \r\n|b NOOP  x\r\n|",
    LONG " ENABLE " LONG " {1+}\r\ny" LONG "\r\n|",
    /* lines that get no tagged response */
    "\r\n|\n|",
    "* BYE bye\r\n|* bye\r\n|*\r\n|*\n|",
    /* an odd line does not count, even if a server might run it */
    "+ x\r\n| a NOOP\r\n|",
    "\r NOOP\r\n|\r\r\n|",
    "\ta STARTTLS\r\n|a\tSTARTTLS\r\n|",
    "a(b NOOP\r\n|** BYE\r\n|a\r\n|a\n|",
    "DONE\r\n|*x\r\n|*5}\r\n|*  x\r\n|*  BYE {3}\r\n|",
    "* BYEBYE {3}\r\n<lost>",
    "a X {5\n|*}\r\n|",
    "{3}\r\n<lost>",
    "* {3+}\r\n<lost>",
    "*{3}\r\n<lost>",
    "*BYE {3}\r\n<lost>",
    "x{3}\r\n<lost>",
    "(a X {3}\r\n<lost>",
    "(a X {3}x\r\n<lost>",
    /* the name as a lenient server reads it; if it is not an atom, the OK matters */
    "a \r\n|b \n|<NO b unreadable><OK a unreadable>",
    "a \rSTARTTLS\r\n|<OK a unreadable>",
    "a  STARTTLS\r\n|<OK a layer>",
    "a \tSTARTTLS\r\n|<OK a unreadable>",
    "a STARTTLS\t\r\n|<OK a unreadable>",
    "a \"STARTTLS\"\r\n|<OK a unreadable>",
    "a NOOP]\r\n|<OK a unreadable>",
    "a X{1}\r\n<+>y\r\n|<OK a unreadable>",
    "a {8+}\r\n<lost>",
    "a X{1+}\r\n<lost>",
    "a " LONG "\r\n|<OK a>",
    /* literals that wait for a `+` */
    "a APPEND x {3}\r\n<+>abc\r\n|",
    "a APPEND x ~{3}\r\n<+>b X\r\n|",
    "a LOGIN {1}\r\n<+>u {0}\r\n<+>\r\n|",
    "a APPEND x {3}\r\n<OK a>b NOOP\r\n|",
    "a APPEND x {3}\r\n<OK a>b X\n|c NOOP\r\n|",
    "a X {1}\r\n<+>y\n|b NOOP\r\n|",
    "a X {1}\r\n<+>y5}\r\n|b NOOP\r\n|",
    "a APPEND x {3}\r\na<lost>",
    "a APPEND x {3}\r\n<+>ab<OK a>c\r\n|b NOOP\r\n|",
    "a X {1}\r\n<+>\n\r\n|b NOOP\r\n|",
    /* literals that do not wait */
    "a APPEND x {3+}\r\nabc\r\n|",
    "a APPEND x ~{3+}\r\n\r\n\n\r\n|",
    "a LOGIN {1+}\r\nu {0+}\r\n\r\n|",
    "a APPEND x {3+}\nabc\n|",
    "a APPEND x {3+}\r\n<OK a>abc\r\n|b NOOP\r\n|",
    "a APPEND x {3+}\r\nabc {1}\r\n<+>d\r\n|",
    "a X {9223372036854775808+}\r\n<lost>",
    "a X {9223372036854775808}\r\n<OK a>b NOOP\r\n|",
    "a X {9223372036854775808}\r\n<+>x<lost>",
    "a X<NO a> {3}\r\n|b NOOP\r\n|",
    "a X {1+}\r\ny5}\r\n|b NOOP\r\n|",
    /* where a server may find another literal, or none; see test_imap_lex.c for the places */
    "a SELECT x{5+}\r\n<lost>",
    "a SEARCH SUBJECT \" {12+}\r\n<lost>",
    "a ENABLE x{5+}\r\n<lost>",
    "a X {1+}\r\ny{1+}\r\n<lost>",
    "a X " LONG " {1+}\r\ny\r\n|",
    "a SELECT {5} \r\n<lost>",
    "a X {5}\r\r\n<lost>",
    "a X \"{5} x\" {1+}\r\ny\r\n|",
    "a X x{5}\r\n<+>hello\r\n|",
    "a X (\"x\" {1+}\r\ny {1+}\r\nz)\r\n|",
    /* a `+` before the end of the line */
    "a LOGIN {1}<+>\r\nu {2}\r<+>\npw\r\n|",
    "a {3}<+>\r\nabc\r\n|<OK a unreadable>",
    "a ENABLE {1}<+>\r\nx\r\n|",
    "a AUTHENTICATE {5}<+>\r\nPLAIN\r\n|<OK a auth-layer>",
    "a IDLE\r<+>\n|DONE\r\n|<OK a>",
    "i IDLE\r\n|DONE\r\n|a X {3}<+><+>\r\nabc\r\n|",
    "a X {9223372036854775808}<+>\r\nx<lost>",
    "a X {3}<+><+!>",
    "a X {3}<+> \r\n<step>",
    "a X \"{3}<+>\"\r\n<step>",
    "a X {3}<+><NO a>\r\n<step>",
    "a IDLE\r<+><NO a>\n<step>",
    "a X {3+}<+!>",
    "a X {3} <+!>",
    "a NOOP\r<+!>",
    "a IDLE<+!>",
    "a IDLE <+!>",
    "a IDLE\r\n|<OK a>\r<+!>",
    "a X {3}\r\n<OK a>{3}<+!>",
    /* an OK before the end of the line, or of the literal */
    "a N<OK a!>",
    "a NOOP\r<OK a>\n|b NOOP\r\n|",
    "a X {3+}\r<OK a!>",
    "a NOOP\r<NO a>\n|b NOOP\r\n|",
    "a ENABLE X-SERVER-LOGOUT <OK a enable>\r\n|b NOOP\r\n|",
    "a X {3+}\r\nabc<OK a>\r\n|b NOOP\r\n|",
    "a STARTTLS\r<OK a layer>",
    "a COMPRESS DEFLATE<OK a layer>",
    "a STARTTLS {5+}\r\nab<OK a layer>",
    "a UNAUTHENTICATE {1}\r\n<+><OK a unauthenticate>",
    "a LOGOUT\r<OK a>\n<logout>",
    "a NOOP\r\n|* BY<OK a>E {3}\r\n|",
    "a NOOP\r\n|b X\r<OK a>\n|",
    /* IDLE */
    "a IDLE\r\n|<+>DONE\r\n|<OK a>b NOOP\r\n|",
    "a idle\r\n|<+>done\n|",
    "a IDLE\r\n|<+>DONE\n|b NOOP\r\n|",
    "a IDLE\r\n|<+>\r\n|DONE\r\n|b LOGOUT\r\n<logout>",
    "a IDLE\r\n|<+>\r\n|b NOOP\r\n|",
    "a IDLE\r\n|\n|b X {3}\r\n<+><NO a><+>abc\r\n|",
    "a IDLE\r\n|<+>DONE \r\n<lost>",
    "a IDLE\r\n|<+>b X {3+}\r\n<lost>",
    "a IDLE\r\n|<OK a>b NOOP\r\n|",
    "a IDLE\r\n|DONE\r\n|<+><OK a>b NOOP\r\n|",
    "a IDLE\r\n|<+>DO<OK a>NE\r\n|b NOOP\r\n|",
    "a IDLE\r\n|<+>5<OK a>}\r\n|b NOOP\r\n|",
    "a IDLE\r\n|<+>x<OK a>5}\r\n|b NOOP\r\n|",
    "a IDLE {5\n|<+>}<OK a>\r\n|b NOOP\r\n|",
    "a NOOP\r\n|a<OK a>b IDLE\r\n|<+>DONE\r\n|",
    "a IDLE\r\n|<+><+!>",
    "a IDLE {0}\r\n<+>\r\n|",
    "a IDLE {1+}\r\n<OK a>x\r\n|b NOOP\r\n|",
    "a IDLE\r\n|<+>\n|DONE\n|",
    "a IDLE\r\n|<+>" LONG "\r\n<lost>",
    "a NOOP\r\n|a<OK a> IDLE\r\n|",
    "i IDLE\r\n|DONE\r\n|j IDLE\r\n|<+><OK i><+>\r\n|DONE\r\n|<OK j>",
    "i IDLE\r\n|DONE\r\n|j IDLE\r\n|DONE\r\n|a X {3}\r\n<+><OK i><+><OK j><+>abc\r\n|",
    "i IDLE\r\n|DONE\r\n|a X {3}\r\n<OK i><+>abc\r\n|",
    "i IDLE\r\n|\r\n|\n|<OK i>",
    "i IDLE\r\n|x\r\n<lost>",
    "a STARTTLS\r\n|i IDLE\r\n|<+>DONE\r\n|",
    "a IDLE\r\n|DO<+>NE\r\n|b NOOP\r\n|",
    FOUR("i IDLE\r\n|<+>DONE\r\n|") FOUR("i IDLE\r\n|<+>DONE\r\n|") "i IDLE\r\n|",
    FOUR("i IDLE\r\n|DONE\r\n|<+>") FOUR("i IDLE\r\n|DONE\r\n|<+>") "i IDLE\r\n|",
    /* AUTHENTICATE has one line for each `+`, and the line may precede the `+` */
    "a AUTHENTICATE PLAIN\r\n|AG<+>E=\r\n|b NOOP\r\n|",
    "a AUTHENTICATE PLAIN\r\n|<+>AGE=\r\n|<OK a>b NOOP\r\n|",
    "a authenticate scram-sha-256 x\r\n|<+>{3}\r\n|<+>*\r\n|<+><+>b X {3+}\r\n|c X {3+}\r\n|",
    "a AUTHENTICATE PLAIN\r\n|AGE=\r\n|<+>b NOOP\r\n|",
    "a AUTHENTICATE PLAIN\r\n|<+><OK a>b AUTHENTICATE PLAIN x\r\n|c X {3+}\r\nabc\r\n|",
    "a AUTHENTICATE PLAIN\r\n|\r\n|*\r\n|* BYE\r\n|<+><+><+><OK a>",
    "a AUTHENTICATE PLAIN\r\n|* BY<+>E {3+}\r\n|<OK a>b NOOP\r\n|",
    "a AUTHENTICATE PLAIN\r\n|A\r\n|B<+>C<+>D\r\n|b NOOP\r\n|",
    "a AUTHENTICATE PLAIN\r\n|A\r\n|(B<+>C {3}\r\n<lost>",
    "a AUTHENTICATE PLAIN\r\n|(A<+>B {3}\r\n|<+>b X {3+}\r\n|c X {3+}\r\nabc\r\n|",
    "a X {5}\r\n<OK a>b ENABLE x\r\n|c AUTHENTICATE PLAIN\r\n|",
    "a AUTHENTICATE PLAIN\r\n|<+>A<+>B\r\n|b X {9+}\r\n|c NOOP\r\n|",
    "a AUTHENTICATE PLAIN\r\n|AGE= {3}\r\n<+!>",
    "a AUTHENTICATE PLAIN\r\n|(AGE= {3}\r\n<lost>",
    "a AUTHENTICATE PLAIN\r\n|<+>AG<OK a>E {3}\r\n<lost>",
    "a AUTHENTICATE PLAIN\r\n|<+>AG<OK a>E\r\n|b NOOP\r\n|",
    /* unless a command precedes it */
    "a AUTHENTICATE PLAIN x\r\n|b NOOP\r\n|<OK a><OK b>",
    "a AUTHENTICATE PLAIN x\r\n|b N<+!>OOP\r\n|",
    "a AUTHENTICATE PLAIN x\r\n|b APPEND x {3}\r\n<OK a><+>abc\r\n|",
    "a AUTHENTICATE PLAIN x\r\n|b AUTHENTICATE PLAIN\r\n|<OK a><+>\r\n|",
    "a AUTHENTICATE PLAIN x\r\n|b AUTHENTICATE PLAIN\r\n|<+!>",
    "a AUTHENTICATE PLAIN\r\n|A\r\n|b NOOP\r\n|<+><+!>",
    "a AUTHENTICATE PLAIN {3}\r\n<+>abc\r\n|<+>\n|b NOOP\r\n|",
    /* the mechanism may start a security layer */
    "a AUTHENTICATE GSSAPI\r\n|<+>YIIB\r\n|<+>YIIC\r\n|<OK a auth-layer>",
    "a AUTHENTICATE SCRAM\r\n|<OK a auth-layer>",
    "a AUTHENTICATE  GSSAPI\r\n|<OK a auth-layer>",
    "a AUTHENTICATE  PLAIN x\r\n|<OK a>",
    "a AUTHENTICATE PLAIN\tx\r\n|<OK a auth-layer>",
    "a AUTHENTICATE GSSAPI PLAIN\r\n|<OK a auth-layer>",
    "a AUTHENTICATE PLAINS\r\n|<OK a auth-layer>",
    "a AUTHENTICATE\r\n|<OK a auth-layer>",
    "a AUTHENTICATE \"PLAIN\"\r\n|<OK a auth-layer>",
    "a AUTHENTICATE {5+}\r\nPLAIN\r\n|<OK a auth-layer>",
    "a LOGIN PLAIN x\r\n|<+!><OK a>",
    /* ENABLE */
    "a ENABLE X-SERVER-LOGOUT\r\n|<OK a enable>",
    "a enable CONDSTORE x-server-logout QRESYNC\r\n|<OK a enable>",
    "a ENABLE CONDSTORE\r\n|<OK a>",
    "a ENABLE X-SERVER-LOGOUT\r\n|b ENABLE CONDSTORE\r\n|<OK b><OK a enable>",
    "a ENABLE X-SERVER-LOGOUTS\r\n|<OK a>",
    "a ENABLE X-SERVER-LOGOUT" LONG "\r\n|<OK a>",
    "a ENABLE  x X-SERVER-LOGOUT \r\n|<OK a enable>",
    "a ENABLE\r\n|<OK a>",
    "a ENABLE {15+}\r\nX-SERVER-LOGOUT\r\n|<OK a>",
    "a ENABLE {5} \r\n<lost>",
    "a ENABLE X-SERVER-LOGOUT {1}\r\n<OK a enable>b NOOP\r\n|",
    /* other commands */
    "a STARTTLS\r\n|b COMPRESS DEFLATE\r\n|<OK b layer><OK a layer>",
    "a COMPRESS {7}\r\n<OK a layer>",
    "a UNAUTHENTICATE\r\n|b LOGOUT\r\n<logout><OK b><OK a unauthenticate>",
    "a LOGOUT {0+}\r\n\r\n<logout>",
    "a STARTTLS<NO a>\r\n|b LOGOUT\r\n<logout>",
    /* two commands with the same tag: the response answers the older one */
    "a UNAUTHENTICATE\r\n|a ENABLE X-SERVER-LOGOUT\r\n|<OK a unauthenticate><OK a enable>",
    "a ENABLE X-SERVER-LOGOUT\r\n|a X {2}\r\n<OK a enable><+!>",
    /* a response to no command, and a `+` for no command */
    "a NOOP\r\n|<NO b><OK a><NO a>",
    "a NOOP\r\n|<OK b!>",
    "a NOOP\r\n|<OK a><OK a!>",
    " a STARTTLS\r\n|<OK a!>",
    /* a line of one octet in IDLE is not an empty line */
    "a IDLE\r\n|<+>x\n<lost>",
    "a IDLE\r\n|<+>\n|\r\n|DONE\n|",
    "<+!>",
    "a NOOP\r\n|<+!>",
    "a NOOP<+!>\r\n|",
    "a X {3+}\r\nab<+!>",
    /* at most eight commands may be in the queue */
    FOUR("a STARTTLS\r\n|") FOUR("b STARTTLS\r\n|") "<OK a layer>",
    FOUR("a STARTTLS\r\n|") FOUR("b STARTTLS\r\n|") "i NOOP\r\n|i X {3}\r\n<limit>",
};

#define LONGEST 900

static const char *const events[] = {
    [SLO_CLIENT_NOTHING] = "",       [SLO_CLIENT_LOGOUT] = "<logout>",       [SLO_CLIENT_LINE_END] = "|",
    [SLO_CLIENT_LIMIT] = "<limit>", [SLO_CLIENT_NOT_UNDERSTOOD] = "<lost>",
    [SLO_CLIENT_OUT_OF_STEP] = "<step>",
};

static const char *const commands[] = {
    [SLO_COMMAND_ORDINARY] = "",           [SLO_COMMAND_LOGOUT] = "",
    [SLO_COMMAND_IDLE] = "",               [SLO_COMMAND_AUTHENTICATE] = "",
    [SLO_COMMAND_AUTH_LAYER] = " auth-layer", [SLO_COMMAND_ENABLE] = " enable",
    [SLO_COMMAND_LAYER] = " layer",        [SLO_COMMAND_UNAUTHENTICATE] = " unauthenticate",
    [SLO_COMMAND_UNREADABLE] = " unreadable",
};

struct listener {
    struct trace trace;
    int stops;
    struct slo_imap_client scan; /* last, so that sanitizers report accesses beyond its end */
};

static void feed(void *to, const char *piece, size_t len)
{
    struct listener *listener = to;
    size_t used = 0;

    while (used < len) {
        const size_t n = slo_imap_client_feed(&listener->scan, piece + used, len - used, listener->stops);
        trace_octets(&listener->trace, piece + used, n);
        trace_text(&listener->trace, events[listener->scan.event]);
        assert_true(n > 0 || listener->scan.event != SLO_CLIENT_NOTHING);
        used += n;
    }
}

/* Feeds the response of the server at `mark`, which is after its "<". */
static void hear(struct listener *listener, const char *mark)
{
    enum slo_client_command command = SLO_COMMAND_ORDINARY;
    struct slo_tag tag = {0, 0};
    const int is_ok = *mark == 'O';
    int is_clear;

    trace_octets(&listener->trace, mark - 1, *mark == '+' ? 2 : 5);
    if (*mark == '+') {
        is_clear = slo_imap_client_continue(&listener->scan);
    } else {
        slo_tag_take(&tag, mark + 3, 1);
        is_clear = slo_imap_client_complete(&listener->scan, tag.hash, is_ok, &command);
    }
    trace_text(&listener->trace, is_clear ? commands[command] : "!");
    trace_text(&listener->trace, ">");
}

/* Plays a row. The first piece of the client's octets has `first` octets, and each following piece `step` octets,
 * unless a response of the server interrupts the piece. */
static void play(struct listener *listener, const char *row, size_t first, size_t step)
{
    char octets[LONGEST];
    size_t len = 0;

    for (; *row; row++) {
        if (*row != '<' && *row != '|')
            octets[len++] = *row;
        if (*row == '<' && strchr("+ON", row[1])) {
            exact_feed(octets, len, first < len ? first : len, step, feed, listener);
            first -= first < len ? first : len;
            len = 0;
            hear(listener, row + 1);
        }
        if (*row == '<')
            row = strchr(row, '>');
    }
    exact_feed(octets, len, first < len ? first : len, step, feed, listener);
}

static void check(const void *row, size_t first, size_t step)
{
    char expected[LONGEST];
    int stops;

    for (stops = 0; stops <= 1; stops++) {
        struct listener listener = {.stops = stops};
        slo_imap_client_init(&listener.scan);
        play(&listener, row, first, step);
        strcpy(expected, row);
        if (!stops)
            trace_without(expected, "|");
        assert_string_equal(listener.trace.text, expected);
    }
}

static void test_commands_are_found_in_all_two_way_splits(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        exact_splits(rows[i], strlen(rows[i]), check);
}

/* Tests each mechanism by its name, because a client may use any of them. */
static void test_known_mechanisms_start_no_security_layer(void **state)
{
    static const char *const mechanisms[] = {"PLAIN",    "LOGIN",       "EXTERNAL", "ANONYMOUS",
                                             "CRAM-MD5", "OAUTHBEARER", "XOAUTH2",  "SCRAM-SHA-256",
                                             "plain",    "Login"};
    char row[60];
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(mechanisms); i++) {
        snprintf(row, sizeof row, "a AUTHENTICATE %s\r\n|<OK a>", mechanisms[i]);
        exact_splits(row, 0, check);
    }
}

/* ---- the place in the stream ---- */

enum { AT_LINE = 1, AT_REST = 2, WAITS = 4 };

static const struct {
    const char *row;
    int where;
} places[] = {
    {"", AT_LINE | AT_REST},
    {"a", 0},
    {"a NOOP\r", 0},
    {"a NOOP\r\n", AT_LINE},
    {"a NOOP\r\n<OK a>", AT_LINE | AT_REST},
    {"a NOOP\r\n<OK a>b", 0},
    {"a X {2}\r", 0},
    {"a X {2}\r\n", WAITS},
    {"a X {2}\r\n<+>", 0},
    {"a X {2}\r\n<+>ab", 0},
    {"a X {2}\r\n<OK a>", AT_LINE | AT_REST},
    {"a X {2+}\r\n", 0},
    {"a IDLE\r\n", AT_LINE},
    {"a IDLE\r<+>", 0},
    {"a IDLE\r<+>\n", AT_LINE | AT_REST},
    {"a IDLE\r\n<+>", AT_LINE | AT_REST},
    {"a IDLE\r\n<+>D", 0},
    {"a IDLE\r\n<+>\r\n", AT_LINE},
    {"a IDLE\r\n<+>\r\nDONE\r\n<OK a>", AT_LINE | AT_REST},
    {"a IDLE\r\n<+>DONE\r\n", AT_LINE},
    {"a IDLE\r\nDONE\r\n<+>", AT_LINE},
    {"a IDLE\r\n<+><OK a>", AT_LINE | AT_REST},
    {"a IDLE\r\n<OK a>", AT_LINE | AT_REST},
    {"b NOOP\r\na IDLE\r\n<+>", AT_LINE},
    {"b NOOP\r\na IDLE\r\n<+><OK b>", AT_LINE | AT_REST},
    {"b IDLE\r\nDONE\r\na IDLE\r\n<+><OK b>", AT_LINE},
    {"a AUTHENTICATE PLAIN\r\n", AT_LINE | WAITS},
    {"a AUTHENTICATE PLAIN\r\n<+>", WAITS},
    {"a AUTHENTICATE PLAIN\r\n<+><OK a>", AT_LINE | AT_REST},
    {"a AUTHENTICATE PLAIN\r\n<+>ab", WAITS},
    {"a AUTHENTICATE PLAIN\r\n<+>ab\r\n", AT_LINE | WAITS},
    {"a AUTHENTICATE PLAIN\r\n<+>ab\r\n<OK a>", AT_LINE | AT_REST},
    {"a STARTTLS\r\n", AT_LINE | WAITS},
    {"a \"\"\r\n", AT_LINE | WAITS},
    {"a ENABLE X-SERVER-LOGOUT\r\nb STARTTLS\r\n", AT_LINE | WAITS},
    {"a ENABLE X-SERVER-LOGOUT\r\nb UNAUTHENTICATE\r\nc IDLE\r\n", AT_LINE},
};

static void test_the_place_in_the_stream_is_known(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(places); i++) {
        struct listener listener = {.stops = 0};
        const struct slo_imap_client *scan = &listener.scan;
        int where;
        slo_imap_client_init(&listener.scan);
        play(&listener, places[i].row, 0, 1);
        where = (slo_imap_client_at_line(scan) ? AT_LINE : 0) | (slo_imap_client_at_rest(scan) ? AT_REST : 0) |
                (slo_imap_client_waits(scan) ? WAITS : 0);
        if (where != places[i].where)
            fail_msg("\"%s\": %d", places[i].row, where);
    }
}

/* ---- octets that are in no table ---- */

static int is_lost(const char *bytes, size_t len, size_t step)
{
    struct slo_imap_client scan;
    size_t at;

    slo_imap_client_init(&scan);
    for (at = 0; at < len; at += step) {
        const size_t n = len - at < step ? len - at : step;
        char *piece = exact_copy(bytes + at, n);
        slo_imap_client_feed(&scan, piece, n, 0);
        exact_free(piece);
        if (scan.event == SLO_CLIENT_NOT_UNDERSTOOD)
            return 1;
        slo_imap_client_continue(&scan);
    }
    return 0;
}

/* In each line, `0` stands for NUL. */
static void test_a_nul_loses_the_stream(void **state)
{
    static const char *const lines[] = {
        "0",      "a0",         "a 0",          "a NO0",     "a  0", "a ENABLE 0", "a IDLE\r\nD0", "a AUTHENTICATE PLAIN\r\nD0",
        "* 0",    "*0",         "* BYE 0",      "a NOOP x0", "a X {1+}\r\nx0", "a AUTHENTICATE P0",
    };
    char line[64];
    size_t i, step;

    (void)state;
    for (i = 0; i < LENGTH(lines); i++)
        for (step = 1; step < 40; step++) {
            const size_t len = strlen(lines[i]);
            memcpy(line, lines[i], len + 1);
            *strchr(line, '0') = '\0';
            memcpy(line + len, "\r\n", 2);
            if (!is_lost(line, len + 2, step))
                fail_msg("%s", lines[i]);
        }
    for (step = 1; step < 13; step++)
        assert_false(is_lost("a X {1+}\r\n\0\r\n", 13, step));
}

/* The scanner of the server does not hold back longer tags. */
static void test_a_longer_tag_enables_nothing(void **state)
{
    static const char rest[] = " ENABLE X-SERVER-LOGOUT\r\n", logout[] = " LOGOUT\r\n";
    char line[300 + sizeof rest];
    size_t len;

    (void)state;
    memset(line, 'a', sizeof line);
    for (len = SLO_TAG_KNOWN; len <= 300; len++) {
        enum slo_client_command command;
        struct slo_imap_client scan;
        struct slo_tag tag = {0, 0};
        slo_tag_take(&tag, line, len);
        slo_imap_client_init(&scan);
        memcpy(line + len, rest, sizeof rest - 1);
        slo_imap_client_feed(&scan, line, len + sizeof rest - 1, 0);
        assert_true(slo_imap_client_complete(&scan, tag.hash, 1, &command) && slo_imap_client_at_rest(&scan));
        assert_int_equal(command, len == SLO_TAG_KNOWN ? SLO_COMMAND_ENABLE : SLO_COMMAND_ORDINARY);
        memcpy(line + len, logout, sizeof logout - 1);
        slo_imap_client_feed(&scan, line, len + sizeof logout - 1, 0);
        assert_int_equal(scan.event, SLO_CLIENT_LOGOUT);
        memset(line, 'a', sizeof line);
    }
}

/* For more than SLO_IN_FLIGHT_KNOWN commands. */
static void test_a_response_with_another_tag_is_found_in_the_sum(void **state)
{
    enum slo_client_command command;
    struct slo_imap_client scan;
    struct slo_tag a = {0, 0}, b = {0, 0};
    int i;

    (void)state;
    slo_tag_take(&a, "a", 1);
    slo_tag_take(&b, "b", 1);
    slo_imap_client_init(&scan);
    for (i = 0; i <= SLO_IN_FLIGHT_KNOWN; i++)
        slo_imap_client_feed(&scan, "a NOOP\r\n", 8, 0);
    for (i = 0; i < SLO_IN_FLIGHT_KNOWN; i++)
        assert_true(slo_imap_client_complete(&scan, a.hash, 1, &command));
    assert_false(slo_imap_client_complete(&scan, b.hash, 0, &command));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_are_found_in_all_two_way_splits),
        cmocka_unit_test(test_known_mechanisms_start_no_security_layer),
        cmocka_unit_test(test_the_place_in_the_stream_is_known),
        cmocka_unit_test(test_a_nul_loses_the_stream),
        cmocka_unit_test(test_a_longer_tag_enables_nothing),
        cmocka_unit_test(test_a_response_with_another_tag_is_found_in_the_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

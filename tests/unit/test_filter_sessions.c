/* SPDX-License-Identifier: BSD-2-Clause */
/* Recorded sessions through the filter. Wherever the octets are cut, only the marked octets change.
 * slogout_session_request() and slogout_session_force() at each position add a line only where the recording allows it.
 *
 * A recording has the notation of all tests: `C: ` at the beginning of a line begins octets of the client, and `S: `
 * octets of the server. There are marks between the octets. */
#include "support/test.h"
#include "support/filter_host.h"

/* The marks in a recording. They are not octets of the recording. */
#define REST         "\x1c"             /* The library may write any line here, because the connection is at rest. */
#define LINE         "\x1d"             /* The library may write only a last `* BYE` here. */
#define NO_LINE      "\x1e"             /* The library may write no line here. */
#define ADDED        "\x01"             /* The filter adds the capability here. */
#define HIDDEN(word) "\x02" word "\x02" /* The filter removes this word. */
#define ENABLED      "\x03"             /* The filter adds its ENABLED response here. */

#define CLIENT 'C'
#define SERVER 'S'

#define GREETING "S: * OK [CAPABILITY IMAP4rev1 ENABLE" ADDED "] hello {5}\r\n" REST
#define LOGIN                                                                                                \
    "C: a LOGIN u p\r\n"                                                                                     \
    "S: a OK [CAPABILITY IMAP4rev1 IDLE" HIDDEN(" COMPRESS=DEFLATE") " ENABLE" ADDED "] in\r\n" REST
#define ENABLING                                                                                             \
    "C: e ENABLE CONDSTORE X-SERVER-LOGOUT\r\n"                                                              \
    "S: * ENABLED CONDSTORE\r\n" LINE ENABLED "e OK done\r\n" REST

/* clang-format off: one line for each turn */

static const char fetch[] =
    GREETING LOGIN ENABLING
    "C: a4 SELECT INBOX\r\n"
    "S: * 3 EXISTS\r\n" LINE "* FLAGS (\\Seen)\r\n" LINE "* OK [UIDNEXT 4] {3}\r\n" LINE
       "a4 OK [READ-WRITE] done\r\n" REST
    "C: a5 FETCH 1:3 (FLAGS BODY[])\r\n"
    "S: * 1 FETCH (FLAGS (\\Seen) BODY[] {31}\r\nSubject: x\r\n\r\n* BYE\r\na5 OK x\r\n)\r\n" LINE
    "S: * 2 FETCH (BODY[] {0}\r\n)\r\n" LINE "* 3 FETCH (X {2}\r\n\n\n Y {3}\r\nSLP Z \"}\")\r\n" LINE
    "S: a5 OK Fetch {9}\r\n" REST
    "C: a6 LOGOUT\r\n"
    "S: * BYE Logging out\r\na6 OK done\r\n";

static const char append[] =
    GREETING LOGIN ENABLING
    "C: b1 APPEND x {13}\r\n" NO_LINE
    "S: * 4 EXISTS\r\n" NO_LINE "+ go\r\n" LINE
    "C: SLP.1 OK in\r\n\r\n"
    "S: b1 OK done\r\n" REST
    "C: b2 APPEND x {7+}\r\n* BYE\r\n\r\n"
    "S: b2 OK done\r\n" REST
    "C: b3 APPEND x {300}\r\n" NO_LINE
    "S: b3 NO [TOOBIG] no\r\n" REST
    "C: b4 APPEND x {11+}\r\n"
    "S: b4 NO [TRYCREATE] no\r\n" LINE
    "C: SLP.1 OK x\n\r\n" REST
    "C: b5 APPEND x CATENATE (TEXT ~{3}\r\n" NO_LINE
    "S: +\r\n" LINE
    "C: abc TEXT {0+}\r\n TEXT {2}\r\n" NO_LINE
    "S: + \r\n" LINE
    "C: \r\n)\r\n"
    "S: b5 OK done\r\n" REST;

static const char authenticate[] =
    GREETING
    "C: a AUTHENTICATE CRAM-MD5\r\n" NO_LINE
    "S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U+\r\n"
    "C: * BYE\r\n"
    "S: a NO cancelled\r\n" REST
    "C: b AUTHENTICATE PLAIN AHUAcA==\r\n" NO_LINE
    "S: * CAPABILITY IMAP4rev1 ENABLE" ADDED "\r\n" NO_LINE "b OK in\r\n" REST
    ENABLING
    "C: c NOOP\r\n"
    "S: c OK done\r\n" REST;

static const char secure[] =
    GREETING
    "C: a AUTHENTICATE GSSAPI\r\n" NO_LINE
    "S: + \r\n"
    "C: YIIB\r\n"
    "S: a BAD no\r\n" REST
    "C: b AUTHENTICATE GSSAPI YIIB\r\n" NO_LINE
    "S: b OK in\r\n"
    "C: c NOOP\r\n"
    "S: c OK done\r\n";

static const char idle[] =
    GREETING LOGIN ENABLING
    "C: i IDLE\r\n"
    "S: * 4 EXISTS\r\n" LINE "+ idling\r\n" REST
    "S: * 5 EXISTS\r\n" REST "* OK Still here\r\n" REST
    "C: DONE\r\n"
    "S: * 6 EXISTS\r\n" LINE "i OK done\r\n" REST
    "C: j IDLE\r\n"
    "S: j NO not now\r\n" REST
    "C: k IDLE\r\n"
    "S: + idling\r\n" REST
    "C: \r\n"
    "S: * 7 EXISTS\r\n" LINE
    "C: DONE\r\n"
    "S: k OK done\r\n" REST
    "C: l NOOP\r\n"
    "S: l OK done\r\n" REST;

static const char pipelined[] =
    GREETING LOGIN ENABLING
    "C: a NOOP\r\nb NOOP\r\nc FETCH 1 BODY[]\r\nd APPEND x {1+}\r\nx\r\ne IDLE\r\n"
    "S: a OK x\r\n" LINE "b NO x\r\n" LINE "* 1 FETCH (BODY[] {3}\r\n+ x)\r\n" LINE "c BAD x\r\n" LINE
       "d OK x\r\n" LINE "+ ok\r\n" REST
    "C: DONE\r\nf NOOP\r\n\r\n* NOPE\r\ng NOOP\r\n"
    "S: e OK x\r\n" LINE "f OK x\r\n" LINE "* BAD tag\r\n" LINE "g OK x\r\n" REST
    "C: \r\n" REST;

static const char starttls[] =
    GREETING
    "C: a STARTTLS\r\n" NO_LINE
    "S: a BAD no\r\n" REST
    "C: b STARTTLS\r\n" NO_LINE
    "S: b OK begin\r\n"
    "C: \x16\x15\r\n* BYE\r\n"
    "S: \x16\x15\r\n* OK\r\n* CAPABILITY ENABLE COMPRESS=DEFLATE\r\n";

static const char compress[] =
    GREETING LOGIN ENABLING
    "C: b COMPRESS DEFLATE\r\n" NO_LINE
    "S: * 5 EXISTS\r\n" NO_LINE "b OK active\r\n"
    "C: \n\n\n"
    "S: * CAPABILITY ENABLE\r\n\n\n";

static const char unauthenticate[] =
    GREETING LOGIN
    "C: u UNAUTHENTICATE\r\n"
    "S: u BAD no\r\n" REST
    "C: v UNAUTHENTICATE\r\n"
    "S: v OK out\r\n" REST
    "C: w ENABLE X-SERVER-LOGOUT\r\n"
    "S: w NO first log in\r\n" REST;

/* The OK to each of several commands in flight changes something, and the responses come in another order. */
static const char watched[] =
    GREETING LOGIN
    "C: e ENABLE X-SERVER-LOGOUT\r\nf NOOP\r\nc COMPRESS DEFLATE\r\n" NO_LINE
    "S: c NO not now\r\n" LINE "f OK done\r\n" LINE ENABLED "e OK done\r\n" REST
    "C: u UNAUTHENTICATE\r\ne ENABLE X-SERVER-LOGOUT\r\n"
    "S: * ENABLED X-SERVER-LOGOUT\r\n" LINE "u BAD no\r\n" LINE "e OK done\r\n" REST;

/* A server that has lost the tag sends an untagged BAD, and the command stays in flight. */
static const char untagged_bad[] =
    GREETING LOGIN
    "C: a NOOP\r\n"
    "S: * BAD Error in IMAP command\r\n" LINE
    "C: b NOOP\r\n"
    "S: b OK done\r\n" LINE
    "C: c IDLE\r\n"
    "S: + idling\r\n" LINE;

/* Some servers ignore the second SP, so TLS may begin here. */
static const char white_space[] =
    GREETING
    "C: a  STARTTLS\r\n" NO_LINE
    "S: a OK begin\r\n"
    "C: \x16\x15\r\n* BYE\r\n"
    "S: \x16\x15\r\n* OK\r\n* CAPABILITY ENABLE COMPRESS=DEFLATE\r\n";

/* Several commands in flight that wait for a `+`. */
static const char owed[] =
    GREETING LOGIN ENABLING
    "C: a IDLE\r\nDONE\r\nb IDLE\r\nDONE\r\nc APPEND x {3}\r\n" NO_LINE
    "S: + x\r\n" NO_LINE "a OK x\r\n" NO_LINE "b BAD x\r\n" NO_LINE "DONE BAD x\r\n" NO_LINE "+ x\r\n" LINE
    "C: abc\r\nd IDLE\r\n"
    "S: + x\r\n" LINE "c OK x\r\n" REST
    "C: DONE\r\ne AUTHENTICATE PLAIN eA==\r\n" NO_LINE "f NOOP\r\n"
    "S: d OK x\r\n" NO_LINE "e OK x\r\n" LINE "f OK x\r\n" REST;

/* Lines of both sides that the filter does not understand, a surplus response, and a literal in a command that the
 * server does not know. */
static const char odd[] =
    GREETING LOGIN ENABLING
    "S: \r\n" REST "hello\r\n" REST "5 EXISTS\r\n" REST "x NO x\r\n" REST "a BYE x\r\n" REST
    "C: \r\n" REST "DONE\r\n" REST
    "S: DONE BAD x\r\n" REST
    "C: i IDLE\r\n"
    "S: i + x\r\n" LINE "i OK x\r\n" REST
    "C: b XYZ {12+}\r\nfoo NOOP ab\r\nc  APPEND x {99999999999999999999}\r\n" NO_LINE
    "S: b BAD x\r\n" NO_LINE "foo NO x\r\n" NO_LINE "c NO x\r\n" REST;

/* The server uses slogout itself and asks first, so the filter does not ask. */
static const char slogout_server[] =
    "S: * OK [CAPABILITY IMAP4rev1 ENABLE X-SERVER-LOGOUT] hello\r\n" REST
    "C: e ENABLE X-SERVER-LOGOUT\r\n"
    "S: * ENABLED X-SERVER-LOGOUT\r\n" LINE "e OK done\r\n" REST
    "C: f NOOP\r\n"
    "S: f OK done\r\n" REST
    "S: SLO.1 LOGOUT\r\n"
    "C: * BYE\r\nSLO.1 OK bye\r\n";

/* clang-format on */

/* The last recording is played without a call. test_filter.c has two servers that ask. */
static const char *const sessions[] = {
    fetch,    append,         authenticate, secure,       idle,        pipelined,      starttls,
    compress, unauthenticate, watched,      untagged_bad, white_space, owed, odd, slogout_server,
};

/* ---- the recording, octet by octet ---- */

enum status { NOTHING_MAY_COME, A_LINE_MAY_COME, AT_REST };

#define OCTETS_MAX 2000

struct recording {
    size_t len;
    char from[OCTETS_MAX], octet[OCTETS_MAX];
    enum status status[OCTETS_MAX + 1]; /* before this octet */
    int enabled[OCTETS_MAX + 1];        /* before this octet */
    const char *added[OCTETS_MAX + 1];  /* before this octet, or NULL */
    int hidden[OCTETS_MAX];
};

static void add_octet(struct recording *recording, char from, char octet, int hidden)
{
    const size_t i = recording->len++;

    assert_true(recording->len <= OCTETS_MAX);
    recording->from[i] = from;
    recording->octet[i] = octet;
    recording->hidden[i] = hidden;
    recording->enabled[i + 1] = recording->enabled[i];
    recording->added[i + 1] = NULL;
    recording->status[i + 1] = from == SERVER ? NOTHING_MAY_COME : recording->status[i];
    if (from == CLIENT && recording->status[i] == AT_REST)
        recording->status[i + 1] = A_LINE_MAY_COME;
}

static void add_mark(struct recording *recording, char mark)
{
    const size_t i = recording->len;

    if (mark == *REST)
        recording->status[i] = AT_REST;
    if (mark == *LINE)
        recording->status[i] = A_LINE_MAY_COME;
    if (mark == *NO_LINE)
        recording->status[i] = NOTHING_MAY_COME;
    if (mark == *ADDED)
        recording->added[i] = " X-SERVER-LOGOUT";
    if (mark == *ENABLED)
        recording->added[i] = "* ENABLED X-SERVER-LOGOUT\r\n";
}

/* Returns 1 if the octets of the other side begin here. */
static int is_prefix(const struct recording *recording, const char *text)
{
    const size_t len = recording->len;

    return (len == 0 || recording->octet[len - 1] == '\n') &&
           (strncmp(text, "C: ", 3) == 0 || strncmp(text, "S: ", 3) == 0);
}

static void record(struct recording *recording, const char *text)
{
    int enabling = text == slogout_server;
    int hidden = 0;
    char from = 0;

    recording->len = 0;
    recording->status[0] = NOTHING_MAY_COME;
    recording->enabled[0] = 0;
    recording->added[0] = NULL;
    while (*text) {
        if (is_prefix(recording, text)) {
            from = *text;
            text += 3;
        }
        if (*text == *HIDDEN(""))
            hidden = !hidden;
        else if (!strchr(REST LINE NO_LINE ADDED ENABLED, *text))
            add_octet(recording, from, *text, hidden);
        else
            add_mark(recording, *text);
        enabling |= *text == *ENABLED;
        if (*text == *REST && enabling)
            recording->enabled[recording->len] = 1;
        text++;
    }
}

/* ---- the expected octets ---- */

/* Feeds the octets from..to in pieces of at most `step` octets, each from one side. */
static void feed(struct filter_host *host, const struct recording *recording, size_t from, size_t to, size_t step)
{
    host->step = step;
    while (from < to) {
        size_t n = 1;
        while (from + n < to && recording->from[from + n] == recording->from[from])
            n++;
        filter_host_feed(host, recording->from[from], recording->octet + from, n);
        from += n;
    }
}

/* Appends the octets that must reach one side before the position `end`, with the octets that the filter adds and
 * without the octets that it removes. */
static void expect(struct trace *trace, const struct recording *recording, char from, size_t begin, size_t end)
{
    size_t i;

    for (i = begin; i < end && i < recording->len; i++) {
        if (recording->from[i] != from)
            continue;
        if (recording->added[i] && from == SERVER)
            trace_text(trace, recording->added[i]);
        if (!recording->hidden[i])
            trace_octets(trace, recording->octet + i, 1);
    }
}

/* Returns the first position from `at` on with this status, or the position after the end. */
static size_t find(const struct recording *recording, size_t at, enum status status)
{
    while (at <= recording->len && recording->status[at] < status)
        at++;
    return at;
}

/* ---- a call at each position ---- */

enum deed { NOTHING, REQUEST, REQUEST_OF_ALL, FORCE, DEEDS };

static void do_deed(struct filter_host *host, enum deed deed)
{
    struct slogout_session *session = slogout_filter_session(host->filter);

    if (deed == REQUEST || deed == REQUEST_OF_ALL)
        slogout_session_request(session, NULL, 1000);
    if (deed == FORCE) {
        slogout_session_force(session, 1000);
        slogout_tick(host->slogout, 6000); /* the half of LEAVING in which the connection need not be at rest */
        host->now = 6000;
    }
}

/* After LOGOUT all octets pass, and after `* BYE` none of the server. Of the client, a line that has begun passes. */
static void check(const struct recording *recording, size_t position, size_t step, enum deed deed)
{
    static const enum status needed[] = {[NOTHING] = AT_REST + 1, AT_REST, AT_REST, A_LINE_MAY_COME};
    const size_t at = find(recording, position, needed[deed]);
    const int is_sent = at <= recording->len;
    const int is_asked = deed == REQUEST_OF_ALL || (deed == REQUEST && is_sent && recording->enabled[at]);
    const size_t end = is_sent && !is_asked ? at : recording->len;
    const size_t certain = deed == FORCE ? position : end;
    struct trace to_client = {{0}, 0}, to_server = {{0}, 0};
    struct filter_host host;

    filter_host_start(&host, deed == REQUEST_OF_ALL ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE);
    feed(&host, recording, 0, position, step);
    do_deed(&host, deed);
    feed(&host, recording, position, recording->len, step);
    expect(&to_client, recording, SERVER, 0, at);
    if (is_sent)
        trace_text(&to_client, is_asked ? "SLP.1 LOGOUT\r\n" : "* BYE Server is closing the connection\r\n");
    expect(&to_client, recording, SERVER, at, end);
    assert_string_equal(host.to_client.text, to_client.text);
    expect(&to_server, recording, CLIENT, 0, certain);
    assert_memory_equal(host.to_server.text, to_server.text, to_server.len);
    expect(&to_server, recording, CLIENT, certain, deed == FORCE ? recording->len : end);
    assert_memory_equal(host.to_server.text, to_server.text, host.to_server.len);
    assert_true(deed == FORCE || host.to_server.len == to_server.len);
    assert_int_equal(host.closes, is_sent && !is_asked);
    if (host.closes)
        assert_int_equal(host.outcome, deed == FORCE ? SLOGOUT_OUTCOME_FORCED : SLOGOUT_OUTCOME_BYE_ONLY);
    filter_host_stop(&host);
}

/* Only the capability changes, LOGOUT is added only at rest, and a last `* BYE` only between lines. */
static void test_recordings_survive_a_call_at_each_position(void **state)
{
    static struct recording recording;
    size_t i, position;
    int deed;

    (void)state;
    for (i = 0; i < LENGTH(sessions); i++) {
        record(&recording, sessions[i]);
        for (position = 0; position <= recording.len; position++)
            for (deed = NOTHING; deed < (sessions[i] == slogout_server ? REQUEST : DEEDS); deed++) {
                check(&recording, position, SIZE_MAX, (enum deed)deed);
                check(&recording, position, 1, (enum deed)deed);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recordings_survive_a_call_at_each_position),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

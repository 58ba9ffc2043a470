/* The filter's own rules: the answer, the server's BYE and LOGOUT, limits, ends of file, blindness,
 * arguments, callbacks.
 *
 * Scripts and traces are in the dialect of all tests: `C: ` begins octets of the client's, `: ` of the
 * server's, and a line `close ...` is the outcome, as in support/trace.h. In a script each part ends in LF
 * and is fed to the filter. In a trace each part is what has passed to the other side, and the prefix stands
 * where the direction changes, so what passes unchanged has its own script for a trace. */
#include "support/test.h"
#include <stdlib.h>
#include "support/exact.h"
#include "support/trace.h"
#include <slogout/filter.h>

#define GREETING "* OK [CAPABILITY IMAP4rev1 ENABLE X-SERVER-LOGOUT] hello\r\n"
#define LOGOUT   "SLP.1 LOGOUT\r\n"
#define BYE      "* BYE Server is closing the connection\r\n"
#define ANSWERED "close ANSWERED SLP.1@1000"
#define REFUSED  "close REFUSED SLP.1@1000 bye-sent"

/* A tag of 95 octets. */
#define LONG_TAG(c) X32(c) X32(c) X16(c) X15(c)
#define X32(c)      X16(c) X16(c)
#define X16(c)      X15(c) c
#define X15(c)      c c c c c c c c c c c c c c c

/* ---- a host that writes down what passes ---- */

struct host;
typedef void action(struct host *host);

struct host {
    struct slogout *slogout;
    struct slogout_session *session;
    uint64_t now;
    char trace[200000];
    size_t len;
    char last;      /* whose octets passed last */
    size_t step;    /* octets fed at once */
    size_t cut;     /* a piece also ends after this many octets; 0: none does */
    action *inside; /* done once in the next to_client or to_server */
    int calls;      /* of either */
    char broken;    /* the one that fails: 'S' to_client, 'C' to_server; 0: none */
    int no_memory;  /* allocations fail */
    int memory;     /* allocations not released */
    int allocations;
};

static void note(struct host *host, const char *bytes, size_t len)
{
    assert_true(host->len + len < sizeof host->trace);
    memcpy(host->trace + host->len, bytes, len);
    host->len += len;
    host->trace[host->len] = '\0';
}

static int pass(struct host *host, char from, const char *bytes, size_t len)
{
    action *inside = host->inside;

    assert_true(len > 0);
    host->calls++;
    if (host->broken == from)
        return -1;
    if (host->last != from)
        note(host, from == 'S' ? "S: " : "C: ", 3);
    host->last = from;
    note(host, bytes, len);
    host->inside = NULL;
    if (inside)
        inside(host);
    return 0;
}

static int to_client(struct slogout_session *session, const char *bytes, size_t len, void *conn)
{
    (void)session;
    return pass(conn, 'S', bytes, len);
}

static int to_server(struct slogout_session *session, const char *bytes, size_t len, void *conn)
{
    (void)session;
    return pass(conn, 'C', bytes, len);
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct host *host = conn;
    char text[1000];

    (void)session;
    note(host, text, trace_result(text, sizeof text, result));
    note(host, "\n", 1);
}

static const struct slogout_filter_callbacks callbacks = {sizeof callbacks, to_client, to_server,
                                                          close_connection};

static void *allocate(size_t size, void *user_data)
{
    struct host *host = user_data;

    if (host->no_memory)
        return NULL;
    host->memory++;
    host->allocations++;
    return malloc(size);
}

static void release(void *memory, void *user_data)
{
    struct host *host = user_data;

    host->memory--;
    free(memory);
}

static void start(struct host *host, enum slogout_on_refusal on_refusal, enum slogout_ask ask)
{
    const struct slogout_settings settings = {
        .size = sizeof settings,
        .on_refusal = on_refusal,
        .ask = ask,
        .tag_prefix = SLOGOUT_FILTER_PREFIX,
        .allocate = allocate,
        .release = release,
        .user_data = host,
    };

    memset(host, 0, sizeof *host);
    host->now = 1000;
    host->step = 1000;
    assert_int_equal(slogout_new(&host->slogout, &settings), 0);
    assert_int_equal(slogout_filter_new(&host->session, host->slogout, &callbacks, host), 0);
}

static void stop(struct host *host)
{
    slogout_session_free(host->session);
    assert_int_equal(slogout_free(host->slogout), 0);
    assert_int_equal(host->memory, 0);
}

typedef int feeder(struct slogout_session *session, const char *bytes, size_t len, uint64_t now_ms);

static void feed(struct host *host, feeder *to, const char *bytes, size_t len)
{
    while (len > 0) {
        const size_t most = host->cut > 0 && host->cut < host->step ? host->cut : host->step;
        const size_t n = len < most ? len : most;
        char *piece = exact_copy(bytes, n);
        host->cut -= n < host->cut ? n : host->cut;
        assert_int_equal(to(host->session, piece, n, host->now), 0);
        exact_free(piece);
        bytes += n;
        len -= n;
    }
}

static void client(struct host *host, const char *text)
{
    feed(host, slogout_filter_feed_client, text, strlen(text));
}

static void server(struct host *host, const char *text)
{
    feed(host, slogout_filter_feed_server, text, strlen(text));
}

static int is_prefix(const char *text)
{
    return strncmp(text, "C: ", 3) == 0 || strncmp(text, "S: ", 3) == 0;
}

/* Feeds a script, part by part. */
static void play(struct host *host, const char *script)
{
    while (*script) {
        feeder *from = *script == 'C' ? slogout_filter_feed_client : slogout_filter_feed_server;
        const char *begin = script + 3, *end = begin;
        assert_true(is_prefix(script));
        while (*end && !(end > begin && end[-1] == '\n' && is_prefix(end)))
            end++;
        feed(host, from, begin, (size_t)(end - begin));
        script = end;
    }
}

static void expect(struct host *host, const char *trace)
{
    assert_string_equal(host->trace, trace);
    host->len = 0;
    host->last = 0;
    host->trace[0] = '\0';
}

static void start_greeted(struct host *host)
{
    start(host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    server(host, GREETING);
}

/* Greeted, and asked at once. */
static void start_asked(struct host *host, enum slogout_on_refusal on_refusal)
{
    start(host, on_refusal, SLOGOUT_ASK_ALL);
    server(host, GREETING);
    assert_int_equal(slogout_session_request(host->session, NULL, host->now), 0);
    expect(host, "S: " GREETING LOGOUT);
}

/* ---- the answer, fed in pieces of every size ---- */

struct answer_row {
    const char *script;
    const char *trace;
};

static const struct answer_row answer_rows[] = {
    {"C: * BYE bye\r\nSLP.1 OK done\r\n", ANSWERED " bye-seen answer=OK:done\n"},
    {"C: SLP.1 OK done\r\n", ANSWERED " answer=OK:done\n"},
    {"C: slp.1 OK\r\nSLP.1 ok\n", "C: slp.1 OK\r\n" ANSWERED " answer=OK\n"},
    {"C: SLP.1 OK done {3+}\r\nabc", ANSWERED " answer=OK:done {3+}\n"},
    {"C: SLP.1 NO x\r\n", "S: " BYE REFUSED " answer=NO:x\n"},
    {"C: SLP.1 BAD x\r\nA1 NOOP\r\n", "S: " BYE REFUSED " answer=BAD:x\n"},
    {"C: A1 NOOP\r\nSLP.1 OK x\r\n", "C: A1 NOOP\r\n" ANSWERED " answer=OK:x\n"},
    {"C: * BYEBYE\r\nSLP.2 OK\r\nSLP.1 OKAY\r\nSLP.1 OK x\n",
     "C: * BYEBYE\r\nSLP.2 OK\r\nSLP.1 OKAY\r\n" ANSWERED " answer=OK:x\n"},
    /* inside literals, and right after */
    {"C: A1 APPEND x {12}\r\nS: + go\r\nC: SLP.1 OK x\r\n\r\nSLP.1 OK y\r\n",
     "C: A1 APPEND x {12}\r\nS: + go\r\nC: SLP.1 OK x\r\n\r\n" ANSWERED " answer=OK:y\n"},
    {"C: A1 APPEND x ~{12}\r\nS: + go\r\nC: SLP.1 OK x\r\n\r\nSLP.1 OK y\r\n",
     "C: A1 APPEND x ~{12}\r\nS: + go\r\nC: SLP.1 OK x\r\n\r\n" ANSWERED " answer=OK:y\n"},
    {"C: A1 APPEND x {12+}\r\nSLP.1 OK x\r\n\r\nSLP.1 OK y\r\n",
     "C: A1 APPEND x {12+}\r\nSLP.1 OK x\r\n\r\n" ANSWERED " answer=OK:y\n"},
    {"C: A1 APPEND x ~{12+}\r\nSLP.1 OK x\r\n\r\nSLP.1 OK y\r\n",
     "C: A1 APPEND x ~{12+}\r\nSLP.1 OK x\r\n\r\n" ANSWERED " answer=OK:y\n"},
    {"C: A1 X {0+}\r\nSLP.1 OK x\r\nSLP.1 OK y\r\n",
     "C: A1 X {0+}\r\nSLP.1 OK x\r\n" ANSWERED " answer=OK:y\n"},
    /* after a literal that was refused */
    {"C: A1 APPEND x {12}\r\nS: A1 NO no\r\nC: SLP.1 OK y\r\n",
     "C: A1 APPEND x {12}\r\nS: A1 NO no\r\n" ANSWERED " answer=OK:y\n"},
    {"C: A1 APPEND x {12+}\r\nS: A1 NO no\r\nC: SLP.1 OK x\r\n\r\nSLP.1 OK y\r\n",
     "C: A1 APPEND x {12+}\r\nS: A1 NO no\r\nC: SLP.1 OK x\r\n\r\n" ANSWERED " answer=OK:y\n"},
    {"C: A1 NOOP\r\nA2 APPEND x {12}\r\nS: A1 OK x\r\nA2 NO no\r\nC: * BYE\r\nSLP.1 OK y\r\n",
     "C: A1 NOOP\r\nA2 APPEND x {12}\r\nS: A1 OK x\r\nA2 NO no\r\n" ANSWERED " bye-seen answer=OK:y\n"},
    /* in IDLE, with DONE or without; in AUTHENTICATE it is data */
    {"C: A1 IDLE\r\nS: + idling\r\nC: SLP.1 OK y\r\n",
     "C: A1 IDLE\r\nS: + idling\r\n" ANSWERED " answer=OK:y\n"},
    {"C: A1 IDLE\r\nS: + idling\r\nC: DONE\r\nSLP.1 OK y\r\n",
     "C: A1 IDLE\r\nS: + idling\r\nC: DONE\r\n" ANSWERED " answer=OK:y\n"},
    {"C: A1 AUTHENTICATE PLAIN\r\nS: +\r\nC: SLP.1 OK y\r\nS: A1 NO x\r\nC: SLP.1 OK z\r\n",
     "C: A1 AUTHENTICATE PLAIN\r\nS: +\r\nC: SLP.1 OK y\r\nS: A1 NO x\r\n" ANSWERED " answer=OK:z\n"},
    /* one that the client does not finish is held back */
    {"C: SLP.1 O", ""},
    {"C: * BYE x", ""},
};

static void check_answer(const struct answer_row *row, size_t step)
{
    struct host host;

    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    host.step = step;
    play(&host, row->script);
    expect(&host, row->trace);
    stop(&host);
}

static void answers(void **state)
{
    size_t i, step;

    (void)state;
    for (i = 0; i < LENGTH(answer_rows); i++)
        for (step = 1; step <= strlen(answer_rows[i].script); step++)
            check_answer(&answer_rows[i], step);
}

static void before_we_ask_an_answer_is_a_line_like_any_other(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, "* BYE x\r\nSLP.1 OK x\r\n");
    expect(&host, "S: " GREETING "C: * BYE x\r\nSLP.1 OK x\r\n");
    stop(&host);
}

static void what_comes_together_passes_together(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    host.calls = 0;
    client(&host, "a NOOP\r\nb ENABLE X-SERVER-LOGOUT\r\nc APPEND x {1+}\r\ny\r\nd IDLE\r\nDO");
    assert_int_equal(host.calls, 1);
    stop(&host);
}

static void what_was_held_is_passed_once_if_it_was_no_answer(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "*");
    server(&host, "* BYE x\r\n");
    client(&host, " NOPE\r\n");
    client(&host, "a NOOP\r\n");
    expect(&host, "S: * BYE x\r\nC: * NOPE\r\na NOOP\r\n");
    stop(&host);
}

static void what_is_held_of_the_client_does_not_hold_up_the_server(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "SLP.1 O");
    server(&host, "* 1 EXISTS\r\n");
    expect(&host, "S: * 1 EXISTS\r\n");
    stop(&host);
}

static void an_answer_that_has_begun_is_taken_whole(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "* BYE half");
    server(&host, "* BYE x\r\n");
    client(&host, " and half\r\na NOOP\r\n");
    expect(&host, "S: * BYE x\r\nC: a NOOP\r\n");
    stop(&host);
}

static void a_refusal_may_wait(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_WAIT);
    client(&host, "SLP.1 BAD x\r\nA1 NOOP\r\n");
    server(&host, "A1 OK x\r\n");
    client(&host, "SLP.1 OK x\r\n");
    expect(&host, "C: A1 NOOP\r\nS: A1 OK x\r\n" ANSWERED " answer=OK:x\n");
    stop(&host);
}

static void a_refusal_that_was_waited_out_is_in_the_result(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_WAIT);
    client(&host, "SLP.1 NO [X] not now\r\n");
    server(&host, "* 1 EXISTS\r\n");
    host.now += 35000;
    slogout_tick(host.slogout, host.now);
    expect(&host, "S: * 1 EXISTS\r\n" BYE REFUSED " answered=NO\n");
    stop(&host);
}

/* ---- limits ---- */

static void eight_byes_and_no_more(void **state)
{
    struct host host;
    int i;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    for (i = 0; i < 8; i++)
        client(&host, "* BYE\r\n");
    expect(&host, "");
    client(&host, "* BYE\r\n");
    expect(&host, "S: " BYE REFUSED " bye-seen answer=BAD\n");
    stop(&host);
}

/* Nothing comes after the octet that is one too many, not even the end of the line. */
static void an_answer_of_more_than_65536_octets_is_a_refusal(void **state)
{
    char *text = exact_fill('x', 70000);
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "SLP.1 OK ");
    feed(&host, slogout_filter_feed_client, text, 65536 - 9);
    expect(&host, "");
    client(&host, "x");
    expect(&host, "S: " BYE REFUSED " answer=BAD\n");
    stop(&host);

    start_asked(&host, SLOGOUT_REFUSAL_WAIT);
    client(&host, "SLP.1 OK ");
    feed(&host, slogout_filter_feed_client, text, 70000);
    client(&host, "x\r\nSLP.1 OK y\r\n");
    expect(&host, ANSWERED " answer=OK:y\n");
    stop(&host);
    exact_free(text);
}

static void the_text_of_a_long_answer_is_cut(void **state)
{
    char *text = exact_fill('x', 3000);
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "SLP.1 OK ");
    feed(&host, slogout_filter_feed_client, text, 3000);
    client(&host, "\r\n");
    assert_true(host.len > 128 && host.len < 236);
    assert_memory_equal(host.trace, ANSWERED " answer=OK:xxxx", sizeof ANSWERED " answer=OK:xxxx" - 1);
    stop(&host);
    exact_free(text);
}

/* ---- the server's own BYE and LOGOUT ---- */

static void after_the_servers_bye_nothing_of_ours_follows(void **state)
{
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    server(&host, GREETING "* BYE Server going down\r\n");
    assert_int_equal(slogout_session_state(host.session), SLOGOUT_STATE_ENDED);
    assert_int_equal(slogout_session_request(host.session, NULL, host.now), SLOGOUT_ERR_STATE);
    assert_int_equal(slogout_session_force(host.session, host.now), 0);
    assert_false(slogout_filter_between_lines(host.session));
    expect(&host, "S: " GREETING "* BYE Server going down\r\n");
    stop(&host);
}

static void the_outcome_says_who_took_leave(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "A1 LOGOUT\r\n");
    server(&host, "* BYE Logging out\r\nA1 OK done\r\n");
    assert_int_equal(slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_CLIENT_LOGOUT], 1);
    expect(&host, "C: A1 LOGOUT\r\nS: * BYE Logging out\r\nA1 OK done\r\n");
    assert_int_equal(slogout_get_counts(host.slogout)->blind, 0);
    stop(&host);

    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    server(&host, "* BYE Idle for too long\r\n");
    assert_int_equal(slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_HOST_CLOSED], 1);
    client(&host, "SLP.1 OK x\r\n");
    expect(&host, "S: * BYE Idle for too long\r\nC: SLP.1 OK x\r\n");
    stop(&host);

    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "A1 IDLE\r\n");
    server(&host, "* BYE Idle for too long\r\n");
    assert_int_equal(slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_HOST_CLOSED], 1);
    stop(&host);
}

/* The server's LOGOUT in all two-way splits; ours requested before each of them. */
static void two_that_ask_are_one_question(void **state)
{
    static const char logout[] = "SLO.1 LOGOUT\r\n";
    struct host host;
    size_t cut;

    (void)state;
    for (cut = 0; cut < sizeof logout - 1; cut++) {
        start_greeted(&host);
        expect(&host, "S: " GREETING);
        feed(&host, slogout_filter_feed_server, logout, cut);
        slogout_session_request(host.session, NULL, host.now);
        server(&host, logout + cut);
        if (cut == 0) { /* ours came first */
            server(&host, "* 1 EXISTS\r\n");
            expect(&host, "S: " LOGOUT "* 1 EXISTS\r\n");
            client(&host, "* BYE\r\nSLO.1 OK x\r\nSLP.1 OK y\r\n");
            expect(&host, "C: SLO.1 OK x\r\n" ANSWERED " bye-seen answer=OK:y\n");
        } else {
            client(&host, "* BYE\r\nSLO.1 OK x\r\nSLP.1 OK y\r\n");
            expect(&host, "S: SLO.1 LOGOUT\r\nC: * BYE\r\nSLO.1 OK x\r\nSLP.1 OK y\r\n");
            assert_false(slogout_filter_between_lines(host.session));
            assert_int_equal(slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_HOST_CLOSED], 1);
        }
        stop(&host);
    }
}

/* The most that is ever held, and then dropped, passed, or passed after ENABLED. */
static void a_tag_of_95_octets_is_held_back_whole(void **state)
{
    struct host host;
    size_t cut;

    (void)state;
    for (cut = 1; cut < 95 + 9; cut++) {
        static const char logout[] = LONG_TAG("t") " LOGOUT\r\n";
        start_asked(&host, SLOGOUT_REFUSAL_BYE);
        feed(&host, slogout_filter_feed_server, logout, cut);
        server(&host, logout + cut);
        expect(&host, "");
        stop(&host);

        start_greeted(&host);
        expect(&host, "S: " GREETING);
        feed(&host, slogout_filter_feed_server, logout, cut);
        expect(&host, "");
        server(&host, logout + cut);
        expect(&host, "S: " LONG_TAG("t") " LOGOUT\r\n");
        stop(&host);
    }
}

static void who_is_forced_while_the_server_asks_is_told_bye(void **state)
{
    static const char logout[] = "SLO.1 LOGOUT\r\n";
    struct host host;
    size_t cut;

    (void)state;
    for (cut = 0; cut < sizeof logout - 1; cut++) {
        start_greeted(&host);
        expect(&host, "S: " GREETING);
        feed(&host, slogout_filter_feed_server, logout, cut);
        slogout_session_force(host.session, host.now);
        server(&host, logout + cut);
        expect(&host, "S: " BYE "close FORCED bye-sent\n");
        stop(&host);
    }
}

/* The server offers and confirms the capability itself, so the filter adds neither the capability nor ENABLED. */
static void a_server_that_enables_by_itself(void **state)
{
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ENABLED);
    server(&host, GREETING);
    client(&host, "e ENABLE X-SERVER-LOGOUT\r\n");
    server(&host, "* ENABLED X-SERVER-LOGOUT\r\ne OK x\r\n");
    slogout_session_request(host.session, NULL, host.now);
    expect(&host,
           "S: " GREETING "C: e ENABLE X-SERVER-LOGOUT\r\nS: * ENABLED X-SERVER-LOGOUT\r\ne OK x\r\n" LOGOUT);
    stop(&host);
}

static void who_enables_it_twice_is_told_twice(void **state)
{
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ENABLED);
    server(&host, GREETING);
    client(&host, "e ENABLE X-SERVER-LOGOUT\r\n");
    server(&host, "* ENABLED X-SERVER-LOGOUT\r\ne OK x\r\n");
    expect(&host, host.trace);
    client(&host, "f ENABLE X-SERVER-LOGOUT\r\n");
    server(&host, "f OK x\r\n");
    expect(&host, "C: f ENABLE X-SERVER-LOGOUT\r\nS: * ENABLED X-SERVER-LOGOUT\r\nf OK x\r\n");
    stop(&host);
}

static void one_compression_is_hidden_and_not_what_resembles_it(void **state)
{
    static const char list[] = "* CAPABILITY COMPRES COMPRESS=DEFLATE COMPRESS\r\n";
    struct host host;
    size_t step;

    (void)state;
    for (step = 1; step < sizeof list; step++) {
        start_greeted(&host);
        expect(&host, "S: " GREETING);
        host.step = step;
        server(&host, list);
        expect(&host, "S: * CAPABILITY COMPRES COMPRESS\r\n");
        stop(&host);
    }
}

static void no_octet_of_another_word_is_held(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    expect(&host, "S: " GREETING);
    server(&host, "* CAPABILITY COMPARE");
    expect(&host, "S: * CAPABILITY COMPARE");
    server(&host, " COMPRESS");
    expect(&host, "");
    stop(&host);
}

/* ---- who is asked ---- */

#define ENABLE(tag) tag " ENABLE X-SERVER-LOGOUT\r\n"
#define IS_ASKED    "S: " LOGOUT
#define IS_TOLD     "S: " BYE "close BYE_ONLY bye-sent\n"

/* After each of these a request makes the connection leave so. */
static const struct answer_row requests[] = {
    {"", IS_TOLD},
    {"C: " ENABLE("e") "S: e OK x\r\n", IS_ASKED},
    {"C: e ENABLE CONDSTORE\r\nS: e OK x\r\n", IS_TOLD},
    {"C: " ENABLE("e") "f NOOP\r\nS: f OK x\r\ne OK x\r\n", IS_ASKED},
    {"C: " ENABLE("e") "f NOOP\r\nS: f OK x\r\ne NO x\r\n", IS_TOLD},
    {"C: " ENABLE("e") "S: e NO x\r\n", IS_TOLD},
    {"C: " ENABLE("e") "S: e BAD x\r\n", IS_TOLD},
    {"C: i IDLE\r\nS: + x\r\nC: DONE\r\n" ENABLE("e") "S: i OK x\r\ne OK x\r\n", IS_ASKED},
    {"C: " ENABLE("e") "S: e OK x\r\nC: u UNAUTHENTICATE\r\nS: u OK x\r\n", IS_TOLD},
    {"C: " ENABLE("e") "S: e OK x\r\nC: u UNAUTHENTICATE\r\nS: u NO x\r\n", IS_ASKED},
    /* several of these in flight at once, answered in any order */
    {"C: " ENABLE("e") ENABLE("f") "S: e OK x\r\nf NO x\r\n", IS_ASKED},
    {"C: " ENABLE("e") ENABLE("f") "S: e NO x\r\nf OK x\r\n", IS_ASKED},
    {"C: " ENABLE("e") ENABLE("f") "S: f OK x\r\ne NO x\r\n", IS_ASKED},
    {"C: " ENABLE("e") ENABLE("f") "S: f NO x\r\ne NO x\r\n", IS_TOLD},
    {"C: " ENABLE("e") "u UNAUTHENTICATE\r\nS: e OK x\r\nu OK x\r\n", IS_TOLD},
    {"C: " ENABLE("e") "u UNAUTHENTICATE\r\nS: u OK x\r\ne OK x\r\n", IS_ASKED},
    {"C: " ENABLE(
         "e") "c COMPRESS X\r\ns STARTTLS\r\ng AUTHENTICATE GSSAPI\r\nS: c NO\r\ns NO\r\ng NO\r\ne OK\r\n",
     IS_ASKED},
    {"C: u UNAUTHENTICATE\r\nv UNAUTHENTICATE\r\n" ENABLE(
         "e") "w UNAUTHENTICATE\r\nS: v OK\r\nu OK\r\nw OK\r\ne OK\r\n",
     IS_ASKED},
    {"C: u UNAUTHENTICATE\r\n" ENABLE("u") "S: u NO\r\nu OK\r\n", IS_ASKED},
    {"C: " ENABLE("u") "u UNAUTHENTICATE\r\nS: u NO\r\nu OK\r\n", IS_TOLD},
    /* the longest tag */
    {"C: " ENABLE(LONG_TAG("e")) "S: " LONG_TAG("e") " OK x\r\n", IS_ASKED},
    {"C: " ENABLE(LONG_TAG("e")) ENABLE(LONG_TAG("f")) "S: " LONG_TAG("f") " NO\r\n" LONG_TAG("e") " OK\r\n",
     IS_ASKED},
};

static void only_clients_that_have_enabled_it_are_asked(void **state)
{
    struct host host;
    size_t i, step;

    (void)state;
    for (i = 0; i < LENGTH(requests); i++)
        for (step = 1; step < 400; step = 2 * step + 1) {
            start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ENABLED);
            host.step = step;
            server(&host, GREETING);
            play(&host, requests[i].script);
            assert_int_equal(slogout_get_counts(host.slogout)->blind, 0);
            expect(&host, host.trace);
            slogout_session_request(host.session, NULL, host.now);
            expect(&host, requests[i].trace);
            stop(&host);
        }
}

/* Each OK to an ENABLE has its own ENABLED, the server's or ours. */
static void two_that_enable_at_once_are_told_twice(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, ENABLE("e") ENABLE("f") "u UNAUTHENTICATE\r\n");
    expect(&host, host.trace);
    server(&host, "* ENABLED X-SERVER-LOGOUT\r\nu OK x\r\ne OK x\r\nf OK x\r\n");
    expect(&host,
           "S: * ENABLED X-SERVER-LOGOUT\r\nu OK x\r\ne OK x\r\n* ENABLED X-SERVER-LOGOUT\r\nf OK x\r\n");
    stop(&host);
}

/* The layer may begin with the server's next line, whichever command was first. */
static void no_line_comes_while_a_layer_may_begin(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, ENABLE("e") "c COMPRESS DEFLATE\r\n");
    expect(&host, host.trace);
    slogout_session_force(host.session, host.now);
    slogout_tick(host.slogout, host.now += 5000); /* the half of LEAVING in which it need not be at rest */
    server(&host, "* 1 EXISTS\r\n");
    assert_false(slogout_filter_between_lines(host.session));
    server(&host, "c NO x\r\n");
    expect(&host, "S: * 1 EXISTS\r\nc NO x\r\n" BYE "close FORCED bye-sent\n");
    stop(&host);
}

/* RFC 3501 section 7.1.3: the BAD may have another reason, and the response may still come. */
static void an_untagged_bad_leaves_its_command_in_flight(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, "a NOOP\r\n");
    server(&host, "* BAD Error in IMAP command\r\n");
    client(&host, "b NOOP\r\n");
    server(&host, "b OK x\r\n");
    expect(&host, host.trace);
    slogout_session_request(host.session, NULL, host.now);
    server(&host, "* 1 EXISTS\r\n");
    expect(&host, "S: * 1 EXISTS\r\n");
    server(&host, "a OK x\r\n");
    expect(&host, "S: a OK x\r\n" LOGOUT);
    assert_int_equal(slogout_get_counts(host.slogout)->blind, 0);
    stop(&host);
}

/* ---- blindness ---- */

struct blinding_row {
    enum slogout_blindness why;
    const char *script; /* up to the octet after which it is blind */
};

static const struct blinding_row blinding[] = {
    {SLOGOUT_BLINDNESS_LAYER, "C: a STARTTLS\r\nS: a OK "},
    {SLOGOUT_BLINDNESS_LAYER, "C: a COMPRESS DEFLATE\r\nS: a OK "},
    {SLOGOUT_BLINDNESS_LAYER, "C: " ENABLE("e") "a STARTTLS\r\nS: a OK "},
    {SLOGOUT_BLINDNESS_MECHANISM, "C: a AUTHENTICATE GSSAPI\r\nS: a OK "},
    {SLOGOUT_BLINDNESS_MECHANISM, "C: a AUTHENTICATE DIGEST-MD5\r\nS: + x\r\nC: y\r\nS: a OK\r"},
    /* more tagged responses than commands, or a `+` that nobody waits for */
    {SLOGOUT_BLINDNESS_OUT_OF_STEP, "C: a NOOP\r\nS: b OK x\r\na OK "},
    {SLOGOUT_BLINDNESS_OUT_OF_STEP, "C: a NOOP\r\nS: a OK x\r\nC: b NOOP\r\nS: b OK x\r\nc OK "},
    {SLOGOUT_BLINDNESS_OUT_OF_STEP, "S: a OK "},
    {SLOGOUT_BLINDNESS_OUT_OF_STEP, "S: +"},
    {SLOGOUT_BLINDNESS_OUT_OF_STEP, "C: a APPEND x {3+}\r\nS: +"},
    /* the fifth in flight; the longest tag and one octet */
    {SLOGOUT_BLINDNESS_LIMIT, "C: " ENABLE("e") ENABLE("f") ENABLE("g") ENABLE("h") "u UNAUTHENTICATE\r\n"},
    {SLOGOUT_BLINDNESS_LIMIT, "C: " LONG_TAG("t") "t"},
    /* of the server's */
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "S: * 1 FETCH {3+}\r\n"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "S: NONSENSE\r"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "S: x 5\r"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "S: " LONG_TAG("t") "t"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a SEARCH x\r\nS: a NO [BADCHARSET ({5}\r\n"},
    /* and of the client's */
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a X {9223372036854775808}\r\n"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a APPEND x {3}\r\na"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a  "},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a STARTTLS\t\r"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a\tSTARTTLS\r"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C:  "},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a\r"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: " LONG_TAG("t") "\r"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a \"NOOP\"\r"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a " LONG_TAG("N") "N"},
    {SLOGOUT_BLINDNESS_NOT_UNDERSTOOD, "C: a ENABLE " LONG_TAG("C") "C {9223372036854775808}\r\n"},
};

static enum slogout_blindness blindness(const struct host *host)
{
    const enum slogout_blindness why = slogout_filter_blindness(host->session);

    assert_int_equal(slogout_get_counts(host->slogout)->blind, why == SLOGOUT_BLINDNESS_NONE ? 0 : 1);
    return why;
}

static void check_blindness(const struct blinding_row *row, size_t step, size_t cut)
{
    const size_t len = strlen(row->script);
    char script[600];
    struct host host;

    memcpy(script, row->script, len + 1);
    script[len - 1] = '\0';
    start_greeted(&host);
    host.step = step;
    host.cut = cut;
    play(&host, script);
    assert_int_equal(blindness(&host), SLOGOUT_BLINDNESS_NONE);
    stop(&host);

    start_greeted(&host);
    host.step = step;
    host.cut = cut;
    play(&host, row->script);
    if (blindness(&host) != row->why)
        fail_msg("%s after %s", slogout_filter_blindness_name(blindness(&host)), row->script);
    play(&host, "C: SLP.1 OK x\r\na  \r\n\r\nS: a OK x\r\n+\r\nx\r\n");
    assert_int_equal(blindness(&host), row->why);
    stop(&host);
}

static void blind_from_one_octet_on_and_for_one_reason(void **state)
{
    size_t i, cut;

    (void)state;
    for (i = 0; i < LENGTH(blinding); i++) {
        check_blindness(&blinding[i], 1, 0);
        for (cut = 0; cut < strlen(blinding[i].script); cut++)
            check_blindness(&blinding[i], 1000, cut);
    }
}

static void every_reason_has_its_name(void **state)
{
    static const char *const names[] = {"NONE",        "LAYER", "MECHANISM",
                                        "OUT_OF_STEP", "LIMIT", "NOT_UNDERSTOOD"};
    size_t i;

    (void)state;
    assert_int_equal(LENGTH(names), SLOGOUT_BLINDNESS_COUNT);
    for (i = 0; i < LENGTH(names); i++)
        assert_string_equal(slogout_filter_blindness_name((enum slogout_blindness)i), names[i]);
    assert_string_equal(slogout_filter_blindness_name(SLOGOUT_BLINDNESS_COUNT), "UNKNOWN");
    assert_string_equal(slogout_filter_blindness_name((enum slogout_blindness)100), "UNKNOWN");
}

static void blind_filters_pass_all_and_say_nothing(void **state)
{
    struct host host;
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(blinding); i++) {
        start_greeted(&host);
        play(&host, blinding[i].script);
        assert_int_equal(blindness(&host), blinding[i].why);
        assert_false(slogout_filter_between_lines(host.session));
        expect(&host, host.trace);
        slogout_session_request(host.session, NULL, host.now);
        server(&host, "* CAPABILITY ENABLE COMPRESS=X\r\nSLO.1 LOGOUT\r\n* BYE\r\n");
        client(&host, "SLP.1 OK x\r\n* BYE\r\n");
        server(&host, "* 1 EXISTS\r\n");
        expect(&host, "S: * CAPABILITY ENABLE COMPRESS=X\r\nSLO.1 LOGOUT\r\n* BYE\r\nC: SLP.1 OK x\r\n* "
                      "BYE\r\nS: * 1 EXISTS\r\n");
        assert_int_equal(slogout_session_state(host.session), SLOGOUT_STATE_PENDING);
        slogout_session_force(host.session, host.now);
        server(&host, "* 1 EXISTS\r\n");
        host.now += 20000;
        slogout_tick(host.slogout, host.now);
        expect(&host, "S: * 1 EXISTS\r\nclose FORCED\n");
        stop(&host);
    }
}

static void what_blinds_only_the_answer_frees_what_was_held(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "* BY");
    server(&host, "NONSENSE\r\n");
    client(&host, "E\r\n");
    expect(&host, "S: NONSENSE\r\nC: * BYE\r\n");
    stop(&host);
}

static void a_restart_lets_it_see_again(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, "a STARTTLS\r\nb NOO");
    server(&host, "a OK go\r\n");
    assert_int_equal(slogout_filter_blindness(host.session), SLOGOUT_BLINDNESS_LAYER);
    assert_int_equal(slogout_filter_restart(host.session, SLOGOUT_LAYER_TLS), 0);
    assert_int_equal(slogout_filter_blindness(host.session), SLOGOUT_BLINDNESS_NONE);
    client(&host, "a NOOP\r\n");
    server(&host, "a OK x\r\n");
    expect(&host, "S: " GREETING "C: a STARTTLS\r\nb NOOS: a OK go\r\nC: a NOOP\r\nS: a OK x\r\n");
    slogout_session_request(host.session, NULL, host.now);
    client(&host, "SLP.1 O"); /* held, and not to be mixed with what comes inside the new layer */
    server(&host, "a O");
    assert_int_equal(slogout_filter_restart(host.session, SLOGOUT_LAYER_TLS), 0);
    server(&host, "* 1 EXISTS\r\n");
    client(&host, "SLP.1 OK x\r\n");
    expect(&host, "S: " LOGOUT "* 1 EXISTS\r\n" ANSWERED " answer=OK:x\n");
    stop(&host);
}

static void a_restart_forgets_what_was_under_way(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, "e ENABLE X-SERVER-LOGOUT\r\n");
    server(&host, "* ENABLED X-SERVER-LOGOUT\r\n");
    expect(&host, host.trace);
    assert_int_equal(slogout_filter_restart(host.session, SLOGOUT_LAYER_TLS), 0);
    client(&host, "f ENABLE X-SERVER-LOGOUT\r\n");
    server(&host, "f OK x\r\n");
    expect(&host, "C: f ENABLE X-SERVER-LOGOUT\r\nS: * ENABLED X-SERVER-LOGOUT\r\nf OK x\r\n");
    assert_int_equal(slogout_get_counts(host.slogout)->blind, 0);
    stop(&host);
}

/* What came in the clear may have come from anybody. */
static void what_was_enabled_survives_compression_and_not_tls(void **state)
{
    static const char *const leaves[] = {
        [SLOGOUT_LAYER_TLS] = IS_TOLD, [SLOGOUT_LAYER_COMPRESSION] = IS_ASKED};
    struct host host;
    int layer;

    (void)state;
    for (layer = SLOGOUT_LAYER_TLS; layer <= SLOGOUT_LAYER_COMPRESSION; layer++) {
        start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ENABLED);
        play(&host, "S: " GREETING "C: " ENABLE("e") "S: e OK x\r\nC: s STARTTLS\r\nS: s OK x\r\n");
        expect(&host, host.trace);
        assert_int_equal(slogout_filter_restart(host.session, (enum slogout_layer)layer), 0);
        slogout_session_request(host.session, NULL, host.now);
        expect(&host, leaves[layer]);
        stop(&host);
    }
}

static void a_logout_before_tls_is_not_the_clients(void **state)
{
    static const enum slogout_outcome outcomes[] = {[SLOGOUT_LAYER_TLS] = SLOGOUT_OUTCOME_HOST_CLOSED,
                                                    [SLOGOUT_LAYER_COMPRESSION] =
                                                        SLOGOUT_OUTCOME_CLIENT_LOGOUT};
    struct host host;
    int layer;

    (void)state;
    for (layer = SLOGOUT_LAYER_TLS; layer <= SLOGOUT_LAYER_COMPRESSION; layer++) {
        start_asked(&host, SLOGOUT_REFUSAL_BYE);
        client(&host, "a LOGOUT\r\n");
        slogout_filter_restart(host.session, (enum slogout_layer)layer);
        server(&host, "* BYE x\r\n");
        assert_int_equal(slogout_get_counts(host.slogout)->outcome[outcomes[layer]], 1);
        stop(&host);
    }
}

static void a_restart_forgets_the_commands_in_flight(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, ENABLE("e") ENABLE("f") ENABLE("g") "c COMPRESS DEFLATE\r\n");
    server(&host, "c OK x\r\n");
    slogout_filter_restart(host.session, SLOGOUT_LAYER_COMPRESSION);
    expect(&host, host.trace);
    client(&host, "e NOOP\r\n" ENABLE("f") ENABLE("g") ENABLE("h"));
    server(&host, "e OK x\r\n");
    expect(&host, "C: e NOOP\r\n" ENABLE("f") ENABLE("g") ENABLE("h") "S: e OK x\r\n");
    assert_int_equal(slogout_get_counts(host.slogout)->blind, 1);
    stop(&host);
}

/* The client's next octets come first, whatever they are. */
static void a_session_that_waits_is_not_asked_by_the_restart(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, "a COMPRESS DEFLATE\r\n");
    slogout_session_request(host.session, NULL, host.now);
    expect(&host, host.trace);
    slogout_filter_restart(host.session, SLOGOUT_LAYER_COMPRESSION);
    client(&host, "b  NOOP\r\n");
    expect(&host, "C: b  NOOP\r\n");
    assert_int_equal(slogout_get_counts(host.slogout)->blind, 1);
    stop(&host);
}

static void a_session_that_waits_is_asked_in_the_new_layer_when_resumed(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, "c COMPRESS DEFLATE\r\n");
    slogout_session_request(host.session, NULL, host.now);
    server(&host, "c OK x\r\n");
    expect(&host, host.trace);
    assert_int_equal(slogout_session_resume(host.session, host.now), 0);
    expect(&host, "");
    slogout_filter_restart(host.session, SLOGOUT_LAYER_COMPRESSION);
    expect(&host, "");
    assert_int_equal(slogout_session_resume(host.session, host.now), 0);
    expect(&host, "S: " LOGOUT);
    stop(&host);
}

/* ---- ends of file ---- */

static void what_is_held_goes_out_at_the_end(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "SLP.1 OK");
    server(&host, "* CAPABILITY COMPR");
    expect(&host, "S: * CAPABILITY");
    assert_int_equal(slogout_filter_feed_client(host.session, NULL, 0, host.now), 0);
    expect(&host, "C: SLP.1 OK");
    assert_int_equal(slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_PEER_CLOSED], 1);
    server(&host, "E");
    assert_int_equal(slogout_filter_feed_server(host.session, NULL, 0, host.now), 0);
    expect(&host, "S:  COMPRE");
    stop(&host);
}

static void half_an_answer_at_the_end_is_not_for_the_server(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "SLP.1 OK half");
    slogout_filter_feed_client(host.session, NULL, 0, host.now);
    expect(&host, "");
    stop(&host);
}

static void the_end_of_the_server_ends_the_exchange_as_its_close(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    slogout_filter_feed_server(host.session, NULL, 0, host.now);
    assert_int_equal(slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_PEER_CLOSED], 1);
    stop(&host);
}

static void expect_no_room(struct host *host)
{
    assert_false(slogout_filter_between_lines(host->session));
}

static void after_our_own_bye_there_is_room_for_no_other(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    host.inside = expect_no_room;
    slogout_session_force(host.session, host.now);
    assert_false(slogout_filter_between_lines(host.session));
    stop(&host);
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    assert_true(slogout_filter_between_lines(host.session));
    stop(&host);
}

static void a_server_that_ends_between_lines_leaves_room_for_a_bye(void **state)
{
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    assert_false(slogout_filter_between_lines(host.session));
    server(&host, GREETING);
    slogout_filter_feed_server(host.session, NULL, 0, host.now);
    assert_true(slogout_filter_between_lines(host.session));
    assert_int_equal(slogout_session_state(host.session), SLOGOUT_STATE_ENDED);
    stop(&host);
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    server(&host, GREETING "* 1 FETCH (BODY[] {5}\r\nab\r\n");
    slogout_filter_feed_server(host.session, NULL, 0, host.now);
    assert_false(slogout_filter_between_lines(host.session));
    stop(&host);
}

/* ---- while it leaves ---- */

static void commands_are_not_run_any_more_while_it_leaves(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    client(&host, "a FETCH 1 BODY[]\r\nb APPEND x {5+}\r\nab");
    server(&host, "* 1 FETCH (BODY[] {5}\r\nab");
    expect(&host,
           "S: " GREETING "C: a FETCH 1 BODY[]\r\nb APPEND x {5+}\r\nabS: * 1 FETCH (BODY[] {5}\r\nab");
    slogout_session_force(host.session, host.now);
    slogout_tick(host.slogout, host.now += 5000); /* the half of LEAVING in which it need not be at rest */
    client(&host, "cde\r\nc EXPUNGE\r\n");
    client(&host, "d EXPUNGE\r\n");
    server(&host, "cde)\r\na OK x\r\n");
    expect(&host, "C: cde\r\nS: cde)\r\n" BYE "close FORCED bye-sent\n");
    client(&host, "e NOOP\r\n");
    server(&host, "* 1 EXISTS\r\n");
    expect(&host, "");
    stop(&host);
}

static void after_the_close_nothing_is_kept_of_what_comes(void **state)
{
    char *text = exact_fill('x', 2000);
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    server(&host, GREETING "a OK");
    slogout_session_force(host.session, host.now);
    host.now += 20000;
    slogout_tick(host.slogout, host.now);
    expect(&host, "S: " GREETING "close FORCED\n");
    host.step = 1;
    feed(&host, slogout_filter_feed_server, text, 2000);
    feed(&host, slogout_filter_feed_client, text, 2000);
    expect(&host, "");
    stop(&host);
    exact_free(text);
}

/* ---- the host: what it may do in a callback, failures, arguments ---- */

static void free_session(struct host *host)
{
    slogout_session_free(host->session);
    host->session = NULL;
}

static void abandon_session(struct host *host)
{
    slogout_session_abandon(host->session, SLOGOUT_OUTCOME_HOST_CLOSED);
}

static void call_back(struct host *host)
{
    assert_int_equal(slogout_session_request(host->session, NULL, host->now), SLOGOUT_ERR_REENTRANT);
    assert_int_equal(slogout_filter_feed_client(host->session, "x", 1, host->now), SLOGOUT_ERR_REENTRANT);
    assert_int_equal(slogout_filter_feed_server(host->session, "x", 1, host->now), SLOGOUT_ERR_REENTRANT);
}

static void freed_in_a_callback_it_says_nothing_more(void **state)
{
    static const char *const texts[] = {"* OK [CAPABILITY ENABLE] x\r\na OK",
                                        "* OK x\r\n* CAPABILITY COMPRESS=X ENABLE\r\n"};
    struct host host;
    size_t i, step;

    (void)state;
    for (i = 0; i < LENGTH(texts); i++)
        for (step = 1; step < strlen(texts[i]); step++) {
            start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
            feed(&host, slogout_filter_feed_server, texts[i], step - 1);
            host.inside = free_session;
            host.len = 0;
            assert_int_equal(slogout_filter_feed_server(host.session, texts[i] + step - 1,
                                                        strlen(texts[i]) - step + 1, 1000),
                             0);
            assert_int_equal(host.session == NULL, host.inside == NULL); /* unless all was held back */
            assert_int_equal(host.memory, host.session ? 2 : 1);
            stop(&host);
        }
}

static void freed_as_the_logout_goes_out(void **state)
{
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    server(&host, "* OK x");
    slogout_session_request(host.session, NULL, host.now);
    expect(&host, "S: * OK x");
    host.inside = free_session;
    assert_int_equal(slogout_filter_feed_server(host.session, "\r\n* 1 EXISTS\r\n", 14, host.now), 0);
    expect(&host, "S: \r\n");
    stop(&host);
}

static void abandoned_in_a_callback_all_passes(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    host.inside = abandon_session;
    client(&host, "a NOOP\r\nb NOOP\r\n");
    server(&host, "a OK x\r\n");
    expect(&host, "S: " GREETING "C: a NOOP\r\nb NOOP\r\nS: a OK x\r\n");
    stop(&host);
}

static void callbacks_are_not_reentered(void **state)
{
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    host.inside = call_back;
    server(&host, GREETING);
    assert_null(host.inside);
    stop(&host);
}

static void a_broken_connection_ends_it(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    host.broken = 'S';
    server(&host, "* 1 EXISTS\r\n");
    assert_int_equal(slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_PEER_CLOSED], 1);
    host.broken = 0;
    server(&host, "* 1 EXISTS\r\n");
    client(&host, "a NOOP\r\n");
    expect(&host, "");
    stop(&host);

    start_greeted(&host);
    expect(&host, "S: " GREETING);
    host.broken = 'S';
    slogout_session_request(host.session, NULL, host.now);
    expect(&host, "close SEND_FAILED\n");
    stop(&host);
}

/* At rest, and waiting for rest: the octet that fails is the one after which LOGOUT could go out. */
static void a_broken_connection_to_the_server_ends_it(void **state)
{
    struct host host;

    (void)state;
    start_greeted(&host);
    expect(&host, "S: " GREETING);
    host.broken = 'C';
    client(&host, "a NOOP\r\n");
    assert_int_equal(slogout_session_state(host.session), SLOGOUT_STATE_ENDED);
    assert_int_equal(slogout_session_request(host.session, NULL, host.now), SLOGOUT_ERR_STATE);
    expect(&host, "");
    stop(&host);

    start_greeted(&host);
    client(&host, "\r");
    slogout_session_request(host.session, NULL, host.now);
    expect(&host, "S: " GREETING "C: \r");
    host.broken = 'C';
    client(&host, "\n");
    assert_int_equal(slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_PEER_CLOSED], 1);
    server(&host, "* 1 EXISTS\r\n");
    expect(&host, "");
    stop(&host);
}

static void nothing_is_allocated_after_the_beginning(void **state)
{
    struct host host;

    (void)state;
    start_asked(&host, SLOGOUT_REFUSAL_BYE);
    client(&host, "a NOOP\r\n* BYE\r\nSLP.1 OK x\r\n");
    assert_int_equal(host.allocations, 2);
    stop(&host);
}

static void wrong_arguments(void **state)
{
    static const struct slogout_filter_callbacks no_client = {sizeof no_client, NULL, to_server,
                                                              close_connection};
    static const struct slogout_filter_callbacks no_server = {sizeof no_server, to_client, NULL,
                                                              close_connection};
    static const struct slogout_filter_callbacks no_close = {sizeof no_close, to_client, to_server, NULL};
    static const struct slogout_filter_callbacks no_size = {0, to_client, to_server, close_connection};
    struct slogout_session *session = NULL;
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    assert_int_equal(slogout_filter_new(NULL, host.slogout, &callbacks, &host), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_new(&session, NULL, &callbacks, &host), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_new(&session, host.slogout, NULL, &host), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_new(&session, host.slogout, &no_client, &host), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_new(&session, host.slogout, &no_server, &host), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_new(&session, host.slogout, &no_close, &host), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_new(&session, host.slogout, &no_size, &host), SLOGOUT_ERR_SIZE);
    host.no_memory = 1;
    assert_int_equal(slogout_filter_new(&session, host.slogout, &callbacks, &host), SLOGOUT_ERR_NOMEM);
    assert_null(session);
    assert_int_equal(slogout_filter_feed_client(NULL, "x", 1, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_feed_client(host.session, NULL, 1, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_feed_server(host.session, NULL, 1, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_feed_server(host.session, "x", 1, SLOGOUT_NEVER), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_restart(NULL, SLOGOUT_LAYER_TLS), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_restart(host.session, (enum slogout_layer)2), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_between_lines(NULL), 0);
    assert_int_equal(slogout_filter_blindness(NULL), SLOGOUT_BLINDNESS_NONE);
    stop(&host);
}

static int take_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session;
    (void)line;
    (void)len;
    (void)when;
    (void)conn;
    return 0;
}

static void a_session_that_is_no_filter(void **state)
{
    static const struct slogout_callbacks plain = {sizeof plain, take_line, close_connection};
    struct slogout_session *session;
    struct host host;

    (void)state;
    start(&host, SLOGOUT_REFUSAL_BYE, SLOGOUT_ASK_ALL);
    assert_int_equal(slogout_session_new(&session, host.slogout, &plain, &host), 0);
    assert_int_equal(slogout_filter_feed_client(session, "x", 1, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_feed_server(session, "x", 1, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_restart(session, SLOGOUT_LAYER_TLS), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_between_lines(session), 0);
    assert_int_equal(slogout_filter_blindness(session), SLOGOUT_BLINDNESS_NONE);
    slogout_session_free(session);
    stop(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(before_we_ask_an_answer_is_a_line_like_any_other),
        cmocka_unit_test(what_comes_together_passes_together),
        cmocka_unit_test(what_was_held_is_passed_once_if_it_was_no_answer),
        cmocka_unit_test(what_is_held_of_the_client_does_not_hold_up_the_server),
        cmocka_unit_test(an_answer_that_has_begun_is_taken_whole),
        cmocka_unit_test(a_refusal_may_wait),
        cmocka_unit_test(a_refusal_that_was_waited_out_is_in_the_result),
        cmocka_unit_test(eight_byes_and_no_more),
        cmocka_unit_test(an_answer_of_more_than_65536_octets_is_a_refusal),
        cmocka_unit_test(the_text_of_a_long_answer_is_cut),
        cmocka_unit_test(after_the_servers_bye_nothing_of_ours_follows),
        cmocka_unit_test(the_outcome_says_who_took_leave),
        cmocka_unit_test(two_that_ask_are_one_question),
        cmocka_unit_test(a_tag_of_95_octets_is_held_back_whole),
        cmocka_unit_test(who_is_forced_while_the_server_asks_is_told_bye),
        cmocka_unit_test(a_server_that_enables_by_itself),
        cmocka_unit_test(who_enables_it_twice_is_told_twice),
        cmocka_unit_test(one_compression_is_hidden_and_not_what_resembles_it),
        cmocka_unit_test(no_octet_of_another_word_is_held),
        cmocka_unit_test(only_clients_that_have_enabled_it_are_asked),
        cmocka_unit_test(two_that_enable_at_once_are_told_twice),
        cmocka_unit_test(no_line_comes_while_a_layer_may_begin),
        cmocka_unit_test(an_untagged_bad_leaves_its_command_in_flight),
        cmocka_unit_test(blind_from_one_octet_on_and_for_one_reason),
        cmocka_unit_test(every_reason_has_its_name),
        cmocka_unit_test(blind_filters_pass_all_and_say_nothing),
        cmocka_unit_test(what_blinds_only_the_answer_frees_what_was_held),
        cmocka_unit_test(a_restart_lets_it_see_again),
        cmocka_unit_test(a_restart_forgets_what_was_under_way),
        cmocka_unit_test(what_was_enabled_survives_compression_and_not_tls),
        cmocka_unit_test(a_logout_before_tls_is_not_the_clients),
        cmocka_unit_test(a_restart_forgets_the_commands_in_flight),
        cmocka_unit_test(a_session_that_waits_is_not_asked_by_the_restart),
        cmocka_unit_test(a_session_that_waits_is_asked_in_the_new_layer_when_resumed),
        cmocka_unit_test(what_is_held_goes_out_at_the_end),
        cmocka_unit_test(half_an_answer_at_the_end_is_not_for_the_server),
        cmocka_unit_test(the_end_of_the_server_ends_the_exchange_as_its_close),
        cmocka_unit_test(after_our_own_bye_there_is_room_for_no_other),
        cmocka_unit_test(a_server_that_ends_between_lines_leaves_room_for_a_bye),
        cmocka_unit_test(commands_are_not_run_any_more_while_it_leaves),
        cmocka_unit_test(after_the_close_nothing_is_kept_of_what_comes),
        cmocka_unit_test(freed_in_a_callback_it_says_nothing_more),
        cmocka_unit_test(freed_as_the_logout_goes_out),
        cmocka_unit_test(abandoned_in_a_callback_all_passes),
        cmocka_unit_test(callbacks_are_not_reentered),
        cmocka_unit_test(a_broken_connection_ends_it),
        cmocka_unit_test(a_broken_connection_to_the_server_ends_it),
        cmocka_unit_test(nothing_is_allocated_after_the_beginning),
        cmocka_unit_test(wrong_arguments),
        cmocka_unit_test(a_session_that_is_no_filter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions: what a host sees of them. test_session_reentrancy.c has what is called inside callbacks. */
#include "support/host.h"
#include "support/exact.h"

#define LAST (SLOGOUT_NEVER - 1) /* the greatest valid time */

#define SETTINGS(...)                                                                                        \
    {                                                                                                        \
        .size = sizeof(struct slogout_settings), __VA_ARGS__                                                 \
    }

#define FAR (UINT64_C(1) << 40) /* ms, which 32 bits do not hold */

static const struct slogout_settings wait_on_refusal = SETTINGS(.on_refusal = SLOGOUT_REFUSAL_WAIT);
static const struct slogout_settings ask_all = SETTINGS(.ask = SLOGOUT_ASK_ALL);

/* Makes a session that is asked at host->now, with tag SLO.1 if it is the first. */
static struct slogout_session *ask(struct host *host)
{
    struct slogout_session *session = host_connect_enabled(host);

    assert_int_equal(host_request(host, session, NULL), 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    host_forget(host);
    return session;
}

/* ---- CONSUMED, and 0 leaves no trace ---- */

static const char *const answers[] = {"* BYE x", "SLO.1 OK x", "SLO.1 NO x", "SLO.1 BAD x", "A1 NOOP", ""};

static void expect_no_trace_of_lines(struct host *host, struct slogout_session *session)
{
    const struct slogout_session before = *session;
    const struct slogout_counts counts = *slogout_get_counts(host->slogout);
    size_t i;

    for (i = 0; i < LENGTH(answers); i++) {
        assert_int_equal(host_feed_line(host, session, answers[i]), 0);
        assert_memory_equal(session, &before, sizeof before);
        assert_memory_equal(slogout_get_counts(host->slogout), &counts, sizeof counts);
    }
    host_expect(host, "");
}

static void test_below_asked_no_line_leaves_a_trace(void **state)
{
    struct host *host = *state;
    struct slogout_session *open, *waiting, *pending;

    host_start(host, NULL);
    open = host_connect_enabled(host);
    waiting = host_connect_enabled(host);
    pending = host_connect_enabled(host);
    host_join(host, waiting);
    host->send_says = "B";
    host_request(host, pending, NULL);
    host_forget(host);
    expect_no_trace_of_lines(host, open);
    expect_no_trace_of_lines(host, waiting);
    expect_no_trace_of_lines(host, pending);
    assert_int_equal(host->slogout->clock.now, 0);
}

/* Neither the line nor the time is looked at. */
static void test_below_asked_nothing_is_looked_at(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect(host);
    assert_int_equal(slogout_session_feed_line(session, NULL, 5, SLOGOUT_NEVER), 0);
}

static void test_lines_that_are_no_answer_leave_no_trace_when_asked(void **state)
{
    static const char *const lines[] = {
        "A001 NOOP",  "DONE",      "",         "+ OK",        "* OK x",    "SLO.1",
        "SLO.1 OKAY", "SLO.10 OK", "SLO.2 OK", "SLO. OK",     "XSLO.1 OK", "slo.1 OK",
        "SLO.01 OK",  "SLO.1 BYE", "A001 OK",  "A001 LOGOUT", "SLO.1  OK",
    };
    struct host *host = *state;
    struct slogout_session *session, before;
    char longer[258]; /* and its length in one octet is 1 */
    size_t i;

    host_start(host, NULL);
    session = ask(host);
    before = *session;
    for (i = 0; i < LENGTH(lines); i++) {
        assert_int_equal(host_feed_line(host, session, lines[i]), 0);
        assert_memory_equal(session, &before, sizeof before);
    }
    host_expect(host, "");
    snprintf(longer, sizeof longer, "SLO.1 OK %248s", "x");
    assert_int_equal(host_feed_line(host, session, longer), SLOGOUT_CONSUMED);
    host_forget(host);
}

static void test_everything_is_consumed_from_leaving_on(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;
    size_t i;

    host_start(host, NULL);
    session = ask(host);
    host->send_says = "B";
    host_force(host, session);
    host_expect(host, S_LAST_BYE " BUSY\n");
    for (i = 0; i < LENGTH(answers); i++)
        assert_int_equal(host_feed_line(host, session, answers[i]), SLOGOUT_CONSUMED);
    host_resume(host, session);
    host_expect(host, S_LAST_BYE "\nclose FORCED SLO.1@0 bye-sent\n"); /* the answers changed nothing */
    for (i = 0; i < LENGTH(answers); i++)
        assert_int_equal(host_feed_line(host, session, answers[i]), SLOGOUT_CONSUMED);
}

/* ---- the answer timer ---- */

static void test_the_answer_timer_is_35_seconds_by_default(void **state)
{
    struct host *host = *state;

    host_start(host, NULL);
    ask(host);
    assert_int_equal(slogout_deadline(host->slogout), 35000);
}

static void test_the_answer_timer_must_be_longer_than_32_seconds(void **state)
{
    struct host *host = *state;
    static const struct slogout_settings too_short = SETTINGS(.answer_timeout_ms = 32000);
    static const struct slogout_settings shortest = SETTINGS(.answer_timeout_ms = 32001);
    struct slogout *slogout;

    assert_int_equal(slogout_new(&slogout, &too_short), SLOGOUT_ERR_TIMEOUT);
    host_start(host, &shortest);
    ask(host);
    host_tick_at(host, 32000);
    host_expect(host, "");
    host_tick_at(host, 32001);
    host_expect(host, S_LAST_BYE "\nclose EXPIRED SLO.1@0 bye-sent\n");
}

static void test_the_answer_timer_runs_from_the_moment_that_logout_is_taken(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect_enabled(host);
    host->now = 1000;
    host->send_says = "BB";
    host_request(host, session, NULL);
    host->now = 2000;
    host_resume(host, session);
    assert_int_equal(slogout_deadline(host->slogout),
                     301000); /* the deadline of the ready timer, from the request on */
    host->now = 5000;
    host_resume(host, session);
    assert_int_equal(slogout_deadline(host->slogout), 40000);
    host_forget(host);
    host_tick_at(host, 40000);
    host_expect(host, S_LAST_BYE "\nclose EXPIRED SLO.1@5000 bye-sent\n");
}

static void test_nothing_extends_the_answer_timer(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, &wait_on_refusal);
    session = ask(host);
    host->now = 34000;
    assert_int_equal(host_feed_line(host, session, "* BYE x"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, session, "SLO.1 NO x"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, session, "SLO.1 BAD x"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, session, "A001 NOOP"), 0);
    assert_int_equal(host_request(host, session, "Another text"), 0);
    assert_int_equal(host_resume(host, session), 0);
    assert_int_equal(host_join(host, session), 0);
    assert_int_equal(host_cancel(host, session), SLOGOUT_ERR_STATE);
    slogout_session_set_enabled(session, 0);
    host_tick(host);
    host_expect(host, "");
    assert_int_equal(slogout_deadline(host->slogout), 35000);
}

static void test_a_stale_now_shortens_the_timer_by_its_staleness(void **state)
{
    struct host *host = *state;

    host_start(host, NULL);
    host->now = 7000; /* read before a call that blocked until 10,000, so stale */
    ask(host);
    assert_int_equal(slogout_deadline(host->slogout), 42000);
}

static void test_time_that_runs_backwards_stands_still(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    host_tick_at(host, 100000);
    host->now = 50000;
    session = ask(host);
    assert_int_equal(slogout_deadline(host->slogout), 135000);
    host_tick_at(host, 0);
    host_tick_at(host, 134999);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    host_tick_at(host, 135000);
    host_expect(host, S_LAST_BYE "\nclose EXPIRED SLO.1@100000 bye-sent\n");
}

static void test_deadlines_saturate_at_the_end_of_time(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    host->now = LAST - 1;
    session = ask(host);
    assert_true(slogout_deadline(host->slogout) == LAST);
    host_tick(host);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    host->now = LAST;
    host->send_says = "BB"; /* LEAVING has no time left either, so the session ends in the same tick */
    host_tick(host);
    host_expect(host, S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose EXPIRED SLO.1@18446744073709551613\n");
}

static void test_never_is_refused_as_a_time(void **state)
{
    struct host *host = *state;
    struct slogout_session *session, *pending;

    host_start(host, NULL);
    session = ask(host);
    pending = host_connect_enabled(host);
    host->send_says = "B";
    host_request(host, pending, NULL);
    host_forget(host);
    host->now = SLOGOUT_NEVER;
    assert_int_equal(host_request(host, session, NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(host_resume(host, pending), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(host_feed_line(host, session, "SLO.1 OK"), 0);
    assert_int_equal(host_feed_line(host, session, "A1 NOOP"), 0);
    assert_int_equal(host_force(host, session), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_tick(host->slogout, SLOGOUT_NEVER), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    assert_int_equal(slogout_session_state(pending), SLOGOUT_STATE_PENDING);
    assert_int_equal(slogout_deadline(host->slogout), 35000);
    host_expect(host, "");
}

/* ---- ticks ---- */

static void test_a_tick_may_be_early_exact_late_and_repeated(void **state)
{
    static const uint64_t late[] = {35000, 35001, 100000, LAST};
    struct host *host = *state;
    size_t i;

    host_start(host, NULL);
    for (i = 0; i < LENGTH(late); i++) {
        struct slogout_session *session;
        host->slogout->clock.now = host->now = 0;
        session = ask(host);
        host_tick(host);
        host_tick(host);
        host_tick_at(host, 34999);
        host_tick_at(host, 34999);
        assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
        host_tick_at(host, late[i]);
        assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ENDED);
        host_forget(host);
        host_tick(host);
        host_expect(host, "");
    }
}

static void test_every_timer_expires_at_its_deadline_never_before(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect_enabled(host);
    host->send_says = "BBB";
    host_request(host, session, NULL);
    host_expect(host, S_LOGOUT " BUSY\n");
    host_tick_at(host, 299999);
    host_expect(host, "");
    host_tick_at(host, 300000);
    host_expect(host, S_LAST_BYE " BUSY\n");
    host_tick_at(host, 304999);
    host_expect(host, "");
    host_tick_at(host, 305000);
    host_expect(host, S_FINAL_BYE " BUSY\n");
    host_tick_at(host, 309999);
    host_expect(host, "");
    host_tick_at(host, 310000);
    host_expect(host, "close NEVER_READY\n");
}

/* The leave timer runs from the tick that found the answer timer expired, not from when that tick was due. If the tick
 * in the middle of LEAVING is late, the end of LEAVING is not. */
static void test_leaving_lasts_as_long_as_the_settings_say_after_late_ticks(void **state)
{
    static const struct {
        uint32_t leave_timeout_ms;
        uint64_t middle, end;
    } rows[] = {{10000, 105000, 110000}, {10001, 105000, 110001}, {1, 100000, 100001}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        const struct slogout_settings settings = SETTINGS(.leave_timeout_ms = rows[i].leave_timeout_ms);
        void *own = NULL;
        struct host *host;
        assert_int_equal(host_setup(&own), 0);
        host = own;
        host_start(host, &settings);
        ask(host);
        host->send_says = "BB";
        host_tick_at(host, 100000);
        if (rows[i].middle > 100000) {
            host_expect(host, S_LAST_BYE " BUSY\n");
            assert_int_equal(slogout_deadline(host->slogout), rows[i].middle);
            host_tick_at(host, rows[i].end - 1);
        }
        assert_int_equal(slogout_deadline(host->slogout), rows[i].end);
        host_forget(host);
        host_tick_at(host, rows[i].end);
        host_expect(host, "close EXPIRED SLO.1@0\n");
        host_teardown(&own);
    }
}

static void test_an_answer_at_the_same_now_wins_over_the_tick(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = ask(host);
    host->now = 35000;
    assert_int_equal(host_feed_line(host, session, "SLO.1 OK"), SLOGOUT_CONSUMED);
    host_tick(host);
    host_expect(host, "close ANSWERED SLO.1@0 answer=OK\n");
}

/* Only a tick lets a timer expire, so input that was read late is in time before the tick. */
static void test_an_answer_after_the_deadline_but_before_the_tick_counts(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = ask(host);
    host->now = 50000;
    assert_int_equal(host_feed_line(host, session, "SLO.1 OK"), SLOGOUT_CONSUMED);
    host_expect(host, "close ANSWERED SLO.1@0 answer=OK\n");
}

static void test_a_superseded_timer_is_harmless(void **state)
{
    struct host *host = *state;
    static const struct slogout_settings settings = SETTINGS(.set_timer = host_set_timer);
    struct slogout_session *session;

    host_start(host, &settings);
    session = host_connect_enabled(host);
    host->now = FAR;
    host_request(host, session, NULL);
    host_feed_line(host, session, "SLO.1 OK");
    host_expect(host, S_LOGOUT "\ntimer 1099511662776\nclose ANSWERED SLO.1@1099511627776 answer=OK\n");
    host_tick_at(host, FAR + 35000);
    host_expect(host, "");
}

/* ---- send_line is the only way to write ---- */

static void test_each_line_needs_rest_and_a_last_bye_only_for_half_of_its_time(void **state)
{
    struct host *host = *state;
    struct slogout_session *enabled, *unmarked;

    host_start(host, NULL);
    enabled = host_connect_enabled(host);
    unmarked = host_connect(host);
    host_request(host, enabled, NULL);
    host_expect(host, "S: SLO.1 LOGOUT (at rest)\n");
    host_request(host, unmarked, NULL);
    host_expect(host, "#2 S: " DEFAULT_BYE " (at rest)\n#2 close BYE_ONLY bye-sent\n");
    host->send_says = "BBt";
    host_force(host, enabled);
    host_resume(host, enabled);
    host_expect(host, S_LAST_BYE " BUSY\n" S_LAST_BYE " BUSY\n");
    host_tick_at(host, 5000);
    host_expect(host, S_FINAL_BYE "\nclose FORCED SLO.1@0 bye-sent\n");
}

static void test_after_busy_nothing_is_offered_until_ready(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect_enabled(host);
    host->send_says = "B";
    host_request(host, session, NULL);
    host_expect(host, S_LOGOUT " BUSY\n");
    host_request(host, session, NULL);
    host_tick_at(host, 1000);
    host_feed_line(host, session, "A1 NOOP");
    slogout_session_set_enabled(session, 1);
    host_expect(host, "");
    host_resume(host, session);
    host_expect(host, S_LOGOUT "\n");
}

static void test_a_tag_whose_line_is_not_taken_is_not_used_up(void **state)
{
    struct host *host = *state;
    struct slogout_session *busy, *broken, *third;

    host_start(host, NULL);
    busy = host_connect_enabled(host);
    broken = host_connect_enabled(host);
    third = host_connect_enabled(host);
    host->send_says = "B-";
    host_request(host, busy, NULL);
    host_request(host, broken, NULL);
    host_request(host, third, NULL);
    host_resume(host, busy);
    host_expect(host, "S: SLO.1 LOGOUT (at rest) BUSY\n"
                      "#2 S: SLO.1 LOGOUT (at rest) BROKEN\n"
                      "#2 close SEND_FAILED\n"
                      "#3 S: SLO.1 LOGOUT (at rest)\n"
                      "S: SLO.2 LOGOUT (at rest)\n");
}

static int says_what_conn_says(struct slogout_session *session, const char *line, size_t len,
                               enum slogout_when when, void *conn)
{
    (void)session;
    (void)line;
    (void)len;
    (void)when;
    return *(int *)conn;
}

static void closes_nothing(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session;
    (void)result;
    (void)conn;
}

static void test_every_positive_number_is_busy_every_negative_one_is_broken(void **state)
{
    static const struct {
        int says;
        enum slogout_state state;
    } rows[] = {
        {SLOGOUT_BUSY, SLOGOUT_STATE_PENDING}, {2, SLOGOUT_STATE_PENDING},
        {INT32_MAX, SLOGOUT_STATE_PENDING},    {-1, SLOGOUT_STATE_ENDED},
        {INT32_MIN, SLOGOUT_STATE_ENDED},      {0, SLOGOUT_STATE_ASKED},
    };
    static const struct slogout_callbacks callbacks = {sizeof callbacks, says_what_conn_says, closes_nothing};
    struct slogout *slogout;
    size_t i;

    (void)state;
    assert_int_equal(slogout_new(&slogout, &ask_all), 0);
    for (i = 0; i < LENGTH(rows); i++) {
        int says = rows[i].says;
        struct slogout_session *session;
        assert_int_equal(slogout_session_new(&session, slogout, &callbacks, &says), 0);
        assert_int_equal(slogout_session_request(session, NULL, 0), 0);
        assert_int_equal(slogout_session_state(session), rows[i].state);
        slogout_session_free(session);
    }
    assert_int_equal(slogout_free(slogout), 0);
}

/* ---- no end without a reason ---- */

static void test_every_ending_of_ours_but_answered_says_bye(void **state)
{
    struct host *host = *state;
    struct slogout_session *answered, *refused, *expired, *bye_only, *never_ready, *forced;

    host_start(host, NULL);
    answered = host_connect_enabled(host);
    refused = host_connect_enabled(host);
    expired = host_connect_enabled(host);
    bye_only = host_connect(host);
    never_ready = host_connect_enabled(host);
    forced = host_connect_enabled(host);
    host_request(host, answered, NULL);
    host_request(host, refused, NULL);
    host_request(host, expired, NULL);
    host->send_says = "B";
    host_request(host, never_ready, NULL);
    host_forget(host);
    host_feed_line(host, answered, "SLO.1 OK");
    host_expect(host, "close ANSWERED SLO.1@0 answer=OK\n");
    host_feed_line(host, refused, "SLO.2 BAD");
    host_expect(host, "#2 " S_LAST_BYE "\n#2 close REFUSED SLO.2@0 bye-sent answer=BAD\n");
    host_request(host, bye_only, NULL);
    host_expect(host, "#4 " S_BYE "\n#4 close BYE_ONLY bye-sent\n");
    host_force(host, forced);
    host_expect(host, "#6 " S_LAST_BYE "\n#6 close FORCED bye-sent\n");
    host_tick_at(host, 300000);
    host_expect(host, "#3 " S_LAST_BYE "\n#3 close EXPIRED SLO.3@0 bye-sent\n"
                      "#5 " S_LAST_BYE "\n#5 close NEVER_READY bye-sent\n");
    assert_int_equal(slogout_get_counts(host->slogout)->without_bye, 0);
}

static void test_a_bye_that_is_owed_and_not_sent_is_counted(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    host->send_says = "-"; /* LOGOUT itself */
    host_request(host, host_connect_enabled(host), NULL);
    assert_int_equal(slogout_get_counts(host->slogout)->without_bye, 1);
    host->send_says = "-"; /* the last BYE */
    host_force(host, host_connect(host));
    assert_int_equal(slogout_get_counts(host->slogout)->without_bye, 2);
    host->send_says = "BB"; /* BUSY to the end */
    session = host_connect(host);
    host_force(host, session);
    host_tick_at(host, 10000);
    assert_int_equal(slogout_get_counts(host->slogout)->without_bye, 3);
    host_abandon(host, host_connect(host),
                 SLOGOUT_OUTCOME_PEER_CLOSED);   /* the connection ended by other means */
    host_feed_line(host, ask(host), "SLO.1 OK"); /* no `* BYE` is owed */
    assert_int_equal(slogout_get_counts(host->slogout)->without_bye, 3);
    host_forget(host);
}

static void test_the_text_comes_with_the_request(void **state)
{
    struct host *host = *state;
    struct slogout_session *asked, *bye_only;

    host_start(host, NULL);
    asked = host_connect_enabled(host);
    bye_only = host_connect(host);
    host_request(host, asked, "[UNAVAILABLE] Your mail has moved");
    host_request(host, bye_only, "Moved");
    host_expect(host, S_LOGOUT "\n#2 S: * BYE Moved (at rest)\n#2 close BYE_ONLY bye-sent\n");
    host_force(host, asked);
    host_expect(host, "S: * BYE [UNAVAILABLE] Your mail has moved (at rest)\n"
                      "close FORCED SLO.1@0 bye-sent\n");
}

static void test_without_one_the_text_is_that_of_the_settings(void **state)
{
    struct host *host = *state;
    static const struct slogout_settings settings = SETTINGS(.bye_text = "Shutting down");

    host_start(host, &settings);
    host_request(host, host_connect(host), NULL);
    host_expect(host, "S: * BYE Shutting down (at rest)\nclose BYE_ONLY bye-sent\n");
}

static void test_the_first_text_stays(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect(host);
    host->send_says = "B";
    host_request(host, session, "First");
    host_request(host, session, "Second");
    host_request(host, session, NULL);
    host_forget(host);
    host_resume(host, session);
    host_expect(host, "S: * BYE First (at rest)\nclose BYE_ONLY bye-sent\n");
}

/* The text belonged to the request that was taken back, and need not live any longer. */
static void test_a_cancelled_request_takes_its_text_along(void **state)
{
    struct host *host = *state;
    char *text = exact_copy("Cancelled", sizeof "Cancelled");
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect_enabled(host);
    host->send_says = "B";
    host_request(host, session, text);
    host_cancel(host, session);
    exact_free(text);
    host_forget(host);
    host_force(host, session);
    host_expect(host, S_LAST_BYE "\nclose FORCED bye-sent\n");
}

static void test_no_text_injects_a_line(void **state)
{
    static const char *const bad[] = {
        "", "x\r\nSLO.1 OK", "x\n", "\r", "x\ty", "\x7f", "\xc3\xa4", "[", "[X]", "[X]y", "[] x", "[(] x",
    };
    struct host *host = *state;
    struct slogout_session *session;
    char too_long[202];
    size_t i;

    host_start(host, NULL);
    session = host_connect(host);
    for (i = 0; i < LENGTH(bad); i++)
        assert_int_equal(host_request(host, session, bad[i]), SLOGOUT_ERR_TEXT);
    memset(too_long, 'x', 201);
    too_long[201] = '\0';
    assert_int_equal(host_request(host, session, too_long), SLOGOUT_ERR_TEXT);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_OPEN);
    host_expect(host, "");
    too_long[200] = '\0';
    assert_int_equal(host_request(host, session, too_long), 0);
    host_forget(host);
}

static void test_no_alert_by_default(void **state)
{
    struct host *host = *state;

    host_start(host, NULL);
    host_force(host, host_connect(host));
    assert_null(strstr(host->trace, "ALERT"));
    host_forget(host);
}

static void test_logout_never_follows_a_bye(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect(host);
    host->send_says = "BB";
    host_request(host, session, NULL);
    host_force(host, session);
    host_expect(host, S_BYE " BUSY\n" S_LAST_BYE " BUSY\n");
    slogout_session_set_enabled(session, 1); /* too late, the session is leaving */
    assert_int_equal(host_request(host, session, NULL), SLOGOUT_ERR_STATE);
    host_resume(host, session);
    host_expect(host, S_LAST_BYE "\nclose FORCED bye-sent\n");
    assert_int_equal(host_request(host, session, NULL), SLOGOUT_ERR_STATE);
    assert_int_equal(host_resume(host, session), 0);
}

/* ---- on_refusal ---- */

static void test_bye_leaves_at_once(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = ask(host);
    assert_int_equal(host_feed_line(host, session, "SLO.1 NO [CANNOT] never"), SLOGOUT_CONSUMED);
    host_expect(host, S_LAST_BYE "\nclose REFUSED SLO.1@0 bye-sent answer=NO[CANNOT]:never\n");
}

/* The timer ends the session, and the result has the status of the last refusal. */
static void test_wait_ends_as_refused_when_the_timer_expires(void **state)
{
    struct host *host = *state;
    struct slogout_session *sessions[3];

    host_start(host, &wait_on_refusal);
    sessions[0] = ask(host);
    sessions[1] = ask(host);
    sessions[2] = ask(host);
    assert_int_equal(host_feed_line(host, sessions[0], "SLO.1 NO [CANNOT] not now"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, sessions[1], "SLO.2 NO one"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, sessions[1], "SLO.2 BAD two"), SLOGOUT_CONSUMED);
    host_tick_at(host, 34999);
    host_expect(host, "");
    host->send_says = "tBt";
    host_tick_at(host, 35000);
    host_expect(host, S_LAST_BYE "\nclose REFUSED SLO.1@0 bye-sent answered=NO\n"
                                 "#2 " S_LAST_BYE " BUSY\n"
                                 "#3 " S_LAST_BYE "\n#3 close EXPIRED SLO.3@0 bye-sent\n");
    host_resume(host, sessions[1]);
    host_expect(host, "#2 " S_LAST_BYE "\n#2 close REFUSED SLO.2@0 bye-sent answered=BAD\n");
}

static void test_wait_lets_a_later_ok_end_as_answered(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, &wait_on_refusal);
    session = ask(host);
    assert_int_equal(host_feed_line(host, session, "SLO.1 NO not yet"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, session, "SLO.1 BAD not yet"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, session, "* BYE now"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, session, "SLO.1 OK done"), SLOGOUT_CONSUMED);
    host_expect(host, "close ANSWERED SLO.1@0 bye-seen answer=OK:done\n");
}

static void test_wait_can_still_be_forced(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, &wait_on_refusal);
    session = ask(host);
    host_feed_line(host, session, "SLO.1 NO");
    host_force(host, session);
    host_expect(host, S_LAST_BYE "\nclose FORCED SLO.1@0 bye-sent answered=NO\n");
}

/* ---- who is asked ---- */

static void test_only_a_session_that_is_enabled_is_asked(void **state)
{
    struct host *host = *state;
    struct slogout_session *enabled, *unmarked, *cleared, *again;

    host_start(host, NULL);
    enabled = host_connect(host);
    unmarked = host_connect(host);
    cleared = host_connect(host);
    again = host_connect(host);
    slogout_session_set_enabled(enabled, 2); /* anything but 0 */
    slogout_session_set_enabled(cleared, 1);
    slogout_session_set_enabled(cleared, 0); /* UNAUTHENTICATE */
    slogout_session_set_enabled(again, 1);
    slogout_session_set_enabled(again, 0);
    slogout_session_set_enabled(again, -1);
    host_request(host, enabled, NULL);
    host_request(host, unmarked, NULL);
    host_request(host, cleared, NULL);
    host_request(host, again, NULL);
    host_expect(host, "S: SLO.1 LOGOUT (at rest)\n"
                      "#2 " S_BYE "\n#2 close BYE_ONLY bye-sent\n"
                      "#3 " S_BYE "\n#3 close BYE_ONLY bye-sent\n"
                      "#4 S: SLO.2 LOGOUT (at rest)\n");
}

static void test_it_counts_at_the_moment_when_the_client_is_told(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect(host);
    host->send_says = "BBB";
    host_request(host, session, NULL);
    slogout_session_set_enabled(session, 1);
    host_resume(host, session);
    slogout_session_set_enabled(session, 0);
    host_resume(host, session);
    slogout_session_set_enabled(session, 1);
    host_resume(host, session);
    slogout_session_set_enabled(session, 0); /* the line is on the wire, so the client was asked */
    host_expect(host, S_BYE " BUSY\n" S_LOGOUT " BUSY\n" S_BYE " BUSY\n" S_LOGOUT "\n");
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    host_feed_line(host, session, "SLO.1 OK");
    host_expect(host, "close ANSWERED SLO.1@0 answer=OK\n");
}

static void test_ask_all_asks_everybody(void **state)
{
    struct host *host = *state;

    host_start(host, &ask_all);
    host_request(host, host_connect(host), NULL);
    host_request(host, host_connect_enabled(host), NULL);
    host_expect(host, "S: SLO.1 LOGOUT (at rest)\n#2 S: SLO.2 LOGOUT (at rest)\n");
}

/* ---- what an answer is ---- */

static void test_words_in_any_case_tags_octet_for_octet(void **state)
{
    static const char *const lines[] = {"SLO.1 OK", "SLO.1 ok", "SLO.1 Ok {3+}", "SLO.1 oK [x] y",
                                        "SLO.1 OK "};
    struct host *host = *state;
    size_t i;

    host_start(host, NULL);
    for (i = 0; i < LENGTH(lines); i++) {
        struct slogout_session *session;
        host->slogout->tags.last = 0;
        session = ask(host);
        assert_int_equal(host_feed_line(host, session, "slo.1 OK"), 0);
        assert_int_equal(host_feed_line(host, session, lines[i]), SLOGOUT_CONSUMED);
        assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ENDED);
    }
    assert_int_equal(slogout_get_counts(host->slogout)->outcome[SLOGOUT_OUTCOME_ANSWERED], LENGTH(lines));
    host_forget(host);
}

/* Feeds the same script in one of the forms of input, and keeps what is returned. */
static void run_script(struct host *host, enum host_form form, int *results)
{
    static const char *const script[] = {
        "SLO.1 OK too early",
        "* BYE too early",
        NULL /* is asked */,
        "* BYE [CLOSED] bye",
        "* bye",
        "A1 OK",
        "SLO.2 OK",
        "SLO.1 NO [CODE] not yet",
        "SLO.1 BAD {5}",
        "slo.1 OK",
        "SLO.1 ok [X y] done",
        "SLO.1 OK again",
        "* BYE again",
    };
    struct slogout_session *session;
    size_t i;

    host_start(host, &wait_on_refusal);
    host->form = form;
    session = host_connect_enabled(host);
    for (i = 0; i < LENGTH(script); i++, host->now += 100)
        *results++ = script[i] ? host_feed_line(host, session, script[i]) : host_request(host, session, NULL);
}

static void test_all_forms_of_input_give_the_same(void **state)
{
    enum { STEPS = 13 };
    static const int expected[STEPS] = {0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1};
    int results[STEPS];
    int form;

    (void)state;
    for (form = WITH_CRLF; form < HOST_FORMS; form++) {
        void *own = NULL;
        assert_int_equal(host_setup(&own), 0);
        run_script(own, (enum host_form)form, results);
        host_expect(own, S_LOGOUT "\nclose ANSWERED SLO.1@200 bye-seen answer=OK[X y]:done\n");
        assert_memory_equal(results, expected, sizeof expected);
        host_teardown(&own);
    }
}

static void test_a_line_must_have_octets(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = ask(host);
    assert_int_equal(slogout_session_feed_line(session, NULL, 1, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, NULL, 0, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, "", 0, 0), 0);
    host->send_says = "B";
    host_force(host, session); /* LEAVING consumes every line */
    assert_int_equal(slogout_session_feed_line(session, NULL, 1, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, NULL, 0, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, "", 0, 0), SLOGOUT_CONSUMED);
    host_forget(host);
}

/* ---- tags ---- */

static void test_the_prefix_is_slo_by_default_and_the_number_counts(void **state)
{
    struct host *host = *state;

    host_start(host, NULL);
    host_request(host, host_connect_enabled(host), NULL);
    host_request(host, host_connect_enabled(host), NULL);
    host_expect(host, "S: SLO.1 LOGOUT (at rest)\n#2 S: SLO.2 LOGOUT (at rest)\n");
}

static void test_each_session_has_a_tag_of_its_own(void **state)
{
    struct host *host = *state;
    struct slogout_session *first, *second;

    host_start(host, NULL);
    first = ask(host);
    second = ask(host);
    assert_int_equal(host_feed_line(host, first, "SLO.2 OK"), 0);
    assert_int_equal(host_feed_line(host, second, "SLO.1 OK"), 0);
    assert_int_equal(host_feed_line(host, second, "SLO.2 OK"), SLOGOUT_CONSUMED);
    host_expect(host, "#2 close ANSWERED SLO.2@0 answer=OK\n");
    assert_int_equal(host_feed_line(host, first, "SLO.1 OK"), SLOGOUT_CONSUMED);
    host_expect(host, "close ANSWERED SLO.1@0 answer=OK\n");
}

static void test_the_longest_prefix_and_the_last_number(void **state)
{
    struct host *host = *state;
    static const struct slogout_settings settings = SETTINGS(.tag_prefix = "ABCDEFGHIJKLMNOP");
    struct slogout_session *session, *next;

    host_start(host, &settings);
    host->slogout->tags.last = UINT32_MAX - 1;
    session = host_connect_enabled(host);
    next = host_connect_enabled(host);
    host_request(host, session, NULL);
    host_request(host, next, NULL);
    host_expect(host,
                "S: ABCDEFGHIJKLMNOP4294967295 LOGOUT (at rest)\n#2 S: ABCDEFGHIJKLMNOP1 LOGOUT (at rest)\n");
    assert_int_equal(host_feed_line(host, session, "ABCDEFGHIJKLMNOP429496729 OK"), 0);
    assert_int_equal(host_feed_line(host, session, "ABCDEFGHIJKLMNOP4294967295 OK"), SLOGOUT_CONSUMED);
    host_expect(host, "close ANSWERED ABCDEFGHIJKLMNOP4294967295@0 answer=OK\n");
}

/* ---- memory and size ---- */

static void test_memory_is_taken_in_the_new_functions_alone(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    assert_int_equal(host->allocations, 1);
    session = host_connect_enabled(host);
    assert_int_equal(host->allocations, 2);
    host->send_says = "Bt";
    host_join(host, session);
    host_request(host, session, "Moved");
    host_resume(host, session);
    host_feed_line(host, session, "* BYE");
    host_feed_line(host, session, "SLO.1 NO");
    host_tick_at(host, 1000000);
    assert_int_equal(host->allocations, 2);
    assert_int_equal(host->memory, 2);
    host_free(host, session);
    assert_int_equal(host->memory, 1);
    host_forget(host);
}

static void test_a_session_has_at_most_128_octets(void **state)
{
    (void)state;
    if (sizeof(void *) == 8)
        assert_true(sizeof(struct slogout_session) <= 128);
}

/* ---- what is left ---- */

static void test_a_slogout_with_sessions_left_is_not_freed(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = ask(host);
    assert_int_equal(slogout_free(host->slogout), SLOGOUT_ERR_STATE);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    host_feed_line(host, session, "SLO.1 OK");
    host_forget(host);
    assert_int_equal(slogout_free(host->slogout), SLOGOUT_ERR_STATE); /* ENDED, and not freed */
}

/* ---- beside the rules ---- */

static int takes_all(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    int taken = 0;

    (void)conn;
    return says_what_conn_says(session, line, len, when, &taken);
}

static void test_callbacks_are_checked_when_the_session_is_made(void **state)
{
    struct {
        struct slogout_callbacks known;
        size_t more;
    } larger = {{sizeof larger, takes_all, closes_nothing}, 0};
    struct host *host = *state;
    const size_t size = sizeof(struct slogout_callbacks);
    const struct {
        struct slogout_callbacks callbacks;
        int error;
    } rows[] = {
        {{size, takes_all, closes_nothing}, 0},
        {{size, NULL, closes_nothing}, SLOGOUT_ERR_ARGUMENT},
        {{size, takes_all, NULL}, SLOGOUT_ERR_ARGUMENT},
        {{size, NULL, NULL}, SLOGOUT_ERR_ARGUMENT},
        {{0, takes_all, closes_nothing}, SLOGOUT_ERR_SIZE},
        {{1, takes_all, closes_nothing}, SLOGOUT_ERR_SIZE},
        {{SIZE_MAX, takes_all, closes_nothing}, SLOGOUT_ERR_SIZE},
        {{offsetof(struct slogout_callbacks, close_connection), takes_all, closes_nothing},
         SLOGOUT_ERR_ARGUMENT},
    };
    struct slogout_session *session = NULL;
    size_t i;

    host_start(host, NULL);
    for (i = 0; i < LENGTH(rows); i++) {
        session = NULL;
        assert_int_equal(slogout_session_new(&session, host->slogout, &rows[i].callbacks, NULL),
                         rows[i].error);
        assert_int_equal(session != NULL, rows[i].error == 0);
        slogout_session_free(session);
    }
    assert_int_equal(slogout_session_new(&session, host->slogout, &larger.known, NULL), 0);
    slogout_session_free(session);
    larger.more = 1;
    assert_int_equal(slogout_session_new(&session, host->slogout, &larger.known, NULL), SLOGOUT_ERR_SIZE);
}

static void test_null_is_an_error_or_harmless(void **state)
{
    struct host *host = *state;
    static const struct slogout_callbacks callbacks = {sizeof callbacks, takes_all, closes_nothing};
    struct slogout_session *session = NULL;

    host_start(host, NULL);
    assert_int_equal(slogout_session_new(NULL, host->slogout, &callbacks, NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_new(&session, NULL, &callbacks, NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_new(&session, host->slogout, NULL, NULL), SLOGOUT_ERR_ARGUMENT);
    assert_null(session);
    assert_int_equal(slogout_session_request(NULL, NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_resume(NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_feed_line(NULL, "x", 1, 0), 0);
    assert_int_equal(slogout_session_cancel(NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_force(NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_abandon(NULL, SLOGOUT_OUTCOME_PEER_CLOSED), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_state(NULL), SLOGOUT_STATE_ENDED);
    slogout_session_set_enabled(NULL, 1);
    slogout_session_free(NULL);
}

static void test_abandon_names_only_what_a_host_can_know(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;
    int why;

    host_start(host, NULL);
    session = ask(host);
    for (why = -1; why <= SLOGOUT_OUTCOME_COUNT; why++)
        if (why < SLOGOUT_OUTCOME_CLIENT_LOGOUT || why > SLOGOUT_OUTCOME_HOST_CLOSED)
            assert_int_equal(slogout_session_abandon(session, (enum slogout_outcome)why),
                             SLOGOUT_ERR_ARGUMENT);
    host_check(host);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
}

static void test_after_a_cancel_the_session_is_as_new(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect_enabled(host);
    host->send_says = "B";
    host_request(host, session, NULL);
    host_cancel(host, session);
    assert_true(slogout_deadline(host->slogout) == SLOGOUT_NEVER);
    assert_int_equal(host_resume(host, session), 0); /* nothing is due any more */
    host_tick_at(host, 1000000);
    host_expect(host, S_LOGOUT " BUSY\n");
    assert_int_equal(host_request(host, session, NULL), 0);
    host_expect(host, S_LOGOUT "\n");
    assert_int_equal(slogout_deadline(host->slogout), 1035000);
}

/* ---- LEAVING, and force in it ---- */

static void test_force_in_leaving_offers_the_bye_once_more_if_less_will_do(void **state)
{
    static const struct {
        const char *says; /* to each line of the session, which is forced twice */
        uint64_t between; /* ms between the two calls */
        const char *trace;
    } rows[] = {
        {"B", 0, S_LAST_BYE " BUSY\n" S_FINAL_BYE "\nclose FORCED bye-sent\n"},
        {"BB", 4999, S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose FORCED\n"},
        {"B-", 0, S_LAST_BYE " BUSY\n" S_FINAL_BYE " BROKEN\nclose FORCED\n"},
        {"BB", 5000, S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose FORCED\n"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        void *own = NULL;
        struct host *host;
        struct slogout_session *session;
        assert_int_equal(host_setup(&own), 0);
        host = own;
        host_start(host, NULL);
        session = host_connect(host);
        host->send_says = rows[i].says;
        assert_int_equal(host_force(host, session), 0);
        host_tick_at(host, rows[i].between);
        assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_LEAVING);
        assert_int_equal(host_force(host, session), 0);
        host_expect(host, rows[i].trace);
        assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ENDED);
        host_teardown(&own);
    }
}

/* ---- a session that leaves by itself ---- */

static struct slogout_session *leave_alone(struct host *host, const struct slogout_departure *departure)
{
    struct slogout_session *session = host_connect_enabled(host);

    assert_int_equal(host_leave(host, session, departure), 0);
    return session;
}

static void test_a_departure_begins_at_a_random_instant_of_its_spread(void **state)
{
    struct host *host = *state;
    struct slogout_departure departure = {.spread_ms = 60000, .bye_text = "Moved"};
    uint64_t sum = 0;

    host_start(host, NULL);
    host->now = 1000;
    for (departure.seed = 0; departure.seed < HOST_SESSIONS - 1; departure.seed++) {
        struct slogout_session *session = leave_alone(host, &departure);
        const uint64_t instant = slogout_deadline(host->slogout);
        assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_WAITING);
        assert_true(instant >= 1000 && instant < 61000);
        sum += instant - 1000;
        host_cancel(host, session);
    }
    assert_true(sum / departure.seed > 20000 && sum / departure.seed < 40000);
    departure.seed = 3;
    leave_alone(host, &departure);
    sum = slogout_deadline(host->slogout);
    host_tick_at(host, sum - 1);
    host_expect(host, "");
    host_tick_at(host, sum);
    host_expect(host, "#16 " S_LOGOUT "\n");
    host_tick_at(host, sum + 35000);
    host_forget(host);
}

static void test_without_a_spread_a_departure_is_a_request(void **state)
{
    struct host *host = *state;
    const struct slogout_departure departure = {.spread_ms = 0, .bye_text = "Moved"};
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect(host);
    host->send_says = "B";
    assert_int_equal(host_leave(host, session, &departure), 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_PENDING);
    assert_int_equal(slogout_deadline(host->slogout), 300000);
    host_resume(host, session);
    host_expect(host, "S: * BYE Moved (at rest) BUSY\nS: * BYE Moved (at rest)\nclose BYE_ONLY bye-sent\n");
}

/* Runs a departure while send_line says the same to each line, and ticks when something is due. Returns when
 * close_connection is called. */
static uint64_t run_departure(const struct slogout_departure *departure, int enabled, const char *says)
{
    void *own = NULL;
    struct host *host;
    struct slogout_session *session;
    uint64_t end;

    assert_int_equal(host_setup(&own), 0);
    host = own;
    host_start(host, NULL);
    host->now = FAR;
    host->send_says = says;
    session = host_connect(host);
    slogout_session_set_enabled(session, enabled);
    host_leave(host, session, departure);
    while (slogout_deadline(host->slogout) != SLOGOUT_NEVER)
        host_tick_at(host, slogout_deadline(host->slogout));
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ENDED);
    end = host->now;
    host_forget(host);
    host_teardown(&own);
    return end;
}

static void test_a_departure_keeps_its_deadline_whatever_happens(void **state)
{
    static const uint64_t deadlines[] = {1,     5000,  9999,  10000,  10001, 44999,
                                         45000, 45001, 50000, 100000, 700000};
    static const uint32_t spreads[] = {0, 1, 3000, 60000, UINT32_MAX};
    static const char *const says[] = {"", "B", "BB", "BBB", "tB", "tBB", "t-", "-"};
    size_t d, s, l;
    int enabled;

    (void)state;
    for (d = 0; d < LENGTH(deadlines); d++)
        for (s = 0; s < LENGTH(spreads); s++)
            for (l = 0; l < LENGTH(says); l++)
                for (enabled = 0; enabled <= 1; enabled++) {
                    const struct slogout_departure departure = {
                        .spread_ms = spreads[s], .seed = (uint32_t)(d + l), .deadline_ms = deadlines[d]};
                    assert_true(run_departure(&departure, enabled, says[l]) <= FAR + deadlines[d]);
                }
}

/* With an answer timeout of 35,000 and a leave timeout of 10,000. */
static void test_what_a_departure_does_near_its_deadline(void **state)
{
    static const struct {
        uint64_t deadline_ms;
        uint32_t ready_timeout_ms;
        const char *says;
        const char *trace;
        uint64_t end;
    } rows[] = {
        {45000, 0, "t", S_LOGOUT "\n" S_LAST_BYE "\nclose EXPIRED SLO.1@1099511627776 bye-sent\n", 35000},
        {44999, 0, "t", S_BYE "\nclose BYE_ONLY bye-sent\n", 0},
        {FAR, 0, "BBB", S_LOGOUT " BUSY\n" S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose NEVER_READY\n", 310000},
        {50000, 0, "BBB", S_LOGOUT " BUSY\n" S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose FORCED\n", 50000},
        {50000, 39999, "BBB",
         S_LOGOUT " BUSY\n" S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose NEVER_READY\n", 49999},
        {50000, 40000, "BBt", S_LOGOUT " BUSY\n" S_LAST_BYE " BUSY\n" S_FINAL_BYE "\nclose FORCED bye-sent\n",
         45000},
        {6000, 0, "BBB", S_BYE " BUSY\n" S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose FORCED\n", 6000},
        {4000, 0, "BBt", S_BYE " BUSY\n" S_LAST_BYE " BUSY\n" S_FINAL_BYE "\nclose FORCED bye-sent\n", 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        const struct slogout_settings settings = SETTINGS(.ready_timeout_ms = rows[i].ready_timeout_ms);
        const struct slogout_departure departure = {.deadline_ms = rows[i].deadline_ms};
        void *own = NULL;
        struct host *host;
        assert_int_equal(host_setup(&own), 0);
        host = own;
        host_start(host, &settings);
        host->now = FAR;
        host->send_says = rows[i].says;
        leave_alone(host, &departure);
        while (slogout_deadline(host->slogout) != SLOGOUT_NEVER)
            host_tick_at(host, slogout_deadline(host->slogout) > host->now ? slogout_deadline(host->slogout)
                                                                           : host->now);
        host_expect(host, rows[i].trace);
        assert_int_equal(host->now, FAR + rows[i].end);
        host_teardown(&own);
    }
}

static void test_a_spread_is_cut_so_that_the_client_can_be_asked(void **state)
{
    static const struct {
        uint64_t deadline_ms, latest;
    } rows[] = {{45000, 0}, {45001, 0}, {45100, 99}, {46000, 999}, {44999, 34998}, {20000, 9999}, {0, 59999}};
    size_t i;
    uint32_t seed;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        uint64_t latest = 0;
        for (seed = 0; seed < 300; seed++) {
            const struct slogout_departure departure = {
                .spread_ms = 60000, .seed = seed, .deadline_ms = rows[i].deadline_ms};
            void *own = NULL;
            struct host *host;
            struct slogout_session *session;
            assert_int_equal(host_setup(&own), 0);
            host = own;
            host_start(host, NULL);
            session = leave_alone(host, &departure);
            if (slogout_session_state(session) == SLOGOUT_STATE_WAITING && slogout_deadline(host->slogout) > latest)
                latest = slogout_deadline(host->slogout);
            host_forget(host);
            host_teardown(&own);
        }
        assert_true(latest <= rows[i].latest && latest >= rows[i].latest * 9 / 10);
    }
}

static void test_a_second_departure_hurries(void **state)
{
    static const char *const says[] = {"", "B", "t", "BB", "BBB"};
    static const char *const traces[] = {
        S_LAST_BYE "\nclose FORCED bye-sent\n",                                          /* WAITING */
        S_LOGOUT " BUSY\n" S_LAST_BYE "\nclose FORCED bye-sent\n",                       /* PENDING */
        S_LOGOUT "\n" S_LAST_BYE "\nclose FORCED SLO.1@0 bye-sent\n",                    /* ASKED */
        S_LOGOUT " BUSY\n" S_LAST_BYE " BUSY\n" S_FINAL_BYE "\nclose FORCED bye-sent\n", /* LEAVING */
        S_LOGOUT " BUSY\n" S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose FORCED\n",
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(says); i++) {
        const struct slogout_departure departure = {.spread_ms = i ? 0 : 60000, .deadline_ms = 200000};
        void *own = NULL;
        struct host *host;
        struct slogout_session *session;
        assert_int_equal(host_setup(&own), 0);
        host = own;
        host_start(host, NULL);
        host->send_says = says[i];
        session = leave_alone(host, &departure);
        assert_int_equal(host_leave(host, session, &departure), 0);
        if (slogout_session_state(session) == SLOGOUT_STATE_LEAVING)
            assert_int_equal(host_leave(host, session, &departure), 0);
        host_expect(host, traces[i]);
        assert_int_equal(host_leave(host, session, &departure), 0); /* ENDED */
        host_expect(host, "");
        host_teardown(&own);
    }
}

static void test_a_departure_that_is_canceled_leaves_nothing(void **state)
{
    struct host *host = *state;
    const struct slogout_departure departure = {
        .spread_ms = 60000, .deadline_ms = 50000, .bye_text = "Moved"};
    struct slogout_session *session;

    host_start(host, NULL);
    session = leave_alone(host, &departure);
    assert_int_equal(host_join(host, session), SLOGOUT_ERR_STATE);
    assert_int_equal(host_cancel(host, session), 0);
    assert_true(slogout_deadline(host->slogout) == SLOGOUT_NEVER);
    host->send_says = "BB";
    host_request(host, session, NULL);
    assert_int_equal(slogout_deadline(host->slogout), 300000);
    host_force(host, session);
    host_resume(host, session);
    host_expect(host, S_LOGOUT " BUSY\n" S_LAST_BYE " BUSY\n" S_LAST_BYE "\nclose FORCED bye-sent\n");
}

static void test_departures_that_are_refused_change_nothing(void **state)
{
    struct host *host = *state;
    const size_t size = sizeof(struct slogout_departure);
    const struct {
        struct slogout_departure departure;
        uint64_t now;
        int error;
    } rows[] = {
        {{.size = 0}, 100, SLOGOUT_ERR_SIZE},
        {{.size = 1}, 100, SLOGOUT_ERR_SIZE},
        {{.size = size, .bye_text = ""}, 100, SLOGOUT_ERR_TEXT},
        {{.size = size, .bye_text = "[x]y"}, 100, SLOGOUT_ERR_TEXT},
        {{.size = size}, SLOGOUT_NEVER, SLOGOUT_ERR_ARGUMENT},
    };
    struct slogout_session *session;
    size_t i;

    host_start(host, NULL);
    session = host_connect_enabled(host);
    for (i = 0; i < LENGTH(rows); i++)
        assert_int_equal(slogout_session_leave(session, &rows[i].departure, rows[i].now), rows[i].error);
    assert_int_equal(slogout_session_leave(session, NULL, 100), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_leave(NULL, &rows[0].departure, 100), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_OPEN);
    assert_int_equal(host->slogout->clock.now, 0);
    host_check(host);
}

/* ---- the result, later ---- */

static void expect_result(const struct slogout_session *session, const char *expected)
{
    struct slogout_result result = {.size = sizeof result};
    char line[SLOGOUT_RESULT_SIZE];

    assert_int_equal(slogout_session_get_result(session, &result), 0);
    assert_int_equal(result.size, sizeof result);
    assert_null(result.answer);
    slogout_result_format(line, sizeof line, &result);
    assert_string_equal(line, expected);
}

static void test_a_session_that_has_ended_has_a_result(void **state)
{
    struct host *host = *state;
    struct slogout_session *answered, *refused, *logged_out, *pending, *forced;

    host_start(host, &wait_on_refusal);
    answered = ask(host);
    host_feed_line(host, answered, "* BYE");
    host_feed_line(host, answered, "SLO.1 OK done");
    expect_result(answered, "outcome=ANSWERED tag=SLO.1 bye_sent=0 bye_seen=1 answer=OK");
    refused = ask(host);
    host_feed_line(host, refused, "SLO.2 NO later");
    host_tick_at(host, 35000);
    expect_result(refused, "outcome=REFUSED tag=SLO.2 bye_sent=1 bye_seen=0 answer=NO");
    logged_out = ask(host);
    host_abandon(host, logged_out, SLOGOUT_OUTCOME_CLIENT_LOGOUT);
    expect_result(logged_out, "outcome=CLIENT_LOGOUT tag=SLO.3 bye_sent=0 bye_seen=0");
    pending = host_connect(host);
    host->send_says = "B";
    host_request(host, pending, NULL);
    host_abandon(host, pending, SLOGOUT_OUTCOME_PEER_CLOSED);
    expect_result(pending, "outcome=PEER_CLOSED tag=- bye_sent=0 bye_seen=0");
    forced = host_connect(host);
    host->send_says = "B";
    host_force(host, forced);
    host_abandon(host, forced, SLOGOUT_OUTCOME_HOST_CLOSED);
    expect_result(forced, "outcome=FORCED tag=- bye_sent=0 bye_seen=0");
    host_forget(host);
}

static void test_a_session_without_an_outcome_has_no_result(void **state)
{
    struct host *host = *state;
    struct slogout_result result = {.size = sizeof result, .outcome = SLOGOUT_OUTCOME_EXPIRED};
    struct slogout_session *session, *unasked;

    host_start(host, NULL);
    unasked = host_connect(host);
    host_abandon(host, unasked, SLOGOUT_OUTCOME_PEER_CLOSED);
    assert_int_equal(slogout_session_get_result(unasked, &result), SLOGOUT_ERR_STATE);
    session = host_connect(host);
    assert_int_equal(slogout_session_get_result(session, &result), SLOGOUT_ERR_STATE);
    host->send_says = "B";
    host_force(host, session);
    assert_int_equal(slogout_session_get_result(session, &result), SLOGOUT_ERR_STATE);
    assert_int_equal(result.outcome, SLOGOUT_OUTCOME_EXPIRED);
    assert_int_equal(slogout_session_get_result(NULL, &result), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_session_get_result(session, NULL), SLOGOUT_ERR_ARGUMENT);
    host_resume(host, session);
    result.size = 0;
    assert_int_equal(slogout_session_get_result(session, &result), SLOGOUT_ERR_SIZE);
    host_forget(host);
}

/* ---- time ---- */

static void test_a_call_that_changes_nothing_does_not_move_the_clock(void **state)
{
    static const struct slogout_departure departure = {.size = sizeof departure, .bye_text = "\n"};
    struct host *host = *state;
    struct slogout_session *ended, *asked, *leaving, *pending;

    host_start(host, NULL);
    ended = host_connect(host);
    host_abandon(host, ended, SLOGOUT_OUTCOME_PEER_CLOSED);
    asked = ask(host);
    leaving = host_connect(host);
    pending = host_connect(host);
    host->send_says = "BB";
    host_force(host, leaving);
    host_request(host, pending, NULL);
    host_forget(host);
    host->now = 1000;
    assert_int_equal(host_request(host, ended, NULL), SLOGOUT_ERR_STATE);
    assert_int_equal(host_request(host, leaving, NULL), SLOGOUT_ERR_STATE);
    assert_int_equal(host_request(host, pending, "\n"), SLOGOUT_ERR_TEXT);
    assert_int_equal(host_request(host, pending, "Second"), 0);
    assert_int_equal(host_request(host, asked, NULL), 0);
    assert_int_equal(host_force(host, ended), 0);
    assert_int_equal(slogout_session_leave(asked, &departure, 1000), SLOGOUT_ERR_TEXT);
    assert_int_equal(host_feed_line(host, asked, "A1 NOOP"), 0);
    assert_int_equal(host_feed_line(host, asked, "SLO.2 OK"), 0);
    assert_int_equal(host_feed_line(host, leaving, "SLO.1 OK"), SLOGOUT_CONSUMED);
    assert_int_equal(host_feed_line(host, ended, "SLO.1 OK"), SLOGOUT_CONSUMED);
    assert_int_equal(host_resume(host, asked), 0);
    assert_int_equal(host->slogout->clock.now, 0);
    assert_int_equal(host_feed_line(host, asked, "* BYE"), SLOGOUT_CONSUMED);
    assert_int_equal(host->slogout->clock.now, 1000);
    host_expect(host, "");
}

static void test_an_answer_timeout_of_any_length(void **state)
{
    static const uint32_t timeouts[] = {65535, 65536, 100000, (1U << 24) + 7, UINT32_MAX};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(timeouts); i++) {
        const struct slogout_settings settings = SETTINGS(.answer_timeout_ms = timeouts[i]);
        void *own = NULL;
        assert_int_equal(host_setup(&own), 0);
        host_start(own, &settings);
        ask(own);
        assert_true(slogout_deadline(((struct host *)own)->slogout) == timeouts[i]);
        host_teardown(&own);
    }
}

/* ---- what a session does for its drain ---- */

static void expect_members(const struct host *host, enum slogout_state state, const char *numbers)
{
    const struct slo_link *list = &host->set.members[state];
    struct slo_link *link;

    for (link = list->next; link != list; link = link->next) {
        const struct host_conn *conn = slo_container_of(link, struct slogout_session, member)->conn;
        assert_int_equal(conn->number, *numbers++ - '0');
    }
    assert_int_equal(*numbers, '\0');
}

static void test_members_stand_in_the_order_in_which_they_came_to_their_state(void **state)
{
    struct host *host = *state;
    struct slogout_session *sessions[5];
    size_t i;

    host_start(host, NULL);
    for (i = 0; i < LENGTH(sessions); i++) {
        sessions[i] = host_connect_enabled(host);
        host_join(host, sessions[i]);
    }
    expect_members(host, SLOGOUT_STATE_WAITING, "12345");
    host_request(host, sessions[3], NULL);
    host_request(host, sessions[1], NULL);
    host_request(host, sessions[2], NULL);
    expect_members(host, SLOGOUT_STATE_WAITING, "15");
    expect_members(host, SLOGOUT_STATE_ASKED, "423");
    host_feed_line(host, sessions[1], "SLO.2 OK");
    host_force(host, sessions[0]);
    expect_members(host, SLOGOUT_STATE_ASKED, "43");
    expect_members(host, SLOGOUT_STATE_ENDED, "21");
    host_free(host, sessions[1]);
    host_cancel(host, sessions[4]);
    expect_members(host, SLOGOUT_STATE_ENDED, "1");
    expect_members(host, SLOGOUT_STATE_WAITING, "");
    host_forget(host);
}

/* The two sessions are at the same address. */
static void test_a_group_is_kept_while_waiting_and_does_not_touch_when_it_was_asked(void **state)
{
    struct host *host = *state;
    struct slogout_session *waiting, *asked;

    host_start(host, NULL);
    waiting = host_connect_enabled(host);
    host_join(host, waiting);
    assert_int_equal(waiting->group, HOST_GROUP);
    host->now = 5;
    asked = ask(host);
    host_join(host, asked);
    host_feed_line(host, asked, "SLO.1 OK");
    host_expect(host, "#2 close ANSWERED SLO.1@5 answer=OK\n");
    host_force(host, waiting); /* never asked */
    host_expect(host, S_LAST_BYE "\nclose FORCED bye-sent\n");
}

static void test_nobody_is_asked_whose_answer_the_drain_cannot_wait_for(void **state)
{
    struct host *host = *state;
    struct slogout_session *in_time, *late, *outside;

    host_start(host, NULL);
    in_time = host_connect_enabled(host);
    late = host_connect_enabled(host);
    outside = host_connect_enabled(host);
    host->set.ask_before = 1000;
    host_join(host, in_time);
    host_join(host, late);
    host->now = 999;
    host->send_says = "tB";
    host_request(host, in_time, NULL);
    host_request(host, late, NULL);
    host_expect(host, S_LOGOUT "\n#2 S: SLO.2 LOGOUT (at rest) BUSY\n");
    host->now = 1000;
    host_resume(host, late);
    host_request(host, outside, NULL);
    host_expect(host, "#2 " S_BYE "\n#2 close BYE_ONLY bye-sent\n#3 S: SLO.2 LOGOUT (at rest)\n");
}

/* As a drain does in a tick, between enter and leave, without a time and a text of its own. */
static void test_a_drain_requests_and_forces_by_the_same_table(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect_enabled(host);
    host_join(host, session);
    slo_enter_at(host->slogout, 100);
    assert_int_equal(slo_session_request(session), 0);
    assert_int_equal(slo_session_request(session), 0);
    host_check(host);
    assert_int_equal(slo_session_force(session), 0);
    assert_int_equal(slo_session_request(session), SLOGOUT_ERR_STATE);
    assert_int_equal(slo_session_force(session), 0);
    slo_leave(host->slogout);
    host_expect(host, S_LOGOUT "\n" S_LAST_BYE "\nclose FORCED SLO.1@100 bye-sent\n");
}

static void test_quitting_twice_is_harmless(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = ask(host);
    host_join(host, session);
    slo_session_quit(session);
    host_check(host);
    slo_session_quit(session);
    host_check(host);
    expect_members(host, SLOGOUT_STATE_ASKED, "");
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED); /* the exchange goes on */
}

/* ---- many ---- */

static void test_many_sessions_keep_the_order_of_their_deadlines(void **state)
{
    struct host *host = *state;
    struct slogout_session *sessions[HOST_SESSIONS];
    unsigned i;

    host_start(host, NULL);
    for (i = 0; i < HOST_SESSIONS; i++) {
        host->now = i;
        sessions[i] = ask(host);
    }
    for (i = 0; i < HOST_SESSIONS; i += 2)
        host_abandon(host, sessions[i], SLOGOUT_OUTCOME_PEER_CLOSED);
    for (i = 1; i < HOST_SESSIONS; i += 2) {
        assert_int_equal(slogout_deadline(host->slogout), 35000 + i);
        host_tick_at(host, 35000 + i);
        assert_int_equal(slogout_session_state(sessions[i]), SLOGOUT_STATE_ENDED);
    }
    host_forget(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        host_test(test_below_asked_no_line_leaves_a_trace),
        host_test(test_below_asked_nothing_is_looked_at),
        host_test(test_lines_that_are_no_answer_leave_no_trace_when_asked),
        host_test(test_everything_is_consumed_from_leaving_on),
        host_test(test_the_answer_timer_is_35_seconds_by_default),
        host_test(test_the_answer_timer_must_be_longer_than_32_seconds),
        host_test(test_the_answer_timer_runs_from_the_moment_that_logout_is_taken),
        host_test(test_nothing_extends_the_answer_timer),
        host_test(test_a_stale_now_shortens_the_timer_by_its_staleness),
        host_test(test_time_that_runs_backwards_stands_still),
        host_test(test_deadlines_saturate_at_the_end_of_time),
        host_test(test_never_is_refused_as_a_time),
        host_test(test_a_tick_may_be_early_exact_late_and_repeated),
        host_test(test_every_timer_expires_at_its_deadline_never_before),
        cmocka_unit_test(test_leaving_lasts_as_long_as_the_settings_say_after_late_ticks),
        host_test(test_an_answer_at_the_same_now_wins_over_the_tick),
        host_test(test_an_answer_after_the_deadline_but_before_the_tick_counts),
        host_test(test_a_superseded_timer_is_harmless),
        host_test(test_each_line_needs_rest_and_a_last_bye_only_for_half_of_its_time),
        host_test(test_after_busy_nothing_is_offered_until_ready),
        host_test(test_a_tag_whose_line_is_not_taken_is_not_used_up),
        host_test(test_every_positive_number_is_busy_every_negative_one_is_broken),
        host_test(test_every_ending_of_ours_but_answered_says_bye),
        host_test(test_a_bye_that_is_owed_and_not_sent_is_counted),
        host_test(test_the_text_comes_with_the_request),
        host_test(test_without_one_the_text_is_that_of_the_settings),
        host_test(test_the_first_text_stays),
        host_test(test_a_cancelled_request_takes_its_text_along),
        host_test(test_no_text_injects_a_line),
        host_test(test_no_alert_by_default),
        host_test(test_logout_never_follows_a_bye),
        host_test(test_bye_leaves_at_once),
        host_test(test_wait_ends_as_refused_when_the_timer_expires),
        host_test(test_wait_lets_a_later_ok_end_as_answered),
        host_test(test_wait_can_still_be_forced),
        host_test(test_only_a_session_that_is_enabled_is_asked),
        host_test(test_it_counts_at_the_moment_when_the_client_is_told),
        host_test(test_ask_all_asks_everybody),
        host_test(test_words_in_any_case_tags_octet_for_octet),
        host_test(test_all_forms_of_input_give_the_same),
        host_test(test_a_line_must_have_octets),
        host_test(test_the_prefix_is_slo_by_default_and_the_number_counts),
        host_test(test_each_session_has_a_tag_of_its_own),
        host_test(test_the_longest_prefix_and_the_last_number),
        host_test(test_memory_is_taken_in_the_new_functions_alone),
        host_test(test_a_session_has_at_most_128_octets),
        host_test(test_a_slogout_with_sessions_left_is_not_freed),
        host_test(test_callbacks_are_checked_when_the_session_is_made),
        host_test(test_null_is_an_error_or_harmless),
        host_test(test_abandon_names_only_what_a_host_can_know),
        host_test(test_after_a_cancel_the_session_is_as_new),
        cmocka_unit_test(test_force_in_leaving_offers_the_bye_once_more_if_less_will_do),
        host_test(test_a_departure_begins_at_a_random_instant_of_its_spread),
        host_test(test_without_a_spread_a_departure_is_a_request),
        cmocka_unit_test(test_a_departure_keeps_its_deadline_whatever_happens),
        cmocka_unit_test(test_what_a_departure_does_near_its_deadline),
        cmocka_unit_test(test_a_spread_is_cut_so_that_the_client_can_be_asked),
        cmocka_unit_test(test_a_second_departure_hurries),
        host_test(test_a_departure_that_is_canceled_leaves_nothing),
        host_test(test_departures_that_are_refused_change_nothing),
        host_test(test_a_session_that_has_ended_has_a_result),
        host_test(test_a_session_without_an_outcome_has_no_result),
        host_test(test_a_call_that_changes_nothing_does_not_move_the_clock),
        cmocka_unit_test(test_an_answer_timeout_of_any_length),
        host_test(test_members_stand_in_the_order_in_which_they_came_to_their_state),
        host_test(test_a_group_is_kept_while_waiting_and_does_not_touch_when_it_was_asked),
        host_test(test_nobody_is_asked_whose_answer_the_drain_cannot_wait_for),
        host_test(test_a_drain_requests_and_forces_by_the_same_table),
        host_test(test_quitting_twice_is_harmless),
        host_test(test_many_sessions_keep_the_order_of_their_deadlines),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of sessions that the transcripts of tests/model cannot express. The transcripts play every event in every
 * state. These tests have arguments, memory, unusual settings, random instants, and the calls that a session makes for
 * its drain. test_session_reentrancy.c has the calls inside callbacks. */
#include "support/host.h"
#include "support/exact.h"

#define LAST (SLOGOUT_NEVER - 1) /* the greatest valid time */

#define SETTINGS(...)                                                                                        \
    {                                                                                                        \
        .size = sizeof(struct slogout_settings), __VA_ARGS__                                                 \
    }

static const struct slogout_settings ask_all = SETTINGS(.ask = SLOGOUT_ASK_ALL);

/* Makes a session that is asked at host->now. Its tag is SLO.1 if it is the first session. */
static struct slogout_session *ask(struct host *host)
{
    struct slogout_session *session = host_connect_enabled(host);

    assert_int_equal(host_request(host, session, NULL), 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    host_forget(host);
    return session;
}

/* ---- time ---- */

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
    host->send_says = "BB"; /* LEAVING has no time either, so the session ends in the same tick */
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

/* The leave timer runs from the tick that found the answer timer expired, and not from the time at which that tick was
 * due. If the tick in the middle of LEAVING is late, the end of LEAVING does not change. */
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
        struct host *host = host_new();
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
        host_end(host);
    }
}

/* ---- the lines that are offered to send_line ---- */

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

static void test_a_number_other_than_0_and_busy_means_broken(void **state)
{
    static const struct {
        int says;
        enum slogout_state state;
    } rows[] = {
        {SLOGOUT_BUSY, SLOGOUT_STATE_PENDING}, {2, SLOGOUT_STATE_ENDED},
        {INT32_MAX, SLOGOUT_STATE_ENDED},      {-1, SLOGOUT_STATE_ENDED},
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

/* The text and the deadline belonged to the canceled departure. The test frees the text. */
static void test_a_canceled_departure_loses_its_text_and_its_deadline(void **state)
{
    struct host *host = *state;
    char *text = exact_copy("Cancelled", sizeof "Cancelled");
    const struct slogout_departure departure = {.deadline_ms = 1, .bye_text = text};
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect_enabled(host);
    host->send_says = "BB";
    host_leave(host, session, &departure);
    host_cancel(host, session);
    exact_free(text);
    host_forget(host);
    host_force(host, session);
    host_tick_at(host, host->now + 4999);
    host_expect(host, S_LAST_BYE " BUSY\n");
}

static void test_a_line_must_have_octets(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;
    char line[300];

    snprintf(line, sizeof line, "%-256s", "* BYE");
    host_start(host, NULL);
    session = host_connect(host);
    assert_int_equal(slogout_session_feed_line(session, NULL, 5, SLOGOUT_NEVER), 0);
    slogout_session_set_enabled(session, 256); /* any number except 0 */
    assert_int_equal(host_request(host, session, NULL), 0);
    host_expect(host, S_LOGOUT "\n");
    assert_int_equal(slogout_session_feed_line(session, NULL, 1, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, NULL, 0, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, "", 0, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, line, 256, 0), SLOGOUT_CONSUMED);
    host->send_says = "B";
    host_force(host, session); /* so that every line is consumed */
    assert_int_equal(slogout_session_feed_line(session, NULL, 1, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, NULL, 0, 0), 0);
    assert_int_equal(slogout_session_feed_line(session, "", 0, 0), SLOGOUT_CONSUMED);
    host_forget(host);
}

/* ---- tags ---- */

static void test_the_longest_tag_is_sent_and_recognized(void **state)
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

static void test_only_the_new_functions_allocate(void **state)
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

static void test_session_new_without_memory_changes_nothing(void **state)
{
    static const struct slogout_callbacks callbacks = {.size = 0};
    struct host *host = *state;
    struct slogout_session *out = NULL;

    host_start(host, NULL);
    host->fail_allocation = 1;
    assert_int_equal(slogout_session_new(&out, host->slogout, &host_callbacks, NULL), SLOGOUT_ERR_NOMEM);
    assert_null(out);
    host_check(host);
    host->fail_allocation = 1; /* a call that is refused earlier needs no memory */
    assert_int_equal(slogout_session_new(&out, host->slogout, &callbacks, NULL), SLOGOUT_ERR_SIZE);
    assert_int_equal(host->fail_allocation, 1);
    host->fail_allocation = 0;
}

static void test_a_session_has_at_most_128_octets(void **state)
{
    (void)state;
    if (sizeof(void *) == 8)
        assert_true(sizeof(struct slogout_session) <= 128);
}

/* ---- arguments ---- */

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
        {{offsetof(struct slogout_callbacks, close_connection), takes_all, closes_nothing}, SLOGOUT_ERR_ARGUMENT},
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

static void test_abandon_accepts_only_the_outcomes_of_a_host(void **state)
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
        /* the first value of SplitMix64 with seed 0 */
        assert_true(departure.seed > 0 || instant == 1000 + UINT64_C(0xe220a8397b1dcdaf) % 60000);
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
    assert_non_null(strstr(host->trace, "S: * BYE Moved (at rest)\n"));
    host_forget(host);
}

#define FAR (UINT64_C(1) << 40) /* a time in ms that does not fit into 32 bits */

/* Runs a departure while send_line returns the same value for each line, and ticks whenever something is due. Expects
 * the trace, unless it is NULL. Returns the time until close_connection was called. */
static uint64_t run_departure(const struct slogout_departure *departure, uint32_t ready_timeout_ms, int enabled,
                              const char *says, const char *trace)
{
    const struct slogout_settings settings = SETTINGS(.ready_timeout_ms = ready_timeout_ms);
    struct host *host = host_new();
    struct slogout_session *session;
    uint64_t end;

    host_start(host, &settings);
    host->now = FAR;
    host->send_says = says;
    session = host_connect(host);
    slogout_session_set_enabled(session, enabled);
    host_leave(host, session, departure);
    while ((end = slogout_deadline(host->slogout)) != SLOGOUT_NEVER)
        host_tick_at(host, end > host->now ? end : host->now);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ENDED);
    end = host->now;
    if (trace)
        host_expect(host, trace);
    host_forget(host);
    host_end(host);
    return end - FAR;
}

static void test_a_departure_keeps_its_deadline_after_every_event(void **state)
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
                    assert_true(run_departure(&departure, 0, enabled, says[l], NULL) <= deadlines[d]);
                }
}

/* The answer timeout is 35,000, and the leave timeout is 10,000. */
static void test_a_departure_near_its_deadline_sends_bye_or_forces(void **state)
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
        const struct slogout_departure departure = {.deadline_ms = rows[i].deadline_ms};
        assert_int_equal(run_departure(&departure, rows[i].ready_timeout_ms, 1, rows[i].says, rows[i].trace), rows[i].end);
    }
}

static void test_a_spread_ends_by_the_leave_timeout_before_the_deadline(void **state)
{
    static const struct {
        uint64_t deadline_ms, latest;
    } rows[] = {{10000, 0},     {10001, 0}, {10100, 99}, {45000, 34999}, {45001, 35000}, {69999, 59998}, {80000, 59999},
                {0, 59999}, {(UINT64_C(1) << 32) + 45000, 59999}};
    size_t i;
    uint32_t seed;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        uint64_t latest = 0;
        for (seed = 0; seed < 300; seed++) {
            const struct slogout_departure departure = {
                .spread_ms = 60000, .seed = seed, .deadline_ms = rows[i].deadline_ms};
            struct host *host = host_new();
            struct slogout_session *session;
            host_start(host, NULL);
            session = leave_alone(host, &departure);
            if (slogout_session_state(session) == SLOGOUT_STATE_WAITING && slogout_deadline(host->slogout) > latest)
                latest = slogout_deadline(host->slogout);
            host_forget(host);
            host_end(host);
        }
        assert_true(latest <= rows[i].latest && latest >= rows[i].latest * 9 / 10);
    }
}

static void test_invalid_departures_change_nothing(void **state)
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

static void test_an_answer_timeout_may_have_any_length(void **state)
{
    static const uint32_t timeouts[] = {65535, 65536, 100000, (1U << 24) + 7, UINT32_MAX};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(timeouts); i++) {
        const struct slogout_settings settings = SETTINGS(.answer_timeout_ms = timeouts[i]);
        struct host *host = host_new();
        host_start(host, &settings);
        ask(host);
        assert_true(slogout_deadline(host->slogout) == timeouts[i]);
        host_end(host);
    }
}

/* ---- the calls that a session makes for its drain ---- */

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

static void test_members_are_in_the_order_in_which_they_entered_their_state(void **state)
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
static void test_a_group_does_not_change_the_time_of_the_request(void **state)
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
    host_force(host, waiting); /* it was never asked */
    host_expect(host, S_LAST_BYE "\nclose FORCED bye-sent\n");
}

static void test_a_client_whose_answer_would_be_late_is_not_asked(void **state)
{
    struct host *host = *state;
    struct slogout_session *in_time, *late, *outside;

    host_start(host, NULL);
    in_time = host_connect_enabled(host);
    late = host_connect_enabled(host);
    outside = host_connect_enabled(host);
    host->set.ask_before = FAR + 1000;
    host_join(host, in_time);
    host_join(host, late);
    host->now = FAR + 999;
    host->send_says = "tB";
    host_request(host, in_time, NULL);
    host_request(host, late, NULL);
    host_expect(host, S_LOGOUT "\n#2 S: SLO.2 LOGOUT (at rest) BUSY\n");
    host->now = FAR + 1000;
    host_resume(host, late);
    host_request(host, outside, NULL);
    host_expect(host, "#2 " S_BYE "\n#2 close BYE_ONLY bye-sent\n#3 S: SLO.2 LOGOUT (at rest)\n");
}

/* A drain makes these calls in a tick, between enter and leave, without a time and a text of its own. */
static void test_a_drain_requests_and_forces_as_a_host_does(void **state)
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
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED); /* the exchange continues */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        host_test(test_deadlines_saturate_at_the_end_of_time),
        host_test(test_never_is_refused_as_a_time),
        cmocka_unit_test(test_leaving_lasts_as_long_as_the_settings_say_after_late_ticks),
        host_test(test_a_tag_whose_line_is_not_taken_is_not_used_up),
        host_test(test_a_number_other_than_0_and_busy_means_broken),
        host_test(test_a_canceled_departure_loses_its_text_and_its_deadline),
        host_test(test_a_line_must_have_octets),
        host_test(test_the_longest_tag_is_sent_and_recognized),
        host_test(test_only_the_new_functions_allocate),
        host_test(test_session_new_without_memory_changes_nothing),
        host_test(test_a_session_has_at_most_128_octets),
        host_test(test_callbacks_are_checked_when_the_session_is_made),
        host_test(test_null_is_an_error_or_harmless),
        host_test(test_abandon_accepts_only_the_outcomes_of_a_host),
        host_test(test_a_departure_begins_at_a_random_instant_of_its_spread),
        cmocka_unit_test(test_a_departure_keeps_its_deadline_after_every_event),
        cmocka_unit_test(test_a_departure_near_its_deadline_sends_bye_or_forces),
        cmocka_unit_test(test_a_spread_ends_by_the_leave_timeout_before_the_deadline),
        host_test(test_invalid_departures_change_nothing),
        host_test(test_a_session_without_an_outcome_has_no_result),
        host_test(test_a_call_that_changes_nothing_does_not_move_the_clock),
        cmocka_unit_test(test_an_answer_timeout_may_have_any_length),
        host_test(test_members_are_in_the_order_in_which_they_entered_their_state),
        host_test(test_a_group_does_not_change_the_time_of_the_request),
        host_test(test_a_client_whose_answer_would_be_late_is_not_asked),
        host_test(test_a_drain_requests_and_forces_as_a_host_does),
        host_test(test_quitting_twice_is_harmless),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}

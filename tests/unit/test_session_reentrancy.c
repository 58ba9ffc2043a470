/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that are allowed inside a callback, and their effects. */
#include "support/host.h"

#define OPEN      SLOGOUT_STATE_OPEN
#define WAITING   SLOGOUT_STATE_WAITING
#define PENDING   SLOGOUT_STATE_PENDING
#define ASKED     SLOGOUT_STATE_ASKED
#define ENDED     SLOGOUT_STATE_ENDED
#define ERR_STATE SLOGOUT_ERR_STATE

/* ---- the callbacks, and the calls that cause them ---- */

static void by_request(struct host *host, struct slogout_session *session)
{
    host_request(host, session, NULL);
}

static void by_request_unmarked(struct host *host, struct slogout_session *session)
{
    slogout_session_set_enabled(session, 0);
    host_request(host, session, NULL);
}

static void by_force(struct host *host, struct slogout_session *session)
{
    host_force(host, session);
}

static void by_answer(struct host *host, struct slogout_session *session)
{
    host_request(host, session, NULL);
    host_feed_line(host, session, "SLO.1 OK");
}

static void by_tick(struct host *host, struct slogout_session *session)
{
    host_request(host, session, NULL);
    host_tick_at(host, 35000);
}

static void by_leave_timer(struct host *host, struct slogout_session *session)
{
    host->send_says = "BB";
    host_force(host, session);
    host_tick_at(host, 10000);
}

/* The LEAVING session ends first, so that the deadline of this session is earlier than all others that are left. */
static void by_nearer_deadline(struct host *host, struct slogout_session *session)
{
    host_action *const action = host->inside[IN_SET_TIMER];

    host->inside[IN_SET_TIMER] = NULL;
    host_tick_at(host, 10000);
    host->inside[IN_SET_TIMER] = action;
    host->send_says = "B";
    host_force(host, session);
}

/* outcome and trace are those of a single session, if the callback makes no call and send_line takes each line. */
static const struct callback {
    const char *name;
    enum host_place place;
    host_action *provoke;
    enum slogout_outcome outcome;
    const char *trace;
} callbacks[] = {
    {"LOGOUT", IN_SEND_LINE, by_request, SLOGOUT_OUTCOME_COUNT, S_LOGOUT},
    {"BYE of BYE_ONLY", IN_SEND_LINE, by_request_unmarked, SLOGOUT_OUTCOME_COUNT, S_BYE},
    {"last BYE", IN_SEND_LINE, by_force, SLOGOUT_OUTCOME_FORCED, S_LAST_BYE},
    {"ANSWERED", IN_CLOSE_CONNECTION, by_answer, SLOGOUT_OUTCOME_ANSWERED,
     S_LOGOUT "\nclose ANSWERED SLO.1@0 answer=OK"},
    {"FORCED", IN_CLOSE_CONNECTION, by_force, SLOGOUT_OUTCOME_FORCED, S_LAST_BYE "\nclose FORCED bye-sent"},
    {"BYE_ONLY", IN_CLOSE_CONNECTION, by_request_unmarked, SLOGOUT_OUTCOME_BYE_ONLY,
     S_BYE "\nclose BYE_ONLY bye-sent"},
    {"tick", IN_CLOSE_CONNECTION, by_leave_timer, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose FORCED"},
    {"set_timer for an earlier deadline", IN_SET_TIMER, by_nearer_deadline, SLOGOUT_OUTCOME_COUNT, ""},
    {"set_timer in a tick", IN_SET_TIMER, by_tick, SLOGOUT_OUTCOME_COUNT, ""},
};

enum { LOGOUT, BYE_ONLY, LAST_BYE, CLOSES, SET_TIMERS = 7 };

/* Makes the session of the callback, and one more session in each state. The session in ASKED is the last, so that the
 * session of the callback has the tag SLO.1. Then takes the action inside the callback. */
static void run(struct host *host, const struct callback *callback, host_action *action)
{
    static const struct slogout_settings settings = {.size = sizeof settings,
                                                     .ready_timeout_ms = 500000,
                                                     .leave_timeout_ms = 10000,
                                                     .set_timer = host_set_timer};
    struct slogout_session *sessions[7];
    size_t i;

    host_start(host, &settings);
    for (i = 0; i < LENGTH(sessions); i++)
        sessions[i] = host_connect_enabled(host);
    host_join(host, sessions[2]);
    host->send_says = "B";
    host_request(host, sessions[3], NULL);
    host->send_says = "B";
    host_force(host, sessions[5]);
    host_abandon(host, sessions[6], SLOGOUT_OUTCOME_PEER_CLOSED);
    host_request(host, sessions[4], NULL);
    host->slogout->tags.last = 0;
    host_forget(host);
    host->inside[callback->place] = action;
    callback->provoke(host, sessions[0]);
    assert_null(host->inside[callback->place]); /* the callback was called */
}

/* ---- functions that may call back: they return REENTRANT and do nothing ---- */

static int call(char function, struct host *host, struct slogout_session *session)
{
    static const struct slogout_departure departure = {.size = sizeof departure};

    switch (function) {
    case 'q':
        return slogout_session_request(session, NULL, host->now);
    case 'r':
        return slogout_session_resume(session, host->now);
    case 'l':
        return slogout_session_feed_line(session, "* BYE", 5, host->now);
    case 'f':
        return slogout_session_force(session, host->now);
    case 'd':
        return slogout_session_leave(session, &departure, host->now);
    case 't':
        return slogout_tick(host->slogout, host->now);
    default:
        return slogout_free(host->slogout);
    }
}

/* A resume that has no effect returns 0, and so does a fed line in any case. */
static int is_reentrant(char function, enum slogout_state state)
{
    return function != 'l' && (function != 'r' || state == PENDING || state == SLOGOUT_STATE_LEAVING);
}

static void call_all(struct host *host, struct slogout_session *session)
{
    const char *function;
    unsigned i;

    (void)session;
    assert_true(host->connected >= 7);
    for (function = "qrlfdtx"; *function; function++)
        for (i = 0; i < host->connected; i++) {
            struct slogout_session *const it = host->sessions[i], before = *it;
            assert_int_equal(call(*function, host, it),
                             is_reentrant(*function, slogout_session_state(it)) ? SLOGOUT_ERR_REENTRANT : 0);
            assert_memory_equal(it, &before, sizeof before);
            host_check(host);
        }
}

/* The whole trace is the same as without the calls. */
static void test_functions_that_call_back_do_nothing_inside_a_callback(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(callbacks); i++) {
        struct host *with = host_new(), *without = host_new();

        run(without, &callbacks[i], NULL);
        run(with, &callbacks[i], call_all);
        host_expect(with, without->trace);
        host_forget(without);
        host_end(with);
        host_end(without);
    }
}

/* ---- functions that are allowed, called for the session of the callback ---- */

/* The calls inside the callback, by letters: abandon, cancel, free, join, unmark. */
static const char *doing;
static int result_inside; /* of the last call */

static int do_one(struct host *host, struct slogout_session *session, char what)
{
    switch (what) {
    case 'a':
        return host_abandon(host, session, SLOGOUT_OUTCOME_PEER_CLOSED);
    case 'c':
        return host_cancel(host, session);
    case 'j':
        return host_join(host, session);
    case 'u':
        slogout_session_set_enabled(session, 0);
        return 0;
    default:
        host_free(host, session);
        return 0;
    }
}

/* Memory is released when the outermost call returns. */
static void do_to_it(struct host *host, struct slogout_session *session)
{
    const unsigned memory = host->memory;
    const char *what;

    for (what = doing; *what; what++)
        result_inside = do_one(host, session, *what);
    assert_int_equal(host->memory, memory);
}

/* A session that has ended remains ended. An exchange continues. */
static void expect_aftermath(struct host *host, struct slogout_session *session, enum slogout_state state)
{
    assert_int_equal(slogout_session_state(session), state);
    if (state == ASKED) {
        assert_int_equal(slogout_deadline(host->slogout), host->now + 35000);
        assert_int_equal(host_feed_line(host, session, "SLO.1 OK"), SLOGOUT_CONSUMED);
        host_expect(host, "close ANSWERED SLO.1@0 answer=OK\n");
    } else if (state == PENDING) {
        assert_int_equal(host_resume(host, session), 0);
        assert_int_equal(slogout_session_state(session), ASKED);
        host_expect(host, S_LOGOUT "\n");
    } else {
        assert_true(slogout_deadline(host->slogout) == SLOGOUT_NEVER);
        host_tick_at(host, host->now + 1000000);
        host_expect(host, "");
    }
}

/* Inside this callback, a single session makes the calls `what`, the last of which returns `result`. The session is then
 * in this state. If it has an outcome, only this outcome is counted. */
static void expect_alone(const struct callback *callback, const char *what, const char *says, int result,
                         enum slogout_state state, enum slogout_outcome outcome, const char *trace)
{
    struct host *host = host_new();
    unsigned i;

    host_start(host, NULL);
    host_connect_enabled(host);
    host->send_says = says;
    host->inside[callback->place] = do_to_it;
    doing = what;
    callback->provoke(host, host->sessions[0]);
    assert_int_equal(result_inside, result);
    host_expect(host, trace);
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        assert_int_equal(slogout_get_counts(host->slogout)->outcome[i], i == (unsigned)outcome);
    assert_int_equal(host->memory, host->sessions[0] ? 2 : 1);
    expect_aftermath(host, host->sessions[0], state);
    host_end(host);
}

static void test_a_session_may_be_changed_while_its_line_is_sent(void **state)
{
#define NONE        SLOGOUT_OUTCOME_COUNT, "\n"
#define NONE_BUSY   SLOGOUT_OUTCOME_COUNT, " BUSY\n"
#define SEND_FAILED SLOGOUT_OUTCOME_SEND_FAILED, " BROKEN\nclose SEND_FAILED\n"
#define TOLD        SLOGOUT_OUTCOME_BYE_ONLY, "\nclose BYE_ONLY bye-sent\n"
#define FORCED      SLOGOUT_OUTCOME_FORCED, "\nclose FORCED bye-sent\n"
    static const struct {
        int callback;
        const char *what;
        const char *says;
        int result;
        enum slogout_state state;
        enum slogout_outcome outcome;
        const char *trace; /* after the line was offered */
    } rows[] = {
        /* the client was asked nevertheless, because the line has been sent */
        {LOGOUT, "c", "t", 0, ASKED, NONE},
        {LOGOUT, "c", "B", 0, OPEN, NONE_BUSY},
        {LOGOUT, "c", "-", 0, ENDED, SEND_FAILED},
        {LOGOUT, "cj", "t", 0, ASKED, NONE},
        {LOGOUT, "cj", "B", 0, WAITING, NONE_BUSY},
        {LOGOUT, "j", "t", 0, ASKED, NONE},
        {LOGOUT, "j", "B", 0, PENDING, NONE_BUSY},
        {LOGOUT, "j", "-", 0, ENDED, SEND_FAILED},
        {LOGOUT, "u", "t", 0, ASKED, NONE},
        {BYE_ONLY, "c", "t", 0, ENDED, TOLD},
        {BYE_ONLY, "c", "B", 0, OPEN, NONE_BUSY},
        {BYE_ONLY, "c", "-", 0, ENDED, SEND_FAILED},
        {BYE_ONLY, "j", "t", 0, ENDED, TOLD},
        {BYE_ONLY, "u", "t", 0, ENDED, TOLD},
        {LAST_BYE, "c", "t", ERR_STATE, ENDED, FORCED},
        {LAST_BYE, "j", "t", ERR_STATE, ENDED, FORCED},
        {LAST_BYE, "u", "t", 0, ENDED, FORCED},
    };
    char trace[200];
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        const struct callback *callback = &callbacks[rows[i].callback];
        snprintf(trace, sizeof trace, "%s%s", callback->trace, rows[i].trace);
        expect_alone(callback, rows[i].what, rows[i].says, rows[i].result, rows[i].state, rows[i].outcome, trace);
    }
}

/* For any result of send_line, nothing follows. A settled outcome does not change. */
static void test_a_session_may_be_ended_while_its_line_is_sent(void **state)
{
    static const struct {
        const char *what;
        enum slogout_outcome outcome;
    } rows[] = {{"a", SLOGOUT_OUTCOME_PEER_CLOSED},
                {"f", SLOGOUT_OUTCOME_HOST_CLOSED},
                {"af", SLOGOUT_OUTCOME_PEER_CLOSED}};
    static const char *const says[] = {"t", "B", "-"}, *const ends[] = {"\n", " BUSY\n", " BROKEN\n"};
    char trace[200];
    size_t i, line, said;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        for (line = LOGOUT; line <= LAST_BYE; line++)
            for (said = 0; said < LENGTH(says); said++) {
                const struct callback *callback = &callbacks[line];
                snprintf(trace, sizeof trace, "%s%s", callback->trace, ends[said]);
                expect_alone(callback, rows[i].what, says[said], 0, ENDED,
                             line == LAST_BYE ? callback->outcome : rows[i].outcome, trace);
            }
}

static void test_a_session_that_is_being_closed_has_its_outcome(void **state)
{
    static const struct {
        const char *what;
        int result;
    } rows[] = {{"c", ERR_STATE}, {"j", ERR_STATE}, {"u", 0}, {"a", 0}, {"f", 0}, {"af", 0}};
    char trace[200];
    size_t i, close;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        for (close = CLOSES; close < SET_TIMERS; close++) {
            snprintf(trace, sizeof trace, "%s\n", callbacks[close].trace);
            expect_alone(&callbacks[close], rows[i].what, "", rows[i].result, ENDED, callbacks[close].outcome, trace);
        }
}

/* ---- functions that are allowed, called for other sessions ----
 *
 * The model in tests/model frees, abandons, cancels and makes the other session in each callback in each state. */

static void free_second(struct host *host, struct slogout_session *session)
{
    (void)session;
    host_free(host, host->sessions[1]);
}

/* The other session is due in the same tick, and would be the next. */
static void test_no_callback_follows_for_a_session_freed_in_the_tick_that_expires_it(void **state)
{
    struct host *host = *state;
    int i;

    host_start(host, NULL);
    for (i = 0; i < 3; i++)
        host_request(host, host_connect_enabled(host), NULL);
    host_forget(host);
    host->inside[IN_CLOSE_CONNECTION] = free_second;
    host_tick_at(host, 35000);
    host_expect(host, S_LAST_BYE "\nclose EXPIRED SLO.1@0 bye-sent\n"
                                 "#3 " S_LAST_BYE "\n#3 close EXPIRED SLO.3@0 bye-sent\n");
    assert_int_equal(slogout_get_counts(host->slogout)->outcome[SLOGOUT_OUTCOME_HOST_CLOSED], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_that_call_back_do_nothing_inside_a_callback),
        cmocka_unit_test(test_a_session_may_be_changed_while_its_line_is_sent),
        cmocka_unit_test(test_a_session_may_be_ended_while_its_line_is_sent),
        cmocka_unit_test(test_a_session_that_is_being_closed_has_its_outcome),
        host_test(test_no_callback_follows_for_a_session_freed_in_the_tick_that_expires_it),
    };
    return cmocka_run_group_tests_name("session: inside callbacks", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be called inside a callback, and what follows from it. */
#include "support/host.h"
#include <stdlib.h>

/* ---- the callbacks, and what provokes them ---- */

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

/* The LEAVING session ends first, so that the deadline of this one is nearer than all that are left. */
static void by_nearer_deadline(struct host *host, struct slogout_session *session)
{
    host_action *const action = host->inside[IN_SET_TIMER];

    host->inside[IN_SET_TIMER] = NULL;
    host_tick_at(host, 10000);
    host->inside[IN_SET_TIMER] = action;
    host->send_says = "B";
    host_force(host, session);
}

enum inside {
    IN_LOGOUT,
    IN_BYE_ONLY,
    IN_LAST_BYE,
    IN_CLOSE_ANSWERED,
    IN_CLOSE_FORCED,
    IN_CLOSE_BYE_ONLY,
    IN_CLOSE_IN_TICK,
    IN_TIMER_OF_NEARER,
    IN_TIMER_OF_TICK,
    INSIDES
};

static const struct {
    const char *name;
    enum host_place place;
    host_action *provoke;
} callbacks[] = {
    [IN_LOGOUT] = {"send_line, LOGOUT", IN_SEND_LINE, by_request},
    [IN_BYE_ONLY] = {"send_line, BYE of BYE_ONLY", IN_SEND_LINE, by_request_unmarked},
    [IN_LAST_BYE] = {"send_line, last BYE", IN_SEND_LINE, by_force},
    [IN_CLOSE_ANSWERED] = {"close_connection, ANSWERED", IN_CLOSE_CONNECTION, by_answer},
    [IN_CLOSE_FORCED] = {"close_connection, FORCED", IN_CLOSE_CONNECTION, by_force},
    [IN_CLOSE_BYE_ONLY] = {"close_connection, BYE_ONLY", IN_CLOSE_CONNECTION, by_request_unmarked},
    [IN_CLOSE_IN_TICK] = {"close_connection, in a tick", IN_CLOSE_CONNECTION, by_leave_timer},
    [IN_TIMER_OF_NEARER] = {"set_timer, of a nearer deadline", IN_SET_TIMER, by_nearer_deadline},
    [IN_TIMER_OF_TICK] = {"set_timer, of a tick", IN_SET_TIMER, by_tick},
};

/* ---- functions that may call back: they do nothing and say so ---- */

static int request(struct host *host, struct slogout_session *session)
{
    return slogout_session_request(session, NULL, host->now);
}

static int ready(struct host *host, struct slogout_session *session)
{
    return slogout_session_resume(session, host->now);
}

static int line(struct host *host, struct slogout_session *session)
{
    return slogout_session_feed_line(session, "* BYE", 5, host->now);
}

static int force(struct host *host, struct slogout_session *session)
{
    return slogout_session_force(session, host->now);
}

static int leave(struct host *host, struct slogout_session *session)
{
    static const struct slogout_departure departure = {.size = sizeof departure};

    return slogout_session_leave(session, &departure, host->now);
}

static int tick(struct host *host, struct slogout_session *session)
{
    (void)session;
    return slogout_tick(host->slogout, host->now);
}

static int free_slogout(struct host *host, struct slogout_session *session)
{
    (void)session;
    return slogout_free(host->slogout);
}

#define BIT(state)  (1u << SLOGOUT_STATE_##state)
#define EVERY_STATE (BIT(OPEN) | BIT(WAITING) | BIT(PENDING) | BIT(ASKED) | BIT(LEAVING) | BIT(ENDED))

/* In the states that are not named, and whenever a line is fed, they return 0. */
static const struct calling_back {
    const char *name;
    int (*function)(struct host *host, struct slogout_session *session);
    unsigned reentrant;
} calling_back[] = {
    {"slogout_session_request", request, EVERY_STATE},
    {"slogout_session_resume", ready, BIT(PENDING) | BIT(LEAVING)},
    {"slogout_session_feed_line", line, 0},
    {"slogout_session_force", force, EVERY_STATE},
    {"slogout_session_leave", leave, EVERY_STATE},
    {"slogout_tick", tick, EVERY_STATE},
    {"slogout_free", free_slogout, EVERY_STATE},
};

/* Makes the session of the callback, and one more in each state. */
static void populate(struct host *host)
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
    host_forget(host);
}

/* ASKED comes last, so that the session of the callback is SLO.1. */
static void ask_one(struct host *host)
{
    host_request(host, host->sessions[4], NULL);
    host->slogout->tags.last = 0;
    host_forget(host);
}

static const struct calling_back *called; /* inside the callback */
static unsigned calls;

static void call_with_all(struct host *host, struct slogout_session *session)
{
    unsigned i;

    (void)session;
    for (i = 0; i < host->connected; i++) {
        const enum slogout_state state = slogout_session_state(host->sessions[i]);
        struct slogout_session before;
        if (!host->sessions[i])
            continue;
        before = *host->sessions[i];
        assert_int_equal(called->function(host, host->sessions[i]),
                         called->reentrant & 1u << state ? SLOGOUT_ERR_REENTRANT : 0);
        assert_memory_equal(host->sessions[i], &before, sizeof before);
        host_check(host);
        calls++;
    }
}

static void run(struct host *host, enum inside inside, host_action *action)
{
    populate(host);
    ask_one(host);
    host->inside[callbacks[inside].place] = action;
    callbacks[inside].provoke(host, host->sessions[0]);
    assert_null(host->inside[callbacks[inside].place]); /* it was called */
}

struct pair {
    enum inside inside;
    const struct calling_back *function;
};

/* The whole trace is the same as without the call. */
static void test_reentrant(void **state)
{
    const struct pair *pair = *state;
    void *with = NULL, *without = NULL;

    host_setup(&with);
    host_setup(&without);
    run(without, pair->inside, NULL);
    called = pair->function;
    calls = 0;
    run(with, pair->inside, call_with_all);
    assert_true(calls >= 6);
    host_expect(with, ((struct host *)without)->trace);
    host_forget(without);
    host_teardown(&with);
    host_teardown(&without);
}

/* ---- functions that are allowed: done to the session of the callback ---- */

static int result_inside;

static void cancel_it(struct host *host, struct slogout_session *session)
{
    result_inside = host_cancel(host, session);
}

static void abandon_it(struct host *host, struct slogout_session *session)
{
    result_inside = host_abandon(host, session, SLOGOUT_OUTCOME_PEER_CLOSED);
}

static void join_it(struct host *host, struct slogout_session *session)
{
    result_inside = host_join(host, session);
}

static void unmark_it(struct host *host, struct slogout_session *session)
{
    (void)host;
    slogout_session_set_enabled(session, 0);
    result_inside = 0;
}

/* The memory is released when the outermost call returns. */
static void free_it(struct host *host, struct slogout_session *session)
{
    const unsigned memory = host->memory;

    host_free(host, session);
    assert_int_equal(host->memory, memory);
    result_inside = 0;
}

static void cancel_and_join_it(struct host *host, struct slogout_session *session)
{
    assert_int_equal(host_cancel(host, session), 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_OPEN);
    result_inside = host_join(host, session);
}

static void abandon_and_free_it(struct host *host, struct slogout_session *session)
{
    result_inside = host_abandon(host, session, SLOGOUT_OUTCOME_PEER_CLOSED);
    host_free(host, session);
}

#define NONE      ((enum slogout_outcome) - 1)
#define OPEN      SLOGOUT_STATE_OPEN
#define WAITING   SLOGOUT_STATE_WAITING
#define PENDING   SLOGOUT_STATE_PENDING
#define ASKED     SLOGOUT_STATE_ASKED
#define ENDED     SLOGOUT_STATE_ENDED
#define ERR_STATE SLOGOUT_ERR_STATE

/* The outcome is counted inside the callback or after it. The trace covers both. */
static const struct allowed {
    enum inside inside;
    const char *what;
    host_action *action;
    const char *says;
    int result; /* returned by the function that is called inside */
    enum slogout_state new_state;
    enum slogout_outcome outcome;
    const char *trace;
} allowed[] = {
    /* the client was asked all the same, since the line is on the wire */
    {IN_LOGOUT, "cancel, then takes the line", cancel_it, "t", 0, ASKED, NONE, S_LOGOUT "\n"},
    {IN_LOGOUT, "cancel, then BUSY", cancel_it, "B", 0, OPEN, NONE, S_LOGOUT " BUSY\n"},
    {IN_LOGOUT, "cancel, then broken", cancel_it, "-", 0, ENDED, SLOGOUT_OUTCOME_SEND_FAILED,
     S_LOGOUT " BROKEN\nclose SEND_FAILED\n"},
    {IN_LOGOUT, "cancel and join, then takes the line", cancel_and_join_it, "t", 0, ASKED, NONE,
     S_LOGOUT "\n"},
    {IN_LOGOUT, "cancel and join, then BUSY", cancel_and_join_it, "B", 0, WAITING, NONE, S_LOGOUT " BUSY\n"},
    {IN_LOGOUT, "abandon, then takes the line", abandon_it, "t", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     S_LOGOUT "\n"},
    {IN_LOGOUT, "abandon, then BUSY", abandon_it, "B", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     S_LOGOUT " BUSY\n"},
    {IN_LOGOUT, "abandon, then broken", abandon_it, "-", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     S_LOGOUT " BROKEN\n"},
    {IN_LOGOUT, "free, then takes the line", free_it, "t", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED,
     S_LOGOUT "\n"},
    {IN_LOGOUT, "free, then BUSY", free_it, "B", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED, S_LOGOUT " BUSY\n"},
    {IN_LOGOUT, "free, then broken", free_it, "-", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED,
     S_LOGOUT " BROKEN\n"},
    {IN_LOGOUT, "abandon and free", abandon_and_free_it, "t", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     S_LOGOUT "\n"},
    {IN_LOGOUT, "join", join_it, "t", 0, ASKED, NONE, S_LOGOUT "\n"},
    {IN_LOGOUT, "join, then BUSY", join_it, "B", 0, PENDING, NONE, S_LOGOUT " BUSY\n"},
    {IN_LOGOUT, "join, then broken", join_it, "-", 0, ENDED, SLOGOUT_OUTCOME_SEND_FAILED,
     S_LOGOUT " BROKEN\nclose SEND_FAILED\n"},
    {IN_LOGOUT, "set_enabled", unmark_it, "t", 0, ASKED, NONE, S_LOGOUT "\n"},

    {IN_BYE_ONLY, "cancel, then takes the line", cancel_it, "t", 0, ENDED, SLOGOUT_OUTCOME_BYE_ONLY,
     S_BYE "\nclose BYE_ONLY bye-sent\n"},
    {IN_BYE_ONLY, "cancel, then BUSY", cancel_it, "B", 0, OPEN, NONE, S_BYE " BUSY\n"},
    {IN_BYE_ONLY, "cancel, then broken", cancel_it, "-", 0, ENDED, SLOGOUT_OUTCOME_SEND_FAILED,
     S_BYE " BROKEN\nclose SEND_FAILED\n"},
    {IN_BYE_ONLY, "abandon, then takes the line", abandon_it, "t", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     S_BYE "\n"},
    {IN_BYE_ONLY, "abandon, then BUSY", abandon_it, "B", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     S_BYE " BUSY\n"},
    {IN_BYE_ONLY, "abandon, then broken", abandon_it, "-", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     S_BYE " BROKEN\n"},
    {IN_BYE_ONLY, "free, then takes the line", free_it, "t", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED,
     S_BYE "\n"},
    {IN_BYE_ONLY, "free, then BUSY", free_it, "B", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED, S_BYE " BUSY\n"},
    {IN_BYE_ONLY, "free, then broken", free_it, "-", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED,
     S_BYE " BROKEN\n"},
    {IN_BYE_ONLY, "join", join_it, "t", 0, ENDED, SLOGOUT_OUTCOME_BYE_ONLY,
     S_BYE "\nclose BYE_ONLY bye-sent\n"},
    {IN_BYE_ONLY, "set_enabled", unmark_it, "t", 0, ENDED, SLOGOUT_OUTCOME_BYE_ONLY,
     S_BYE "\nclose BYE_ONLY bye-sent\n"},

    /* the outcome is settled */
    {IN_LAST_BYE, "cancel", cancel_it, "t", ERR_STATE, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED bye-sent\n"},
    {IN_LAST_BYE, "join", join_it, "t", ERR_STATE, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED bye-sent\n"},
    {IN_LAST_BYE, "abandon, then takes the line", abandon_it, "t", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\n"},
    {IN_LAST_BYE, "abandon, then BUSY", abandon_it, "B", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BUSY\n"},
    {IN_LAST_BYE, "abandon, then broken", abandon_it, "-", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BROKEN\n"},
    {IN_LAST_BYE, "free, then takes the line", free_it, "t", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\n"},
    {IN_LAST_BYE, "free, then BUSY", free_it, "B", 0, ENDED, SLOGOUT_OUTCOME_FORCED, S_LAST_BYE " BUSY\n"},
    {IN_LAST_BYE, "free, then broken", free_it, "-", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BROKEN\n"},
    {IN_LAST_BYE, "set_enabled", unmark_it, "t", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED bye-sent\n"},

    {IN_CLOSE_ANSWERED, "cancel", cancel_it, "", ERR_STATE, ENDED, SLOGOUT_OUTCOME_ANSWERED,
     S_LOGOUT "\nclose ANSWERED SLO.1@0 answer=OK\n"},
    {IN_CLOSE_ANSWERED, "join", join_it, "", ERR_STATE, ENDED, SLOGOUT_OUTCOME_ANSWERED,
     S_LOGOUT "\nclose ANSWERED SLO.1@0 answer=OK\n"},
    {IN_CLOSE_ANSWERED, "abandon", abandon_it, "", 0, ENDED, SLOGOUT_OUTCOME_ANSWERED,
     S_LOGOUT "\nclose ANSWERED SLO.1@0 answer=OK\n"},
    {IN_CLOSE_ANSWERED, "free", free_it, "", 0, ENDED, SLOGOUT_OUTCOME_ANSWERED,
     S_LOGOUT "\nclose ANSWERED SLO.1@0 answer=OK\n"},
    {IN_CLOSE_ANSWERED, "abandon and free", abandon_and_free_it, "", 0, ENDED, SLOGOUT_OUTCOME_ANSWERED,
     S_LOGOUT "\nclose ANSWERED SLO.1@0 answer=OK\n"},
    {IN_CLOSE_FORCED, "free", free_it, "", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED bye-sent\n"},
    {IN_CLOSE_FORCED, "abandon", abandon_it, "", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED bye-sent\n"},
    {IN_CLOSE_BYE_ONLY, "free", free_it, "", 0, ENDED, SLOGOUT_OUTCOME_BYE_ONLY,
     S_BYE "\nclose BYE_ONLY bye-sent\n"},
    {IN_CLOSE_IN_TICK, "free", free_it, "", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BUSY\n" S_FINAL_BYE " BUSY\nclose FORCED\n"},
};

/* A session that is over stays over, and an exchange goes on. */
static void expect_aftermath(struct host *host, struct slogout_session *session, enum slogout_state state)
{
    assert_int_equal(slogout_session_state(session), state);
    if (state == ASKED) {
        assert_int_equal(slogout_deadline(host->slogout), host->now + 35000);
        assert_int_equal(host_feed_line(host, session, "SLO.1 OK"), SLOGOUT_CONSUMED);
        host_expect(host, "close ANSWERED SLO.1@0 answer=OK\n");
    }
    if (state == PENDING) {
        assert_int_equal(host_resume(host, session), 0);
        assert_int_equal(slogout_session_state(session), ASKED);
        host_expect(host, S_LOGOUT "\n");
    }
    if (state == OPEN || state == WAITING || state == ENDED) {
        assert_true(slogout_deadline(host->slogout) == SLOGOUT_NEVER);
        host_tick_at(host, host->now + 1000000);
        host_expect(host, "");
    }
}

static void test_allowed(void **state)
{
    const struct allowed *row = *state;
    void *own = NULL;
    struct host *host;
    unsigned i;

    host_setup(&own);
    host = own;
    host_start(host, NULL);
    host_connect_enabled(host);
    host->send_says = row->says;
    host->inside[callbacks[row->inside].place] = row->action;
    result_inside = 1234;
    callbacks[row->inside].provoke(host, host->sessions[0]);
    assert_int_equal(result_inside, row->result);
    host_expect(host, row->trace);
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        assert_int_equal(slogout_get_counts(host->slogout)->outcome[i], i == (unsigned)row->outcome ? 1 : 0);
    assert_int_equal(host->memory, host->sessions[0] ? 2 : 1);
    expect_aftermath(host, host->sessions[0], row->new_state);
    host_teardown(&own);
}

/* ---- functions that are allowed: done to all other sessions ---- */

static void host_free_others(struct host *host, struct slogout_session *session)
{
    unsigned i;

    for (i = 1; i < host->connected; i++)
        if (host->sessions[i] != session)
            host_free(host, host->sessions[i]);
}

static void free_others(struct host *host, struct slogout_session *session)
{
    host_free_others(host, session);
    assert_int_equal(slogout_get_counts(host->slogout)->state[SLOGOUT_STATE_ASKED],
                     slogout_session_state(host->sessions[0]) == ASKED);
}

static void free_all(struct host *host, struct slogout_session *session)
{
    host_free_others(host, session);
    host_free(host, session);
    if (session != host->sessions[0])
        host_free(host, host->sessions[0]);
}

static void abandon_others(struct host *host, struct slogout_session *session)
{
    unsigned i;

    for (i = 1; i < host->connected; i++)
        if (host->sessions[i] != session)
            assert_int_equal(host_abandon(host, host->sessions[i], SLOGOUT_OUTCOME_CLIENT_LOGOUT), 0);
}

static void cancel_others(struct host *host, struct slogout_session *session)
{
    static const int results[] = {0, 0, 0, 0, ERR_STATE, ERR_STATE, ERR_STATE};
    unsigned i;

    for (i = 1; i < LENGTH(results); i++)
        if (host->sessions[i] != session)
            assert_int_equal(host_cancel(host, host->sessions[i]), results[i]);
}

static void join_others(struct host *host, struct slogout_session *session)
{
    static const int results[] = {0, 0, ERR_STATE, 0, 0, ERR_STATE, ERR_STATE};
    unsigned i;

    for (i = 1; i < LENGTH(results); i++)
        if (host->sessions[i] != session)
            assert_int_equal(host_join(host, host->sessions[i]), results[i]);
}

static void make_another(struct host *host, struct slogout_session *session)
{
    (void)session;
    slogout_session_set_enabled(host_connect(host), 1);
}

static void make_another_slogout(struct host *host, struct slogout_session *session)
{
    struct slogout *other;

    (void)host;
    (void)session;
    assert_int_equal(slogout_new(&other, NULL), 0);
    assert_int_equal(slogout_tick(other, 0), 0); /* another slogout is not inside a callback */
    assert_int_equal(slogout_free(other), 0);
}

static const struct done_to_others {
    const char *name;
    host_action *action;
} done_to_others[] = {
    {"all others freed", free_others},
    {"all freed", free_all},
    {"all others abandoned", abandon_others},
    {"all others cancelled", cancel_others},
    {"all others join a drain", join_others},
    {"another session made", make_another},
    {"another slogout made, used and freed", make_another_slogout},
};

/* Inside set_timer the host may call none of these. */
static const enum inside where_allowed[] = {
    IN_LOGOUT,       IN_BYE_ONLY,       IN_LAST_BYE,      IN_CLOSE_ANSWERED,
    IN_CLOSE_FORCED, IN_CLOSE_BYE_ONLY, IN_CLOSE_IN_TICK,
};

struct others_row {
    enum inside inside;
    const struct done_to_others *done;
};

static void lines_of_the_first(char *trace)
{
    char *to = trace, *from = trace;

    while (*from) {
        const size_t len = strcspn(from, "\n") + 1;
        if (*from != '#' && strncmp(from, "timer", 5) != 0) {
            memmove(to, from, len);
            to += len;
        }
        from += len;
    }
    *to = '\0';
}

/* Returns 1 if the callback is the last one of the first session. In the tick it belongs to the LEAVING
 * session. */
static int is_last_of_the_first(enum inside inside)
{
    return callbacks[inside].place == IN_CLOSE_CONNECTION && inside != IN_CLOSE_IN_TICK;
}

/* The first session ends as it would have otherwise. host_check() sees what happens to the others. */
static void test_others(void **state)
{
    const struct others_row *row = *state;
    void *with = NULL, *without = NULL;

    host_setup(&with);
    host_setup(&without);
    run(without, row->inside, NULL);
    run(with, row->inside, row->done->action);
    lines_of_the_first(((struct host *)with)->trace);
    lines_of_the_first(((struct host *)without)->trace);
    if (row->done->action != free_all || is_last_of_the_first(row->inside))
        assert_string_equal(((struct host *)with)->trace, ((struct host *)without)->trace);
    host_forget(with);
    host_forget(without);
    host_teardown(&with);
    host_teardown(&without);
}

/* ---- single stories ---- */

static void free_second(struct host *host, struct slogout_session *session)
{
    (void)session;
    host_free(host, host->sessions[1]);
}

/* The other session is due in the same tick, and would be next. */
static void test_no_callback_follows_for_a_session_freed_in_the_tick_that_expires_it(void **state)
{
    struct host *host = *state;

    host_start(host, NULL);
    host_request(host, host_connect_enabled(host), NULL);
    host_request(host, host_connect_enabled(host), NULL);
    host_request(host, host_connect_enabled(host), NULL);
    host_forget(host);
    host->inside[IN_CLOSE_CONNECTION] = free_second;
    host_tick_at(host, 35000);
    host_expect(host, S_LAST_BYE "\nclose EXPIRED SLO.1@0 bye-sent\n"
                                 "#3 " S_LAST_BYE "\n#3 close EXPIRED SLO.3@0 bye-sent\n");
    assert_int_equal(slogout_get_counts(host->slogout)->outcome[SLOGOUT_OUTCOME_HOST_CLOSED], 1);
}

static void test_memory_freed_in_a_callback_goes_when_the_outermost_call_returns(void **state)
{
    struct host *host = *state;

    host_start(host, NULL);
    host_connect(host);
    host->inside[IN_CLOSE_CONNECTION] = free_it;
    host_force(host, host->sessions[0]);
    assert_int_equal(host->memory, 1); /* the slogout */
    host_forget(host);
    assert_int_equal(slogout_get_counts(host->slogout)->state[SLOGOUT_STATE_ENDED], 0);
}

static int last_memory;

static void free_it_and_watch(struct host *host, struct slogout_session *session)
{
    host_free(host, session);
    last_memory = (int)host->memory;
}

static void free_both(struct host *host, struct slogout_session *session)
{
    (void)session;
    host_free(host, host->sessions[0]);
    free_it_and_watch(host, host->sessions[1]);
}

static void test_several_sessions_freed_in_one_callback(void **state)
{
    struct host *host = *state;

    host_start(host, NULL);
    host_connect(host);
    host_connect(host);
    host->inside[IN_SEND_LINE] = free_both;
    host_force(host, host->sessions[0]);
    host_expect(host, S_LAST_BYE "\n");
    assert_int_equal(last_memory, 3);
    assert_int_equal(host->memory, 1);
}

/* As in a pool, the place of the old connection serves the next one. */
static void free_it_and_connect(struct host *host, struct slogout_session *session)
{
    host_free(host, session);
    host_connect_enabled(host);
}

static void test_a_session_made_in_a_callback_is_used_after_it(void **state)
{
    struct host *host = *state;

    host_start(host, NULL);
    host_connect(host);
    host->inside[IN_CLOSE_CONNECTION] = free_it_and_connect;
    host_force(host, host->sessions[0]);
    host_forget(host);
    host_request(host, host->sessions[1], NULL);
    host_expect(host, "#2 S: SLO.1 LOGOUT (at rest)\n");
}

/* ---- a test for each pair ---- */

#define REENTRANT_TESTS (INSIDES * LENGTH(calling_back))
#define ALLOWED_TESTS   LENGTH(allowed)
#define OTHERS_TESTS    (LENGTH(where_allowed) * LENGTH(done_to_others))

static struct CMUnitTest rows[REENTRANT_TESTS + ALLOWED_TESTS + OTHERS_TESTS];
static char names[LENGTH(rows)][120];
static size_t row_count;

static void add_row(CMUnitTestFunction function, const char *what, enum inside inside, const void *row)
{
    snprintf(names[row_count], sizeof names[row_count], "%s inside %s", what, callbacks[inside].name);
    rows[row_count].name = names[row_count];
    rows[row_count].test_func = function;
    memcpy(&rows[row_count].initial_state, &row, sizeof row); /* cmocka has no const here */
    row_count++;
}

static void add_rows(void)
{
    static struct pair pairs[REENTRANT_TESTS];
    static struct others_row others[OTHERS_TESTS];
    size_t i;

    for (i = 0; i < LENGTH(pairs); i++) {
        pairs[i].inside = (enum inside)(i / LENGTH(calling_back));
        pairs[i].function = &calling_back[i % LENGTH(calling_back)];
        add_row(test_reentrant, pairs[i].function->name, pairs[i].inside, &pairs[i]);
    }
    for (i = 0; i < LENGTH(allowed); i++)
        add_row(test_allowed, allowed[i].what, allowed[i].inside, &allowed[i]);
    for (i = 0; i < LENGTH(others); i++) {
        others[i].inside = where_allowed[i / LENGTH(done_to_others)];
        others[i].done = &done_to_others[i % LENGTH(done_to_others)];
        add_row(test_others, others[i].done->name, others[i].inside, &others[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        host_test(test_no_callback_follows_for_a_session_freed_in_the_tick_that_expires_it),
        host_test(test_memory_freed_in_a_callback_goes_when_the_outermost_call_returns),
        host_test(test_several_sessions_freed_in_one_callback),
        host_test(test_a_session_made_in_a_callback_is_used_after_it),
    };
    int failed;

    add_rows();
    failed = cmocka_run_group_tests_name("session: inside callbacks", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("session: stories of callbacks", tests, NULL, NULL);
}

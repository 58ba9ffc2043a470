/* The state table, cell by cell: what one event does in one state. Each row is a test with a name of its
 * own, and runs for a session alone and, wherever that is possible, for a session in a drain. */
#include "support/host.h"
#include <stdlib.h>

/* ---- events: what they return, or 0 ---- */

typedef int event_function(struct host *host, struct slogout_session *session);

static int join(struct host *host, struct slogout_session *session)
{
    return host_join(host, session);
}

static int request(struct host *host, struct slogout_session *session)
{
    return host_request(host, session, NULL);
}

static int request_unmarked(struct host *host, struct slogout_session *session)
{
    slogout_session_set_enabled(session, 0);
    return host_request(host, session, NULL);
}

static int ready(struct host *host, struct slogout_session *session)
{
    return host_ready(host, session);
}

static int ready_unmarked(struct host *host, struct slogout_session *session)
{
    slogout_session_set_enabled(session, 0);
    return host_ready(host, session);
}

static int cancel(struct host *host, struct slogout_session *session)
{
    return host_cancel(host, session);
}

#define TIMER_MS 33000 /* the interval of the timer in question; the others are much longer */

static int timer(struct host *host, struct slogout_session *session)
{
    (void)session;
    host_tick_at(host, host->now + TIMER_MS);
    return 0;
}

static int bye(struct host *host, struct slogout_session *session)
{
    return host_line(host, session, "* BYE see you");
}

static int ok(struct host *host, struct slogout_session *session)
{
    return host_line(host, session, "SLO.1 OK done");
}

static int no(struct host *host, struct slogout_session *session)
{
    return host_line(host, session, "SLO.1 NO later");
}

static int bad(struct host *host, struct slogout_session *session)
{
    return host_line(host, session, "SLO.1 BAD what?");
}

static int command(struct host *host, struct slogout_session *session)
{
    return host_line(host, session, "A001 NOOP");
}

static int other_tag(struct host *host, struct slogout_session *session)
{
    return host_line(host, session, "SLO.2 OK done");
}

static int force(struct host *host, struct slogout_session *session)
{
    return host_force(host, session);
}

static int abandon_client_logout(struct host *host, struct slogout_session *session)
{
    return host_abandon(host, session, SLOGOUT_OUTCOME_CLIENT_LOGOUT);
}

static int abandon_peer_closed(struct host *host, struct slogout_session *session)
{
    return host_abandon(host, session, SLOGOUT_OUTCOME_PEER_CLOSED);
}

static int abandon_host_closed(struct host *host, struct slogout_session *session)
{
    return host_abandon(host, session, SLOGOUT_OUTCOME_HOST_CLOSED);
}

static int free_it(struct host *host, struct slogout_session *session)
{
    host_free(host, session);
    return 0;
}

enum event {
    JOIN,
    REQUEST,
    REQUEST_UNMARKED,
    READY,
    READY_UNMARKED,
    CANCEL,
    READY_TIMER,
    ANSWER_TIMER,
    LEAVE_TIMER,
    BYE,
    OK,
    NO,
    BAD,
    NO_WAIT,
    BAD_WAIT,
    COMMAND,
    OTHER_TAG,
    FORCE,
    ABANDON_CLIENT_LOGOUT,
    ABANDON_PEER_CLOSED,
    ABANDON_HOST_CLOSED,
    FREE
};

#define LONG 1000000

static const struct {
    const char *name;
    event_function *function;
    struct slogout_settings settings;
} events[] = {
    [JOIN] = {"joins a drain", join, {0}},
    [REQUEST] = {"request", request, {0}},
    [REQUEST_UNMARKED] = {"request, not enabled", request_unmarked, {0}},
    [READY] = {"ready", ready, {0}},
    [READY_UNMARKED] = {"ready, not enabled", ready_unmarked, {0}},
    [CANCEL] = {"cancel", cancel, {0}},
    [READY_TIMER] = {"ready timer",
                     timer,
                     {.ready_timeout_ms = TIMER_MS, .answer_timeout_ms = LONG, .leave_timeout_ms = LONG}},
    [ANSWER_TIMER] = {"answer timer",
                      timer,
                      {.ready_timeout_ms = LONG, .answer_timeout_ms = TIMER_MS, .leave_timeout_ms = LONG}},
    [LEAVE_TIMER] = {"leave timer",
                     timer,
                     {.ready_timeout_ms = LONG, .answer_timeout_ms = LONG, .leave_timeout_ms = TIMER_MS}},
    [BYE] = {"client: * BYE", bye, {0}},
    [OK] = {"client: TAG OK", ok, {0}},
    [NO] = {"client: TAG NO", no, {0}},
    [BAD] = {"client: TAG BAD", bad, {0}},
    [NO_WAIT] = {"client: TAG NO, on_refusal WAIT", no, {.on_refusal = SLOGOUT_REFUSAL_WAIT}},
    [BAD_WAIT] = {"client: TAG BAD, on_refusal WAIT", bad, {.on_refusal = SLOGOUT_REFUSAL_WAIT}},
    [COMMAND] = {"client: any other line", command, {0}},
    [OTHER_TAG] = {"client: OK with another tag", other_tag, {0}},
    [FORCE] = {"force", force, {0}},
    [ABANDON_CLIENT_LOGOUT] = {"abandon, CLIENT_LOGOUT", abandon_client_logout, {0}},
    [ABANDON_PEER_CLOSED] = {"abandon, PEER_CLOSED", abandon_peer_closed, {0}},
    [ABANDON_HOST_CLOSED] = {"abandon, HOST_CLOSED", abandon_host_closed, {0}},
    [FREE] = {"free", free_it, {0}},
};

/* ---- cells ---- */

#define NONE ((enum slogout_outcome) - 1) /* no outcome is counted */

struct cell {
    enum event event;
    enum slogout_state state;
    const char *says; /* of send_line, see struct host */
    const char *shows;
    int result;
    enum slogout_state new_state;
    enum slogout_outcome outcome; /* counted by this event */
    const char *trace;
};

/* A session in ASKED was asked at 0 with tag SLO.1. In LEAVING its outcome is REFUSED, in ENDED it is
 * ANSWERED. */
#define OPEN      SLOGOUT_STATE_OPEN
#define WAITING   SLOGOUT_STATE_WAITING
#define PENDING   SLOGOUT_STATE_PENDING
#define ASKED     SLOGOUT_STATE_ASKED
#define LEAVING   SLOGOUT_STATE_LEAVING
#define ENDED     SLOGOUT_STATE_ENDED
#define CONSUMED  SLOGOUT_CONSUMED
#define ERR_STATE SLOGOUT_ERR_STATE

static const struct cell cells[] = {
    {JOIN, OPEN, "", "WAITING", 0, WAITING, NONE, ""},
    {JOIN, WAITING, "", "ERR_STATE", ERR_STATE, WAITING, NONE, ""},
    {JOIN, PENDING, "", "counted there", 0, PENDING, NONE, ""},
    {JOIN, ASKED, "", "counted there", 0, ASKED, NONE, ""},
    {JOIN, LEAVING, "", "ERR_STATE", ERR_STATE, LEAVING, NONE, ""},
    {JOIN, ENDED, "", "ERR_STATE", ERR_STATE, ENDED, NONE, ""},

    {REQUEST, OPEN, "", "begin, LOGOUT taken", 0, ASKED, NONE, S_LOGOUT "\n"},
    {REQUEST, OPEN, "B", "begin, BUSY", 0, PENDING, NONE, S_LOGOUT " BUSY\n"},
    {REQUEST, OPEN, "-", "begin, LOGOUT cannot be written", 0, ENDED, SLOGOUT_OUTCOME_SEND_FAILED,
     S_LOGOUT " BROKEN\nclose SEND_FAILED\n"},
    {REQUEST, WAITING, "", "begin, LOGOUT taken", 0, ASKED, NONE, S_LOGOUT "\n"},
    {REQUEST, WAITING, "B", "begin, BUSY", 0, PENDING, NONE, S_LOGOUT " BUSY\n"},
    {REQUEST, WAITING, "-", "begin, LOGOUT cannot be written", 0, ENDED, SLOGOUT_OUTCOME_SEND_FAILED,
     S_LOGOUT " BROKEN\nclose SEND_FAILED\n"},
    {REQUEST, PENDING, "", "0", 0, PENDING, NONE, ""},
    {REQUEST, ASKED, "", "0", 0, ASKED, NONE, ""},
    {REQUEST, LEAVING, "", "ERR_STATE", ERR_STATE, LEAVING, NONE, ""},
    {REQUEST, ENDED, "", "ERR_STATE", ERR_STATE, ENDED, NONE, ""},

    {REQUEST_UNMARKED, OPEN, "", "begin, BYE taken", 0, ENDED, SLOGOUT_OUTCOME_BYE_ONLY,
     S_BYE "\nclose BYE_ONLY bye-sent\n"},
    {REQUEST_UNMARKED, OPEN, "B", "begin, BUSY", 0, PENDING, NONE, S_BYE " BUSY\n"},
    {REQUEST_UNMARKED, OPEN, "-", "begin, its BYE cannot be written", 0, ENDED, SLOGOUT_OUTCOME_SEND_FAILED,
     S_BYE " BROKEN\nclose SEND_FAILED\n"},
    {REQUEST_UNMARKED, WAITING, "", "begin, BYE taken", 0, ENDED, SLOGOUT_OUTCOME_BYE_ONLY,
     S_BYE "\nclose BYE_ONLY bye-sent\n"},
    {REQUEST_UNMARKED, WAITING, "B", "begin, BUSY", 0, PENDING, NONE, S_BYE " BUSY\n"},
    {REQUEST_UNMARKED, WAITING, "-", "begin, its BYE cannot be written", 0, ENDED,
     SLOGOUT_OUTCOME_SEND_FAILED, S_BYE " BROKEN\nclose SEND_FAILED\n"},
    {REQUEST_UNMARKED, PENDING, "", "0", 0, PENDING, NONE, ""},
    {REQUEST_UNMARKED, ASKED, "", "0", 0, ASKED, NONE, ""},
    {REQUEST_UNMARKED, LEAVING, "", "ERR_STATE", ERR_STATE, LEAVING, NONE, ""},
    {REQUEST_UNMARKED, ENDED, "", "ERR_STATE", ERR_STATE, ENDED, NONE, ""},

    {READY, OPEN, "", "0", 0, OPEN, NONE, ""},
    {READY, WAITING, "", "0", 0, WAITING, NONE, ""},
    {READY, PENDING, "", "go, LOGOUT taken", 0, ASKED, NONE, S_LOGOUT "\n"},
    {READY, PENDING, "B", "go, BUSY", 0, PENDING, NONE, S_LOGOUT " BUSY\n"},
    {READY, PENDING, "-", "go, LOGOUT cannot be written", 0, ENDED, SLOGOUT_OUTCOME_SEND_FAILED,
     S_LOGOUT " BROKEN\nclose SEND_FAILED\n"},
    {READY, ASKED, "", "0", 0, ASKED, NONE, ""},
    {READY, LEAVING, "", "part, BYE taken", 0, ENDED, SLOGOUT_OUTCOME_REFUSED,
     S_LAST_BYE "\nclose REFUSED SLO.1@0 bye-sent\n"},
    {READY, LEAVING, "B", "part, BUSY", 0, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {READY, LEAVING, "-", "part, BYE cannot be written, the outcome stays", 0, ENDED, SLOGOUT_OUTCOME_REFUSED,
     S_LAST_BYE " BROKEN\nclose REFUSED SLO.1@0\n"},
    {READY, ENDED, "", "0", 0, ENDED, NONE, ""},

    {READY_UNMARKED, PENDING, "", "go, BYE taken", 0, ENDED, SLOGOUT_OUTCOME_BYE_ONLY,
     S_BYE "\nclose BYE_ONLY bye-sent\n"},
    {READY_UNMARKED, PENDING, "B", "go, BUSY", 0, PENDING, NONE, S_BYE " BUSY\n"},
    {READY_UNMARKED, PENDING, "-", "go, its BYE cannot be written", 0, ENDED, SLOGOUT_OUTCOME_SEND_FAILED,
     S_BYE " BROKEN\nclose SEND_FAILED\n"},

    {CANCEL, OPEN, "", "0", 0, OPEN, NONE, ""},
    {CANCEL, WAITING, "", "OPEN, out of the drain", 0, OPEN, NONE, ""},
    {CANCEL, PENDING, "", "OPEN, out of the drain", 0, OPEN, NONE, ""},
    {CANCEL, ASKED, "", "ERR_STATE", ERR_STATE, ASKED, NONE, ""},
    {CANCEL, LEAVING, "", "ERR_STATE", ERR_STATE, LEAVING, NONE, ""},
    {CANCEL, ENDED, "", "ERR_STATE", ERR_STATE, ENDED, NONE, ""},

    {READY_TIMER, OPEN, "", "does not run", 0, OPEN, NONE, ""},
    {READY_TIMER, WAITING, "", "does not run", 0, WAITING, NONE, ""},
    {READY_TIMER, PENDING, "", "leave(NEVER_READY), BYE taken", 0, ENDED, SLOGOUT_OUTCOME_NEVER_READY,
     S_LAST_BYE "\nclose NEVER_READY bye-sent\n"},
    {READY_TIMER, PENDING, "B", "leave(NEVER_READY), BUSY", 0, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {READY_TIMER, PENDING, "-", "leave(NEVER_READY), BYE cannot be written", 0, ENDED,
     SLOGOUT_OUTCOME_NEVER_READY, S_LAST_BYE " BROKEN\nclose NEVER_READY\n"},
    {READY_TIMER, ASKED, "", "does not run", 0, ASKED, NONE, ""},
    {READY_TIMER, LEAVING, "", "does not run", 0, LEAVING, NONE, ""},
    {READY_TIMER, ENDED, "", "does not run", 0, ENDED, NONE, ""},

    {ANSWER_TIMER, OPEN, "", "does not run", 0, OPEN, NONE, ""},
    {ANSWER_TIMER, WAITING, "", "does not run", 0, WAITING, NONE, ""},
    {ANSWER_TIMER, PENDING, "", "does not run", 0, PENDING, NONE, ""},
    {ANSWER_TIMER, ASKED, "", "leave(EXPIRED), BYE taken", 0, ENDED, SLOGOUT_OUTCOME_EXPIRED,
     S_LAST_BYE "\nclose EXPIRED SLO.1@0 bye-sent\n"},
    {ANSWER_TIMER, ASKED, "B", "leave(EXPIRED), BUSY", 0, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {ANSWER_TIMER, ASKED, "-", "leave(EXPIRED), BYE cannot be written", 0, ENDED, SLOGOUT_OUTCOME_EXPIRED,
     S_LAST_BYE " BROKEN\nclose EXPIRED SLO.1@0\n"},
    {ANSWER_TIMER, LEAVING, "", "does not run", 0, LEAVING, NONE, ""},
    {ANSWER_TIMER, ENDED, "", "does not run", 0, ENDED, NONE, ""},

    {LEAVE_TIMER, OPEN, "", "does not run", 0, OPEN, NONE, ""},
    {LEAVE_TIMER, WAITING, "", "does not run", 0, WAITING, NONE, ""},
    {LEAVE_TIMER, PENDING, "", "does not run", 0, PENDING, NONE, ""},
    {LEAVE_TIMER, ASKED, "", "does not run", 0, ASKED, NONE, ""},
    {LEAVE_TIMER, LEAVING, "", "end without BYE", 0, ENDED, SLOGOUT_OUTCOME_REFUSED,
     "close REFUSED SLO.1@0\n"},
    {LEAVE_TIMER, ENDED, "", "does not run", 0, ENDED, NONE, ""},

    {BYE, OPEN, "", "0", 0, OPEN, NONE, ""},
    {BYE, WAITING, "", "0", 0, WAITING, NONE, ""},
    {BYE, PENDING, "", "0", 0, PENDING, NONE, ""},
    {BYE, ASKED, "", "noted; CONSUMED", CONSUMED, ASKED, NONE, ""},
    {BYE, LEAVING, "", "CONSUMED", CONSUMED, LEAVING, NONE, ""},
    {BYE, ENDED, "", "CONSUMED", CONSUMED, ENDED, NONE, ""},

    {OK, OPEN, "", "0", 0, OPEN, NONE, ""},
    {OK, WAITING, "", "0", 0, WAITING, NONE, ""},
    {OK, PENDING, "", "0", 0, PENDING, NONE, ""},
    {OK, ASKED, "", "end(ANSWERED); CONSUMED", CONSUMED, ENDED, SLOGOUT_OUTCOME_ANSWERED,
     "close ANSWERED SLO.1@0 answer=OK:done\n"},
    {OK, LEAVING, "", "CONSUMED", CONSUMED, LEAVING, NONE, ""},
    {OK, ENDED, "", "CONSUMED", CONSUMED, ENDED, NONE, ""},

    {NO, OPEN, "", "0", 0, OPEN, NONE, ""},
    {NO, WAITING, "", "0", 0, WAITING, NONE, ""},
    {NO, PENDING, "", "0", 0, PENDING, NONE, ""},
    {NO, ASKED, "", "leave(REFUSED), BYE taken; CONSUMED", CONSUMED, ENDED, SLOGOUT_OUTCOME_REFUSED,
     S_LAST_BYE "\nclose REFUSED SLO.1@0 bye-sent answer=NO:later\n"},
    {NO, ASKED, "B", "leave(REFUSED), BUSY; CONSUMED", CONSUMED, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {NO, ASKED, "-", "leave(REFUSED), BYE cannot be written; CONSUMED", CONSUMED, ENDED,
     SLOGOUT_OUTCOME_REFUSED, S_LAST_BYE " BROKEN\nclose REFUSED SLO.1@0 answer=NO:later\n"},
    {NO, LEAVING, "", "CONSUMED", CONSUMED, LEAVING, NONE, ""},
    {NO, ENDED, "", "CONSUMED", CONSUMED, ENDED, NONE, ""},

    {BAD, OPEN, "", "0", 0, OPEN, NONE, ""},
    {BAD, WAITING, "", "0", 0, WAITING, NONE, ""},
    {BAD, PENDING, "", "0", 0, PENDING, NONE, ""},
    {BAD, ASKED, "", "leave(REFUSED), BYE taken; CONSUMED", CONSUMED, ENDED, SLOGOUT_OUTCOME_REFUSED,
     S_LAST_BYE "\nclose REFUSED SLO.1@0 bye-sent answer=BAD:what?\n"},
    {BAD, ASKED, "B", "leave(REFUSED), BUSY; CONSUMED", CONSUMED, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {BAD, ASKED, "-", "leave(REFUSED), BYE cannot be written; CONSUMED", CONSUMED, ENDED,
     SLOGOUT_OUTCOME_REFUSED, S_LAST_BYE " BROKEN\nclose REFUSED SLO.1@0 answer=BAD:what?\n"},
    {BAD, LEAVING, "", "CONSUMED", CONSUMED, LEAVING, NONE, ""},
    {BAD, ENDED, "", "CONSUMED", CONSUMED, ENDED, NONE, ""},

    {NO_WAIT, PENDING, "", "0", 0, PENDING, NONE, ""},
    {NO_WAIT, ASKED, "", "noted; CONSUMED", CONSUMED, ASKED, NONE, ""},
    {NO_WAIT, ENDED, "", "CONSUMED", CONSUMED, ENDED, NONE, ""},
    {BAD_WAIT, PENDING, "", "0", 0, PENDING, NONE, ""},
    {BAD_WAIT, ASKED, "", "noted; CONSUMED", CONSUMED, ASKED, NONE, ""},
    {BAD_WAIT, ENDED, "", "CONSUMED", CONSUMED, ENDED, NONE, ""},

    {COMMAND, OPEN, "", "0", 0, OPEN, NONE, ""},
    {COMMAND, WAITING, "", "0", 0, WAITING, NONE, ""},
    {COMMAND, PENDING, "", "0", 0, PENDING, NONE, ""},
    {COMMAND, ASKED, "", "0", 0, ASKED, NONE, ""},
    {COMMAND, LEAVING, "", "CONSUMED", CONSUMED, LEAVING, NONE, ""},
    {COMMAND, ENDED, "", "CONSUMED", CONSUMED, ENDED, NONE, ""},

    {OTHER_TAG, OPEN, "", "0", 0, OPEN, NONE, ""},
    {OTHER_TAG, WAITING, "", "0", 0, WAITING, NONE, ""},
    {OTHER_TAG, PENDING, "", "0", 0, PENDING, NONE, ""},
    {OTHER_TAG, ASKED, "", "0", 0, ASKED, NONE, ""},
    {OTHER_TAG, LEAVING, "", "CONSUMED", CONSUMED, LEAVING, NONE, ""},
    {OTHER_TAG, ENDED, "", "CONSUMED", CONSUMED, ENDED, NONE, ""},

    {FORCE, OPEN, "", "leave(FORCED), BYE taken", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED bye-sent\n"},
    {FORCE, OPEN, "B", "leave(FORCED), BUSY", 0, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {FORCE, OPEN, "-", "leave(FORCED), BYE cannot be written", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BROKEN\nclose FORCED\n"},
    {FORCE, WAITING, "", "leave(FORCED), BYE taken", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED bye-sent\n"},
    {FORCE, WAITING, "B", "leave(FORCED), BUSY", 0, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {FORCE, WAITING, "-", "leave(FORCED), BYE cannot be written", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BROKEN\nclose FORCED\n"},
    {FORCE, PENDING, "", "leave(FORCED), BYE taken", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED bye-sent\n"},
    {FORCE, PENDING, "B", "leave(FORCED), BUSY", 0, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {FORCE, PENDING, "-", "leave(FORCED), BYE cannot be written", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BROKEN\nclose FORCED\n"},
    {FORCE, ASKED, "", "leave(FORCED), BYE taken", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE "\nclose FORCED SLO.1@0 bye-sent\n"},
    {FORCE, ASKED, "B", "leave(FORCED), BUSY", 0, LEAVING, NONE, S_LAST_BYE " BUSY\n"},
    {FORCE, ASKED, "-", "leave(FORCED), BYE cannot be written", 0, ENDED, SLOGOUT_OUTCOME_FORCED,
     S_LAST_BYE " BROKEN\nclose FORCED SLO.1@0\n"},
    {FORCE, LEAVING, "", "end without BYE", 0, ENDED, SLOGOUT_OUTCOME_REFUSED, "close REFUSED SLO.1@0\n"},
    {FORCE, ENDED, "", "0", 0, ENDED, NONE, ""},

    {ABANDON_CLIENT_LOGOUT, OPEN, "", "ENDED", 0, ENDED, NONE, ""},
    {ABANDON_CLIENT_LOGOUT, WAITING, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_CLIENT_LOGOUT,
     ""},
    {ABANDON_CLIENT_LOGOUT, PENDING, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_CLIENT_LOGOUT,
     ""},
    {ABANDON_CLIENT_LOGOUT, ASKED, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_CLIENT_LOGOUT,
     ""},
    {ABANDON_CLIENT_LOGOUT, LEAVING, "", "ENDED, outcome kept, no callback", 0, ENDED,
     SLOGOUT_OUTCOME_REFUSED, ""},
    {ABANDON_CLIENT_LOGOUT, ENDED, "", "0", 0, ENDED, NONE, ""},
    {ABANDON_PEER_CLOSED, OPEN, "", "ENDED", 0, ENDED, NONE, ""},
    {ABANDON_PEER_CLOSED, WAITING, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     ""},
    {ABANDON_PEER_CLOSED, PENDING, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED,
     ""},
    {ABANDON_PEER_CLOSED, ASKED, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_PEER_CLOSED, ""},
    {ABANDON_PEER_CLOSED, LEAVING, "", "ENDED, outcome kept, no callback", 0, ENDED, SLOGOUT_OUTCOME_REFUSED,
     ""},
    {ABANDON_PEER_CLOSED, ENDED, "", "0", 0, ENDED, NONE, ""},
    {ABANDON_HOST_CLOSED, OPEN, "", "ENDED", 0, ENDED, NONE, ""},
    {ABANDON_HOST_CLOSED, WAITING, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED,
     ""},
    {ABANDON_HOST_CLOSED, PENDING, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED,
     ""},
    {ABANDON_HOST_CLOSED, ASKED, "", "end as named, no callback", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED, ""},
    {ABANDON_HOST_CLOSED, LEAVING, "", "ENDED, outcome kept, no callback", 0, ENDED, SLOGOUT_OUTCOME_REFUSED,
     ""},
    {ABANDON_HOST_CLOSED, ENDED, "", "0", 0, ENDED, NONE, ""},

    /* not in the table: slogout_session_free() abandons as HOST_CLOSED, and the state of NULL is ENDED */
    {FREE, OPEN, "", "no outcome, no callback", 0, ENDED, NONE, ""},
    {FREE, WAITING, "", "HOST_CLOSED, no callback", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED, ""},
    {FREE, PENDING, "", "HOST_CLOSED, no callback", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED, ""},
    {FREE, ASKED, "", "HOST_CLOSED, no callback", 0, ENDED, SLOGOUT_OUTCOME_HOST_CLOSED, ""},
    {FREE, LEAVING, "", "outcome kept, no callback", 0, ENDED, SLOGOUT_OUTCOME_REFUSED, ""},
    {FREE, ENDED, "", "no outcome, no callback", 0, ENDED, NONE, ""},
};

/* ---- one cell ---- */

static void go_on_to(struct host *host, struct slogout_session *session, enum slogout_state state)
{
    host->send_says = state == PENDING ? "B" : state == LEAVING ? "tB" : "";
    if (state >= PENDING)
        host_request(host, session, NULL);
    if (state == LEAVING)
        assert_int_equal(no(host, session), CONSUMED);
    if (state == ENDED)
        assert_int_equal(ok(host, session), CONSUMED);
}

static void arrive(struct host *host, struct slogout_session *session, enum slogout_state state, int in_drain)
{
    if (in_drain)
        assert_int_equal(host_join(host, session), 0);
    go_on_to(host, session, state);
    assert_int_equal(slogout_session_state(session), state);
    host_forget(host);
}

static void expect_outcome(const uint64_t before[SLOGOUT_OUTCOME_COUNT], const struct slogout_counts *counts,
                           enum slogout_outcome outcome)
{
    unsigned i;

    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        assert_int_equal(counts->outcome[i], before[i] + (i == (unsigned)outcome ? 1 : 0));
}

/* A member stays a member to its end, unless it is canceled. */
static int is_member_after(const struct cell *cell, int was_member)
{
    if (cell->event == FREE || (cell->event == CANCEL && cell->result == 0))
        return 0;
    return was_member || (cell->event == JOIN && cell->result == 0);
}

/* host_check() has seen that the lists hold exactly the sessions that have a set. */
static void expect_membership(const struct host *host, const struct cell *cell, int member)
{
    unsigned state, members = 0;

    for (state = SLOGOUT_STATE_OPEN; state <= SLOGOUT_STATE_ENDED; state++)
        members += slo_link_used(&host->set.members[state]) ? 1 : 0;
    assert_int_equal(members, member);
    if (cell->event != FREE)
        assert_int_equal(host->sessions[0]->set != NULL, member);
}

/* Checks the result, the state, the callbacks, the counters, and that the set is told of a member that
 * moved. */
static void run_cell(const struct cell *cell, int in_drain)
{
    void *state = NULL;
    struct host *host;
    struct slogout_session *session;
    uint64_t outcomes[SLOGOUT_OUTCOME_COUNT], set_outcomes[SLOGOUT_OUTCOME_COUNT];
    unsigned changes;

    assert_int_equal(host_setup(&state), 0);
    host = state;
    host_start(host, &events[cell->event].settings);
    session = host_connect_enabled(host);
    arrive(host, session, cell->state, in_drain);
    memcpy(outcomes, slogout_get_counts(host->slogout)->outcome, sizeof outcomes);
    memcpy(set_outcomes, host->set.counts.outcome, sizeof set_outcomes);
    changes = host->set_changes;
    host->send_says = cell->says;
    assert_int_equal(events[cell->event].function(host, session), cell->result);
    assert_int_equal(*host->send_says, '\0');
    assert_int_equal(slogout_session_state(host->sessions[0]), cell->new_state);
    host_expect(host, cell->trace);
    expect_outcome(outcomes, slogout_get_counts(host->slogout), cell->outcome);
    expect_outcome(set_outcomes, &host->set.counts, in_drain ? cell->outcome : NONE);
    expect_membership(host, cell, is_member_after(cell, in_drain));
    assert_int_equal(host->set_changes > changes,
                     (in_drain && (cell->new_state != cell->state || cell->event == FREE)) ||
                         (cell->event == JOIN && cell->result == 0));
    host_teardown(&state);
}

/* An OPEN session is in no drain, a WAITING one always is, and a member of one drain joins no other. */
static void test_cell(void **state)
{
    const struct cell *cell = *state;

    if (cell->state != WAITING)
        run_cell(cell, 0);
    if (cell->state != OPEN && (cell->event != JOIN || cell->result))
        run_cell(cell, 1);
}

/* ---- all of them ---- */

static int cell_count(enum event event, enum slogout_state state)
{
    size_t i;
    int count = 0;

    for (i = 0; i < LENGTH(cells); i++)
        count += cells[i].event == event && cells[i].state == state;
    return count;
}

static void test_every_cell_has_a_row(void **state)
{
    static const enum event whole_rows[] = {JOIN,
                                            REQUEST,
                                            REQUEST_UNMARKED,
                                            READY,
                                            CANCEL,
                                            READY_TIMER,
                                            ANSWER_TIMER,
                                            LEAVE_TIMER,
                                            BYE,
                                            OK,
                                            NO,
                                            BAD,
                                            COMMAND,
                                            OTHER_TAG,
                                            FORCE,
                                            ABANDON_CLIENT_LOGOUT,
                                            ABANDON_PEER_CLOSED,
                                            ABANDON_HOST_CLOSED,
                                            FREE};
    size_t i;
    unsigned column;

    (void)state;
    for (i = 0; i < LENGTH(whole_rows); i++)
        for (column = SLOGOUT_STATE_OPEN; column <= SLOGOUT_STATE_ENDED; column++)
            assert_true(cell_count(whole_rows[i], (enum slogout_state)column) > 0);
}

static void test_in_a_drain_already_whatever_the_state(void **state)
{
    static const enum slogout_state states[] = {WAITING, PENDING, ASKED, LEAVING, ENDED};
    struct host *host = *state;
    size_t i;

    host_start(host, NULL);
    for (i = 0; i < LENGTH(states); i++) {
        struct slogout_session *session = host_connect_enabled(host);
        host->slogout->tags.last = 0; /* each is SLO.1 */
        arrive(host, session, states[i], 1);
        assert_int_equal(host_join(host, session), ERR_STATE);
        assert_int_equal(slogout_session_state(session), states[i]);
    }
}

static const char *state_name(enum slogout_state state)
{
    static const char *const names[] = {"OPEN", "WAITING", "PENDING", "ASKED", "LEAVING", "ENDED"};
    return names[state];
}

int main(void)
{
    static struct CMUnitTest rows[LENGTH(cells)];
    static char names[LENGTH(cells)][120];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell_has_a_row),
        host_test(test_in_a_drain_already_whatever_the_state),
    };
    size_t i;
    int failed;

    for (i = 0; i < LENGTH(cells); i++) {
        const struct cell *cell = &cells[i];
        snprintf(names[i], sizeof names[i], "%s in %s: %s", events[cell->event].name, state_name(cell->state),
                 cell->shows);
        rows[i].name = names[i];
        rows[i].test_func = test_cell;
        memcpy(&rows[i].initial_state, &cell, sizeof cell); /* cmocka has no const here */
    }
    failed = cmocka_run_group_tests_name("session: the state table", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("session: the table as a whole", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A call of the host, a line of the client and an expired timer are events. The event and the state of the
 * session select a cell of the table below, and that function handles the event.
 *
 * The host may cancel, abandon or free the session inside a callback. A freed session is ENDED, and stays in
 * memory until the outermost call returns. Therefore a cell checks the state again after send_line, and calls
 * close_connection at its very end. */
#include <string.h>
#include "session.h"
#include "bye.h"
#include "random.h"
#include "response.h"
#include "saturate.h"
#include "tag.h"

/* The arguments of an event. The time is in the clock. */
struct event {
    const char *bye_text;                      /* REQUEST */
    const struct slogout_departure *departure; /* DEPART */
    const struct slogout_response *answer;     /* OK, REFUSAL */
    enum slogout_outcome outcome;              /* TIMER, REFUSAL, FORCE, DEPART, ABANDON: to settle */
};

/* clang-format off */
enum event_kind {
    JOIN, DEPART, REQUEST, RESUME, CANCEL, TIMER, BYE, OK, REFUSAL, OTHER_LINE, FORCE, ABANDON, KINDS
};
/* clang-format on */

/* Returns the result of the public function. A line of the client (BYE, OK, REFUSAL or OTHER_LINE) returns 0
 * or SLOGOUT_CONSUMED, and any other event returns 0 or an error. */
typedef int cell(struct slogout_session *session, const struct event *event);

static cell nothing, bad_state, consume, enter_waiting, depart, begin, set_out, ask_or_bye, send_last_bye,
    reopen, leave, insist, close_now, note_bye, answered, refused, end_unasked, end_as_named, end_as_settled;

static const struct event no_event;

/* The transitions of a session. A timer runs in PENDING, ASKED and LEAVING, and in WAITING if the session
 * departs without a drain. LEAVING has two timers, one after the other. */
/* clang-format off */
static cell *const table[KINDS][SLOGOUT_STATE_ENDED + 1] = {
    /*               OPEN           WAITING       PENDING       ASKED         LEAVING         ENDED */
    [JOIN]       = { enter_waiting, bad_state,    nothing,      nothing,      bad_state,      bad_state },
    [DEPART]     = { depart,        leave,        leave,        leave,        close_now,      nothing   },
    [REQUEST]    = { begin,         begin,        nothing,      nothing,      bad_state,      bad_state },
    [RESUME]     = { nothing,       nothing,      ask_or_bye,   nothing,      send_last_bye,  nothing   },
    [CANCEL]     = { nothing,       reopen,       reopen,       bad_state,    bad_state,      bad_state },
    [TIMER]      = { nothing,       set_out,      leave,        leave,        insist,         nothing   },
    [BYE]        = { nothing,       nothing,      nothing,      note_bye,     consume,        consume   },
    [OK]         = { nothing,       nothing,      nothing,      answered,     consume,        consume   },
    [REFUSAL]    = { nothing,       nothing,      nothing,      refused,      consume,        consume   },
    [OTHER_LINE] = { nothing,       nothing,      nothing,      nothing,      consume,        consume   },
    [FORCE]      = { leave,         leave,        leave,        leave,        close_now,      nothing   },
    [ABANDON]    = { end_unasked,   end_as_named, end_as_named, end_as_named, end_as_settled, nothing   },
};
/* clang-format on */

static int dispatch(struct slogout_session *session, enum event_kind kind, const struct event *event)
{
    return table[kind][session->state](session, event);
}

/* Returns 1 if the event changes nothing in this state. */
static int is_passive(const struct slogout_session *session, enum event_kind kind)
{
    cell *const chosen = table[kind][session->state];

    return chosen == nothing || chosen == bad_state || chosen == consume;
}

/* ---- state, timer and counters change together, and only here ---- */

static void move_count(struct slogout_counts *counts, enum slogout_state from, enum slogout_state to)
{
    counts->state[from]--;
    counts->state[to]++;
}

/* Returns the kind of timers to which the session's timer belongs. The state must have a timer. */
static struct slo_timers *timers_of(const struct slogout_session *session)
{
    struct slogout *slogout = session->slogout;

    return session->last_half ? &slogout->last_half : &slogout->timers[session->state];
}

static void stop_timer(struct slogout_session *session)
{
    if (slo_link_is_linked(&session->timer.link))
        slo_timer_stop(timers_of(session), &session->timer);
}

/* Changes the state. The timer of the new state expires at the deadline; SLOGOUT_NEVER means no timer. */
static void set_state(struct slogout_session *session, enum slogout_state state, uint64_t deadline)
{
    struct slo_session_set *set = session->set;

    stop_timer(session);
    move_count(&session->slogout->counts, (enum slogout_state)session->state, state);
    if (set) {
        move_count(&set->counts, (enum slogout_state)session->state, state);
        slo_link_remove(&session->member);
        slo_link_append(&set->members[state], &session->member);
    }
    session->state = (uint8_t)state;
    if (deadline != SLOGOUT_NEVER)
        slo_timer_start(timers_of(session), &session->timer, deadline);
    if (set)
        set->changed(set);
}

/* Begins the second half of LEAVING, which ends at the deadline. */
static void enter_last_half(struct slogout_session *session, uint64_t deadline)
{
    stop_timer(session);
    session->last_half = 1;
    slo_timer_start(timers_of(session), &session->timer, deadline);
}

/* Ends the exchange with its outcome. */
static void settle(struct slogout_session *session, enum slogout_outcome outcome, int without_bye)
{
    struct slogout_counts *counts = &session->slogout->counts;

    session->outcome = (uint8_t)outcome;
    counts->outcome[outcome]++;
    counts->without_bye += without_bye ? 1 : 0;
    if (session->set) {
        counts = &session->set->counts;
        counts->outcome[outcome]++;
        counts->without_bye += without_bye ? 1 : 0;
    }
    set_state(session, SLOGOUT_STATE_ENDED, SLOGOUT_NEVER);
}

/* ---- deadlines ---- */

static uint64_t after(const struct slogout_session *session, uint64_t ms)
{
    return slo_min(slo_add(session->slogout->clock.now, ms), SLOGOUT_NEVER - 1);
}

/* Returns the time at which the session must be forced, so that its last `* BYE` has leave_timeout_ms before
 * the deadline of its departure. */
static uint64_t force_at(const struct slogout_session *session)
{
    if (session->close_by == SLOGOUT_NEVER)
        return SLOGOUT_NEVER;
    return slo_subtract(session->close_by, session->slogout->settings.leave_timeout_ms);
}

/* Returns the length of the second half of LEAVING. */
static uint64_t last_half_ms(const struct slogout *slogout)
{
    return slogout->settings.leave_timeout_ms - slogout->settings.leave_timeout_ms / 2;
}

/* ---- the host's callbacks are called only here ---- */

static void read_result(const struct slogout_session *session, struct slogout_result *result)
{
    result->size = sizeof *result;
    result->outcome = (enum slogout_outcome)session->outcome;
    result->bye_sent = session->bye_sent;
    result->bye_seen = session->bye_seen;
    result->asked_ms = session->asked_ms;
    result->tag[0] = '\0';
    if (session->tag_number)
        slo_session_tag(session, result->tag);
    result->answer_status = (enum slogout_status)session->answer;
    result->answer = NULL;
}

/* Ends the session. close_connection is called last, because the host may free the session in it. */
static int finish(struct slogout_session *session, enum slogout_outcome outcome, const struct event *event)
{
    struct slogout_result result;

    settle(session, outcome, outcome != SLOGOUT_OUTCOME_ANSWERED && !session->bye_sent);
    read_result(session, &result);
    result.answer = event->answer;
    session->close_connection(session, &result, session->conn);
    return 0;
}

/* Offers LOGOUT. The number of the tag counts as used only when the host takes the line. */
static int send_logout(struct slogout_session *session, const struct event *event)
{
    static const char command[] = " LOGOUT\r\n";
    char line[SLOGOUT_TAG_SIZE + sizeof command];
    struct slogout_tags tags = session->slogout->tags;
    const size_t tag_len = slogout_tags_next(&tags, line);
    int result;

    memcpy(line + tag_len, command, sizeof command);
    result = session->send_line(session, line, tag_len + sizeof command - 1, SLOGOUT_AT_REST, session->conn);
    if (result == 0) {
        session->slogout->tags = tags;
        session->tag_number = tags.last;
    }
    if (result == SLOGOUT_BUSY || session->state == SLOGOUT_STATE_ENDED)
        return 0;
    if (result != 0)
        return finish(session, SLOGOUT_OUTCOME_SEND_FAILED, event);
    /* If the host has canceled the request in send_line but has taken the line, the client is asked
     * nevertheless, and section 3 of the draft requires a timer. */
    session->asked_ms = session->slogout->clock.now;
    set_state(session, SLOGOUT_STATE_ASKED, after(session, session->slogout->settings.answer_timeout_ms));
    return 0;
}

/* Offers `* BYE`. If the host takes the line, ends the session with the outcome. If the connection is broken,
 * ends the session with the outcome if_broken. */
static int send_bye(struct slogout_session *session, enum slogout_when when, enum slogout_outcome outcome,
                    enum slogout_outcome if_broken, const struct event *event)
{
    const char *text = session->bye_text ? session->bye_text : session->slogout->bye_text;
    char line[SLO_BYE_LINE_MAX];
    const size_t len = slo_bye_write(line, text);
    const int result = session->send_line(session, line, len, when, session->conn);

    session->bye_sent = result == 0;
    if (result == SLOGOUT_BUSY || session->state == SLOGOUT_STATE_ENDED)
        return 0;
    return finish(session, result == 0 ? outcome : if_broken, event);
}

/* ---- the cells of the table ---- */

static int nothing(struct slogout_session *session, const struct event *event)
{
    (void)session;
    (void)event;
    return 0;
}

static int bad_state(struct slogout_session *session, const struct event *event)
{
    (void)session;
    (void)event;
    return SLOGOUT_ERR_STATE;
}

static int consume(struct slogout_session *session, const struct event *event)
{
    (void)session;
    (void)event;
    return SLOGOUT_CONSUMED;
}

static int enter_waiting(struct slogout_session *session, const struct event *event)
{
    (void)event;
    set_state(session, SLOGOUT_STATE_WAITING, SLOGOUT_NEVER);
    return 0;
}

static int depart(struct slogout_session *session, const struct event *event)
{
    const struct slogout_departure *departure = event->departure;
    uint64_t random = departure->seed;
    uint64_t spread;

    session->bye_text = departure->bye_text;
    if (departure->deadline_ms)
        session->close_by = after(session, departure->deadline_ms);
    spread = slo_min(departure->spread_ms, slo_subtract(force_at(session), session->slogout->clock.now));
    if (spread == 0)
        return set_out(session, event);
    set_state(session, SLOGOUT_STATE_WAITING, after(session, slo_random_next(&random) % spread));
    return 0;
}

static int begin(struct slogout_session *session, const struct event *event)
{
    session->bye_text = event->bye_text;
    return set_out(session, event);
}

static int set_out(struct slogout_session *session, const struct event *event)
{
    const uint64_t ready_timeout = session->slogout->settings.ready_timeout_ms;

    set_state(session, SLOGOUT_STATE_PENDING, slo_min(after(session, ready_timeout), force_at(session)));
    return ask_or_bye(session, event);
}

/* Returns 1 if the drain of the session, or its departure, has no time left for an answer. */
static int is_late(const struct slogout_session *session)
{
    const uint64_t now = session->slogout->clock.now;

    if (session->set && now >= session->set->ask_before)
        return 1;
    return slo_add(now, session->slogout->settings.answer_timeout_ms) > force_at(session);
}

/* A client that has not enabled the extension is not sent LOGOUT (RFC 3501 section 7.2.1), unless the host
 * has decided otherwise. A client whose answer timer would be cut short is not asked either. */
static int ask_or_bye(struct slogout_session *session, const struct event *event)
{
    if ((session->enabled || session->slogout->settings.ask == SLOGOUT_ASK_ALL) && !is_late(session))
        return send_logout(session, event);
    return send_bye(session, SLOGOUT_AT_REST, SLOGOUT_OUTCOME_BYE_ONLY, SLOGOUT_OUTCOME_SEND_FAILED, event);
}

static int send_last_bye(struct slogout_session *session, const struct event *event)
{
    const enum slogout_outcome outcome = (enum slogout_outcome)session->outcome;
    const enum slogout_when when = session->last_half ? SLOGOUT_BETWEEN_LINES : SLOGOUT_AT_REST;

    return send_bye(session, when, outcome, outcome, event);
}

static int leave(struct slogout_session *session, const struct event *event)
{
    const uint64_t end =
        slo_min(after(session, session->slogout->settings.leave_timeout_ms), session->close_by);

    session->outcome = (uint8_t)event->outcome;
    set_state(session, SLOGOUT_STATE_LEAVING, slo_subtract(end, last_half_ms(session->slogout)));
    return send_last_bye(session, event);
}

/* When the first half has passed, offers the `* BYE` between lines. When the second half has passed, ends the
 * session without it. */
static int insist(struct slogout_session *session, const struct event *event)
{
    uint64_t end;

    if (session->last_half)
        return finish(session, (enum slogout_outcome)session->outcome, event);
    end = slo_add(session->timer.deadline, last_half_ms(session->slogout));
    enter_last_half(session, slo_min(end, session->close_by));
    return send_last_bye(session, event);
}

/* Offers the `* BYE` between lines unless that has been done before, and ends the session in any case. */
static int close_now(struct slogout_session *session, const struct event *event)
{
    insist(session, event);
    return session->state == SLOGOUT_STATE_LEAVING ? insist(session, event) : 0;
}

static int reopen(struct slogout_session *session, const struct event *event)
{
    (void)event;
    session->bye_text = NULL;
    session->close_by = SLOGOUT_NEVER;
    slo_session_quit(session);
    set_state(session, SLOGOUT_STATE_OPEN, SLOGOUT_NEVER);
    return 0;
}

static int note_bye(struct slogout_session *session, const struct event *event)
{
    (void)event;
    session->bye_seen = 1;
    return SLOGOUT_CONSUMED;
}

/* The server closes "when it receives the OK response" (the draft, section 3). No `* BYE` is owed then. */
static int answered(struct slogout_session *session, const struct event *event)
{
    session->answer = SLOGOUT_STATUS_OK;
    finish(session, SLOGOUT_OUTCOME_ANSWERED, event);
    return SLOGOUT_CONSUMED;
}

static int refused(struct slogout_session *session, const struct event *event)
{
    session->answer = (uint8_t)event->answer->status;
    if (session->slogout->settings.on_refusal == SLOGOUT_REFUSAL_BYE)
        leave(session, event);
    return SLOGOUT_CONSUMED;
}

/* There was no exchange, so there is no outcome. */
static int end_unasked(struct slogout_session *session, const struct event *event)
{
    (void)event;
    set_state(session, SLOGOUT_STATE_ENDED, SLOGOUT_NEVER);
    return 0;
}

static int end_as_named(struct slogout_session *session, const struct event *event)
{
    settle(session, event->outcome, 0);
    return 0;
}

static int end_as_settled(struct slogout_session *session, const struct event *event)
{
    (void)event;
    settle(session, (enum slogout_outcome)session->outcome, 0);
    return 0;
}

/* ---- for lib/ ---- */

void slo_session_init(struct slogout_session *session, struct slogout *slogout,
                      const struct slogout_callbacks *callbacks, void *conn)
{
    session->slogout = slogout;
    slogout->counts.state[SLOGOUT_STATE_OPEN]++;
    session->send_line = callbacks->send_line;
    session->close_connection = callbacks->close_connection;
    session->conn = conn;
    session->close_by = SLOGOUT_NEVER;
    session->asked_ms = SLOGOUT_NEVER;
    session->outcome = SLOGOUT_OUTCOME_COUNT;
    slo_link_init(&session->timer.link);
}

int slo_session_request(struct slogout_session *session)
{
    return dispatch(session, REQUEST, &no_event);
}

int slo_session_force(struct slogout_session *session)
{
    const struct event event = {.outcome = SLOGOUT_OUTCOME_FORCED};

    return dispatch(session, FORCE, &event);
}

int slo_session_cancel(struct slogout_session *session)
{
    return dispatch(session, CANCEL, &no_event);
}

void slo_session_abandon(struct slogout_session *session, enum slogout_outcome why)
{
    const struct event event = {.outcome = why};

    dispatch(session, ABANDON, &event);
}

void slo_session_resume(struct slogout_session *session)
{
    dispatch(session, RESUME, &no_event);
}

void slo_session_free(struct slogout_session *session)
{
    struct slogout *slogout = session->slogout;

    slo_session_abandon(session, SLOGOUT_OUTCOME_HOST_CLOSED);
    slo_session_quit(session);
    slogout->counts.state[SLOGOUT_STATE_ENDED]--;
    session->freed = 1;
    slo_release_later(slogout, &session->timer.link);
}

size_t slo_session_tag(const struct slogout_session *session, char tag[SLOGOUT_TAG_SIZE])
{
    return slo_tag_write(tag, session->slogout->tag_prefix, session->tag_number);
}

/* Returns the kind of event for this line. response is NULL if the line is not a response. */
static enum event_kind kind_of_line(const struct slogout_session *session,
                                    const struct slogout_response *response)
{
    char tag[SLOGOUT_TAG_SIZE];

    if (!response || !session->tag_number)
        return OTHER_LINE;
    if (response->status == SLOGOUT_STATUS_BYE)
        return BYE;
    if (response->tag_len != slo_session_tag(session, tag) ||
        memcmp(response->tag, tag, response->tag_len) != 0)
        return OTHER_LINE;
    return response->status == SLOGOUT_STATUS_OK ? OK : REFUSAL;
}

int slo_session_feed_response(struct slogout_session *session, const struct slogout_response *response)
{
    const struct event event = {.answer = response, .outcome = SLOGOUT_OUTCOME_REFUSED};

    return dispatch(session, kind_of_line(session, response), &event);
}

/* Returns the outcome that the timer settles in PENDING and ASKED. In other states the result is not used. */
static enum slogout_outcome outcome_of_timer(const struct slogout_session *session)
{
    if (session->state == SLOGOUT_STATE_PENDING)
        return session->timer.deadline < force_at(session) ? SLOGOUT_OUTCOME_NEVER_READY
                                                           : SLOGOUT_OUTCOME_FORCED;
    return session->answer == SLOGOUT_STATUS_NONE ? SLOGOUT_OUTCOME_EXPIRED : SLOGOUT_OUTCOME_REFUSED;
}

void slo_session_expired(struct slo_timer *timer)
{
    struct slogout_session *session = slo_container_of(timer, struct slogout_session, timer);
    const struct event event = {.outcome = outcome_of_timer(session)};

    dispatch(session, TIMER, &event);
}

int slo_session_join(struct slogout_session *session, struct slo_session_set *set, uint64_t group)
{
    const int error = session->set ? SLOGOUT_ERR_STATE : dispatch(session, JOIN, &no_event);

    if (error)
        return error;
    session->set = set;
    session->group = group;
    set->counts.state[session->state]++;
    slo_link_append(&set->members[session->state], &session->member);
    set->changed(set);
    return 0;
}

void slo_session_quit(struct slogout_session *session)
{
    struct slo_session_set *set = session->set;

    if (!set)
        return;
    set->counts.state[session->state]--;
    slo_link_remove(&session->member);
    session->set = NULL;
    set->changed(set);
}

/* ---- public ---- */

int slogout_session_new(struct slogout_session **out, struct slogout *slogout,
                        const struct slogout_callbacks *callbacks, void *conn)
{
    struct slogout_callbacks checked;
    struct slogout_session *session;
    int error;

    if (!out || !slogout || !callbacks)
        return SLOGOUT_ERR_ARGUMENT;
    error = slo_copy_sized(&checked, sizeof checked, callbacks);
    if (error)
        return error;
    if (!checked.send_line || !checked.close_connection)
        return SLOGOUT_ERR_ARGUMENT;
    session = slo_allocate(slogout, sizeof *session);
    if (!session)
        return SLOGOUT_ERR_NOMEM;
    slo_session_init(session, slogout, &checked, conn);
    *out = session;
    return 0;
}

void slogout_session_free(struct slogout_session *session)
{
    struct slogout *slogout;

    if (!session)
        return;
    slogout = session->slogout;
    slo_enter(slogout);
    slo_session_free(session);
    slo_leave(slogout);
}

void slogout_session_set_enabled(struct slogout_session *session, int enabled)
{
    if (session)
        session->enabled = enabled != 0;
}

/* The session may be freed in a callback, but stays in memory until slo_leave(). */
static int handle_at(struct slogout_session *session, uint64_t now, enum event_kind kind,
                     const struct event *event)
{
    struct slogout *slogout = session->slogout;
    int result = slo_may_call_back(slogout, now);

    if (result)
        return result;
    if (is_passive(session, kind))
        return dispatch(session, kind, event);
    slo_enter_at(slogout, now);
    result = dispatch(session, kind, event);
    slo_leave(slogout);
    return result;
}

int slogout_session_request(struct slogout_session *session, const char *bye_text, uint64_t now_ms)
{
    const struct event event = {.bye_text = bye_text};

    if (!session)
        return SLOGOUT_ERR_ARGUMENT;
    if (bye_text && !slo_bye_text_valid(bye_text))
        return SLOGOUT_ERR_TEXT;
    return handle_at(session, now_ms, REQUEST, &event);
}

int slogout_session_leave(struct slogout_session *session, const struct slogout_departure *departure,
                          uint64_t now_ms)
{
    struct slogout_departure checked;
    const struct event event = {.departure = &checked, .outcome = SLOGOUT_OUTCOME_FORCED};
    int error;

    if (!session || !departure)
        return SLOGOUT_ERR_ARGUMENT;
    error = slo_copy_sized(&checked, sizeof checked, departure);
    if (error)
        return error;
    if (checked.bye_text && !slo_bye_text_valid(checked.bye_text))
        return SLOGOUT_ERR_TEXT;
    return handle_at(session, now_ms, DEPART, &event);
}

int slogout_session_resume(struct slogout_session *session, uint64_t now_ms)
{
    if (!session)
        return SLOGOUT_ERR_ARGUMENT;
    if (session->state != SLOGOUT_STATE_PENDING && session->state != SLOGOUT_STATE_LEAVING)
        return 0;
    return handle_at(session, now_ms, RESUME, &no_event);
}

/* Returns 0 after an error, so that the host handles the line as usual. */
int slo_session_feed_line(struct slogout_session *session, const char *line, size_t len, uint64_t now)
{
    struct slogout_response response;
    const int is_response = slogout_response_parse(&response, line, len);
    const struct event event = {.answer = is_response ? &response : NULL, .outcome = SLOGOUT_OUTCOME_REFUSED};
    const int result = handle_at(session, now, kind_of_line(session, event.answer), &event);

    return result > 0 ? result : 0;
}

int slogout_session_feed_line(struct slogout_session *session, const char *line, size_t len, uint64_t now_ms)
{
    if (!session || session->state < SLOGOUT_STATE_ASKED || !line)
        return 0;
    return slo_session_feed_line(session, line, len, now_ms);
}

int slogout_session_cancel(struct slogout_session *session)
{
    int result;

    if (!session)
        return SLOGOUT_ERR_ARGUMENT;
    slo_enter(session->slogout);
    result = slo_session_cancel(session);
    slo_leave(session->slogout);
    return result;
}

int slogout_session_force(struct slogout_session *session, uint64_t now_ms)
{
    const struct event event = {.outcome = SLOGOUT_OUTCOME_FORCED};

    return session ? handle_at(session, now_ms, FORCE, &event) : SLOGOUT_ERR_ARGUMENT;
}

int slogout_session_abandon(struct slogout_session *session, enum slogout_outcome why)
{
    if (!session || why < SLOGOUT_OUTCOME_CLIENT_LOGOUT || why > SLOGOUT_OUTCOME_HOST_CLOSED)
        return SLOGOUT_ERR_ARGUMENT;
    slo_enter(session->slogout);
    slo_session_abandon(session, why);
    slo_leave(session->slogout);
    return 0;
}

int slogout_session_get_result(const struct slogout_session *session, struct slogout_result *out)
{
    struct slogout_result result;

    if (!session || !out)
        return SLOGOUT_ERR_ARGUMENT;
    if (session->state != SLOGOUT_STATE_ENDED || session->outcome == SLOGOUT_OUTCOME_COUNT)
        return SLOGOUT_ERR_STATE;
    read_result(session, &result);
    return slo_give_sized(out, &result, sizeof result);
}

enum slogout_state slogout_session_state(const struct slogout_session *session)
{
    return session ? (enum slogout_state)session->state : SLOGOUT_STATE_ENDED;
}

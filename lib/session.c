#include <string.h>
#include "session.h"
#include "call.h"
#include "text.h"

#ifdef __GNUC__
#define OUT_OF_LINE __attribute__((noinline))
#else
#define OUT_OF_LINE
#endif

/* What an event brings with it; the time is the clock's. */
struct event {
    const char *bye_text;                  /* REQUEST */
    const struct slogout_response *answer; /* OK, REFUSAL */
    enum slogout_outcome why;              /* ABANDON */
};

enum event_kind { JOIN, REQUEST, READY, CANCEL, TIMER, BYE, OK, REFUSAL, OTHER_LINE, FORCE, ABANDON, EVENTS };

/* 0, SLOGOUT_CONSUMED or an error: what the public function returns. */
typedef int cell(struct slogout_session *session, const struct event *event);

static cell nothing, bad_state, consume, wait, begin, ask_or_bye, send_last_bye, reopen, never_ready, expire,
    give_up, note_bye, answered, refused, force, withdraw, abandon, end_as_settled;

static const struct event no_event;

/* The life of a session. A timer runs in PENDING, ASKED and LEAVING alone, one in each. */
/* clang-format off */
static cell *const table[EVENTS][SLOGOUT_STATE_ENDED + 1] = {
/*                 OPEN      WAITING   PENDING      ASKED     LEAVING   ENDED   */
    [JOIN]       = { wait,     bad_state,    nothing,     nothing,  bad_state,    bad_state   },
    [REQUEST]    = { begin,    begin,    nothing,     nothing,  bad_state,    bad_state   },
    [READY]      = { nothing,  nothing,  ask_or_bye,          nothing,  send_last_bye,     nothing },
    [CANCEL]     = { nothing,  reopen,   reopen,      bad_state,    bad_state,    bad_state   },
    [TIMER]      = { nothing,  nothing,  never_ready, expire,   give_up,  nothing },
    [BYE]        = { nothing,  nothing,  nothing,     note_bye, consume,  consume },
    [OK]         = { nothing,  nothing,  nothing,     answered, consume,  consume },
    [REFUSAL]    = { nothing,  nothing,  nothing,     refused,  consume,  consume },
    [OTHER_LINE] = { nothing,  nothing,  nothing,     nothing,  consume,  consume },
    [FORCE]      = { force,    force,    force,       force,    give_up,  nothing },
    [ABANDON]    = { withdraw, abandon,  abandon,     abandon,  end_as_settled,     nothing },
};
/* clang-format on */

static int handle(struct slogout_session *session, enum event_kind kind, const struct event *event)
{
    return table[kind][session->state](session, event);
}

/* ---- state, timer and counters: changed together, here alone ---- */

static struct slo_timers *timers_of(const struct slogout_session *session)
{
    struct slogout *slogout = session->slogout;

    switch (session->state) {
    case SLOGOUT_STATE_PENDING:
        return &slogout->ready;
    case SLOGOUT_STATE_ASKED:
        return &slogout->answer;
    case SLOGOUT_STATE_LEAVING:
        return &slogout->leave;
    default:
        return NULL;
    }
}

static void count(struct slogout_counts *counts, unsigned state, uint64_t change)
{
    uint64_t *const counter[SLOGOUT_STATE_ENDED + 1] = {
        NULL, &counts->waiting, &counts->pending, &counts->asked, &counts->leaving, &counts->ended,
    };

    if (counter[state])
        *counter[state] += change;
}

static void count_everywhere(const struct slogout_session *session, uint64_t change)
{
    count(&session->slogout->counts, session->state, change);
    if (session->set)
        count(&session->set->counts, session->state, change);
}

/* Puts it in the list of its drain that goes with its state. */
static void enlist(struct slogout_session *session)
{
    struct slo_session_set *set = session->set;

    slo_link_move(&set->members[session->state], &session->member);
    set->changed(set);
}

static void set_state(struct slogout_session *session, enum slogout_state state)
{
    struct slo_timers *timers = timers_of(session);

    if (timers)
        slo_timer_stop(timers, &session->timer);
    count_everywhere(session, (uint64_t)-1);
    session->state = (uint8_t)state;
    count_everywhere(session, 1);
    timers = timers_of(session);
    if (timers)
        slo_timer_start(timers, &session->timer, session->slogout->clock.now);
    if (session->set)
        enlist(session);
}

static void count_outcome(struct slogout_counts *counts, enum slogout_outcome outcome, int without_bye)
{
    counts->outcome[outcome]++;
    counts->without_bye += without_bye ? 1 : 0;
}

static void settle(struct slogout_session *session, enum slogout_outcome outcome, int without_bye)
{
    count_outcome(&session->slogout->counts, outcome, without_bye);
    if (session->set)
        count_outcome(&session->set->counts, outcome, without_bye);
    set_state(session, SLOGOUT_STATE_ENDED);
}

/* ---- the host's callbacks: the only places that call them ---- */

static int call_send_line(struct slogout_session *session, const char *line, size_t len,
                          enum slogout_when when)
{
    return session->callbacks->send_line(session, line, len, when, session->conn);
}

/* After send_line: it was not the moment, or the host has ended the session in the callback. */
static int is_over(const struct slogout_session *session, int result)
{
    return result > 0 || session->state == SLOGOUT_STATE_ENDED;
}

/* Ends the session. close_connection is the very last: the host may free the session in it. */
static int finish(struct slogout_session *session, enum slogout_outcome outcome, int bye_sent,
                  const struct event *event)
{
    char tag[SLOGOUT_TAG_SIZE];
    struct slogout_result result = {outcome, bye_sent, session->bye_seen, SLOGOUT_NEVER, NULL, event->answer};

    if (session->tag_number) {
        slo_session_tag(session, tag);
        result.tag = tag;
        result.asked_ms = session->moment.asked_ms;
    }
    settle(session, outcome, outcome != SLOGOUT_OUTCOME_ANSWERED && !bye_sent);
    session->callbacks->close_connection(session, &result, session->conn);
    return 0;
}

/* ---- lines ---- */

static int send_bye(struct slogout_session *session, enum slogout_when when)
{
    char line[SLO_BYE_LINE_MAX];
    const char *text = session->bye_text ? session->bye_text : session->slogout->bye_text;

    return call_send_line(session, line, slo_bye_write(line, text), when);
}

/* The tag's number is taken when the line is: one that was not sent is not used up. */
static int send_logout(struct slogout_session *session)
{
    static const char command[] = " LOGOUT\r\n";
    char line[SLOGOUT_TAG_SIZE + sizeof command];
    struct slogout_tags tags = session->slogout->tags;
    const size_t len = slogout_tags_next(&tags, line);
    int result;

    memcpy(line + len, command, sizeof command - 1);
    result = call_send_line(session, line, len + sizeof command - 1, SLOGOUT_AT_REST);
    if (result == 0) {
        session->slogout->tags = tags;
        session->tag_number = tags.last;
    }
    return result;
}

/* ---- cells ---- */

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

static int wait(struct slogout_session *session, const struct event *event)
{
    (void)event;
    set_state(session, SLOGOUT_STATE_WAITING);
    return 0;
}

static int begin(struct slogout_session *session, const struct event *event)
{
    session->bye_text = event->bye_text;
    set_state(session, SLOGOUT_STATE_PENDING);
    return ask_or_bye(session, event);
}

/* A host that cancels in send_line and takes the line all the same has asked: the line is on the wire, and
 * the draft, section 3, then wants a timer. */
static int ask(struct slogout_session *session, const struct event *event)
{
    const int result = send_logout(session);

    if (is_over(session, result))
        return 0;
    if (result < 0)
        return finish(session, SLOGOUT_OUTCOME_SEND_FAILED, 0, event);
    session->moment.asked_ms = session->slogout->clock.now;
    set_state(session, SLOGOUT_STATE_ASKED);
    return 0;
}

static int say_bye(struct slogout_session *session, const struct event *event)
{
    const int result = send_bye(session, SLOGOUT_AT_REST);

    if (is_over(session, result))
        return 0;
    if (result < 0)
        return finish(session, SLOGOUT_OUTCOME_SEND_FAILED, 0, event);
    return finish(session, SLOGOUT_OUTCOME_BYE_ONLY, 1, event);
}

/* RFC 3501 section 7.2.1: what a client has not asked for is not sent to it, unless the host says so. Nor is
 * anybody asked whose answer timer the drain would cut short. */
static int may_ask(const struct slogout_session *session)
{
    const struct slogout *slogout = session->slogout;

    if (!session->enabled && slogout->settings.ask != SLOGOUT_ASK_ALL)
        return 0;
    return !session->set || slogout->clock.now < session->set->ask_before;
}

static int ask_or_bye(struct slogout_session *session, const struct event *event)
{
    return may_ask(session) ? ask(session, event) : say_bye(session, event);
}

static int send_last_bye(struct slogout_session *session, const struct event *event)
{
    const int result = send_bye(session, SLOGOUT_BETWEEN_LINES);

    if (is_over(session, result))
        return 0;
    return finish(session, (enum slogout_outcome)session->outcome, result == 0, event);
}

static int leave(struct slogout_session *session, enum slogout_outcome outcome, const struct event *event)
{
    session->outcome = (uint8_t)outcome;
    set_state(session, SLOGOUT_STATE_LEAVING);
    return send_last_bye(session, event);
}

static int give_up(struct slogout_session *session, const struct event *event)
{
    return finish(session, (enum slogout_outcome)session->outcome, 0, event);
}

static int never_ready(struct slogout_session *session, const struct event *event)
{
    return leave(session, SLOGOUT_OUTCOME_NEVER_READY, event);
}

static int expire(struct slogout_session *session, const struct event *event)
{
    return leave(session, session->refused ? SLOGOUT_OUTCOME_REFUSED : SLOGOUT_OUTCOME_EXPIRED, event);
}

static int force(struct slogout_session *session, const struct event *event)
{
    return leave(session, SLOGOUT_OUTCOME_FORCED, event);
}

static int reopen(struct slogout_session *session, const struct event *event)
{
    (void)event;
    session->bye_text = NULL;
    slo_session_quit(session);
    set_state(session, SLOGOUT_STATE_OPEN);
    return 0;
}

static int note_bye(struct slogout_session *session, const struct event *event)
{
    (void)event;
    session->bye_seen = 1;
    return SLOGOUT_CONSUMED;
}

/* The draft, section 3: the server closes "when it receives the OK response". It owes no `* BYE` then. */
static int answered(struct slogout_session *session, const struct event *event)
{
    finish(session, SLOGOUT_OUTCOME_ANSWERED, 0, event);
    return SLOGOUT_CONSUMED;
}

static int refused(struct slogout_session *session, const struct event *event)
{
    if (session->slogout->settings.on_refusal == SLOGOUT_REFUSAL_BYE)
        leave(session, SLOGOUT_OUTCOME_REFUSED, event);
    else
        session->refused = 1;
    return SLOGOUT_CONSUMED;
}

/* There was no exchange, so there is no outcome. */
static int withdraw(struct slogout_session *session, const struct event *event)
{
    (void)event;
    set_state(session, SLOGOUT_STATE_ENDED);
    return 0;
}

static int abandon(struct slogout_session *session, const struct event *event)
{
    settle(session, event->why, 0);
    return 0;
}

static int end_as_settled(struct slogout_session *session, const struct event *event)
{
    (void)event;
    settle(session, (enum slogout_outcome)session->outcome, 0);
    return 0;
}

/* ---- for lib/ ---- */

void slo_session_expired(struct slo_timer *timer)
{
    handle(slo_container_of(timer, struct slogout_session, timer), TIMER, &no_event);
}

int slo_session_request(struct slogout_session *session)
{
    return handle(session, REQUEST, &no_event);
}

int slo_session_force(struct slogout_session *session)
{
    return handle(session, FORCE, &no_event);
}

int slo_session_join(struct slogout_session *session, struct slo_session_set *set, uint64_t group)
{
    const int error = session->set ? SLOGOUT_ERR_STATE : handle(session, JOIN, &no_event);

    if (error)
        return error;
    session->set = set;
    if (session->state == SLOGOUT_STATE_WAITING)
        session->moment.group = group;
    count(&set->counts, session->state, 1);
    enlist(session);
    return 0;
}

void slo_session_quit(struct slogout_session *session)
{
    struct slo_session_set *set = session->set;

    if (!set)
        return;
    count(&set->counts, session->state, (uint64_t)-1);
    slo_link_remove(&session->member);
    session->set = NULL;
    set->changed(set);
}

void slo_session_init(struct slogout_session *session, struct slogout *slogout,
                      const struct slogout_callbacks *callbacks, void *conn)
{
    session->slogout = slogout;
    session->callbacks = callbacks;
    session->conn = conn;
    slo_link_init(&session->timer.link);
    slo_link_init(&session->member);
}

void slo_session_resume(struct slogout_session *session)
{
    handle(session, READY, &no_event);
}

size_t slo_session_tag(const struct slogout_session *session, char tag[SLOGOUT_TAG_SIZE])
{
    return slo_tag_write(tag, session->slogout->tag_prefix, session->tag_number);
}

static int is_own_tag(const struct slogout_session *session, const struct slogout_response *response)
{
    char tag[SLOGOUT_TAG_SIZE];
    const size_t len = slo_session_tag(session, tag);

    return len == response->tag_len && memcmp(tag, response->tag, len) == 0;
}

static enum event_kind kind_of(const struct slogout_session *session, const struct slogout_response *response)
{
    if (response->status == SLOGOUT_STATUS_BYE)
        return response->tag_len ? OTHER_LINE : BYE;
    if (!is_own_tag(session, response))
        return OTHER_LINE;
    return response->status == SLOGOUT_STATUS_OK ? OK : REFUSAL;
}

void slo_session_feed_response(struct slogout_session *session, const struct slogout_response *response)
{
    const struct event event = {.answer = response};

    handle(session, kind_of(session, response), &event);
}

/* ---- public ---- */

static int check_callbacks(const struct slogout_callbacks *from)
{
    struct slogout_callbacks callbacks;
    const int error = slo_copy_sized(&callbacks, sizeof callbacks, from);

    if (error)
        return error;
    return callbacks.send_line && callbacks.close_connection ? 0 : SLOGOUT_ERR_ARGUMENT;
}

int slogout_session_new(struct slogout_session **out, struct slogout *slogout,
                        const struct slogout_callbacks *callbacks, void *conn)
{
    struct slogout_session *session;
    const int error = out && slogout && callbacks ? check_callbacks(callbacks) : SLOGOUT_ERR_ARGUMENT;

    if (error)
        return error;
    session = slo_allocate(slogout, sizeof *session);
    if (!session)
        return SLOGOUT_ERR_NOMEM;
    memset(session, 0, sizeof *session);
    slo_session_init(session, slogout, callbacks, conn);
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
    slogout_session_abandon(session, SLOGOUT_OUTCOME_HOST_CLOSED);
    slo_session_quit(session);
    count(&slogout->counts, SLOGOUT_STATE_ENDED, (uint64_t)-1);
    session->freed = 1;
    slo_release_later(slogout, &session->timer.link);
    slo_leave(slogout);
}

void slogout_session_set_enabled(struct slogout_session *session, int enabled)
{
    if (session)
        session->enabled = enabled != 0;
}

/* The session may be freed in a callback; it stays in memory until slo_leave(). */
static int handle_at(struct slogout_session *session, uint64_t now, enum event_kind kind,
                     const struct event *event)
{
    struct slogout *slogout = session->slogout;
    int result = slo_enter_at(slogout, now);

    if (result)
        return result;
    result = handle(session, kind, event);
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

int slogout_session_resume(struct slogout_session *session, uint64_t now_ms)
{
    if (!session)
        return SLOGOUT_ERR_ARGUMENT;
    if (session->state != SLOGOUT_STATE_PENDING && session->state != SLOGOUT_STATE_LEAVING)
        return 0;
    return handle_at(session, now_ms, READY, &no_event);
}

static int hear(struct slogout_session *session, const struct slogout_response *response, uint64_t now)
{
    const struct event event = {.answer = response};

    return handle_at(session, now, kind_of(session, response), &event);
}

/* Not inlined: a line while nothing is asked must not pay for this function's registers and stack. */
OUT_OF_LINE static int hear_line(struct slogout_session *session, const char *line, size_t len, uint64_t now)
{
    struct slogout_response response;

    if (!line && len > 0)
        return SLOGOUT_ERR_ARGUMENT;
    if (!slogout_response_parse(&response, line, len))
        return handle_at(session, now, OTHER_LINE, &no_event);
    return hear(session, &response, now);
}

int slogout_session_feed_line(struct slogout_session *session, const char *line, size_t len, uint64_t now_ms)
{
    if (!session)
        return SLOGOUT_ERR_ARGUMENT;
    return session->state < SLOGOUT_STATE_ASKED ? 0 : hear_line(session, line, len, now_ms);
}

static int is_response(const struct slogout_response *response)
{
    return response && (unsigned)response->status <= SLOGOUT_STATUS_BYE &&
           (response->tag || !response->tag_len);
}

int slogout_session_feed_response(struct slogout_session *session, const struct slogout_response *response,
                                  uint64_t now_ms)
{
    if (!session)
        return SLOGOUT_ERR_ARGUMENT;
    if (session->state < SLOGOUT_STATE_ASKED)
        return 0;
    return is_response(response) ? hear(session, response, now_ms) : SLOGOUT_ERR_ARGUMENT;
}

int slogout_session_cancel(struct slogout_session *session)
{
    int result;

    if (!session)
        return SLOGOUT_ERR_ARGUMENT;
    slo_enter(session->slogout);
    result = handle(session, CANCEL, &no_event);
    slo_leave(session->slogout);
    return result;
}

int slogout_session_force(struct slogout_session *session, uint64_t now_ms)
{
    return session ? handle_at(session, now_ms, FORCE, &no_event) : SLOGOUT_ERR_ARGUMENT;
}

int slogout_session_abandon(struct slogout_session *session, enum slogout_outcome why)
{
    const struct event event = {.why = why};
    int result;

    if (!session || why < SLOGOUT_OUTCOME_CLIENT_LOGOUT || why > SLOGOUT_OUTCOME_HOST_CLOSED)
        return SLOGOUT_ERR_ARGUMENT;
    slo_enter(session->slogout);
    result = handle(session, ABANDON, &event);
    slo_leave(session->slogout);
    return result;
}

enum slogout_state slogout_session_state(const struct slogout_session *session)
{
    return session ? (enum slogout_state)session->state : SLOGOUT_STATE_ENDED;
}

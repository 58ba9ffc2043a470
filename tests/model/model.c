/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include "fail.h"
#include "model.h"

/* The rows and cells of the state table. */
enum row {
    JOINS_A_DRAIN,
    DEPARTS,
    REQUESTED,
    IS_READY,
    CANCELED,
    INSTANT,
    READY_TIMER,
    ANSWER_TIMER,
    HALF_TIMER,
    LEAVE_TIMER,
    CLIENT_BYE,
    CLIENT_OK,
    CLIENT_NO_OR_BAD,
    CLIENT_OTHER,
    IS_FORCED,
    ABANDONED,
    ROWS
};

enum cell {
    CANNOT_BE,
    ZERO,
    ERR_STATE,
    CONSUMED,
    TO_WAITING,
    COUNTED_THERE,
    TO_DEPART,
    BEGIN,
    GO,
    PART,
    OPEN_OUT_OF_DRAIN,
    LEAVE_UNREADY,
    LEAVE_EXPIRED,
    LEAVE_FORCED,
    INSIST,
    INSIST_AND_END,
    END_WITHOUT_BYE,
    NOTED,
    END_ANSWERED,
    LEAVE_REFUSED_OR_NOTED,
    TO_ENDED,
    END_AS_NAMED,
    ENDED_OUTCOME_KEPT
};

/* LEAVING has two columns, for its two halves. */
#define HALVES (SLOGOUT_STATE_ENDED + 1)

/* clang-format off */
static const enum cell table[ROWS][HALVES + 1] = {
/*                         OPEN          WAITING            PENDING            ASKED             LEAVING             ENDED        LEAVING, second half */
    [JOINS_A_DRAIN]    = { TO_WAITING,   ERR_STATE,         COUNTED_THERE,     COUNTED_THERE,    ERR_STATE,          ERR_STATE,   ERR_STATE },
    [DEPARTS]          = { TO_DEPART,    LEAVE_FORCED,      LEAVE_FORCED,      LEAVE_FORCED,     INSIST_AND_END,     ZERO,        END_WITHOUT_BYE },
    [REQUESTED]        = { BEGIN,        BEGIN,             ZERO,              ZERO,             ERR_STATE,          ERR_STATE,   ERR_STATE },
    [IS_READY]         = { ZERO,         ZERO,              GO,                ZERO,             PART,               ZERO,        PART },
    [CANCELED]         = { ZERO,         OPEN_OUT_OF_DRAIN, OPEN_OUT_OF_DRAIN, ERR_STATE,        ERR_STATE,          ERR_STATE,   ERR_STATE },
    [INSTANT]          = { CANNOT_BE,    BEGIN,             CANNOT_BE,         CANNOT_BE,        CANNOT_BE,          CANNOT_BE,   CANNOT_BE },
    [READY_TIMER]      = { CANNOT_BE,    CANNOT_BE,         LEAVE_UNREADY,     CANNOT_BE,        CANNOT_BE,          CANNOT_BE,   CANNOT_BE },
    [ANSWER_TIMER]     = { CANNOT_BE,    CANNOT_BE,         CANNOT_BE,         LEAVE_EXPIRED,    CANNOT_BE,          CANNOT_BE,   CANNOT_BE },
    [HALF_TIMER]       = { CANNOT_BE,    CANNOT_BE,         CANNOT_BE,         CANNOT_BE,        INSIST,             CANNOT_BE,   CANNOT_BE },
    [LEAVE_TIMER]      = { CANNOT_BE,    CANNOT_BE,         CANNOT_BE,         CANNOT_BE,        CANNOT_BE,          CANNOT_BE,   END_WITHOUT_BYE },
    [CLIENT_BYE]       = { ZERO,         ZERO,              ZERO,              NOTED,            CONSUMED,           CONSUMED,    CONSUMED },
    [CLIENT_OK]        = { ZERO,         ZERO,              ZERO,              END_ANSWERED,     CONSUMED,           CONSUMED,    CONSUMED },
    [CLIENT_NO_OR_BAD] = { ZERO,         ZERO,              ZERO,              LEAVE_REFUSED_OR_NOTED, CONSUMED,     CONSUMED,    CONSUMED },
    [CLIENT_OTHER]     = { ZERO,         ZERO,              ZERO,              ZERO,             CONSUMED,           CONSUMED,    CONSUMED },
    [IS_FORCED]        = { LEAVE_FORCED, LEAVE_FORCED,      LEAVE_FORCED,      LEAVE_FORCED,     INSIST_AND_END,     ZERO,        END_WITHOUT_BYE },
    [ABANDONED]        = { TO_ENDED,     END_AS_NAMED,      END_AS_NAMED,      END_AS_NAMED,     ENDED_OUTCOME_KEPT, ZERO,        ENDED_OUTCOME_KEPT },
};
/* clang-format on */

const struct departure_times departures[DEPARTURES] = {
    [AT_ONCE] = {0, 0, 0, 0},
    [SPREAD_OUT] = {2 * UNIT, 5078, 0, UNIT},
    /* This is the last instant at which the client can be asked. */
    [SPREAD_TO_ASK] = {3 * UNIT, 5078, UNIT + ANSWER_TIMEOUT + LEAVE_TIMEOUT, UNIT},
    /* There is no time for an answer, and the spread is cut by one millisecond. */
    [SPREAD_TO_TELL] = {2 * UNIT, 13247, ANSWER_TIMEOUT - 1 + LEAVE_TIMEOUT, UNIT},
    [TOO_LATE] = {2 * UNIT, 5078, UNIT, 0},
};

/* The current step. */
static struct model *m;
static const struct trace *calls;
static int cursor;
static const struct departure_times *departing;
static uint64_t step_now; /* the time of the step; the clock does not change if the step changes nothing */
static enum slogout_status fed; /* the status of the answer that the current call fed */

static struct model_session *session_of(enum who who)
{
    return &m->session[who];
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Returns the time by which the session is forced, if it departs. */
static uint64_t forced_at(const struct model_session *session)
{
    return session->close_by == SLOGOUT_NEVER ? SLOGOUT_NEVER : less(session->close_by, LEAVE_TIMEOUT);
}

static void to(struct model_session *session, enum slogout_state state)
{
    session->state = state;
    session->deadline = SLOGOUT_NEVER;
    if (state == SLOGOUT_STATE_PENDING)
        session->deadline = earlier(m->now + READY_TIMEOUT, forced_at(session));
    if (state == SLOGOUT_STATE_ASKED)
        session->deadline = m->now + ANSWER_TIMEOUT;
    if (state == SLOGOUT_STATE_LEAVING)
        session->deadline = less(earlier(m->now + LEAVE_TIMEOUT, session->close_by), LEAVE_HALF);
}

static void count_outcome(struct model_session *session, enum slogout_outcome outcome, int without_bye)
{
    session->outcome = outcome;
    session->has_outcome = 1;
    m->counts.outcome[outcome]++;
    m->counts.without_bye += (uint64_t)without_bye;
    if (session->in_drain) {
        m->drain.outcome[outcome]++;
        m->drain.without_bye += (uint64_t)without_bye;
    }
    to(session, SLOGOUT_STATE_ENDED);
}

static int row(enum who who, enum row row, enum slogout_outcome why);

/* ---- callbacks ---- */

static void create(struct model_session *session)
{
    memset(session, 0, sizeof *session);
    session->alive = 1;
    session->deadline = session->close_by = SLOGOUT_NEVER;
}

static void remove_session(enum who who)
{
    row(who, ABANDONED, SLOGOUT_OUTCOME_HOST_CLOSED);
    session_of(who)->alive = 0;
    session_of(who)->in_drain = 0;
}

static int act(const struct call *call)
{
    switch (call->action) {
    case FREE_IT:
        remove_session(call->target);
        return 0;
    case ABANDON_IT:
        return row(call->target, ABANDONED, SLOGOUT_OUTCOME_PEER_CLOSED);
    case CANCEL_IT:
        return row(call->target, CANCELED, 0);
    case ENABLE_IT:
        session_of(call->target)->enabled ^= 1;
        return 0;
    case NEW_IT:
        create(session_of(call->target));
        return 0;
    case REENTER: /* the host checks the results of these calls */
    case NO_ACTION:
        return 0;
    }
    return 0;
}

/* If calls are predicted, the model writes them here instead of comparing them. */
static struct trace *predicted;
static int reply; /* of the host to the first predicted line; the host takes the other lines */

static const struct call *predict_call(const struct call *expected)
{
    struct call *call = &predicted->call[predicted->length++];

    *call = *expected;
    call->result = expected->kind == SEND_LINE ? reply : 0;
    reply = expected->kind == SEND_LINE ? 0 : reply;
    return call;
}

static const struct call *expect_call(const struct call *expected)
{
    const struct call *call = &calls->call[cursor];

    if (predicted)
        return predict_call(expected);
    if (cursor == calls->length)
        fail("missing call: kind %d", (int)expected->kind);
    if (call->kind != expected->kind || (call->kind != SET_TIMER && call->who != expected->who))
        fail("call of kind %d for session %d, expected kind %d for session %d", (int)call->kind,
             (int)call->who, (int)expected->kind, (int)expected->who);
    cursor++;
    return call;
}

static void play_action(const struct call *call)
{
    const int expected = act(call);

    if (call->action_result != expected)
        fail("in a callback: returned %d, expected %d", call->action_result, expected);
}

static int expect_line(enum who who, const char *line, enum slogout_when when)
{
    struct call expected = {.kind = SEND_LINE, .who = who, .when = when};
    const struct call *call;

    snprintf(expected.line, sizeof expected.line, "%s", line);
    call = expect_call(&expected);
    if (strcmp(call->line, line) != 0)
        fail("wrote \"%s\" instead of \"%s\"", call->line, line);
    if (call->when != when)
        fail("wrong moment: %d", (int)call->when);
    play_action(call);
    return call->result;
}

static int expect_bye(enum who who, enum slogout_when when)
{
    const int own_text = session_of(who)->own_text;
    const int result =
        expect_line(who, own_text ? "* BYE " OWN_TEXT "\r\n" : "* BYE " DEFAULT_TEXT "\r\n", when);

    session_of(who)->bye_sent = result == 0;
    return result;
}

static const char *prefix(void)
{
    return m->settings.prefix ? m->settings.prefix : "SLO.";
}

static int expect_logout(enum who who)
{
    char line[64];

    snprintf(line, sizeof line, "%s%u LOGOUT\r\n", prefix(), m->last_tag + 1);
    return expect_line(who, line, SLOGOUT_AT_REST);
}

static struct call expected_close(enum who who)
{
    const struct model_session *session = session_of(who);
    struct call expected = {.kind = CLOSE_CONNECTION, .who = who, .answer = fed};

    expected.closed.outcome = session->outcome;
    expected.closed.bye_sent = session->bye_sent;
    expected.closed.bye_seen = session->bye_seen;
    expected.closed.asked_ms = session->tag ? session->asked_at : SLOGOUT_NEVER;
    expected.closed.answer_status = session->answered;
    if (session->tag)
        snprintf(expected.closed.tag, sizeof expected.closed.tag, "%s%u", prefix(), session->tag);
    return expected;
}

static void expect_close(enum who who)
{
    const struct call expected = expected_close(who);
    const struct call *call = expect_call(&expected);

    if (call->closed.outcome != expected.closed.outcome)
        fail("outcome %d instead of %d", (int)call->closed.outcome, (int)expected.closed.outcome);
    if (call->closed.bye_sent != expected.closed.bye_sent ||
        call->closed.bye_seen != expected.closed.bye_seen)
        fail("bye_sent or bye_seen is wrong");
    if (call->answer != expected.answer || call->closed.answer_status != expected.closed.answer_status)
        fail("answer status %d and answer %d in the result", (int)call->answer,
             (int)call->closed.answer_status);
    if (call->closed.asked_ms != expected.closed.asked_ms)
        fail("asked_ms is wrong");
    if (strcmp(call->closed.tag, expected.closed.tag) != 0)
        fail("tag %s in the result, expected %s", call->closed.tag, expected.closed.tag);
    play_action(call);
}

/* ---- the cells ---- */

static int is_gone(const struct model_session *session)
{
    return !session->alive || session->state == SLOGOUT_STATE_ENDED;
}

static void end(enum who who, enum slogout_outcome outcome)
{
    count_outcome(session_of(who), outcome,
                  outcome != SLOGOUT_OUTCOME_ANSWERED && !session_of(who)->bye_sent);
    expect_close(who);
}

static void part(enum who who)
{
    struct model_session *session = session_of(who);
    const int result = expect_bye(who, session->last_half ? SLOGOUT_BETWEEN_LINES : SLOGOUT_AT_REST);

    if (!is_gone(session) && result <= 0)
        end(who, session->outcome);
}

static void leave(enum who who, enum slogout_outcome outcome)
{
    session_of(who)->outcome = outcome;
    to(session_of(who), SLOGOUT_STATE_LEAVING);
    part(who);
}

static void insist(enum who who)
{
    struct model_session *session = session_of(who);

    session->last_half = 1;
    session->deadline = earlier(session->deadline + LEAVE_HALF, session->close_by);
    part(who);
}

/* If the host takes the line, the number of the tag is used, whatever else the host did inside send_line. */
static void ask(enum who who)
{
    struct model_session *session = session_of(who);
    const int result = expect_logout(who);

    if (result == 0)
        m->last_tag++;
    if (is_gone(session) || result == SLOGOUT_BUSY)
        return;
    if (result < 0) {
        end(who, SLOGOUT_OUTCOME_SEND_FAILED);
        return;
    }
    session->tag = m->last_tag;
    session->asked_at = m->now;
    to(session, SLOGOUT_STATE_ASKED);
}

/* Only enabled sessions are asked, unless the settings ask all. No session is asked if its answer timer would be cut
 * short. */
static int may_be_asked(const struct model_session *session)
{
    if (!session->enabled && m->settings.ask != SLOGOUT_ASK_ALL)
        return 0;
    return (m->settings.drain_asks || !session->in_drain) && m->now + ANSWER_TIMEOUT <= forced_at(session);
}

static void go(enum who who)
{
    struct model_session *session = session_of(who);
    int result;

    if (may_be_asked(session)) {
        ask(who);
        return;
    }
    result = expect_bye(who, SLOGOUT_AT_REST);
    if (!is_gone(session) && result <= 0)
        end(who, result == 0 ? SLOGOUT_OUTCOME_BYE_ONLY : SLOGOUT_OUTCOME_SEND_FAILED);
}

static void reopen(struct model_session *session)
{
    to(session, SLOGOUT_STATE_OPEN);
    session->in_drain = 0;
    session->close_by = SLOGOUT_NEVER;
    session->own_text = 0; /* the text belongs to the canceled request */
}

static void refuse(enum who who)
{
    session_of(who)->answered = fed;
    if (m->settings.on_refusal == SLOGOUT_REFUSAL_BYE)
        leave(who, SLOGOUT_OUTCOME_REFUSED);
}

static void depart(enum who who, const struct departure_times *times)
{
    struct model_session *session = session_of(who);

    session->own_text = 0;
    session->close_by = times->deadline ? m->now + times->deadline : SLOGOUT_NEVER;
    to(session, times->instant ? SLOGOUT_STATE_WAITING : SLOGOUT_STATE_PENDING);
    if (times->instant)
        session->deadline = m->now + times->instant;
    else
        go(who);
}

static int play(enum who who, enum cell cell, enum slogout_outcome why)
{
    struct model_session *session = session_of(who);

    if (cell != ZERO && cell != ERR_STATE && cell != CONSUMED)
        m->now = step_now;
    switch (cell) {
    case CANNOT_BE:
        fail("reached a cell that cannot be reached");
    case ZERO:
        return 0;
    case ERR_STATE:
        return SLOGOUT_ERR_STATE;
    case CONSUMED:
        return SLOGOUT_CONSUMED;
    case TO_WAITING:
        to(session, SLOGOUT_STATE_WAITING);
        session->in_drain = 1;
        return 0;
    case COUNTED_THERE:
        session->in_drain = 1;
        return 0;
    case TO_DEPART:
        depart(who, departing);
        return 0;
    case BEGIN:
        to(session, SLOGOUT_STATE_PENDING);
        go(who);
        return 0;
    case GO:
        go(who);
        return 0;
    case PART:
        part(who);
        return 0;
    case OPEN_OUT_OF_DRAIN:
        reopen(session);
        return 0;
    case LEAVE_UNREADY:
        leave(who,
              session->deadline == forced_at(session) ? SLOGOUT_OUTCOME_FORCED : SLOGOUT_OUTCOME_NEVER_READY);
        return 0;
    case LEAVE_EXPIRED: /* if a refusal was noted, it decides the outcome */
        leave(who, session->answered ? SLOGOUT_OUTCOME_REFUSED : SLOGOUT_OUTCOME_EXPIRED);
        return 0;
    case LEAVE_FORCED:
        leave(who, SLOGOUT_OUTCOME_FORCED);
        return 0;
    case INSIST:
        insist(who);
        return 0;
    case INSIST_AND_END:
        insist(who);
        if (!is_gone(session))
            end(who, session->outcome);
        return 0;
    case END_WITHOUT_BYE:
        end(who, session->outcome);
        return 0;
    case NOTED:
        session->bye_seen = 1;
        return SLOGOUT_CONSUMED;
    case END_ANSWERED:
        session->answered = SLOGOUT_STATUS_OK;
        end(who, SLOGOUT_OUTCOME_ANSWERED);
        return SLOGOUT_CONSUMED;
    case LEAVE_REFUSED_OR_NOTED:
        refuse(who);
        return SLOGOUT_CONSUMED;
    case TO_ENDED:
        to(session, SLOGOUT_STATE_ENDED);
        return 0;
    case END_AS_NAMED:
        count_outcome(session, why, 0);
        return 0;
    case ENDED_OUTCOME_KEPT:
        count_outcome(session, session->outcome, 0);
        return 0;
    }
    return 0;
}

static int row(enum who who, enum row row, enum slogout_outcome why)
{
    const struct model_session *session = session_of(who);
    const int column =
        session->state == SLOGOUT_STATE_LEAVING && session->last_half ? HALVES : (int)session->state;

    return play(who, table[row][column], why);
}

/* ---- time ---- */

uint64_t model_deadline(const struct model *model)
{
    const uint64_t a = model->session[A].alive ? model->session[A].deadline : SLOGOUT_NEVER;
    const uint64_t b = model->session[B].alive ? model->session[B].deadline : SLOGOUT_NEVER;

    return a < b ? a : b;
}

/* The order of two timers that are due at the same instant is not specified, so the trace decides. */
static enum who first_due(void)
{
    const uint64_t deadline = model_deadline(m);
    const enum who next = cursor < calls->length ? calls->call[cursor].who : A;
    const struct model_session *session = session_of(next);

    if (session->alive && session->deadline == deadline)
        return next;
    return next == A ? B : A;
}

static void expire(enum who who)
{
    static const enum row timer[SLOGOUT_STATE_ENDED + 1] = {[SLOGOUT_STATE_WAITING] = INSTANT,
                                                            [SLOGOUT_STATE_PENDING] = READY_TIMER,
                                                            [SLOGOUT_STATE_ASKED] = ANSWER_TIMER,
                                                            [SLOGOUT_STATE_LEAVING] = HALF_TIMER};

    row(who, session_of(who)->last_half ? LEAVE_TIMER : timer[session_of(who)->state], 0);
}

static int tick(void)
{
    m->now = step_now;
    while (model_deadline(m) <= m->now)
        expire(first_due());
    m->told = SLOGOUT_NEVER;
    return 0;
}

static void tell_deadline(void)
{
    const struct call expected = {.kind = SET_TIMER, .deadline = model_deadline(m)};

    if (m->settings.polled || expected.deadline >= m->told)
        return;
    if (expect_call(&expected)->deadline != expected.deadline)
        fail("set_timer with a time that is not the earliest deadline");
    m->told = expected.deadline;
}

/* ---- steps ---- */

static const struct {
    enum row row;
    enum slogout_status answer;
} inputs[INPUTS] = {
    [BYE_LINE] = {CLIENT_BYE, SLOGOUT_STATUS_NONE},
    [OK_LINE] = {CLIENT_OK, SLOGOUT_STATUS_OK},
    [NO_LINE] = {CLIENT_NO_OR_BAD, SLOGOUT_STATUS_NO},
    [BAD_LINE] = {CLIENT_NO_OR_BAD, SLOGOUT_STATUS_BAD},
    [COMMAND_LINE] = {CLIENT_OTHER, SLOGOUT_STATUS_NONE},
    [FOREIGN_OK_LINE] = {CLIENT_OTHER, SLOGOUT_STATUS_NONE},
    [TAGGED_BYE_LINE] = {CLIENT_OTHER, SLOGOUT_STATUS_NONE},
};

/* Without a LOGOUT there is no tag, so no line can be a tagged answer. */
static int input(const struct step *step)
{
    const enum row kind = inputs[step->variant].row;

    fed = session_of(step->who)->tag ? inputs[step->variant].answer : SLOGOUT_STATUS_NONE;
    if (kind != CLIENT_BYE && !fed)
        return row(step->who, CLIENT_OTHER, 0);
    return row(step->who, kind, 0);
}

/* Returns 1 for a step that returns 0 before it reads its arguments. */
static int is_idle(const struct step *step)
{
    const enum slogout_state state = session_of(step->who)->state;

    if (step->kind == READY)
        return state != SLOGOUT_STATE_PENDING && state != SLOGOUT_STATE_LEAVING;
    return step->kind == INPUT && state < SLOGOUT_STATE_ASKED;
}

static int request(const struct step *step)
{
    struct model_session *session = session_of(step->who);

    if (session->state == SLOGOUT_STATE_OPEN || session->state == SLOGOUT_STATE_WAITING)
        session->own_text = step->variant != 0;
    return row(step->who, REQUESTED, 0);
}

static int timed_row(const struct step *step)
{
    if (step->kind == DEPART) {
        departing = &departures[step->variant];
        return row(step->who, DEPARTS, 0);
    }
    if (step->kind == REQUEST)
        return request(step);
    if (step->kind == READY)
        return row(step->who, IS_READY, 0);
    if (step->kind == FORCE)
        return row(step->who, IS_FORCED, 0);
    return step->kind == INPUT ? input(step) : tick();
}

static int timed(const struct step *step)
{
    if (step->kind != TICK && is_idle(step))
        return 0;
    if (step->now == SLOGOUT_NEVER)
        return step->kind == INPUT ? 0 : SLOGOUT_ERR_ARGUMENT;
    step_now = step->now > m->now ? step->now : m->now;
    return timed_row(step);
}

static int untimed(const struct step *step)
{
    struct model_session *session = session_of(step->who);

    if (step->kind == JOIN)
        return session->in_drain ? SLOGOUT_ERR_STATE : row(step->who, JOINS_A_DRAIN, 0);
    if (step->kind == CANCEL)
        return row(step->who, CANCELED, 0);
    if (step->kind == ABANDON)
        return row(step->who, ABANDONED, (enum slogout_outcome)step->variant);
    if (step->kind == NEW)
        create(session);
    else if (step->kind == FREE)
        remove_session(step->who);
    else if (step->kind == QUIT)
        session->in_drain = 0;
    else
        session->enabled = step->variant != 0;
    return 0;
}

static int is_timed(enum step_kind kind)
{
    return kind == DEPART || kind == REQUEST || kind == READY || kind == FORCE || kind == INPUT ||
           kind == TICK;
}

void model_start(struct model *model, const struct model_settings *settings)
{
    memset(model, 0, sizeof *model);
    model->settings = *settings;
    model->told = SLOGOUT_NEVER;
}

int model_result(const struct model *model, enum who who, struct call *call)
{
    const struct model_session *session = &model->session[who];
    struct model copy = *model;

    if (session->state != SLOGOUT_STATE_ENDED || !session->has_outcome)
        return 0;
    m = &copy;
    fed = SLOGOUT_STATUS_NONE;
    *call = expected_close(who);
    return 1;
}

static int make_step(struct model *model, const struct step *step)
{
    int result;

    m = model;
    step_now = model->now;
    fed = SLOGOUT_STATUS_NONE;
    result = is_timed(step->kind) ? timed(step) : untimed(step);
    tell_deadline();
    return result;
}

void model_step(struct model *model, const struct step *step, const struct trace *trace, int returned)
{
    int expected;

    predicted = NULL;
    calls = trace;
    cursor = 0;
    expected = make_step(model, step);
    if (cursor != calls->length)
        fail("unexpected call of kind %d", (int)calls->call[cursor].kind);
    if (returned != expected)
        fail("returned %d, expected %d", returned, expected);
}

int model_predict(struct model *model, const struct step *step, int first_reply, struct trace *trace)
{
    predicted = trace;
    predicted->length = 0;
    reply = first_reply;
    calls = trace; /* for first_due(), which finds no call there */
    cursor = 0;
    return make_step(model, step);
}

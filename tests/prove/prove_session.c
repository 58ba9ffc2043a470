/* The session by induction: from any state that satisfies the invariant, any event, with any result of the host's
 * callbacks and whatever a host may do inside them, leads to one that satisfies it. */
#include "prove.h"
#include "session.c"

/* ---- what the session stands on, by what is proved of it elsewhere ---- */

static struct slo_timers *running; /* the kind of timers that the session's timer is in, or NULL */

void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t now)
{
    (void)timer, (void)now;
    CHECK(!running);
    running = timers;
}

void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer)
{
    (void)timer;
    CHECK(running == timers);
    running = NULL;
}

size_t slo_tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number)
{
    const size_t len = SLOGOUT_TAG_SIZE - 1; /* the longest */

    (void)prefix;
    CHECK(number > 0);
    tag[0] = 'A';
    tag[len] = '\0';
    return len;
}

size_t slogout_tags_next(struct slogout_tags *tags, char tag[SLOGOUT_TAG_SIZE])
{
    tags->last = tags->last < UINT32_MAX ? tags->last + 1 : 1;
    return slo_tag_write(tag, tags->prefix, tags->last);
}

size_t slo_bye_write(char line[SLO_BYE_LINE_MAX], const char *text)
{
    const size_t len = SLO_BYE_LINE_MAX; /* the longest */

    CHECK(text != NULL);
    line[0] = '*';
    line[len - 1] = '\n';
    return len;
}

/* ---- the world: one session, perhaps in a drain ---- */

static struct slogout slogout;
static struct slo_session_set set;
static struct session_with_refusal memory;
static struct slogout_session *const session = &memory.session;

/* What has happened to the session so far, and in this event. */
static struct {
    int bye, logout, busy, closed; /* so far: lines that were taken; the last line was not */
    int offered;                   /* in this event */
    enum event_kind event;
} seen;

static struct slo_timers *timers_of_state(unsigned state)
{
    switch (state) {
    case SLOGOUT_STATE_PENDING:
        return &slogout.ready;
    case SLOGOUT_STATE_ASKED:
        return &slogout.answer;
    case SLOGOUT_STATE_LEAVING:
        return &slogout.leave;
    default:
        return NULL;
    }
}

static uint64_t counted(const struct slogout_counts *counts, unsigned state)
{
    const uint64_t by_state[] = {1, counts->waiting, counts->pending, counts->asked, counts->leaving, counts->ended};

    return by_state[state];
}

static int in_its_list(void)
{
    const struct slo_link *list = &set.members[session->state];

    if (!session->set)
        return session->member.next == &session->member && session->member.prev == &session->member;
    return session->set == &set && session->state != SLOGOUT_STATE_OPEN && list->next == &session->member &&
           list->prev == &session->member && session->member.next == list && session->member.prev == list &&
           counted(&set.counts, session->state) > 0;
}

static int invariant(void)
{
    const unsigned state = session->state;

    if (state > SLOGOUT_STATE_ENDED || running != timers_of_state(state) || counted(&slogout.counts, state) == 0 ||
        !in_its_list())
        return 0;
    if (state == SLOGOUT_STATE_WAITING && !session->set)
        return 0;
    if ((seen.bye || seen.closed) && state != SLOGOUT_STATE_ENDED)
        return 0;
    if (seen.busy && state != SLOGOUT_STATE_PENDING && state != SLOGOUT_STATE_LEAVING && state != SLOGOUT_STATE_ENDED)
        return 0;
    if (seen.logout != (session->tag_number != 0))
        return 0;
    if (state == SLOGOUT_STATE_ASKED ? !seen.logout : state < SLOGOUT_STATE_ASKED && seen.logout)
        return 0;
    if (state == SLOGOUT_STATE_LEAVING && session->outcome >= SLOGOUT_OUTCOME_COUNT)
        return 0;
    if (session->refusal && (state < SLOGOUT_STATE_ASKED || slogout.settings.on_refusal != SLOGOUT_REFUSAL_WAIT ||
                             session->refusal > SLOGOUT_STATUS_BAD))
        return 0;
    return memory.refusal.code_len + memory.refusal.text_len <= SLO_REFUSAL_MAX;
}

/* ---- the host ---- */

/* What a host may do to the session inside a callback: nothing, cancel it, abandon it, free it. */
static void do_something(void)
{
    const struct event closed = {.outcome = SLOGOUT_OUTCOME_HOST_CLOSED};
    const int what = nondet_int();

    if (what == 1 && (session->state == SLOGOUT_STATE_WAITING || session->state == SLOGOUT_STATE_PENDING)) {
        reopen(session, &no_event);
        seen.busy = 0;
    }
    if (what == 2 || what == 3) {
        if (session->state == SLOGOUT_STATE_OPEN)
            withdraw(session, &closed);
        else if (session->state == SLOGOUT_STATE_LEAVING)
            end_as_settled(session, &closed);
        else if (session->state != SLOGOUT_STATE_ENDED)
            abandon(session, &closed);
    }
    if (what == 3)
        slo_session_quit(session);
}

static int send_line(struct slogout_session *of, const char *line, size_t len, enum slogout_when when, void *conn)
{
    const int result = nondet_int();

    (void)when, (void)conn;
    CHECK(of == session && line[len - 1] == '\n');
    CHECK(session->state == SLOGOUT_STATE_PENDING || session->state == SLOGOUT_STATE_LEAVING);
    CHECK(!seen.closed && !seen.bye);
    CHECK(!seen.busy || seen.event == RESUME || seen.event == TIMER || seen.event == FORCE);
    CHECK(!seen.offered);
    CHECK(*line == '*' || !seen.logout);
    seen.offered = 1;
    seen.busy = result > 0;
    if (result == 0 && *line == '*')
        seen.bye = 1;
    if (result == 0 && *line != '*')
        seen.logout = 1;
    if (result != 0 || *line == '*')
        do_something();
    else if (nondet_int())
        do_something();
    return result;
}

static void close_connection(struct slogout_session *of, const struct slogout_result *result, void *conn)
{
    (void)conn;
    CHECK(of == session && !seen.closed && session->state == SLOGOUT_STATE_ENDED);
    CHECK(result->outcome < SLOGOUT_OUTCOME_COUNT && result->bye_sent == seen.bye);
    CHECK((result->tag != NULL) == seen.logout);
    seen.closed = 1;
    do_something();
}

static void changed(struct slo_session_set *of)
{
    CHECK(of == &set);
}

/* ---- the proof ---- */

static void any_world(unsigned state)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    unsigned i;

    __CPROVER_havoc_object(&slogout);
    __CPROVER_havoc_object(&memory);
    __CPROVER_havoc_object(&set);
    __CPROVER_havoc_object(&seen);
    slogout.settings.ask = nondet_int() ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED;
    slogout.settings.on_refusal = nondet_int() ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE;
    session->slogout = &slogout;
    session->callbacks = &callbacks;
    session->bye_text = NULL;
    session->state = (uint8_t)state;
    session->set = DRAIN ? &set : NULL;
    set.changed = changed;
    for (i = 0; i <= SLOGOUT_STATE_ENDED; i++)
        slo_link_init(&set.members[i]);
    slo_link_init(&session->member);
    if (session->set)
        slo_link_append(&set.members[session->state], &session->member);
    running = timers_of_state(session->state);
    seen.bye = seen.bye != 0;
    seen.logout = session->tag_number != 0;
    seen.busy = seen.busy != 0;
    seen.closed = seen.closed != 0;
    seen.offered = 0;
    for (i = SLOGOUT_STATE_WAITING; i <= SLOGOUT_STATE_ENDED; i++) /* no counter is about to wrap */
        ASSUME(counted(&slogout.counts, i) < UINT32_MAX && counted(&set.counts, i) < UINT32_MAX);
    ASSUME(invariant());
}

/* proves: one session, from any state of the invariant, any event but those that send LOGOUT (REQUEST in OPEN and WAITING, RESUME in PENDING), any result of the callbacks and any cancel, abandon or free inside them: the invariant holds again, memory is safe, close_connection comes at most once and last, no line comes after BUSY before its moment, none after a BYE
 * with: --unwind 8 --slice-formula
 * each: KIND 11 STATE 6 DRAIN 2
 * mutant: lib/session.c: session->state = (uint8_t)state; => session->state = (uint8_t)(state | 1);
 * mutant: lib/session.c: octets + code_len, SLO_REFUSAL_MAX - code_len, => octets + code_len, SLO_REFUSAL_MAX, */
void one_event(void)
{
    const enum event_kind kind = (enum event_kind)KIND;
    static char octets[8];
    struct slogout_response answer = {SLOGOUT_STATUS_OK, octets, 1, octets, nondet_size(), octets, nondet_size()};
    struct event event = {0};

    /* Those that may send LOGOUT take more memory than there is. */
    if ((kind == REQUEST && STATE <= SLOGOUT_STATE_WAITING) || (kind == RESUME && STATE == SLOGOUT_STATE_PENDING))
        return;
    any_world(STATE);
    seen.event = kind;
    ASSUME(answer.code_len <= sizeof octets && answer.text_len <= sizeof octets);
    if (kind == OK || kind == REFUSAL) {
        answer.status = kind == OK ? SLOGOUT_STATUS_OK : nondet_int() ? SLOGOUT_STATUS_NO : SLOGOUT_STATUS_BAD;
        event.answer = &answer;
    }
    if (kind == FORCE)
        event.outcome = SLOGOUT_OUTCOME_FORCED;
    if (kind == ABANDON)
        event.outcome = SLOGOUT_OUTCOME_PEER_CLOSED;
    if (kind == TIMER)
        ASSUME(running != NULL);
    if (kind == JOIN)
        slo_session_join(session, &set, nondet_uint64());
    else
        table[KIND][STATE](session, &event);
    if (kind == CANCEL)
        seen.busy = seen.busy && session->state != SLOGOUT_STATE_OPEN;
    CHECK(invariant());
}

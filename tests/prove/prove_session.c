/* SPDX-License-Identifier: BSD-2-Clause */
/* The session by induction. A new session satisfies the invariant. From any state that satisfies it, each event, with
 * any results of the host's callbacks and any action of the host inside them, leads to a state that satisfies it again.
 * An event is a call of the host, of the clock or of a drain.
 *
 * A case is a state, an event and an action of the host. Each case is a separate branch that begins with constants.
 * CBMC can therefore follow the table, the callbacks and the lists exactly, and the solver decides only about data. */
#include "prove.h"

/* what differs between the runs of a proof */
#ifndef EVENT
#define EVENT 0
#endif

static int tags_differ; /* the result of each comparison of tags */
static const char octets[200]; /* octets of the client */
#define LONGEST_TAG (SLOGOUT_TAG_SIZE - 1)

/* What follows the tag of a LOGOUT, with its NUL. */
static void *copy(char *to, const char *from, size_t len)
{
    size_t i;

    CHECK(__CPROVER_w_ok(to, len) && __CPROVER_r_ok(from, len));
    for (i = 0; i < sizeof " LOGOUT\r\n" && i < len; i++)
        to[i] = from[i];
    return to;
}

static int compare(const void *one, const void *other, size_t len)
{
    CHECK(__CPROVER_r_ok(one, len) && __CPROVER_r_ok(other, len));
    CHECK(one == octets && *(const char *)other == 'T' && len == LONGEST_TAG);
    return tags_differ;
}

/* Replaces list.h by a list that knows only which list a link is in. prove_timer.c proves the real list. */
#define SLO_LIST_H

struct slo_link {
    /* next: the list; the link itself if it is in no list; or NULL if that is not known */
    struct slo_link *next, *prev;
};

#define slo_container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static void slo_link_init(struct slo_link *link)
{
    link->next = link;
}

static int slo_link_is_linked(const struct slo_link *link)
{
    return link->next != link;
}

static void slo_link_remove(struct slo_link *link)
{
    link->next = link;
}

static void slo_link_append(struct slo_link *list, struct slo_link *link)
{
    CHECK(!link->next || !slo_link_is_linked(link));
    link->next = list;
}

#include "call_stubs.h"

#include "random.h"
#define slo_random_next(state) ((void)(state), nondet_uint64())
#define memcpy                 copy
#define memcmp                 compare
#include "session.c"
#undef memcpy
#undef memcmp

/* CBMC checks the accesses to memory of the library. It checks the harness only where the harness says CHECK. */
#pragma CPROVER check push
#pragma CPROVER check disable "pointer"
#pragma CPROVER check disable "bounds"
#pragma CPROVER check disable "conversion"
#pragma CPROVER check disable "pointer-overflow"

/* ---- the world: one session, perhaps in a drain ---- */

enum { FREE = KINDS, QUIT, ALL_EVENTS };

/* what the host does inside send_line */
enum deed {
    NOTHING,       /* calls only functions that must refuse */
    CHANGES_DRAIN, /* joins a drain, or frees the drain if the session is in one */
    ABANDONS,
    FREES,
    CANCELS, /* this and the following: only while LOGOUT, or `* BYE` in its place, is offered */
    CANCELS_AND_JOINS,
    CANCELS_AND_ABANDONS,
    CANCELS_AND_FREES,
    DEEDS
};

/* The time that the host passes. The time of the clock is any time, and this one is not later. */
static uint64_t now_of_host;

static struct slogout slogout;
static struct slo_session_set set;
static struct slogout_session the_session;
static struct slogout_session *const session = &the_session;

/* The history of the session, and the current event. */
static struct {
    int logout, bye;                                              /* were accepted by the host */
    int over;                                                     /* the session was closed, abandoned or freed */
    enum { FREE_TO_SEND, BUSY_AT_REST, BUSY_BETWEEN_LINES } busy; /* the moment for which the last line waits */
    /* of this event */
    unsigned event, state;
    enum deed deed;
    int in_drain, last_half;
    int refused;                /* by the library */
    int taken;                  /* LOGOUT */
    int canceled, closed;       /* close_connection was called */
    int offered, offered_first; /* first: LOGOUT, or the `* BYE` in its place */
    unsigned outcome; /* the one that this leads to, if the exchange ends */
    const char *given, *text; /* of `* BYE`, from the host; in the session, unless it is canceled */
    int is_text;              /* `given` is valid */
    const struct slogout_response *answer; /* what was fed, or NULL */
    uint64_t close_by, asked_ms;
    uint32_t last_tag;
    /* what the drain was told last */
    const struct slo_session_set *told_set;
    unsigned told_state;
} seen;

static struct slogout_departure departure; /* any */

/* In no state. */
#define NOWHERE (SLOGOUT_STATE_ENDED + 1)

/* The sessions in each state without this one. */
static uint64_t others[SLOGOUT_STATE_ENDED + 1], others_in_drain[SLOGOUT_STATE_ENDED + 1];

/* ---- what the session stands on, by what is proved of it elsewhere ---- */

static struct slo_timers *running; /* the kind of timers that the session's timer is in, or NULL */
static struct slo_link queue;      /* its list, as far as the session can see it */

void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t deadline)
{
    CHECK(!running && !slo_link_is_linked(&timer->link));
    running = timers;
    timer->deadline = deadline;
    slo_link_append(&queue, &timer->link);
}

void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer)
{
    CHECK(running == timers);
    running = NULL;
    slo_link_remove(&timer->link);
}

int slo_may_call_back(const struct slogout *slogout, uint64_t now)
{
    LEMMA(!released);
    CHECK(now == now_of_host);
    if (slogout->depth)
        return SLOGOUT_ERR_REENTRANT;
    return now == SLOGOUT_NEVER ? SLOGOUT_ERR_ARGUMENT : 0;
}

static enum { OTHER, LOGOUT_LINE, BYE_LINE } written; /* the line that was written last */

/* The longest tag. Its octets are those that it is compared with, if tags_differ is 0. */
static size_t write_tag(char *tag)
{
    CHECK(__CPROVER_w_ok(tag, SLOGOUT_TAG_SIZE));
    *tag = 'T';
    return LONGEST_TAG;
}

size_t slo_tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number)
{
    CHECK(prefix == slogout.tag_prefix && number == session->tag_number);
    return write_tag(tag);
}

size_t slogout_tags_next(struct slogout_tags *tags, char tag[SLOGOUT_TAG_SIZE])
{
    CHECK(tags->last == seen.last_tag);
    tags->last = tags->last < UINT32_MAX ? tags->last + 1 : 1;
    written = LOGOUT_LINE;
    return write_tag(tag);
}

int slo_bye_text_valid(const char *text)
{
    CHECK(text != NULL && (text == seen.given || text == departure.bye_text));
    return seen.is_text;
}

/* The longest line. */
size_t slo_bye_write(char line[SLO_BYE_LINE_MAX], const char *text)
{
    CHECK(text == (session->bye_text ? session->bye_text : slogout.bye_text) && __CPROVER_w_ok(line, SLO_BYE_LINE_MAX));
    written = BYE_LINE;
    return SLO_BYE_LINE_MAX;
}

/* What is fed as a line is none. */
int slogout_response_parse(struct slogout_response *out, const char *line, size_t len)
{
    (void)out, (void)line, (void)len;
    return 0;
}

static int copy_error, is_exhausted;

int slo_copy_sized(void *to, size_t known, const void *from)
{
    CHECK(__CPROVER_w_ok(to, known) && __CPROVER_r_ok(from, known));
    if (known == sizeof(struct slogout_callbacks))
        *(struct slogout_callbacks *)to = *(const struct slogout_callbacks *)from;
    else
        *(struct slogout_departure *)to = *(const struct slogout_departure *)from;
    copy_error = nondet_int() ? SLOGOUT_ERR_SIZE : 0;
    return copy_error;
}

void *slo_allocate(struct slogout *of, size_t size)
{
    static const struct slogout_session zeros;

    CHECK(of == &slogout && size == sizeof the_session);
    is_exhausted = nondet_int() != 0;
    if (is_exhausted)
        return NULL;
    the_session = zeros;
    return &the_session;
}

/* A WAITING session has a timer if it is in no drain. */
static struct slo_timers *timers_of_state(unsigned state)
{
    if (state == SLOGOUT_STATE_OPEN || state == SLOGOUT_STATE_ENDED)
        return NULL;
    if (state == SLOGOUT_STATE_WAITING && session->set)
        return NULL;
    return session->last_half ? &slogout.last_half : &slogout.timers[state];
}

/* `state` is the session's, or NOWHERE if it is not counted. */
static int counted(const struct slogout_counts *counts, const uint64_t *other, unsigned state)
{
    unsigned i;
    int result = 1;

    for (i = SLOGOUT_STATE_OPEN; i <= SLOGOUT_STATE_ENDED; i++)
        result = result && counts->state[i] == other[i] + (state == i);
    return result;
}

static int list_is_right(void)
{
    const struct slo_link *const list = session->member.next;

    if (!session->set)
        return !list || list == &session->member;
    return session->set == &set && list == &set.members[session->state];
}

/* A session is PENDING or LEAVING exactly while a line is due for which the host has had no moment. */
static unsigned busy_in(unsigned state)
{
    if (state != SLOGOUT_STATE_PENDING && state != SLOGOUT_STATE_LEAVING)
        return FREE_TO_SEND;
    return session->last_half ? BUSY_BETWEEN_LINES : BUSY_AT_REST;
}

static int invariant(void)
{
    const unsigned state = session->state;

    if (state > SLOGOUT_STATE_ENDED || session->freed || !list_is_right())
        return 0;
    if (session->last_half && state < SLOGOUT_STATE_LEAVING)
        return 0;
    if (running != timers_of_state(state) || slo_link_is_linked(&session->timer.link) != (running != NULL))
        return 0;
    if (!counted(&slogout.counts, others, state) ||
        !counted(&set.counts, others_in_drain, session->set ? state : NOWHERE))
        return 0;
    if (state == SLOGOUT_STATE_OPEN && (session->set || session->close_by != SLOGOUT_NEVER))
        return 0;
    if ((seen.bye || seen.over) && state != SLOGOUT_STATE_ENDED)
        return 0;
    if (state != SLOGOUT_STATE_ENDED && seen.busy != busy_in(state))
        return 0;
    if (seen.logout != (session->tag_number != 0))
        return 0;
    if (state == SLOGOUT_STATE_ASKED ? !seen.logout : state < SLOGOUT_STATE_ASKED && seen.logout)
        return 0;
    if (state == SLOGOUT_STATE_LEAVING ? session->outcome >= SLOGOUT_OUTCOME_COUNT
                                       : state < SLOGOUT_STATE_LEAVING && session->outcome != SLOGOUT_OUTCOME_COUNT)
        return 0;
    if (seen.bye != (int)session->bye_sent)
        return 0;
    return session->answer <= SLOGOUT_STATUS_BAD && (state >= SLOGOUT_STATE_ASKED || !session->answer);
}

/* ---- the host ---- */

static void join_or_quit(int joins)
{
    if (joins)
        slo_session_join(session, &set, nondet_uint64());
    else
        slo_session_quit(session);
}

static int has_begun(void)
{
    return session->state != SLOGOUT_STATE_OPEN && session->state < SLOGOUT_STATE_LEAVING;
}

static void abandon_it(enum slogout_outcome why)
{
    const int gets_outcome = has_begun();

    CHECK(slogout_session_abandon(session, why) == 0);
    CHECK(!gets_outcome || session->outcome == why);
    seen.over = 1;
}

static void free_it(void)
{
    const int gets_outcome = has_begun();

    slogout_session_free(session);
    CHECK(session->freed && (!gets_outcome || session->outcome == SLOGOUT_OUTCOME_HOST_CLOSED));
    seen.over = 1;
}

/* Calls that are not allowed in a callback, or not in this state. */
static void be_refused(void)
{
    CHECK(slogout_session_request(session, NULL, now_of_host) == SLOGOUT_ERR_REENTRANT);
    CHECK(slogout_session_force(session, now_of_host) == SLOGOUT_ERR_REENTRANT);
    CHECK(slogout_session_leave(session, &departure, now_of_host) != 0);
    CHECK(slogout_session_resume(session, now_of_host) == SLOGOUT_ERR_REENTRANT);
    CHECK(slogout_session_feed_line(session, "", 0, now_of_host) == 0);
    if (session->state == SLOGOUT_STATE_LEAVING)
        CHECK(slogout_session_cancel(session) == SLOGOUT_ERR_STATE);
}

static void act(enum deed deed)
{
    if (deed == NOTHING)
        be_refused();
    if (deed >= CANCELS) {
        CHECK(slogout_session_cancel(session) == 0 && session->state == SLOGOUT_STATE_OPEN);
        seen.canceled = 1;
    }
    if (deed == CHANGES_DRAIN || deed == CANCELS_AND_JOINS)
        join_or_quit(!session->set);
    if (deed == ABANDONS || deed == CANCELS_AND_ABANDONS)
        abandon_it(SLOGOUT_OUTCOME_PEER_CLOSED);
    if (deed == FREES || deed == CANCELS_AND_FREES)
        free_it();
}

static int waits; /* whether the session waits for the end of the answer timer after a refusal */

/* Returns 1 if the session may offer a line to the host during this event, if it was in this state. */
static int may_send(unsigned event, unsigned state)
{
    switch (event) {
    case REQUEST:
        return state <= SLOGOUT_STATE_WAITING;
    case DEPART:
    case FORCE:
        return state <= SLOGOUT_STATE_LEAVING;
    case RESUME:
        return state == SLOGOUT_STATE_PENDING || state == SLOGOUT_STATE_LEAVING;
    case TIMER:
        return state >= SLOGOUT_STATE_WAITING && state <= SLOGOUT_STATE_LEAVING;
    case REFUSAL:
        return state == SLOGOUT_STATE_ASKED && !waits;
    default:
        return 0;
    }
}

/* Returns 1 if a line that the host could not take may be offered again: when the host resumes the session, or when a
 * LEAVING session waits for less than before. */
static int may_send_again(enum slogout_when when)
{
    return seen.busy == FREE_TO_SEND || seen.event == RESUME ||
           (seen.busy == BUSY_AT_REST && session->state == SLOGOUT_STATE_LEAVING &&
            (when == SLOGOUT_BETWEEN_LINES || seen.state == SLOGOUT_STATE_PENDING));
}

/* An event does so, but a departure may begin with a spread, and the last half of LEAVING ends without a line. */
static int must_send(void)
{
    if (!may_send(seen.event, seen.state) || seen.refused || session->state == SLOGOUT_STATE_WAITING)
        return 0;
    return seen.event == RESUME || !seen.last_half;
}

static int is_logout(const char *line, size_t len)
{
    static const char end[] = " LOGOUT\r\n";
    size_t i;

    for (i = 0; i < sizeof end - 1; i++)
        if (line[LONGEST_TAG + i] != end[i])
            return 0;
    return len == LONGEST_TAG + sizeof end - 1;
}

static int send_line(struct slogout_session *of, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    const int result = nondet_int();
    const int is_bye = written == BYE_LINE;

    CHECK(of == session && conn == session->conn && __CPROVER_r_ok(line, len));
    CHECK(!seen.over && !seen.bye);
    CHECK(is_bye ? len == SLO_BYE_LINE_MAX : is_logout(line, len) && !seen.logout && when == SLOGOUT_AT_REST);
    CHECK(is_bye || session->enabled || slogout.settings.ask == SLOGOUT_ASK_ALL);
    CHECK(may_send_again(when));
    CHECK(may_send(seen.event, seen.state) && !seen.offered);
    CHECK(session->state == SLOGOUT_STATE_PENDING || session->state == SLOGOUT_STATE_LEAVING);
    CHECK(when == (session->last_half ? SLOGOUT_BETWEEN_LINES : SLOGOUT_AT_REST));
    seen.offered = 1;
    seen.offered_first = session->state == SLOGOUT_STATE_PENDING;
    act(seen.deed);
    seen.busy = FREE_TO_SEND;
    if (result == SLOGOUT_BUSY && (session->state == SLOGOUT_STATE_PENDING || session->state == SLOGOUT_STATE_LEAVING))
        seen.busy = when == SLOGOUT_AT_REST ? BUSY_AT_REST : BUSY_BETWEEN_LINES;
    if (result == 0 && is_bye)
        seen.bye = 1;
    if (result == 0 && !is_bye)
        seen.logout = seen.taken = 1;
    return result;
}

static void close_connection(struct slogout_session *of, const struct slogout_result *result, void *conn)
{
    CHECK(of == session && conn == session->conn && session->state == SLOGOUT_STATE_ENDED);
    CHECK(!seen.over);
    CHECK(result->outcome ==
          (seen.offered_first && !seen.bye ? SLOGOUT_OUTCOME_SEND_FAILED : seen.outcome));
    CHECK(result->bye_sent == seen.bye && result->bye_seen == session->bye_seen);
    CHECK(result->size == sizeof *result && result->answer_status == session->answer);
    CHECK((result->tag[0] != '\0') == seen.logout);
    CHECK(result->answer == seen.answer && (!seen.answer || seen.answer->status == result->answer_status));
    CHECK(result->asked_ms == session->asked_ms && session->outcome == result->outcome);
    seen.over = seen.closed = 1;
    if (nondet_int())
        free_it();
}

static void changed(struct slo_session_set *of)
{
    CHECK(of == &set && slogout.depth > 0);
    seen.told_set = session->set;
    seen.told_state = session->state;
}

/* ---- the proofs ---- */

static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

struct slogout nondet_slogout(void);
struct slo_session_set nondet_set(void);
struct slogout_session nondet_session(void);
struct slogout_departure nondet_departure(void);

/* Puts some other sessions into each state. */
static void any_counts(struct slogout_counts *counts, uint64_t *other, unsigned state)
{
    unsigned i;

    for (i = SLOGOUT_STATE_OPEN; i <= SLOGOUT_STATE_ENDED; i++)
        other[i] = counts->state[i] = i + 2;
    if (state != NOWHERE)
        counts->state[state]++;
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        counts->outcome[i] = 0;
    counts->without_bye = 0;
}

/* Gives any value to everything that a case does not set. */
static void any_world(void)
{
    slogout = nondet_slogout();
    set = nondet_set();
    the_session = nondet_session();
    departure = nondet_departure();
    departure.size = sizeof departure;
    seen.is_text = nondet_int() != 0;
    now_of_host = nondet_uint64();
    ASSUME(slogout.clock.now != SLOGOUT_NEVER && now_of_host <= slogout.clock.now);
    waits = nondet_int() != 0;
    slogout.settings.on_refusal = waits ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE;
    slogout.settings.ask = nondet_int() ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED;
    slogout.depth = 0;
    set.changed = changed;
    seen.bye = nondet_int() != 0;
    seen.over = nondet_int() != 0;
    given_back = released = 0;
    slo_link_init(&queue);
}

/* tag_number is that of a LOGOUT that was sent, or 0. All other numbers are alike. */
static void any_session(unsigned state, int in_drain, int last_half, uint32_t tag_number)
{
    session->tag_number = tag_number;
    session->slogout = &slogout;
    session->send_line = send_line;
    session->close_connection = close_connection;
    session->state = (uint8_t)state;
    session->last_half = (uint8_t)last_half;
    session->freed = 0;
    session->set = in_drain ? &set : NULL;
    slo_link_init(&session->timer.link);
    session->member.next = in_drain ? &set.members[state] : NULL;
    any_counts(&slogout.counts, others, state);
    any_counts(&set.counts, others_in_drain, in_drain ? state : NOWHERE);
    running = timers_of_state(state);
    if (running)
        slo_link_append(&queue, &session->timer.link);
    seen.logout = tag_number != 0;
    if (state != SLOGOUT_STATE_ENDED)
        seen.bye = seen.over = 0;
    seen.busy = busy_in(state);
    ASSUME(invariant());
}

/* Returns the expected outcome, except that a line which is offered at rest and fails leads to SEND_FAILED. */
static unsigned outcome_of(unsigned event, unsigned state)
{
    if (state == SLOGOUT_STATE_LEAVING)
        return session->outcome;
    switch (event) {
    case TIMER:
        if (state == SLOGOUT_STATE_WAITING)
            return SLOGOUT_OUTCOME_BYE_ONLY;
        if (state == SLOGOUT_STATE_PENDING)
            return session->timer.deadline < force_at(session) ? SLOGOUT_OUTCOME_NEVER_READY
                                                               : SLOGOUT_OUTCOME_FORCED;
        return session->answer ? SLOGOUT_OUTCOME_REFUSED : SLOGOUT_OUTCOME_EXPIRED;
    case DEPART:
        return state == SLOGOUT_STATE_OPEN ? SLOGOUT_OUTCOME_BYE_ONLY : SLOGOUT_OUTCOME_FORCED;
    case OK:
        return SLOGOUT_OUTCOME_ANSWERED;
    case REFUSAL:
        return SLOGOUT_OUTCOME_REFUSED;
    case FORCE:
        return SLOGOUT_OUTCOME_FORCED;
    default:
        return SLOGOUT_OUTCOME_BYE_ONLY;
    }
}

/* Feeds a response whose tag, code and text have up to 200 octets each. It is an answer only if it is a BYE or has our
 * tag, and only in ASKED. */
static void feed_response(enum slogout_status status, int is_other)
{
    const int is_bye = status == SLOGOUT_STATUS_BYE, was_asked = seen.state == SLOGOUT_STATE_ASKED;
    const int is_answer = was_asked && (is_bye || !is_other);
    const struct slogout_session old = *session;
    const struct slogout_response response = {status, octets, is_other || is_bye ? nondet_size() : LONGEST_TAG,
                                              octets, nondet_size(), octets, nondet_size()};
    int result;

    ASSUME(response.tag_len <= sizeof octets && response.code_len <= sizeof octets);
    ASSUME(response.text_len <= sizeof octets);
    tags_differ = is_other;
    seen.answer = &response;
    slo_enter(&slogout);
    result = slo_session_feed_response(session, &response);
    slo_leave(&slogout);
    CHECK(result == (is_answer || seen.state > SLOGOUT_STATE_ASKED ? SLOGOUT_CONSUMED : 0));
    CHECK(is_answer || (session->state == old.state && session->answer == old.answer));
    CHECK(!is_answer || status != SLOGOUT_STATUS_OK || session->state == SLOGOUT_STATE_ENDED);
    CHECK(!is_answer || (is_bye ? session->bye_seen && session->answer == old.answer : session->answer == (unsigned)status));
}

/* Nothing was counted before the event. */
static int outcome_is_counted(const struct slogout_counts *counts, int is_settled)
{
    const int with_bye = seen.bye || !seen.closed || session->outcome == SLOGOUT_OUTCOME_ANSWERED;
    unsigned i;

    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        if (counts->outcome[i] != (uint64_t)(is_settled && session->outcome == i))
            return 0;
    return counts->without_bye == (uint64_t)(is_settled && !with_bye);
}

/* Each outcome is counted once, and in the drain too. */
static void check_outcome(void)
{
    const int is_settled = seen.state != SLOGOUT_STATE_ENDED && session->state == SLOGOUT_STATE_ENDED &&
                           session->outcome != SLOGOUT_OUTCOME_COUNT;

    CHECK(outcome_is_counted(&slogout.counts, is_settled));
    CHECK(outcome_is_counted(&set.counts, is_settled && seen.in_drain));
}

/* What else an event changes, if the host does nothing in send_line. */
static void check_rest(void)
{
    check_outcome();
    CHECK(seen.offered || !must_send());
    CHECK(session->bye_text == (seen.canceled ? NULL : seen.text));
    CHECK(session->close_by == (seen.canceled ? SLOGOUT_NEVER : seen.close_by));
    CHECK(session->asked_ms == (seen.taken && session->state == SLOGOUT_STATE_ASKED ? slogout.clock.now : seen.asked_ms));
    CHECK(slogout.tags.last == (!seen.taken ? seen.last_tag : seen.last_tag < UINT32_MAX ? seen.last_tag + 1 : 1));
    CHECK(!seen.taken || session->tag_number == slogout.tags.last);
    CHECK(!seen.taken || session->state != SLOGOUT_STATE_ASKED || session->timer.deadline ==
          slo_min(slo_add(slogout.clock.now, slogout.settings.answer_timeout_ms), SLOGOUT_NEVER - 1));
    CHECK(seen.told_set == session->set && (!session->set || seen.told_state == session->state));
}

/* A LEAVING session that is forced ends. */
static void check_not_leaving(void)
{
    CHECK(seen.state != SLOGOUT_STATE_LEAVING || released || session->state == SLOGOUT_STATE_ENDED);
}

static void join_it(void)
{
    const uint64_t group = nondet_uint64();
    int error;
    const int is_wrong = seen.in_drain || seen.state == SLOGOUT_STATE_WAITING || seen.state >= SLOGOUT_STATE_LEAVING;

    slo_enter(&slogout);
    error = slo_session_join(session, &set, group);
    slo_leave(&slogout);
    CHECK(error == (is_wrong ? SLOGOUT_ERR_STATE : 0));
    CHECK(error || (session->set == &set && session->group == group));
}

static void request_it(void)
{
    const int is_late = seen.state >= SLOGOUT_STATE_LEAVING;
    int error;

    seen.given = nondet_int() ? "Goodbye" : NULL;
    if (seen.state <= SLOGOUT_STATE_WAITING && (!seen.given || seen.is_text))
        seen.text = seen.given;
    error = slogout_session_request(session, seen.given, now_of_host);
    CHECK(error == (seen.given && !seen.is_text ? SLOGOUT_ERR_TEXT : is_late ? SLOGOUT_ERR_STATE : 0));
    seen.refused = error != 0;
    CHECK(entered == (!error && seen.state <= SLOGOUT_STATE_WAITING));
}

static void depart_it(void)
{
    seen.given = departure.bye_text;
    seen.refused = slogout_session_leave(session, &departure, now_of_host) != 0;
    CHECK(seen.given && !seen.is_text ? seen.refused : 1);
    CHECK(entered == (!seen.refused && seen.state != SLOGOUT_STATE_ENDED));
    if (seen.refused || seen.state != SLOGOUT_STATE_OPEN)
        return;
    seen.text = departure.bye_text;
    seen.close_by = departure.deadline_ms ? session->close_by : SLOGOUT_NEVER;
}

static void cancel_it(void)
{
    const int error = slogout_session_cancel(session);

    CHECK(error == (seen.state >= SLOGOUT_STATE_ASKED ? SLOGOUT_ERR_STATE : 0));
    CHECK(error || session->state == SLOGOUT_STATE_OPEN);
    if (error)
        return;
    seen.busy = FREE_TO_SEND;
    seen.canceled = seen.state != SLOGOUT_STATE_OPEN;
}

static void happen(unsigned event)
{
    switch (event) {
    case JOIN:
        join_it();
        break;
    case REQUEST:
        request_it();
        break;
    case RESUME:
        CHECK(slogout_session_resume(session, now_of_host) == 0);
        break;
    case CANCEL:
        cancel_it();
        break;
    case DEPART:
        depart_it();
        if (!seen.refused)
            check_not_leaving();
        break;
    case TIMER:
        slo_enter(&slogout);
        slo_timer_stop(running, &session->timer);
        slo_session_expired(&session->timer);
        slo_leave(&slogout);
        break;
    case BYE:
        feed_response(SLOGOUT_STATUS_BYE, nondet_int() != 0);
        break;
    case OK:
        feed_response(SLOGOUT_STATUS_OK, 0);
        break;
    case REFUSAL:
        if (nondet_int())
            feed_response(SLOGOUT_STATUS_NO, 0);
        else
            feed_response(SLOGOUT_STATUS_BAD, 0);
        break;
    case OTHER_LINE:
        feed_response(SLOGOUT_STATUS_OK, 1);
        slogout_session_feed_line(session, "", 0, now_of_host);
        break;
    case FORCE:
        CHECK(slogout_session_force(session, now_of_host) == 0);
        CHECK(entered == (seen.state != SLOGOUT_STATE_ENDED));
        check_not_leaving();
        break;
    case ABANDON:
        if (nondet_int())
            abandon_it(SLOGOUT_OUTCOME_CLIENT_LOGOUT);
        else
            abandon_it(SLOGOUT_OUTCOME_HOST_CLOSED);
        break;
    case FREE:
        free_it();
        break;
    case QUIT:
        slo_enter(&slogout);
        slo_session_quit(session);
        slo_leave(&slogout);
        break;
    }
}

/* What an event begins with. */
static void begin_event(unsigned event, unsigned state, int in_drain, int last_half, uint32_t tag_number, enum deed deed)
{
    seen.event = event;
    seen.state = state;
    seen.in_drain = in_drain;
    seen.last_half = last_half;
    seen.deed = deed;
    seen.offered = seen.offered_first = seen.refused = seen.taken = seen.canceled = seen.closed = entered = 0;
    any_session(state, in_drain, last_half, tag_number);
    seen.outcome = outcome_of(event, state);
    seen.text = session->bye_text;
    seen.close_by = session->close_by;
    seen.asked_ms = session->asked_ms;
    seen.answer = NULL;
    seen.last_tag = slogout.tags.last;
    seen.told_set = session->set;
    seen.told_state = state;
}

static void check_event(unsigned event, unsigned state, int in_drain, int last_half, uint32_t tag_number, enum deed deed)
{
    begin_event(event, state, in_drain, last_half, tag_number, deed);
    happen(event);
    CHECK(slogout.depth == 0);
    if (seen.deed == NOTHING)
        check_rest();
    if (released) {
        CHECK(!session->set && list_is_right() && !running);
        CHECK(counted(&slogout.counts, others, NOWHERE));
        CHECK(counted(&set.counts, others_in_drain, NOWHERE));
    } else {
        CHECK(invariant());
        CHECK(session->state != SLOGOUT_STATE_LEAVING || session->outcome == seen.outcome);
    }
    END_CASE();
}

static int may_be(unsigned state, int in_drain, int last_half, uint32_t tag_number)
{
    if (last_half && state != SLOGOUT_STATE_LEAVING) /* in ENDED, last_half makes no difference */
        return 0;
    if (tag_number ? state < SLOGOUT_STATE_ASKED : state == SLOGOUT_STATE_ASKED)
        return 0;
    return !in_drain || state != SLOGOUT_STATE_OPEN;
}

static int may_happen(unsigned event, unsigned state, int in_drain)
{
    switch (event) {
    case TIMER:
        if (state == SLOGOUT_STATE_WAITING)
            return !in_drain;
        return state >= SLOGOUT_STATE_PENDING && state <= SLOGOUT_STATE_LEAVING;
    case QUIT:
        return state != SLOGOUT_STATE_WAITING;
    default:
        return 1;
    }
}

/* Returns the number of actions of the host to try. Every line is sent in the same way as in REQUEST or in FORCE, so
 * the actions inside send_line() are tried only with these two events. */
static unsigned deeds_of(unsigned event, unsigned state)
{
    if (!may_send(event, state))
        return 1;
    return event == REQUEST ? DEEDS : event == FORCE ? CANCELS : 1;
}

/* proves: a new session satisfies the invariant; no session is created if an argument or a callback is missing, the
 *     callbacks are refused, or memory is exhausted
 * with: --unwind 12 --slice-formula --object-bits 12
 * claims: slo_session_init slogout_session_new
 * mutant: lib/session.c: slo_link_init(&session->timer.link); => session->state = 1; */
void new_session(void)
{
    struct slogout_callbacks missing = callbacks;
    struct slogout_session *out = NULL;
    int error;

    any_world();
    copy_error = is_exhausted = 0;
    any_counts(&set.counts, others_in_drain, NOWHERE);
    any_counts(&slogout.counts, others, NOWHERE);
    running = NULL;
    seen.logout = seen.bye = seen.over = 0;
    seen.busy = FREE_TO_SEND;
    if (nondet_int())
        missing.send_line = NULL;
    else
        missing.close_connection = NULL;
    error = slogout_session_new(&out, &slogout, &missing, &slogout);
    CHECK(!out && error == (copy_error ? copy_error : SLOGOUT_ERR_ARGUMENT));
    CHECK(slogout_session_new(NULL, &slogout, &callbacks, &slogout) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_new(&out, NULL, &callbacks, &slogout) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_new(&out, &slogout, NULL, &slogout) == SLOGOUT_ERR_ARGUMENT && !out);
    error = slogout_session_new(&out, &slogout, &callbacks, &slogout);
    CHECK(error == (copy_error ? copy_error : is_exhausted ? SLOGOUT_ERR_NOMEM : 0) && (error == 0) == (out != NULL));
    if (error)
        return;
    CHECK(out == session && session->conn == &slogout && session->asked_ms == SLOGOUT_NEVER);
    CHECK(session->send_line == send_line && session->close_connection == close_connection);
    CHECK(invariant());
}

/* proves: a call without a session, a departure or a reason is refused and has no effect
 * with: --unwind 12 --slice-formula
 * claims: slogout_session_request slogout_session_leave slogout_session_resume slogout_session_cancel slogout_session_force
 * claims: slogout_session_abandon slogout_session_free slogout_session_state slogout_session_set_enabled
 * mutant: lib/session.c: return session ? handle_at(session, now_ms, FORCE, &event) : SLOGOUT_ERR_ARGUMENT; => return handle_at(session, now_ms, FORCE, &event); */
void missing(void)
{
    const int enabled = nondet_int();

    any_world();
    released = 1; /* so that no call may begin */
    CHECK(slogout_session_request(NULL, NULL, now_of_host) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_leave(NULL, &departure, now_of_host) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_leave(session, NULL, now_of_host) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_resume(NULL, now_of_host) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_cancel(NULL) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_force(NULL, now_of_host) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_abandon(NULL, SLOGOUT_OUTCOME_PEER_CLOSED) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_abandon(session, SLOGOUT_OUTCOME_SEND_FAILED) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_abandon(session, SLOGOUT_OUTCOME_COUNT) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_session_state(NULL) == SLOGOUT_STATE_ENDED);
    CHECK(slogout_session_state(session) == session->state);
    session->state = nondet_int() ? SLOGOUT_STATE_ASKED : SLOGOUT_STATE_ENDED;
    CHECK(slogout_session_resume(session, now_of_host) == 0);
    slogout_session_free(NULL);
    slogout_session_set_enabled(NULL, enabled);
    slogout_session_set_enabled(session, enabled);
    CHECK(session->enabled == (enabled != 0));
}

/* proves: a response is a BYE, an OK or a refusal exactly if LOGOUT was sent and it is a BYE or has our tag, for all
 *     responses
 * with: --unwind 12 --slice-formula
 * claims: kind_of_line
 * mutant: lib/session.c: return response->status == SLOGOUT_STATUS_OK ? OK : REFUSAL; => return OK; */
void lines(void)
{
    const struct slogout_response response = {.status = (enum slogout_status)nondet_octet(), .tag = octets,
                                              .tag_len = nondet_size()};
    enum event_kind kind = OTHER_LINE;

    any_world();
    session->slogout = &slogout;
    tags_differ = nondet_int() != 0;
    ASSUME(response.status >= SLOGOUT_STATUS_OK && response.status <= SLOGOUT_STATUS_BYE);
    ASSUME(response.tag_len <= sizeof octets);
    if (session->tag_number && response.status == SLOGOUT_STATUS_BYE)
        kind = BYE;
    else if (session->tag_number && response.tag_len == LONGEST_TAG && !tags_differ)
        kind = response.status == SLOGOUT_STATUS_OK ? OK : REFUSAL;
    CHECK(kind_of_line(session, &response) == kind && kind_of_line(session, NULL) == OTHER_LINE);
}

/* proves: for each event in each state of the invariant, with any result of send_line, and any action of the host in
 *     send_line (join or free a drain, abandon, free, cancel, cancel followed by one of these, a call that must be
 *     refused) and in close_connection (free): the invariant holds again and memory is safe; close_connection is called
 *     at most once, last, and with the right outcome; LOGOUT is sent at most once; a LEAVING session that is forced
 *     ends; no line is offered after BUSY before its moment, or after a BYE or the end; a response is an answer only if
 *     it is a BYE or has our tag, and only in ASKED
 * with: --unwind 33 --slice-formula --object-bits 12 --external-sat-solver cadical
 * each: EVENT 14
 * claims EVENT=12: slogout_session_free slo_session_free
 * claims EVENT=0: slo_session_join enter_waiting table[JOIN] dispatch
 * claims EVENT=4: slogout_session_cancel slo_session_cancel reopen slo_session_quit move_count set_state stop_timer table[CANCEL]
 * claims EVENT=6: note_bye slo_session_feed_response table[BYE]
 * claims EVENT=7: answered read_result finish settle table[OK]
 * claims EVENT=9: consume table[OTHER_LINE] dispatch
 * claims EVENT=11: slogout_session_abandon slo_session_abandon end_unasked end_as_named end_as_settled settle set_state stop_timer move_count table[ABANDON]
 * claims EVENT=8: refused set_state stop_timer table[REFUSAL]
 * claims EVENT=5: slo_session_expired outcome_of_timer timers_of send_last_bye send_logout send_bye finish table[TIMER]
 * claims EVENT=3: slogout_session_resume handle_at table[RESUME]
 * claims EVENT=1: slogout_session_leave table[DEPART]
 * claims EVENT=10: slogout_session_force close_now settle table[FORCE]
 * claims EVENT=2: slogout_session_request handle_at begin send_logout send_bye settle finish table[REQUEST]
 * mutant EVENT=1: lib/session.c: SLOGOUT_STATE_LEAVING ? insist(session, event) : 0; => SLOGOUT_STATE_LEAVING ? 0 : 0;
 * mutant EVENT=2: lib/session.c: char line[SLOGOUT_TAG_SIZE + sizeof command]; => char line[SLOGOUT_TAG_SIZE];
 * mutant EVENT=2: lib/session.c: return finish(session, result == 0 ? outcome : if_broken, event); => return send_logout(session, event);
 * mutant EVENT=5: lib/session.c: return finish(session, (enum slogout_outcome)session->outcome, event); => return send_last_bye(session, event);
 * mutant EVENT=5: lib/session.c: ? SLOGOUT_OUTCOME_NEVER_READY => ? SLOGOUT_OUTCOME_EXPIRED
 * mutant EVENT=5: lib/session.c: session->last_half ? SLOGOUT_BETWEEN_LINES : SLOGOUT_AT_REST => session->last_half ? SLOGOUT_AT_REST : SLOGOUT_BETWEEN_LINES
 * mutant EVENT=2: lib/session.c: after(session, session->slogout->settings.answer_timeout_ms)); => after(session, session->slogout->settings.leave_timeout_ms));
 * mutant EVENT=2: lib/session.c: if ((session->enabled || => if ((1 ||
 * mutant EVENT=8: lib/session.c: session->answer = (uint8_t)event->answer->status; => session->answer = 0;
 * mutant EVENT=7: lib/session.c: session->close_connection(session, &result, session->conn); => session->close_connection(session, &result, session->conn), session->close_connection(session, &result, session->conn);
 * mutant EVENT=7: lib/session.c: result->answer_status = (enum slogout_status)session->answer; => result->answer_status = SLOGOUT_STATUS_NONE; */
void one_event(void)
{
    const size_t which = nondet_size();
    size_t number = 0;
    unsigned state, deed;
    uint32_t tag;
    int in_drain, last_half;

    any_world();
    for (state = 0; state <= SLOGOUT_STATE_ENDED; state++)
        for (in_drain = 0; in_drain < 2; in_drain++)
            for (last_half = 0; last_half < 2; last_half++)
                for (tag = 0; tag < 2 && may_happen(EVENT, state, in_drain); tag++)
                    for (deed = 0; may_be(state, in_drain, last_half, tag) && deed < deeds_of(EVENT, state); deed++)
                        if (which == number++)
                            check_event(EVENT, state, in_drain, last_half, tag, (enum deed)deed);
}

#pragma CPROVER check pop

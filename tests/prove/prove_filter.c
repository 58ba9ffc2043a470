/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter by induction. An event is a piece of either side, an end of file, or an event of the session or of the
 * timer. From any state that satisfies the invariant, each event, with any results of the host's callbacks and any
 * action of the host inside them, leads to a state that satisfies the invariant, and
 *
 *   (a) each octet of either side is passed once and in order, or is held back, or is removed as filter.h says;
 *   (b) a text is added only where filter.h allows it, and wherever filter.h promises it;
 *   (c) after octets of the client were dropped, no octet of the client passes;
 *   (d) once the filter is blind, it stays blind, adds nothing, and removes only the rest of an answer that has begun, or
 *       what follows the client's OK.
 *
 * Each octet of a side has a number, which the harness derives from the address of the octet when it is passed or
 * copied. The scanners, the matcher of answers and the session do anything that their contracts allow.
 * prove_imap_client.c, prove_imap_server.c, prove_filter_client.c and prove_filter_server.c prove the contracts of the
 * scanners, prove_session.c that of the session, and prove_answer.c that of the matcher.
 *
 * The proofs do not show that the loops end, that the scanners find the same lines as both sides, or that a tag of more
 * than 95 octets has a hash that no other tag has. */
#include "prove.h"
#include "answer_contract.h"
#include "imap_client.h"
#include "imap_server.h"
#include "login.h"
#include "saturate.h"
#include "session.h"
#include "call_stubs.h"
#include <slogout/filter.h>

/* what differs between the runs of a proof */
#ifndef EVENT
#define EVENT 0
#endif
#ifndef SIDE
#define SIDE 0
#endif

/* ---- what replaces parts of filter.c ---- */

/* Notes the numbers of the octets that are copied. */
static void *copy(const char *to, const char *from, size_t len);

/* Sets a whole object at once. CBMC's own function would set each octet. */
#define memset(to, octet, len) ((void)(len), *(to) = (__typeof__(*(to))){octet})
#define memcpy                 copy

/* Each loop is proved by induction. begin_round(0) replaces the state at the beginning of the loop by any state that
 * satisfies the invariant of the loop, and begin_round(1) checks that the state satisfies it again. `window` and `used`
 * are variables of the function that contains the loop, if it has such variables. */
static int begin_round(unsigned round, void *window, void *used, const char *bytes, size_t len);
static int window, used;
#define while(condition)                                                                                               \
    for (unsigned round = 0; (condition) && begin_round(round, &window, &used, bytes, len); round++)

#include "filter.c"

#undef while
#undef memset
#undef memcpy

/* CBMC checks the accesses to memory of the library. It checks the harness only where the harness says CHECK. */
#pragma CPROVER check push
#pragma CPROVER check disable "pointer"
#pragma CPROVER check disable "bounds"
#pragma CPROVER check disable "conversion"
#pragma CPROVER check disable "pointer-overflow"
#pragma CPROVER check disable "signed-overflow"

/* ---- the world: one filter between two streams ---- */

static struct slogout slogout;
static struct slogout_filter filter;
static const char piece[(size_t)1 << 48]; /* a call feeds octets from its beginning */

static const char logout_line[] = "SLP.1 LOGOUT\r\n", bye_line[] = "* BYE\r\n";

/* One side. The octets of a piece have numbers from 0. The octets before it, which were held back, have negative
 * numbers. */
struct side {
    int64_t end;     /* of the piece, which is empty if the other side sends */
    int64_t next;    /* the first octet that is neither passed nor removed */
    int64_t scanned; /* of the server: the first octet that the scanner has not consumed */
    int64_t first;   /* the first octet that the filter stores */
    int64_t stored;  /* the number of octets from there on that it stores */
};

static struct side of_client, of_server;

static struct {
    int over;      /* a callback failed, the connection was closed, or the filter was freed */
    int closed;    /* close_connection was called */
    int last;      /* a `* BYE` or the server's LOGOUT has passed */
    int said_ok;   /* the client has answered OK */
    int lost;      /* octets of the client were dropped */
    int named;     /* the server has sent ENABLED with our capability before the OK to the next ENABLE */
    int timer;     /* the timer runs */
    int ended;     /* the end of file of the server was fed, so the filter holds none of its octets */
    /* of this call */
    enum slogout_blindness blind; /* at the beginning of the call */
    uint64_t blind_count;
    /* of this event of the server */
    int happened;  /* the event has not been checked */
    int64_t due;   /* the number of octets to be removed, which were scanned last */
    int added;     /* our capability, or ENABLED, was added */
    int completed; /* the response ended a command, as the scanner of the client reported */
    enum slo_client_command command;
    int enabled;   /* whether the client was enabled before the event */
} seen;

/* Returns the number of the octet at this address. */
static int64_t number_of(const char *at)
{
    return at - piece;
}

/* ---- the scanners ---- */

/* Instead of the state of the client's scanner, the harness keeps the results of three functions. */
enum { AT_LINE = 1, AT_REST = 2, WAITS = 4 };

int slo_imap_client_at_line(const struct slo_imap_client *scan)
{
    return (scan->state & AT_LINE) != 0;
}

int slo_imap_client_at_command(const struct slo_imap_client *scan)
{
    (void)scan;
    return nondet_int();
}

int slo_imap_client_at_rest(const struct slo_imap_client *scan)
{
    return (scan->state & AT_REST) != 0;
}

int slo_imap_client_waits(const struct slo_imap_client *scan)
{
    return (scan->state & WAITS) != 0;
}

int slo_imap_server_between_lines(const struct slo_imap_server *scan)
{
    return scan->state == 0 && scan->greeted;
}

static int client_is_lost(void)
{
    return filter.client.event == SLO_CLIENT_LIMIT || filter.client.event >= SLO_CLIENT_NOT_UNDERSTOOD;
}

static void any_client(void)
{
    filter.client.state = nondet_octet();
    filter.client.in_exchange = nondet_octet() & 1;
    filter.client.tag.hash = nondet_uint64();
}

static int client_inits;

void slo_imap_client_init(struct slo_imap_client *scan)
{
    CHECK(scan == &filter.client);
    client_inits++;
    any_client();
    scan->event = SLO_CLIENT_NOTHING;
}

static int is_held_line(const char *bytes)
{
    return __CPROVER_same_object(bytes, &filter);
}

/* No line begins while the session is LEAVING, except in an exchange. */
size_t slo_imap_client_feed(struct slo_imap_client *scan, const char *bytes, size_t len, int stop)
{
    const size_t n = nondet_size();
    int is_end;

    CHECK(len > 0 && !filter.blind && !client_is_lost());
    CHECK(!slo_imap_client_at_line(scan) || filter.session.state != SLOGOUT_STATE_LEAVING || scan->in_exchange);
    CHECK(stop || filter.session.state != SLOGOUT_STATE_LEAVING);
    ASSUME(n > 0 && n <= len);
    /* Whether the octets end in LF. Octets that may become an answer have no LF. */
    is_end = nondet_int() && !is_held_line(bytes);
    any_client();
    scan->event = (enum slo_client_event)nondet_octet();
    ASSUME(scan->event <= SLO_CLIENT_OUT_OF_STEP);
    ASSUME(scan->event != SLO_CLIENT_NOTHING || n == len);
    ASSUME(scan->event == SLO_CLIENT_NOTHING || scan->event == SLO_CLIENT_NOT_UNDERSTOOD || is_end);
    ASSUME(scan->event != SLO_CLIENT_LINE_END || stop);
    ASSUME(!slo_imap_client_at_line(scan) || is_end);
    return n;
}

int slo_imap_client_continue(struct slo_imap_client *scan)
{
    CHECK(scan == &filter.client && !client_is_lost());
    any_client();
    return nondet_int();
}

int slo_imap_client_complete(struct slo_imap_client *scan, uint64_t tag, int is_ok, enum slo_client_command *command)
{
    (void)tag;
    CHECK(is_ok == filter.server.ok);
    CHECK(scan == &filter.client && !client_is_lost());
    any_client();
    *command = (enum slo_client_command)nondet_octet();
    ASSUME(*command <= SLO_COMMAND_UNREADABLE);
    seen.command = *command;
    seen.completed = nondet_int() != 0;
    return seen.completed;
}

static int drops_undecided(enum slo_server_event event)
{
    return event == SLO_SERVER_LOGOUT || event == SLO_SERVER_COMPRESSION;
}

static int server_is_valid(void)
{
    const struct slo_imap_server *const scan = &filter.server;

    if (scan->event > SLO_SERVER_NOT_UNDERSTOOD || scan->undecided > SLO_UNDECIDED_MAX)
        return 0;
    if (scan->state == 0 && scan->undecided > 0 && scan->event != SLO_SERVER_LOGOUT)
        return 0;
    switch (scan->event) {
    case SLO_SERVER_NOTHING:
    case SLO_SERVER_TAGGED:
    case SLO_SERVER_CAPABILITIES:
        return 1;
    case SLO_SERVER_LOGOUT:
        return scan->undecided > 0 && scan->state == 0;
    case SLO_SERVER_COMPRESSION:
        return scan->undecided > 0;
    default:
        return scan->undecided == 0;
    }
}

static int server_is_asked(void)
{
    return filter.session.tag_number != 0 || filter.session.state == SLOGOUT_STATE_LEAVING;
}

/* Notes what must happen according to filter.h. */
static void note_event(const struct slo_imap_server *scan)
{
    seen.happened = 1;
    seen.added = seen.completed = 0;
    seen.enabled = filter.session.enabled;
    if (scan->event == SLO_SERVER_COMPRESSION || (scan->event == SLO_SERVER_LOGOUT && server_is_asked()))
        seen.due = (int64_t)scan->undecided;
    if (scan->event == SLO_SERVER_BYE || (scan->event == SLO_SERVER_LOGOUT && !server_is_asked()))
        seen.last = 1;
    if (scan->event == SLO_SERVER_ENABLED)
        seen.named = 1;
}

/* All events for which the filter adds and removes nothing are one case. */
static unsigned any_event(void)
{
    static const unsigned cases[] = {SLO_SERVER_TAGGED, SLO_SERVER_LOGOUT, SLO_SERVER_CAPABILITIES, SLO_SERVER_COMPRESSION,
                                     SLO_SERVER_LINE_END};
    unsigned event;

    if (EVENT < 5)
        return cases[EVENT];
    event = nondet_octet();
    ASSUME(event != SLO_SERVER_TAGGED && event != SLO_SERVER_LOGOUT && event != SLO_SERVER_CAPABILITIES &&
           event != SLO_SERVER_COMPRESSION && event != SLO_SERVER_LINE_END);
    return event;
}

size_t slo_imap_server_feed(struct slo_imap_server *scan, const char *bytes, size_t len, int stop)
{
    const size_t n = nondet_size(), before = scan->event == SLO_SERVER_NOTHING ? scan->undecided : 0;

    CHECK(scan == &filter.server && number_of(bytes) == of_server.scanned);
    CHECK((int64_t)len == of_server.end - of_server.scanned);
    CHECK(scan->event != SLO_SERVER_NOT_UNDERSTOOD && !filter.blind && !seen.happened);
    CHECK(stop || !(filter.session.state == SLOGOUT_STATE_PENDING || filter.session.state == SLOGOUT_STATE_LEAVING ||
                    filter.is_closing));
    ASSUME(n <= len);
    scan->event = (enum slo_server_event)any_event();
    scan->undecided = nondet_size();
    scan->state = nondet_octet();
    scan->greeted = nondet_octet() & 1;
    scan->ok = nondet_octet() & 1;
    scan->tag.hash = nondet_uint64();
    ASSUME(server_is_valid());
    ASSUME(scan->event != SLO_SERVER_NOTHING || n == len);
    ASSUME(scan->event != SLO_SERVER_LINE_END || stop);
    ASSUME(scan->undecided <= n || scan->undecided == before + n);
    of_server.scanned += (int64_t)n;
    note_event(scan);
    return n;
}

void slo_imap_server_skip_greeting(struct slo_imap_server *scan)
{
    scan->greeted = 1;
}

void slo_login_begin_line(struct slo_login *login, int is_exchange, int is_certain)
{
    (void)is_exchange, (void)is_certain;
    CHECK(login == &filter.login);
}

void slo_login_feed(struct slo_login *login, const char *bytes, size_t len, uint64_t tag)
{
    (void)bytes, (void)len, (void)tag;
    CHECK(login == &filter.login);
}

void slo_login_answer(struct slo_login *login, const struct slo_in_flight *in_flight, uint64_t tag, int ok)
{
    (void)in_flight, (void)tag, (void)ok;
    login->is_settled = nondet_octet() & 1;
}

/* ---- the matcher of answers ---- */

void slo_answer_init(struct slo_answer *answer)
{
    answer->verdict = SLO_ANSWER_UNDECIDED;
    answer->len = answer->line_len = 0;
}

/* Returns the number of octets of the client that may still become an answer. */
static size_t held_of_client(void)
{
    return filter.answer.verdict == SLO_ANSWER_UNDECIDED ? filter.answer.len : 0;
}

/* An answer begins only where a command may begin, and only after LOGOUT. */
size_t slo_answer_feed(struct slo_answer *answer, const char *tag, const char *bytes, size_t len)
{
    const struct slo_answer before = *answer;
    const size_t n = nondet_size();
    const int64_t at = number_of(bytes);

    CHECK(answer == &filter.answer && len > 0 && (int64_t)len == of_client.end - at && *tag == 'S');
    CHECK(may_be_fed(before.verdict));
    CHECK(before.verdict != SLO_ANSWER_UNDECIDED ||
          (!filter.blind && slo_imap_client_at_line(&filter.client) &&
           (filter.session.state != SLOGOUT_STATE_LEAVING || filter.client.in_exchange)));
    CHECK(of_client.next + (int64_t)held_of_client() == at);
    answer->verdict = (enum slo_answer_verdict)nondet_octet();
    answer->len = nondet_size();
    answer->line_len = nondet_size();
    ASSUME(answer_contract(&before, answer, n, len));
    if (answer->verdict <= SLO_ANSWER_NONE) { /* the octets are kept */
        of_client.stored += (int64_t)n;
        return n;
    }
    of_client.next = of_client.first = at + (int64_t)n; /* the octets are removed */
    of_client.stored = 0;
    return n;
}

int slogout_response_parse(struct slogout_response *out, const char *line, size_t len)
{
    CHECK(line == filter.answer.line && len <= sizeof filter.answer.line);
    out->status = (enum slogout_status)nondet_octet();
    ASSUME(out->status >= SLOGOUT_STATUS_OK && out->status <= SLOGOUT_STATUS_BYE);
    if (filter.answer.verdict == SLO_ANSWER_WHOLE && out->status == SLOGOUT_STATUS_OK)
        seen.said_ok = 1;
    return 1;
}

/* ---- the session ---- */

static void end_session(struct slogout_session *session, enum slogout_outcome outcome)
{
    struct slogout_result result;

    session->state = SLOGOUT_STATE_ENDED;
    result.outcome = outcome;
    session->close_connection(session, &result, session->conn);
}

static enum slogout_when moment; /* the moment at which the last line was offered */
static int is_sent;              /* whether the host was given this line */

static void offer(struct slogout_session *session, int is_bye, enum slogout_when when)
{
    const int is_moment = !filter.blind && !filter.last_line_sent && slo_imap_server_between_lines(&filter.server) &&
                          !slo_imap_client_waits(&filter.client) &&
                          (when == SLOGOUT_BETWEEN_LINES || slo_imap_client_at_rest(&filter.client));
    int result;

    moment = when;
    is_sent = 0;
    result = is_bye ? session->send_line(session, bye_line, sizeof bye_line - 1, when, session->conn)
                    : session->send_line(session, logout_line, sizeof logout_line - 1, when, session->conn);

    CHECK((result == SLOGOUT_BUSY) == !is_moment && is_sent == is_moment);
    if (result == 0 && !is_bye)
        session->tag_number = 1;
    if (result > 0 || session->state == SLOGOUT_STATE_ENDED)
        return;
    if (result == 0 && !is_bye)
        session->state = SLOGOUT_STATE_ASKED;
    else
        end_session(session, SLOGOUT_OUTCOME_FORCED);
}

static void offer_bye(struct slogout_session *session)
{
    offer(session, 1, nondet_int() ? SLOGOUT_BETWEEN_LINES : SLOGOUT_AT_REST);
}

static void leave_session(struct slogout_session *session)
{
    session->state = SLOGOUT_STATE_LEAVING;
    offer_bye(session);
}

void slo_session_resume(struct slogout_session *session)
{
    CHECK(session == &filter.session);
    if (session->state == SLOGOUT_STATE_PENDING)
        offer(session, nondet_int() != 0, SLOGOUT_AT_REST);
    else if (session->state == SLOGOUT_STATE_LEAVING)
        offer_bye(session);
}

int slo_session_force(struct slogout_session *session)
{
    CHECK(session == &filter.session);
    if (session->state != SLOGOUT_STATE_ENDED)
        leave_session(session);
    return 0;
}

void slo_session_abandon(struct slogout_session *session, enum slogout_outcome why)
{
    CHECK(session == &filter.session && why >= SLOGOUT_OUTCOME_CLIENT_LOGOUT && why <= SLOGOUT_OUTCOME_HOST_CLOSED);
    session->state = SLOGOUT_STATE_ENDED;
}

int slo_session_feed_response(struct slogout_session *session, const struct slogout_response *response)
{
    CHECK(session == &filter.session);
    if (session->state != SLOGOUT_STATE_ASKED || response->status == SLOGOUT_STATUS_BYE || nondet_int())
        return nondet_int();
    if (response->status == SLOGOUT_STATUS_OK)
        end_session(session, SLOGOUT_OUTCOME_ANSWERED);
    else
        leave_session(session);
    return SLOGOUT_CONSUMED;
}

size_t slo_session_tag(const struct slogout_session *session, char tag[SLOGOUT_TAG_SIZE])
{
    CHECK(session == &filter.session && session->tag_number != 0);
    *tag = 'S';
    return 1;
}

void slo_session_free(struct slogout_session *session)
{
    CHECK(session == &filter.session && !session->freed);
    session->state = SLOGOUT_STATE_ENDED;
    session->freed = 1;
    slo_release_later(&slogout, &session->timer.link);
}

void slo_session_init(struct slogout_session *session, struct slogout *of, const struct slogout_callbacks *callbacks,
                      void *conn)
{
    session->slogout = of;
    session->send_line = callbacks->send_line;
    session->close_connection = callbacks->close_connection;
    session->conn = conn;
}

void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t deadline)
{
    (void)deadline;
    CHECK(timers == &slogout.closing && timer == &filter.timer && !seen.timer);
    seen.timer = 1;
}

void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer)
{
    CHECK(timers == &slogout.closing && timer == &filter.timer);
    seen.timer = 0;
}

/* ---- the calls ---- */

int slo_may_call_back(const struct slogout *of, uint64_t now)
{
    if (of->depth)
        return SLOGOUT_ERR_REENTRANT;
    return now == SLOGOUT_NEVER ? SLOGOUT_ERR_ARGUMENT : 0;
}

static int copy_error, is_exhausted;

int slo_copy_sized(void *to, size_t known, const void *from)
{
    CHECK(known == sizeof(struct slogout_filter_callbacks));
    *(struct slogout_filter_callbacks *)to = *(const struct slogout_filter_callbacks *)from;
    copy_error = nondet_int() ? SLOGOUT_ERR_SIZE : 0;
    return copy_error;
}

void *slo_allocate(struct slogout *of, size_t size)
{
    static const struct slogout_filter zeros;

    CHECK(of == &slogout && size == sizeof filter);
    is_exhausted = nondet_int() != 0;
    if (is_exhausted)
        return NULL;
    filter = zeros;
    return &filter;
}

/* Copies octets to the held octets of the server. */
static void *copy(const char *to, const char *from, size_t len)
{
    const int64_t first = number_of(from);

    CHECK(to == filter.held + filter.held_len && len <= sizeof filter.held - filter.held_len);
    CHECK((int64_t)len <= of_server.end - first);
    if (filter.held_len == 0)
        of_server.first = first, of_server.stored = 0;
    CHECK(first == of_server.first + of_server.stored && of_server.stored == (int64_t)filter.held_len);
    of_server.stored += (int64_t)len;
    return (void *)to;
}

/* ---- the host ---- */

/* A callback of the host may free the filter, abandon the session or cancel its request. */
static void act(struct slogout_filter *of)
{
    const int deed = nondet_int();

    CHECK(of == &filter && !filter.session.freed);
    if (deed == 1) {
        slogout_filter_free(of);
        seen.over = 1;
    }
    if (deed == 2)
        filter.session.state = SLOGOUT_STATE_ENDED;
    if (deed == 3 && (filter.session.state == SLOGOUT_STATE_WAITING || filter.session.state == SLOGOUT_STATE_PENDING))
        filter.session.state = SLOGOUT_STATE_OPEN;
}

static int any_result(void)
{
    if (nondet_int())
        return 0;
    seen.over = 1;
    return -1;
}

/* Checks (a). */
static void pass(struct side *side, const char *bytes, size_t len, const char *store)
{
    CHECK((bytes == store ? side->first : number_of(bytes)) == side->next);
    CHECK((int64_t)len <= (bytes == store ? side->stored : side->end - side->next));
    side->next += (int64_t)len;
}

/* Octets that must be removed are neither passed nor stored. */
static void remove_due(void)
{
    if (!seen.due)
        return;
    CHECK(of_server.next == of_server.scanned - seen.due);
    of_server.next = of_server.scanned;
    seen.due = 0;
}

static int is_text(const char *bytes, size_t len, const char *text)
{
    size_t i;

    for (i = 0; text[i]; i++)
        if (i >= len || bytes[i] != text[i])
            return 0;
    return i == len;
}

/* Checks (b) for a text that is added before the undecided octets. */
static void add_word(const char *bytes, size_t len)
{
    const struct slo_imap_server *const scan = &filter.server;

    CHECK(!seen.added && of_server.next == of_server.scanned - (int64_t)scan->undecided);
    seen.added = 1;
    if (scan->event == SLO_SERVER_CAPABILITIES) {
        CHECK(is_text(bytes, len, " X-SERVER-LOGOUT"));
        return;
    }
    CHECK(scan->event == SLO_SERVER_TAGGED && scan->ok && seen.completed && seen.command == SLO_COMMAND_ENABLE);
    CHECK(!seen.named && is_text(bytes, len, "* ENABLED X-SERVER-LOGOUT\r\n"));
}

/* Checks (b) for a line that is added between lines. */
static void add_line(int is_bye, size_t len)
{
    is_sent = len == (is_bye ? sizeof bye_line : sizeof logout_line) - 1;
    remove_due();
    CHECK(slo_imap_server_between_lines(&filter.server) && of_server.next == of_server.scanned);
    CHECK(!seen.last && !slo_imap_client_waits(&filter.client));
    CHECK(moment == SLOGOUT_BETWEEN_LINES || slo_imap_client_at_rest(&filter.client));
    CHECK(is_bye || (moment == SLOGOUT_AT_REST && !filter.is_asked));
    if (is_bye)
        seen.last = 1;
}

static int to_client(struct slogout_filter *of, const char *bytes, size_t len, void *conn)
{
    CHECK(of == &filter && conn == filter.session.conn && len > 0);
    CHECK(!seen.over);
    if (__CPROVER_same_object(bytes, &filter) || __CPROVER_same_object(bytes, piece)) {
        pass(&of_server, bytes, len, filter.held);
        CHECK(!seen.due || of_server.next <= of_server.scanned - seen.due);
    } else {
        CHECK(!filter.blind); /* (d) */
        if (bytes == bye_line || bytes == logout_line)
            add_line(bytes == bye_line, len);
        else
            add_word(bytes, len);
    }
    act(of);
    return any_result();
}

static int to_server(struct slogout_filter *of, const char *bytes, size_t len, void *conn)
{
    CHECK(of == &filter && conn == filter.session.conn && len > 0);
    CHECK(!seen.over);
    CHECK(!seen.lost && !seen.said_ok); /* (c) */
    pass(&of_client, bytes, len, filter.answer.line);
    act(of);
    return any_result();
}

static void close_connection(struct slogout_filter *of, const struct slogout_result *result, void *conn)
{
    (void)result;
    CHECK(of == &filter && conn == filter.session.conn && !filter.session.freed && !seen.closed && !seen.timer);
    CHECK(filter.session.state == SLOGOUT_STATE_ENDED);
    seen.closed = seen.over = 1;
    if (nondet_int())
        slogout_filter_free(of);
}

/* ---- the invariant ---- */

static int answer_is_valid(void)
{
    const struct slo_answer *const answer = &filter.answer;

    if (!filter.is_asked && (answer->verdict != SLO_ANSWER_UNDECIDED || answer->len > 0))
        return 0;
    switch (answer->verdict) {
    case SLO_ANSWER_UNDECIDED:
        return answer->len <= SLO_ANSWER_HELD_MAX;
    case SLO_ANSWER_WHOLE:
        return seen.said_ok && answer->len <= sizeof answer->line;
    case SLO_ANSWER_BEGUN:
    case SLO_ANSWER_TOO_LONG:
    case SLO_ANSWER_SKIPPED:
        return !seen.said_ok;
    default:
        return 0;
    }
}

static int session_is_valid(void)
{
    const struct slogout_session *const session = &filter.session;

    if (session->freed || session->state > SLOGOUT_STATE_ENDED)
        return 0;
    if (filter.is_asked != (session->tag_number != 0))
        return 0;
    if (session->state == SLOGOUT_STATE_ASKED ? !filter.is_asked
                                              : session->state < SLOGOUT_STATE_ASKED && filter.is_asked)
        return 0;
    if ((seen.over || filter.is_closing) && session->state != SLOGOUT_STATE_ENDED)
        return 0;
    return filter.is_closing == seen.timer && (!filter.is_closing || (seen.said_ok && !seen.over));
}

/* Returns 1 if the filter is valid, apart from the number of held octets of the server. */
static int is_valid(void)
{
    if (!session_is_valid() || !answer_is_valid() || filter.blind >= SLOGOUT_BLINDNESS_COUNT)
        return 0;
    if (filter.is_stopped != seen.over || (seen.closed && !seen.over))
        return 0;
    if (seen.last && !filter.last_line_sent)
        return 0;
    if (filter.is_deaf != (seen.lost || seen.said_ok))
        return 0;
    if (filter.blind)
        return 1;
    if (client_is_lost() || filter.server.event == SLO_SERVER_NOT_UNDERSTOOD)
        return 0;
    return seen.over || (server_is_valid() && filter.sent_enabled == seen.named);
}

static int invariant(void)
{
    if (!is_valid() || filter.held_len > SLO_UNDECIDED_MAX)
        return 0;
    if (filter.blind || seen.over)
        return 1;
    if (seen.ended && filter.held_len == 0)
        return 1;
    return filter.held_len == (drops_undecided(filter.server.event) ? 0 : filter.server.undecided);
}

/* Returns 1 if (d) holds for this call. */
static int blind_is_right(void)
{
    if (seen.blind)
        return filter.blind == seen.blind && slogout.counts.blind == seen.blind_count;
    return slogout.counts.blind == seen.blind_count + (filter.blind != SLOGOUT_BLINDNESS_NONE);
}

/* Returns 1 if the filter stores len octets, and they are the octets of the side from `next` on. */
static int stores(const struct side *side, size_t len)
{
    return len == 0 || (side->first == side->next && side->stored == (int64_t)len);
}

/* Checks (b) after an event of the server: the capability and ENABLED were added exactly if they had to be. */
static int additions_are_right(void)
{
    const struct slo_imap_server *const scan = &filter.server;
    const int is_enable = scan->event == SLO_SERVER_TAGGED && seen.completed && seen.command == SLO_COMMAND_ENABLE;
    const int is_due = scan->event == SLO_SERVER_CAPABILITIES || (is_enable && scan->ok && !seen.named);

    if (is_enable)
        seen.named = 0;
    return seen.added == is_due;
}

/* The OK to ENABLE marks a client as enabled, and the OK to UNAUTHENTICATE removes the mark. */
static int mark_is_right(void)
{
    const int is_ok = filter.server.event == SLO_SERVER_TAGGED && filter.server.ok && seen.completed;

    if (is_ok && seen.command == SLO_COMMAND_ENABLE)
        return filter.session.enabled == 1;
    if (is_ok && seen.command == SLO_COMMAND_UNAUTHENTICATE)
        return filter.session.enabled == 0;
    return filter.session.enabled == seen.enabled;
}

static void end_event(void)
{
    remove_due();
    if (!seen.happened)
        return;
    CHECK(additions_are_right());
    CHECK(mark_is_right());
    seen.happened = 0;
}

/* ---- the loops ---- */

static void any_filter(void);

/* The invariant of the loop in from_server(), which holds between two events. */
static int between_events(const struct window *at)
{
    const int64_t passed = number_of(at->unpassed), shown = number_of(at->unseen);
    const int64_t held = (int64_t)filter.held_len, undecided = (int64_t)filter.server.undecided;

    if (!is_valid() || passed < 0 || passed > shown || shown > of_server.end || of_server.scanned != shown)
        return 0;
    if (filter.held_len > SLO_UNDECIDED_MAX || of_server.next != passed - held)
        return 0;
    if (held > 0 && (passed > 0 || !stores(&of_server, filter.held_len)))
        return 0;
    if (drops_undecided(filter.server.event))
        return held == 0 && passed == shown;
    return undecided <= shown - passed || undecided == held + shown - passed;
}

static int begin_server_round(unsigned round, struct window *at)
{
    const struct slo_answer answer = filter.answer;
    const int lost = seen.lost, said_ok = seen.said_ok;
    int64_t passed, shown;

    CHECK(!seen.over && !filter.blind && number_of(at->unseen) < of_server.end);
    end_event();
    CHECK(between_events(at) && slogout.counts.blind == seen.blind_count);
    if (round > 0)
        ASSUME(0);
    any_filter();
    filter.answer = answer;
    seen.lost = lost;
    seen.said_ok = said_ok;
    filter.is_deaf = lost || said_ok;
    filter.blind = SLOGOUT_BLINDNESS_NONE;
    seen.over = filter.is_stopped = seen.ended = 0;
    passed = (int64_t)nondet_size();
    shown = (int64_t)nondet_size();
    ASSUME(0 <= passed && passed <= shown && shown < of_server.end);
    at->unpassed = piece + passed;
    at->unseen = piece + shown;
    of_server.next = passed - (int64_t)filter.held_len;
    of_server.scanned = shown;
    ASSUME(between_events(at));
    return 1;
}

/* The loop in scan_and_pass(). At the beginning of a round, any octets have been scanned, and none has passed. */
static int begin_scan_round(unsigned round, size_t *count, size_t len)
{
    const int stops = waits_for_moment(&filter) || filter.is_asked;

    CHECK(*count < len && !filter.blind && !client_is_lost());
    if (round > 0) {
        CHECK(!stops || !slo_imap_client_at_line(&filter.client));
        ASSUME(0);
    }
    if (nondet_int())
        return 1;
    *count = nondet_size();
    ASSUME(*count > 0 && *count < len);
    any_client();
    ASSUME(!stops || !slo_imap_client_at_line(&filter.client));
    filter.client_logout = nondet_octet() & 1;
    filter.client.event = nondet_int() ? SLO_CLIENT_LINE_END : SLO_CLIENT_NOTHING;
    return 1;
}

/* The loop in from_client(). After a round, the consumed octets have been passed, removed or held back, and the other
 * octets are treated as if another call fed them. */
static int begin_client_round(unsigned round, const char *bytes)
{
    if (round == 0)
        return 1;
    CHECK(invariant() && blind_is_right() && !seen.lost);
    CHECK(of_client.next + (int64_t)held_of_client() == number_of(bytes));
    CHECK(stores(&of_client, held_of_client()));
    ASSUME(0);
    return 0;
}

static int begin_round(unsigned round, void *of_window, void *of_used, const char *bytes, size_t len)
{
    if (of_window != &window)
        return begin_server_round(round, of_window);
    if (of_used != &used)
        return begin_scan_round(round, of_used, len);
    return begin_client_round(round, bytes);
}

/* ---- the proofs ---- */

struct slogout nondet_slogout(void);
struct slogout_filter nondet_filter(void);

static const struct slogout_filter_callbacks callbacks = {sizeof callbacks, to_client, to_server, close_connection};

/* Makes any filter that is not freed. */
static void any_filter(void)
{
    filter = nondet_filter();
    slo_session_init(&filter.session, &slogout, &own_callbacks, &slogout);
    filter.session.freed = 0;
    filter.host = callbacks;
    seen.over = filter.is_stopped;
    seen.closed = seen.over && nondet_int();
    seen.last = filter.last_line_sent && nondet_int();
    seen.said_ok = nondet_int() != 0;
    seen.lost = nondet_int() != 0;
    seen.named = filter.sent_enabled;
    seen.timer = filter.is_closing;
    seen.ended = nondet_int() != 0;
}

static void begin_side(struct side *side, size_t held, size_t len)
{
    side->end = (int64_t)len;
    side->scanned = 0;
    side->stored = (int64_t)held;
    side->next = side->first = -side->stored;
}

/* A time that the host may pass. */
static uint64_t any_time(void)
{
    const uint64_t now = nondet_uint64();

    ASSUME(now != SLOGOUT_NEVER);
    return now;
}

/* Makes any world before a call that feeds this number of octets of one side. */
static void any_world(size_t len_of_server, size_t len_of_client)
{
    ASSUME(len_of_server + len_of_client <= sizeof piece);
    slogout = nondet_slogout();
    slogout.depth = 0;
    any_filter();
    ASSUME(invariant());
    given_back = released = entered = 0;
    seen.blind = filter.blind;
    seen.blind_count = slogout.counts.blind;
    seen.due = 0;
    seen.happened = 0;
    begin_side(&of_server, filter.held_len, len_of_server);
    begin_side(&of_client, held_of_client(), len_of_client);
}

/* Octets of the client are dropped while the session is LEAVING and no command or exchange has begun, or after the client's
 * OK. */
static int may_drop(void)
{
    return seen.lost || seen.said_ok ||
           (filter.session.state == SLOGOUT_STATE_LEAVING && !filter.blind && slo_imap_client_at_line(&filter.client) &&
            !filter.client.in_exchange);
}

/* Checks the world after a call. If the filter is over, it passes nothing more. */
static void check_world(void)
{
    CHECK(slogout.depth == 0);
    if (released) {
        CHECK(!seen.timer);
        return;
    }
    if (seen.over) {
        CHECK(invariant());
        return;
    }
    end_event();
    CHECK(of_server.next + (int64_t)filter.held_len == of_server.end);
    CHECK(stores(&of_server, filter.held_len));
    if (of_client.next + (int64_t)held_of_client() != of_client.end) {
        CHECK(of_client.next + (int64_t)held_of_client() < of_client.end && may_drop());
        seen.lost = 1;
    }
    CHECK(seen.lost || stores(&of_client, held_of_client()));
    CHECK(invariant() && blind_is_right());
}

/* proves: (a) to (d) hold for a piece of up to 2^48 octets that the server sends, from any valid state, for all events
 *     that the scanner may report
 * with: --unwind 30 --slice-formula --object-bits 10
 * each: EVENT 6
 * claims EVENT=2: add_text from_server
 * claims EVENT=3: drop_undecided
 * claims EVENT=4: pass_scanned pass_held from_server
 * claims EVENT=5: pass_scanned
 * mutant EVENT=1: lib/filter.c: if (filter->is_asked || filter->session.state == SLOGOUT_STATE_LEAVING) { => if (filter->is_asked) {
 * mutant EVENT=0: lib/filter.c: if (!filter->sent_enabled) => if (1)
 * mutant EVENT=0: lib/filter.c: go_blind(filter, SLOGOUT_BLINDNESS_MECHANISM); => add_text(filter, window, "* OK");
 * mutant EVENT=2: lib/filter.c: add_text(filter, window, " " SLOGOUT_CAPABILITY); => ;
 * mutant EVENT=2: lib/filter.c: pass_to_client(filter, text, strlen(text)); => pass_to_client(filter, text, strlen(text)), pass_to_client(filter, text, 1);
 * mutant EVENT=4: lib/filter.c: while (window.unseen < end && !filter->blind && !is_over(filter)) { => while (window.unseen < end && !is_over(filter)) {
 * mutant EVENT=4: lib/filter.c: pass_scanned(filter, &window, filter->blind ? 0 : filter->server.undecided); => pass_scanned(filter, &window, filter->server.undecided);
 * mutant EVENT=5: lib/filter.c: filter->held_len += left; => filter->held_len = left; */
void server_octets(void)
{
    const size_t len = nondet_size();

    ASSUME(len > 0);
    any_world(len, 0);
    ASSUME(!seen.ended);
    CHECK(slogout_filter_feed_server(&filter, piece, len, any_time()) == 0);
    check_world();
}

/* proves: (a) to (d) hold for a piece of up to 2^48 octets that the client sends, from any valid state
 * with: --unwind 30 --slice-formula --object-bits 10
 * mutant: lib/filter.c: if (filter->is_deaf) => if (0)
 * mutant: lib/filter.c: filter->is_deaf = response.status == SLOGOUT_STATUS_OK; => filter->is_deaf = 0;
 * mutant: lib/filter.c: filter->is_deaf = 1; => ;
 * mutant: lib/filter.c: if (filter->blind || !slo_imap_client_at_line(&filter->client)) => if (!slo_imap_client_at_line(&filter->client))
 * mutant: lib/filter.c: SLOGOUT_STATE_LEAVING && !filter->client.in_exchange) => SLOGOUT_STATE_LEAVING && 0)
 * mutant: lib/filter.c: SLOGOUT_STATE_LEAVING && !filter->client.in_exchange) => SLOGOUT_STATE_LEAVING)
 * mutant: lib/filter.c: used += scan_and_pass(filter, bytes + used, len - used); => used += scan_and_pass(filter, bytes, len);
 * mutant: lib/filter.c: if (stop_at_line_end && slo_imap_client_at_line(&filter->client)) => if (0)
 * mutant: lib/filter.c: const int stop_at_line_end = waits_for_moment(filter) || filter->is_asked; => const int stop_at_line_end = filter->is_asked;
 * mutant: lib/filter.c: if (filter->blind) => if (0)
 * mutant: lib/filter.c: return !filter->blind && !filter->last_line_sent && => return !filter->last_line_sent && */
void client_octets(void)
{
    const size_t len = nondet_size();

    ASSUME(len > 0);
    any_world(0, len);
    CHECK(slogout_filter_feed_client(&filter, piece, len, any_time()) == 0 && entered);
    check_world();
}

/* proves: (a) to (d) hold for the end of file of either side, from any valid state, and then the filter holds back only
 *     octets that it must drop
 * with: --unwind 30 --slice-formula --object-bits 10
 * each: SIDE 2
 * claims SIDE=0: begin_feed
 * mutant SIDE=0: lib/filter.c: if (len > 0) { => if (1) {
 * mutant SIDE=1: lib/filter.c: SLO_ANSWER_UNDECIDED && next_receiver(filter) != TO_NOBODY) => SLO_ANSWER_UNDECIDED)
 * mutant SIDE=1: lib/filter.c: if (len == 0) { => if (0) { */
void end_of_file(void)
{
    const uint64_t now = any_time();

    any_world(0, 0);
    if (SIDE) {
        const int is_to_drop = may_drop();
        CHECK(slogout_filter_feed_client(&filter, NULL, 0, now) == 0);
        CHECK(seen.over || (is_to_drop ? of_client.next == of_client.first : held_of_client() == 0));
    } else {
        seen.ended = 1;
        CHECK(slogout_filter_feed_server(&filter, NULL, 0, now) == 0);
        CHECK(seen.over || filter.held_len == 0);
    }
    CHECK(filter.session.state == SLOGOUT_STATE_ENDED);
    check_world();
}

/* Does to the session what a call of the host, the clock or a drain may do. */
static void session_event(void)
{
    struct slogout_session *const session = &filter.session;

    switch (nondet_int()) {
    case 0: /* a request */
        if (session->state <= SLOGOUT_STATE_PENDING)
            session->state = SLOGOUT_STATE_PENDING;
        slo_session_resume(session);
        break;
    case 1: /* the timer expires, or the session leaves at once */
        slo_session_force(session);
        if (session->state == SLOGOUT_STATE_LEAVING && nondet_int())
            end_session(session, SLOGOUT_OUTCOME_FORCED);
        break;
    case 2:
        slo_session_abandon(session, SLOGOUT_OUTCOME_HOST_CLOSED);
        break;
    case 3: /* the session joins a drain, or is canceled */
        if (session->state <= SLOGOUT_STATE_PENDING)
            session->state = nondet_int() ? SLOGOUT_STATE_WAITING : SLOGOUT_STATE_OPEN;
        break;
    case 4:
        if (seen.timer) {
            seen.timer = 0;
            expire_close(&filter.timer);
        }
        break;
    default:
        slogout_filter_free(&filter);
    }
}

/* proves: (a) to (d) hold for an event of the session that the host, its timer or a drain causes, for the timer that
 *     closes the connection, and when the filter is freed, from any valid state
 * with: --unwind 30 --slice-formula --object-bits 10
 * claims: is_between_lines send_own_line
 * mutant: lib/filter.c: if (!is_between_lines(filter) || (when == SLOGOUT_AT_REST && !slo_imap_client_at_rest(&filter->client))) => if (!is_between_lines(filter))
 * mutant: lib/filter.c: !filter->last_line_sent && slo_imap_server_between_lines(&filter->server) && => !filter->last_line_sent &&
 * mutant: lib/filter.c: slo_timer_stop(&slogout->closing, &filter->timer); => ; */
void outside(void)
{
    any_world(0, 0);
    slo_enter(&slogout);
    session_event();
    slo_leave(&slogout);
    check_world();
}

/* proves: a new filter is valid, with or without a greeting; no filter is created if an argument or a callback is
 *     missing, or if memory is exhausted
 * with: --unwind 30 --slice-formula --object-bits 10
 * claims: slogout_filter_new
 * mutant: lib/filter.c: if (!checked.to_client || !checked.to_server || !checked.close_connection) => if (!checked.to_client || !checked.to_server)
 * mutant: lib/filter.c: if (!out || !slogout || !callbacks) => if (!out || !slogout) */
void new_filter(void)
{
    const int missing = nondet_int();
    struct slogout_filter_callbacks given = callbacks;
    struct slogout_filter *out = NULL;
    int error;

    any_world(0, 0);
    copy_error = is_exhausted = 0;
    seen.over = seen.closed = seen.last = seen.said_ok = seen.lost = seen.named = seen.timer = seen.ended = 0;
    if (missing == 1)
        given.to_client = NULL;
    if (missing == 2)
        given.to_server = NULL;
    if (missing == 3)
        given.close_connection = NULL;
    error = slogout_filter_new(&out, missing == 4 ? NULL : &slogout, missing == 5 ? NULL : &given, &slogout);
    CHECK(missing == 4 || missing == 5 ? error == SLOGOUT_ERR_ARGUMENT
          : copy_error                 ? error == copy_error
          : missing >= 1 && missing <= 3
              ? error == SLOGOUT_ERR_ARGUMENT
              : error == (is_exhausted ? SLOGOUT_ERR_NOMEM : 0));
    CHECK((error == 0) == (out != NULL));
    CHECK(slogout_filter_new(NULL, &slogout, &given, NULL) == SLOGOUT_ERR_ARGUMENT);
    if (!out)
        return;
    CHECK(client_inits == 1);
    CHECK(out == &filter && (missing < 1 || missing > 5) && invariant() && !slogout_filter_between_lines(out));
    CHECK(filter.host.to_client == to_client && filter.host.to_server == to_server && filter.session.conn == &slogout);
    CHECK(filter.host.close_connection == close_connection && slogout.closing.expired == expire_close);
    CHECK(filter.timer.link.next == &filter.timer.link && filter.timer.link.prev == &filter.timer.link);
    slogout_filter_skip_greeting(out);
    CHECK(invariant() && !filter.blind && filter.held_len == 0 && held_of_client() == 0);
}

/* proves: a call that feeds inside a callback, or with an invalid argument, is refused, and passes and changes nothing
 * with: --unwind 30 --slice-formula --object-bits 10
 * claims: begin_feed
 * mutant: lib/filter.c: error = slo_may_call_back(filter->session.slogout, now); => error = 0;
 * mutant: lib/filter.c: if (!filter || (!bytes && len > 0)) => if (!filter) */
void refused(void)
{
    const size_t len = nondet_size();
    const uint64_t now = nondet_uint64();

    any_world(0, 0);
    slogout.depth = 1;
    CHECK(slogout_filter_feed_client(&filter, piece, len, 0) == SLOGOUT_ERR_REENTRANT);
    CHECK(slogout_filter_feed_server(&filter, piece, len, 0) == SLOGOUT_ERR_REENTRANT);
    slogout.depth = 0;
    CHECK(slogout_filter_feed_client(&filter, NULL, 1, now) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_filter_feed_server(&filter, piece, len, SLOGOUT_NEVER) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_filter_feed_server(NULL, piece, len, now) == SLOGOUT_ERR_ARGUMENT);
    check_world();
}

#pragma CPROVER check pop

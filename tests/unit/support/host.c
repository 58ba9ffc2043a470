/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/host.h"
#include <stdlib.h>
#include "support/exact.h"
#include "support/trace.h"

/* ---- the trace ---- */

void host_trace(struct host *host, const char *format, ...)
{
    const size_t room = sizeof host->trace - host->trace_len;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(host->trace + host->trace_len, room, format, arguments);
    va_end(arguments);
    assert_true(len >= 0 && (size_t)len < room);
    host->trace_len += (size_t)len;
}

static void trace_number(const struct host_conn *conn)
{
    if (conn->number > 1)
        host_trace(conn->host, "#%u ", conn->number);
}

void host_expect(struct host *host, const char *expected)
{
    assert_string_equal(host->trace, expected);
    host_forget(host);
}

void host_forget(struct host *host)
{
    host->trace[0] = '\0';
    host->trace_len = 0;
}

/* ---- counts, made independently ---- */

/* Counts all sessions by state, or only those in the set. */
static void count_states(const struct host *host, int in_tally, uint64_t states[SLOGOUT_STATE_ENDED + 1])
{
    unsigned i;

    memset(states, 0, (SLOGOUT_STATE_ENDED + 1) * sizeof *states);
    for (i = 0; i < host->connected; i++) {
        const struct slogout_session *session = host->sessions[i];
        if (session && (!in_tally || session->set == &host->set))
            states[slogout_session_state(session)]++;
    }
}

static void check_states(const struct slogout_counts *counts, const uint64_t states[SLOGOUT_STATE_ENDED + 1])
{
    assert_memory_equal(counts->state, states, (SLOGOUT_STATE_ENDED + 1) * sizeof *states);
}

/* Each list of the set contains all sessions of one state and no others. An OPEN session is in no drain. */
static void check_members(const struct slo_session_set *set, const uint64_t states[SLOGOUT_STATE_ENDED + 1])
{
    unsigned state;

    assert_int_equal(states[SLOGOUT_STATE_OPEN], 0);
    for (state = SLOGOUT_STATE_OPEN; state <= SLOGOUT_STATE_ENDED; state++) {
        const struct slo_link *list = &set->members[state];
        struct slo_link *link;
        uint64_t length = 0;
        for (link = list->next; link != list; link = link->next, length++)
            assert_int_equal(slo_container_of(link, struct slogout_session, member)->state, state);
        assert_int_equal(length, states[state]);
    }
}

/* The deadline is the earliest of the sessions that have one: those in PENDING, ASKED and LEAVING, and those in WAITING
 * without a drain. */
static void check_deadline(const struct host *host)
{
    uint64_t earliest = SLOGOUT_NEVER;
    unsigned i;

    for (i = 0; i < host->connected; i++) {
        const struct slogout_session *session = host->sessions[i];
        const enum slogout_state state = slogout_session_state(session);
        int has_timer;
        if (!session)
            continue;
        has_timer = state == SLOGOUT_STATE_PENDING || state == SLOGOUT_STATE_ASKED ||
                    state == SLOGOUT_STATE_LEAVING || (state == SLOGOUT_STATE_WAITING && !session->set);
        if (has_timer && session->timer.deadline < earliest)
            earliest = session->timer.deadline;
        assert_int_equal(slo_link_is_linked(&session->timer.link), has_timer);
    }
    assert_true(slogout_deadline(host->slogout) == earliest);
}

static void check_outcomes(const struct host *host)
{
    const struct slogout_counts *counts = slogout_get_counts(host->slogout);
    const struct slogout_counts *set = &host->set.counts;
    uint64_t sum = 0;
    unsigned i;

    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++) {
        assert_int_equal(counts->outcome[i], host->outcome[i]);
        sum += set->outcome[i];
    }
    assert_int_equal(counts->without_bye, host->without_bye);
    assert_int_equal(sum, host->set_outcomes);
    assert_int_equal(set->without_bye, host->set_without_bye);
}

void host_check(const struct host *host)
{
    uint64_t states[SLOGOUT_STATE_ENDED + 1];

    check_outcomes(host);
    count_states(host, 0, states);
    check_states(slogout_get_counts(host->slogout), states);
    count_states(host, 1, states);
    check_states(&host->set.counts, states);
    check_members(&host->set, states);
    check_deadline(host);
}

static void count_outcome(struct host *host, const struct slogout_session *session,
                          enum slogout_outcome outcome, int without_bye)
{
    const int in_tally = session->set == &host->set;

    host->outcome[outcome]++;
    host->without_bye += without_bye ? 1 : 0;
    host->set_outcomes += in_tally ? 1 : 0;
    host->set_without_bye += in_tally && without_bye ? 1 : 0;
}

/* ---- callbacks ---- */

static void act(struct host *host, enum host_place place, struct slogout_session *session)
{
    host_action *const action = host->inside[place];

    if (host->slogout)
        host_check(host);
    host->inside[place] = NULL;
    if (action)
        action(host, session);
}

/* Expects one line that ends in CRLF and has no other CR or LF. */
static void check_line(const char *line, size_t len)
{
    assert_true(len > 2 && len <= 2 + 6 + 200);
    assert_memory_equal(line + len - 2, "\r\n", 2);
    assert_null(memchr(line, '\r', len - 2));
    assert_null(memchr(line, '\n', len - 2));
    assert_null(memchr(line, '\0', len));
}

/* LOGOUT is sent at most once and never after a `* BYE`, and nothing is sent after a `* BYE`. */
static void note_line(struct host_conn *conn, const char *line, size_t len)
{
    assert_false(conn->bye_sent);
    if (memcmp(line, "* BYE ", 6) == 0) {
        conn->bye_sent = 1;
        return;
    }
    assert_memory_equal(line + len - 9, " LOGOUT\r\n", 9);
    assert_false(conn->logout_sent);
    conn->logout_sent = 1;
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *user)
{
    struct host_conn *conn = user;
    struct host *host = conn->host;
    const char says = *host->send_says ? *host->send_says++ : 't';

    check_line(line, len);
    assert_ptr_equal(host->sessions[conn->number - 1], session);
    assert_false(conn->closed);
    trace_number(conn);
    host_trace(host, "S: %.*s (%s)%s\n", (int)len - 2, line,
               when == SLOGOUT_AT_REST ? "at rest" : "between lines",
               says == 'B'   ? " BUSY"
               : says == '-' ? " BROKEN"
                             : "");
    act(host, IN_SEND_LINE, session);
    if (says == 't')
        note_line(conn, line, len);
    return says == 'B' ? SLOGOUT_BUSY : says == '-' ? -1 : 0;
}

static void check_result(const struct host_conn *conn, const struct slogout_result *result)
{
    assert_int_equal(result->size, sizeof *result);
    assert_int_equal(result->bye_sent, conn->bye_sent);
    assert_int_equal(*result->tag != 0, conn->logout_sent);
    assert_int_equal(result->asked_ms != SLOGOUT_NEVER, conn->logout_sent);
    if (result->answer) {
        assert_int_equal(result->answer->tag_len, strlen(result->tag));
        assert_memory_equal(result->answer->tag, result->tag, result->answer->tag_len);
    }
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *user)
{
    struct host_conn *conn = user;
    struct host *host = conn->host;
    char text[1000];

    assert_ptr_equal(host->sessions[conn->number - 1], session);
    assert_false(conn->closed);
    conn->closed = 1;
    check_result(conn, result);
    count_outcome(host, session, result->outcome,
                  result->outcome != SLOGOUT_OUTCOME_ANSWERED && !result->bye_sent);
    trace_number(conn);
    trace_result(text, sizeof text, result);
    host_trace(host, "%s\n", text);
    act(host, IN_CLOSE_CONNECTION, session);
}

void host_set_timer(struct slogout *slogout, uint64_t deadline_ms, void *user_data)
{
    struct host *host = user_data;

    assert_ptr_equal(slogout, host->slogout);
    assert_true(deadline_ms != SLOGOUT_NEVER);
    assert_true(deadline_ms == slogout_deadline(slogout));
    host_trace(host, "timer %llu\n", (unsigned long long)deadline_ms);
    act(host, IN_SET_TIMER, NULL);
}

static void *allocate(size_t size, void *user_data)
{
    struct host *host = user_data;

    host->allocations++;
    if (host->fail_allocation && --host->fail_allocation == 0)
        return NULL;
    host->memory++;
    return malloc(size);
}

static void release(void *memory, void *user_data)
{
    struct host *host = user_data;

    assert_non_null(memory);
    host->memory--;
    free(memory);
}

static void changed(struct slo_session_set *set)
{
    (void)set;
}

const struct slogout_callbacks host_callbacks = {sizeof host_callbacks, send_line, close_connection};

/* ---- life ---- */

int host_setup(void **state)
{
    struct host *host = calloc(1, sizeof *host);
    unsigned i;

    if (!host)
        return -1;
    host->send_says = "";
    for (i = SLOGOUT_STATE_OPEN; i <= SLOGOUT_STATE_ENDED; i++)
        slo_link_init(&host->set.members[i]);
    host->set.ask_before = SLOGOUT_NEVER;
    host->set.changed = changed;
    *state = host;
    return 0;
}

int host_teardown(void **state)
{
    struct host *host = *state;
    struct slogout *slogout = host->slogout;
    unsigned i;

    for (i = 0; i < host->connected; i++)
        host_free(host, host->sessions[i]);
    host_expect(host, "");
    host->slogout = NULL;
    assert_int_equal(slogout_free(slogout), 0);
    assert_int_equal(host->memory, 0);
    free(host);
    return 0;
}

struct host *host_new(void)
{
    void *state = NULL;

    assert_int_equal(host_setup(&state), 0);
    return state;
}

void host_end(struct host *host)
{
    void *state = host;

    host_teardown(&state);
}

void host_start(struct host *host, const struct slogout_settings *settings)
{
    struct slogout_settings own = {.size = sizeof own};

    if (settings)
        own = *settings;
    own.size = sizeof own;
    own.allocate = allocate;
    own.release = release;
    own.user_data = host;
    assert_int_equal(slogout_new(&host->slogout, &own), 0);
    host_check(host);
}

struct slogout_session *host_connect(struct host *host)
{
    struct host_conn *conn = &host->conns[host->connected];
    struct slogout_session *session;

    assert_true(host->connected < HOST_SESSIONS);
    conn->host = host;
    conn->number = host->connected + 1;
    assert_int_equal(slogout_session_new(&session, host->slogout, &host_callbacks, conn), 0);
    host->sessions[host->connected++] = session;
    host_check(host);
    return session;
}

struct slogout_session *host_connect_enabled(struct host *host)
{
    struct slogout_session *session = host_connect(host);

    slogout_session_set_enabled(session, 1);
    return session;
}

/* ---- steps ---- */

static int checked(const struct host *host, int result)
{
    host_check(host);
    return result;
}

int host_request(struct host *host, struct slogout_session *session, const char *bye_text)
{
    return checked(host, slogout_session_request(session, bye_text, host->now));
}

int host_resume(struct host *host, struct slogout_session *session)
{
    return checked(host, slogout_session_resume(session, host->now));
}

static int feed_line(struct host *host, struct slogout_session *session, const char *line,
                     const char *line_end)
{
    const size_t len = strlen(line) + strlen(line_end);
    char *bytes = exact_fill(0, len);
    int result;

    memcpy(bytes, line, strlen(line));
    memcpy(bytes + strlen(line), line_end, strlen(line_end));
    result = slogout_session_feed_line(session, bytes, len, host->now);
    exact_free(bytes);
    return result;
}

int host_feed_line(struct host *host, struct slogout_session *session, const char *line)
{
    static const char *const line_ends[] = {"\r\n", "\n", "\r", ""};

    return checked(host, feed_line(host, session, line, line_ends[host->form]));
}

int host_cancel(struct host *host, struct slogout_session *session)
{
    return checked(host, slogout_session_cancel(session));
}

int host_leave(struct host *host, struct slogout_session *session, const struct slogout_departure *departure)
{
    struct slogout_departure own = *departure;

    own.size = sizeof own;
    return checked(host, slogout_session_leave(session, &own, host->now));
}

int host_force(struct host *host, struct slogout_session *session)
{
    return checked(host, slogout_session_force(session, host->now));
}

/* There is an outcome only after an exchange, and a settled outcome does not change. */
static void count_host_end(struct host *host, const struct slogout_session *session, enum slogout_outcome why)
{
    const enum slogout_state state = slogout_session_state(session);

    if (state == SLOGOUT_STATE_LEAVING)
        why = (enum slogout_outcome)session->outcome;
    if (state != SLOGOUT_STATE_OPEN && state != SLOGOUT_STATE_ENDED)
        count_outcome(host, session, why, 0);
}

int host_abandon(struct host *host, struct slogout_session *session, enum slogout_outcome why)
{
    count_host_end(host, session, why);
    return checked(host, slogout_session_abandon(session, why));
}

int host_join(struct host *host, struct slogout_session *session)
{
    return checked(host, slo_session_join(session, &host->set, HOST_GROUP));
}

void host_free(struct host *host, struct slogout_session *session)
{
    unsigned i;

    if (!session)
        return;
    count_host_end(host, session, SLOGOUT_OUTCOME_HOST_CLOSED);
    for (i = 0; i < host->connected; i++)
        if (host->sessions[i] == session)
            host->sessions[i] = NULL;
    slogout_session_free(session);
    host_check(host);
}

void host_tick(struct host *host)
{
    assert_int_equal(slogout_tick(host->slogout, host->now), 0);
    host_check(host);
}

void host_tick_at(struct host *host, uint64_t now)
{
    host->now = now;
    host_tick(host);
}

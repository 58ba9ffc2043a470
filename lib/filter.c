/* A filter is a session between two streams of octets. It scans both and passes them on, with a few changes.
 *
 * From the server to the client. At any moment the octets of the server stand in this order:
 *
 *     passed | held | decided | undecided | unseen
 *                     ^ window.from         ^ window.at
 *
 *   unseen     The scanner has not consumed them. They must not be passed.
 *   undecided  The scanner has consumed them but does not know yet what they are: a tag and the word after it
 *              may become a LOGOUT, which is dropped if we have asked already, or an OK that ENABLED has to
 *              precede; SP and a word in a capability list may become COMPRESS=..., which is dropped. They
 *              are always the last octets consumed; server.undecided is their number. They must not be
 *              passed until an event or a later octet decides.
 *   decided    The client will receive them as they are. They may be passed at any time. They are passed
 *              before anything of ours, and at the end of the call; until then they are collected, so that
 *              what arrives in one piece is passed in as few pieces as possible.
 *   held       Undecided octets from earlier calls, copied because the host's buffer is valid only during a
 *              call. If there are any, they are the first of the undecided octets. Once the number of
 *              undecided octets fits between window.from and window.at, the held ones have been decided, and
 *              are passed before anything else.
 *
 * Our LOGOUT and `* BYE` are sent when the session inside calls send_line(), which is of use only at the end
 * of a line, where nothing is undecided. So while the session waits for its moment, the scanner stops at each
 * end of a line, what is decided is passed, and slo_session_resume() lets the session try.
 *
 * From the client to the server. Octets are passed as soon as they are scanned. Only while our LOGOUT is
 * unanswered, and only where a command may begin, the answer's matcher sees them first. What may still become
 * an answer is held in answer.line. What turns out to be a command is released, scanned and passed. An answer
 * is removed to the end of its line. While the session is leaving, a command that has not begun is dropped.
 *
 * Blind. When either scanner has lost its stream, neither is used any more: all octets count as decided, and
 * nothing is added or removed.
 *
 * At rest. The client's scanner counts commands, and the server's counts tagged responses; the connection is
 * at rest when the numbers are equal. A command that the server answers with an untagged BAD alone stays in
 * flight: RFC 3501 section 7.1.3 gives that BAD other meanings too, and section 5.5 lets responses arrive in
 * any order, so that nothing proves that the tagged response will not follow. */
#include <string.h>
#include <slogout/filter.h>
#include "imap_client.h"
#include "imap_server.h"
#include "answer.h"
#include "session.h"

#define WATCHED_MAX 4 /* commands in flight at once whose OK changes something */
#define BYES_MAX    8 /* `* BYE` lines of a client before its answer */

struct watch {
    enum slo_client_command command;
    struct slo_token tag;
};

struct filter {
    /* for life */
    struct slogout_session session; /* first: what slogout_session_free() frees */
    struct slogout_filter_callbacks host;
    /* of the stream */
    struct slo_imap_server server;
    struct slo_imap_client client;
    enum slogout_blindness blind;
    struct watch watched[WATCHED_MAX]; /* the oldest first */
    unsigned watched_count;
    char held[SLO_UNDECIDED_MAX];
    size_t held_len;
    struct slo_answer answer;
    unsigned byes;               /* of the client, in answer to our LOGOUT */
    unsigned stopped : 1;        /* nothing passes any more */
    unsigned last_line_sent : 1; /* a `* BYE`, or the server's LOGOUT: nothing of ours may follow */
    unsigned told_enabled : 1;   /* the server has named our capability in an ENABLED response */
    unsigned client_logout : 1;  /* the client has sent a LOGOUT of its own */
};

/* The host's buffer while it is scanned. */
struct window {
    const char *from; /* not passed yet */
    const char *at;   /* not scanned yet */
};

static struct filter *filter_of(struct slogout_session *session)
{
    return slo_container_of(session, struct filter, session);
}

static int is_stopped(const struct filter *filter)
{
    return filter->stopped || filter->session.freed;
}

static void go_blind(struct filter *filter, enum slogout_blindness why)
{
    filter->session.slogout->counts.blind++;
    filter->blind = why;
}

/* ---- what goes out ---- */

typedef int sink(struct slogout_session *session, const char *bytes, size_t len, void *conn);

static void pass(struct filter *filter, sink *to, const char *bytes, size_t len)
{
    if (len == 0 || is_stopped(filter) || to(&filter->session, bytes, len, filter->session.conn) >= 0)
        return;
    filter->stopped = 1;
    slo_session_abandon(&filter->session, SLOGOUT_OUTCOME_PEER_CLOSED);
}

static void pass_held(struct filter *filter)
{
    const size_t len = filter->held_len;

    filter->held_len = 0;
    pass(filter, filter->host.to_client, filter->held, len);
}

/* Passes what has been scanned, but for the last `undecided` octets. */
static void pass_scanned(struct filter *filter, struct window *window, size_t undecided)
{
    const char *to = window->at - undecided;

    if (undecided > (size_t)(window->at - window->from))
        return; /* since the held octets are the first of them */
    pass_held(filter);
    pass(filter, filter->host.to_client, window->from, (size_t)(to - window->from));
    window->from = to;
}

static void drop_undecided(struct filter *filter, struct window *window)
{
    pass_scanned(filter, window, filter->server.undecided);
    filter->held_len = 0;
    window->from = window->at;
}

static void insert(struct filter *filter, struct window *window, const char *text)
{
    pass_scanned(filter, window, filter->server.undecided);
    pass(filter, filter->host.to_client, text, strlen(text));
}

/* ---- the session inside ---- */

static int is_between_lines(const struct filter *filter)
{
    unsigned i;

    for (i = 0; i < filter->watched_count; i++)
        if (filter->watched[i].command == SLO_COMMAND_LAYER)
            return 0;
    return !filter->blind && !filter->last_line_sent && slo_imap_server_between_lines(&filter->server) &&
           !slo_imap_client_waits(&filter->client);
}

/* RFC 2177: during IDLE the client waits for anything that the server has to say. */
static int is_at_rest(const struct filter *filter)
{
    const uint64_t idling = slo_imap_client_idles(&filter->client) ? 1 : 0;

    return slo_imap_client_at_line(&filter->client) &&
           filter->client.commands - filter->server.completed == idling;
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct filter *filter = filter_of(session);
    int result;

    if (!is_between_lines(filter) || (when == SLOGOUT_AT_REST && !is_at_rest(filter)))
        return SLOGOUT_BUSY;
    filter->last_line_sent = *line == '*';
    result = filter->host.to_client(session, line, len, conn);
    return result < 0 ? result : 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct filter *filter = filter_of(session);

    filter->stopped = 1;
    filter->host.close_connection(session, result, conn);
}

static const struct slogout_callbacks own_callbacks = {sizeof own_callbacks, send_line, close_connection};

static int waits_for_moment(const struct filter *filter)
{
    return filter->session.state == SLOGOUT_STATE_PENDING || filter->session.state == SLOGOUT_STATE_LEAVING;
}

/* ---- from the server ---- */

/* The OK to a command that is watched. RFC 5161 section 3.1: ENABLED comes before the tagged OK. */
static void on_watched_ok(struct filter *filter, struct window *window, enum slo_client_command command)
{
    if (command == SLO_COMMAND_ENABLE) {
        slogout_session_set_enabled(&filter->session, 1);
        if (!filter->told_enabled)
            insert(filter, window, "* ENABLED " SLOGOUT_CAPABILITY "\r\n");
    } else if (command == SLO_COMMAND_UNAUTHENTICATE) {
        slogout_session_set_enabled(&filter->session, 0);
    } else {
        go_blind(filter,
                 command == SLO_COMMAND_LAYER ? SLOGOUT_BLINDNESS_LAYER : SLOGOUT_BLINDNESS_MECHANISM);
    }
}

static void on_tagged(struct filter *filter, struct window *window)
{
    struct watch *watch = filter->watched;
    const struct watch *end = watch + filter->watched_count;
    enum slo_client_command command;

    if (filter->server.completed > filter->client.commands) {
        go_blind(filter, SLOGOUT_BLINDNESS_OUT_OF_STEP);
        return;
    }
    slo_imap_client_complete(&filter->client, &filter->server.tag);
    while (watch < end && !slo_token_same(&watch->tag, &filter->server.tag))
        watch++;
    if (watch == end)
        return;
    command = watch->command;
    filter->watched_count--;
    memmove(watch, watch + 1, (size_t)(end - watch - 1) * sizeof *watch);
    if (filter->server.ok)
        on_watched_ok(filter, window, command);
    if (command == SLO_COMMAND_ENABLE)
        filter->told_enabled = 0;
}

/* The server asks by itself. If we have done so before, our question stands for both; else the server's
 * does. */
static void on_server_logout(struct filter *filter, struct window *window)
{
    if (filter->session.state == SLOGOUT_STATE_ASKED || filter->session.state == SLOGOUT_STATE_LEAVING) {
        drop_undecided(filter, window);
        slo_session_resume(&filter->session);
    } else {
        filter->last_line_sent = 1;
        slo_session_abandon(&filter->session, SLOGOUT_OUTCOME_HOST_CLOSED);
        pass_scanned(filter, window, 0);
    }
}

static void on_server_event(struct filter *filter, struct window *window)
{
    switch (filter->server.event) {
    case SLO_SERVER_NOTHING:
        break;
    case SLO_SERVER_CONTINUATION:
        if (!slo_imap_client_continue(&filter->client))
            go_blind(filter, SLOGOUT_BLINDNESS_OUT_OF_STEP);
        break;
    case SLO_SERVER_TAGGED:
        on_tagged(filter, window);
        break;
    case SLO_SERVER_LOGOUT:
        on_server_logout(filter, window);
        break;
    case SLO_SERVER_BYE:
        filter->last_line_sent = 1;
        slo_session_abandon(&filter->session, filter->client_logout ? SLOGOUT_OUTCOME_CLIENT_LOGOUT
                                                                        : SLOGOUT_OUTCOME_HOST_CLOSED);
        break;
    case SLO_SERVER_CAPABILITIES:
        insert(filter, window, " " SLOGOUT_CAPABILITY);
        break;
    case SLO_SERVER_COMPRESSION:
        drop_undecided(filter, window);
        break;
    case SLO_SERVER_ENABLED:
        filter->told_enabled = 1;
        break;
    case SLO_SERVER_LINE_END:
        pass_scanned(filter, window, 0);
        slo_session_resume(&filter->session);
        break;
    case SLO_SERVER_NOT_UNDERSTOOD:
        go_blind(filter, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        break;
    }
}

static void from_server(struct filter *filter, const char *bytes, size_t len)
{
    struct window window = {bytes, bytes};
    const char *const end = bytes + len;
    size_t left;

    while (window.at < end && !filter->blind && !is_stopped(filter)) {
        /* A tagged response needs no event if its only effect is to be counted. */
        const int count_only = filter->watched_count == 0 && slo_imap_client_whole(&filter->client);
        window.at += slo_imap_server_feed(&filter->server, window.at, (size_t)(end - window.at),
                                          waits_for_moment(filter), count_only ? filter->client.commands : 0);
        on_server_event(filter, &window);
    }
    if (is_stopped(filter))
        return;
    window.at = end;
    pass_scanned(filter, &window, filter->blind ? 0 : filter->server.undecided);
    left = (size_t)(end - window.from);
    memcpy(filter->held + filter->held_len, window.from, left);
    filter->held_len += left;
}

/* ---- from the client ---- */

static void on_client_event(struct filter *filter)
{
    switch (filter->client.event) {
    case SLO_CLIENT_NOTHING:
    case SLO_CLIENT_LINE_END:
        break;
    case SLO_CLIENT_LOGOUT:
        filter->client_logout = 1;
        break;
    case SLO_CLIENT_COMMAND:
        if (filter->watched_count == WATCHED_MAX)
            go_blind(filter, SLOGOUT_BLINDNESS_LIMIT);
        else
            filter->watched[filter->watched_count++] =
                (struct watch){filter->client.command, filter->client.tag};
        break;
    case SLO_CLIENT_NOT_UNDERSTOOD:
        go_blind(filter, filter->client.tag.len > SLO_TOKEN_MAX ? SLOGOUT_BLINDNESS_LIMIT
                                                                : SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        break;
    }
}

/* Scans and passes octets, up to where an answer or an unwanted command may begin. Returns the number. */
static size_t pass_to_server(struct filter *filter, const char *bytes, size_t len)
{
    const int stop_at_line_end = waits_for_moment(filter) || filter->session.state == SLOGOUT_STATE_ASKED;
    size_t used = 0;

    while (used < len && !filter->blind) {
        used += slo_imap_client_feed(&filter->client, bytes + used, len - used, stop_at_line_end);
        on_client_event(filter);
        if (stop_at_line_end && slo_imap_client_at_line(&filter->client))
            break;
    }
    if (filter->blind)
        used = len;
    pass(filter, filter->host.to_server, bytes, used);
    slo_session_resume(&filter->session);
    return used;
}

/* Passes octets that were held as the beginning of an answer, unless they are one. */
static void release_answer(struct filter *filter)
{
    const size_t len = filter->answer.len;

    if (filter->answer.verdict != SLO_ANSWER_UNDECIDED && filter->answer.verdict != SLO_ANSWER_NONE)
        return;
    slo_answer_init(&filter->answer);
    if (len > 0)
        pass_to_server(filter, filter->answer.line, len);
}

static void refuse(struct filter *filter, const char *tag)
{
    const struct slogout_response response = {
        .status = SLOGOUT_STATUS_BAD, .tag = tag, .tag_len = strlen(tag), .text = ""};

    slo_session_feed_response(&filter->session, &response);
}

static void deliver_answer(struct filter *filter, const char *tag)
{
    struct slogout_response response = {.status = SLOGOUT_STATUS_BYE};

    slogout_response_parse(&response, filter->answer.line,
                           filter->answer.len); /* succeeds: it is an answer */
    if (response.status == SLOGOUT_STATUS_BYE && filter->byes++ >= BYES_MAX)
        refuse(filter, tag);
    else
        slo_session_feed_response(&filter->session, &response);
    slo_answer_init(&filter->answer);
}

/* Shows octets to the answer's matcher. Returns how many it has consumed. */
static size_t take_answer(struct filter *filter, const char *bytes, size_t len)
{
    char tag[SLOGOUT_TAG_SIZE];
    size_t used;

    slo_session_tag(&filter->session, tag);
    used = slo_answer_feed(&filter->answer, tag, bytes, len);
    switch (filter->answer.verdict) {
    case SLO_ANSWER_UNDECIDED:
    case SLO_ANSWER_BEGUN:
    case SLO_ANSWER_SKIPPED:
        break;
    case SLO_ANSWER_NONE:
        release_answer(filter);
        break;
    case SLO_ANSWER_WHOLE:
        deliver_answer(filter, tag);
        break;
    case SLO_ANSWER_TOO_LONG:
        refuse(filter, tag);
        break;
    case SLO_ANSWER_OVER:
        slo_answer_init(&filter->answer);
        break;
    }
    return used;
}

/* The line of an answer that has begun is never for the server, whatever becomes of the session meanwhile. */
static void from_client(struct filter *filter, const char *bytes, size_t len)
{
    while (len > 0 && !is_stopped(filter)) {
        const int at_line = !filter->blind && slo_imap_client_at_line(&filter->client);
        const unsigned state = filter->session.state;
        size_t used = 0;
        if (filter->answer.verdict != SLO_ANSWER_UNDECIDED || (at_line && state == SLOGOUT_STATE_ASKED))
            used = take_answer(filter, bytes, len);
        else if (at_line && state == SLOGOUT_STATE_LEAVING)
            used = len;
        else
            release_answer(filter);
        if (used == 0)
            used = pass_to_server(filter, bytes, len);
        bytes += used;
        len -= used;
    }
}

/* ---- public ---- */

int slogout_filter_new(struct slogout_session **out, struct slogout *slogout,
                       const struct slogout_filter_callbacks *callbacks, void *conn)
{
    struct slogout_filter_callbacks checked;
    struct filter *filter;
    int error;

    if (!out || !slogout || !callbacks)
        return SLOGOUT_ERR_ARGUMENT;
    error = slo_copy_sized(&checked, sizeof checked, callbacks);
    if (error)
        return error;
    if (!checked.to_client || !checked.to_server || !checked.close_connection)
        return SLOGOUT_ERR_ARGUMENT;
    filter = slo_allocate(slogout, sizeof *filter);
    if (!filter)
        return SLOGOUT_ERR_NOMEM;
    slo_session_init(&filter->session, slogout, &own_callbacks, conn);
    filter->host = checked;
    *out = &filter->session;
    return 0;
}

static int is_filter(const struct slogout_session *session)
{
    return session && session->send_line == send_line;
}

/* Handles octets of one side, or its end of file, at which what is held of it can become nothing else any
 * more. A filter that is freed meanwhile stays in memory until slo_leave(). */
static int feed(struct slogout_session *session, const char *bytes, size_t len, uint64_t now,
                void (*from)(struct filter *filter, const char *bytes, size_t len),
                void (*release)(struct filter *filter))
{
    struct slogout *slogout;
    struct filter *filter;
    int error;

    if (!is_filter(session) || (!bytes && len > 0))
        return SLOGOUT_ERR_ARGUMENT;
    slogout = session->slogout;
    error = slo_may_call_back(slogout, now);
    if (error)
        return error;
    slo_enter_at(slogout, now);
    filter = filter_of(session);
    if (len > 0) {
        from(filter, bytes, len);
    } else {
        release(filter);
        slo_session_abandon(session, SLOGOUT_OUTCOME_PEER_CLOSED);
    }
    slo_leave(slogout);
    return 0;
}

int slogout_filter_feed_client(struct slogout_session *session, const char *bytes, size_t len, uint64_t now)
{
    return feed(session, bytes, len, now, from_client, release_answer);
}

int slogout_filter_feed_server(struct slogout_session *session, const char *bytes, size_t len, uint64_t now)
{
    return feed(session, bytes, len, now, from_server, pass_held);
}

/* RFC 3501 section 6.2.1: after TLS has begun, what the client said before must be forgotten. */
int slogout_filter_restart(struct slogout_session *session, enum slogout_layer layer)
{
    struct filter *filter;

    if (!is_filter(session) || (layer != SLOGOUT_LAYER_TLS && layer != SLOGOUT_LAYER_COMPRESSION))
        return SLOGOUT_ERR_ARGUMENT;
    filter = filter_of(session);
    slo_imap_server_init(&filter->server, 1);
    slo_imap_client_init(&filter->client);
    slo_answer_init(&filter->answer);
    filter->watched_count = 0;
    filter->held_len = 0;
    filter->blind = SLOGOUT_BLINDNESS_NONE;
    filter->told_enabled = 0;
    if (layer == SLOGOUT_LAYER_TLS) {
        slogout_session_set_enabled(session, 0);
        filter->client_logout = 0;
    }
    return 0;
}

int slogout_filter_between_lines(const struct slogout_session *session)
{
    return is_filter(session) && is_between_lines((const struct filter *)(const void *)session);
}

enum slogout_blindness slogout_filter_blindness(const struct slogout_session *session)
{
    const struct filter *filter = (const struct filter *)(const void *)session;

    return is_filter(session) ? filter->blind : SLOGOUT_BLINDNESS_NONE;
}

const char *slogout_filter_blindness_name(enum slogout_blindness blindness)
{
    static const char *const names[] = {"NONE",        "LAYER", "MECHANISM",
                                        "OUT_OF_STEP", "LIMIT", "NOT_UNDERSTOOD"};

    return (unsigned)blindness < SLOGOUT_BLINDNESS_COUNT ? names[blindness] : "UNKNOWN";
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A filter is a session between two streams of octets. It scans both streams and passes them on, with a few
 * changes.
 *
 * From the server to the client. At any time, the octets of the server are in this order:
 *
 *     passed | held | decided | undecided | unseen
 *                     ^ window.unpassed     ^ window.unseen
 *
 *   unseen     The scanner has not consumed these octets. They must not be passed.
 *   undecided  The scanner has consumed these octets but may still need to change them. A tag and the word
 *              after it may become a LOGOUT, which is dropped if we have asked already, or an OK that ENABLED
 *              must precede. SP and a word in a capability list may become COMPRESS=..., which is dropped.
 *              Undecided octets are always the last octets consumed, and server.undecided is their number.
 *              They must not be passed until an event or a later octet decides.
 *   decided    The client will receive these octets unchanged. They may be passed at any time. They are
 *              passed before any line of ours and at the end of the call. Until then they are collected, so
 *              that octets that arrive in one piece are passed in as few pieces as possible.
 *   held       These are undecided octets from earlier calls. They are copied, because the host's buffer is
 *              valid only during a call. They precede all other undecided octets. When all undecided octets
 *              fit between window.unpassed and window.unseen, the held octets have been decided, and they are
 *              passed before any others.
 *
 * Our LOGOUT and `* BYE` are sent when the session inside calls send_line(). This can succeed only at the end
 * of a line, where no octets are undecided. Therefore, while the session waits for its moment, the scanner
 * stops at the end of each line, the decided octets are passed, and slo_session_resume() lets the session
 * offer its line.
 *
 * From the client to the server. next_receiver() returns the receiver of the client's next octets:
 *
 *   TO_SERVER  The octets are scanned and passed.
 *   TO_ANSWER  Our LOGOUT was sent, and a command may begin here, so the answer's matcher reads the octets
 *              first. Octets that may still become an answer are held in answer.line. If they turn out to be
 *              a command, they are released, scanned and passed. An answer is removed to the end of its line.
 *              This continues until the end of the connection, because the client may answer after the
 *              session has ended.
 *   TO_NOBODY  The octets are dropped, and no more octets of the client are passed, because the scanner has
 *              not seen the dropped octets and does not know where in a line the next octet is.
 *
 * Blind. When either scanner has lost its stream, neither is used again. All octets count as decided, and
 * nothing is added or removed.
 *
 * The end. When the client's OK comes, the session has its outcome, but close_connection is called only when
 * the connection is at rest between lines of the server, or the timer has expired. */
#include <string.h>
#include <slogout/filter.h>
#include "imap_client.h"
#include "imap_server.h"
#include "answer.h"
#include "login.h"
#include "saturate.h"
#include "session.h"

#define BYES_MAX 8 /* `* BYE` lines of a client before its answer */

/* The members that each line needs come first, so that few cache lines are touched. */
struct slogout_filter {
    struct slogout_session session; /* first: its memory is the filter's */
    struct slogout_filter_callbacks host;
    enum slogout_blindness blind;
    unsigned is_closing : 1;
    unsigned is_stopped : 1;     /* no more octets are passed */
    unsigned is_deaf : 1;        /* no more octets of the client are passed */
    unsigned is_asked : 1;       /* our LOGOUT was sent */
    unsigned last_line_sent : 1; /* a `* BYE` or the server's LOGOUT has passed; no line may be added */
    unsigned sent_enabled : 1;   /* the server has named our capability in an ENABLED response */
    unsigned client_logout : 1;  /* the client has sent its own LOGOUT */
    size_t held_len;
    struct slo_imap_server server;
    struct slo_imap_client client;
    struct slo_login login;
    struct slo_answer answer;
    char held[SLO_UNDECIDED_MAX];
    unsigned byes;                /* the number of `* BYE` in answer to our LOGOUT */
    struct slo_timer timer;       /* runs while the close waits for responses */
    struct slogout_result result; /* of that close */
};

/* The host's buffer during a scan. */
struct window {
    const char *unpassed; /* the first octet that is not passed yet */
    const char *unseen;   /* the first octet that is not scanned yet */
};

static struct slogout_filter *filter_of(struct slogout_session *session)
{
    return slo_container_of(session, struct slogout_filter, session);
}

static int is_over(const struct slogout_filter *filter)
{
    return filter->is_stopped || filter->session.freed;
}

static void go_blind(struct slogout_filter *filter, enum slogout_blindness why)
{
    filter->session.slogout->counts.blind++;
    filter->blind = why;
}

/* ---- the end ---- */

/* Closes after the last response. The line of the answer was kept for this. The host's callback is called
 * last, because the host may free the filter in it. */
static void close_filter(struct slogout_filter *filter)
{
    struct slogout_response answer = {.status = SLOGOUT_STATUS_OK};

    slo_timer_stop(&filter->session.slogout->closing, &filter->timer);
    slogout_response_parse(&answer, filter->answer.line, filter->answer.len);
    filter->result.answer = &answer;
    filter->is_closing = 0;
    filter->is_stopped = 1;
    filter->host.close_connection(filter, &filter->result, filter->session.conn);
}

static void expire_close(struct slo_timer *timer)
{
    close_filter(slo_container_of(timer, struct slogout_filter, timer));
}

/* Returns 1 if the connection is at rest between lines of the server. */
static int is_quiet(const struct slogout_filter *filter)
{
    return !filter->blind && slo_imap_server_between_lines(&filter->server) &&
           slo_imap_client_at_rest(&filter->client);
}

/* Handles the end of file of the server, or a callback that failed. */
static void end_by_peer(struct slogout_filter *filter)
{
    slo_session_abandon(&filter->session, SLOGOUT_OUTCOME_PEER_CLOSED);
    if (filter->is_closing)
        close_filter(filter);
}

/* ---- what goes out ---- */

static void note_failure(struct slogout_filter *filter, int result)
{
    if (result >= 0)
        return;
    filter->is_stopped = 1;
    end_by_peer(filter);
}

static void pass_to_client(struct slogout_filter *filter, const char *bytes, size_t len)
{
    if (len > 0 && !is_over(filter))
        note_failure(filter, filter->host.to_client(filter, bytes, len, filter->session.conn));
}

static void pass_to_server(struct slogout_filter *filter, const char *bytes, size_t len)
{
    if (!is_over(filter))
        note_failure(filter, filter->host.to_server(filter, bytes, len, filter->session.conn));
}

static void pass_held(struct slogout_filter *filter)
{
    const size_t len = filter->held_len;

    filter->held_len = 0;
    pass_to_client(filter, filter->held, len);
}

/* Passes the scanned octets without the `undecided` octets at their end. */
static void pass_scanned(struct slogout_filter *filter, struct window *window, size_t undecided)
{
    const size_t scanned = (size_t)(window->unseen - window->unpassed);

    if (undecided > scanned)
        return; /* because the held octets are still undecided */
    pass_held(filter);
    pass_to_client(filter, window->unpassed, scanned - undecided);
    window->unpassed = window->unseen - undecided;
}

static void drop_undecided(struct slogout_filter *filter, struct window *window)
{
    pass_scanned(filter, window, filter->server.undecided);
    filter->held_len = 0;
    window->unpassed = window->unseen;
}

static void add_text(struct slogout_filter *filter, struct window *window, const char *text)
{
    pass_scanned(filter, window, filter->server.undecided);
    pass_to_client(filter, text, strlen(text));
}

/* ---- the session inside ---- */

static int is_between_lines(const struct slogout_filter *filter)
{
    return !filter->blind && !filter->last_line_sent && slo_imap_server_between_lines(&filter->server) &&
           !slo_imap_client_waits(&filter->client);
}

static int send_own_line(struct slogout_session *session, const char *line, size_t len,
                         enum slogout_when when, void *conn)
{
    struct slogout_filter *filter = filter_of(session);
    int result;

    if (!is_between_lines(filter) || (when == SLOGOUT_AT_REST && !slo_imap_client_at_rest(&filter->client)))
        return SLOGOUT_BUSY;
    filter->last_line_sent = *line == '*';
    result = filter->host.to_client(filter, line, len, conn);
    filter->is_asked |= result >= 0 && *line != '*';
    filter->is_stopped |= result < 0;
    return result < 0 ? result : 0;
}

/* Closes the connection. After its OK, the client still waits for the responses that it is owed. */
static void close_own_connection(struct slogout_session *session, const struct slogout_result *result,
                                 void *conn)
{
    struct slogout_filter *filter = filter_of(session);
    struct slogout *slogout = session->slogout;
    const uint64_t deadline = slo_add(slogout->clock.now, slogout->settings.leave_timeout_ms);

    if (result->outcome == SLOGOUT_OUTCOME_ANSWERED && !is_quiet(filter)) {
        filter->is_closing = 1;
        filter->result = *result;
        slo_timer_start(&slogout->closing, &filter->timer, deadline);
        return;
    }
    filter->is_stopped = 1;
    filter->host.close_connection(filter, result, conn);
}

static const struct slogout_callbacks own_callbacks = {sizeof own_callbacks, send_own_line,
                                                       close_own_connection};

static int waits_for_moment(const struct slogout_filter *filter)
{
    return filter->session.state == SLOGOUT_STATE_PENDING || filter->session.state == SLOGOUT_STATE_LEAVING ||
           filter->is_closing;
}

static void use_moment(struct slogout_filter *filter)
{
    slo_session_resume(&filter->session);
    if (filter->is_closing && is_quiet(filter))
        close_filter(filter);
}

/* ---- from the server ---- */

/* Handles the OK to a command. ENABLED precedes the tagged OK (RFC 5161 section 3.1). */
static void on_ok(struct slogout_filter *filter, struct window *window, enum slo_client_command command)
{
    switch (command) {
    case SLO_COMMAND_ORDINARY:
    case SLO_COMMAND_LOGOUT:
    case SLO_COMMAND_IDLE:
    case SLO_COMMAND_AUTHENTICATE:
        break;
    case SLO_COMMAND_AUTH_LAYER:
        go_blind(filter, SLOGOUT_BLINDNESS_MECHANISM);
        break;
    case SLO_COMMAND_ENABLE:
        filter->session.enabled = 1;
        if (!filter->sent_enabled)
            add_text(filter, window, "* ENABLED " SLOGOUT_CAPABILITY "\r\n");
        break;
    case SLO_COMMAND_LAYER:
        go_blind(filter, SLOGOUT_BLINDNESS_LAYER);
        break;
    case SLO_COMMAND_UNAUTHENTICATE:
        filter->session.enabled = 0;
        memset(&filter->login, 0, sizeof filter->login);
        break;
    case SLO_COMMAND_UNREADABLE:
        go_blind(filter, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        break;
    }
}

static void on_tagged(struct slogout_filter *filter, struct window *window)
{
    enum slo_client_command command;

    slo_login_answer(&filter->login, &filter->client.in_flight, filter->server.tag.hash, filter->server.ok);
    if (!slo_imap_client_complete(&filter->client, filter->server.tag.hash, filter->server.ok, &command)) {
        go_blind(filter, SLOGOUT_BLINDNESS_OUT_OF_STEP);
        return;
    }
    if (filter->server.ok)
        on_ok(filter, window, command);
    if (command == SLO_COMMAND_ENABLE)
        filter->sent_enabled = 0;
}

/* Handles a LOGOUT of the server. It is dropped if the session has asked or is LEAVING. Otherwise it is
 * passed, and the session ends without a request. */
static void on_server_logout(struct slogout_filter *filter, struct window *window)
{
    if (filter->is_asked || filter->session.state == SLOGOUT_STATE_LEAVING) {
        drop_undecided(filter, window);
        use_moment(filter);
    } else {
        filter->last_line_sent = 1;
        slo_session_abandon(&filter->session, SLOGOUT_OUTCOME_HOST_CLOSED);
        pass_scanned(filter, window, 0);
    }
}

/* Some servers run LOGOUT before the end of its line. */
static int has_sent_logout(const struct slogout_filter *filter)
{
    return filter->client_logout || filter->client.command == SLO_COMMAND_LOGOUT;
}

static void on_server_event(struct slogout_filter *filter, struct window *window)
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
        slo_session_abandon(&filter->session, has_sent_logout(filter) ? SLOGOUT_OUTCOME_CLIENT_LOGOUT
                                                                      : SLOGOUT_OUTCOME_HOST_CLOSED);
        break;
    case SLO_SERVER_CAPABILITIES:
        add_text(filter, window, " " SLOGOUT_CAPABILITY);
        break;
    case SLO_SERVER_COMPRESSION:
        drop_undecided(filter, window);
        break;
    case SLO_SERVER_ENABLED:
        filter->sent_enabled = 1;
        break;
    case SLO_SERVER_LINE_END:
        pass_scanned(filter, window, 0);
        use_moment(filter);
        break;
    case SLO_SERVER_NOT_UNDERSTOOD:
        go_blind(filter, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        break;
    }
}

static void from_server(struct slogout_filter *filter, const char *bytes, size_t len)
{
    struct window window = {bytes, bytes};
    const char *const end = bytes + len;
    size_t left;

    while (window.unseen < end && !filter->blind && !is_over(filter)) {
        window.unseen += slo_imap_server_feed(&filter->server, window.unseen, (size_t)(end - window.unseen),
                                              waits_for_moment(filter));
        on_server_event(filter, &window);
    }
    if (is_over(filter))
        return;
    window.unseen = end;
    pass_scanned(filter, &window, filter->blind ? 0 : filter->server.undecided);
    left = (size_t)(end - window.unpassed);
    memcpy(filter->held + filter->held_len, window.unpassed, left);
    filter->held_len += left;
}

/* ---- from the client ---- */

static void on_client_event(struct slogout_filter *filter)
{
    switch (filter->client.event) {
    case SLO_CLIENT_NOTHING:
    case SLO_CLIENT_LINE_END:
        break;
    case SLO_CLIENT_LOGOUT:
        filter->client_logout = 1;
        break;
    case SLO_CLIENT_LIMIT:
        go_blind(filter, SLOGOUT_BLINDNESS_LIMIT);
        break;
    case SLO_CLIENT_NOT_UNDERSTOOD:
        go_blind(filter, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        break;
    case SLO_CLIENT_OUT_OF_STEP:
        go_blind(filter, SLOGOUT_BLINDNESS_OUT_OF_STEP);
        break;
    }
}

/* Feeds octets to the scanner and, until the client has logged in, to the reader of its name, which needs to
 * know where a line begins. Returns the number of octets consumed. */
static size_t scan_client(struct slogout_filter *filter, const char *bytes, size_t len, int stop_at_line_end)
{
    struct slo_imap_client *client = &filter->client;
    size_t used;

    if (filter->login.is_settled)
        return slo_imap_client_feed(client, bytes, len, stop_at_line_end);
    if (client->event == SLO_CLIENT_LINE_END || slo_imap_client_at_line(client))
        slo_login_begin_line(&filter->login, client->in_exchange, slo_imap_client_at_command(client));
    used = slo_imap_client_feed(client, bytes, len, 1);
    slo_login_feed(&filter->login, bytes, used, client->tag.hash);
    return used;
}

/* Scans and passes octets, up to the place where an answer or an unwanted command may begin. Returns their
 * number. */
static size_t scan_and_pass(struct slogout_filter *filter, const char *bytes, size_t len)
{
    const int stop_at_line_end = waits_for_moment(filter) || filter->is_asked;
    size_t used = 0;

    while (used < len && !filter->blind) {
        used += scan_client(filter, bytes + used, len - used, stop_at_line_end);
        on_client_event(filter);
        if (stop_at_line_end && slo_imap_client_at_line(&filter->client))
            break;
    }
    if (filter->blind)
        used = len;
    pass_to_server(filter, bytes, used);
    slo_session_resume(&filter->session);
    return used;
}

/* Passes octets that were held because they might have become an answer. */
static void release_answer(struct slogout_filter *filter)
{
    const size_t len = filter->answer.len;

    slo_answer_init(&filter->answer);
    if (len > 0)
        scan_and_pass(filter, filter->answer.line, len);
}

/* Forces a session whose client sends too many `* BYE`, or an answer that is too long. */
static void stop_asking(struct slogout_filter *filter)
{
    if (filter->session.state == SLOGOUT_STATE_ASKED)
        slo_session_force(&filter->session);
}

/* Passes a whole answer to the session. After OK, the line is kept, because the result may need it. */
static void deliver_answer(struct slogout_filter *filter)
{
    struct slogout_response response = {.status = SLOGOUT_STATUS_BYE};

    /* Succeeds, because the line is an answer. */
    slogout_response_parse(&response, filter->answer.line, filter->answer.len);
    filter->is_deaf = response.status == SLOGOUT_STATUS_OK;
    if (response.status == SLOGOUT_STATUS_BYE && filter->byes++ >= BYES_MAX)
        stop_asking(filter);
    else
        slo_session_feed_response(&filter->session, &response);
    if (!filter->is_deaf)
        slo_answer_init(&filter->answer);
}

/* Feeds octets to the answer's matcher. Returns the number of octets consumed. */
static size_t take_answer(struct slogout_filter *filter, const char *bytes, size_t len)
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
        used += scan_and_pass(filter, bytes + used, len - used);
        break;
    case SLO_ANSWER_WHOLE:
        deliver_answer(filter);
        break;
    case SLO_ANSWER_TOO_LONG:
        stop_asking(filter);
        break;
    case SLO_ANSWER_OVER:
        slo_answer_init(&filter->answer);
        break;
    }
    return used;
}

enum receiver { TO_SERVER, TO_ANSWER, TO_NOBODY };

static enum receiver next_receiver(const struct slogout_filter *filter)
{
    if (filter->is_deaf)
        return TO_NOBODY;
    if (filter->answer.verdict != SLO_ANSWER_UNDECIDED)
        return TO_ANSWER; /* the rest of an answer is never for the server */
    if (filter->blind || !slo_imap_client_at_line(&filter->client))
        return TO_SERVER;
    if (filter->session.state == SLOGOUT_STATE_LEAVING && !filter->client.in_exchange)
        return TO_NOBODY;
    return filter->is_asked ? TO_ANSWER : TO_SERVER;
}

static void from_client(struct slogout_filter *filter, const char *bytes, size_t len)
{
    while (len > 0 && !is_over(filter)) {
        size_t used = len;
        switch (next_receiver(filter)) {
        case TO_SERVER:
            release_answer(filter);
            used = scan_and_pass(filter, bytes, len);
            break;
        case TO_ANSWER:
            used = take_answer(filter, bytes, len);
            break;
        case TO_NOBODY:
            filter->is_deaf = 1;
            break;
        }
        bytes += used;
        len -= used;
    }
}

/* ---- public ---- */

int slogout_filter_new(struct slogout_filter **out, struct slogout *slogout,
                       const struct slogout_filter_callbacks *callbacks, void *conn)
{
    struct slogout_filter_callbacks checked;
    struct slogout_filter *filter;
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
    slo_imap_client_init(&filter->client);
    slo_link_init(&filter->timer.link);
    slogout->closing.expired = expire_close;
    filter->host = checked;
    *out = filter;
    return 0;
}

void slogout_filter_free(struct slogout_filter *filter)
{
    struct slogout *slogout;

    if (!filter)
        return;
    slogout = filter->session.slogout;
    slo_enter(slogout);
    slo_timer_stop(&slogout->closing, &filter->timer);
    filter->is_closing = 0;
    slo_session_free(&filter->session);
    slo_leave(slogout);
}

struct slogout_session *slogout_filter_session(struct slogout_filter *filter)
{
    return filter ? &filter->session : NULL;
}

void slogout_filter_skip_greeting(struct slogout_filter *filter)
{
    if (filter)
        slo_imap_server_skip_greeting(&filter->server);
}

/* Begins a public function. A filter that is freed inside it stays in memory until slo_leave(). */
static int begin_feed(struct slogout_filter *filter, const char *bytes, size_t len, uint64_t now)
{
    int error;

    if (!filter || (!bytes && len > 0))
        return SLOGOUT_ERR_ARGUMENT;
    error = slo_may_call_back(filter->session.slogout, now);
    if (!error)
        slo_enter_at(filter->session.slogout, now);
    return error;
}

/* At the end of file, held octets cannot become an answer, so they are passed. */
int slogout_filter_feed_client(struct slogout_filter *filter, const char *bytes, size_t len, uint64_t now_ms)
{
    const int error = begin_feed(filter, bytes, len, now_ms);
    struct slogout *slogout;

    if (error)
        return error;
    slogout = filter->session.slogout;
    from_client(filter, bytes, len);
    if (len == 0) {
        if (filter->answer.verdict == SLO_ANSWER_UNDECIDED && next_receiver(filter) != TO_NOBODY)
            release_answer(filter);
        slo_session_abandon(&filter->session, SLOGOUT_OUTCOME_PEER_CLOSED);
    }
    slo_leave(slogout);
    return 0;
}

int slogout_filter_feed_server(struct slogout_filter *filter, const char *bytes, size_t len, uint64_t now_ms)
{
    const int error = begin_feed(filter, bytes, len, now_ms);
    struct slogout *slogout;

    if (error)
        return error;
    slogout = filter->session.slogout;
    if (len > 0) {
        from_server(filter, bytes, len);
    } else {
        pass_held(filter);
        end_by_peer(filter);
    }
    slo_leave(slogout);
    return 0;
}

int slogout_filter_between_lines(const struct slogout_filter *filter)
{
    return filter && is_between_lines(filter);
}

enum slogout_blindness slogout_filter_blindness(const struct slogout_filter *filter)
{
    return filter ? filter->blind : SLOGOUT_BLINDNESS_NONE;
}

const char *slogout_filter_user(const struct slogout_filter *filter)
{
    return filter && filter->login.is_settled && filter->login.len > 0 ? filter->login.name : NULL;
}

const char *slogout_filter_blindness_name(enum slogout_blindness blindness)
{
    static const char *const names[] = {"NONE",        "LAYER", "MECHANISM",
                                        "OUT_OF_STEP", "LIMIT", "NOT_UNDERSTOOD"};

    return (unsigned)blindness < SLOGOUT_BLINDNESS_COUNT ? names[blindness] : "UNKNOWN";
}

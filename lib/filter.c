#include <string.h>
#include <slogout/filter.h>
#include "answer.h"
#include "imap_client.h"
#include "imap_server.h"
#include "session.h"
#include "call.h"

#define HELD_MAX 256 /* more than scan_server ever leaves undecided */
#define BYES_MAX 8   /* `* BYE` lines of a client before its answer */

/* A command whose tagged response changes something here. A client waits for these, so one at a time is
 * enough. */
struct watch {
    uint8_t command; /* enum slo_client_command; ORDINARY: none */
    struct slo_token tag;
};

struct filter {
    /* for life */
    struct slogout_session session; /* first: what slogout_session_free() frees */
    struct slo_refusal refusal;     /* second: of the session */
    const struct slogout_filter_callbacks *host;
    /* of the stream */
    struct slo_imap_server server;
    struct slo_imap_client client;
    struct watch watch;
    char held[HELD_MAX]; /* of the server's: what is undecided and not in the host's buffer any more */
    size_t held_len;
    struct slo_answer answer; /* of the client's: the same, and the answer itself */
    unsigned byes;            /* in answer to our LOGOUT */
    unsigned blind : 1;
    unsigned stopped : 1; /* nothing passes any more */
    unsigned parted : 1;  /* the client has been told `* BYE`, or the server asks it to leave */
    unsigned enabled : 1; /* the server has named our capability in an ENABLED response */
    unsigned left : 1;    /* the client has sent a LOGOUT of its own */
};

/* As session.h requires. */
typedef char refusal_follows_session[offsetof(struct filter, refusal) == sizeof(struct slogout_session) ? 1 : -1];

static struct filter *filter_of(struct slogout_session *session)
{
    return slo_container_of(session, struct filter, session);
}

static int is_stopped(const struct filter *filter)
{
    return filter->stopped || filter->session.freed;
}

/* ---- what goes out ---- */

typedef int sink(struct slogout_session *session, const char *bytes, size_t len, void *conn);

static void pass(struct filter *filter, sink *to, const char *bytes, size_t len)
{
    if (len == 0 || is_stopped(filter) || to(&filter->session, bytes, len, filter->session.conn) >= 0)
        return;
    filter->stopped = 1;
    slogout_session_abandon(&filter->session, SLOGOUT_OUTCOME_PEER_CLOSED);
}

static void pass_held(struct filter *filter)
{
    const size_t len = filter->held_len;

    filter->held_len = 0;
    pass(filter, filter->host->to_client, filter->held, len);
}

/* Passes what is decided of the octets from..at, the last that the server's scanner took: where the rest
 * begins. */
static const char *pass_decided(struct filter *filter, const char *from, const char *at)
{
    const size_t fresh = (size_t)(at - from);
    const size_t undecided = filter->server.undecided;

    if (undecided > fresh) /* and what is held is the rest of it */
        return from;
    pass_held(filter);
    pass(filter, filter->host->to_client, from, fresh - undecided);
    return at - undecided;
}

/* The same, but what is undecided is dropped. */
static const char *drop_undecided(struct filter *filter, const char *from, const char *at)
{
    pass_decided(filter, from, at);
    filter->held_len = 0;
    return at;
}

static void hold(struct filter *filter, const char *from, const char *at)
{
    memcpy(filter->held + filter->held_len, from, (size_t)(at - from));
    filter->held_len += (size_t)(at - from);
}

static void go_blind(struct filter *filter)
{
    filter->session.slogout->counts.blind++;
    filter->blind = 1;
    filter->server.undecided = 0;
}

/* ---- the session inside ---- */

static int is_between_lines(const struct filter *filter)
{
    return !filter->blind && !filter->parted && slo_imap_server_between_lines(&filter->server) &&
           !slo_imap_client_waits(&filter->client) && filter->watch.command != LAYER;
}

/* RFC 2177: during IDLE the client waits for anything that the server has to say. */
static int is_at_rest(const struct filter *filter)
{
    const uint64_t open = slo_imap_client_idle(&filter->client) ? 1 : 0;

    return slo_imap_client_at_line(&filter->client) &&
           filter->client.commands - filter->server.completed == open;
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct filter *filter = filter_of(session);
    int result;

    if (!is_between_lines(filter) || (when == SLOGOUT_AT_REST && !is_at_rest(filter)))
        return SLOGOUT_BUSY;
    filter->parted = *line == '*';
    result = filter->host->to_client(session, line, len, conn);
    return result < 0 ? result : 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct filter *filter = filter_of(session);

    filter->stopped = 1;
    filter->host->close_connection(session, result, conn);
}

static const struct slogout_callbacks own_callbacks = {sizeof own_callbacks, send_line, close_connection};

/* ---- from the server ---- */

typedef const char *server_handler(struct filter *filter, const char *from, const char *at);

static const char *on_nothing(struct filter *filter, const char *from, const char *at)
{
    (void)filter;
    (void)at;
    return from;
}

static const char *on_lost(struct filter *filter, const char *from, const char *at)
{
    go_blind(filter);
    return pass_decided(filter, from, at);
}

static const char *on_continuation(struct filter *filter, const char *from, const char *at)
{
    return slo_imap_client_continue(&filter->client) ? from : on_lost(filter, from, at);
}

/* RFC 5161 section 3.1: what has been enabled is told before the tagged OK. */
static const char *enable(struct filter *filter, const char *from, const char *at)
{
    static const char line[] = "* ENABLED " SLOGOUT_CAPABILITY "\r\n";

    slogout_session_set_enabled(&filter->session, 1);
    if (filter->enabled)
        return from;
    from = pass_decided(filter, from, at);
    pass(filter, filter->host->to_client, line, sizeof line - 1);
    return from;
}

static const char *switch_layer(struct filter *filter, const char *from, const char *at)
{
    (void)at;
    go_blind(filter);
    return from;
}

static const char *disable(struct filter *filter, const char *from, const char *at)
{
    (void)at;
    slogout_session_set_enabled(&filter->session, 0);
    return from;
}

/* What the OK to a command that is watched does. */
static server_handler *const on_ok[] = {
    [ORDINARY] = on_nothing,     [IDLE] = on_nothing,
    [AUTHENTICATE] = on_nothing, [SECURE] = switch_layer,
    [ENABLE] = enable,           [LAYER] = switch_layer,
    [UNAUTHENTICATE] = disable,  [CLIENT_LOGOUT] = on_nothing,
};

static const char *on_watched(struct filter *filter, const char *from, const char *at)
{
    const uint8_t command = filter->watch.command;

    filter->watch.command = ORDINARY;
    if (filter->server.ok)
        from = on_ok[command](filter, from, at);
    filter->enabled = 0;
    return from;
}

static const char *on_tagged(struct filter *filter, const char *from, const char *at)
{
    if (filter->server.completed > filter->client.commands)
        return on_lost(filter, from, at);
    slo_imap_client_complete(&filter->client, &filter->server.tag);
    if (filter->watch.command == ORDINARY || !slo_token_same(&filter->watch.tag, &filter->server.tag))
        return from;
    return on_watched(filter, from, at);
}

static const char *on_bye(struct filter *filter, const char *from, const char *at)
{
    (void)at;
    filter->parted = 1;
    slogout_session_abandon(&filter->session,
                            filter->left ? SLOGOUT_OUTCOME_CLIENT_LOGOUT : SLOGOUT_OUTCOME_HOST_CLOSED);
    return from;
}

static int is_asked(const struct filter *filter)
{
    return filter->session.state == SLOGOUT_STATE_ASKED || filter->session.state == SLOGOUT_STATE_LEAVING;
}

/* The server asks. If we have done so, our question stands for both. */
static const char *on_logout(struct filter *filter, const char *from, const char *at)
{
    if (is_asked(filter)) {
        from = drop_undecided(filter, from, at);
        slo_session_resume(&filter->session);
        return from;
    }
    filter->parted = 1;
    slogout_session_abandon(&filter->session, SLOGOUT_OUTCOME_HOST_CLOSED);
    filter->server.undecided = 0;
    return from;
}

static const char *on_capabilities(struct filter *filter, const char *from, const char *at)
{
    static const char word[] = " " SLOGOUT_CAPABILITY;

    from = pass_decided(filter, from, at);
    pass(filter, filter->host->to_client, word, sizeof word - 1);
    return from;
}

static const char *on_enabled(struct filter *filter, const char *from, const char *at)
{
    (void)at;
    filter->enabled = 1;
    return from;
}

static const char *on_line_end(struct filter *filter, const char *from, const char *at)
{
    from = pass_decided(filter, from, at);
    slo_session_resume(&filter->session);
    return from;
}

static server_handler *const on_server[] = {
    [SLO_SERVER_NOTHING] = on_nothing,
    [SLO_SERVER_CONTINUATION] = on_continuation,
    [SLO_SERVER_TAGGED] = on_tagged,
    [SLO_SERVER_LOGOUT] = on_logout,
    [SLO_SERVER_BYE] = on_bye,
    [SLO_SERVER_CAPABILITIES] = on_capabilities,
    [SLO_SERVER_COMPRESSION] = drop_undecided,
    [SLO_SERVER_ENABLED] = on_enabled,
    [SLO_SERVER_LINE_END] = on_line_end,
    [SLO_SERVER_NOT_UNDERSTOOD] = on_lost,
};

static int waits_for_moment(const struct filter *filter)
{
    return filter->session.state == SLOGOUT_STATE_PENDING || filter->session.state == SLOGOUT_STATE_LEAVING;
}

/* Tagged responses that change nothing but their number. */
static uint64_t untold(const struct filter *filter)
{
    if (filter->watch.command != ORDINARY || !slo_imap_client_whole(&filter->client))
        return 0;
    return filter->client.commands - filter->server.completed;
}

static void from_server(struct filter *filter, const char *bytes, size_t len)
{
    const char *from = bytes; /* what is not passed yet */
    const char *at = bytes;   /* what is not scanned yet */
    const char *const end = bytes + len;

    while (at < end && !filter->blind && !is_stopped(filter)) {
        filter->server.untold = untold(filter);
        at += slo_imap_server_feed(&filter->server, at, (size_t)(end - at), waits_for_moment(filter));
        from = on_server[filter->server.event](filter, from, at);
    }
    if (is_stopped(filter))
        return;
    from = pass_decided(filter, from, end);
    hold(filter, from, end);
}

/* ---- from the client ---- */

/* What the answer to it will change is remembered; two at once are too much to follow. */
static void watch(struct filter *filter)
{
    const uint8_t command = filter->client.command;

    if (command == CLIENT_LOGOUT)
        filter->left = 1;
    if (on_ok[command] == on_nothing)
        return;
    if (filter->watch.command != ORDINARY)
        go_blind(filter);
    filter->watch.command = command;
    filter->watch.tag = filter->client.tag;
}

static void on_client(struct filter *filter)
{
    if (filter->client.event == SLO_CLIENT_COMMAND)
        watch(filter);
    if (filter->client.event == SLO_CLIENT_NOT_UNDERSTOOD)
        go_blind(filter);
}

static int is_watched_closely(const struct filter *filter)
{
    return waits_for_moment(filter) || filter->session.state == SLOGOUT_STATE_ASKED;
}

/* Passes octets up to where an answer may begin, or all of them: how many. */
static size_t pass_to_server(struct filter *filter, const char *bytes, size_t len)
{
    const int closely = is_watched_closely(filter);
    size_t used = 0;

    while (used < len && !filter->blind) {
        used += slo_imap_client_feed(&filter->client, bytes + used, len - used, closely);
        on_client(filter);
        if (closely && slo_imap_client_at_line(&filter->client))
            break;
    }
    if (filter->blind)
        used = len;
    pass(filter, filter->host->to_server, bytes, used);
    slo_session_resume(&filter->session);
    return used;
}

/* The beginning of an answer that is none after all. */
static void pass_answer(struct filter *filter)
{
    const size_t len = filter->answer.len;

    filter->answer.len = 0;
    pass_to_server(filter, filter->answer.line, len);
}

static void refuse(struct filter *filter, const char *tag)
{
    const struct slogout_response response = {
        .status = SLOGOUT_STATUS_BAD, .tag = tag, .tag_len = strlen(tag), .text = ""};

    slo_session_feed_response(&filter->session, &response);
}

static void hear(struct filter *filter, const char *tag)
{
    struct slogout_response response = {.status = SLOGOUT_STATUS_BYE};

    slogout_response_parse(&response, filter->answer.line, filter->answer.len); /* it is one */
    if (response.status == SLOGOUT_STATUS_BYE && filter->byes++ >= BYES_MAX)
        refuse(filter, tag);
    else
        slo_session_feed_response(&filter->session, &response);
}

/* The client's line may be an answer: how many octets of it were taken. */
static size_t take_answer(struct filter *filter, const char *bytes, size_t len)
{
    char tag[SLOGOUT_TAG_SIZE];
    size_t used;

    slo_session_tag(&filter->session, tag);
    used = slo_answer_feed(&filter->answer, tag, bytes, len);
    if (filter->answer.verdict == SLO_ANSWER_NONE)
        pass_answer(filter);
    if (filter->answer.verdict == SLO_ANSWER_TOO_LONG)
        refuse(filter, tag);
    if (filter->answer.verdict == SLO_ANSWER_WHOLE)
        hear(filter, tag);
    if (filter->answer.verdict == SLO_ANSWER_WHOLE || filter->answer.verdict == SLO_ANSWER_NONE)
        slo_answer_init(&filter->answer);
    return used;
}

/* An answer has begun: the rest of its line is nobody else's, whatever becomes of the session meanwhile. */
static int is_eating(const struct filter *filter)
{
    return filter->answer.verdict != SLO_ANSWER_UNDECIDED;
}

static int is_at_line(const struct filter *filter)
{
    return !filter->blind && slo_imap_client_at_line(&filter->client);
}

/* How many octets were taken and not passed. What begins while the session is leaving is not run any more. */
static size_t take(struct filter *filter, const char *bytes, size_t len)
{
    if (is_eating(filter))
        return take_answer(filter, bytes, len);
    if (is_at_line(filter) && filter->session.state == SLOGOUT_STATE_LEAVING)
        return len;
    if (is_at_line(filter) && filter->session.state == SLOGOUT_STATE_ASKED)
        return take_answer(filter, bytes, len);
    pass_answer(filter);
    return 0;
}

static void from_client(struct filter *filter, const char *bytes, size_t len)
{
    while (len > 0 && !is_stopped(filter)) {
        size_t used = take(filter, bytes, len);
        if (used == 0)
            used = pass_to_server(filter, bytes, len);
        bytes += used;
        len -= used;
    }
}

/* ---- public ---- */

static int check_callbacks(const struct slogout_filter_callbacks *from)
{
    struct slogout_filter_callbacks checked;
    const int error = slo_copy_sized(&checked, sizeof checked, from);

    if (error)
        return error;
    return checked.to_client && checked.to_server && checked.close_connection ? 0 : SLOGOUT_ERR_ARGUMENT;
}

int slogout_filter_new(struct slogout_session **out, struct slogout *slogout,
                       const struct slogout_filter_callbacks *callbacks, void *conn)
{
    struct filter *filter;
    const int error = out && slogout && callbacks ? check_callbacks(callbacks) : SLOGOUT_ERR_ARGUMENT;

    if (error)
        return error;
    filter = slo_allocate(slogout, sizeof *filter);
    if (!filter)
        return SLOGOUT_ERR_NOMEM;
    slo_session_init(&filter->session, slogout, &own_callbacks, conn);
    filter->host = callbacks;
    *out = &filter->session;
    return 0;
}

static int is_filter(const struct slogout_session *session)
{
    return session && session->callbacks == &own_callbacks;
}

/* At the end of file; what was held back can become nothing else any more. */
static void end_client(struct filter *filter)
{
    if (!is_eating(filter))
        pass_answer(filter);
    slogout_session_abandon(&filter->session, SLOGOUT_OUTCOME_PEER_CLOSED);
}

static void end_server(struct filter *filter)
{
    pass_held(filter);
    slogout_session_abandon(&filter->session, SLOGOUT_OUTCOME_PEER_CLOSED);
}

/* One side's octets, or its end of file. The filter stays in memory until the end of the outermost call. */
static int feed(struct slogout_session *session, const char *bytes, size_t len, uint64_t now,
                void (*from)(struct filter *filter, const char *bytes, size_t len),
                void (*end)(struct filter *filter))
{
    struct slogout *slogout;
    int error;

    if (!is_filter(session) || (!bytes && len > 0))
        return SLOGOUT_ERR_ARGUMENT;
    slogout = session->slogout;
    error = slo_enter_at(slogout, now);
    if (error)
        return error;
    if (len > 0)
        from(filter_of(session), bytes, len);
    else
        end(filter_of(session));
    slo_leave(slogout);
    return 0;
}

int slogout_filter_feed_client(struct slogout_session *session, const char *bytes, size_t len,
                               uint64_t now_ms)
{
    return feed(session, bytes, len, now_ms, from_client, end_client);
}

int slogout_filter_feed_server(struct slogout_session *session, const char *bytes, size_t len,
                               uint64_t now_ms)
{
    return feed(session, bytes, len, now_ms, from_server, end_server);
}

int slogout_filter_restart(struct slogout_session *session)
{
    struct filter *filter;

    if (!is_filter(session))
        return SLOGOUT_ERR_ARGUMENT;
    filter = filter_of(session);
    slo_imap_server_init(&filter->server);
    filter->server.greeted = 1;
    slo_imap_client_init(&filter->client);
    filter->watch.command = ORDINARY;
    filter->held_len = 0;
    slo_answer_init(&filter->answer);
    filter->blind = 0;
    filter->enabled = 0;
    return 0;
}

int slogout_filter_between_lines(const struct slogout_session *session)
{
    if (!is_filter(session))
        return 0;
    return is_between_lines((const struct filter *)(const void *)session);
}

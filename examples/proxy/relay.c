/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <slogout/filter.h>
#include <slogout/host.h>
#include "log.h"
#include "loop.h"
#include "outcome.h"
#include "proxy_header.h"
#include "relay.h"

#define HEADER_TIMEOUT   5000  /* milliseconds until the PROXY header must have arrived */
#define CONNECT_TIMEOUT  10000 /* until the server must have accepted; shared by its addresses */
#define GREETING_TIMEOUT 60000 /* from then until the greeting of the server */
#define PART_TIMEOUT     60000 /* from a BYE of the server, or an end of file, to the close */
#define READS            4     /* from one side in one turn, so that no connection starves */
#define A_DAY            86400000

enum { CLIENT, SERVER };

static const char *const names[] = {"client", "server"};

enum relay_state {
    HEADER, /* the PROXY header has not arrived yet */
    CONNECTING,
    RELAYING,
    PARTING, /* the session has ended by itself; octets still pass until the deadline */
    CLOSING  /* the streams are closing */
};

struct relay {
    struct peer peer; /* first; its session is the filter's */
    struct slogout_filter *filter;
    struct relay_settings *settings;
    enum relay_state state;
    unsigned is_greeted : 1;           /* the server has sent something */
    unsigned is_logged : 1;            /* the end of the session is in the log */
    unsigned is_cut_off : 1;           /* the session ended inside a line or a literal, or blind */
    unsigned char ended[PEER_STREAMS]; /* the end of file of that side has been fed to the filter */
    signed char server;                /* its place in settings->servers; -1: none */
    unsigned short header_len;
    uint32_t tried;             /* places of servers that have failed, as bits */
    struct sockaddr_in6 client; /* its address, or a sockaddr_in */
    char *header;      /* the received part of the PROXY header, then the header to send; NULL: none */
    char *text;        /* of a request; NULL: the usual one */
    uint64_t deadline; /* UINT64_MAX: none; not used while CLOSING */
    uint64_t octets[PEER_STREAMS]; /* from each side */
    struct stream streams[PEER_STREAMS];
};

static struct relay *relay_of(struct peer *peer)
{
    return (struct relay *)(void *)peer;
}

/* ---- the end ---- */

static void drop_header(struct relay *relay)
{
    free(relay->header);
    relay->header = NULL;
    relay->header_len = 0;
}

static void close_streams(struct relay *relay, uint64_t now)
{
    relay->state = CLOSING;
    drop_header(relay);
    stream_close(&relay->streams[CLIENT], now);
    if (relay->peer.streams[SERVER])
        stream_close(&relay->streams[SERVER], now);
    loop_touch(&relay->peer);
}

static void note_end(struct relay *relay, const char *by, const struct slogout_counts *before, uint64_t now)
{
    if (relay->is_logged)
        return;
    relay->is_logged = 1;
    outcome_log_change(relay->peer.number, slogout_filter_user(relay->filter), now - relay->peer.begun_ms, by,
                       before, slogout_get_counts(relay->peer.slogout));
}

/* Ends the session without slogout. */
static void abandon(struct relay *relay, const char *by, uint64_t now)
{
    const struct slogout_counts before = *slogout_get_counts(relay->peer.slogout);

    slogout_session_abandon(relay->peer.session, SLOGOUT_OUTCOME_PEER_CLOSED);
    note_end(relay, by, &before, now);
}

/* Closes, after `* BYE` if a line may be sent now (RFC 3501 section 3.4). The greeting may be `* BYE`. */
static void say_bye(struct relay *relay, const char *by, const char *line, uint64_t now)
{
    const int may = !relay->is_greeted || slogout_filter_between_lines(relay->filter);

    if (relay->state == CLOSING)
        return;
    abandon(relay, by, now);
    if (may)
        stream_put(&relay->streams[CLIENT], line, strlen(line));
    close_streams(relay, now);
}

static const char shutting_down[] = "* BYE Server is closing the connection\r\n";

/* ---- slogout's callbacks ---- */

/* The filter passes slices of the octets that it is fed, which are lent, and octets of its own, which are copied. */
static int queue_for(struct relay *relay, unsigned side, const char *octets, size_t len)
{
    struct stream *stream = &relay->streams[side];
    const char *transit = relay->settings->transit;

    loop_touch(&relay->peer);
    if (octets >= transit && octets < transit + RELAY_READ)
        return stream_lend(stream, octets, len);
    return stream_put(stream, octets, len);
}

static int to_client(struct slogout_filter *filter, const char *octets, size_t len, void *conn)
{
    (void)filter;
    return queue_for(conn, CLIENT, octets, len);
}

static int to_server(struct slogout_filter *filter, const char *octets, size_t len, void *conn)
{
    (void)filter;
    return queue_for(conn, SERVER, octets, len);
}

static void close_connection(struct slogout_filter *filter, const struct slogout_result *result, void *conn)
{
    struct relay *relay = conn;
    const uint64_t now = slogout_now_ms();

    outcome_log(relay->peer.number, slogout_filter_user(filter), now - relay->peer.begun_ms, result);
    relay->is_logged = 1;
    relay->is_cut_off = relay->is_greeted && !result->bye_sent &&
                        result->outcome != SLOGOUT_OUTCOME_ANSWERED &&
                        !slogout_filter_between_lines(relay->filter);
    if (!relay->is_greeted)
        stream_put(&relay->streams[CLIENT], shutting_down, sizeof shutting_down - 1);
    close_streams(relay, now);
}

static const struct slogout_filter_callbacks callbacks = {
    .size = sizeof callbacks,
    .to_client = to_client,
    .to_server = to_server,
    .close_connection = close_connection,
};

/* ---- connecting ---- */

static void give_up_connecting(struct relay *relay, uint64_t now)
{
    relay->settings->failures++;
    say_bye(relay, "server", "* BYE [UNAVAILABLE] The mail server cannot be reached\r\n", now);
}

/* Notes that the server has failed, and no longer counts the client there. */
static void fail(struct relay *relay, const char *why, uint64_t now)
{
    struct servers *servers = &relay->settings->servers;
    char text[ADDRESS_SIZE];

    address_print(&servers->at[relay->server].address, text);
    log_line("connection=%" PRIu64 " server=%s failed: %s", relay->peer.number, text, why);
    servers_fail(servers, relay->server, now);
    relay->tried |= UINT32_C(1) << relay->server;
    relay->server = -1;
}

/* Tries servers until one does not fail at once. */
static void begin_to_connect(struct relay *relay, uint64_t now)
{
    struct servers *servers = &relay->settings->servers;

    relay->state = CONNECTING;
    while ((relay->server = (signed char)servers_take(servers, relay->tried, now)) >= 0) {
        const int fd =
            address_begin_connect(&servers->at[relay->server].address, servers->at[relay->server].len,
                                  &relay->settings->sources, relay->peer.number);
        if (fd >= 0) {
            stream_init(&relay->streams[SERVER], fd, &relay->peer);
            relay->peer.streams[SERVER] = &relay->streams[SERVER];
            relay->deadline = now + CONNECT_TIMEOUT / servers_count(servers);
            return;
        }
        fail(relay, strerror(errno), now);
    }
    give_up_connecting(relay, now);
}

/* Replaces the socket with a socket for another server. */
static void try_next_server(struct relay *relay, const char *why, uint64_t now)
{
    fail(relay, why, now);
    loop_unwatch(&relay->peer, SERVER);
    stream_free(&relay->streams[SERVER]);
    relay->peer.streams[SERVER] = NULL;
    begin_to_connect(relay, now);
}

static void begin_to_relay(struct relay *relay, uint64_t now)
{
    relay->state = RELAYING;
    relay->deadline = now + GREETING_TIMEOUT;
    if (relay->header)
        stream_put(&relay->streams[SERVER], relay->header, relay->header_len);
}

/* If no header must be sent, the first event of a connection is the greeting or a failure. */
static void finish_to_connect(struct relay *relay, uint64_t now)
{
    struct stream *stream = &relay->streams[SERVER];
    int error = 0;
    socklen_t len = sizeof error;

    if (stream->ready & POLLER_FAILED && getsockopt(stream->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    if (error)
        try_next_server(relay, strerror(error), now);
    else
        begin_to_relay(relay, now);
}

static int is_connected(const struct relay *relay)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;

    return getpeername(relay->streams[SERVER].watch.fd, (struct sockaddr *)&address, &len) == 0;
}

/* ---- the PROXY header ---- */

static void print_client(const struct relay *relay, char text[ADDRESS_SIZE])
{
    struct sockaddr_storage client = {.ss_family = AF_UNSPEC};

    memcpy(&client, &relay->client, sizeof relay->client);
    address_print(&client, text);
}

static void log_client(const struct relay *relay)
{
    char text[ADDRESS_SIZE];

    print_client(relay, text);
    log_detail("connection=%" PRIu64 " client=%s", relay->peer.number, text);
}

/* Replaces the received header with the header to be sent. Returns 0, or -1 if there is no memory. */
static int keep_header(struct relay *relay, const struct proxy_header *header)
{
    char octets[PROXY_HEADER_MAX];
    size_t len = 0;

    if (relay->settings->send_header != RELAY_NO_HEADER)
        len = proxy_header_write(header, relay->settings->send_header, octets);
    drop_header(relay);
    if (len == 0)
        return 0;
    relay->header = malloc(len);
    if (!relay->header)
        return -1;
    memcpy(relay->header, octets, len);
    relay->header_len = (unsigned short)len;
    return 0;
}

/* Fills in the addresses of the socket, if they must be sent. */
static void complete_header(const struct relay *relay, struct proxy_header *header)
{
    socklen_t len = sizeof header->destination;

    memcpy(&header->source, &relay->client, sizeof relay->client);
    if (getsockname(relay->streams[CLIENT].watch.fd, (struct sockaddr *)&header->destination, &len) < 0)
        return;
    address_unmap(&header->destination);
    header->is_known = header->source.ss_family == header->destination.ss_family;
}

/* Begins to connect, now that the client's address is known. */
static void begin_with(struct relay *relay, struct proxy_header *header, uint64_t now)
{
    if (header->is_known)
        memcpy(&relay->client, &header->source, sizeof relay->client);
    else if (relay->settings->send_header != RELAY_NO_HEADER)
        complete_header(relay, header);
    log_client(relay);
    if (keep_header(relay, header) < 0)
        give_up_connecting(relay, now);
    else
        begin_to_connect(relay, now);
}

/* Closes without a message, because the peer is not the expected proxy. */
static void refuse_header(struct relay *relay, const char *why, uint64_t now)
{
    char text[ADDRESS_SIZE];

    print_client(relay, text);
    log_line("connection=%" PRIu64 " client=%s refused: %s", relay->peer.number, text, why);
    relay->settings->refused++;
    abandon(relay, "proxy", now);
    close_streams(relay, now);
}

/* Reads and drops octets that are in the socket. Returns 0, or -1 if the socket fails. */
static int take(struct relay *relay, size_t len)
{
    while (len > 0) {
        const ssize_t got = recv(relay->streams[CLIENT].watch.fd, relay->settings->transit, len, 0);
        if (got > 0)
            len -= (size_t)got;
        else if (got == 0 || (errno != EINTR && errno != EAGAIN))
            return -1;
    }
    return 0;
}

/* Peeks at the octets first, so that the octets after the header remain in the socket. */
static void read_header(struct relay *relay, uint64_t now)
{
    struct stream *stream = &relay->streams[CLIENT];
    const size_t before = relay->header_len;
    const size_t room = PROXY_HEADER_MAX - before;
    char *transit = relay->settings->transit;
    struct proxy_header header;
    const ssize_t got = recv(stream->watch.fd, transit, room, MSG_PEEK);
    int len;

    if (got <= 0) {
        stream_read(stream, transit, room); /* notes an end of file or an error */
        if (stream->input_ended || stream->state == STREAM_OVER) {
            relay->is_logged = before == 0; /* a health check is not logged */
            abandon(relay, "client", now);
            close_streams(relay, now);
        }
        return;
    }
    if (!relay->header && !(relay->header = malloc(PROXY_HEADER_MAX))) {
        refuse_header(relay, "out of memory", now);
        return;
    }
    memcpy(relay->header + before, transit, (size_t)got);
    relay->header_len = (unsigned short)(before + (size_t)got);
    len = proxy_header_read(&header, relay->header, relay->header_len);
    if (len < 0 || (len == 0 && relay->header_len == PROXY_HEADER_MAX)) {
        refuse_header(relay, "the PROXY header is missing or malformed", now);
        return;
    }
    if (take(relay, len ? (size_t)len - before : (size_t)got) < 0)
        refuse_header(relay, "the connection has failed", now);
    else if (len > 0)
        begin_with(relay, &header, now);
}

/* ---- life ---- */

struct peer *relay_new(int fd, const struct sockaddr_storage *client, struct relay_settings *settings,
                       struct slogout *slogout, uint64_t number, uint64_t now)
{
    struct relay *relay = calloc(1, sizeof *relay);
    struct proxy_header unknown = {.is_known = 0};

    if (!relay)
        return NULL;
    if (slogout_filter_new(&relay->filter, slogout, &callbacks, relay) < 0) {
        free(relay);
        return NULL;
    }
    stream_init(&relay->streams[CLIENT], fd, &relay->peer);
    relay->settings = settings;
    relay->peer.session = slogout_filter_session(relay->filter);
    relay->peer.slogout = slogout;
    relay->peer.number = number;
    relay->peer.begun_ms = now;
    relay->peer.streams[CLIENT] = &relay->streams[CLIENT];
    relay->server = -1;
    memcpy(&relay->client, client, sizeof relay->client);
    relay->deadline = now + HEADER_TIMEOUT;
    if (!settings->accept_header)
        begin_with(relay, &unknown, now);
    return &relay->peer;
}

void relay_free(struct peer *peer)
{
    struct relay *relay = relay_of(peer);

    abandon(relay, "proxy", slogout_now_ms());
    slogout_filter_free(relay->filter);
    if (relay->server >= 0)
        servers_release(&relay->settings->servers, relay->server);
    drop_header(relay);
    stream_free(&relay->streams[CLIENT]);
    if (peer->streams[SERVER])
        stream_free(&relay->streams[SERVER]);
    free(relay->text);
    free(relay);
}

/* ---- relaying ---- */

/* The session ends by itself at a BYE of the server and at an end of file. The octets continue to pass. */
static void begin_to_part(struct relay *relay, uint64_t now)
{
    if (relay->state != RELAYING)
        return;
    relay->state = PARTING;
    relay->deadline = now + PART_TIMEOUT;
}

typedef int feeder(struct slogout_filter *filter, const char *octets, size_t len, uint64_t now);

static feeder *const feeders[PEER_STREAMS] = {
    [CLIENT] = slogout_filter_feed_client,
    [SERVER] = slogout_filter_feed_server,
};

static void note_blindness(const struct relay *relay, unsigned from)
{
    const enum slogout_blindness why = slogout_filter_blindness(relay->filter);

    relay->settings->blind[why]++;
    log_line("connection=%" PRIu64 " blind=%s by=%s", relay->peer.number, slogout_filter_blindness_name(why),
             names[from]);
}

/* After the client's OK, close_connection() follows, when the last response has passed. */
static int has_ended_by_itself(const struct relay *relay)
{
    struct slogout_result result = {.size = sizeof result};

    if (slogout_session_state(relay->peer.session) != SLOGOUT_STATE_ENDED)
        return 0;
    return slogout_session_get_result(relay->peer.session, &result) < 0 ||
           result.outcome != SLOGOUT_OUTCOME_ANSWERED;
}

/* Feeds the filter, and logs if that ends the session or makes the filter blind. */
static void feed(struct relay *relay, unsigned from, const char *octets, size_t len, uint64_t now)
{
    const struct slogout_counts *counts = slogout_get_counts(relay->peer.slogout);
    const struct slogout_counts before = *counts;

    feeders[from](relay->filter, octets, len, now);
    if (counts->blind != before.blind)
        note_blindness(relay, from);
    if (relay->state == CLOSING || !has_ended_by_itself(relay))
        return;
    note_end(relay, names[from], &before, now);
    begin_to_part(relay, now);
}

static void note_greeting(struct relay *relay)
{
    relay->is_greeted = 1;
    drop_header(relay);
    if (relay->state == RELAYING)
        relay->deadline = UINT64_MAX;
}

/* Passes the octets that one side has sent, as long as the other side accepts them at once. */
static void pass(struct relay *relay, unsigned from, uint64_t now)
{
    struct stream *source = &relay->streams[from];
    struct stream *sink = &relay->streams[!from];
    int left = READS;
    size_t len;

    if (stream_has_output(sink)) {
        stream_flush(sink);
        stream_note(source, POLLER_IN); /* input may have waited for this */
    }
    while (left-- > 0 && !stream_has_output(sink) && relay->state != CLOSING &&
           (len = stream_read(source, relay->settings->transit, RELAY_READ)) > 0) {
        if (from == SERVER && !relay->is_greeted)
            note_greeting(relay);
        relay->octets[from] += len;
        feed(relay, from, relay->settings->transit, len, now);
        stream_flush(sink);
        if (from == CLIENT && !slogout_filter_user(relay->filter))
            memset(relay->settings->transit, 0, len); /* there may be a password in it */
        stream_flush(source);                         /* the filter may have written a line */
    }
}

/* Reads the octets that a side sent before a write to it failed, because a server often says why it closes. */
static void hear_last_words(struct relay *relay, uint64_t now)
{
    unsigned side;

    for (side = 0; side < PEER_STREAMS; side++)
        if (relay->streams[side].is_broken) {
            stream_note(&relay->streams[side], POLLER_IN);
            pass(relay, side, now);
        }
}

/* Returns 1 if this side sends no more. */
static int has_ended(const struct stream *stream)
{
    return stream->input_ended || stream->state == STREAM_OVER;
}

static void end_client(struct relay *relay, uint64_t now)
{
    if (relay->streams[CLIENT].state == STREAM_OVER) {
        close_streams(relay, now);
        return;
    }
    stream_flush(&relay->streams[SERVER]); /* the filter may have released octets that it held */
    if (!stream_has_output(&relay->streams[SERVER]) && !relay->streams[SERVER].is_shut)
        stream_shut(&relay->streams[SERVER]);
}

static void end_server(struct relay *relay, uint64_t now)
{
    say_bye(relay, "server", "* BYE [UNAVAILABLE] The mail server has closed the connection\r\n", now);
}

/* Another server would not receive the octets that the client has already sent. */
static void end_ungreeted(struct relay *relay, uint64_t now)
{
    static const char why[] = "the connection has ended before the greeting";

    if (relay->octets[CLIENT] == 0) {
        try_next_server(relay, why, now);
        return;
    }
    fail(relay, why, now);
    give_up_connecting(relay, now);
}

/* Feeds an end of file to the filter once, and passes it on. A client may shut down its side and continue to read. */
static void end(struct relay *relay, unsigned side, uint64_t now)
{
    if (relay->state == CLOSING || !has_ended(&relay->streams[side]))
        return;
    if (side == SERVER && relay->state == RELAYING && !relay->is_greeted) {
        end_ungreeted(relay, now);
        return;
    }
    if (!relay->ended[side]) {
        relay->ended[side] = 1;
        feed(relay, side, NULL, 0, now);
    }
    if (relay->state == CLOSING)
        return;
    if (side == CLIENT)
        end_client(relay, now);
    else
        end_server(relay, now);
}

static void time_out(struct relay *relay, uint64_t now)
{
    if (relay->state == HEADER) {
        refuse_header(relay, "no PROXY header in time", now);
        return;
    }
    if (relay->state == CONNECTING && is_connected(relay)) {
        begin_to_relay(relay, now);
        return;
    }
    if (relay->state == CONNECTING) {
        try_next_server(relay, strerror(ETIMEDOUT), now);
        return;
    }
    if (!relay->is_greeted) {
        relay->settings->failures++;
        fail(relay, strerror(ETIMEDOUT), now);
    }
    say_bye(relay, "proxy", "* BYE [UNAVAILABLE] The mail server does not answer\r\n", now);
}

static int reads(const struct relay *relay, unsigned side)
{
    if (relay->state == HEADER)
        return 1;
    return (relay->state == RELAYING || relay->state == PARTING) &&
           !stream_has_output(&relay->streams[!side]);
}

void relay_serve(struct peer *peer, uint64_t now)
{
    struct relay *relay = relay_of(peer);
    unsigned side;

    if (relay->state == CONNECTING && relay->streams[SERVER].ready)
        finish_to_connect(relay, now);
    for (side = 0; side < PEER_STREAMS; side++)
        if (peer->streams[side] && !(relay->state == CONNECTING && side == SERVER))
            stream_serve(peer->streams[side], reads(relay, side));
    if (relay->state == HEADER && relay->streams[CLIENT].ready)
        read_header(relay, now);
    if (relay->state == RELAYING || relay->state == PARTING) {
        pass(relay, SERVER, now);
        pass(relay, CLIENT, now);
        hear_last_words(relay, now);
        end(relay, CLIENT, now);
        end(relay, SERVER, now);
    }
    if (relay->state != CLOSING && now >= relay->deadline)
        time_out(relay, now);
}

/* ---- the loop's questions ---- */

/* A socket that has connected is writable. */
unsigned relay_wants(const struct peer *peer, unsigned side)
{
    const struct relay *relay = (const struct relay *)(const void *)peer;

    if (relay->state == CONNECTING && side == SERVER)
        return relay->header ? POLLER_OUT : POLLER_IN;
    return stream_wants(&relay->streams[side], reads(relay, side));
}

static uint64_t closing_deadline(const struct stream *stream)
{
    return !stream || stream->state == STREAM_OVER ? UINT64_MAX : stream_deadline(stream);
}

uint64_t relay_deadline(const struct peer *peer)
{
    const struct relay *relay = (const struct relay *)(const void *)peer;
    const uint64_t client = closing_deadline(peer->streams[CLIENT]);
    const uint64_t server = closing_deadline(peer->streams[SERVER]);

    if (relay->state != CLOSING)
        return relay->deadline;
    return client < server ? client : server;
}

int relay_is_over(const struct peer *peer, uint64_t now)
{
    const struct relay *relay = (const struct relay *)(const void *)peer;

    if (relay->state != CLOSING || !stream_is_over(&relay->streams[CLIENT], now))
        return 0;
    return !peer->streams[SERVER] || stream_is_over(&relay->streams[SERVER], now);
}

/* Output is left when the client has not read it within the time of a close. */
int relay_is_cut_off(const struct peer *peer)
{
    const struct relay *relay = (const struct relay *)(const void *)peer;

    return relay->state != CLOSING || relay->is_cut_off || stream_has_output(&relay->streams[CLIENT]);
}

/* A session that ended by itself is in no drain. */
void relay_hurry(struct peer *peer, uint64_t now)
{
    struct relay *relay = relay_of(peer);

    if (relay->state == PARTING)
        say_bye(relay, "proxy", shutting_down, now);
}

/* ---- for the operator ---- */

/* Replaces the text of an earlier request, which was canceled. Returns 0 if there is no memory. */
static int keep_text(struct relay *relay, const char *text)
{
    const size_t size = text ? strlen(text) + 1 : 0;

    free(relay->text);
    relay->text = text ? malloc(size) : NULL;
    if (relay->text)
        memcpy(relay->text, text, size);
    return !text || relay->text;
}

static int leave(struct relay *relay, uint32_t spread_ms, uint64_t now)
{
    const struct slogout_departure departure = {.size = sizeof departure,
                                                .spread_ms = spread_ms,
                                                .seed = (uint32_t)(relay->peer.number + now),
                                                .bye_text = relay->text};

    return slogout_session_leave(relay->peer.session, &departure, now) == 0;
}

/* The text of a session cannot be changed, so an earlier request is canceled if it has not been sent. */
int relay_ask(struct peer *peer, const char *text, uint32_t spread_ms, uint64_t now)
{
    struct relay *relay = relay_of(peer);

    if (slogout_session_state(peer->session) == SLOGOUT_STATE_WAITING)
        slogout_session_cancel(peer->session);
    if (slogout_session_state(peer->session) != SLOGOUT_STATE_OPEN || !keep_text(relay, text))
        return 0;
    return leave(relay, spread_ms, now);
}

/* A session keeps the text of its first request, so it is requested to leave with this text before it is forced. In the
 * drain of all clients, sessions keep the usual text. */
int relay_tell(struct peer *peer, const char *text, uint64_t now)
{
    struct relay *relay = relay_of(peer);

    if (slogout_session_state(peer->session) == SLOGOUT_STATE_ENDED)
        return 0;
    if (text && !peer->loop->is_leaving && slogout_session_cancel(peer->session) == 0 &&
        (!keep_text(relay, text) || !leave(relay, A_DAY, now)))
        return 0;
    return slogout_session_force(peer->session, now) == 0;
}

void relay_view(const struct peer *peer, struct relay_view *view)
{
    const struct relay *relay = (const struct relay *)(const void *)peer;
    const struct relay_view empty = {.user = slogout_filter_user(relay->filter)};

    *view = empty;
    memcpy(&view->client, &relay->client, sizeof relay->client);
    view->blind = slogout_filter_blindness(relay->filter);
    view->has_server = relay->state != HEADER && relay->state != CONNECTING;
    memcpy(view->octets, relay->octets, sizeof view->octets);
}

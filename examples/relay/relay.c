#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <slogout/filter.h>
#include "common/address.h"
#include "common/now.h"
#include "common/outcome.h"
#include "relay/relay.h"

#define CONNECT_TIMEOUT 10000 /* milliseconds until the server must have taken the connection */
#define PART_TIMEOUT    60000 /* from a goodbye of the server's, or an end of file, to the end */

enum { CLIENT, SERVER };

enum relay_state {
    CONNECTING,
    RELAYING,
    PARTING, /* the session is over without us, the octets still flow, until the deadline */
    CLOSING  /* the streams are closing */
};

struct relay {
    struct peer peer; /* first */
    enum relay_state state;
    uint64_t deadline;          /* UINT64_MAX: none; CLOSING: that of the streams counts */
    int is_greeted;             /* the server has sent something */
    int ended[SERVICE_STREAMS]; /* the filter has been told that side's end of file */
    struct stream streams[SERVICE_STREAMS];
};

static struct relay *relay_of(struct peer *peer)
{
    return (struct relay *)(void *)peer;
}

/* ---- the end ---- */

static void close_streams(struct relay *relay, uint64_t now)
{
    relay->state = CLOSING;
    stream_close(&relay->streams[CLIENT], now);
    if (relay->peer.streams[SERVER])
        stream_close(&relay->streams[SERVER], now);
}

/* Ends a session that slogout does not end. */
static void abandon(struct relay *relay, enum slogout_outcome why)
{
    const struct slogout_counts *counts = slogout_counts(relay->peer.slogout);
    const struct slogout_counts before = *counts;

    slogout_session_abandon(relay->peer.session, why);
    outcome_log_change(relay->peer.number, &before, counts);
}

/* RFC 3501 section 3.4: no close without the reason, where a line can stand. A greeting may be a BYE. */
static void say_goodbye(struct relay *relay, const char *line, uint64_t now)
{
    const int may = !relay->is_greeted || slogout_filter_between_lines(relay->peer.session);

    if (relay->state == CLOSING)
        return;
    abandon(relay, SLOGOUT_OUTCOME_PEER_CLOSED);
    if (may)
        stream_put(&relay->streams[CLIENT], line, strlen(line));
    close_streams(relay, now);
}

/* ---- slogout's callbacks ---- */

static int to_client(struct slogout_session *session, const char *octets, size_t len, void *conn)
{
    struct relay *relay = conn;

    (void)session;
    return stream_put(&relay->streams[CLIENT], octets, len);
}

static int to_server(struct slogout_session *session, const char *octets, size_t len, void *conn)
{
    struct relay *relay = conn;

    (void)session;
    return stream_put(&relay->streams[SERVER], octets, len);
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct relay *relay = conn;

    (void)session;
    outcome_log(relay->peer.number, result);
    close_streams(relay, now_ms());
}

static const struct slogout_filter_callbacks callbacks = {
    .size = sizeof callbacks,
    .to_client = to_client,
    .to_server = to_server,
    .close_connection = close_connection,
};

/* ---- life ---- */

/* A failure that shows at once is told to the client as one that shows later is. */
static void begin_to_connect(struct relay *relay, const char *address)
{
    const int fd = address_begin_connect(address);

    if (fd < 0 || stream_init(&relay->streams[SERVER], fd) < 0) {
        if (fd >= 0)
            close(fd);
        say_goodbye(relay, "* BYE [UNAVAILABLE] The mail server cannot be reached\r\n", now_ms());
        return;
    }
    relay->peer.streams[SERVER] = &relay->streams[SERVER];
    relay->deadline = now_ms() + CONNECT_TIMEOUT;
}

struct peer *relay_new(int fd, const char *server_address, struct slogout *slogout, uint64_t number)
{
    struct relay *relay = calloc(1, sizeof *relay);

    if (!relay)
        return NULL;
    if (slogout_filter_new(&relay->peer.session, slogout, &callbacks, relay) < 0 ||
        stream_init(&relay->streams[CLIENT], fd) < 0) {
        slogout_session_free(relay->peer.session);
        free(relay);
        return NULL;
    }
    relay->peer.slogout = slogout;
    relay->peer.number = number;
    relay->peer.streams[CLIENT] = &relay->streams[CLIENT];
    relay->deadline = UINT64_MAX;
    begin_to_connect(relay, server_address);
    return &relay->peer;
}

void relay_free(struct peer *peer)
{
    struct relay *relay = relay_of(peer);

    abandon(relay, SLOGOUT_OUTCOME_PEER_CLOSED);
    slogout_session_free(peer->session);
    stream_free(&relay->streams[CLIENT]);
    if (peer->streams[SERVER])
        stream_free(&relay->streams[SERVER]);
    free(relay);
}

/* ---- connecting ---- */

static void finish_to_connect(struct relay *relay, uint64_t now)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(relay->streams[SERVER].fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error) {
        say_goodbye(relay, "* BYE [UNAVAILABLE] The mail server cannot be reached\r\n", now);
        return;
    }
    relay->state = RELAYING;
    relay->deadline = UINT64_MAX;
}

/* ---- relaying ---- */

/* The session ends by itself when the server takes its leave, and at an end of file; the octets go on. */
static void begin_to_part(struct relay *relay, uint64_t now)
{
    if (relay->state != RELAYING)
        return;
    relay->state = PARTING;
    relay->deadline = now + PART_TIMEOUT;
}

typedef int feeder(struct slogout_session *session, const char *octets, size_t len, uint64_t now);

static feeder *const feeders[SERVICE_STREAMS] = {
    [CLIENT] = slogout_filter_feed_client,
    [SERVER] = slogout_filter_feed_server,
};

/* Feeds the filter. What it says of the session in passing is logged. */
static void feed(struct relay *relay, unsigned from, const char *octets, size_t len, uint64_t now)
{
    const struct slogout_counts *counts = slogout_counts(relay->peer.slogout);
    const struct slogout_counts before = *counts;

    feeders[from](relay->peer.session, octets, len, now);
    if (relay->state == CLOSING || slogout_session_state(relay->peer.session) != SLOGOUT_STATE_ENDED)
        return;
    if (relay->state == RELAYING)
        outcome_log_change(relay->peer.number, &before, counts);
    begin_to_part(relay, now);
}

/* Passes what the other side has room for. Returns 1 if there was something. */
static int pass(struct relay *relay, unsigned from, uint64_t now)
{
    struct stream *stream = &relay->streams[from];
    const size_t queued = relay->streams[!from].out.len;
    const size_t room = queued < RELAY_OUT_MAX ? RELAY_OUT_MAX - queued : 0;
    const size_t len = stream->in.len < room ? stream->in.len : room;

    if (len == 0 || relay->state == CLOSING)
        return 0;
    relay->is_greeted |= from == SERVER;
    feed(relay, from, queue_octets(&stream->in), len, now);
    if (relay->state != CLOSING)
        queue_drop(&stream->in, len);
    return 1;
}

/* All that this side sent has passed, and no more comes. */
static int has_ended(const struct stream *stream)
{
    return (stream->input_ended || stream->state == STREAM_OVER) && stream->in.len == 0;
}

static void end_client(struct relay *relay, uint64_t now)
{
    if (relay->streams[CLIENT].state == STREAM_OVER) {
        close_streams(relay, now);
        return;
    }
    if (relay->streams[SERVER].out.len == 0 && !relay->streams[SERVER].is_shut)
        stream_shut(&relay->streams[SERVER]);
}

static void end_server(struct relay *relay, uint64_t now)
{
    say_goodbye(relay, "* BYE [UNAVAILABLE] The mail server has gone\r\n", now);
}

/* Tells the filter of an end of file, once, and passes it on: a client may stop sending and read on. */
static void end(struct relay *relay, unsigned side, uint64_t now)
{
    if (relay->state == CLOSING || !has_ended(&relay->streams[side]))
        return;
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

/* As long as something moves. It flushes first: what then waits for room waits for poll(), too. */
static void relay_all(struct relay *relay, uint64_t now)
{
    int moved;

    do {
        stream_flush(&relay->streams[CLIENT]);
        stream_flush(&relay->streams[SERVER]);
        moved = pass(relay, SERVER, now);
        moved |= pass(relay, CLIENT, now);
    } while (moved);
    end(relay, CLIENT, now);
    end(relay, SERVER, now);
}

void relay_serve(struct peer *peer, const short revents[SERVICE_STREAMS], uint64_t now)
{
    struct relay *relay = relay_of(peer);

    if (revents[CLIENT])
        stream_serve(&relay->streams[CLIENT], revents[CLIENT]);
    if (relay->state == CONNECTING && revents[SERVER])
        finish_to_connect(relay, now);
    else if (revents[SERVER])
        stream_serve(&relay->streams[SERVER], revents[SERVER]);
    if (relay->state == CONNECTING && relay->streams[CLIENT].state == STREAM_OVER)
        close_streams(relay, now);
    if (relay->state == RELAYING || relay->state == PARTING)
        relay_all(relay, now);
    if (relay->state != CLOSING && now >= relay->deadline)
        say_goodbye(relay, "* BYE [UNAVAILABLE] The mail server does not answer\r\n", now);
}

/* ---- the loop's questions ---- */

/* Waiting to be connected is waiting to write. A stream that has nothing to do stays out of poll(): its
 * POLLHUP would come again and again while what it sent still waits for the other side. */
short relay_interest(const struct peer *peer, unsigned stream)
{
    const struct relay *relay = (const struct relay *)(const void *)peer;
    const short interest = stream_interest(&relay->streams[stream]);

    if (relay->state == CONNECTING && stream == SERVER)
        return POLLOUT;
    return relay->streams[stream].state == STREAM_OVER || !interest ? SERVICE_NO_INTEREST : interest;
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

/* Sessions that ended by themselves are in no drain. */
void relay_hurry(struct peer *peer, uint64_t now)
{
    struct relay *relay = relay_of(peer);

    if (relay->state == PARTING)
        say_goodbye(relay, "* BYE Server is closing the connection\r\n", now);
}

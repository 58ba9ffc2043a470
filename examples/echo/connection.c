#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/host.h>
#include "proxy/address.h"
#include "proxy/log.h"
#include "proxy/outcome.h"
#include "echo/connection.h"

/* ---- slogout's callbacks ---- */

/* The greeting is queued first, and the session is abandoned before a `* BYE` of our own. So only two things
 * can be half done: our response to ECHO, and a command of the client. */
static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct connection *connection = conn;

    (void)session;
    if (connection_is_echoing(connection))
        return SLOGOUT_BUSY;
    if (when == SLOGOUT_AT_REST && command_reader_is_busy(&connection->reader))
        return SLOGOUT_BUSY;
    service_touch(&connection->peer);
    return stream_put(&connection->stream, line, len);
}

void connection_close(struct connection *connection, uint64_t now)
{
    queue_clear(&connection->in);
    stream_close(&connection->stream, now);
    service_touch(&connection->peer);
}

/* Drops what is left of an ECHO, which the client has not read in time. */
static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    static const struct echo none;
    struct connection *connection = conn;
    const uint64_t now = slogout_now_ms();

    (void)session;
    outcome_log(connection->peer.number, now - connection->peer.begun_ms, result);
    connection->is_logged = 1;
    connection->echo = none;
    connection_close(connection, now);
}

static const struct slogout_callbacks callbacks = {
    .size = sizeof callbacks,
    .send_line = send_line,
    .close_connection = close_connection,
};

/* ---- life ---- */

static void log_client(const struct connection *connection)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char text[ADDRESS_SIZE] = "-";

    if (getpeername(connection->stream.watch.fd, (struct sockaddr *)&address, &len) == 0)
        address_print(&address, text);
    log_line("connection=%" PRIu64 " client=%s", connection->peer.number, text);
}

struct connection *connection_new(int fd, struct slogout *slogout, uint64_t number, uint64_t now,
                                  const char *greeting)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    if (slogout_session_new(&connection->peer.session, slogout, &callbacks, connection) < 0 ||
        stream_init(&connection->stream, fd, &connection->peer) < 0) {
        slogout_session_free(connection->peer.session);
        free(connection);
        return NULL;
    }
    connection->peer.slogout = slogout;
    connection->peer.number = number;
    connection->peer.begun_ms = now;
    connection->peer.streams[0] = &connection->stream;
    connection->reader.literal_max = CONNECTION_LITERAL_MAX;
    log_client(connection);
    connection_say(connection, greeting);
    return connection;
}

void connection_free(struct connection *connection)
{
    connection_abandon(connection, SLOGOUT_OUTCOME_PEER_CLOSED, slogout_now_ms());
    slogout_session_free(connection->peer.session);
    command_reader_reset(&connection->reader);
    queue_clear(&connection->idle_tag);
    queue_clear(&connection->in);
    stream_free(&connection->stream);
    free(connection);
}

void connection_abandon(struct connection *connection, enum slogout_outcome why, uint64_t now)
{
    const struct slogout_counts *counts = slogout_get_counts(connection->peer.slogout);
    const struct slogout_counts before = *counts;

    slogout_session_abandon(connection->peer.session, why);
    if (connection->is_logged)
        return;
    connection->is_logged = 1;
    outcome_log_change(connection->peer.number, now - connection->peer.begun_ms,
                       why == SLOGOUT_OUTCOME_HOST_CLOSED ? "server" : "client", &before, counts);
}

void connection_bye(struct connection *connection, const char *text, uint64_t now)
{
    connection_abandon(connection, SLOGOUT_OUTCOME_HOST_CLOSED, now);
    connection_say(connection, "* BYE ");
    connection_say(connection, text);
    connection_say(connection, "\r\n");
    connection_close(connection, now);
}

/* ---- output ---- */

void connection_put(struct connection *connection, const char *octets, size_t len)
{
    stream_put(&connection->stream, octets, len);
}

void connection_say(struct connection *connection, const char *text)
{
    connection_put(connection, text, strlen(text));
}

void connection_reply(struct connection *connection, const struct span *tag, const char *text)
{
    if (tag->len > 0)
        connection_put(connection, tag->octets, tag->len);
    else
        connection_say(connection, "*");
    connection_say(connection, " ");
    connection_say(connection, text);
    connection_say(connection, "\r\n");
}

/* Between two commands the connection is at rest, even if the client has already sent more of them. */
void connection_command_done(struct connection *connection, uint64_t now)
{
    command_reader_reset(&connection->reader);
    slogout_session_resume(connection->peer.session, now);
}

/* ---- ECHO ---- */

int connection_is_echoing(const struct connection *connection)
{
    return connection->echo.tag.len > 0;
}

void connection_echo_begin(struct connection *connection, const struct span *tag, const struct span *octets)
{
    char line[sizeof "* ECHO {18446744073709551615}\r\n"];

    snprintf(line, sizeof line, "* ECHO {%zu}\r\n", octets->len);
    connection_say(connection, line);
    connection->echo.tag = *tag;
    connection->echo.rest = *octets;
}

static void echo_end(struct connection *connection, uint64_t now)
{
    static const struct echo none;

    connection_say(connection, "\r\n");
    connection_reply(connection, &connection->echo.tag, "OK ECHO completed");
    connection->echo = none;
    connection_command_done(connection, now);
}

void connection_echo_more(struct connection *connection, uint64_t now)
{
    struct span *rest = &connection->echo.rest;
    const size_t queued = connection->stream.out.len;
    const size_t room = queued < CONNECTION_OUT_MAX ? CONNECTION_OUT_MAX - queued : 0;
    const size_t count = rest->len < room ? rest->len : room;

    connection_put(connection, rest->octets, count);
    rest->octets += count;
    rest->len -= count;
    if (rest->len == 0)
        echo_end(connection, now);
}

/* Input that is not used yet waits for room in the output queue. */
int connection_reads(const struct connection *connection)
{
    return connection->in.len < CONNECTION_IN_MAX;
}

unsigned connection_wants(const struct connection *connection)
{
    const int waits = connection->in.len > 0 || connection_is_echoing(connection);
    const unsigned wanted = stream_wants(&connection->stream, connection_reads(connection));

    return wanted | (waits && connection->stream.state == STREAM_OPEN ? POLLER_OUT : 0);
}

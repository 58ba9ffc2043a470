#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include "common/log.h"
#include "common/now.h"
#include "echo/connection.h"

/* ---- the log: one line for each outcome ---- */

#define LOGGED_TEXT 201 /* octets of the client's text, escaped, and a NUL */

static void log_answer(const struct connection *connection, const struct slogout_result *result)
{
    char text[LOGGED_TEXT];

    slogout_escape(text, sizeof text, result->answer->text, result->answer->text_len);
    log_line("connection=%" PRIu64 " outcome=%s tag=%s bye_sent=%d bye_seen=%d text=\"%s\"",
             connection->number, slogout_outcome_name(result->outcome), result->tag, result->bye_sent,
             result->bye_seen, text);
}

static void log_result(const struct connection *connection, const struct slogout_result *result)
{
    if (result->answer)
        log_answer(connection, result);
    else
        log_line("connection=%" PRIu64 " outcome=%s tag=%s bye_sent=%d bye_seen=%d", connection->number,
                 slogout_outcome_name(result->outcome), result->tag ? result->tag : "-", result->bye_sent,
                 result->bye_seen);
}

/* ---- slogout's callbacks ---- */

/* The greeting was queued first of all, and after a `* BYE` of our own the session is abandoned. So two
 * things are left that may be half done: our answer to ECHO, and a command of the client's. */
static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct connection *connection = conn;

    (void)session;
    if (connection_is_echoing(connection))
        return SLOGOUT_BUSY;
    if (when == SLOGOUT_AT_REST && command_reader_is_busy(&connection->reader))
        return SLOGOUT_BUSY;
    return stream_put(&connection->stream, line, len);
}

/* What is left of an ECHO stays unsaid: nobody read it for too long. */
static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    static const struct echo none;
    struct connection *connection = conn;

    (void)session;
    log_result(connection, result);
    connection->echo = none;
    stream_close(&connection->stream, now_ms());
}

static const struct slogout_callbacks callbacks = {
    .size = sizeof callbacks,
    .send_line = send_line,
    .close_connection = close_connection,
};

/* ---- life ---- */

struct connection *connection_new(int fd, struct slogout *slogout, uint64_t number, const char *greeting)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    if (slogout_session_new(&connection->session, slogout, &callbacks, connection) < 0 ||
        stream_init(&connection->stream, fd) < 0) {
        slogout_session_free(connection->session);
        free(connection);
        return NULL;
    }
    connection->slogout = slogout;
    connection->number = number;
    connection_say(connection, greeting);
    return connection;
}

void connection_free(struct connection *connection)
{
    connection_abandon(connection, SLOGOUT_PEER_CLOSED);
    slogout_session_free(connection->session);
    command_reader_reset(&connection->reader);
    queue_clear(&connection->idle_tag);
    stream_free(&connection->stream);
    free(connection);
}

/* No callback tells the outcome of a session that its host abandons: the host knows why. But a session
 * that was LEAVING keeps the outcome it had, and one that was not asked has none: the counters show which
 * it was. */
void connection_abandon(struct connection *connection, enum slogout_outcome why)
{
    const struct slogout_counts *counts = slogout_counts(connection->slogout);
    const struct slogout_counts before = *counts;
    int outcome;

    slogout_session_abandon(connection->session, why);
    for (outcome = 0; outcome < SLOGOUT_OUTCOMES; outcome++)
        if (counts->outcome[outcome] != before.outcome[outcome])
            log_line("connection=%" PRIu64 " outcome=%s", connection->number,
                     slogout_outcome_name((enum slogout_outcome)outcome));
}

void connection_goodbye(struct connection *connection, const char *text, uint64_t now)
{
    connection_abandon(connection, SLOGOUT_HOST_CLOSED);
    connection_say(connection, "* BYE ");
    connection_say(connection, text);
    connection_say(connection, "\r\n");
    stream_close(&connection->stream, now);
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

/* Between two commands the connection is at rest, however many more the client has sent already. */
void connection_command_done(struct connection *connection, uint64_t now)
{
    command_reader_reset(&connection->reader);
    slogout_session_ready(connection->session, now);
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
    const size_t room = queued < STREAM_OUT_MAX ? STREAM_OUT_MAX - queued : 0;
    const size_t count = rest->len < room ? rest->len : room;

    connection_put(connection, rest->octets, count);
    rest->octets += count;
    rest->len -= count;
    if (rest->len == 0)
        echo_end(connection, now);
}

/* Input that is not used yet waits for room in the output. */
short connection_interest(const struct connection *connection)
{
    const int waits = connection->stream.in.len > 0 || connection_is_echoing(connection);

    return (short)(stream_interest(&connection->stream) | (waits ? POLLOUT : 0));
}

#include <string.h>
#include "echo/imap.h"

#define CAPABILITIES     "IMAP4rev1 LITERAL+ ENABLE IDLE " SLOGOUT_CAPABILITY
#define BAD_COMMANDS_MAX 20 /* in a row: it is no IMAP client */

uint64_t imap_literal_max = COMMAND_LITERAL_MAX;

const char imap_greeting[] = "* OK [CAPABILITY " CAPABILITIES "] echo_server ready\r\n";

/* A command, read. */
struct request {
    struct span tag; /* len 0: there is no valid one */
    const struct command *command;
    struct words arguments; /* after the name: SP first */
};

/* Runs a command whose state is right. Returns NULL, or the status and text of its refusal. */
typedef const char *run(struct connection *connection, struct request *request, uint64_t now);

enum login { ANY, BEFORE_LOGIN, AFTER_LOGIN };

struct command {
    const char *name;
    run *run;
    enum login login;
};

static const char bad_arguments[] = "BAD Arguments are not valid";

/* ---- commands ---- */

static const char *capability(struct connection *connection, struct request *request, uint64_t now)
{
    (void)now;
    if (!words_end(&request->arguments))
        return bad_arguments;
    connection_say(connection, "* CAPABILITY " CAPABILITIES "\r\n");
    connection_reply(connection, &request->tag, "OK CAPABILITY completed");
    return NULL;
}

static const char *noop(struct connection *connection, struct request *request, uint64_t now)
{
    (void)now;
    if (!words_end(&request->arguments))
        return bad_arguments;
    connection_reply(connection, &request->tag, "OK NOOP completed");
    return NULL;
}

/* Any user and any password are right. */
static const char *login(struct connection *connection, struct request *request, uint64_t now)
{
    struct words *words = &request->arguments;
    struct span user, password;

    (void)now;
    if (!words_space(words) || !words_astring(words, &user) || !words_space(words) ||
        !words_astring(words, &password) || !words_end(words))
        return bad_arguments;
    connection->logged_in = 1;
    connection->reader.literal_max = (size_t)imap_literal_max;
    connection_reply(connection, &request->tag, "OK LOGIN completed");
    return NULL;
}

/* RFC 5161 section 3.1: unknown words are ignored, and ENABLED names what this command has enabled, if
 * anything. */
static const char *enable(struct connection *connection, struct request *request, uint64_t now)
{
    struct words *words = &request->arguments;
    struct span word;
    int enabled = 0;

    (void)now;
    do {
        if (!words_space(words) || !words_atom(words, &word))
            return bad_arguments;
        enabled |= span_is(&word, SLOGOUT_CAPABILITY);
    } while (!words_end(words));
    connection_say(connection, enabled ? "* ENABLED " SLOGOUT_CAPABILITY "\r\n" : "* ENABLED\r\n");
    connection_reply(connection, &request->tag, "OK ENABLE completed");
    if (enabled)
        slogout_session_set_enabled(connection->peer.session, 1);
    return NULL;
}

static const char *idle(struct connection *connection, struct request *request, uint64_t now)
{
    (void)now;
    if (!words_end(&request->arguments))
        return bad_arguments;
    if (queue_append(&connection->idle_tag, request->tag.octets, request->tag.len) < 0)
        return "NO Out of memory";
    connection_say(connection, "+ idling\r\n");
    return NULL;
}

/* Abandons the session before the `* BYE`, so that no LOGOUT of ours follows it. */
static const char *logout(struct connection *connection, struct request *request, uint64_t now)
{
    if (!words_end(&request->arguments))
        return bad_arguments;
    connection_abandon(connection, SLOGOUT_OUTCOME_CLIENT_LOGOUT, now);
    connection_say(connection, "* BYE echo_server logging out\r\n");
    connection_reply(connection, &request->tag, "OK LOGOUT completed");
    connection_close(connection, now);
    return NULL;
}

static const char *echo(struct connection *connection, struct request *request, uint64_t now)
{
    struct words *words = &request->arguments;
    struct span octets;

    (void)now;
    if (!words_space(words) || !words_astring(words, &octets) || !words_end(words))
        return bad_arguments;
    connection_echo_begin(connection, &request->tag, &octets);
    return NULL;
}

/* Asks this client to leave. Completes this command first, because the client must be at rest. */
static const char *xdrain(struct connection *connection, struct request *request, uint64_t now)
{
    if (!words_end(&request->arguments))
        return bad_arguments;
    connection_reply(connection, &request->tag, "OK XDRAIN completed");
    connection_command_done(connection, now);
    slogout_session_request(connection->peer.session, NULL, now);
    return NULL;
}

static const struct command commands[] = {
    {"CAPABILITY", capability, ANY}, {"NOOP", noop, ANY},
    {"LOGOUT", logout, ANY},         {"XDRAIN", xdrain, ANY},
    {"LOGIN", login, BEFORE_LOGIN},  {"ENABLE", enable, AFTER_LOGIN},
    {"IDLE", idle, AFTER_LOGIN},     {"ECHO", echo, AFTER_LOGIN},
};

/* ---- from a command that was read to its answer ---- */

static const struct command *find(const struct span *name)
{
    size_t i;

    for (i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (span_is(name, commands[i].name))
            return &commands[i];
    return NULL;
}

static const char *fault_refusal(enum command_fault fault)
{
    switch (fault) {
    case COMMAND_BAD_OCTET:
        return "BAD NUL or bare CR in a command";
    case COMMAND_TEXT_TOO_LONG:
        return "BAD Command line is too long";
    case COMMAND_LITERAL_TOO_BIG:
        return "NO [TOOBIG] Literal is too big";
    case COMMAND_NO_MEMORY:
    case COMMAND_FINE:
        break;
    }
    return NULL;
}

/* Also reads a command that is not complete, so that its literal can be refused before it is sent. */
static const char *understand(const struct connection *connection, struct request *request)
{
    static const struct request unknown;
    struct words words = words_of(&connection->reader);
    struct span tag, name;

    *request = unknown;
    if (!words_atom(&words, &tag) || !words_space(&words) || !slogout_tag_valid(tag.octets, tag.len))
        return "BAD A command begins with its tag";
    request->tag = tag;
    if (connection->reader.fault != COMMAND_FINE)
        return fault_refusal(connection->reader.fault);
    if (!words_atom(&words, &name) || !(request->command = find(&name)))
        return "BAD Command is unknown";
    request->arguments = words;
    if (request->command->login == AFTER_LOGIN && !connection->logged_in)
        return "BAD Not allowed before LOGIN";
    if (request->command->login == BEFORE_LOGIN && connection->logged_in)
        return "BAD Not after LOGIN";
    return NULL;
}

static void refuse(struct connection *connection, const struct span *tag, const char *refusal, uint64_t now)
{
    connection_reply(connection, tag, refusal);
    if (++connection->bad_commands == BAD_COMMANDS_MAX)
        connection_bye(connection, "Too many bad commands", now);
    connection_command_done(connection, now);
}

static void run_command(struct connection *connection, uint64_t now)
{
    struct request request;
    const char *refusal = understand(connection, &request);

    if (!refusal)
        refusal = request.command->run(connection, &request, now);
    if (refusal) {
        refuse(connection, &request.tag, refusal, now);
        return;
    }
    connection->bad_commands = 0;
    if (!connection_is_echoing(connection))
        connection_command_done(connection, now);
}

static void answer_announcement(struct connection *connection, uint64_t now)
{
    struct request request;
    const char *refusal = understand(connection, &request);

    if (refusal)
        refuse(connection, &request.tag, refusal, now);
    else
        connection_say(connection, "+ Ready for the literal\r\n");
}

/* RFC 2177: only DONE ends IDLE. */
static void end_idle(struct connection *connection, uint64_t now)
{
    const struct span line = {queue_octets(&connection->reader.text), connection->reader.text.len};
    const struct span tag = {queue_octets(&connection->idle_tag), connection->idle_tag.len};

    if (span_is(&line, "DONE")) {
        connection_reply(connection, &tag, "OK IDLE completed");
        connection_command_done(connection, now);
    } else {
        refuse(connection, &tag, "BAD IDLE ends with DONE", now);
    }
    queue_clear(&connection->idle_tag);
}

/* Feeds the session every first line before the server reads it as a command, even a line that is too long or
 * ends in
 * `{3}`, because the text of an answer is opaque. */
static void take_line(struct connection *connection, uint64_t now)
{
    const struct queue *line = &connection->reader.text;

    if (slogout_session_feed_line(connection->peer.session, queue_octets(line), line->len, now) ==
        SLOGOUT_CONSUMED)
        connection_command_done(connection, now);
    else if (connection->idle_tag.len > 0)
        end_idle(connection, now);
}

static void give_up(struct connection *connection, uint64_t now)
{
    const int too_big = connection->reader.fault == COMMAND_LITERAL_TOO_BIG;

    connection_bye(connection, too_big ? "[TOOBIG] Literal is too big" : "[UNAVAILABLE] Out of memory", now);
}

/* ---- the connection ---- */

/* Uses input up to the next event. Returns 0 if all is used. */
static int take_input(struct connection *connection, uint64_t now)
{
    struct queue *in = &connection->in;
    size_t used;
    const enum command_event event =
        command_reader_feed(&connection->reader, queue_octets(in), in->len, &used);

    if (used > 0)
        queue_drop(in, used);
    switch (event) {
    case COMMAND_PARTIAL:
        return 0;
    case COMMAND_LINE:
        take_line(connection, now);
        break;
    case COMMAND_LITERAL:
        answer_announcement(connection, now);
        break;
    case COMMAND_COMPLETE:
        run_command(connection, now);
        break;
    case COMMAND_LOST:
        give_up(connection, now);
        break;
    }
    return 1;
}

/* Runs commands, one after the other, while their answers find room. Returns 1 if it wants more input. */
static int work(struct connection *connection, uint64_t now)
{
    const struct stream *stream = &connection->stream;

    while (stream->state == STREAM_OPEN && stream->out.len < CONNECTION_OUT_MAX)
        if (connection_is_echoing(connection))
            connection_echo_more(connection, now);
        else if (!take_input(connection, now))
            return 1;
    return 0;
}

static void read_input(struct connection *connection)
{
    char octets[CONNECTION_IN_MAX];
    const size_t room = CONNECTION_IN_MAX - connection->in.len;
    const size_t len =
        room && connection->stream.state == STREAM_OPEN ? stream_read(&connection->stream, octets, room) : 0;

    if (queue_append(&connection->in, octets, len) < 0)
        connection->stream.state = STREAM_OVER;
}

void imap_serve(struct connection *connection, uint64_t now)
{
    struct stream *stream = &connection->stream;

    stream_serve(stream, connection_reads(connection));
    read_input(connection);
    stream_flush(stream);
    if (work(connection, now) && stream->input_ended) {
        connection_abandon(connection, SLOGOUT_OUTCOME_PEER_CLOSED, now);
        connection_close(connection, now);
    }
}

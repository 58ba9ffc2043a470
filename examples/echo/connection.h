/* One IMAP connection: its socket, its reader, and its slogout session. Shows what a server must do for
 * slogout: when it may write a line, how it closes, and when it calls slogout_session_resume(). */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdint.h>
#include <slogout/slogout.h>
#include "proxy/service.h"
#include "proxy/stream.h"
#include "echo/command_reader.h"
#include "echo/words.h"

#define CONNECTION_IN_MAX  16384 /* octets read and not used yet; more stay in the socket */
#define CONNECTION_OUT_MAX 65536 /* octets queued at which commands wait; one response may exceed it */

#define CONNECTION_LITERAL_MAX 8192 /* octets in the literals of a command before LOGIN */

/* The part of the response to an ECHO that is not queued yet. Points into the reader, which keeps the
 * command. */
struct echo {
    struct span tag; /* len 0: none under way */
    struct span rest;
};

struct connection {
    struct peer peer; /* first */
    struct stream stream;
    struct queue in; /* read, and not used yet */
    struct command_reader reader;
    int logged_in;
    int is_logged;         /* the end of the session is in the log */
    struct queue idle_tag; /* len 0: not in IDLE */
    struct echo echo;
    unsigned bad_commands; /* in a row */
};

/* Makes a connection that owns the socket, and queues the greeting. Returns NULL on failure; the caller then
 * still owns the socket. */
struct connection *connection_new(int fd, struct slogout *slogout, uint64_t number, uint64_t now,
                                  const char *greeting);

/* Frees a connection, and closes it at once. */
void connection_free(struct connection *connection);

/* Queue octets, a string, or a tagged response. Without memory the connection breaks. */
void connection_put(struct connection *connection, const char *octets, size_t len);
void connection_say(struct connection *connection, const char *text);
void connection_reply(struct connection *connection, const struct span *tag, const char *text);

/* Ends a command whose response is queued completely. [calls back] */
void connection_command_done(struct connection *connection, uint64_t now);

/* Begin the response to an ECHO, and queue more of it as the client reads. */
void connection_echo_begin(struct connection *connection, const struct span *tag, const struct span *octets);
void connection_echo_more(struct connection *connection, uint64_t now);
int connection_is_echoing(const struct connection *connection);

/* Ends the session without slogout. Call it before a `* BYE` of the server's own. */
void connection_abandon(struct connection *connection, enum slogout_outcome why, uint64_t now);

/* Closes when the queue has been sent. Drops input that is not used. */
void connection_close(struct connection *connection, uint64_t now);

/* Abandons the session, sends `* BYE text`, and closes. */
void connection_bye(struct connection *connection, const char *text, uint64_t now);

/* Returns 1 if there is room for more input. */
int connection_reads(const struct connection *connection);

/* Returns what the poller is to watch for. */
unsigned connection_wants(const struct connection *connection);

#endif

/* One IMAP connection: its socket, its reader, and its slogout session. What a server must give slogout
 * is here: when a line may be written, how to close, and when it says that it is ready. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdint.h>
#include <slogout/slogout.h>
#include "common/service.h"
#include "common/stream.h"
#include "echo/command_reader.h"
#include "echo/words.h"

#define CONNECTION_IN_MAX  16384 /* octets read and not yet used: more stay with the client */
#define CONNECTION_OUT_MAX 65536 /* octets queued before commands wait; the answer to one may go beyond */

#define CONNECTION_LITERAL_MAX 8192 /* octets of the literals of a command before LOGIN */

/* The answer to an ECHO as far as it is not queued yet. Points into the reader, which keeps the command
 * until then. */
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
    int is_logged; /* the end of the session is in the log */
    struct queue idle_tag; /* len 0: not in IDLE */
    struct echo echo;
    unsigned bad_commands; /* in a row */
};

/* Takes the socket; queues the greeting. Returns NULL if it cannot, and then the socket is the caller's. */
struct connection *connection_new(int fd, struct slogout *slogout, uint64_t number, uint64_t now,
                                  const char *greeting);

/* Closes at once: for one whose stream is over. */
void connection_free(struct connection *connection);

/* Queue octets; a string; a tagged response. Memory that is missing breaks the connection. */
void connection_put(struct connection *connection, const char *octets, size_t len);
void connection_say(struct connection *connection, const char *text);
void connection_reply(struct connection *connection, const struct span *tag, const char *text);

/* The command that was taken has all of its answer queued. [calls back] */
void connection_command_done(struct connection *connection, uint64_t now);

/* An ECHO: the answer is queued as the client takes it, by connection_echo_more(). */
void connection_echo_begin(struct connection *connection, const struct span *tag, const struct span *octets);
void connection_echo_more(struct connection *connection, uint64_t now);
int connection_is_echoing(const struct connection *connection);

/* The connection ends by other means than ours: call it before a `* BYE` of the server's own. */
void connection_abandon(struct connection *connection, enum slogout_outcome why, uint64_t now);

/* Closes when what is queued is out. Input that is not used is dropped. */
void connection_close(struct connection *connection, uint64_t now);

/* Abandons the session and closes, after `* BYE text`. */
void connection_goodbye(struct connection *connection, const char *text, uint64_t now);

/* Returns 1 if there is room for more input. */
int connection_reads(const struct connection *connection);

/* What the poller is to watch for. */
unsigned connection_wants(const struct connection *connection);

#endif

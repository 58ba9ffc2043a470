/* SPDX-License-Identifier: BSD-2-Clause */
/* One client, one connection to the server, and a slogout filter between them. Octets are passed from one socket to the
 * other without a copy. The relay queues the octets that a side does not accept at once, and reads no more for this
 * side until the queue is empty, so it queues at most RELAY_OCTETS. */
#ifndef RELAY_H
#define RELAY_H

#include <slogout/filter.h>
#include "peer.h"
#include "servers.h"

#define RELAY_READ   32768            /* octets read at once */
#define RELAY_OCTETS (2 * RELAY_READ) /* without what the filter inserts */

enum relay_send_header { RELAY_NO_HEADER, RELAY_HEADER_V1, RELAY_HEADER_V2 };

/* The data that the relays of one loop share: settings, servers, counters, and a buffer. */
struct relay_settings {
    int accept_header;           /* 1: clients must send a PROXY header */
    int send_header;             /* enum relay_send_header */
    struct address_list sources; /* of connections to the server; if empty, the system chooses */
    struct servers servers;
    uint64_t failures;                       /* clients that could not be connected to the server */
    uint64_t refused;                        /* clients without a valid PROXY header */
    uint64_t blind[SLOGOUT_BLINDNESS_COUNT]; /* filters that became blind, by reason */
    char transit[RELAY_READ];                /* octets between a read and the flush that follows it */
};

/* Creates a relay that owns the socket of a client, and begins to connect to the server. A failure to connect is
 * reported to the client. The settings must outlive the relay. Returns NULL if there is no memory; the caller then
 * still owns the socket. */
struct peer *relay_new(int fd, const struct sockaddr_storage *client, struct relay_settings *settings,
                       struct slogout *slogout, uint64_t number, uint64_t now);

void relay_free(struct peer *peer);

/* Does all work that is possible according to the `ready` of the streams and the time. */
void relay_serve(struct peer *peer, uint64_t now);

/* Returns the events for which the poller must watch a stream. */
unsigned relay_wants(const struct peer *peer, unsigned stream);

/* Returns the time at which relay_serve() must be called without an event; UINT64_MAX means never. */
uint64_t relay_deadline(const struct peer *peer);

int relay_is_over(const struct peer *peer, uint64_t now);

/* Returns 1 if the client does not receive the rest of a line, of a literal, or of the queue. */
int relay_is_cut_off(const struct peer *peer);

/* Closes a connection that is in no drain, because the program does not wait any longer. */
void relay_hurry(struct peer *peer, uint64_t now);

/* Asks the client, at a random instant of the spread, with a text that is copied. Returns 1, or 0 if it is leaving
 * already or there is no memory. */
int relay_ask(struct peer *peer, const char *text, uint32_t spread_ms, uint64_t now);

/* Sends `* BYE` to the client as soon as a line may be sent, with a text that is copied; NULL: the usual text. Returns 1,
 * or 0 if the session has ended or there is no memory. In the drain of all clients, the text is the usual one. */
int relay_tell(struct peer *peer, const char *text, uint64_t now);

/* ---- for the operator ---- */

struct relay_view {
    const char *user; /* not escaped; NULL: not known */
    struct sockaddr_storage client;
    enum slogout_blindness blind;
    int has_server;                /* 0: connecting */
    uint64_t octets[PEER_STREAMS]; /* from the client and from the server */
};

void relay_view(const struct peer *peer, struct relay_view *view);

#endif

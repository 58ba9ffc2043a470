/* SPDX-License-Identifier: BSD-2-Clause */
/* One client, one connection to the server, and a slogout filter between them. Octets go from one socket to
 * the other without a copy. What a side does not take at once is queued, and nothing more is read for it
 * until the queue is empty, so a relay queues at most RELAY_OCTETS. */
#ifndef RELAY_H
#define RELAY_H

#include <stdio.h>
#include <slogout/filter.h>
#include "address.h"
#include "service.h"

#define RELAY_READ   32768            /* octets read at once */
#define RELAY_OCTETS (2 * RELAY_READ) /* without what the filter inserts */

enum relay_send_header { RELAY_NO_HEADER, RELAY_HEADER_V1, RELAY_HEADER_V2 };

/* The settings and counters that all relays share. */
struct relay_settings {
    struct address_list servers;             /* of one server, to be tried in turn; may change at any time */
    int accept_header;                       /* 1: clients must send a PROXY header */
    int send_header;                         /* enum relay_send_header */
    uint64_t failures;                       /* clients so far that could not be connected to the server */
    uint64_t blind[SLOGOUT_BLINDNESS_COUNT]; /* filters so far that became blind, by reason */
};

/* Makes a relay that owns the socket, and begins to connect to the server. A failure to connect is reported
 * to the client. The settings must outlive the relay. Returns NULL if there is no memory; the caller then
 * still owns the socket. */
struct peer *relay_new(int fd, struct relay_settings *settings, struct slogout *slogout, uint64_t number,
                       uint64_t now);

/* The functions of struct service. */
void relay_serve(struct peer *peer, uint64_t now);
unsigned relay_wants(const struct peer *peer, unsigned stream);
uint64_t relay_deadline(const struct peer *peer);
int relay_is_over(const struct peer *peer, uint64_t now);
void relay_leave(struct peer *peer, uint64_t now);
void relay_hurry(struct peer *peer, uint64_t now);
void relay_free(struct peer *peer);

#endif

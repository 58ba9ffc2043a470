/* One client, one connection to the server, and the slogout filter between them. Octets go from the one socket to the
 * other without a copy; only what a side does not take at once is queued, and then nothing more is read for it: a relay
 * holds at most RELAY_OCTETS, whatever passes. */
#ifndef RELAY_H
#define RELAY_H

#include <stdio.h>
#include "common/address.h"
#include "common/service.h"

#define RELAY_READ   32768 /* octets read at once */
#define RELAY_OCTETS (2 * RELAY_READ) /* queued, at most, but for what the filter adds */

enum relay_send_header { RELAY_NO_HEADER, RELAY_HEADER_V1, RELAY_HEADER_V2 };

/* What all relays share. */
struct relay_settings {
    struct address_list servers; /* the addresses of one server, to be tried in turn; may change at any time */
    int accept_header;           /* a PROXY header comes before all else; enforced */
    int send_header;             /* enum relay_send_header */
    uint64_t failures;           /* so far: clients that were told that the server cannot be reached */
};

/* Takes the socket and begins to connect to the server. Returns NULL if there is no memory; a server that
 * cannot be reached is reported to the client. The settings must outlive it. */
struct peer *relay_new(int fd, struct relay_settings *settings, struct slogout *slogout, uint64_t number, uint64_t now);

/* The functions of struct service. */
void relay_serve(struct peer *peer, uint64_t now);
unsigned relay_wants(const struct peer *peer, unsigned stream);
uint64_t relay_deadline(const struct peer *peer);
int relay_is_over(const struct peer *peer, uint64_t now);
void relay_leave(struct peer *peer, uint64_t now);
void relay_hurry(struct peer *peer, uint64_t now);
void relay_free(struct peer *peer);

#endif

/* One client, one connection to the server, and the slogout filter between them. What one side does not take
 * stops the reading of the other: a relay holds at most RELAY_OCTETS, whatever passes. */
#ifndef RELAY_H
#define RELAY_H

#include "common/service.h"

#define RELAY_OUT_MAX 7168 /* octets queued for one side; what the filter adds comes on top */
#define RELAY_OCTETS  (2 * (STREAM_IN_MAX + 8192)) /* the memory of its four queues at most */

/* Takes the socket and begins to connect to the server. Returns NULL if there is no memory; a server that
 * cannot be reached is told to the client. */
struct peer *relay_new(int fd, const char *server_address, struct slogout *slogout, uint64_t number);

/* The functions of struct service. */
short relay_interest(const struct peer *peer, unsigned stream);
void relay_serve(struct peer *peer, const short revents[SERVICE_STREAMS], uint64_t now);
uint64_t relay_deadline(const struct peer *peer);
int relay_is_over(const struct peer *peer, uint64_t now);
void relay_hurry(struct peer *peer, uint64_t now);
void relay_free(struct peer *peer);

#endif

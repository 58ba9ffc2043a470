/* A small IMAP4rev1 server without mailboxes. It accepts any password and has no autologout timer (RFC 3501
 * section 5.4), so it should listen on a loopback address only. */
#ifndef IMAP_H
#define IMAP_H

#include "echo/connection.h"

/* The first line of the server. */
extern const char imap_greeting[];

/* The limit on octets in the literals of a command after LOGIN. */
extern uint64_t imap_literal_max;

/* Reads, runs commands, and writes, as far as that is possible now. [calls back] */
void imap_serve(struct connection *connection, uint64_t now);

#endif

/* A small IMAP4rev1 server without mailboxes. It lets everybody in and has no
 * autologout timer (RFC 3501 section 5.4): it belongs on a loopback address. */
#ifndef IMAP_H
#define IMAP_H

#include "echo/connection.h"

/* What a server says first. */
extern const char imap_greeting[];

/* Octets of the literals of a command after LOGIN. */
extern uint64_t imap_literal_max;

/* Does all that can be done now: reads, runs commands, writes. [calls back] */
void imap_serve(struct connection *connection, uint64_t now);

#endif

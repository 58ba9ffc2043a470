/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that edits.py puts into Cyrus's imapd.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef PORT_CYRUS_H
#define PORT_CYRUS_H

#include <sys/select.h>
#include "process.h"

struct protstream;
struct ssl_st;

/* The beginning of a connection, and the end of its last command. */
void port_begin(void);
void port_finish(void);

/* select(), in place of all waits of the session for input. Once the connection is closing, the stream of the client is
 * at its end, and the function returns at once. */
int port_select(int nfds, fd_set *in, fd_set *out, fd_set *other, const struct timeval *timeout);

/* SSL_read(). Waits for the rest of a record. */
int port_tls_read(struct ssl_st *tls, void *octets, int size);

/* Waits until len octets can be written. Returns how many of them may be written at once. Does not return if the
 * connection has to be closed meanwhile. */
size_t port_await_output(struct protstream *stream, size_t len);

/* Before the server reads a command, and in IDLE before it reads a line. */
void port_rest(void);

/* Takes the first two words of that line. If word is NULL, reads the second word itself. *c is the octet behind them.
 * Returns 1 if the line is an answer to the library, and has read it to its end. Else returns 0, and a command runs. */
int port_feed(const char *tag, const char *word, int *c);

/* For each argument of ENABLE. Says then whether the extension is in the list of `* ENABLED`. */
void port_enable(const char *argument);
extern int port_is_enabled;

/* Asks the client to leave, with the text of the administrator. Returns 0 if there is no session. */
int port_request(const char *text);

#endif

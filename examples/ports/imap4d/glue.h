/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that edits.py puts into imap4d.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef PORT_IMAP4D_H
#define PORT_IMAP4D_H

#include "process.h"

struct imap4d_session;
struct imap4d_command;
struct imap4d_tokbuf;

/* Takes over the reads and writes of the transport: after the connection is set up, and again after STARTTLS. */
void port_take_transport(int is_tls);

/* Before the server reads a command, and in IDLE before it reads a line. */
void port_rest(void);

/* Takes that line, without its line end. Returns 1 if it is an answer to the library, else 0; then a command runs. */
int port_feed(const char *line, size_t len);

/* Before the server closes the stream. */
void port_before_close(void);

/* The command ENABLE. */
int port_enable(struct imap4d_session *session, struct imap4d_command *command, struct imap4d_tokbuf *tok);

/* In the master, before it accepts connections: children begin with the signals blocked. */
void port_master_start(void);

/* In the master, after it has signaled its children: accepts no more connections, and waits until all have ended. */
void port_master_wait(void);

#endif

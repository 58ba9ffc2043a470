/* SPDX-License-Identifier: BSD-2-Clause */
/* What the ports share: a process that serves one connection, without an event loop of its own.
 *
 * The signals that stop the server are blocked from port_block() on, and port_wait() reads them from a signalfd. So no
 * system call of the server fails with EINTR, no handler of the server runs, and a signal that comes before
 * port_start(), or between fork() and execve(), is kept. Programs that the server starts inherit the blocked signals.
 *
 * The environment sets how a client leaves, in seconds: SLOGOUT_SPREAD (0 by default) and SLOGOUT_DEADLINE (50).
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef PORT_PROCESS_H
#define PORT_PROCESS_H

#include <slogout/host.h>

/* The session of the connection, or NULL before port_start() and after port_stop(). */
extern struct slogout_session *port_session;

/* Set when the library wants the connection closed: the glue sends what is queued and calls port_linger(). */
extern int port_is_closing;

/* Blocks the signals: as soon as the process is alone with its connection. */
void port_block(void);
void port_unblock(void);

/* Makes the session. On failure the process goes on without one, and the server's own handlers run. */
void port_start(void);

/* When the server begins to end the connection by itself. */
void port_abandon(void);

/* Raises a signal again that port_wait() has read: before execve(), for the next program. */
void port_raise_again(void);

/* Ends the session without a word to the client. The server's own handlers run again, also for a signal that
 * port_wait() has read. A process that serves several connections may call port_start() for the next. */
void port_stop(void);

/* slogout_wait() with the signals: the first makes the session leave and closes the sockets that listen, and one that
 * comes at least a second later hurries it. One stop often sends two: the server to its children, and the supervisor to
 * all. Once the connection is closing, waits no longer than the lingering close may take. [calls back] */
enum slogout_wake port_wait(int fd, short events, uint64_t limit_ms);

/* Waits until the client has closed too, for ten seconds from the close at most. Nothing is queued on fd. */
void port_linger(int fd);

/* Closes all sockets that listen, so that the server can be started again while this process lives on. */
void port_close_listeners(void);

/* ---- what the glue of each server provides ---- */

/* The signals that stop the server, and 0. */
extern const int port_signals[];

/* The send_line of the session. */
int port_send_line(const char *line, size_t len, enum slogout_when when);

/* Writes a line to the log of the server. */
void port_log(const char *line);

#endif

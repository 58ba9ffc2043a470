/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals for an event loop. The handler only sets a flag and wakes the loop, because no function of slogout
 * is async-signal-safe. */
#ifndef SIGNALS_H
#define SIGNALS_H

/* Installs the handler for a signal, and ignores SIGPIPE. Returns 0, or -1 with errno set. */
int signals_catch(int number);

/* Returns the descriptor that is readable after a signal, or -1 before signals_catch(). */
int signals_fd(void);

/* Empties signals_fd(). Call it before signals_taken(). Otherwise, a signal may be missed until the next
 * signal. */
void signals_clear(void);

/* Returns 1 if the signal has arrived since the last call for it. */
int signals_taken(int number);

/* Makes signals_fd() readable without a signal. May be called in any thread. */
void signals_wake(void);

#endif

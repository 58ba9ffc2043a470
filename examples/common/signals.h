/* Signals for an event loop. A handler only counts and wakes: nothing of slogout's is async-signal-safe. */
#ifndef SIGNALS_H
#define SIGNALS_H

/* Catches the signal from now on. Returns 0, or -1 with errno set. Ignores SIGPIPE too: a peer that has gone
 * is an error of write() and no more. */
int signals_catch(int number);

/* The descriptor that is readable after a signal; -1 before signals_catch(). */
int signals_fd(void);

/* Makes signals_fd() unreadable. Call it before signals_taken(), or a signal may be slept over. */
void signals_clear(void);

/* Returns 1 if the signal came since the last call for it. */
int signals_taken(int number);

/* Makes signals_fd() readable without a signal. May be called in any thread. */
void signals_wake(void);

#endif

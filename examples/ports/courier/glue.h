/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that edits.py puts into Courier's imaplogin and imapd.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef PORT_COURIER_H
#define PORT_COURIER_H

#include <time.h>
#include "process.h"

/* The first that imaplogin does: blocks the signals. */
void port_begin(void);

/* Waits before the lowest read and the lowest write. A limit is on the clock of time(). Does not return if the
 * connection ends meanwhile. */
void port_await_input(time_t limit);
void port_await_output(time_t limit);

/* Waits at the top of the command loop until the buffer has a whole line that is no answer to the library. */
void port_await_command(void);

/* Waits in IDLE, and also for the descriptor `watch` if it is greater than 0. Returns 1 if the buffer has a whole
 * line. */
int port_await_idle(time_t seconds, int watch, time_t limit);

/* For each argument of ENABLE, and for the list in `* ENABLED`. */
void port_enable(const char *argument);
void port_write_enabled(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The notification protocol of systemd; see sd_notify(3). */
#ifndef NOTIFY_H
#define NOTIFY_H

/* Sends an assignment such as "READY=1" to the supervisor. Does nothing if NOTIFY_SOCKET is not set. */
void notify_supervisor(const char *state);

#endif

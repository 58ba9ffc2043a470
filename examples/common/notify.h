/* systemd's notification protocol, sd_notify(3). */
#ifndef NOTIFY_H
#define NOTIFY_H

/* Sends an assignment such as "READY=1" to the supervisor. Does nothing if there is none that wants it. */
void notify_supervisor(const char *state);

#endif

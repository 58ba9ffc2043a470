/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions that differ between Dovecot 2.3 (dovecot23.c) and 2.4 (dovecot24.c). The makefile compiles the file
 * for the headers that are installed. */
#ifndef HOST_H
#define HOST_H

#include "imap_slogout.h"

struct mail_storage_service_user;

/* Reads the settings of the client's user. Returns NULL, or a description of the error on the data stack. */
const char *host_read_settings(struct client *client, struct imap_slogout_settings *settings);

struct mail_storage_service_user *host_service_user(const struct client *client);

/* Calls enabled() for each client that enables the capability, and also when such a client wakes up from
 * hibernation. */
void host_register_capability(const char *capability, void (*enabled)(struct client *client));

/* Calls kick() for each client that `doveadm kick` names to this process without a signal. */
void host_take_kicks(void (*kick)(struct client *client));

enum host_signal {
    HOST_SIGNAL_PLAIN,      /* nothing but the signal is known; in 2.3 this is also a kick */
    HOST_SIGNAL_KICK,       /* a kick of the user whom this process serves */
    HOST_SIGNAL_FOR_ANOTHER /* a kick of a user whom this process does not serve now */
};

/* Returns the meaning of the SIGTERM that has just been received. */
enum host_signal host_read_signal(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What differs between the series of Dovecot. dovecot23.c implements this for 2.3, dovecot24.c for 2.4; the Makefile
 * compiles the file that the installed headers are of. */
#ifndef HOST_H
#define HOST_H

#include "imap_slogout.h"

struct mail_storage_service_user;

/* Reads the settings of the client's user. Returns NULL, or what is wrong, on the data stack. */
const char *host_read_settings(struct client *client, struct imap_slogout_settings *settings);

struct mail_storage_service_user *host_service_user(const struct client *client);

/* Calls enabled() for each client that enables the capability, also when a hibernated client comes back. */
void host_register_capability(const char *capability, void (*enabled)(struct client *client));

/* Calls kick() for each client that `doveadm kick` names to this process by other means than a signal. */
void host_take_kicks(void (*kick)(struct client *client));

/* Returns TRUE if the SIGTERM that has come is a kick of a user whom this process does not serve, or no longer. */
bool host_signal_is_for_another(void);

#endif

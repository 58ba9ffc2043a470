/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"
#include "dovecot24_settings.h"
#include "imap-feature.h"
#include "ioloop-private.h"
#include "mail-storage-service.h"
#include "master-admin-client.h"
#include "master-service-private.h"
#include "settings.h"

#if !DOVECOT_PREREQ(2, 4, 0)
#error "This file is for Dovecot 2.4."
#endif

/* ---- settings ---- */

const char *host_read_settings(struct client *client, struct imap_slogout_settings *settings)
{
    const struct dovecot24_settings *set;
    const char *error;

    if (settings_get(client->user->event, &dovecot24_setting_parser_info, 0, &set, &error) < 0)
        return error;
    dovecot24_convert(set, settings);
    settings->slogout.bye_text = p_strdup(client->pool, set->slogout_bye_text);
    settings_free(set);
    return NULL;
}

/* ---- the capability ---- */

static void (*call_enabled)(struct client *client);

static bool enable(struct client *client)
{
    call_enabled(client);
    return TRUE;
}

void host_register_capability(const char *capability, void (*enabled)(struct client *client))
{
    call_enabled = enabled;
    imap_feature_register(capability, 0, enable);
}

/* ---- kicks ----
 *
 * Dovecot kicks a client of a process that serves several clients through the admin socket of the process. A process
 * with one client receives a SIGTERM, and the user's name through the same socket, because the process may serve
 * another user by then. Stock Dovecot compares the names in its signal handler. The plugin replaces that handler,
 * because it calls alarm(), which would cancel the time limit of a command that waits for a lock. */

static void (*call_kick)(struct client *client);

static bool is_meant(const struct client *client, const char *user, const guid_128_t connection)
{
    return strcmp(client->user->username, user) == 0 &&
           (guid_128_is_empty(connection) || guid_128_cmp(client->anvil_conn_guid, connection) == 0);
}

static unsigned int kick_user(const char *user, const guid_128_t connection)
{
    struct client *client;
    unsigned int count = 0;

    for (client = imap_clients; client != NULL; client = client->next) {
        if (is_meant(client, user, connection)) {
            call_kick(client);
            count++;
        }
    }
    return count;
}

void host_take_kicks(void (*kick)(struct client *client))
{
    static const struct master_admin_client_callback callbacks = {.cmd_kick_user = kick_user};

    call_kick = kick;
    master_admin_clients_init(&callbacks);
}

/* Reads the input of the admin sockets, which sets last_kick_signal_user. */
static void read_admin_sockets(void)
{
    unsigned int i;

    for (i = 0; i < master_service->socket_count; i++) {
        const struct master_service_listener *const listener = &master_service->listeners[i];

        if (listener->io != NULL && master_admin_client_can_accept(listener->name))
            listener->io->callback(listener->io->context);
    }
}

enum host_signal host_read_signal(void)
{
    read_admin_sockets();
    if (master_service->last_kick_signal_user == NULL || master_service->last_kick_signal_user_accessed != 0)
        return HOST_SIGNAL_PLAIN;
    master_service->last_kick_signal_user_accessed = 1;
    if (master_service->current_user != NULL &&
        strcmp(master_service->current_user, master_service->last_kick_signal_user) == 0)
        return HOST_SIGNAL_KICK;
    return HOST_SIGNAL_FOR_ANOTHER;
}

struct mail_storage_service_user *host_service_user(const struct client *client)
{
    return client->user->service_user;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"

struct module;

/* Dovecot finds these symbols by name. It loads lib95_imap_slogout_plugin.so if mail_plugins names imap_slogout. */
#pragma GCC visibility push(default)
void imap_slogout_plugin_init(struct module *module);
void imap_slogout_plugin_deinit(void);
extern const char *imap_slogout_plugin_version;
extern const char imap_slogout_plugin_binary_dependency[];
#pragma GCC visibility pop

const char *imap_slogout_plugin_version = DOVECOT_ABI_VERSION;
const char imap_slogout_plugin_binary_dependency[] = "imap";

struct imap_slogout_module imap_slogout_module = MODULE_CONTEXT_INIT(&imap_module_register);

static struct module *this_module;
static imap_client_created_func_t *next_client_created;
static bool in_use; /* the plugin has been loaded for a client */

/* ---- a client ---- */

static void enabled(struct client *client)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (ours == NULL)
        return;
    ours->enabled = TRUE;
    slogout_session_set_enabled(ours->session, 1);
}

static void send_tagline(struct client_command_context *cmd, const char *data)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(cmd->client);

    if (answers_take_star(ours, cmd))
        return;
    ours->module_ctx.super.send_tagline(cmd, data);
    look_soon(ours);
}

static bool may_hibernate(const struct imap_slogout_client *ours)
{
    switch (ours->hibernate) {
    case HIBERNATE_ALL:
        return TRUE;
    case HIBERNATE_OTHERS:
        return !ours->enabled;
    case HIBERNATE_NONE:
        return FALSE;
    }
    return TRUE;
}

/* Prevents hibernation (internal is true) while the client is asked, because the process that keeps hibernated
 * clients cannot read the answer, and cannot ask. */
static int state_export(struct client *client, bool internal, buffer_t *dest, const char **error_r)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (internal && (ours->to_ask != NULL || slogout_session_state(ours->session) != SLOGOUT_STATE_OPEN)) {
        *error_r = "server LOGOUT in progress";
        return 0;
    }
    if (internal && !may_hibernate(ours)) {
        *error_r = "slogout_hibernate excludes the client";
        return 0;
    }
    return ours->module_ctx.super.state_export(client, internal, dest, error_r);
}

static void destroy(struct client *client, const char *reason)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);
    const int lingers = ours->linger ? linger_take(client) : -1;

    exchange_deinit(ours);
    ours->module_ctx.super.destroy(client, reason);
    if (lingers != -1)
        linger_begin(lingers);
}

static void attach(struct client *client, struct imap_slogout_client *ours)
{
    struct imap_client_vfuncs *v = &client->v;

    ours->module_ctx.super = *v;
    v->destroy = destroy;
    v->send_tagline = send_tagline;
    v->state_export = state_export;
    MODULE_CONTEXT_SET(client, imap_slogout_module, ours);
    client_add_capability(client, SLOGOUT_CAPABILITY);
}

/* Returns NULL, or the reason for which the plugin is not loaded for the client. */
static const char *load_for(struct client *client)
{
    struct imap_slogout_client *ours = p_new(client->pool, struct imap_slogout_client, 1);
    struct imap_slogout_settings settings;
    const char *const complaint = host_read_settings(client, &settings);
    int error;

    if (complaint != NULL)
        return complaint;
    ours->client = client;
    ours->answer_timeout_ms = settings.slogout.answer_timeout_ms;
    ours->spread_ms = settings.spread_ms;
    ours->hibernate = settings.hibernate;
    error = exchange_init(ours, &settings.slogout);
    if (error)
        return slogout_strerror(error);
    attach(client, ours);
    return NULL;
}

/* ---- the process ---- */

/* Changes nothing in Dovecot before the settings of a client are known to be valid. */
static void use(void)
{
    if (in_use)
        return;
    in_use = TRUE;
    host_register_capability(SLOGOUT_CAPABILITY, enabled);
    answers_init();
    at_rest_init();
    triggers_init();
}

static void client_created(struct client **clientp)
{
    struct client *client = *clientp;
    const char *complaint;

    if (mail_user_is_plugin_loaded(client->user, this_module)) {
        complaint = load_for(client);
        if (complaint == NULL)
            use();
        else
            e_error(client->event, "imap_slogout is not loaded: %s", complaint);
    }
    if (next_client_created != NULL)
        next_client_created(clientp);
}

void imap_slogout_plugin_init(struct module *module)
{
    this_module = module;
    next_client_created = imap_client_created_hook_set(client_created);
}

void imap_slogout_plugin_deinit(void)
{
    imap_client_created_hook_set(next_client_created);
    if (!in_use)
        return;
    triggers_deinit();
    at_rest_deinit();
    answers_deinit();
    linger_deinit();
}

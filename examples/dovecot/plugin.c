#include "imap_slogout.h"
#include "imap-feature.h"
#include "dovecot23.h"

struct module;

/* Found by name; Dovecot loads lib95_imap_slogout_plugin.so for `mail_plugins = imap_slogout`. */
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
static bool in_use; /* a client has come for whom the plugin is loaded */

/* ---- a client ---- */

/* Also when a hibernated client comes back: what it had enabled is enabled again. */
static void enabled(struct client *client)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (ours != NULL)
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

/* internal: hibernation. The process that keeps a hibernated client could not hear its answer. */
static int state_export(struct client *client, bool internal, buffer_t *dest, const char **error_r)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (internal && slogout_session_state(ours->session) != SLOGOUT_STATE_OPEN) {
        *error_r = "server LOGOUT under way";
        return 0;
    }
    return ours->module_ctx.super.state_export(client, internal, dest, error_r);
}

static void destroy(struct client *client, const char *reason)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (ours->linger) {
        ours->linger = FALSE;
        if (linger(client))
            return;
    }
    exchange_deinit(ours);
    ours->module_ctx.super.destroy(client, reason);
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

/* NULL, or why not. */
static const char *load_for(struct client *client)
{
    struct imap_slogout_client *ours = p_new(client->pool, struct imap_slogout_client, 1);
    struct slogout_settings settings;
    const char *complaint = settings_read(client, &settings);
    int error;

    if (complaint != NULL)
        return complaint;
    ours->client = client;
    ours->answer_timeout_ms = settings.answer_timeout_ms;
    error = exchange_init(ours, &settings);
    if (error)
        return settings_complaint(client, error);
    attach(client, ours);
    return NULL;
}

/* ---- the process ---- */

/* Not before the settings are known to be good: with bad ones nothing of Dovecot's changes. */
static void use(void)
{
    if (in_use)
        return;
    in_use = TRUE;
    imap_feature_register(SLOGOUT_CAPABILITY, 0, enabled);
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
}

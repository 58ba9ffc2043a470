/* SPDX-License-Identifier: BSD-2-Clause */
#include "imap_slogout.h"
#include "imap-fetch.h"
#include "imap-notify.h"
#include "imap-sync.h"
#include "ostream.h"

/* How often to check whether the client has read its output, of which Dovecot notifies nobody. */
#define LOOK_LATER_MSECS 100

/* Marks a command that has begun. Dovecot may call a command many times, and the first time is different. */
static struct {
    union imap_module_context module_ctx;
} begun;

/* ---- the predicates ---- */

bool notify_is_half_way(const struct client *client)
{
    return client->notify_ctx != NULL && client->notify_ctx->fetch_ctx != NULL &&
           client->notify_ctx->fetch_ctx->state.line_partial;
}

/* Dovecot may have executed a command, and hold its tagged response until it has executed others. */
bool owes_response(const struct client *client)
{
    const struct client_command_context *cmd;

    for (cmd = client->command_queue; cmd != NULL; cmd = cmd->next) {
        if (cmd->state == CLIENT_COMMAND_STATE_WAIT_SYNC && !cmd->tagline_sent)
            return TRUE;
    }
    return FALSE;
}

bool between_lines(const struct client *client)
{
    return client->output_cmd_lock == NULL && !notify_is_half_way(client);
}

/* IDLE has a context from `+ idling` until DONE is read. */
static bool is_idling(const struct client_command_context *cmd)
{
    return cmd->name != NULL && strcasecmp(cmd->name, "IDLE") == 0 && cmd->context != NULL;
}

/* An IDLE that continues after hibernation does not lock the input, so this looks into the queue. */
bool idles(const struct client *client)
{
    const struct client_command_context *cmd;

    for (cmd = client->command_queue; cmd != NULL; cmd = cmd->next) {
        if (is_idling(cmd))
            return TRUE;
    }
    return FALSE;
}

static bool is_in_the_way(const struct imap_slogout_client *ours, const struct client_command_context *cmd)
{
    return cmd != ours->starting && !cmd->tagline_sent && !is_idling(cmd);
}

/* A command that is half read is in the queue too. */
bool at_rest(const struct imap_slogout_client *ours)
{
    const struct client_command_context *cmd;

    for (cmd = ours->client->command_queue; cmd != NULL; cmd = cmd->next) {
        if (is_in_the_way(ours, cmd))
            return FALSE;
    }
    return between_lines(ours->client);
}

/* Commands that come after the client's answer do not begin. */
bool has_answered_all(const struct imap_slogout_client *ours)
{
    struct client_command_context *cmd;

    for (cmd = ours->client->command_queue; cmd != NULL; cmd = cmd->next) {
        if (is_in_the_way(ours, cmd) && SLOGOUT_CONTEXT(cmd) != NULL)
            return FALSE;
    }
    return between_lines(ours->client);
}

/* ---- who notices ---- */

/* A command that is half read keeps Dovecot from sending the tagged responses that it holds. */
static void send_held_responses(struct client *client)
{
    const struct client_command_context *const reading = client->input_lock;

    if (reading == NULL || reading->state != CLIENT_COMMAND_STATE_WAIT_INPUT || !owes_response(client))
        return;
    o_stream_cork(client->output);
    (void)cmd_sync_delayed(client);
    o_stream_uncork(client->output);
}

static void look(struct imap_slogout_client *ours)
{
    timeout_remove(&ours->to_look);
    if (!ours->client->disconnected && slogout_session_state(ours->session) >= SLOGOUT_STATE_LEAVING)
        send_held_responses(ours->client);
    exchange_resume(ours);
}

/* Not at once, because the command that has just sent its tagged response is still in the queue. */
void look_soon(struct imap_slogout_client *ours)
{
    const enum slogout_state state = slogout_session_state(ours->session);

    if (state != SLOGOUT_STATE_PENDING && state != SLOGOUT_STATE_LEAVING && ours->end_reason == NULL)
        return;
    timeout_remove(&ours->to_look);
    ours->to_look = timeout_add_short(0, look, ours);
}

void look_later(struct imap_slogout_client *ours)
{
    if (ours->to_look == NULL)
        ours->to_look = timeout_add_short(LOOK_LATER_MSECS, look, ours);
}

static bool drop_command(struct client_command_context *cmd)
{
    (void)cmd;
    return TRUE;
}

/* The moment between two pipelined commands counts as well. It is the only one with a client that always has another
 * command on its way. to_look is set then, since a tagged response has gone out in this turn of the loop. Commands
 * that come after our `* BYE` are not run, because the client could not know whether they were. */
static void begin(struct imap_slogout_client *ours, struct client_command_context *cmd)
{
    ours->starting = cmd;
    if (ours->to_look != NULL)
        exchange_resume(ours);
    ours->starting = NULL;
    if (slogout_session_state(ours->session) >= SLOGOUT_STATE_LEAVING)
        cmd->func = drop_command;
}

static void before_command(struct client_command_context *cmd)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(cmd->client);

    if (ours == NULL || SLOGOUT_CONTEXT(cmd) != NULL)
        return;
    MODULE_CONTEXT_SET(cmd, imap_slogout_module, &begun);
    if (strcasecmp(cmd->name, "LOGOUT") == 0)
        slogout_session_abandon(ours->session, SLOGOUT_OUTCOME_CLIENT_LOGOUT);
    else
        begin(ours, cmd);
}

/* IDLE may have begun, or set its own reader again. */
static void after_command(struct client_command_context *cmd)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(cmd->client);

    if (ours != NULL && slogout_session_state(ours->session) == SLOGOUT_STATE_ASKED)
        answers_watch_idle(ours);
}

void at_rest_init(void)
{
    command_hook_register(before_command, after_command);
}

void at_rest_deinit(void)
{
    command_hook_unregister(before_command, after_command);
}

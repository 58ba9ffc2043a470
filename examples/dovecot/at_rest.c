/* SPDX-License-Identifier: BSD-2-Clause */
#include "imap_slogout.h"
#include "imap-fetch.h"
#include "imap-notify.h"
#include "imap-sync.h"
#include "ostream.h"

/* The interval of checks whether the client has read its output. Dovecot does not report this. */
#define LOOK_LATER_MSECS 100

/* Marks a command that has begun. Dovecot may call a command many times, and the plugin must recognize the first
 * call. */
static struct {
    union imap_module_context module_ctx;
} begun;

/* ---- predicates ---- */

bool notify_is_half_way(const struct client *client)
{
    return client->notify_ctx != NULL && client->notify_ctx->fetch_ctx != NULL &&
           client->notify_ctx->fetch_ctx->state.line_partial;
}

/* Returns TRUE if Dovecot has executed a command, but holds its tagged response until it has executed others. */
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

/* IDLE has a context after `+ idling` until DONE is read. */
static bool is_idling(const struct client_command_context *cmd)
{
    return cmd->name != NULL && strcasecmp(cmd->name, "IDLE") == 0 && cmd->context != NULL;
}

/* Searches the queue, because an IDLE that continues after hibernation does not lock the input. */
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

/* A command of which only a part has been read is also in the queue. */
bool at_rest(const struct imap_slogout_client *ours)
{
    const struct client_command_context *cmd;

    for (cmd = ours->client->command_queue; cmd != NULL; cmd = cmd->next) {
        if (is_in_the_way(ours, cmd))
            return FALSE;
    }
    return between_lines(ours->client);
}

/* Returns TRUE if each command that has begun is answered. Commands after the client's answer do not begin. */
bool has_answered_all(const struct imap_slogout_client *ours)
{
    struct client_command_context *cmd;

    for (cmd = ours->client->command_queue; cmd != NULL; cmd = cmd->next) {
        if (is_in_the_way(ours, cmd) && SLOGOUT_CONTEXT(cmd) != NULL)
            return FALSE;
    }
    return between_lines(ours->client);
}

/* ---- notice of the moment ---- */

/* Sends the tagged responses that Dovecot holds while only a part of a command has been read. */
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

/* Looks in the next turn of the loop, because the command that has just sent its tagged response is still in the
 * queue. */
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

/* Uses the moment between two pipelined commands. A client that always sends another command gives no other moment.
 * to_look is set then, because a tagged response was sent in this turn of the loop. Commands after our `* BYE` are
 * not run, because the client could not know whether they were run. */
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

/* IDLE may have begun, or may have set its own reader again. */
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

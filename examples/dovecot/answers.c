/* SPDX-License-Identifier: BSD-2-Clause */
#include "imap_slogout.h"
#include "ioloop-private.h"
#include "istream.h"
#include "str.h"

/* Dovecot takes `TAG OK` for a command, so OK, NO and BAD are registered as commands. It rejects `* BYE` at the `*`,
 * before it reads the word. IDLE reads its own input, and takes any line but DONE for a mistake. */

/* ---- commands ---- */

/* Returns the length of what has come so far of the rest of the line, which is only for the log. */
static size_t rest_of_line(struct istream *input, const char **text)
{
    size_t size, len;
    const unsigned char *data = i_stream_get_data(input, &size);

    if (size > 0 && data[0] == ' ') {
        data++;
        size--;
    }
    for (len = 0; len < size && data[len] != '\r' && data[len] != '\n';)
        len++;
    *text = (const char *)data;
    return len;
}

static bool take_answer(struct imap_slogout_client *ours, const struct client_command_context *cmd)
{
    string_t *line = t_str_new(128);
    const char *text;
    const size_t text_len = rest_of_line(cmd->client->input, &text);
    bool taken;

    str_printfa(line, "%s %s ", cmd->tag, cmd->name);
    str_append_data(line, text, text_len);
    ours->starting = cmd;
    taken = slogout_session_feed_line(ours->session, str_c(line), str_len(line), now_ms()) == SLOGOUT_CONSUMED;
    ours->starting = NULL;
    return taken;
}

/* Dovecot skips the rest of the line. */
static bool cmd_answer(struct client_command_context *cmd)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(cmd->client);

    if (ours == NULL || !take_answer(ours, cmd))
        client_send_command_error(cmd, "Unknown command.");
    return TRUE;
}

/* ---- `*` ---- */

/* Called in place of the BAD for a command whose tag could not be read, which Dovecot counts as a bad command. */
bool answers_take_star(struct imap_slogout_client *ours, struct client_command_context *cmd)
{
    static const char bye[] = "* BYE";
    size_t size;
    const unsigned char *data = i_stream_get_data(cmd->client->input, &size);

    if (cmd->tag != NULL || size == 0 || data[0] != '*')
        return FALSE;
    if (slogout_session_feed_line(ours->session, bye, sizeof bye - 1, now_ms()) != SLOGOUT_CONSUMED)
        return FALSE;
    cmd->client->bad_counter--;
    cmd->tagline_sent = TRUE;
    return TRUE;
}

/* ---- IDLE ---- */

/* Returns the length of the first line, with its LF, or 0 if it has not come yet. */
static size_t first_line(struct istream *input, const char **line)
{
    size_t size;
    const unsigned char *data = i_stream_get_data(input, &size);
    const unsigned char *lf = size > 0 ? memchr(data, '\n', size) : NULL;

    *line = (const char *)data;
    return lf != NULL ? (size_t)(lf - data) + 1 : 0;
}

/* Returns TRUE if IDLE has nothing to read. The rest of the line that began IDLE, and errors, are left to IDLE. */
static bool take_idle_lines(struct imap_slogout_client *ours)
{
    struct client *client = ours->client;
    const char *line;
    size_t len;

    if (client->input_skip_line || i_stream_read(client->input) < 0)
        return FALSE;
    while ((len = first_line(client->input, &line)) > 0) {
        if (slogout_session_feed_line(ours->session, line, len, now_ms()) != SLOGOUT_CONSUMED)
            return FALSE;
        if (slogout_session_state(ours->session) == SLOGOUT_STATE_ENDED)
            return TRUE;
        i_stream_skip(client->input, len);
    }
    return TRUE;
}

/* IDLE's own reader can end the client, so nothing of the client may be used after it. */
static void read_idle(void *context)
{
    struct imap_slogout_client *ours = context;

    if (!take_idle_lines(ours))
        ours->idle_input(ours->idle_context);
}

/* Reads before IDLE does. IDLE removes its io, whatever its callback, when it ends. */
void answers_watch_idle(struct imap_slogout_client *ours)
{
    struct client *client = ours->client;

    if (client->io == NULL || !idles(client) || client->io->callback == read_idle)
        return;
    ours->idle_input = client->io->callback;
    ours->idle_context = client->io->context;
    client->io->callback = read_idle;
    client->io->context = ours;
}

void answers_init(void)
{
    command_register("OK", cmd_answer, 0);
    command_register("NO", cmd_answer, 0);
    command_register("BAD", cmd_answer, 0);
}

void answers_deinit(void)
{
    command_unregister("OK");
    command_unregister("NO");
    command_unregister("BAD");
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "imap_slogout.h"
#include "ioloop-private.h"
#include "istream.h"
#include "str.h"

/* Dovecot reads `TAG OK` as a command, so OK, NO and BAD are registered as commands. It rejects `* BYE` at the `*`,
 * before it reads the word. IDLE reads its own input, and treats any line except DONE as a mistake. */

/* ---- commands ---- */

/* Returns the length of the rest of the line, as far as it has been read. It is only for the log. */
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
    taken =
        slogout_session_feed_line(ours->session, str_c(line), str_len(line), now_ms()) == SLOGOUT_CONSUMED;
    ours->starting = NULL;
    return taken;
}

/* Handles an answer as a command, after which Dovecot skips the rest of the line. */
static bool cmd_answer(struct client_command_context *cmd)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(cmd->client);

    if (ours == NULL || !take_answer(ours, cmd))
        client_send_command_error(cmd, "Unknown command.");
    return TRUE;
}

/* ---- `*` ---- */

/* Called before Dovecot sends BAD for a command whose tag it could not read, and which it counts as a bad command.
 * Returns TRUE if the command was an answer. */
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

/* Returns the length of the first line, with its LF, or 0 if the line is not complete. */
static size_t first_line(struct istream *input, const char **line)
{
    size_t size;
    const unsigned char *data = i_stream_get_data(input, &size);
    const unsigned char *lf = size > 0 ? memchr(data, '\n', size) : NULL;

    *line = (const char *)data;
    return lf != NULL ? (size_t)(lf - data) + 1 : 0;
}

/* Takes the answers from the input of IDLE. Returns TRUE if IDLE has nothing to read. IDLE itself handles errors and
 * the rest of the line with which it began. */
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

/* Reads before IDLE does. The reader of IDLE can end the client, so the client must not be used after it. */
static void read_idle(void *context)
{
    struct imap_slogout_client *ours = context;

    if (!take_idle_lines(ours))
        ours->idle_input(ours->idle_context);
}

/* Replaces the callback of IDLE's io. IDLE removes its io when it ends, whatever the callback is. */
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

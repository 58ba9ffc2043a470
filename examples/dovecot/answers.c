#include "imap_slogout.h"
#include "istream.h"
#include "dovecot23.h"

/* Dovecot takes `TAG OK` for a command, and stumbles over the `*` of `* BYE` before it has read the word.
 * IDLE reads for itself, and takes any line but DONE for a mistake. */

/* ---- commands ---- */

static enum slogout_status status_of(const char *word)
{
    if (strcasecmp(word, "OK") == 0)
        return SLOGOUT_STATUS_OK;
    return strcasecmp(word, "NO") == 0 ? SLOGOUT_STATUS_NO : SLOGOUT_STATUS_BAD;
}

/* What has come of it so far: it is for the log alone. */
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
    struct slogout_response response;

    i_zero(&response);
    response.status = status_of(cmd->name);
    response.tag = cmd->tag;
    response.tag_len = strlen(cmd->tag);
    response.text_len = rest_of_line(cmd->client->input, &response.text);
    return slogout_session_feed_response(ours->session, &response, now_ms()) == SLOGOUT_CONSUMED;
}

/* The rest of the line is Dovecot's to skip. */
static bool cmd_answer(struct client_command_context *cmd)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(cmd->client);

    if (ours == NULL || !take_answer(ours, cmd))
        client_send_command_error(cmd, "Unknown command.");
    return TRUE;
}

/* ---- `*` ---- */

/* In the place of the BAD for a command whose tag could not be read; Dovecot then counts a bad command. */
bool answers_take_star(struct imap_slogout_client *ours, struct client_command_context *cmd)
{
    static const struct slogout_response bye = {.status = SLOGOUT_STATUS_BYE};
    size_t size;
    const unsigned char *data = i_stream_get_data(cmd->client->input, &size);

    if (cmd->tag != NULL || size == 0 || data[0] != '*')
        return FALSE;
    if (slogout_session_feed_response(ours->session, &bye, now_ms()) != SLOGOUT_CONSUMED)
        return FALSE;
    cmd->client->bad_counter--;
    cmd->tagline_sent = TRUE;
    return TRUE;
}

/* ---- IDLE ---- */

/* With its LF. 0: it has not come yet. */
static size_t first_line(struct istream *input, const char **line)
{
    size_t size;
    const unsigned char *data = i_stream_get_data(input, &size);
    const unsigned char *lf = size > 0 ? memchr(data, '\n', size) : NULL;

    *line = (const char *)data;
    return lf != NULL ? (size_t)(lf - data) + 1 : 0;
}

/* TRUE: IDLE has nothing to read. The rest of the line that began IDLE, and trouble, are IDLE's. */
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
        if (client->disconnected)
            return TRUE;
        i_stream_skip(client->input, len);
    }
    return TRUE;
}

/* Nothing of the client's may be touched after IDLE's own reader: it can end the client. */
static void read_idle(void *context)
{
    struct imap_slogout_client *ours = context;

    if (!take_idle_lines(ours))
        ours->idle_input(ours->idle_context);
}

/* IDLE removes whatever reads for it when it ends. */
void answers_watch_idle(struct imap_slogout_client *ours)
{
    struct client *client = ours->client;

    if (client->io == NULL || !idles(client) || host_reads_with(client->io, read_idle))
        return;
    host_read_first(client->io, read_idle, ours, &ours->idle_input, &ours->idle_context);
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

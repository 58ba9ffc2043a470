#include "imap_slogout.h"
#include "ostream.h"
#include <time.h>

uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- the timer ---- */

static void tick(struct imap_slogout_client *sc)
{
    timeout_remove(&sc->to_tick);
    slogout_tick(sc->slogout, now_ms());
}

/* Dovecot's timeouts repeat and follow the wall clock; it corrects jumps, and slogout takes an early tick. */
static void set_timer(struct slogout *slogout, uint64_t deadline_ms, void *user_data)
{
    struct imap_slogout_client *sc = user_data;
    const uint64_t now = now_ms();
    const uint64_t delay = deadline_ms > now ? deadline_ms - now + 1 : 0;

    (void)slogout;
    timeout_remove(&sc->to_tick);
    sc->to_tick = timeout_add((unsigned int)I_MIN(delay, INT_MAX), tick, sc);
}

/* ---- lines ---- */

/* Dovecot's own close drops what its stream still holds, so a line waits until all before it has left. */
static int flush(struct imap_slogout_client *sc)
{
    const int flushed = o_stream_flush(sc->client->output);

    if (flushed > 0)
        return 0;
    if (flushed < 0)
        return -1;
    look_later(sc);
    return SLOGOUT_BUSY;
}

static int write_line(struct client *client, const char *line, size_t len)
{
    o_stream_nsend(client->output, line, len);
    client->last_output = ioloop_time;
    return o_stream_flush(client->output) < 0 ? -1 : 0;
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct imap_slogout_client *sc = conn;
    int result;

    (void)session;
    if (sc->client->disconnected)
        return -1;
    if (when == SLOGOUT_AT_REST ? !at_rest(sc) : !between_lines(sc->client))
        return SLOGOUT_BUSY;
    result = flush(sc);
    if (result != 0)
        return result;
    answers_watch_idle(sc);
    return write_line(sc->client, line, len);
}

/* ---- the end ---- */

/* The client's own words, for the log. */
static const char *answer_text(const struct slogout_response *answer)
{
    char text[200];

    if (answer == NULL)
        return "";
    slogout_escape(text, sizeof text, answer->text, answer->text_len);
    return t_strdup_printf(": %s %s", answer->status == SLOGOUT_STATUS_NO ? "NO" : "BAD", text);
}

/* A client that was only told by `* BYE` keeps Dovecot's usual reason. */
static const char *reason(const struct slogout_result *result)
{
    if (result->outcome == SLOGOUT_ANSWERED)
        return "Server LOGOUT: answered";
    if (result->outcome == SLOGOUT_BYE_ONLY)
        return "Server shutting down.";
    if (result->outcome == SLOGOUT_REFUSED)
        return t_strconcat("Server LOGOUT: refused", answer_text(result->answer), NULL);
    if (result->outcome == SLOGOUT_EXPIRED)
        return "Server LOGOUT: not answered in time";
    if (result->outcome == SLOGOUT_NEVER_READY)
        return "Server LOGOUT: never at rest, so not asked";
    if (result->outcome == SLOGOUT_FORCED)
        return "Server LOGOUT: cut short";
    return "Server LOGOUT: could not be sent";
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct imap_slogout_client *sc = conn;
    const bool owed = result->outcome != SLOGOUT_ANSWERED && !result->bye_sent;

    (void)session;
    sc->linger = TRUE;
    client_disconnect(sc->client, t_strconcat(reason(result), owed ? " (without BYE)" : "", NULL));
}

/* ---- both ---- */

static const struct slogout_callbacks callbacks = {
    .size = sizeof callbacks,
    .send_line = send_line,
    .close_connection = close_connection,
};

int exchange_init(struct imap_slogout_client *sc, const struct slogout_settings *settings)
{
    struct slogout_settings own = *settings;
    int error;

    own.set_timer = set_timer;
    own.user_data = sc;
    error = slogout_new(&sc->slogout, &own);
    if (error)
        return error;
    error = slogout_session_new(&sc->session, sc->slogout, &callbacks, sc);
    if (error)
        slogout_free(sc->slogout);
    return error;
}

/* Commands that are cancelled afterwards still come by: to them the session is one that has ended. */
void exchange_deinit(struct imap_slogout_client *sc)
{
    slogout_session_free(sc->session);
    slogout_free(sc->slogout);
    sc->session = NULL;
    timeout_remove(&sc->to_tick);
    timeout_remove(&sc->to_look);
    timeout_remove(&sc->to_stop);
}

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

/* The end of a command is noticed; that output has left, or that a NOTIFY has ended, is not. */
static int wait_for_output(struct imap_slogout_client *sc)
{
    look_later(sc);
    return SLOGOUT_BUSY;
}

static int write_line(struct imap_slogout_client *sc, const char *line, size_t len)
{
    struct ostream *output = sc->client->output;

    answers_watch_idle(sc);
    o_stream_nsend(output, line, len);
    sc->client->last_output = ioloop_time;
    return o_stream_flush(output) < 0 ? -1 : 0;
}

/* Dovecot's close drops what its stream still holds, so a line waits until all before it has left. */
static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct imap_slogout_client *sc = conn;
    int flushed;

    (void)session;
    if (sc->client->disconnected)
        return -1;
    if (notify_is_half_way(sc->client))
        return wait_for_output(sc);
    if (when == SLOGOUT_AT_REST ? !at_rest(sc) : !between_lines(sc->client))
        return SLOGOUT_BUSY;
    flushed = o_stream_flush(sc->client->output);
    if (flushed == 0)
        return wait_for_output(sc);
    return flushed < 0 ? -1 : write_line(sc, line, len);
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

    (void)session;
    sc->linger = result->outcome == SLOGOUT_ANSWERED || result->bye_sent;
    client_disconnect(sc->client, t_strconcat(reason(result), sc->linger ? "" : " (without BYE)", NULL));
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

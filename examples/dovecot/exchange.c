/* SPDX-License-Identifier: BSD-2-Clause */
#include "imap_slogout.h"
#include "ostream.h"
#include "str-sanitize.h"
#include <time.h>

uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* For the responses to commands that came before the client's answer: as long as Dovecot waits for a client that does
 * not read. */
#define LAST_RESPONSES_MSECS (5 * 60 * 1000)

/* ---- the timer ---- */

static void tick(struct imap_slogout_client *ours)
{
    timeout_remove(&ours->to_tick);
    slogout_tick(ours->slogout, now_ms());
}

/* Dovecot's timeouts repeat and follow the wall clock. Dovecot corrects jumps, and slogout accepts an early tick. */
static void set_timer(struct slogout *slogout, uint64_t deadline_ms, void *user_data)
{
    struct imap_slogout_client *ours = user_data;
    const uint64_t now = now_ms();
    const uint64_t delay = deadline_ms > now ? deadline_ms - now + 1 : 0;

    (void)slogout;
    timeout_remove(&ours->to_tick);
    ours->to_tick = timeout_add((unsigned int)I_MIN(delay, INT_MAX), tick, ours);
}

/* ---- lines ---- */

/* at_rest.c notices the end of a command. Nobody notices that output has left, that a NOTIFY has ended, or that Dovecot
 * holds a tagged response. */
static int wait_for_output(struct imap_slogout_client *ours)
{
    look_later(ours);
    return SLOGOUT_BUSY;
}

static int write_line(struct imap_slogout_client *ours, const char *line, size_t len)
{
    struct ostream *output = ours->client->output;

    answers_watch_idle(ours);
    o_stream_nsend(output, line, len);
    ours->client->last_output = ioloop_time;
    return o_stream_flush(output) < 0 ? -1 : 0;
}

/* Flushes all layers of the output. Returns 1 when the kernel has all of it, 0 if it does not, -1 on error. */
static int flush(struct ostream *output)
{
    if (o_stream_flush(output) < 0)
        return -1;
    return o_stream_get_buffer_used_size(output) == 0;
}

/* Dovecot's close drops what its streams still hold, so a line waits until all output before it has left. */
static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct imap_slogout_client *ours = conn;
    int flushed;

    (void)session;
    if (ours->client->disconnected)
        return -1;
    if (notify_is_half_way(ours->client) || (when == SLOGOUT_BETWEEN_LINES && owes_response(ours->client)))
        return wait_for_output(ours);
    if (when == SLOGOUT_AT_REST ? !at_rest(ours) : !between_lines(ours->client))
        return SLOGOUT_BUSY;
    flushed = flush(ours->client->output);
    if (flushed == 0)
        return wait_for_output(ours);
    return flushed < 0 ? -1 : write_line(ours, line, len);
}

/* ---- the end ---- */

/* A client that only got `* BYE` keeps the reason that stock Dovecot logs. */
static const char *const reasons[SLOGOUT_OUTCOME_COUNT] = {
    [SLOGOUT_OUTCOME_ANSWERED] = "Server LOGOUT: answered",
    [SLOGOUT_OUTCOME_REFUSED] = "Server LOGOUT: refused",
    [SLOGOUT_OUTCOME_EXPIRED] = "Server LOGOUT: not answered in time",
    [SLOGOUT_OUTCOME_BYE_ONLY] = "Server shutting down.",
    [SLOGOUT_OUTCOME_NEVER_READY] = "Server LOGOUT: never at rest, so not asked",
    [SLOGOUT_OUTCOME_FORCED] = "Server LOGOUT: forced",
    [SLOGOUT_OUTCOME_SEND_FAILED] = "Server LOGOUT: could not be sent",
};

/* Returns the client's refusal, in its own words. */
static const char *refusal(const struct slogout_result *result)
{
    const struct slogout_response *answer = result->answer;
    const char *status = result->answer_status == SLOGOUT_STATUS_NO ? "NO" : "BAD";

    if (answer == NULL)
        return t_strconcat(": ", status, NULL);
    return t_strconcat(": ", status, " ", str_sanitize(t_strndup(answer->text, answer->text_len), 200), NULL);
}

static const char *reason(const struct slogout_result *result)
{
    const bool told = result->outcome == SLOGOUT_OUTCOME_ANSWERED || result->bye_sent;
    const bool refused = result->outcome == SLOGOUT_OUTCOME_REFUSED;

    return t_strconcat(reasons[result->outcome], refused ? refusal(result) : "",
                       told ? "" : " (without BYE)", NULL);
}

/* The client has answered, but may have sent commands before that. It is owed their responses. */
static void end_when_idle(struct imap_slogout_client *ours)
{
    const int flushed = has_answered_all(ours) ? flush(ours->client->output) : 0;

    if (flushed == 0)
        look_later(ours);
    else
        client_disconnect(ours->client, ours->end_reason);
}

static void give_up(struct imap_slogout_client *ours)
{
    client_disconnect(ours->client, ours->end_reason);
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct imap_slogout_client *ours = conn;

    (void)session;
    ours->linger = result->outcome == SLOGOUT_OUTCOME_ANSWERED || result->bye_sent;
    if (result->outcome != SLOGOUT_OUTCOME_ANSWERED) {
        client_disconnect(ours->client, reason(result));
        return;
    }
    ours->end_reason = p_strdup(ours->client->pool, reason(result));
    ours->to_end = timeout_add(LAST_RESPONSES_MSECS, give_up, ours);
    end_when_idle(ours);
}

void exchange_resume(struct imap_slogout_client *ours)
{
    if (ours->end_reason == NULL)
        slogout_session_resume(ours->session, now_ms());
    else if (!ours->client->disconnected)
        end_when_idle(ours);
}

void exchange_force(struct imap_slogout_client *ours)
{
    if (ours->end_reason == NULL)
        slogout_session_force(ours->session, now_ms());
    else
        client_disconnect(ours->client, ours->end_reason);
}

/* ---- both ---- */

static const struct slogout_callbacks callbacks = {
    .size = sizeof callbacks,
    .send_line = send_line,
    .close_connection = close_connection,
};

int exchange_init(struct imap_slogout_client *ours, const struct slogout_settings *settings)
{
    struct slogout_settings own = *settings;
    int error;

    own.set_timer = set_timer;
    own.user_data = ours;
    error = slogout_new(&ours->slogout, &own);
    if (error)
        return error;
    error = slogout_session_new(&ours->session, ours->slogout, &callbacks, ours);
    if (error)
        slogout_free(ours->slogout);
    return error;
}

/* Dovecot may still call the plugin for commands that it cancels after this. slogout takes NULL for a session that
 * has ended. */
void exchange_deinit(struct imap_slogout_client *ours)
{
    slogout_session_free(ours->session);
    slogout_free(ours->slogout);
    ours->session = NULL;
    ours->end_reason = NULL;
    timeout_remove(&ours->to_tick);
    timeout_remove(&ours->to_look);
    timeout_remove(&ours->to_ask);
    timeout_remove(&ours->to_stop);
    timeout_remove(&ours->to_end);
}

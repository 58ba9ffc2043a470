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

/* The time limit for the responses to commands before the client's answer. It is the time that Dovecot waits for a
 * client that does not read. */
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

/* at_rest.c notices the end of a command. Output that has been sent, a NOTIFY that has ended, or a tagged response
 * that Dovecot holds can only be noticed by a later check. */
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

/* Flushes all layers of the output. Returns 1 if the kernel has taken all of it, 0 if it has not, and -1 on error. */
static int flush(struct ostream *output)
{
    if (o_stream_flush(output) < 0)
        return -1;
    return o_stream_get_buffer_used_size(output) == 0;
}

/* Writes a line when all earlier output has been sent, because Dovecot's close drops the output in its streams. */
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

/* For a client that received only `* BYE`, the reason is the same as in stock Dovecot. */
static const char *const reasons[SLOGOUT_OUTCOME_COUNT] = {
    [SLOGOUT_OUTCOME_ANSWERED] = "Server LOGOUT: answered",
    [SLOGOUT_OUTCOME_REFUSED] = "Server LOGOUT: refused",
    [SLOGOUT_OUTCOME_EXPIRED] = "Server LOGOUT: not answered in time",
    [SLOGOUT_OUTCOME_BYE_ONLY] = "Server shutting down.",
    [SLOGOUT_OUTCOME_NEVER_READY] = "Server LOGOUT: never at rest, so not asked",
    [SLOGOUT_OUTCOME_FORCED] = "Server LOGOUT: forced",
    [SLOGOUT_OUTCOME_SEND_FAILED] = "Server LOGOUT: could not be sent",
};

/* Returns the status and the text of the client's refusal. */
static const char *refusal(const struct slogout_result *result)
{
    const struct slogout_response *answer = result->answer;
    const char *status = result->answer_status == SLOGOUT_STATUS_NO ? "NO" : "BAD";

    if (answer == NULL)
        return t_strconcat(": ", status, NULL);
    return t_strconcat(": ", status, " ", str_sanitize(t_strndup(answer->text, answer->text_len), 200), NULL);
}

/* Stock Dovecot 2.4 has a reason of its own for a kick. */
static const char *reason_word(const struct imap_slogout_client *ours, enum slogout_outcome outcome)
{
    return outcome == SLOGOUT_OUTCOME_BYE_ONLY && ours->kicked ? "User kicked" : reasons[outcome];
}

static const char *reason(const struct imap_slogout_client *ours, const struct slogout_result *result)
{
    const bool told = result->outcome == SLOGOUT_OUTCOME_ANSWERED || result->bye_sent;
    const bool refused = result->outcome == SLOGOUT_OUTCOME_REFUSED;

    return t_strconcat(reason_word(ours, result->outcome), refused ? refusal(result) : "",
                       told ? "" : " (without BYE)", NULL);
}

/* Ends the client when it has received the responses to the commands that it had sent before its answer. */
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
        client_disconnect(ours->client, reason(ours, result));
        return;
    }
    ours->end_reason = p_strdup(ours->client->pool, reason(ours, result));
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

/* ---- the event ---- */

/* The event's own duration is the time since it was created. */
static void begin_event(struct imap_slogout_client *ours)
{
    if (ours->event == NULL)
        ours->event = event_create(ours->client->event);
}

/* Reports the outcome to Dovecot's metrics and event exporters. */
static void finish_event(struct imap_slogout_client *ours)
{
    struct slogout_result result = {.size = sizeof result};
    struct event_passthrough *event;

    if (ours->event == NULL)
        return;
    slogout_session_abandon(ours->session, ours->client->disconnected ? SLOGOUT_OUTCOME_HOST_CLOSED
                                                                      : SLOGOUT_OUTCOME_PEER_CLOSED);
    if (slogout_session_get_result(ours->session, &result) == 0) {
        event = event_create_passthrough(ours->event)
                    ->set_name("imap_slogout_finished")
                    ->add_str("outcome", slogout_outcome_name(result.outcome))
                    ->add_str("asked", result.asked_ms != SLOGOUT_NEVER ? "yes" : "no");
        e_debug(event->event(), "Server LOGOUT finished: %s", slogout_outcome_name(result.outcome));
    }
    event_unref(&ours->event);
}

void exchange_request(struct imap_slogout_client *ours)
{
    begin_event(ours);
    slogout_session_request(ours->session, NULL, now_ms());
}

void exchange_force(struct imap_slogout_client *ours)
{
    begin_event(ours);
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

/* Dovecot may call the plugin after this, for commands that it cancels. slogout treats a NULL session as ENDED. */
void exchange_deinit(struct imap_slogout_client *ours)
{
    finish_event(ours);
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

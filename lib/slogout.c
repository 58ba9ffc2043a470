/* SPDX-License-Identifier: BSD-2-Clause */
/* A slogout: its settings, its time and its counters. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "session.h"
#include "tag.h"

/* The draft, section 3: "The timer MUST have a timing interval longer than 32 seconds." */
#define ANSWER_TIMEOUT_FLOOR 32000

/* The maximum number of alarms that ring in one tick, so that the host's other connections do not wait for
 * more than about a millisecond. If more are due, slogout_deadline() returns a time that has passed. */
#define TICK_BUDGET 1000

static void *default_allocate(size_t size, void *user_data)
{
    (void)user_data;
    return malloc(size);
}

static void default_release(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

/* Copies the host's settings, replaces each 0 with the default, and checks the result. If from is NULL, all
 * members are the defaults. Returns 0 or an error. */
static int read_settings(struct slogout_settings *settings, const struct slogout_settings *from)
{
    static const struct slogout_settings none = {.size = sizeof none};
    const int error = slo_copy_sized(settings, sizeof *settings, from ? from : &none);

    if (error)
        return error;
    if (!settings->answer_timeout_ms)
        settings->answer_timeout_ms = 35000;
    if (!settings->ready_timeout_ms)
        settings->ready_timeout_ms = 300000;
    if (!settings->leave_timeout_ms)
        settings->leave_timeout_ms = 10000;
    if (!settings->tag_prefix)
        settings->tag_prefix = "SLO.";
    if (!settings->bye_text)
        settings->bye_text = SLO_BYE_DEFAULT;
    if (!settings->allocate && !settings->release) {
        settings->allocate = default_allocate;
        settings->release = default_release;
    }
    if (settings->answer_timeout_ms <= ANSWER_TIMEOUT_FLOOR)
        return SLOGOUT_ERR_TIMEOUT;
    if (!slo_tag_prefix_valid(settings->tag_prefix))
        return SLOGOUT_ERR_PREFIX;
    if (!slo_bye_text_valid(settings->bye_text))
        return SLOGOUT_ERR_TEXT;
    if ((unsigned)settings->ask > SLOGOUT_ASK_ALL || (unsigned)settings->on_refusal > SLOGOUT_REFUSAL_WAIT)
        return SLOGOUT_ERR_ARGUMENT;
    return settings->allocate && settings->release ? 0 : SLOGOUT_ERR_ARGUMENT;
}

/* ---- public ---- */

int slogout_new(struct slogout **out, const struct slogout_settings *settings)
{
    struct slogout_settings checked;
    struct slogout *slogout;
    size_t state;
    const int error = out ? read_settings(&checked, settings) : SLOGOUT_ERR_ARGUMENT;

    if (error)
        return error;
    slogout = checked.allocate(sizeof *slogout, checked.user_data);
    if (!slogout)
        return SLOGOUT_ERR_NOMEM;
    memset(slogout, 0, sizeof *slogout);
    strcpy(slogout->tag_prefix, checked.tag_prefix);
    strcpy(slogout->bye_text, checked.bye_text);
    slogout->settings = checked;
    slogout->settings.tag_prefix = slogout->tag_prefix;
    slogout->settings.bye_text = slogout->bye_text;
    slogout->tags.prefix = slogout->tag_prefix;
    slo_link_init(&slogout->freed);
    /* Of two alarms with equal deadlines, the alarm that is made earlier here rings first. */
    slo_clock_init(&slogout->clock);
    for (state = SLOGOUT_STATE_OPEN; state < SLOGOUT_STATE_ENDED; state++)
        slo_timers_init(&slogout->timers[state], &slogout->clock, slo_session_expired);
    slo_timers_init(&slogout->last_half, &slogout->clock, slo_session_expired);
    slo_timers_init(&slogout->closing, &slogout->clock, NULL); /* slogout_filter_new() sets the function */
    *out = slogout;
    return 0;
}

int slogout_free(struct slogout *slogout)
{
    if (!slogout)
        return 0;
    if (slogout->depth)
        return SLOGOUT_ERR_REENTRANT;
    if (slogout->objects)
        return SLOGOUT_ERR_STATE;
    slogout->settings.release(slogout, slogout->settings.user_data);
    return 0;
}

uint64_t slogout_deadline(const struct slogout *slogout)
{
    return slogout ? slo_clock_deadline(&slogout->clock) : SLOGOUT_NEVER;
}

int slogout_poll_timeout(uint64_t deadline_ms, uint64_t now_ms)
{
    if (deadline_ms == SLOGOUT_NEVER)
        return -1;
    if (deadline_ms <= now_ms)
        return 0;
    return deadline_ms - now_ms < INT_MAX ? (int)(deadline_ms - now_ms) : INT_MAX;
}

int slogout_tick(struct slogout *slogout, uint64_t now_ms)
{
    const int error = slogout ? slo_may_call_back(slogout, now_ms) : SLOGOUT_ERR_ARGUMENT;

    if (error)
        return error;
    slo_enter_at(slogout, now_ms);
    slo_clock_ring(&slogout->clock, TICK_BUDGET);
    slogout->clock.announced = SLOGOUT_NEVER; /* the host's one-shot timer may have fired, so set it again */
    slo_leave(slogout);
    return 0;
}

const struct slogout_counts *slogout_get_counts(const struct slogout *slogout)
{
    return slogout ? &slogout->counts : NULL;
}

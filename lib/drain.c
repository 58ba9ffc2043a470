/* SPDX-License-Identifier: BSD-2-Clause */
/* A drain begins its sessions one after the other, at the pace of its plan. At the end, it forces the
 * sessions that have no outcome.
 *
 * The sessions are in lists by state (struct slo_session_set). The drain has one alarm, which is set for its
 * next action. Each time the alarm rings, the drain takes one action. Each change of a member's state sets
 * the alarm again, so a drain that has nothing to do costs nothing. */
#include <string.h>
#include <slogout/drain.h>
#include "drain_pacer.h"
#include "drain_plan.h"
#include "saturate.h"
#include "session.h"

enum drain_state { COLLECTING, RUNNING, PAUSED, CANCELED, DONE };

struct slogout_drain {
    /* for life */
    struct slo_link memory; /* first, see slo_allocate() */
    struct slo_alarm alarm;
    struct slogout *slogout;
    void (*done)(struct slogout_drain *drain, void *user_data);
    void *user_data;
    struct slo_session_set set;
    enum drain_state state;
    /* of one plan; times are milliseconds from start */
    struct slogout_plan plan;
    struct slo_schedule schedule;
    uint64_t start;         /* by the clock */
    struct slo_pacer pacer; /* of the WAITING sessions or, if is_forcing, of all unsettled sessions */
    uint32_t timer_step_ms; /* the alarm is set to multiples of this */
    int is_forcing;
    int has_joined; /* a session has joined after the current slot was cut, so the slot may be too long */
};

/* ---- the next action ---- */

/* Returns the number of sessions in flight. */
static uint64_t in_flight(const struct slogout_counts *counts)
{
    return counts->state[SLOGOUT_STATE_PENDING] + counts->state[SLOGOUT_STATE_ASKED];
}

/* Returns the number of sessions that must be forced if nothing else happens. */
static uint64_t unsettled(const struct slogout_counts *counts)
{
    return counts->state[SLOGOUT_STATE_WAITING] + in_flight(counts);
}

static uint64_t no_outcome(const struct slogout_counts *counts)
{
    return unsettled(counts) + counts->state[SLOGOUT_STATE_LEAVING];
}

static int is_empty(const struct slogout_counts *counts)
{
    return no_outcome(counts) + counts->state[SLOGOUT_STATE_ENDED] == 0;
}

static int may_begin(const struct slogout_drain *drain)
{
    const struct slogout_counts *counts = &drain->set.counts;
    const uint32_t limit = drain->schedule.in_flight;

    return drain->state == RUNNING && counts->state[SLOGOUT_STATE_WAITING] > 0 &&
           (!limit || in_flight(counts) < limit);
}

/* Returns the time by which each session has its outcome, or SLOGOUT_NEVER if the drain does not bound it. */
static uint64_t over_by(const struct slogout_drain *drain)
{
    if (drain->state != RUNNING && drain->state != PAUSED)
        return SLOGOUT_NEVER;
    return slo_add(drain->start, drain->schedule.deadline);
}

/* Returns the time at which the next session has its turn. A slot that may be too long must be cut again at
 * once. */
static uint64_t next_turn(const struct slogout_drain *drain)
{
    if (drain->has_joined)
        return 0;
    return slo_add(drain->start, slo_pacer_instant_ms(&drain->pacer, drain->timer_step_ms));
}

/* Returns the time at which the drain must act next, or SLOGOUT_NEVER. */
static uint64_t next_due(const struct slogout_drain *drain)
{
    const struct slogout_counts *counts = &drain->set.counts;
    const uint64_t force = slo_add(drain->start, drain->schedule.force);

    if (drain->state == COLLECTING || drain->state == DONE)
        return SLOGOUT_NEVER;
    if (is_empty(counts))
        return 0; /* done() is called */
    if (drain->state == CANCELED)
        return SLOGOUT_NEVER; /* the sessions that were asked finish */
    if (no_outcome(counts) == 0)
        return SLOGOUT_NEVER; /* the host closes and frees */
    if (unsettled(counts) == 0)
        return over_by(drain);
    if (drain->is_forcing)
        return slo_min(next_turn(drain), over_by(drain));
    if (may_begin(drain))
        return slo_min(next_turn(drain), force);
    return force;
}

static void set_alarm(struct slogout_drain *drain)
{
    slo_alarm_set(&drain->alarm, next_due(drain));
}

static void on_change(struct slo_session_set *set)
{
    set_alarm(slo_container_of(set, struct slogout_drain, set));
}

/* ---- the pace ---- */

static uint64_t elapsed(const struct slogout_drain *drain)
{
    return drain->slogout->clock.now - drain->start;
}

/* Returns the sessions that wait for a slot, without the session that has its turn now (begun is then 1). As
 * long as LOGOUT may be sent, all sessions must begin early enough to be sent LOGOUT. After that, they are
 * sent `* BYE` until forcing begins. */
static struct slo_backlog backlog_of(const struct slogout_drain *drain, uint64_t begun)
{
    const struct slo_schedule *schedule = &drain->schedule;
    const struct slogout_counts *counts = &drain->set.counts;
    const uint64_t all = drain->is_forcing ? unsettled(counts) : counts->state[SLOGOUT_STATE_WAITING];
    const uint64_t count = slo_subtract(all, begun);
    struct slo_backlog backlog = {count, schedule->force, count, schedule->force};

    if (drain->is_forcing) {
        backlog.by_ms = backlog.urgent_by_ms = slo_add(schedule->force, schedule->tail);
    } else if (count && elapsed(drain) < schedule->ask_until) {
        const struct slo_plan_round round =
            slo_plan_round(schedule, drain->slogout->settings.answer_timeout_ms, count);

        backlog.by_ms = schedule->begin_by;
        backlog.urgent = round.sessions;
        backlog.urgent_by_ms = round.latest;
    }
    return backlog;
}

static void next_slot(struct slogout_drain *drain, uint64_t begun)
{
    const struct slo_backlog backlog = backlog_of(drain, begun);

    slo_pacer_next(&drain->pacer, elapsed(drain), &backlog);
}

static void adapt_slot(struct slogout_drain *drain)
{
    const struct slo_backlog backlog = backlog_of(drain, 0);

    slo_pacer_adapt(&drain->pacer, elapsed(drain), &backlog);
}

static void open_window(struct slogout_drain *drain, uint64_t from, uint64_t length, uint32_t rate)
{
    drain->has_joined = 0;
    slo_pacer_open(&drain->pacer, from, slo_add(from, length), rate);
    next_slot(drain, 0);
    set_alarm(drain);
}

/* ---- the alarm ---- */

/* Returns the session that has been in this state for the longest time, or NULL. */
static struct slogout_session *first_in(struct slogout_drain *drain, enum slogout_state state)
{
    struct slo_link *list = &drain->set.members[state];

    return !slo_list_is_empty(list) ? slo_container_of(list->next, struct slogout_session, member) : NULL;
}

/* Neighbors in the same group share an instant, but each of them uses a slot, so that the sessions after a
 * group do not begin earlier. */
static void begin_next(struct slogout_drain *drain)
{
    struct slogout_counts *counts = &drain->set.counts;
    const uint32_t limit = drain->plan.max_in_flight;
    const uint64_t instant = drain->pacer.instant;
    const struct slo_link *waiting = &drain->set.members[SLOGOUT_STATE_WAITING];
    struct slogout_session *session = slo_container_of(waiting->next, struct slogout_session, member);
    const struct slogout_session *next =
        slo_container_of(session->member.next, struct slogout_session, member);
    const int has_next = session->member.next != waiting;

    next_slot(drain, 1);
    if (session->group && has_next && next->group == session->group)
        drain->pacer.instant = instant;
    if (limit && in_flight(counts) >= limit) {
        counts->over_limit++;
        drain->slogout->counts.over_limit++;
    }
    slo_session_request(session);
}

/* WAITING sessions are forced first, because their clients have not been sent anything. */
static void force_next(struct slogout_drain *drain)
{
    enum slogout_state state = SLOGOUT_STATE_WAITING;
    struct slogout_session *session;

    while ((session = first_in(drain, state)) == NULL)
        state++;
    next_slot(drain, 1);
    slo_session_force(session);
}

static void ring(struct slo_alarm *alarm)
{
    struct slogout_drain *drain = slo_container_of(alarm, struct slogout_drain, alarm);
    const uint64_t now = elapsed(drain);

    if (is_empty(&drain->set.counts)) {
        drain->state = DONE;
        set_alarm(drain);
        drain->done(drain, drain->user_data);
    } else if (now >= drain->schedule.force && !drain->is_forcing) {
        drain->is_forcing = 1;
        open_window(drain, drain->schedule.force, drain->schedule.tail, 0);
    } else if (drain->has_joined && now < drain->schedule.deadline) {
        /* The slot is not adapted when the session joins, because only a tick knows the time. */
        drain->has_joined = 0;
        adapt_slot(drain);
        set_alarm(drain);
    } else if (drain->is_forcing) {
        force_next(drain);
    } else {
        begin_next(drain);
    }
}

/* ---- public ---- */

int slogout_plan_check(const struct slogout *slogout, const struct slogout_plan *plan, uint64_t sessions,
                       struct slogout_advice *advice)
{
    struct slogout_plan checked;
    struct slo_timeouts timeouts;
    const int error = slogout && plan ? slo_copy_sized(&checked, sizeof checked, plan) : SLOGOUT_ERR_ARGUMENT;

    if (error)
        return error;
    timeouts.answer = slogout->settings.answer_timeout_ms;
    timeouts.leave = slogout->settings.leave_timeout_ms;
    if (advice)
        slo_plan_advise(&checked, &timeouts, sessions, advice);
    return slo_plan_fits(&checked, &timeouts, sessions) ? 0 : SLOGOUT_ERR_PLAN;
}

int slogout_drain_new(struct slogout_drain **out, struct slogout *slogout,
                      void (*done)(struct slogout_drain *drain, void *user_data), void *user_data)
{
    struct slogout_drain *drain;
    size_t state;

    if (!out || !slogout || !done)
        return SLOGOUT_ERR_ARGUMENT;
    drain = slo_allocate(slogout, sizeof *drain);
    if (!drain)
        return SLOGOUT_ERR_NOMEM;
    drain->slogout = slogout;
    drain->done = done;
    drain->user_data = user_data;
    drain->timer_step_ms = 1;
    drain->set.changed = on_change;
    drain->set.ask_before = SLOGOUT_NEVER;
    for (state = SLOGOUT_STATE_OPEN; state <= SLOGOUT_STATE_ENDED; state++)
        slo_link_init(&drain->set.members[state]);
    slo_alarm_init(&drain->alarm, &slogout->clock, ring);
    *out = drain;
    return 0;
}

static void reopen_all(struct slogout_drain *drain, enum slogout_state state)
{
    struct slogout_session *session;

    while ((session = first_in(drain, state)) != NULL)
        slo_session_cancel(session);
}

void slogout_drain_free(struct slogout_drain *drain)
{
    enum slogout_state state;

    if (!drain)
        return;
    slo_enter(drain->slogout);
    reopen_all(drain, SLOGOUT_STATE_WAITING);
    for (state = SLOGOUT_STATE_PENDING; state <= SLOGOUT_STATE_ENDED; state++) {
        struct slogout_session *session;
        while ((session = first_in(drain, state)) != NULL)
            slo_session_quit(session);
    }
    slo_alarm_set(&drain->alarm, SLOGOUT_NEVER);
    slo_release_later(drain->slogout, &drain->memory);
    slo_leave(drain->slogout);
}

int slogout_drain_add(struct slogout_drain *drain, struct slogout_session *session, uint64_t group)
{
    int error;

    if (!drain || !session || session->slogout != drain->slogout)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state == CANCELED || drain->state == DONE)
        return SLOGOUT_ERR_STATE;
    slo_enter(drain->slogout);
    error = slo_session_join(session, &drain->set, group);
    if (!error)
        drain->has_joined = 1;
    set_alarm(drain);
    slo_leave(drain->slogout);
    return error;
}

/* Setting the host's timer for each slot would cost more than the slots themselves, so the alarm is rounded
 * down to a multiple of a step. With these steps, a drain that takes up to 25 minutes sets the timer at most
 * about 15,000 times. Each step divides 100, so the pace is even over any 100 ms. */
static uint32_t timer_step_of(const struct slo_schedule *schedule)
{
    static const unsigned char steps[] = {1, 2, 5, 10, 20, 50, 100};
    size_t i = 0;

    while (i < sizeof steps - 1 && schedule->begun > steps[i] * UINT64_C(15000))
        i++;
    return steps[i];
}

/* A deadline that would be later than the last valid time is reduced to that time. */
static void adopt_schedule(struct slogout_drain *drain, const struct slo_schedule *schedule)
{
    const uint64_t last = SLOGOUT_NEVER - 1 - drain->slogout->clock.now;

    drain->schedule = *schedule;
    if (schedule->deadline != SLOGOUT_NEVER) {
        drain->schedule.deadline = slo_min(schedule->deadline, last);
        drain->schedule.force = slo_min(schedule->force, last);
    }
    drain->start = drain->slogout->clock.now;
    drain->timer_step_ms = timer_step_of(schedule);
    drain->is_forcing = 0;
    drain->state = RUNNING;
    drain->set.ask_before = slo_add(drain->start, schedule->ask_until);
    open_window(drain, 0, schedule->spread, schedule->rate);
}

int slogout_drain_start(struct slogout_drain *drain, const struct slogout_plan *plan, uint64_t now_ms)
{
    struct slogout_plan checked;
    struct slo_schedule schedule;
    struct slo_timeouts timeouts;
    int error;

    if (!drain || !plan || now_ms == SLOGOUT_NEVER)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state == CANCELED || drain->state == DONE)
        return SLOGOUT_ERR_STATE;
    error = slo_copy_sized(&checked, sizeof checked, plan);
    if (error)
        return error;
    slo_enter_at(drain->slogout, now_ms);
    timeouts.answer = drain->slogout->settings.answer_timeout_ms;
    timeouts.leave = drain->slogout->settings.leave_timeout_ms;
    slo_plan_schedule(&checked, &timeouts, unsettled(&drain->set.counts), &schedule);
    drain->plan = checked;
    drain->pacer.random = checked.seed;
    adopt_schedule(drain, &schedule);
    slo_leave(drain->slogout);
    return 0;
}

int slogout_drain_resume(struct slogout_drain *drain, uint64_t now_ms)
{
    if (!drain || now_ms == SLOGOUT_NEVER)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state != RUNNING && drain->state != PAUSED)
        return SLOGOUT_ERR_STATE;
    slo_enter_at(drain->slogout, now_ms);
    drain->state = RUNNING;
    set_alarm(drain);
    slo_leave(drain->slogout);
    return 0;
}

int slogout_drain_pause(struct slogout_drain *drain)
{
    if (!drain)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state != RUNNING && drain->state != PAUSED)
        return SLOGOUT_ERR_STATE;
    drain->state = PAUSED;
    set_alarm(drain);
    return 0;
}

int slogout_drain_cancel(struct slogout_drain *drain)
{
    enum slogout_state state;

    if (!drain)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state != RUNNING && drain->state != PAUSED)
        return SLOGOUT_ERR_STATE;
    slo_enter(drain->slogout);
    drain->state = CANCELED;
    for (state = SLOGOUT_STATE_WAITING; state <= SLOGOUT_STATE_PENDING; state++)
        reopen_all(drain, state);
    set_alarm(drain);
    slo_leave(drain->slogout);
    return 0;
}

int slogout_drain_force(struct slogout_drain *drain, uint64_t now_ms)
{
    struct slo_schedule schedule = {0};

    if (!drain || now_ms == SLOGOUT_NEVER)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state == DONE)
        return SLOGOUT_ERR_STATE;
    slo_enter_at(drain->slogout, now_ms);
    schedule.tail = drain->plan.tail_ms;
    schedule.deadline = schedule.tail + drain->slogout->settings.leave_timeout_ms;
    /* A second call must not postpone the deadline of the first call. */
    if (over_by(drain) > slo_add(drain->slogout->clock.now, schedule.deadline))
        adopt_schedule(drain, &schedule);
    slo_leave(drain->slogout);
    return 0;
}

const struct slogout_counts *slogout_drain_get_counts(const struct slogout_drain *drain)
{
    return drain ? &drain->set.counts : NULL;
}

uint64_t slogout_drain_deadline(const struct slogout_drain *drain)
{
    return drain ? over_by(drain) : SLOGOUT_NEVER;
}

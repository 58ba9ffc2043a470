#include <string.h>
#include <slogout/drain.h>
#include "drain_plan.h"
#include "saturate.h"
#include "session.h"
#include "call.h"
#include "drain_pacer.h"

enum drain_state { COLLECTING, RUNNING, PAUSED, CANCELLED, DONE };

struct slogout_drain {
    /* for life */
    struct slo_alarm alarm; /* first, see slo_allocate() */
    struct slogout *slogout;
    void (*done)(struct slogout_drain *drain, void *user_data);
    void *user_data;
    struct slo_session_set set;
    enum drain_state state;
    /* of one plan */
    struct slogout_plan plan;
    struct slo_schedule schedule; /* from start */
    uint64_t start;
    struct slo_pacer slots; /* from start; for those that wait or, when forcing, for all without an outcome */
    uint32_t grain;         /* milliseconds; the alarm rings at multiples of it */
    int forcing;            /* the slots are those of the tail */
    int joined;             /* since the current slot was cut; it may be too long */
};

/* ---- what is due next ---- */

/* A host's timer set for each slot would cost more than the slots: a whole spread takes this many, about. All
 * divide 100 ms, so the pace is even over that. */
static uint32_t grain_for(uint64_t spread)
{
    static const unsigned char grains[] = {1, 2, 5, 10, 20, 50};
    size_t i;

    for (i = 0; i < sizeof grains; i++)
        if (spread <= grains[i] * UINT64_C(15000))
            return grains[i];
    return 100;
}

static uint64_t in_flight(const struct slogout_counts *counts)
{
    return counts->pending + counts->asked;
}

/* Those that must be forced if nothing else happens. */
static uint64_t unsettled(const struct slogout_counts *counts)
{
    return counts->waiting + in_flight(counts);
}

static int is_empty(const struct slogout_drain *drain)
{
    const struct slogout_counts *counts = &drain->set.counts;
    return unsettled(counts) + counts->leaving + counts->ended == 0;
}

static int can_begin(const struct slogout_drain *drain)
{
    const struct slogout_counts *counts = &drain->set.counts;
    const uint32_t limit = drain->schedule.in_flight;

    return drain->state == RUNNING && counts->waiting && (!limit || in_flight(counts) < limit);
}

/* A slot that may be too long is looked at first. */
static uint64_t slot_deadline(const struct slogout_drain *drain)
{
    return drain->joined ? 0 : slo_add(drain->start, slo_pacer_instant_ms(&drain->slots, drain->grain));
}

static uint64_t force_deadline(const struct slogout_drain *drain)
{
    const uint64_t from = slo_add(drain->start, drain->schedule.force);
    return drain->forcing ? slo_max(from, slot_deadline(drain)) : from;
}

/* Nothing is due for a drain whose sessions only have to be closed and freed by the host. */
static uint64_t next_deadline(const struct slogout_drain *drain)
{
    const struct slogout_counts *counts = &drain->set.counts;
    uint64_t next = SLOGOUT_NEVER;

    if (drain->state == COLLECTING || drain->state == DONE)
        return SLOGOUT_NEVER;
    if (is_empty(drain))
        return 0;
    if (unsettled(counts) || counts->leaving)
        next = slogout_drain_deadline(drain);
    if (unsettled(counts) && drain->state != CANCELLED)
        next = slo_min(next, force_deadline(drain));
    if (can_begin(drain) && !drain->forcing)
        next = slo_min(next, slot_deadline(drain));
    return next;
}

static void set_alarm(struct slogout_drain *drain)
{
    drain->alarm.deadline = next_deadline(drain);
}

static void changed(struct slo_session_set *set)
{
    set_alarm(slo_container_of(set, struct slogout_drain, set));
}

/* ---- slots ---- */

static uint64_t elapsed(const struct slogout_drain *drain)
{
    return drain->slogout->clock.now - drain->start;
}

static struct slo_timeouts timeouts_of(const struct slogout *slogout)
{
    const struct slo_timeouts timeouts = {slogout->settings.answer_timeout_ms,
                                          slogout->settings.leave_timeout_ms};
    return timeouts;
}

static struct slo_backlog demand_for_force(const struct slogout_drain *drain, uint64_t count)
{
    const uint64_t end = slo_add(drain->schedule.force, drain->schedule.tail);
    const struct slo_backlog demand = {count, count, end};
    return demand;
}

/* While LOGOUT may still go out, all are to be begun in time for it; then `* BYE` is left, until forcing
 * begins. */
static struct slo_backlog demand_for_begin(const struct slogout_drain *drain, uint64_t count)
{
    const struct slo_schedule *schedule = &drain->schedule;
    struct slo_backlog demand = {count, count, schedule->force};

    if (count && elapsed(drain) < schedule->ask_until) {
        const struct slo_plan_round round =
            slo_plan_round(schedule, drain->slogout->settings.answer_timeout_ms, count);
        demand.urgent = round.sessions;
        demand.urgent_by = round.latest;
    }
    return demand;
}

/* Without so many that have their turn now. */
static struct slo_backlog demand_without(const struct slogout_drain *drain, uint64_t going)
{
    const struct slogout_counts *counts = &drain->set.counts;

    if (drain->forcing)
        return demand_for_force(drain, slo_subtract(unsettled(counts), going));
    return demand_for_begin(drain, counts->waiting - going);
}

static void next_slot(struct slogout_drain *drain, uint64_t going)
{
    const struct slo_backlog demand = demand_without(drain, going);
    slo_pacer_next(&drain->slots, elapsed(drain), &demand);
}

static void open_slots(struct slogout_drain *drain, uint64_t from, uint64_t length)
{
    drain->joined = 0;
    slo_pacer_open(&drain->slots, from, slo_add(from, length));
    next_slot(drain, 0);
    set_alarm(drain);
}

/* Here and not when somebody joins, since only a tick knows what time it is. */
static void adapt_slot(struct slogout_drain *drain)
{
    const struct slo_backlog demand = demand_without(drain, 0);

    drain->joined = 0;
    slo_pacer_adapt(&drain->slots, elapsed(drain), &demand);
    set_alarm(drain);
}

/* ---- what a ring does: one thing ---- */

static struct slogout_session *session_of(struct slo_link *member)
{
    return slo_container_of(member, struct slogout_session, member);
}

/* Or NULL. */
static struct slogout_session *first_in(struct slogout_drain *drain, enum slogout_state state)
{
    struct slo_link *list = &drain->set.members[state];
    return slo_link_used(list) ? session_of(list->next) : NULL;
}

static void finish(struct slogout_drain *drain)
{
    drain->state = DONE;
    set_alarm(drain);
    drain->done(drain, drain->user_data);
}

/* Is the next one that waits of the same group, so that it leaves in the same slot? */
static int has_neighbour(const struct slogout_drain *drain, struct slogout_session *session)
{
    struct slo_link *next = session->member.next;

    if (!session->moment.group || next == &drain->set.members[SLOGOUT_STATE_WAITING])
        return 0;
    return session_of(next)->moment.group == session->moment.group;
}

static void count_over_limit(struct slogout_drain *drain)
{
    struct slogout_counts *counts = &drain->set.counts;

    if (!drain->plan.max_in_flight || in_flight(counts) < drain->plan.max_in_flight)
        return;
    counts->over_limit++;
    drain->slogout->counts.over_limit++;
}

/* Neighbours share an instant, but each uses up a slot of its own: groups do not hasten those behind them. */
static void begin_next(struct slogout_drain *drain)
{
    const uint64_t instant = drain->slots.instant;
    struct slogout_session *session = session_of(drain->set.members[SLOGOUT_STATE_WAITING].next);

    next_slot(drain, 1);
    if (has_neighbour(drain, session))
        drain->slots.instant = instant;
    count_over_limit(drain);
    slo_session_request(session);
}

static void open_tail(struct slogout_drain *drain)
{
    drain->forcing = 1;
    open_slots(drain, drain->schedule.force, drain->schedule.tail);
}

/* Those first who have not been told at all. */
static void force_next(struct slogout_drain *drain)
{
    static const enum slogout_state order[] = {SLOGOUT_STATE_WAITING, SLOGOUT_STATE_PENDING,
                                               SLOGOUT_STATE_ASKED, SLOGOUT_STATE_LEAVING};
    struct slogout_session *session = NULL;
    size_t i;

    for (i = 0; !session; i++)
        session = first_in(drain, order[i]);
    next_slot(drain, 1);
    slo_session_force(session);
}

static void ring(struct slo_alarm *alarm)
{
    struct slogout_drain *drain = slo_container_of(alarm, struct slogout_drain, alarm);
    const uint64_t now = elapsed(drain);

    if (is_empty(drain))
        finish(drain);
    else if (now >= drain->schedule.force && !drain->forcing)
        open_tail(drain);
    else if (drain->joined && now < drain->schedule.deadline)
        adapt_slot(drain);
    else if (drain->forcing)
        force_next(drain);
    else
        begin_next(drain);
}

/* ---- public ---- */

static int read_plan(struct slogout_plan *plan, const struct slogout_plan *from)
{
    return from ? slo_copy_sized(plan, sizeof *plan, from) : SLOGOUT_ERR_ARGUMENT;
}

int slogout_plan_check(const struct slogout *slogout, const struct slogout_plan *plan, uint64_t sessions,
                       struct slogout_advice *advice)
{
    struct slogout_plan checked;
    struct slo_timeouts timeouts;
    const int error = slogout ? read_plan(&checked, plan) : SLOGOUT_ERR_ARGUMENT;

    if (error)
        return error;
    timeouts = timeouts_of(slogout);
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
    memset(drain, 0, sizeof *drain);
    drain->slogout = slogout;
    drain->done = done;
    drain->user_data = user_data;
    drain->set.changed = changed;
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
        slogout_session_cancel(session);
}

static void dismiss_all(struct slogout_drain *drain, enum slogout_state state)
{
    struct slogout_session *session;

    while ((session = first_in(drain, state)) != NULL)
        slo_session_quit(session);
}

void slogout_drain_free(struct slogout_drain *drain)
{
    static const enum slogout_state others[] = {SLOGOUT_STATE_PENDING, SLOGOUT_STATE_ASKED,
                                                SLOGOUT_STATE_LEAVING, SLOGOUT_STATE_ENDED};
    size_t i;

    if (!drain)
        return;
    slo_enter(drain->slogout);
    reopen_all(drain, SLOGOUT_STATE_WAITING);
    for (i = 0; i < sizeof others / sizeof *others; i++)
        dismiss_all(drain, others[i]);
    slo_alarm_remove(&drain->alarm);
    slo_release_later(drain->slogout, &drain->alarm.link);
    slo_leave(drain->slogout);
}

int slogout_drain_add(struct slogout_drain *drain, struct slogout_session *session, uint64_t group)
{
    int error;

    if (!drain || !session || session->slogout != drain->slogout)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state == CANCELLED || drain->state == DONE)
        return SLOGOUT_ERR_STATE;
    slo_enter(drain->slogout);
    error = slo_session_join(session, &drain->set, group);
    if (!error)
        drain->joined = 1;
    set_alarm(drain);
    slo_leave(drain->slogout);
    return error;
}

static void follow(struct slogout_drain *drain, const struct slo_schedule *schedule)
{
    drain->schedule = *schedule;
    drain->start = drain->slogout->clock.now;
    drain->grain = grain_for(schedule->spread);
    drain->forcing = 0;
    drain->state = RUNNING;
    drain->set.ask_before = slo_add(drain->start, schedule->ask_until);
    open_slots(drain, 0, schedule->spread);
}

static int start(struct slogout_drain *drain, const struct slogout_plan *plan)
{
    const struct slo_timeouts timeouts = timeouts_of(drain->slogout);
    const uint64_t sessions = unsettled(&drain->set.counts);
    struct slo_schedule schedule;

    if (!plan->best_effort && !slo_plan_fits(plan, &timeouts, sessions))
        return SLOGOUT_ERR_PLAN;
    drain->plan = *plan;
    drain->slots.random = plan->seed;
    slo_plan_schedule(plan, &timeouts, sessions, &schedule);
    follow(drain, &schedule);
    return 0;
}

static int resume(struct slogout_drain *drain)
{
    if (drain->state != RUNNING && drain->state != PAUSED)
        return SLOGOUT_ERR_STATE;
    drain->state = RUNNING;
    set_alarm(drain);
    return 0;
}

int slogout_drain_start(struct slogout_drain *drain, const struct slogout_plan *plan, uint64_t now_ms)
{
    struct slogout_plan checked;
    int error;

    if (!drain || now_ms == SLOGOUT_NEVER)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state == CANCELLED || drain->state == DONE)
        return SLOGOUT_ERR_STATE;
    error = plan ? read_plan(&checked, plan) : 0;
    if (error)
        return error;
    slo_enter(drain->slogout);
    slo_clock_advance(&drain->slogout->clock, now_ms);
    error = plan ? start(drain, &checked) : resume(drain);
    slo_leave(drain->slogout);
    return error;
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
    if (!drain)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state != RUNNING && drain->state != PAUSED)
        return SLOGOUT_ERR_STATE;
    slo_enter(drain->slogout);
    drain->state = CANCELLED;
    reopen_all(drain, SLOGOUT_STATE_WAITING);
    reopen_all(drain, SLOGOUT_STATE_PENDING);
    set_alarm(drain);
    slo_leave(drain->slogout);
    return 0;
}

/* A second one does not put off the first. */
static void force_all(struct slogout_drain *drain)
{
    const struct slo_schedule schedule = {
        .tail = drain->plan.tail_ms,
        .deadline = (uint64_t)drain->plan.tail_ms + drain->slogout->settings.leave_timeout_ms,
    };

    if (slogout_drain_deadline(drain) > slo_add(drain->slogout->clock.now, schedule.deadline))
        follow(drain, &schedule);
}

int slogout_drain_force(struct slogout_drain *drain, uint64_t now_ms)
{
    if (!drain || now_ms == SLOGOUT_NEVER)
        return SLOGOUT_ERR_ARGUMENT;
    if (drain->state == DONE)
        return SLOGOUT_ERR_STATE;
    slo_enter(drain->slogout);
    slo_clock_advance(&drain->slogout->clock, now_ms);
    force_all(drain);
    slo_leave(drain->slogout);
    return 0;
}

const struct slogout_counts *slogout_drain_counts(const struct slogout_drain *drain)
{
    return drain ? &drain->set.counts : NULL;
}

uint64_t slogout_drain_deadline(const struct slogout_drain *drain)
{
    if (!drain || (drain->state != RUNNING && drain->state != PAUSED))
        return SLOGOUT_NEVER;
    return slo_add(drain->start, drain->schedule.deadline);
}

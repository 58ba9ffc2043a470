/* SPDX-License-Identifier: BSD-2-Clause */
/* A drain by induction: from any consistent world of one drain and two sessions, whatever happens leads to a consistent
 * one. Where sessions lie in memory does not matter, so they stand in the order of their states and, in one list of the
 * drain, in the order of their names. */
#include "prove.h"
#include "drain.c"

#define NOT_IN 0 /* the drain, in place of a state; no session of a drain is OPEN */

/* What a proof takes one by one: the states of the sessions, and what is done. */
#ifndef FIRST
#define FIRST 0
#endif
#ifndef SECOND
#define SECOND 0
#endif
#ifndef WHAT
#define WHAT 0
#endif

static struct slogout slogout;
static struct slogout_drain drain;
static struct slogout_session first, second;
static unsigned first_state, second_state; /* or NOT_IN: of the world now */
static int calls, done_calls, released;

/* ---- a consistent world ---- */

static int is_in(const struct slogout_session *session)
{
    return session->set == &drain.set;
}

static uint64_t counted(unsigned state)
{
    const struct slogout_counts *counts = &drain.set.counts;
    const uint64_t by_state[] = {0,
                                 counts->state[SLOGOUT_STATE_WAITING],
                                 counts->state[SLOGOUT_STATE_PENDING],
                                 counts->state[SLOGOUT_STATE_ASKED],
                                 counts->state[SLOGOUT_STATE_LEAVING],
                                 counts->state[SLOGOUT_STATE_ENDED]};

    return by_state[state];
}

/* The list has as many members as are counted, each of this state and linked both ways. */
static int is_list(unsigned state)
{
    const struct slo_link *list = &drain.set.members[state];
    const struct slo_link *link = list;
    uint64_t i;

    for (i = 0; i <= 2 && link->next->prev == link; i++) {
        link = link->next;
        if (link == list)
            return i == counted(state);
        if (slo_container_of(link, struct slogout_session, member)->state != state)
            return 0;
    }
    return 0;
}

/* With the lists this means that each session of the drain is in exactly one list. */
static int is_each_in_a_list(void)
{
    uint64_t in_lists = 0;
    unsigned state;

    for (state = SLOGOUT_STATE_OPEN; state <= SLOGOUT_STATE_ENDED; state++) {
        if (!is_list(state))
            return 0;
        in_lists += counted(state);
    }
    return in_lists == (uint64_t)is_in(&first) + (uint64_t)is_in(&second);
}

static int is_consistent(void)
{
    const struct slogout_counts *counts = &drain.set.counts;
    const uint64_t all = counts->state[SLOGOUT_STATE_WAITING] + counts->state[SLOGOUT_STATE_PENDING] +
                         counts->state[SLOGOUT_STATE_ASKED] + counts->state[SLOGOUT_STATE_LEAVING] +
                         counts->state[SLOGOUT_STATE_ENDED];

    if (!is_each_in_a_list() || drain.alarm.deadline != next_due(&drain))
        return 0;
    if (drain.start > slogout.clock.now || drain.schedule.force > drain.schedule.deadline || drain.timer_step_ms == 0)
        return 0;
    if (drain.state == CANCELED &&
        counts->state[SLOGOUT_STATE_WAITING] + counts->state[SLOGOUT_STATE_PENDING] > 0)
        return 0;
    return drain.state <= DONE && (drain.state != DONE || all == 0);
}

static void place(struct slogout_session *session, unsigned state)
{
    session->slogout = &slogout;
    session->group = nondet_uint64();
    session->set = state ? &drain.set : NULL;
    session->state = state ? (unsigned char)state : nondet_octet();
    slo_link_init(&session->member);
    if (state)
        slo_link_append(&drain.set.members[state], &session->member);
    else
        ASSUME(session->state <= SLOGOUT_STATE_ENDED && session->state != SLOGOUT_STATE_WAITING);
}

static uint64_t of_both(unsigned state)
{
    return (uint64_t)(first_state == state) + (uint64_t)(second_state == state);
}

static void done(struct slogout_drain *of, void *user_data);

/* Any consistent world with sessions in these states. */
static void any_world(void)
{
    struct slogout_counts *counts = &drain.set.counts;
    unsigned i;

    slogout.clock.now = nondet_uint64();
    ASSUME(slogout.clock.now < SLOGOUT_NEVER);
    slogout.settings.answer_timeout_ms = nondet_uint32();
    slogout.settings.leave_timeout_ms = nondet_uint32();
    slogout.counts.over_limit = nondet_uint64();
    drain.slogout = &slogout;
    drain.done = done;
    drain.set.changed = on_change;
    for (i = SLOGOUT_STATE_OPEN; i <= SLOGOUT_STATE_ENDED; i++)
        slo_link_init(&drain.set.members[i]);
    place(&first, first_state);
    place(&second, second_state);
    counts->state[SLOGOUT_STATE_WAITING] = of_both(SLOGOUT_STATE_WAITING);
    counts->state[SLOGOUT_STATE_PENDING] = of_both(SLOGOUT_STATE_PENDING);
    counts->state[SLOGOUT_STATE_ASKED] = of_both(SLOGOUT_STATE_ASKED);
    counts->state[SLOGOUT_STATE_LEAVING] = of_both(SLOGOUT_STATE_LEAVING);
    counts->state[SLOGOUT_STATE_ENDED] = of_both(SLOGOUT_STATE_ENDED);
    counts->over_limit = nondet_uint64();
    drain.state = (enum drain_state)nondet_octet();
    drain.plan.tail_ms = nondet_uint32();
    drain.plan.max_in_flight = nondet_uint32();
    drain.schedule.force = nondet_uint64();
    drain.schedule.ask_until = nondet_uint64();
    drain.schedule.deadline = nondet_uint64();
    drain.schedule.spread = nondet_uint64();
    drain.schedule.tail = nondet_uint64();
    drain.schedule.in_flight = nondet_uint32();
    drain.start = nondet_uint64();
    drain.pacer.instant = nondet_uint64();
    drain.timer_step_ms = nondet_uint32();
    ASSUME(drain.timer_step_ms > 0);
    drain.is_forcing = nondet_int();
    drain.has_joined = nondet_int();
    set_alarm(&drain);
    ASSUME(is_consistent());
}

/* ---- what the drain stands on, by what is proved of it elsewhere ---- */

void *slo_allocate(struct slogout *of, size_t size)
{
    CHECK(of == &slogout && size >= sizeof(struct slo_link));
    return calloc(1, size);
}

void slo_alarm_init(struct slo_alarm *alarm, struct slo_clock *clock, void (*rings)(struct slo_alarm *alarm))
{
    CHECK(clock == &slogout.clock);
    alarm->deadline = SLOGOUT_NEVER;
    alarm->ring = rings;
}

void slo_alarm_set(struct slo_alarm *alarm, uint64_t deadline)
{
    CHECK(alarm == &drain.alarm);
    alarm->deadline = deadline;
}

void slo_enter(struct slogout *of)
{
    CHECK(of == &slogout);
    of->depth++;
}

void slo_enter_at(struct slogout *of, uint64_t now)
{
    CHECK(now < SLOGOUT_NEVER);
    slo_enter(of);
    if (now > of->clock.now)
        of->clock.now = now;
}

void slo_leave(struct slogout *of)
{
    of->depth--;
}

void slo_release_later(struct slogout *of, struct slo_link *memory)
{
    CHECK(of == &slogout && memory == &drain.memory && of->depth > 0);
    released++;
}

int slo_copy_sized(void *to, size_t known, const void *from)
{
    struct slogout_plan *plan = to;
    const struct slogout_plan any = {nondet_size(),   nondet_uint32(), nondet_uint32(),
                                     nondet_uint64(), nondet_uint32(), nondet_uint32(), nondet_uint32()};

    CHECK(from != NULL && known == sizeof any);
    if (nondet_int())
        return SLOGOUT_ERR_SIZE;
    *plan = any;
    return 0;
}

void slo_plan_schedule(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                       uint64_t sessions, struct slo_schedule *schedule)
{
    const struct slo_schedule any = {nondet_uint64(), nondet_uint64(), nondet_uint64(), nondet_uint64(), nondet_uint64(),
                                     nondet_uint64(), nondet_uint64(), nondet_uint32(), nondet_uint32()};

    (void)plan, (void)timeouts;
    CHECK(sessions == drain.set.counts.state[SLOGOUT_STATE_WAITING] +
                          drain.set.counts.state[SLOGOUT_STATE_PENDING] +
                          drain.set.counts.state[SLOGOUT_STATE_ASKED]);
    ASSUME(any.force <= any.deadline && any.begin_by <= any.force);
    *schedule = any;
}

struct slo_plan_round slo_plan_round(const struct slo_schedule *schedule, uint32_t answer_timeout,
                                     uint64_t waiting)
{
    const struct slo_plan_round any = {nondet_uint64(), nondet_uint64()};

    (void)schedule, (void)answer_timeout;
    CHECK(waiting > 0);
    ASSUME(any.sessions > 0 && any.sessions <= waiting);
    return any;
}

void slo_pacer_open(struct slo_pacer *pacer, uint64_t from_ms, uint64_t end_ms, uint32_t rate)
{
    CHECK(from_ms <= end_ms && (rate == 0 || !drain.is_forcing));
    pacer->instant = nondet_uint64();
}

void slo_pacer_next(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog)
{
    CHECK(now_ms <= slogout.clock.now && (backlog->count == 0) == (backlog->urgent == 0));
    pacer->instant = nondet_uint64();
}

void slo_pacer_adapt(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog)
{
    CHECK(now_ms <= slogout.clock.now && backlog->count > 0 && backlog->urgent > 0);
    pacer->instant = nondet_uint64();
}

uint64_t slo_pacer_instant_ms(const struct slo_pacer *pacer, uint32_t step_ms)
{
    CHECK(step_ms > 0);
    return pacer->instant;
}

/* ---- sessions, by what is proved of them elsewhere ---- */

static void count(unsigned state, uint64_t more)
{
    struct slogout_counts *counts = &drain.set.counts;

    counts->state[SLOGOUT_STATE_WAITING] += state == SLOGOUT_STATE_WAITING ? more : 0;
    counts->state[SLOGOUT_STATE_PENDING] += state == SLOGOUT_STATE_PENDING ? more : 0;
    counts->state[SLOGOUT_STATE_ASKED] += state == SLOGOUT_STATE_ASKED ? more : 0;
    counts->state[SLOGOUT_STATE_LEAVING] += state == SLOGOUT_STATE_LEAVING ? more : 0;
    counts->state[SLOGOUT_STATE_ENDED] += state == SLOGOUT_STATE_ENDED ? more : 0;
}

static void move(struct slogout_session *session, unsigned state)
{
    count(session->state, UINT64_MAX);
    count(state, 1);
    slo_link_remove(&session->member);
    slo_link_append(&drain.set.members[state], &session->member);
    session->state = (uint8_t)state;
    drain.set.changed(&drain.set);
}

void slo_session_quit(struct slogout_session *session)
{
    if (!session->set)
        return;
    count(session->state, UINT64_MAX);
    slo_link_remove(&session->member);
    session->set = NULL;
    drain.set.changed(&drain.set);
}

int slo_session_cancel(struct slogout_session *session)
{
    CHECK(session->state == SLOGOUT_STATE_WAITING || session->state == SLOGOUT_STATE_PENDING);
    slo_session_quit(session);
    session->state = SLOGOUT_STATE_OPEN;
    return 0;
}

int slo_session_join(struct slogout_session *session, struct slo_session_set *set, uint64_t group)
{
    if (session->set || session->state >= SLOGOUT_STATE_LEAVING)
        return SLOGOUT_ERR_STATE;
    if (session->state == SLOGOUT_STATE_OPEN) {
        session->state = SLOGOUT_STATE_WAITING;
        session->group = group;
    }
    session->set = set;
    count(session->state, 1);
    slo_link_append(&set->members[session->state], &session->member);
    set->changed(set);
    return 0;
}

/* The world is consistent when the host is called, and any consistent one when it has done what it likes. */
static void call_host(void)
{
    calls++;
    CHECK(is_consistent());
    any_world();
}

int slo_session_request(struct slogout_session *session)
{
    CHECK(is_in(session) && session->state == SLOGOUT_STATE_WAITING);
    move(session, SLOGOUT_STATE_PENDING);
    call_host();
    return 0;
}

int slo_session_force(struct slogout_session *session)
{
    CHECK(is_in(session) && session->state >= SLOGOUT_STATE_WAITING &&
          session->state <= SLOGOUT_STATE_LEAVING);
    move(session, session->state == SLOGOUT_STATE_LEAVING ? SLOGOUT_STATE_ENDED : SLOGOUT_STATE_LEAVING);
    call_host();
    return 0;
}

static void done(struct slogout_drain *of, void *user_data)
{
    (void)user_data;
    CHECK(of == &drain && drain.state == DONE && drain.alarm.deadline == SLOGOUT_NEVER);
    done_calls++;
    call_host();
}

/* ---- the proofs ---- */

/* proves: a new drain is consistent and has no alarm and no session, or there is none, an error and no memory in use
 * with: --unwind 7 --malloc-may-fail --malloc-fail-null
 * mutant: lib/drain.c: drain->timer_step_ms = 1; => ; */
void new_drain(void)
{
    struct slogout_drain *made = NULL;
    const int error = slogout_drain_new(nondet_int() ? &made : NULL, nondet_int() ? &slogout : NULL,
                                        nondet_int() ? done : NULL, &slogout);

    CHECK((made != NULL) == (error == 0));
    if (error) {
        CHECK(error == SLOGOUT_ERR_ARGUMENT || error == SLOGOUT_ERR_NOMEM);
        return;
    }
    CHECK(made->done == done && made->user_data == &slogout);
    CHECK(made->alarm.ring == ring && made->alarm.deadline == SLOGOUT_NEVER);
    CHECK(made->slogout == &slogout && made->set.changed == on_change && made->state == COLLECTING &&
          made->timer_step_ms > 0);
    free(made);
}

/* proves: the alarm of a drain stands where the manual says: nowhere before the start, after done, and while there is nothing to do; at once if no session is left; else not after the deadline, nor after the beginning of forcing; and before these only if a session may be begun or must be forced, for all numbers of sessions below 2^32, all schedules, paces and times
 * with: --slice-formula
 * claims: next_due may_begin over_by no_outcome unsettled in_flight is_empty next_turn
 * mutant: lib/drain.c: (!limit || in_flight(counts) < limit) => (!limit || counts->state[SLOGOUT_STATE_ASKED] < limit)
 * mutant: lib/drain.c: if (unsettled(counts) == 0) => if (no_outcome(counts) == 0)
 * mutant: lib/drain.c: drain->state == COLLECTING || drain->state == DONE) => drain->state == DONE) */
void alarm(void)
{
    struct slogout_counts *counts = &drain.set.counts;
    const uint64_t w = nondet_uint32(), p = nondet_uint32(), a = nondet_uint32(), l = nondet_uint32(),
                   e = nondet_uint32();
    uint64_t key, forcing;
    int may_begin;

    any_world();
    counts->state[SLOGOUT_STATE_WAITING] = w;
    counts->state[SLOGOUT_STATE_PENDING] = p;
    counts->state[SLOGOUT_STATE_ASKED] = a;
    counts->state[SLOGOUT_STATE_LEAVING] = l;
    counts->state[SLOGOUT_STATE_ENDED] = e;
    may_begin = drain.state == RUNNING && !drain.is_forcing && w > 0 &&
                (drain.schedule.in_flight == 0 || p + a < drain.schedule.in_flight);
    forcing = slo_add(drain.start, drain.schedule.force);
    set_alarm(&drain);
    key = drain.alarm.deadline;
    if (drain.state == COLLECTING || drain.state == DONE) {
        CHECK(key == SLOGOUT_NEVER);
        return;
    }
    if (w + p + a + l + e == 0) {
        CHECK(key == 0);
        return;
    }
    if (w + p + a + l == 0 || drain.state == CANCELED) {
        CHECK(key == SLOGOUT_NEVER);
        return;
    }
    CHECK(key <= slogout_drain_deadline(&drain));
    CHECK(w + p + a == 0 || drain.is_forcing || key <= forcing);
    CHECK(!may_begin || key <= (drain.has_joined ? 0 : slo_add(drain.start, drain.pacer.instant)));
    CHECK(may_begin || drain.is_forcing || (w + p + a > 0 && key >= forcing) || key == slogout_drain_deadline(&drain));
}

/* proves: when the alarm rings one thing is done, of 2 sessions in any state, and it never does if both have ENDED: done is called, exactly if no session is left; or one is begun or forced, of which there is one; or forcing begins; or a slot is cut again. When the host is called and in the end, each session is in the list of its state and in no other, the counters are the lengths of the lists, and the alarm is right, for all schedules, paces and times
 * with: --unwind 7 --slice-formula
 * each: FIRST 6 SECOND 6
 * mutant FIRST=0 SECOND=5: lib/drain.c: no_outcome(counts) + counts->state[SLOGOUT_STATE_ENDED] == 0 => no_outcome(counts) == 0
 * mutant FIRST=0 SECOND=1: lib/drain.c: drain->has_joined && now < drain->schedule.deadline => drain->has_joined
 * mutant FIRST=0 SECOND=1: lib/drain.c: now >= drain->schedule.force && !drain->is_forcing => now > drain->schedule.force && !drain->is_forcing */
void ring_one(void)
{
    int was_forcing, had_joined;

    first_state = FIRST;
    second_state = SECOND;
    if (SECOND < FIRST)
        return;
    any_world();
    if (SECOND == SLOGOUT_STATE_ENDED && (FIRST == NOT_IN || FIRST == SLOGOUT_STATE_ENDED)) {
        CHECK(drain.alarm.deadline == SLOGOUT_NEVER);
        return;
    }
    was_forcing = drain.is_forcing;
    had_joined = drain.has_joined;
    ASSUME(drain.alarm.deadline <= slogout.clock.now);
    ring(&drain.alarm);
    CHECK(is_consistent());
    CHECK(calls == 1 || (!was_forcing && drain.is_forcing) || (had_joined && !drain.has_joined));
    CHECK(done_calls == (SECOND == NOT_IN));
}

/* proves: one of 2 sessions goes on to any later state, or quits, and the drain is consistent again
 * with: --unwind 7 --slice-formula
 * each: FIRST 6
 * mutant FIRST=1: lib/drain.c: set_alarm(slo_container_of(set, struct slogout_drain, set)); => (void)set; */
void change(void)
{
    unsigned state;

    first_state = FIRST;
    for (second_state = FIRST; second_state <= SLOGOUT_STATE_ENDED; second_state++)
        for (state = second_state; state <= SLOGOUT_STATE_ENDED && second_state != NOT_IN; state++) {
            any_world();
            if (state == second_state)
                slo_session_quit(&second);
            else
                move(&second, state);
            CHECK(is_consistent());
        }
}

/* proves: a session in any state is added to a drain with up to 1 other, and joins exactly if it and the drain can still be begun; in the end the drain is consistent
 * with: --unwind 7 --slice-formula
 * each: SECOND 6
 * mutant SECOND=0: lib/drain.c: drain->has_joined = 1; => ; */
void add(void)
{
    unsigned state;

    first_state = NOT_IN;
    second_state = SECOND;
    for (state = SLOGOUT_STATE_OPEN; state <= SLOGOUT_STATE_ENDED; state++) {
        int error;
        any_world();
        first.state = (unsigned char)state;
        error = slogout_drain_add(&drain, &first, nondet_uint64());
        CHECK(error == (state <= SLOGOUT_STATE_ASKED && drain.state <= PAUSED ? 0 : SLOGOUT_ERR_STATE));
        CHECK(error || (is_in(&first) && first.state > SLOGOUT_STATE_OPEN && drain.has_joined));
        CHECK(is_consistent() && slogout.depth == 0);
    }
}

/* proves: a drain with up to 1 session, in any state, is started, gets another plan, goes on, pauses, or is forced, which never postpones its deadline; or an error has changed nothing; in the end the drain is consistent, for all plans and times
 * with: --unwind 7 --slice-formula
 * each: WHAT 3 SECOND 6
 * mutant WHAT=0 SECOND=1: lib/drain.c: over_by(drain) > slo_add => over_by(drain) < slo_add
 * mutant WHAT=1 SECOND=1: lib/drain.c: drain->is_forcing = 0; => ; */
void steer(void)
{
    static const struct slogout_plan plan;
    const uint64_t now = nondet_uint64();
    enum drain_state state;
    uint64_t deadline;
    int error;

    first_state = NOT_IN;
    second_state = SECOND;
    any_world();
    state = drain.state;
    deadline = slogout_drain_deadline(&drain);
    if (WHAT == 0) {
        error = slogout_drain_force(&drain, now);
        CHECK(slogout_drain_deadline(&drain) <= deadline);
    } else if (WHAT == 1) {
        error = slogout_drain_start(&drain, &plan, now);
        CHECK(error || (drain.state == RUNNING && !drain.is_forcing && drain.start == slogout.clock.now));
    } else if (nondet_int()) {
        error = slogout_drain_resume(&drain, now);
        CHECK(error || (drain.state == RUNNING && slogout_drain_deadline(&drain) == deadline));
    } else {
        error = slogout_drain_pause(&drain);
        CHECK(error || (drain.state == PAUSED && slogout_drain_deadline(&drain) == deadline));
    }
    CHECK(error == 0 || (error < 0 && drain.state == state && slogout_drain_deadline(&drain) == deadline));
    CHECK(is_consistent() && slogout.depth == 0);
}

/* proves: a drain with 2 sessions in any state is canceled: those that were not asked are out of it, the others stay; or an error has changed nothing; in the end the drain is consistent
 * with: --unwind 7 --slice-formula
 * each: FIRST 6
 * mutant FIRST=1: lib/drain.c: state <= SLOGOUT_STATE_PENDING; state++) => state < SLOGOUT_STATE_PENDING; state++) */
void cancel(void)
{
    first_state = FIRST;
    for (second_state = FIRST; second_state <= SLOGOUT_STATE_ENDED; second_state++) {
        enum drain_state state;
        int error;
        any_world();
        state = drain.state;
        error = slogout_drain_cancel(&drain);
        CHECK(error == (state == RUNNING || state == PAUSED ? 0 : SLOGOUT_ERR_STATE));
        CHECK(drain.state == (error ? state : CANCELED));
        CHECK(is_in(&first) == (error ? first_state != NOT_IN : first_state >= SLOGOUT_STATE_ASKED));
        CHECK(is_in(&second) == (error ? second_state != NOT_IN : second_state >= SLOGOUT_STATE_ASKED));
        CHECK(is_consistent() && slogout.depth == 0);
    }
}

/* proves: a drain with 2 sessions in any state is freed once, no session and no alarm points at it any more, and those that were WAITING are OPEN
 * with: --unwind 7 --slice-formula
 * each: FIRST 6
 * mutant FIRST=1: lib/drain.c: reopen_all(drain, SLOGOUT_STATE_WAITING); => ;
 * mutant FIRST=1: lib/drain.c: slo_alarm_set(&drain->alarm, SLOGOUT_NEVER); => ; */
void release(void)
{
    first_state = FIRST;
    for (second_state = FIRST; second_state <= SLOGOUT_STATE_ENDED; second_state++) {
        any_world();
        released = 0;
        slogout_drain_free(&drain);
        CHECK(!first.set && !slo_link_is_linked(&first.member) && !second.set && !slo_link_is_linked(&second.member));
        CHECK(first_state != SLOGOUT_STATE_WAITING || first.state == SLOGOUT_STATE_OPEN);
        CHECK(second_state != SLOGOUT_STATE_WAITING || second.state == SLOGOUT_STATE_OPEN);
        CHECK(second_state <= SLOGOUT_STATE_WAITING || second.state == second_state);
        CHECK(drain.alarm.deadline == SLOGOUT_NEVER && released == 1 && slogout.depth == 0);
    }
}

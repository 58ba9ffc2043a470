/* SPDX-License-Identifier: BSD-2-Clause */
/* The drain by induction: every event leads from any consistent drain to a consistent drain. Any number of sessions may
 * be in each state. The harness has only the sessions that the drain can look at: the oldest in each state, and the
 * next session that waits. The lists belong to the sessions, and prove_session.c proves them. */
#include "call_stubs.h"
#include "saturate.h"

static struct slogout slogout;

/* For proofs in which only one property of a sum matters: whether the time has come. prove_saturate.c proves this
 * property of slo_add(). */
#ifdef OPAQUE
uint64_t __CPROVER_uninterpreted_add(uint64_t a, uint64_t b);
static uint64_t sum(uint64_t a, uint64_t b)
{
    const uint64_t now = slogout.clock.now, c = __CPROVER_uninterpreted_add(a, b);

    ASSUME(c >= a && (a > now || (c <= now) == (b <= now - a)));
    return c;
}
#define slo_add sum
#endif

#include "drain.c"

struct slogout nondet_slogout(void);
struct slogout_drain nondet_drain(void);

static struct slogout_drain drain, before; /* before: the drain when the event began */
static struct slogout_session waiting, neighbor, pending, asked, leaving, ended;
static int calls, done_calls, slots;
static struct slogout_plan copied;    /* the host's plan */
static int copy_error;                /* the error of this copy, or 0 */
static struct slo_schedule scheduled; /* for this plan */
static uint64_t served; /* sessions that use their slots in this event, so that the next slot does not count them */

enum { FORCE, START, RESUME, PAUSE, ADD }; /* what steer() does */

/* what differs between the runs of a proof */
#ifndef WHAT
#define WHAT FORCE
#endif
#ifndef MEMBERS
#define MEMBERS 0
#endif

/* ---- any drain ---- */

static int is_consistent(void)
{
    return drain.alarm.deadline == next_due(&drain) && drain.start <= slogout.clock.now &&
           drain.schedule.force <= drain.schedule.deadline && drain.timer_step_ms > 0 && drain.state <= DONE;
}

static void place(struct slogout_session *session, unsigned state, int exists)
{
    session->group = nondet_uint64();
    session->state = (uint8_t)state;
    if (exists)
        slo_link_append(&drain.set.members[state], &session->member);
}

static void done(struct slogout_drain *of, void *user_data);

/* Makes any consistent drain, with fewer than 2^32 sessions in each state. */
static void any_drain(void)
{
    unsigned state;

    slogout = nondet_slogout();
    drain = nondet_drain();
    slogout.depth = 0;
    ASSUME(slogout.clock.now < SLOGOUT_NEVER && drain.timer_step_ms > 0);
    drain.slogout = &slogout;
    drain.done = done;
    drain.set.changed = on_change;
    for (state = SLOGOUT_STATE_OPEN; state <= SLOGOUT_STATE_ENDED; state++)
        drain.set.counts.state[state] = nondet_uint32();
    drain.alarm.deadline = next_due(&drain);
    ASSUME(is_consistent());
    before = drain;
}

/* Links the sessions that exist. */
static void place_all(void)
{
    const uint64_t *const count = drain.set.counts.state;
    unsigned state;

    for (state = SLOGOUT_STATE_OPEN; state <= SLOGOUT_STATE_ENDED; state++)
        slo_link_init(&drain.set.members[state]);
    place(&waiting, SLOGOUT_STATE_WAITING, count[SLOGOUT_STATE_WAITING] > 0);
    place(&neighbor, SLOGOUT_STATE_WAITING, count[SLOGOUT_STATE_WAITING] > 1);
    place(&pending, SLOGOUT_STATE_PENDING, count[SLOGOUT_STATE_PENDING] > 0);
    place(&asked, SLOGOUT_STATE_ASKED, count[SLOGOUT_STATE_ASKED] > 0);
    place(&leaving, SLOGOUT_STATE_LEAVING, count[SLOGOUT_STATE_LEAVING] > 0);
    place(&ended, SLOGOUT_STATE_ENDED, count[SLOGOUT_STATE_ENDED] > 0);
}

/* ---- the functions that the drain calls, as they are proved elsewhere ---- */

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

static int is_call; /* of the host. Its timer is set when the call ends, so no alarm may become earlier afterwards. */

void slo_alarm_set(struct slo_alarm *alarm, uint64_t deadline)
{
    CHECK(alarm == &drain.alarm && (!is_call || slogout.depth > 0 || deadline >= alarm->deadline));
    alarm->deadline = deadline;
}

int slo_copy_sized(void *to, size_t known, const void *from)
{
    const struct slogout_plan any = {nondet_size(),   nondet_uint32(), nondet_uint32(),
                                     nondet_uint64(), nondet_uint32(), nondet_uint32(), nondet_uint32()};

    CHECK(from != NULL && known == sizeof any);
    copied = any;
    copy_error = nondet_int() ? SLOGOUT_ERR_SIZE : 0;
    if (!copy_error)
        *(struct slogout_plan *)to = any;
    return copy_error;
}

void slo_plan_schedule(const struct slogout_plan *plan, const struct slo_timeouts *timeouts,
                       uint64_t sessions, struct slo_schedule *schedule)
{
    const struct slo_schedule any = {nondet_uint64(), nondet_uint64(), nondet_uint64(), nondet_uint64(), nondet_uint64(),
                                     nondet_uint64(), nondet_uint64(), nondet_uint32(), nondet_uint32()};

    CHECK(plan->tail_ms == copied.tail_ms && plan->rate == copied.rate && plan->deadline_ms == copied.deadline_ms);
    CHECK(timeouts->answer == slogout.settings.answer_timeout_ms && timeouts->leave == slogout.settings.leave_timeout_ms);
    CHECK(sessions == unsettled(&before.set.counts));
    ASSUME(any.force <= any.deadline && any.begin_by <= any.force);
    *schedule = scheduled = any;
}

struct slo_plan_round slo_plan_round(const struct slo_schedule *schedule, uint32_t answer_timeout,
                                     uint64_t sessions)
{
    const struct slo_plan_round any = {nondet_uint64(), nondet_uint64()};

    CHECK(schedule == &drain.schedule && answer_timeout == slogout.settings.answer_timeout_ms && sessions > 0);
    ASSUME(any.sessions > 0 && any.sessions <= sessions);
    return any;
}

/* While the drain is forcing, all unsettled sessions get slots. */
static void check_backlog(const struct slo_backlog *backlog, uint64_t now_ms)
{
    const struct slogout_counts *const counts = &before.set.counts;

    CHECK(now_ms == slogout.clock.now - drain.start);
    CHECK((backlog->count == 0) == (backlog->urgent == 0) && backlog->urgent <= backlog->count);
    CHECK(backlog->count ==
          slo_subtract(drain.is_forcing ? unsettled(counts) : counts->state[SLOGOUT_STATE_WAITING], served));
    CHECK(drain.is_forcing ? backlog->by_ms == slo_add(drain.schedule.force, drain.schedule.tail)
                           : backlog->by_ms == drain.schedule.force || now_ms < drain.schedule.ask_until);
}

void slo_pacer_open(struct slo_pacer *pacer, uint64_t from_ms, uint64_t end_ms, uint32_t rate)
{
    const struct slo_schedule *const schedule = &drain.schedule;

    CHECK(from_ms == (drain.is_forcing ? schedule->force : 0) && rate == (drain.is_forcing ? 0 : schedule->rate));
    CHECK(end_ms == slo_add(from_ms, drain.is_forcing ? schedule->tail : schedule->spread));
    served = 0;
    pacer->instant = nondet_uint64();
}

void slo_pacer_next(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog)
{
    check_backlog(backlog, now_ms);
    CHECK(!is_call || WHAT != START || pacer->random == copied.seed); /* from which it draws the instant */
    pacer->instant = nondet_uint64();
    slots++;
}

void slo_pacer_adapt(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog)
{
    served = 0;
    check_backlog(backlog, now_ms);
    CHECK(backlog->count > 0);
    pacer->instant = nondet_uint64();
    slots++;
}

uint64_t slo_pacer_instant_ms(const struct slo_pacer *pacer, uint32_t step_ms)
{
    CHECK(step_ms > 0);
    return pacer->instant;
}

/* ---- sessions, as they are proved elsewhere ---- */

int slo_session_join(struct slogout_session *session, struct slo_session_set *set, uint64_t group)
{
    CHECK(set == &drain.set);
    if (session->state >= SLOGOUT_STATE_LEAVING)
        return SLOGOUT_ERR_STATE;
    if (session->state == SLOGOUT_STATE_OPEN) {
        session->state = SLOGOUT_STATE_WAITING;
        session->group = group;
    }
    set->counts.state[session->state]++;
    set->changed(set);
    return 0;
}

/* If other sessions are in this state, the oldest of them is like this one and takes its place. */
static void take_out(const struct slogout_session *session)
{
    const unsigned state = session->state;

    CHECK(drain.set.counts.state[state] > 0);
    drain.set.counts.state[state]--;
    if (drain.set.counts.state[state] == 0)
        slo_link_init(&drain.set.members[state]);
    drain.set.changed(&drain.set);
}

void slo_session_quit(struct slogout_session *session)
{
    CHECK(session->state > SLOGOUT_STATE_WAITING);
    take_out(session);
}

int slo_session_cancel(struct slogout_session *session)
{
    CHECK(session->state == SLOGOUT_STATE_WAITING || session->state == SLOGOUT_STATE_PENDING);
    take_out(session);
    return 0;
}

/* The host may do anything to the drain, so the drain is any drain afterwards. */
static void call_host(void)
{
    calls++;
    CHECK(is_consistent());
    drain = nondet_drain();
}

static void move(struct slogout_session *session, unsigned state)
{
    drain.set.counts.state[session->state]--;
    drain.set.counts.state[state]++;
    drain.set.changed(&drain.set);
    call_host();
}

/* A session begins at the same instant as its neighbor if both are in the same group. */
int slo_session_request(struct slogout_session *session)
{
    const struct slogout_counts *const counts = &before.set.counts;
    const int is_group = counts->state[SLOGOUT_STATE_WAITING] > 1 && waiting.group && waiting.group == neighbor.group;
    const int is_over = drain.plan.max_in_flight && in_flight(counts) >= drain.plan.max_in_flight;

    CHECK(session == &waiting && drain.state == RUNNING && !drain.is_forcing && slots == 1);
    CHECK(!is_group || drain.pacer.instant == before.pacer.instant);
    CHECK(drain.set.counts.over_limit == counts->over_limit + (uint64_t)is_over);
    move(session, SLOGOUT_STATE_PENDING);
    return 0;
}

/* Sessions that have been sent nothing are forced first. */
int slo_session_force(struct slogout_session *session)
{
    const uint64_t *const count = before.set.counts.state;

    CHECK(session == (count[SLOGOUT_STATE_WAITING]   ? &waiting
                      : count[SLOGOUT_STATE_PENDING] ? &pending
                      : count[SLOGOUT_STATE_ASKED]   ? &asked
                                                     : &leaving));
    CHECK(drain.is_forcing && no_outcome(&before.set.counts) > 0 && slots == 1);
    move(session, session->state == SLOGOUT_STATE_LEAVING ? SLOGOUT_STATE_ENDED : SLOGOUT_STATE_LEAVING);
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

/* proves: a new drain is consistent, and has no alarm and no session; or there is an error, and no drain and no memory
 *     in use
 * with: --unwind 7 --malloc-may-fail --malloc-fail-null
 * claims: slogout_drain_new
 * mutant: lib/drain.c: drain->timer_step_ms = 1; => ; */
void new_drain(void)
{
    struct slogout_drain *made = NULL;
    const int has_out = nondet_int() != 0, has_slogout = nondet_int() != 0, has_done = nondet_int() != 0;
    const int error = slogout_drain_new(has_out ? &made : NULL, has_slogout ? &slogout : NULL, has_done ? done : NULL,
                                        &slogout);
    const unsigned state = nondet_octet();

    CHECK((made != NULL) == (error == 0) && (error == SLOGOUT_ERR_ARGUMENT) == !(has_out && has_slogout && has_done));
    if (error) {
        CHECK(error == SLOGOUT_ERR_ARGUMENT || error == SLOGOUT_ERR_NOMEM);
        return;
    }
    ASSUME(state <= SLOGOUT_STATE_ENDED);
    CHECK(made->done == done && made->user_data == &slogout && made->slogout == &slogout && made->state == COLLECTING);
    CHECK(made->alarm.ring == ring && made->alarm.deadline == SLOGOUT_NEVER && made->timer_step_ms > 0);
    CHECK(made->set.changed == on_change && made->set.ask_before == SLOGOUT_NEVER);
    CHECK(slo_list_is_empty(&made->set.members[state]));
    free(made);
}

/* proves: after a change of its sessions, the alarm of a drain is right: it is not set before the start, after done,
 *     after a cancel, or while all sessions are ENDED; it is due at once if no session is left, and at the next turn if
 *     a session may begin or must be forced, but at the latest when forcing begins or, while the drain is forcing, at
 *     the deadline; for all numbers of sessions below 2^32, all schedules, paces and times
 * with: --unwind 7 --slice-formula
 * claims: next_due may_begin over_by no_outcome unsettled in_flight is_empty next_turn on_change set_alarm
 * mutant: lib/drain.c: (!limit || in_flight(counts) < limit) => (!limit || counts->state[SLOGOUT_STATE_ASKED] < limit)
 * mutant: lib/drain.c: no_outcome(counts) + counts->state[SLOGOUT_STATE_ENDED] == 0 => no_outcome(counts) == 0
 * mutant: lib/drain.c: if (unsettled(counts) == 0) => if (no_outcome(counts) == 0)
 * mutant: lib/drain.c: drain->state == COLLECTING || drain->state == DONE) => drain->state == DONE) */
void alarm(void)
{
    uint64_t *const count = drain.set.counts.state;
    uint64_t deadline, turn, forcing, over, unsettled_now, all;
    int may_be_begun;

    any_drain();
    drain.alarm.deadline = nondet_uint64();
    unsettled_now = count[SLOGOUT_STATE_WAITING] + count[SLOGOUT_STATE_PENDING] + count[SLOGOUT_STATE_ASKED];
    all = unsettled_now + count[SLOGOUT_STATE_LEAVING] + count[SLOGOUT_STATE_ENDED];
    may_be_begun = drain.state == RUNNING && !drain.is_forcing && count[SLOGOUT_STATE_WAITING] > 0 &&
                   (drain.schedule.in_flight == 0 ||
                    count[SLOGOUT_STATE_PENDING] + count[SLOGOUT_STATE_ASKED] < drain.schedule.in_flight);
    turn = drain.has_joined ? 0 : slo_add(drain.start, drain.pacer.instant);
    forcing = slo_add(drain.start, drain.schedule.force);
    over = drain.state == RUNNING || drain.state == PAUSED ? slo_add(drain.start, drain.schedule.deadline) : SLOGOUT_NEVER;
    CHECK(slogout_drain_deadline(&drain) == over);
    on_change(&drain.set);
    deadline = drain.alarm.deadline;
    if (drain.state == COLLECTING || drain.state == DONE) {
        CHECK(deadline == SLOGOUT_NEVER);
        return;
    }
    if (all == 0) {
        CHECK(deadline == 0);
        return;
    }
    if (all == count[SLOGOUT_STATE_ENDED] || drain.state == CANCELED) {
        CHECK(deadline == SLOGOUT_NEVER);
        return;
    }
    CHECK(deadline <= over);
    if (unsettled_now == 0)
        CHECK(deadline == over);
    else if (drain.is_forcing)
        CHECK(deadline == slo_min(turn, over));
    else
        CHECK(deadline == (may_be_begun ? slo_min(turn, forcing) : forcing));
}

/* proves: when the alarm rings, the drain does one thing: it calls done, exactly if no session is left; it begins the
 *     oldest waiting session, at the instant of its neighbor in a group; it forces the oldest session, waiting sessions
 *     first; it begins to force; or it cuts the slot again. The next slot is cut before a session begins or is forced.
 *     The alarm is right whenever the host is called and at the end, for all numbers of sessions below 2^32, all
 *     schedules, paces and times
 * with: -DOPAQUE --unwind 7 --slice-formula
 * claims: ring force_next first_in next_slot adapt_slot elapsed
 * mutant: lib/drain.c: drain->has_joined && now < drain->schedule.deadline => drain->has_joined */
void rings(void)
{
    any_drain();
    place_all();
    ASSUME(drain.alarm.deadline <= slogout.clock.now);
    served = 1;
    ring(&drain.alarm);
    CHECK(done_calls == is_empty(&before.set.counts) && calls <= 1 && slots == !done_calls);
    if (calls == 0) {
        CHECK(is_consistent() && !drain.has_joined);
        CHECK(before.has_joined || (!before.is_forcing && drain.is_forcing));
    }
}

/* proves: a call without a drain, a session or a plan is refused and has no effect
 * with: --unwind 8 --slice-formula
 * claims: slogout_drain_force slogout_drain_start slogout_drain_resume slogout_drain_pause slogout_drain_add
 * claims: slogout_drain_cancel slogout_drain_free
 * mutant: lib/drain.c: if (!drain || !session || => if (!drain || */
void missing(void)
{
    static const struct slogout_plan plan;
    static struct slogout_session session = {.slogout = &slogout};

    drain.slogout = &slogout;
    released = 1; /* so that no call may begin */
    CHECK(slogout_drain_force(NULL, 0) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_drain_start(NULL, &plan, 0) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_drain_start(&drain, NULL, 0) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_drain_resume(NULL, 0) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_drain_pause(NULL) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_drain_add(NULL, &session, 0) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_drain_add(&drain, NULL, 0) == SLOGOUT_ERR_ARGUMENT);
    CHECK(slogout_drain_cancel(NULL) == SLOGOUT_ERR_ARGUMENT);
    slogout_drain_free(NULL);
    CHECK(!given_back && drain.state == COLLECTING && slogout.depth == 0);
}

/* Returns the error that the call must return, or 0. */
static int error_of(int is_wrong, unsigned joining)
{
    const int is_running = before.state == RUNNING || before.state == PAUSED, is_over = before.state > PAUSED;

    if (is_wrong)
        return SLOGOUT_ERR_ARGUMENT;
    if (WHAT == FORCE ? before.state == DONE : WHAT == RESUME || WHAT == PAUSE ? !is_running : is_over)
        return SLOGOUT_ERR_STATE;
    if (WHAT == START)
        return copy_error;
    return WHAT == ADD && joining >= SLOGOUT_STATE_LEAVING ? SLOGOUT_ERR_STATE : 0;
}

/* Whether a schedule is adopted as it is, but with no deadline after the last valid time. */
static int is_adopted(const struct slo_schedule *of)
{
    const struct slo_schedule *const is = &drain.schedule;
    const uint64_t last = of->deadline == SLOGOUT_NEVER ? SLOGOUT_NEVER : SLOGOUT_NEVER - 1 - slogout.clock.now;

    return is->deadline == slo_min(of->deadline, last) && is->force == slo_min(of->force, last) &&
           is->begin_by == of->begin_by && is->ask_until == of->ask_until && is->tail == of->tail &&
           is->spread == of->spread && is->begun == of->begun && is->in_flight == of->in_flight && is->rate == of->rate &&
           drain.timer_step_ms == timer_step_of(of) && drain.state == RUNNING && !drain.is_forcing &&
           drain.start == slogout.clock.now && drain.set.ask_before == slo_add(drain.start, of->ask_until);
}

/* proves: slogout_drain_start(), _resume(), _pause(), _force() and _add() leave the drain consistent, and _force()
 *     never postpones the deadline; a schedule is adopted as it is made; each returns an error exactly if it must, and
 *     then changes nothing; for all numbers of sessions below 2^32, all plans and times
 * with: -DOPAQUE --unwind 8 --slice-formula
 * each: WHAT 5
 * claims WHAT=0: slogout_drain_force
 * claims WHAT=1: slogout_drain_start adopt_schedule
 * claims WHAT=2: slogout_drain_resume
 * claims WHAT=3: slogout_drain_pause
 * claims WHAT=4: slogout_drain_add
 * mutant WHAT=0: lib/drain.c: over_by(drain) > slo_add => over_by(drain) < slo_add
 * mutant WHAT=1: lib/drain.c: drain->pacer.random = checked.seed; => adopt_schedule(drain, &schedule), drain->pacer.random = checked.seed; */
void steer(void)
{
    static const struct slogout_plan plan;
    static struct slogout other;
    struct slogout_session session = {.slogout = nondet_int() ? &slogout : &other, .state = nondet_octet()};
    const unsigned old = session.state;
    const uint64_t now = nondet_uint64(), group = nondet_uint64();
    int is_wrong = WHAT < PAUSE && now == SLOGOUT_NEVER, error = 0;
    uint64_t deadline, time, most;

    any_drain();
    is_call = 1;
    deadline = slogout_drain_deadline(&drain);
    time = slogout.clock.now;
    ASSUME(old <= SLOGOUT_STATE_ENDED);
    switch (WHAT) {
    case FORCE:
        error = slogout_drain_force(&drain, now);
        most = (uint64_t)drain.plan.tail_ms + slogout.settings.leave_timeout_ms;
        /* A sum grows with its terms. */
        ASSUME(drain.schedule.deadline > most ||
               slo_add(slogout.clock.now, drain.schedule.deadline) <= slo_add(slogout.clock.now, most));
        CHECK(slogout_drain_deadline(&drain) <= deadline);
        CHECK(error || slogout_drain_deadline(&drain) <= slo_add(slogout.clock.now, most));
        scheduled.tail = drain.plan.tail_ms;
        scheduled.deadline = most;
        CHECK(error || (deadline > slo_add(slogout.clock.now, most) ? is_adopted(&scheduled)
                                                                    : drain.schedule.deadline == before.schedule.deadline));
        break;
    case START:
        error = slogout_drain_start(&drain, &plan, now);
        CHECK(error || is_adopted(&scheduled));
        CHECK(error || (drain.plan.tail_ms == copied.tail_ms && drain.plan.max_in_flight == copied.max_in_flight));
        CHECK(error || drain.pacer.random == copied.seed);
        break;
    case RESUME:
        error = slogout_drain_resume(&drain, now);
        CHECK(error || (drain.state == RUNNING && slogout_drain_deadline(&drain) == deadline));
        break;
    case PAUSE:
        error = slogout_drain_pause(&drain);
        CHECK(error || (drain.state == PAUSED && slogout_drain_deadline(&drain) == deadline));
        break;
    case ADD:
        is_wrong = session.slogout != &slogout;
        error = slogout_drain_add(&drain, &session, group);
        CHECK(error || (drain.has_joined && session.state > SLOGOUT_STATE_OPEN));
        CHECK(error || old > SLOGOUT_STATE_OPEN || session.group == group);
        break;
    }
    CHECK(error == error_of(is_wrong, old));
    CHECK(error == 0 || (drain.state == before.state && slogout_drain_deadline(&drain) == deadline));
    CHECK(error || WHAT > RESUME || slogout.clock.now == slo_max(time, now));
    CHECK(is_consistent() && slogout.depth == 0);
}

static void any_small_drain(void)
{
    unsigned state;

    any_drain();
    for (state = SLOGOUT_STATE_WAITING; state <= SLOGOUT_STATE_ENDED; state++) {
        const uint64_t members = MEMBERS < 3 ? MEMBERS : state > SLOGOUT_STATE_PENDING;
        ASSUME(drain.set.counts.state[state] == members);
        drain.set.counts.state[state] = members; /* a constant, for which CBMC needs less time */
    }
    place_all();
}

/* proves: when a drain with 0, 1 or 2 sessions in each state, or with 1 in each state of those that were asked, is
 *     canceled, the sessions that were not asked are canceled, and the others stay in the drain; or there is an error,
 *     and nothing changes; the drain is consistent afterwards
 * with: --unwind 7 --slice-formula
 * each: MEMBERS 4
 * claims: slogout_drain_cancel reopen_all
 * mutant MEMBERS=1: lib/drain.c: state <= SLOGOUT_STATE_PENDING; state++) => state < SLOGOUT_STATE_PENDING; state++) */
void cancel(void)
{
    const unsigned state = nondet_octet();
    int error;

    any_small_drain();
    is_call = 1;
    error = slogout_drain_cancel(&drain);
    CHECK(error == (before.state == RUNNING || before.state == PAUSED ? 0 : SLOGOUT_ERR_STATE));
    CHECK(drain.state == (error ? before.state : CANCELED));
    CHECK(is_consistent() && slogout.depth == 0);
    ASSUME(state >= SLOGOUT_STATE_WAITING && state <= SLOGOUT_STATE_ENDED);
    CHECK(drain.set.counts.state[state] ==
          (error || state >= SLOGOUT_STATE_ASKED ? before.set.counts.state[state] : 0));
}

/* proves: when a drain with 0, 1 or 2 sessions in each state is freed, its memory is released once, the WAITING
 *     sessions are canceled, the others leave the drain, and no alarm is set
 * with: --unwind 7 --slice-formula
 * each: MEMBERS 3
 * claims: slogout_drain_free
 * mutant MEMBERS=1: lib/drain.c: reopen_all(drain, SLOGOUT_STATE_WAITING); => ; */
void release(void)
{
    const unsigned state = nondet_octet();

    any_small_drain();
    slogout_drain_free(&drain);
    CHECK(drain.alarm.deadline == SLOGOUT_NEVER && released);
    ASSUME(state >= SLOGOUT_STATE_WAITING && state <= SLOGOUT_STATE_ENDED);
    CHECK(drain.set.counts.state[state] == 0);
}

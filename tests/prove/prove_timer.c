/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock and its timers by induction: any operation leads from any consistent world, with one kind of timers and two
 * more alarms, to a consistent world. The place of a timer in memory does not matter, so the timers are in their queue
 * in the order of their names. */
#include "prove.h"
#include "timer.c"

/* the values of ring_one() for the other proofs */
#ifndef RUNNING
#define RUNNING 0
#endif
#ifndef EARLIEST
#define EARLIEST 0
#endif

/* One kind of timers, and two alarms of other owners, such as drains. */
static struct slo_clock clock;
static struct slo_timers kind;
static struct slo_timer first, second, third;
static struct slo_alarm one, two;

static struct slo_alarm *const alarms[] = {&kind.alarm, &one, &two};

/* ---- the world ---- */

static int comes_first(const struct slo_alarm *alarm, const struct slo_alarm *other)
{
    return alarm->deadline < other->deadline ||
           (alarm->deadline == other->deadline && alarm->order < other->order);
}

/* Returns the earliest alarm that is set, or NULL. */
static struct slo_alarm *earliest(void)
{
    struct slo_alarm *found = NULL;
    unsigned i;

    for (i = 0; i < 3; i++)
        if (alarms[i]->deadline != SLOGOUT_NEVER && (!found || comes_first(alarms[i], found)))
            found = alarms[i];
    return found;
}

static unsigned count_running(void)
{
    return (unsigned)slo_link_is_linked(&first.link) + (unsigned)slo_link_is_linked(&second.link) +
           (unsigned)slo_link_is_linked(&third.link);
}

/* Returns 1 if all running timers, and no others, are linked in both directions in the order of their deadlines. */
static int is_queue(void)
{
    const struct slo_link *link = &kind.running;
    uint64_t before = 0;
    unsigned i;

    for (i = 0; i <= 3 && link->next->prev == link; i++) {
        const struct slo_timer *timer = slo_container_of(link->next, struct slo_timer, link);
        if (link->next == &kind.running)
            return i == count_running() && before < SLOGOUT_NEVER;
        if (timer->deadline < before)
            return 0;
        before = timer->deadline;
        link = link->next;
    }
    return 0;
}

/* Returns 1 if the same is true of the alarms that are set. */
static int is_list(void)
{
    const struct slo_link *link = &clock.alarms;
    const struct slo_alarm *before = NULL;
    unsigned i, set = 0;

    for (i = 0; i < 3; i++) {
        if (slo_link_is_linked(&alarms[i]->link) != (alarms[i]->deadline != SLOGOUT_NEVER))
            return 0;
        set += alarms[i]->deadline != SLOGOUT_NEVER;
    }
    for (i = 0; i <= 3 && link->next->prev == link; i++) {
        const struct slo_alarm *alarm = slo_container_of(link->next, struct slo_alarm, link);
        if (link->next == &clock.alarms)
            return i == set;
        if (before && !comes_first(before, alarm))
            return 0;
        before = alarm;
        link = link->next;
    }
    return 0;
}

static int is_consistent(void)
{
    return clock.now < SLOGOUT_NEVER && is_list() && is_queue() &&
           kind.alarm.deadline == (slo_list_is_empty(&kind.running)
                                       ? SLOGOUT_NEVER
                                       : slo_container_of(kind.running.next, struct slo_timer, link)->deadline);
}

/* ---- the callbacks ---- */

static int rings;

static void any_world(unsigned running);

/* The world is consistent when a callback is called. The callback then leaves any consistent world, with one timer. */
static void rings_now(void)
{
    rings++;
    CHECK(is_consistent());
    any_world(1);
}

static void expired(struct slo_timer *timer)
{
    CHECK(!slo_link_is_linked(&timer->link) && timer->deadline <= clock.now);
    rings_now();
}

static void ring(struct slo_alarm *alarm)
{
    CHECK(clock.alarms.next == &alarm->link && alarm->deadline <= clock.now);
    rings_now();
}

/* ---- any world, any operation ---- */

/* Links the alarms in their order. CBMC can then follow the list exactly. */
static void link_alarms(void)
{
    unsigned i, j;

    slo_link_init(&clock.alarms);
    for (i = 0; i < 3; i++) {
        struct slo_link *next = &clock.alarms;
        if (alarms[i]->deadline == SLOGOUT_NEVER)
            continue;
        for (j = 0; j < i; j++)
            if (next->prev != &clock.alarms &&
                comes_first(alarms[i], slo_container_of(next->prev, struct slo_alarm, link)))
                next = next->prev;
        slo_link_insert(next, &alarms[i]->link);
    }
}

static void any_world(unsigned running)
{
    clock.now = nondet_uint64();
    clock.made = nondet_uint64();
    clock.announced = nondet_uint64();
    slo_timers_init(&kind, &clock, expired);
    slo_alarm_init(&one, &clock, ring);
    slo_alarm_init(&two, &clock, ring);
    slo_link_init(&first.link);
    slo_link_init(&second.link);
    slo_link_init(&third.link);
    if (running > 0)
        slo_link_append(&kind.running, &first.link);
    if (running > 1)
        slo_link_append(&kind.running, &second.link);
    if (running > 2)
        slo_link_append(&kind.running, &third.link);
    first.deadline = nondet_uint64();
    second.deadline = nondet_uint64();
    third.deadline = nondet_uint64();
    kind.alarm.deadline = running ? first.deadline : SLOGOUT_NEVER;
    one.deadline = nondet_uint64();
    two.deadline = nondet_uint64();
    kind.alarm.order = nondet_uint64();
    one.order = nondet_uint64();
    two.order = nondet_uint64();
    ASSUME(one.order != two.order && kind.alarm.order != one.order && kind.alarm.order != two.order);
    link_alarms();
    ASSUME(is_consistent());
}

/* Whether all timers behind this one are later. */
static int is_last_of_its_time(const struct slo_timer *timer)
{
    const struct slo_link *const next = timer->link.next;

    return next == &kind.running || slo_container_of(next, struct slo_timer, link)->deadline > timer->deadline;
}

/* proves: after a timer is started or stopped, or an alarm is set, the 3 timers and the 3 alarms are linked in both
 *     directions in the order of their deadlines, and of their start if the deadlines are equal, the alarm of the timers
 *     is set for the first timer, and the deadline of the clock is the earliest deadline, for all times
 * with: --unwind 5 --slice-formula
 * each: RUNNING 4
 * claims: slo_alarm_set rings_before slo_timer_start slo_timer_stop set_for_first slo_link_remove slo_link_insert
 * mutant RUNNING=2: lib/timer.c: timer_of(next->prev)->deadline > timer->deadline => timer_of(next->prev)->deadline < timer->deadline
 * mutant RUNNING=1: lib/timer.c: if (alarm->deadline == deadline) => if (alarm->deadline >= deadline) */
void change(void)
{
    const int which = nondet_int(), what = nondet_int();
    const uint64_t deadline = nondet_uint64();
    struct slo_timer *timer = which == 0 ? &first : which == 1 ? &second : &third;

    any_world(RUNNING);
    if (what == 0 && !slo_link_is_linked(&timer->link)) {
        slo_timer_start(&kind, timer, deadline);
        CHECK(slo_link_is_linked(&timer->link) && is_last_of_its_time(timer));
        CHECK(timer->deadline == (deadline == SLOGOUT_NEVER ? SLOGOUT_NEVER - 1 : deadline));
    } else if (what == 1) {
        slo_timer_stop(&kind, timer);
        CHECK(!slo_link_is_linked(&timer->link) && timer->link.prev == &timer->link);
    } else if (what == 2) {
        slo_alarm_set(&one, deadline);
        CHECK(one.deadline == deadline && (deadline != SLOGOUT_NEVER || one.link.prev == &one.link));
    }
    CHECK(is_consistent());
    CHECK(slo_clock_deadline(&clock) == (earliest() ? earliest()->deadline : SLOGOUT_NEVER));
}

/* proves: the clock never goes back or reaches SLOGOUT_NEVER, and nothing else changes, for all times
 * claims: slo_clock_advance
 * mutant: lib/timer.c: now > clock->now => now != clock->now */
void advance(void)
{
    const uint64_t now = nondet_uint64();
    struct slo_clock advanced;
    struct slo_clock old;

    slo_clock_init(&advanced);
    advanced.now = nondet_uint64();
    advanced.made = nondet_uint64();
    advanced.announced = nondet_uint64();
    old = advanced;
    ASSUME(now != SLOGOUT_NEVER && old.now != SLOGOUT_NEVER);
    slo_clock_advance(&advanced, now);
    CHECK(advanced.now == (now > old.now ? now : old.now) && advanced.now != SLOGOUT_NEVER);
    CHECK(advanced.made == old.made && advanced.announced == old.announced);
}

static struct slo_alarm *rang[3];
static unsigned rung;

static void ring_off(struct slo_alarm *alarm)
{
    if (rung < 3)
        rang[rung] = alarm;
    rung++;
    slo_alarm_set(alarm, SLOGOUT_NEVER);
}

/* proves: two alarms that are due and that unset themselves ring one after the other, the earlier first, and of two at the
 *     same time the older; the budget is kept
 * with: --unwind 5
 * claims: slo_clock_init
 * mutant: lib/timer.c: alarm->order = clock->made++; => alarm->order = clock->made; */
void ring_two(void)
{
    __CPROVER_havoc_object(&clock);
    slo_clock_init(&clock);
    LEMMA(clock.alarms.next == &clock.alarms && clock.alarms.prev == &clock.alarms);
    LEMMA(clock.now == 0 && clock.made == 0 && clock.announced == SLOGOUT_NEVER);
    slo_alarm_init(&one, &clock, ring_off);
    slo_alarm_init(&two, &clock, ring_off);
    CHECK(slo_clock_deadline(&clock) == SLOGOUT_NEVER);
    rung = 0;
    slo_alarm_set(&two, 2);
    slo_alarm_set(&one, 2);
    slo_clock_advance(&clock, 2);
    slo_clock_ring(&clock, 1);
    CHECK(rung == 1 && rang[0] == &one);
    slo_alarm_set(&one, 1);
    slo_clock_ring(&clock, 2);
    CHECK(rung == 3 && rang[1] == &one && rang[2] == &two);
    rung = 0;
    slo_alarm_set(&one, 2);
    slo_alarm_set(&two, 2);
    slo_clock_ring(&clock, 2);
    CHECK(rung == 2 && rang[0] == &one && rang[1] == &two);
}

/* proves: of 2 timers and 2 alarms, the earliest rings if it is due, and otherwise none rings; a timer has stopped
 *     before its callback; the world is consistent before and after the callback, which may leave any consistent world;
 *     for all times
 * with: --unwind 5 --slice-formula
 * each: RUNNING 3 EARLIEST 2
 * mutant RUNNING=1 EARLIEST=0: lib/timer.c: slo_clock_deadline(clock) <= clock->now; => slo_clock_deadline(clock) < clock->now;
 * mutant RUNNING=1 EARLIEST=0: lib/timer.c: slo_timer_stop(timers, first); => ; */
void ring_one(void)
{
    /* Alarm `two` need not be tried, because it behaves like alarm `one`. */
    struct slo_alarm *const alarm = alarms[EARLIEST];
    int is_due;

    if (alarm == &kind.alarm && RUNNING == 0)
        return;
    any_world(RUNNING);
    ASSUME(earliest() == alarm);
    clock.alarms.next = &alarm->link; /* This is the value that it has. The assignment makes it known to CBMC. */
    is_due = slo_clock_deadline(&clock) <= clock.now;
    rings = 0;
    slo_clock_ring(&clock, 1);
    CHECK(rings == is_due);
    CHECK(is_consistent());
}

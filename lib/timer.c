/* SPDX-License-Identifier: BSD-2-Clause */
#include <slogout/slogout.h>
#include "timer.h"

/* ---- the clock and its alarms ---- */

static struct slo_alarm *alarm_of(struct slo_link *link)
{
    return slo_container_of(link, struct slo_alarm, link);
}

void slo_clock_init(struct slo_clock *clock)
{
    slo_link_init(&clock->alarms);
    clock->made = 0;
    clock->now = 0;
    clock->announced = SLOGOUT_NEVER;
}

void slo_clock_advance(struct slo_clock *clock, uint64_t now)
{
    if (now > clock->now)
        clock->now = now;
}

uint64_t slo_clock_deadline(const struct slo_clock *clock)
{
    return slo_list_is_empty(&clock->alarms) ? SLOGOUT_NEVER : alarm_of(clock->alarms.next)->deadline;
}

/* The earliest alarm is looked up each time, because a ring may set or free any alarm, including itself. */
void slo_clock_ring(struct slo_clock *clock, uint32_t budget)
{
    for (; budget > 0 && slo_clock_deadline(clock) <= clock->now; budget--) {
        struct slo_alarm *alarm = alarm_of(clock->alarms.next);
        alarm->ring(alarm);
    }
}

void slo_alarm_init(struct slo_alarm *alarm, struct slo_clock *clock, void (*ring)(struct slo_alarm *alarm))
{
    slo_link_init(&alarm->link);
    alarm->deadline = SLOGOUT_NEVER;
    alarm->order = clock->made++;
    alarm->clock = clock;
    alarm->ring = ring;
}

static int rings_before(const struct slo_alarm *a, const struct slo_alarm *b)
{
    return a->deadline < b->deadline || (a->deadline == b->deadline && a->order < b->order);
}

void slo_alarm_set(struct slo_alarm *alarm, uint64_t deadline)
{
    struct slo_link *const alarms = &alarm->clock->alarms;
    struct slo_link *next;

    if (alarm->deadline == deadline)
        return;
    slo_link_remove(&alarm->link);
    alarm->deadline = deadline;
    if (deadline == SLOGOUT_NEVER)
        return;
    for (next = alarms->next; next != alarms && rings_before(alarm_of(next), alarm); next = next->next)
        ;
    slo_link_insert(next, &alarm->link);
}

/* ---- timers of one kind ---- */

static struct slo_timer *timer_of(struct slo_link *link)
{
    return slo_container_of(link, struct slo_timer, link);
}

static void set_for_first(struct slo_timers *timers)
{
    struct slo_link *const running = &timers->running;

    slo_alarm_set(&timers->alarm,
                  slo_list_is_empty(running) ? SLOGOUT_NEVER : timer_of(running->next)->deadline);
}

static void expire_first(struct slo_alarm *alarm)
{
    struct slo_timers *timers = slo_container_of(alarm, struct slo_timers, alarm);
    struct slo_timer *first = timer_of(timers->running.next);

    slo_timer_stop(timers, first);
    timers->expired(first);
}

void slo_timers_init(struct slo_timers *timers, struct slo_clock *clock,
                     void (*expired)(struct slo_timer *timer))
{
    slo_alarm_init(&timers->alarm, clock, expire_first);
    slo_link_init(&timers->running);
    timers->expired = expired;
}

void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t deadline)
{
    struct slo_link *next = &timers->running;

    timer->deadline = deadline == SLOGOUT_NEVER ? SLOGOUT_NEVER - 1 : deadline;
    while (next->prev != &timers->running && timer_of(next->prev)->deadline > timer->deadline)
        next = next->prev;
    slo_link_insert(next, &timer->link);
    set_for_first(timers);
}

void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer)
{
    slo_link_remove(&timer->link);
    set_for_first(timers);
}

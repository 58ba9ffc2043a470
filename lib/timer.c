#include <slogout/slogout.h>
#include "timer.h"
#include "saturate.h"

void slo_clock_init(struct slo_clock *clock)
{
    slo_link_init(&clock->alarms);
    clock->now = 0;
    clock->announced = SLOGOUT_NEVER;
}

void slo_clock_advance(struct slo_clock *clock, uint64_t now)
{
    if (now > clock->now)
        clock->now = now;
}

/* NULL: there is no alarm at all. */
static struct slo_alarm *earliest_alarm(const struct slo_clock *clock)
{
    struct slo_alarm *earliest = NULL;
    struct slo_link *link;

    for (link = clock->alarms.next; link != &clock->alarms; link = link->next) {
        struct slo_alarm *alarm = slo_container_of(link, struct slo_alarm, link);
        if (!earliest || alarm->deadline < earliest->deadline)
            earliest = alarm;
    }
    return earliest;
}

uint64_t slo_clock_deadline(const struct slo_clock *clock)
{
    const struct slo_alarm *alarm = earliest_alarm(clock);
    return alarm ? alarm->deadline : SLOGOUT_NEVER;
}

/* Looks for the earliest anew each time: a ring may remove any alarm, its own and the next one included. */
void slo_clock_ring(struct slo_clock *clock, uint32_t budget)
{
    for (; budget > 0; budget--) {
        struct slo_alarm *alarm = earliest_alarm(clock);
        if (!alarm || alarm->deadline > clock->now)
            return;
        alarm->ring(alarm);
    }
}

void slo_alarm_init(struct slo_alarm *alarm, struct slo_clock *clock, void (*ring)(struct slo_alarm *alarm))
{
    alarm->deadline = SLOGOUT_NEVER;
    alarm->ring = ring;
    slo_link_append(&clock->alarms, &alarm->link);
}

void slo_alarm_remove(struct slo_alarm *alarm)
{
    slo_link_remove(&alarm->link);
}

static struct slo_timer *first_timer(const struct slo_timers *timers)
{
    return slo_container_of(timers->queue.next, struct slo_timer, link);
}

static void set_alarm(struct slo_timers *timers)
{
    timers->alarm.deadline = slo_link_used(&timers->queue) ? first_timer(timers)->deadline : SLOGOUT_NEVER;
}

static void timers_ring(struct slo_alarm *alarm)
{
    struct slo_timers *timers = slo_container_of(alarm, struct slo_timers, alarm);
    struct slo_timer *first = first_timer(timers);

    slo_timer_stop(timers, first);
    timers->expired(first);
}

void slo_timers_init(struct slo_timers *timers, struct slo_clock *clock, uint64_t interval,
                     void (*expired)(struct slo_timer *timer))
{
    slo_alarm_init(&timers->alarm, clock, timers_ring);
    slo_link_init(&timers->queue);
    timers->interval = interval;
    timers->expired = expired;
}

void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t now)
{
    timer->deadline = slo_min(slo_add(now, timers->interval), SLOGOUT_NEVER - 1);
    slo_link_append(&timers->queue, &timer->link);
    set_alarm(timers);
}

void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer)
{
    slo_link_remove(&timer->link);
    set_alarm(timers);
}

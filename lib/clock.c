#include <slogout/slogout.h>
#include "clock.h"
#include "saturate.h"

void clock_init(struct clock *clock)
{
    link_init(&clock->alarms);
    clock->now = 0;
    clock->announced = SLOGOUT_NEVER;
}

void clock_advance(struct clock *clock, uint64_t now)
{
    if (now > clock->now)
        clock->now = now;
}

/* NULL: there is no alarm at all. */
static struct alarm *earliest_alarm(const struct clock *clock)
{
    struct alarm *earliest = NULL;
    struct link *link;

    for (link = clock->alarms.next; link != &clock->alarms; link = link->next) {
        struct alarm *alarm = container_of(link, struct alarm, link);
        if (!earliest || alarm->deadline < earliest->deadline)
            earliest = alarm;
    }
    return earliest;
}

uint64_t clock_deadline(const struct clock *clock)
{
    const struct alarm *alarm = earliest_alarm(clock);
    return alarm ? alarm->deadline : SLOGOUT_NEVER;
}

/* Looks for the earliest anew each time: a ring may remove any alarm, its own and the next one included. */
void clock_ring(struct clock *clock, uint32_t budget)
{
    for (; budget > 0; budget--) {
        struct alarm *alarm = earliest_alarm(clock);
        if (!alarm || alarm->deadline > clock->now)
            return;
        alarm->ring(alarm);
    }
}

void alarm_init(struct alarm *alarm, struct clock *clock, void (*ring)(struct alarm *alarm))
{
    alarm->deadline = SLOGOUT_NEVER;
    alarm->ring = ring;
    link_append(&clock->alarms, &alarm->link);
}

void alarm_remove(struct alarm *alarm)
{
    link_remove(&alarm->link);
}

static struct timer *first_timer(const struct timers *timers)
{
    return container_of(timers->queue.next, struct timer, link);
}

static void set_alarm(struct timers *timers)
{
    timers->alarm.deadline = link_used(&timers->queue) ? first_timer(timers)->deadline : SLOGOUT_NEVER;
}

static void timers_ring(struct alarm *alarm)
{
    struct timers *timers = container_of(alarm, struct timers, alarm);
    struct timer *first = first_timer(timers);

    timer_stop(timers, first);
    timers->expired(first);
}

void timers_init(struct timers *timers, struct clock *clock, uint64_t interval,
                 void (*expired)(struct timer *timer))
{
    alarm_init(&timers->alarm, clock, timers_ring);
    link_init(&timers->queue);
    timers->interval = interval;
    timers->expired = expired;
}

void timer_start(struct timers *timers, struct timer *timer, uint64_t now)
{
    timer->deadline = smaller(saturating_add(now, timers->interval), SLOGOUT_NEVER - 1);
    link_append(&timers->queue, &timer->link);
    set_alarm(timers);
}

void timer_stop(struct timers *timers, struct timer *timer)
{
    link_remove(&timer->link);
    set_alarm(timers);
}

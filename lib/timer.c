#include <slogout/slogout.h>
#include "timer.h"

/* ---- the clock and its alarms ---- */

void slo_clock_init(struct slo_clock *clock)
{
    clock->alarms = NULL;
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
    return clock->alarms ? clock->alarms->key : SLOGOUT_NEVER;
}

/* The earliest alarm is looked up each time, since a ring may set or free any alarm, its own included. */
void slo_clock_ring(struct slo_clock *clock, uint32_t budget)
{
    for (; budget > 0 && clock->alarms && clock->alarms->key <= clock->now; budget--) {
        struct slo_alarm *alarm = slo_container_of(clock->alarms, struct slo_alarm, node);
        alarm->ring(alarm);
    }
}

void slo_alarm_init(struct slo_alarm *alarm, struct slo_clock *clock, void (*ring)(struct slo_alarm *alarm))
{
    alarm->node.key = SLOGOUT_NEVER;
    alarm->node.order = clock->made++;
    alarm->clock = clock;
    alarm->ring = ring;
}

void slo_alarm_set(struct slo_alarm *alarm, uint64_t deadline)
{
    if (alarm->node.key == deadline)
        return;
    if (alarm->node.key != SLOGOUT_NEVER)
        slo_heap_remove(&alarm->clock->alarms, &alarm->node);
    alarm->node.key = deadline;
    if (deadline != SLOGOUT_NEVER)
        slo_heap_insert(&alarm->clock->alarms, &alarm->node);
}

/* ---- timers of one kind ---- */

static void set_for_head(struct slo_timers *timers)
{
    const struct slo_timer *head = slo_container_of(timers->queue.next, struct slo_timer, link);

    slo_alarm_set(&timers->alarm, slo_list_is_empty(&timers->queue) ? SLOGOUT_NEVER : head->deadline);
}

static void expire_head(struct slo_alarm *alarm)
{
    struct slo_timers *timers = slo_container_of(alarm, struct slo_timers, alarm);
    struct slo_timer *head = slo_container_of(timers->queue.next, struct slo_timer, link);

    slo_timer_stop(timers, head);
    timers->expired(head);
}

void slo_timers_init(struct slo_timers *timers, struct slo_clock *clock, uint64_t interval,
                     void (*expired)(struct slo_timer *timer))
{
    slo_alarm_init(&timers->alarm, clock, expire_head);
    slo_link_init(&timers->queue);
    timers->interval = interval;
    timers->expired = expired;
}

void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t now)
{
    const uint64_t last = SLOGOUT_NEVER - 1;

    timer->deadline = timers->interval < last - now ? now + timers->interval : last;
    slo_link_append(&timers->queue, &timer->link);
    set_for_head(timers);
}

void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer)
{
    slo_link_remove(&timer->link);
    set_for_head(timers);
}

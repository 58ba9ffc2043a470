/* Time as the host tells it, and what waits for it.
 *
 * Whatever must be woken registers an alarm; the clock does not know what it is. All timers of one kind
 * have the same interval, so they stand in a FIFO: arming appends, the head is the earliest. */
#ifndef SLO_TIMER_H
#define SLO_TIMER_H

#include <stdint.h>
#include "list.h"

struct slo_alarm {
    struct slo_link link; /* in clock.alarms */
    uint64_t deadline;    /* SLOGOUT_NEVER: asleep */
    /* Does one thing that is due. Must get further each time: that is what ends slo_clock_ring(). */
    void (*ring)(struct slo_alarm *alarm);
};

struct slo_clock {
    struct slo_link alarms; /* a handful: one for each kind of timer, and one for each drain */
    uint64_t now;           /* the greatest seen; below SLOGOUT_NEVER */
    uint64_t announced;     /* what the host's one-shot timer is set to; SLOGOUT_NEVER: it is spent */
};

struct slo_timer {
    struct slo_link link; /* in timers.queue while it runs */
    uint64_t deadline;
};

/* Timers of one interval. */
struct slo_timers {
    struct slo_alarm alarm; /* for the head of the queue */
    struct slo_link queue;
    uint64_t interval;
    void (*expired)(struct slo_timer *timer); /* it is stopped already */
};

void slo_clock_init(struct slo_clock *clock);
/* Takes the host's time, which must not be SLOGOUT_NEVER; an earlier one than seen before is ignored. */
void slo_clock_advance(struct slo_clock *clock, uint64_t now);
/* The earliest deadline, or SLOGOUT_NEVER. */
uint64_t slo_clock_deadline(const struct slo_clock *clock);
/* Does what is due, the earliest first, `budget` things at most. Alarms may come and go meanwhile. */
void slo_clock_ring(struct slo_clock *clock, uint32_t budget);

/* An alarm that sleeps. */
void slo_alarm_init(struct slo_alarm *alarm, struct slo_clock *clock, void (*ring)(struct slo_alarm *alarm));
void slo_alarm_remove(struct slo_alarm *alarm);

void slo_timers_init(struct slo_timers *timers, struct slo_clock *clock, uint64_t interval,
                     void (*expired)(struct slo_timer *timer));
/* Starts a timer that is stopped, to expire an interval after now. */
void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t now);
/* Harmless on a timer that is stopped. */
void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer);

#endif

/* Time as the host tells it, and what waits for it.
 *
 * Whatever must be woken registers an alarm; the clock does not know what it is. All timers of one kind
 * have the same interval, so they stand in a FIFO: arming appends, the head is the earliest. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include "list.h"

struct alarm {
    struct link link;  /* in clock.alarms */
    uint64_t deadline; /* SLOGOUT_NEVER: asleep */
    /* Does one thing that is due. Must get further each time: that is what ends clock_ring(). */
    void (*ring)(struct alarm *alarm);
};

struct clock {
    struct link alarms; /* a handful: one for each kind of timer, and one for each drain */
    uint64_t now;       /* the greatest seen; below SLOGOUT_NEVER */
    uint64_t announced; /* what the host's one-shot timer is set to; SLOGOUT_NEVER: it is spent */
};

struct timer {
    struct link link; /* in timers.queue while it runs */
    uint64_t deadline;
};

/* Timers of one interval. */
struct timers {
    struct alarm alarm; /* for the head of the queue */
    struct link queue;
    uint64_t interval;
    void (*expired)(struct timer *timer); /* it is stopped already */
};

void clock_init(struct clock *clock);
/* Takes the host's time, which must not be SLOGOUT_NEVER; an earlier one than seen before is ignored. */
void clock_advance(struct clock *clock, uint64_t now);
/* The earliest deadline, or SLOGOUT_NEVER. */
uint64_t clock_deadline(const struct clock *clock);
/* Does what is due, the earliest first, `budget` things at most. Alarms may come and go meanwhile. */
void clock_ring(struct clock *clock, uint32_t budget);

/* An alarm that sleeps. */
void alarm_init(struct alarm *alarm, struct clock *clock, void (*ring)(struct alarm *alarm));
void alarm_remove(struct alarm *alarm);

void timers_init(struct timers *timers, struct clock *clock, uint64_t interval,
                 void (*expired)(struct timer *timer));
/* Starts a timer that is stopped, to expire an interval after now. */
void timer_start(struct timers *timers, struct timer *timer, uint64_t now);
/* Harmless on a timer that is stopped. */
void timer_stop(struct timers *timers, struct timer *timer);

#endif

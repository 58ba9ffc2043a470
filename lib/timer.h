/* SPDX-License-Identifier: BSD-2-Clause */
/* Time as the host reports it, and what waits for it.
 *
 * An alarm calls a function when its deadline has come; the clock knows nothing else about it. The alarms
 * that are set are a list in the order of their deadlines. Each kind of timers and each drain has one alarm,
 * so the list is short, and setting an alarm takes time in proportion to its length.
 *
 * Timers of one kind are a list in the order of their deadlines, and one alarm is set for the first of them.
 * Nearly all timers of a kind have the same interval, so a timer that is started is nearly always the last:
 * its place is sought from the end of the list. */
#ifndef SLO_TIMER_H
#define SLO_TIMER_H

#include <stdint.h>
#include "list.h"

struct slo_clock {
    struct slo_link alarms; /* those that are set, the earliest first */
    uint64_t made;          /* how many alarms there have been */
    uint64_t now;           /* the greatest time seen; below SLOGOUT_NEVER */
    uint64_t announced;     /* what the host's one-shot timer is set to; SLOGOUT_NEVER if it may be spent */
};

struct slo_alarm {
    struct slo_link link; /* in the clock's list while the alarm is set */
    uint64_t deadline;    /* SLOGOUT_NEVER if it is not set */
    uint64_t order;       /* of equal deadlines, the one with the smaller order rings first */
    struct slo_clock *clock;
    /* Does one thing that is due. Each call must make progress, since slo_clock_ring() goes on until nothing
     * is due. */
    void (*ring)(struct slo_alarm *alarm);
};

struct slo_timer {
    struct slo_link link; /* in the list of its kind while it runs */
    uint64_t deadline;
};

/* The timers of one kind. */
struct slo_timers {
    struct slo_alarm alarm; /* set for the first of the list */
    struct slo_link running;
    void (*expired)(struct slo_timer *timer); /* called after the timer has been stopped */
};

void slo_clock_init(struct slo_clock *clock);
/* Sets the time. A time before the greatest one seen is ignored. now must not be SLOGOUT_NEVER. */
void slo_clock_advance(struct slo_clock *clock, uint64_t now);
/* Returns the earliest deadline of all alarms, or SLOGOUT_NEVER. */
uint64_t slo_clock_deadline(const struct slo_clock *clock);
/* Does what is due, at most `budget` things, in the order of the deadlines. Of equal deadlines, the alarm
 * that was made first rings first. Alarms may be made and set meanwhile. */
void slo_clock_ring(struct slo_clock *clock, uint32_t budget);

/* Makes an alarm that is not set. */
void slo_alarm_init(struct slo_alarm *alarm, struct slo_clock *clock, void (*ring)(struct slo_alarm *alarm));
/* Sets the alarm, whatever it was set to before. SLOGOUT_NEVER unsets it: then the clock no longer refers to
 * it. */
void slo_alarm_set(struct slo_alarm *alarm, uint64_t deadline);

/* Makes an empty kind of timers. */
void slo_timers_init(struct slo_timers *timers, struct slo_clock *clock,
                     void (*expired)(struct slo_timer *timer));
/* Starts a timer that is stopped. SLOGOUT_NEVER counts as the time before it. */
void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t deadline);
/* Stops a timer of this kind. Does nothing to one that is stopped. */
void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock, which the host advances, with alarms and timers.
 *
 * An alarm calls a function when its deadline has come; the clock knows nothing else about the alarm. The
 * alarms that are set form a list in the order of their deadlines. Each kind of timers and each drain has one
 * alarm, so the list is short, and setting an alarm takes time in proportion to the length of the list.
 *
 * The timers of one kind form a list in the order of their deadlines, and one alarm is set for the earliest
 * timer. Nearly all timers of a kind have the same interval, so a new timer is nearly always the latest. The
 * search for its place therefore begins at the end of the list. */
#ifndef SLO_TIMER_H
#define SLO_TIMER_H

#include <stdint.h>
#include "list.h"

struct slo_clock {
    struct slo_link alarms; /* the alarms that are set, the earliest first */
    uint64_t made;          /* the number of alarms made so far */
    uint64_t now;           /* the greatest time seen; below SLOGOUT_NEVER */
    uint64_t announced;     /* the deadline of the host's timer; SLOGOUT_NEVER if it may have fired */
};

struct slo_alarm {
    struct slo_link link; /* in the clock's list while the alarm is set */
    uint64_t deadline;    /* SLOGOUT_NEVER if it is not set */
    uint64_t order;       /* of two alarms with equal deadlines, the smaller order rings first */
    struct slo_clock *clock;
    /* Takes one action that is due. Each call must make progress, because slo_clock_ring() continues until
     * nothing is due. */
    void (*ring)(struct slo_alarm *alarm);
};

struct slo_timer {
    struct slo_link link; /* in the list of its kind while it runs */
    uint64_t deadline;
};

/* The timers of one kind. */
struct slo_timers {
    struct slo_alarm alarm; /* set for the earliest timer in the list */
    struct slo_link running;
    void (*expired)(struct slo_timer *timer); /* called after the timer has been stopped */
};

void slo_clock_init(struct slo_clock *clock);
/* Sets the time, unless that would set the clock back. now must not be SLOGOUT_NEVER. */
void slo_clock_advance(struct slo_clock *clock, uint64_t now);
/* Returns the earliest deadline of all alarms, or SLOGOUT_NEVER. */
uint64_t slo_clock_deadline(const struct slo_clock *clock);
/* Rings the alarms that are due, at most `budget` times, in the order of the deadlines. Of two alarms with
 * equal deadlines, the older alarm rings first. Alarms may be initialized and set in the meantime. */
void slo_clock_ring(struct slo_clock *clock, uint32_t budget);

/* Initializes an alarm, which is not set. */
void slo_alarm_init(struct slo_alarm *alarm, struct slo_clock *clock, void (*ring)(struct slo_alarm *alarm));
/* Sets the alarm; the new deadline replaces an earlier deadline. SLOGOUT_NEVER unsets it, so that the clock
 * does not refer to it. */
void slo_alarm_set(struct slo_alarm *alarm, uint64_t deadline);

/* Initializes a kind of timers, none of which runs. */
void slo_timers_init(struct slo_timers *timers, struct slo_clock *clock,
                     void (*expired)(struct slo_timer *timer));
/* Starts a timer that is stopped. A deadline of SLOGOUT_NEVER counts as SLOGOUT_NEVER - 1. */
void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t deadline);
/* Stops a timer of this kind. Does nothing to a timer that is stopped. */
void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer);

#endif

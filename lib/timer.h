/* Time as the host reports it, and what waits for it.
 *
 * Whatever must be woken is an alarm, and the clock does not know what stands behind one. The alarms that are
 * set are in a heap, so an event costs the logarithm of their number, and an alarm that is not set costs
 * nothing.
 *
 * All timers of one kind have the same interval, so they stand in a FIFO: starting a timer appends it, and
 * the head is the earliest. The FIFO as a whole has one alarm, which is set for its head. */
#ifndef SLO_TIMER_H
#define SLO_TIMER_H

#include <stdint.h>
#include "heap.h"
#include "list.h"

struct slo_clock {
    struct slo_heap_node *alarms; /* those that are set; the root is the earliest */
    uint64_t made;                /* how many alarms there have been */
    uint64_t now;                 /* the greatest time seen; below SLOGOUT_NEVER */
    uint64_t announced; /* what the host's one-shot timer is set to; SLOGOUT_NEVER if it may be spent */
};

struct slo_alarm {
    struct slo_heap_node
        node; /* key: the deadline, or SLOGOUT_NEVER and then it is in no heap; order: by age */
    struct slo_clock *clock;
    /* Does one thing that is due. Each call must make progress, since slo_clock_ring() goes on until nothing
     * is due. */
    void (*ring)(struct slo_alarm *alarm);
};

struct slo_timer {
    struct slo_link link; /* in the queue of its kind while it runs */
    uint64_t deadline;
};

/* The timers of one kind. */
struct slo_timers {
    struct slo_alarm alarm; /* set for the head of the queue */
    struct slo_link queue;
    uint64_t interval;
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
/* Sets the alarm, whatever it was set to before. After SLOGOUT_NEVER the clock knows nothing of it any
 * more. */
void slo_alarm_set(struct slo_alarm *alarm, uint64_t deadline);

/* Makes an empty kind of timers. interval is in milliseconds. */
void slo_timers_init(struct slo_timers *timers, struct slo_clock *clock, uint64_t interval,
                     void (*expired)(struct slo_timer *timer));
/* Starts a timer that is stopped. It expires an interval after now, which must not go back from call to
 * call. */
void slo_timer_start(struct slo_timers *timers, struct slo_timer *timer, uint64_t now);
/* Stops a timer. Does nothing to one that is stopped. */
void slo_timer_stop(struct slo_timers *timers, struct slo_timer *timer);

#endif

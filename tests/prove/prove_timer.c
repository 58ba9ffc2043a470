#include "prove.h"
#include "heap.c"
#include "timer.c"

#ifndef BOUND
#define BOUND 3 /* alarms */
#endif

static struct slo_clock clock;
static struct slo_alarm alarms[BOUND];
static uint64_t due[BOUND];
static unsigned rung;

static void ring(struct slo_alarm *alarm)
{
    rung = (unsigned)(alarm - alarms);
    slo_alarm_set(alarm, SLOGOUT_NEVER);
}

static uint64_t earliest(void)
{
    uint64_t least = SLOGOUT_NEVER;
    unsigned i;

    for (i = 0; i < BOUND; i++)
        least = slo_min(least, due[i]);
    return least;
}

static void set_alarm(unsigned i)
{
    due[i] = nondet_uint64();
    slo_alarm_set(&alarms[i], due[i]);
    CHECK(slo_clock_deadline(&clock) == earliest());
}

static void alarms_ring(unsigned again)
{
    unsigned i;

    rung = BOUND;
    slo_clock_init(&clock);
    for (i = 0; i < BOUND; i++) {
        slo_alarm_init(&alarms[i], &clock, ring);
        due[i] = SLOGOUT_NEVER;
    }
    for (i = 0; i < BOUND; i++)
        set_alarm(i);
    set_alarm(again);
    slo_clock_advance(&clock, nondet_uint64());
    ASSUME(clock.now < SLOGOUT_NEVER);
    slo_clock_ring(&clock, 1);
    CHECK((rung < BOUND) == (earliest() <= clock.now));
    if (rung < BOUND) {
        CHECK(due[rung] == earliest());
        i = (unsigned)nondet_size() % BOUND;
        CHECK(due[i] != earliest() || i >= rung);
    }
}

/* proves: the clock knows the earliest deadline and rings that alarm, of equal ones the one that was made first, after 3 alarms have been set and one of them again, for all deadlines
 * with: --unwind 5
 * mutant: lib/heap.c: b->order < a->order => b->order > a->order
 * mutant: lib/heap.c: node->next->prev = node->prev => node->next->prev = node
 * mutant: lib/timer.c: if (alarm->node.key == deadline) => if (alarm->node.key >= deadline) */
void alarms_ring_in_order(void)
{
    unsigned again;

    for (again = 0; again < BOUND; again++)
        alarms_ring(again);
}

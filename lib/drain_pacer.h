/* The pace of a drain: spreads instants evenly over a window of time.
 *
 * Each session that waits gets a slot of the window, and one random instant in its slot. Only the current
 * slot is stored. The next one is cut from what is left of the window when the current one has been used, so
 * the slots follow when the number of those that wait grows or shrinks. Times are milliseconds from the start
 * of the drain where a name ends in _ms, else fractions of milliseconds, since many slots may fall in one
 * millisecond. */
#ifndef SLO_DRAIN_PACER_H
#define SLO_DRAIN_PACER_H

#include <stdint.h>

#define SLO_PACER_FRACTION 20 /* bits after the binary point */
/* The latest time, in milliseconds, that a window can end. A later one counts as this. */
#define SLO_PACER_LONGEST  ((uint64_t)1 << (63 - SLO_PACER_FRACTION))

/* A host that ticks late by up to this makes up for it. What is overdue by more is not done in a burst: the
 * rest of the window moves. */
#define SLO_PACER_CATCH_UP_MS 100

struct slo_pacer {
    uint64_t random;   /* the state of the generator: any number, such as a seed */
    uint64_t from, to; /* the current slot; to is UINT64_MAX if nobody waits for one */
    uint64_t end;      /* of the window */
    uint64_t span;     /* the length of the window when it was opened */
    uint64_t instant;  /* when the current slot is used */
};

/* The sessions that wait for a slot. */
struct slo_backlog {
    uint64_t count;  /* of them all */
    uint64_t urgent; /* how many of these must have had a slot by urgent_by_ms; not 0, unless count is */
    uint64_t urgent_by_ms; /* if this has passed, the next slot is at once */
};

/* Opens a window. slo_pacer_next() must follow, to cut its first slot. The generator goes on where it was.
 * end_ms must not be before from_ms. */
void slo_pacer_open(struct slo_pacer *pacer, uint64_t from_ms, uint64_t end_ms);
/* Goes on to the next slot, for a backlog that no longer has the session that used the current one. If the
 * window has passed, another of the same length begins. */
void slo_pacer_next(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog);
/* Cuts the current slot again, for a backlog that has grown since it was cut, if that makes the slot end
 * earlier. The backlog must not be empty. */
void slo_pacer_adapt(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog);
/* Returns the instant of the current slot, rounded down to a multiple of grain_ms, which must not be 0. */
uint64_t slo_pacer_instant_ms(const struct slo_pacer *pacer, uint32_t grain_ms);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The pace of a drain: spreads instants evenly over a window of time, but not faster than a rate.
 *
 * Each session that waits gets a slot of the window, and one random instant in its slot. Only the current
 * slot is stored. The next one is cut from the rest of the window when the current one has been used, so the
 * slots become longer or shorter when the number of those that wait changes. Slots do not overlap, and none
 * is shorter than the gap that the rate asks for, so the window grows if the gaps do not fit into it. Only a
 * time by which sessions must have had their slots makes slots shorter than the gap.
 *
 * Times are milliseconds from the start of the drain where a name ends in _ms, else fractions of
 * milliseconds, since many slots may fall in one millisecond. */
#ifndef SLO_DRAIN_PACER_H
#define SLO_DRAIN_PACER_H

#include <stdint.h>

#define SLO_PACER_FRACTION 20 /* bits after the binary point */
/* The latest time, in milliseconds, that a window can end. A later one counts as this. */
#define SLO_PACER_LONGEST  ((uint64_t)1 << (63 - SLO_PACER_FRACTION))

/* If a host ticks late by up to this, the pacer makes up for the delay. If a slot is overdue by more, the
 * rest of the window moves, so that no burst follows. Thus the sessions that are begun in any T milliseconds
 * are at most those that the rate allows for T + SLO_PACER_CATCH_UP_MS, and one more. */
#define SLO_PACER_CATCH_UP_MS 100

struct slo_pacer {
    uint64_t random;   /* the state of the generator: any number, such as a seed */
    uint64_t from, to; /* the current slot; if nobody waits, from is when the next may begin, and to is
                        * UINT64_MAX */
    uint64_t end;      /* of the window, which has grown if the gaps do not fit */
    uint64_t even_end; /* of the window without the gaps */
    uint64_t span;     /* the length of the window when it was opened, without the gaps */
    uint64_t gap;      /* the least length of a slot, by the rate; 0 if there is no rate */
    uint64_t instant;  /* when the current slot is used */
};

/* The sessions that wait for a slot. If a time has passed, the next slot is at once. */
struct slo_backlog {
    uint64_t count;  /* of them all */
    uint64_t by_ms;  /* all of them must have had a slot by this time */
    uint64_t urgent; /* how many of these must have had a slot by urgent_by_ms; not 0, unless count is */
    uint64_t urgent_by_ms;
};

/* Opens a window. slo_pacer_next() must follow, to cut its first slot. rate is slots a second at most, 0 for
 * no rate. The generator goes on where it was. end_ms must not be before from_ms. */
void slo_pacer_open(struct slo_pacer *pacer, uint64_t from_ms, uint64_t end_ms, uint32_t rate);
/* Goes on to the next slot, for a backlog that no longer has the session that used the current one. If the
 * window has passed, another of the same length begins. */
void slo_pacer_next(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog);
/* Cuts the current slot again, for a backlog that has grown since it was cut, if that makes the slot end
 * earlier. The backlog must not be empty. */
void slo_pacer_adapt(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog);
/* Returns the instant of the current slot, rounded down to a multiple of step_ms, which must not be 0. */
uint64_t slo_pacer_instant_ms(const struct slo_pacer *pacer, uint32_t step_ms);

#endif

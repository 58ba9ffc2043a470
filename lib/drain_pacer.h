/* SPDX-License-Identifier: BSD-2-Clause */
/* The pace of a drain. The pacer spreads instants evenly over a window of time, but no closer than a rate
 * allows.
 *
 * Each waiting session gets a slot of the window, and a random instant in its slot. Only the current slot is
 * stored. When it has been used, the next slot is cut from the rest of the window, so the slots become longer
 * or shorter when the number of waiting sessions changes. Slots do not overlap. A slot is at least as long as
 * the gap that the rate requires, and the window grows if the gaps do not fit into it. Slots become shorter
 * than the gap only if sessions must have had their slots by a certain time.
 *
 * A time whose name ends in _ms is in milliseconds from the start of the drain. All other times are in
 * fractions of a millisecond, because many slots may fall in one millisecond. */
#ifndef SLO_DRAIN_PACER_H
#define SLO_DRAIN_PACER_H

#include <stdint.h>

#define SLO_PACER_FRACTION 20 /* bits after the binary point */
/* The latest end of a window, in milliseconds. A later end is reduced to this value. */
#define SLO_PACER_LONGEST  ((uint64_t)1 << (63 - SLO_PACER_FRACTION))

/* The longest delay of a tick that the pacer makes up for. If a slot is overdue by more, the rest of the
 * window moves, so that no burst follows. Thus the number of sessions that begin in any T milliseconds is at
 * most the number that the rate allows for T + SLO_PACER_CATCH_UP_MS, plus one. */
#define SLO_PACER_CATCH_UP_MS 100

struct slo_pacer {
    uint64_t random;   /* the state of the generator: any number, such as a seed */
    uint64_t from, to; /* the current slot; if no session waits, from is the time at which the next slot
                        * may begin, and to is UINT64_MAX */
    uint64_t end;      /* of the window, including its growth for the gaps */
    uint64_t even_end; /* of the window, without growth for the gaps */
    uint64_t span;     /* the length of the window when it was opened, without growth */
    uint64_t gap;      /* the least length of a slot according to the rate; 0 if there is no rate */
    uint64_t instant;  /* the random instant in the current slot */
};

/* The sessions that wait for a slot. If one of the two times has passed, the next slot begins at once. */
struct slo_backlog {
    uint64_t count;  /* the number of all these sessions */
    uint64_t by_ms;  /* all sessions must have had a slot by this time */
    uint64_t urgent; /* this many of them must have had a slot by urgent_by_ms; 0 only if count is 0 */
    uint64_t urgent_by_ms;
};

/* Opens a window. The caller must then call slo_pacer_next() to cut the first slot. rate is the maximum
 * number of slots per second, or 0 for no rate. The state of the generator does not change. end_ms must not
 * be before from_ms. */
void slo_pacer_open(struct slo_pacer *pacer, uint64_t from_ms, uint64_t end_ms, uint32_t rate);
/* Cuts the next slot, for a backlog without the session that used the current slot. If the window has passed,
 * another window of the same length begins. */
void slo_pacer_next(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog);
/* Cuts the current slot again, for a backlog that has grown since the slot was cut, if the new slot ends
 * earlier. The backlog must not be empty. */
void slo_pacer_adapt(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog);
/* Returns the instant of the current slot, rounded down to a multiple of step_ms, which must not be 0. */
uint64_t slo_pacer_instant_ms(const struct slo_pacer *pacer, uint32_t step_ms);

#endif

/* Instants spread evenly over a window: one slot for each thing that waits, one random instant in each
 * slot. Nothing is stored for what waits, so the slots follow when it gets more or less. */
#ifndef SLO_DRAIN_PACER_H
#define SLO_DRAIN_PACER_H

#include <stdint.h>

/* Instants are finer than milliseconds: many slots may fall in one. */
#define SLO_PACER_FRACTION 20 /* bits after the point */
#define SLO_PACER_LONGEST                                                                                    \
    ((uint64_t)1 << (63 - SLO_PACER_FRACTION)) /* milliseconds; later is as good as never */

/* What a host may be late without harm. What is overdue by more is not caught up: the rest of the window
 * moves. */
#define SLO_PACER_CATCH_UP_MS 100

struct slo_pacer {
    uint64_t random;   /* state of the generator */
    uint64_t from, to; /* the current slot; to is UINT64_MAX if there is none */
    uint64_t end;      /* of the window */
    uint64_t span;     /* length of the window as it was opened */
    uint64_t instant;  /* inside the current slot */
};

/* Who waits for a slot. */
struct slo_backlog {
    uint64_t count; /* of those that wait */
    uint64_t urgent,
        urgent_by; /* so many of them must have had their turn at this time, unless it has passed */
};

/* Opens a window, in milliseconds; slo_pacer_next() cuts its first slot. The generator goes on where it stood. */
void slo_pacer_open(struct slo_pacer *slots, uint64_t from_ms, uint64_t end_ms);
/* Goes on to the next slot; if nobody waits, there is none. A window that has passed is opened again. */
void slo_pacer_next(struct slo_pacer *slots, uint64_t now_ms, const struct slo_backlog *demand);
/* The current slot was cut for fewer than wait now: cuts it anew, if that makes it end earlier. */
void slo_pacer_adapt(struct slo_pacer *slots, uint64_t now_ms, const struct slo_backlog *demand);
/* The instant, rounded down to a multiple of so many milliseconds. */
uint64_t slo_pacer_instant_ms(const struct slo_pacer *slots, uint32_t grain_ms);

#endif

#include "saturate.h"
#include "drain_pacer.h"

static uint64_t fixed(uint64_t ms)
{
    return slo_min(ms, SLO_PACER_LONGEST) << SLO_PACER_FRACTION;
}

/* SplitMix64 (Steele, Lea, Flood, 2014): neighbouring seeds, such as process numbers, give unrelated first
 * values. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

void slo_pacer_open(struct slo_pacer *slots, uint64_t from_ms, uint64_t end_ms)
{
    slots->to = fixed(from_ms);
    slots->end = fixed(end_ms);
    slots->span = slots->end - slots->to;
}

/* Cuts a slot from the rest of the window, and draws an instant in it. */
static void cut(struct slo_pacer *slots, uint64_t from, const struct slo_backlog *demand)
{
    const uint64_t even = slo_subtract(slots->end, from) / demand->count;
    const uint64_t urgent = slo_subtract(fixed(demand->urgent_by), from) / demand->urgent;
    const uint64_t length = slo_min(even, urgent);

    slots->from = from;
    slots->to = from + length;
    slots->instant = from + (length ? next_random(&slots->random) % length : 0);
}

static void no_slot(struct slo_pacer *slots)
{
    slots->from = 0;
    slots->to = UINT64_MAX;
}

void slo_pacer_next(struct slo_pacer *slots, uint64_t now_ms, const struct slo_backlog *demand)
{
    const uint64_t overdue = fixed(slo_subtract(now_ms, SLO_PACER_CATCH_UP_MS));
    const uint64_t from = slo_max(slots->to, overdue);
    const uint64_t rest = slots->to < slots->end ? slots->end - slots->to : slots->span;

    if (!demand->count) {
        no_slot(slots);
        return;
    }
    slots->end = slo_add(from, rest);
    cut(slots, from, demand);
}

void slo_pacer_adapt(struct slo_pacer *slots, uint64_t now_ms, const struct slo_backlog *demand)
{
    struct slo_pacer adapted = *slots;
    const uint64_t now = fixed(now_ms);

    if (slots->end <= now)
        adapted.end = slo_add(now, slots->span);
    cut(&adapted, slo_max(slots->from, now), demand);
    if (adapted.to < slots->to)
        *slots = adapted;
}

uint64_t slo_pacer_instant_ms(const struct slo_pacer *slots, uint32_t grain_ms)
{
    const uint64_t ms = slots->instant >> SLO_PACER_FRACTION;

    return ms - ms % grain_ms;
}

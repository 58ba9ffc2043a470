#include "saturate.h"
#include "slots.h"

static uint64_t fixed(uint64_t ms)
{
    return smaller(ms, SLOTS_LONGEST) << SLOTS_FRACTION;
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

void slots_open(struct slots *slots, uint64_t from_ms, uint64_t end_ms)
{
    slots->to = fixed(from_ms);
    slots->end = fixed(end_ms);
    slots->span = slots->end - slots->to;
}

/* Cuts a slot from the rest of the window, and draws an instant in it. */
static void cut(struct slots *slots, uint64_t from, const struct demand *demand)
{
    const uint64_t even = saturating_subtract(slots->end, from) / demand->count;
    const uint64_t urgent = saturating_subtract(fixed(demand->urgent_by), from) / demand->urgent;
    const uint64_t length = smaller(even, urgent);

    slots->from = from;
    slots->to = from + length;
    slots->instant = from + (length ? next_random(&slots->random) % length : 0);
}

static void no_slot(struct slots *slots)
{
    slots->from = 0;
    slots->to = UINT64_MAX;
}

void slots_next(struct slots *slots, uint64_t now_ms, const struct demand *demand)
{
    const uint64_t overdue = fixed(saturating_subtract(now_ms, SLOTS_CATCH_UP_MS));
    const uint64_t from = greater(slots->to, overdue);
    const uint64_t rest = slots->to < slots->end ? slots->end - slots->to : slots->span;

    if (!demand->count) {
        no_slot(slots);
        return;
    }
    slots->end = saturating_add(from, rest);
    cut(slots, from, demand);
}

void slots_adapt(struct slots *slots, uint64_t now_ms, const struct demand *demand)
{
    struct slots adapted = *slots;
    const uint64_t now = fixed(now_ms);

    if (slots->end <= now)
        adapted.end = saturating_add(now, slots->span);
    cut(&adapted, greater(slots->from, now), demand);
    if (adapted.to < slots->to)
        *slots = adapted;
}

uint64_t slots_instant_ms(const struct slots *slots, uint32_t grain_ms)
{
    const uint64_t ms = slots->instant >> SLOTS_FRACTION;

    return ms - ms % grain_ms;
}

#include "saturate.h"
#include "slots.h"

static uint64_t fixed(uint64_t ms)
{
    return smaller(ms, SLOTS_LONGEST) << SLOTS_FRACTION;
}

/* SplitMix64 (Steele, Lea, Flood, 2014): neighbouring seeds, such as process numbers, give unrelated first values. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

void slots_open(struct slots *slots, uint64_t from_ms, uint64_t end_ms, uint64_t waiting)
{
    slots->boundary = fixed(from_ms);
    slots->end = fixed(end_ms);
    slots->pace = waiting ? (slots->end - slots->boundary) / waiting : 0;
}

static void reopen(struct slots *slots, uint64_t waiting, uint64_t limit)
{
    const uint64_t planned = saturating_add(slots->boundary, saturating_multiply(waiting, slots->pace));

    slots->end = smaller(greater(slots->end, planned), limit);
}

void slots_next(struct slots *slots, uint64_t now_ms, uint64_t waiting, uint64_t latest_ms, uint64_t limit_ms)
{
    const uint64_t overdue = fixed(saturating_subtract(now_ms, SLOTS_CATCH_UP_MS));
    const int late = slots->boundary < overdue;
    uint64_t length;

    if (late)
        slots->boundary = overdue;
    if (late || slots->boundary >= slots->end)
        reopen(slots, waiting, fixed(limit_ms));
    length = saturating_subtract(slots->end, slots->boundary) / waiting;
    length = smaller(length, saturating_subtract(fixed(latest_ms), slots->boundary));
    slots->instant = slots->boundary + (length ? next_random(&slots->random) % length : 0);
    slots->boundary += length;
}

uint64_t slots_instant_ms(const struct slots *slots, uint32_t grain_ms)
{
    const uint64_t ms = slots->instant >> SLOTS_FRACTION;

    return ms - ms % grain_ms;
}

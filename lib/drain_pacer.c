/* SPDX-License-Identifier: BSD-2-Clause */
#include "drain_pacer.h"
#include "random.h"
#include "saturate.h"

static uint64_t fixed_point(uint64_t ms)
{
    return slo_min(ms, SLO_PACER_LONGEST) << SLO_PACER_FRACTION;
}

/* Returns the length of each slot if `slots` slots fill the time from `from` to `until`, or 0 if `until` has
 * passed. */
static uint64_t share_of(uint64_t from, uint64_t until, uint64_t slots)
{
    return slo_subtract(until, from) / slots;
}

/* Cuts a slot from the rest of the window, which begins at `from`, and draws an instant in the slot. */
static void cut_from(struct slo_pacer *pacer, uint64_t from, const struct slo_backlog *backlog)
{
    const uint64_t by_rate = slo_add(from, slo_multiply(backlog->count, pacer->gap));
    const uint64_t end = slo_max(pacer->even_end, by_rate);
    const uint64_t even = share_of(from, slo_min(end, fixed_point(backlog->by_ms)), backlog->count);
    const uint64_t urgent = share_of(from, fixed_point(backlog->urgent_by_ms), backlog->urgent);
    const uint64_t length = slo_min(even, urgent);

    pacer->end = end;
    pacer->from = from;
    pacer->to = from + length;
    pacer->instant = from + (length ? slo_random_next(&pacer->random) % length : 0);
}

/* Before the first slot is cut, the current slot is an empty slot where the window begins. */
void slo_pacer_open(struct slo_pacer *pacer, uint64_t from_ms, uint64_t end_ms, uint32_t rate)
{
    pacer->from = pacer->to = pacer->instant = fixed_point(from_ms);
    pacer->end = pacer->even_end = fixed_point(end_ms);
    pacer->span = pacer->end - pacer->to;
    pacer->gap = rate ? slo_divide_up(fixed_point(1000), rate) : 0;
}

void slo_pacer_next(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog)
{
    const uint64_t overdue = fixed_point(slo_subtract(now_ms, SLO_PACER_CATCH_UP_MS));
    const uint64_t from = slo_max(pacer->to, overdue);

    if (backlog->count == 0) {
        /* A session that joins later need not wait for the rest of a slot that is longer than the gap. */
        const uint64_t used = slo_max(pacer->instant, slo_min(pacer->to, slo_add(pacer->from, pacer->gap)));

        pacer->from = slo_max(used, overdue);
        pacer->to = UINT64_MAX;
        return;
    }
    if (pacer->to < pacer->end)
        pacer->even_end = slo_add(pacer->even_end, from - pacer->to);
    else
        pacer->even_end = slo_add(from, pacer->span);
    cut_from(pacer, from, backlog);
}

void slo_pacer_adapt(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog)
{
    struct slo_pacer adapted = *pacer;
    const uint64_t now = fixed_point(now_ms);

    if (pacer->end <= now)
        adapted.even_end = slo_add(now, pacer->span);
    cut_from(&adapted, slo_max(pacer->from, now), backlog);
    if (adapted.to < pacer->to)
        *pacer = adapted;
}

uint64_t slo_pacer_instant_ms(const struct slo_pacer *pacer, uint32_t step_ms)
{
    const uint64_t ms = pacer->instant >> SLO_PACER_FRACTION;

    return ms - ms % step_ms;
}

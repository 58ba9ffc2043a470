#include "drain_pacer.h"
#include "random.h"
#include "saturate.h"

static uint64_t fixed_point(uint64_t ms)
{
    return slo_min(ms, SLO_PACER_LONGEST) << SLO_PACER_FRACTION;
}

/* Cuts a slot from the rest of the window, which begins at from and not after its end, and draws an instant
 * in the slot. */
static void cut(struct slo_pacer *pacer, uint64_t from, const struct slo_backlog *backlog)
{
    const uint64_t even = (pacer->end - from) / backlog->count;
    const uint64_t urgent = slo_subtract(fixed_point(backlog->urgent_by_ms), from) / backlog->urgent;
    const uint64_t length = slo_min(even, urgent);

    pacer->from = from;
    pacer->to = from + length;
    pacer->instant = from + (length ? slo_random_next(&pacer->random) % length : 0);
}

/* Until the first slot is cut, the current one is empty and stands where the window begins. */
void slo_pacer_open(struct slo_pacer *pacer, uint64_t from_ms, uint64_t end_ms)
{
    pacer->to = fixed_point(from_ms);
    pacer->end = fixed_point(end_ms);
    pacer->span = pacer->end - pacer->to;
}

void slo_pacer_next(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog)
{
    const uint64_t overdue = fixed_point(slo_subtract(now_ms, SLO_PACER_CATCH_UP_MS));
    const uint64_t from = slo_max(pacer->to, overdue);
    const uint64_t rest = pacer->to < pacer->end ? pacer->end - pacer->to : pacer->span;

    if (backlog->count == 0) {
        pacer->from = 0;
        pacer->to = UINT64_MAX;
        return;
    }
    pacer->end = slo_add(from, rest);
    cut(pacer, from, backlog);
}

void slo_pacer_adapt(struct slo_pacer *pacer, uint64_t now_ms, const struct slo_backlog *backlog)
{
    struct slo_pacer adapted = *pacer;
    const uint64_t now = fixed_point(now_ms);

    if (pacer->end <= now)
        adapted.end = slo_add(now, pacer->span);
    cut(&adapted, slo_max(pacer->from, now), backlog);
    if (adapted.to < pacer->to)
        *pacer = adapted;
}

uint64_t slo_pacer_instant_ms(const struct slo_pacer *pacer, uint32_t grain_ms)
{
    const uint64_t ms = pacer->instant >> SLO_PACER_FRACTION;

    return ms - ms % grain_ms;
}

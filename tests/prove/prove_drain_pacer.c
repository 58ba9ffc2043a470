#include "prove.h"
#include "drain_pacer.c"

/* Any state at all, whether slo_pacer_open() and what follows it could make it or not. */
static struct slo_pacer any_pacer(void)
{
    const struct slo_pacer any = {nondet_uint64(), nondet_uint64(), nondet_uint64(),
                                  nondet_uint64(), nondet_uint64(), nondet_uint64()};
    return any;
}

static struct slo_backlog any_backlog(void)
{
    const struct slo_backlog any = {nondet_uint64(), nondet_uint64(), nondet_uint64()};

    ASSUME(any.count > 0 && any.urgent > 0);
    return any;
}

/* The slot lies in the window, and its instant in the slot. */
static int is_slot(const struct slo_pacer *pacer)
{
    return pacer->from <= pacer->to && pacer->from <= pacer->instant &&
           (pacer->instant < pacer->to || pacer->instant == pacer->from);
}

/* proves: a window is as long as it was opened, its ends do not overflow, for all times
 * mutant: lib/drain_pacer.c: slo_min(ms, SLO_PACER_LONGEST) => slo_min(ms, 2 * SLO_PACER_LONGEST) */
void open_window(void)
{
    const uint64_t from = nondet_uint64(), end = nondet_uint64();
    struct slo_pacer pacer = any_pacer();

    ASSUME(from <= end);
    slo_pacer_open(&pacer, from, end);
    CHECK(pacer.to <= pacer.end && pacer.end <= (uint64_t)1 << 63 && pacer.span == pacer.end - pacer.to);
    CHECK(from > SLO_PACER_LONGEST || pacer.to >> SLO_PACER_FRACTION == from);
    CHECK(end > SLO_PACER_LONGEST || pacer.end >> SLO_PACER_FRACTION == end);
}

/* proves: a slot lies in its window, its instant in the slot, and it ends by when sessions are urgent, for all states and backlogs
 * mutant: lib/drain_pacer.c: % length : 0 => % (length + 1) : 0
 * mutant: lib/drain_pacer.c: slo_min(even, urgent) => slo_max(even, urgent) */
void slot(void)
{
    const struct slo_backlog backlog = any_backlog();
    const uint64_t from = nondet_uint64();
    struct slo_pacer pacer = any_pacer();

    ASSUME(from <= pacer.end);
    cut(&pacer, from, &backlog);
    CHECK(is_slot(&pacer) && pacer.to <= pacer.end);
    CHECK(pacer.to == from || pacer.to <= fixed_point(backlog.urgent_by_ms));
}

/* proves: the next slot begins where the last one ended, or as much later as a tick was too late, and then the window moves by that, for all states, times and backlogs
 * with: --slice-formula
 * mutant: lib/drain_pacer.c: slo_max(pacer->to, overdue) => slo_min(pacer->to, overdue)
 * mutant: lib/drain_pacer.c: slo_add(from, rest) => slo_add(from, pacer->span) */
void next_slot(void)
{
    const struct slo_pacer old = any_pacer();
    const struct slo_backlog backlog = any_backlog();
    const uint64_t now = nondet_uint64();
    const uint64_t overdue = fixed_point(slo_subtract(now, SLO_PACER_CATCH_UP_MS));
    struct slo_pacer pacer = old;

    slo_pacer_next(&pacer, now, &backlog);
    CHECK(pacer.from >= old.to && pacer.from >= overdue && (pacer.from == old.to || pacer.from == overdue));
    CHECK(pacer.from <= pacer.end && pacer.span == old.span);
    CHECK(old.to >= old.end || pacer.end == UINT64_MAX || pacer.end - pacer.from == old.end - old.to);
    CHECK(old.to < old.end || pacer.end == UINT64_MAX || pacer.end - pacer.from == old.span);
}

/* proves: the slots that follow, if all are as long as this one, end by the end of the window, and those that are urgent by when they are, for all states, times and backlogs
 * by: integers
 * with: --slice-formula
 * mutant: lib/drain_pacer.c: / backlog->count => / backlog->count + 1 */
void all_have_a_slot(void)
{
    const struct slo_backlog backlog = any_backlog();
    const uint64_t from = nondet_uint64();
    struct slo_pacer pacer = any_pacer();

    ASSUME(from <= pacer.end);
    cut(&pacer, from, &backlog);
    CHECK(slo_multiply(pacer.to - pacer.from, backlog.count) <= pacer.end - from);
    CHECK(slo_multiply(pacer.to - pacer.from, backlog.urgent) <=
          slo_subtract(fixed_point(backlog.urgent_by_ms), from));
}

/* proves: nobody waits: there is no slot, for all states and times
 * mutant: lib/drain_pacer.c: pacer->to = UINT64_MAX => pacer->to = 0 */
void no_slot(void)
{
    const struct slo_backlog nobody = {0, 0, nondet_uint64()};
    struct slo_pacer pacer = any_pacer();

    slo_pacer_next(&pacer, nondet_uint64(), &nobody);
    CHECK(pacer.to == UINT64_MAX && pacer.from == 0);
}

/* proves: a slot that is cut again ends earlier and lies in the window, not before now, or stays as it was, for all states whose slot does not begin after the window, as next_slot proves of each, and all times and backlogs
 * mutant: lib/drain_pacer.c: adapted.to < pacer->to => adapted.to > pacer->to
 * mutant: lib/drain_pacer.c: slo_max(pacer->from, now), backlog) => slo_min(pacer->from, now), backlog) */
void adapt_slot(void)
{
    const struct slo_pacer old = any_pacer();
    const struct slo_backlog backlog = any_backlog();
    const uint64_t now = nondet_uint64();
    struct slo_pacer pacer = old;

    ASSUME(old.from <= old.end);
    slo_pacer_adapt(&pacer, now, &backlog);
    CHECK(pacer.from <= pacer.end);
    if (pacer.to == old.to) {
        CHECK(pacer.from == old.from && pacer.end == old.end && pacer.instant == old.instant);
        return;
    }
    CHECK(pacer.to < old.to && is_slot(&pacer));
    CHECK(pacer.from == old.from || pacer.from == fixed_point(now));
    CHECK(pacer.from >= fixed_point(now));
    CHECK(pacer.to <= pacer.end);
}

/* proves: the instant in milliseconds is not later, and earlier by less than a grain, for all instants and grains
 * mutant: lib/drain_pacer.c: ms - ms % grain_ms => ms - ms % grain_ms + grain_ms */
void rounded_down(void)
{
    const struct slo_pacer pacer = any_pacer();
    const uint32_t grain = nondet_uint32();
    uint64_t ms;

    ASSUME(grain > 0);
    ms = slo_pacer_instant_ms(&pacer, grain);
    CHECK(ms <= pacer.instant / ((uint64_t)1 << SLO_PACER_FRACTION));
    CHECK(pacer.instant / ((uint64_t)1 << SLO_PACER_FRACTION) - ms < grain);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "prove.h"
#include "random.h"
#include "saturate.h"

static uint64_t drawn; /* the state after the last draw */
#define slo_random_next(state) (*(state) = drawn = nondet_uint64(), nondet_uint64())

/* For proofs in which the growth of the window for the rate does not matter. */
#ifdef OPAQUE
uint64_t __CPROVER_uninterpreted_multiply(uint64_t a, uint64_t b);
#define slo_multiply __CPROVER_uninterpreted_multiply
#endif

#include "drain_pacer.c"

/* Returns any state, including states that no calls of the pacer can cause. */
static struct slo_pacer any_pacer(void)
{
    const struct slo_pacer any = {nondet_uint64(), nondet_uint64(), nondet_uint64(), nondet_uint64(),
                                  nondet_uint64(), nondet_uint64(), nondet_uint64(), nondet_uint64()};
    return any;
}

static struct slo_backlog any_backlog(void)
{
    const struct slo_backlog any = {nondet_uint64(), nondet_uint64(), nondet_uint64(), nondet_uint64()};

    ASSUME(any.count > 0 && any.urgent > 0);
    return any;
}

/* Returns 1 if the slot has a valid length, and the instant lies in the slot. */
static int is_slot(const struct slo_pacer *pacer)
{
    return pacer->from <= pacer->to && pacer->from <= pacer->instant &&
           (pacer->instant < pacer->to || pacer->instant == pacer->from);
}

/* proves: a window has the length with which it was opened, its ends do not overflow, and the gap is the smallest that
 *     keeps the rate, or 0 without a rate, for all times and rates
 * by: integers
 * claims: slo_pacer_open fixed_point
 * mutant: lib/drain_pacer.c: slo_min(ms, SLO_PACER_LONGEST) => slo_min(ms, 2 * SLO_PACER_LONGEST)
 * mutant: lib/drain_pacer.c: slo_divide_up(fixed_point(1000), rate) => fixed_point(1000) / rate */
void open_window(void)
{
    const uint64_t from = nondet_uint64(), end = nondet_uint64();
    const uint32_t rate = nondet_uint32();
    const struct slo_pacer old = any_pacer();
    struct slo_pacer pacer = old;

    ASSUME(from <= end);
    slo_pacer_open(&pacer, from, end, rate);
    CHECK(pacer.to <= pacer.end && pacer.end <= (uint64_t)1 << 63 && pacer.span == pacer.end - pacer.to);
    CHECK(pacer.random == old.random);
    CHECK(pacer.from == pacer.to && pacer.instant == pacer.to && pacer.even_end == pacer.end);
    CHECK(from > SLO_PACER_LONGEST || pacer.to >> SLO_PACER_FRACTION == from);
    CHECK(end > SLO_PACER_LONGEST || pacer.end >> SLO_PACER_FRACTION == end);
    CHECK(rate == 0 ? pacer.gap == 0 : pacer.gap * rate >= fixed_point(1000) && (pacer.gap - 1) * rate < fixed_point(1000));
}

/* proves: no slot is shorter than the gap, unless sessions must have their slots sooner, for all states and backlogs of
 *     up to 2^20 sessions
 * by: integers
 * with: --slice-formula
 * mutant: lib/drain_pacer.c: slo_max(pacer->even_end, by_rate) => slo_min(pacer->even_end, by_rate) */
void gap(void)
{
    const struct slo_backlog backlog = {nondet_uint32(), UINT64_MAX, nondet_uint32(), UINT64_MAX};
    const uint64_t from = nondet_uint64();
    struct slo_pacer pacer = any_pacer();

    ASSUME(backlog.count > 0 && backlog.count <= (1 << 20) && backlog.urgent > 0 && backlog.urgent <= backlog.count);
    ASSUME(from <= (uint64_t)1 << 62 && pacer.gap <= fixed_point(1000));
    cut_from(&pacer, from, &backlog);
    CHECK(pacer.to - pacer.from >= pacer.gap);
}

/* proves: the next slot begins where the last slot ended, or later by the excess delay of the tick, and then the window
 *     moves by the same time, for all states, times and backlogs
 * with: --slice-formula
 * claims: slo_pacer_next
 * mutant: lib/drain_pacer.c: slo_max(pacer->to, overdue) => slo_min(pacer->to, overdue)
 * mutant: lib/drain_pacer.c: slo_add(from, pacer->span) => slo_add(from, pacer->gap) */
void next_slot(void)
{
    const struct slo_pacer old = any_pacer();
    const struct slo_backlog backlog = any_backlog();
    const uint64_t now = nondet_uint64();
    const uint64_t overdue = fixed_point(slo_subtract(now, SLO_PACER_CATCH_UP_MS));
    struct slo_pacer pacer = old;

    slo_pacer_next(&pacer, now, &backlog);
    CHECK(pacer.from >= old.to && pacer.from >= overdue && (pacer.from == old.to || pacer.from == overdue));
    CHECK(pacer.from <= pacer.end && pacer.span == old.span && pacer.gap == old.gap);
    CHECK(old.to >= old.end || pacer.even_end == slo_add(old.even_end, pacer.from - old.to));
    CHECK(old.to < old.end || pacer.even_end == slo_add(pacer.from, old.span));
}

/* proves: an instant lies in its slot; if all following slots have the length of this slot, they end by the end of the
 *     window, and by the time by which sessions must have their slots; if each were longer by one, they would not; for
 *     all states, times and backlogs
 * by: integers
 * with: --slice-formula
 * claims: share_of cut_from
 * mutant: lib/drain_pacer.c: slo_subtract(until, from) / slots => slo_subtract(until, from) / slots + 1
 * mutant: lib/drain_pacer.c: % length : 0 => % (length + 1) : 0
 * mutant: lib/drain_pacer.c: slo_min(even, urgent) => slo_max(even, urgent)
 * mutant: lib/drain_pacer.c: slo_min(end, fixed_point(backlog->by_ms)) => slo_max(end, fixed_point(backlog->by_ms)) */
void all_have_a_slot(void)
{
    const struct slo_backlog backlog = any_backlog();
    const uint64_t from = nondet_uint64();
    const struct slo_pacer old = any_pacer();
    struct slo_pacer pacer = old;
    uint64_t length, time, urgent_time;

    cut_from(&pacer, from, &backlog);
    CHECK(pacer.from == from && is_slot(&pacer) && pacer.even_end == old.even_end);
    CHECK(pacer.end == slo_max(old.even_end, slo_add(from, slo_multiply(backlog.count, old.gap))));
    length = pacer.to - from;
    CHECK(pacer.random == (length ? drawn : old.random));
    time = slo_subtract(slo_min(pacer.end, fixed_point(backlog.by_ms)), from);
    urgent_time = slo_subtract(fixed_point(backlog.urgent_by_ms), from);
    CHECK(slo_multiply(length, backlog.count) <= time);
    CHECK(slo_multiply(length, backlog.urgent) <= urgent_time);
    CHECK(slo_multiply(length + 1, backlog.count) > time || slo_multiply(length + 1, backlog.urgent) > urgent_time);
}

/* proves: if no session waits, there is no slot; a session that joins later waits until the used slot, or the gap after
 *     its beginning if that is shorter, has passed, but does not make up for more than the longest delay of a tick; for
 *     all states and times
 * claims: slo_pacer_next
 * mutant: lib/drain_pacer.c: pacer->to = UINT64_MAX => pacer->to = 0
 * mutant: lib/drain_pacer.c: slo_max(used, overdue) => slo_min(used, overdue)
 * mutant: lib/drain_pacer.c: slo_max(pacer->instant, slo_min => slo_min(pacer->instant, slo_min */
void no_slot(void)
{
    const struct slo_backlog nobody = {0, nondet_uint64(), 0, nondet_uint64()};
    const struct slo_pacer old = any_pacer();
    const uint64_t now = nondet_uint64();
    const uint64_t overdue = fixed_point(slo_subtract(now, SLO_PACER_CATCH_UP_MS));
    const uint64_t after_gap = slo_add(old.from, old.gap);
    struct slo_pacer pacer = old;

    slo_pacer_next(&pacer, now, &nobody);
    CHECK(pacer.to == UINT64_MAX && pacer.from >= old.instant && pacer.from >= overdue);
    CHECK(pacer.from >= old.to || pacer.from >= after_gap);
    CHECK(pacer.from == old.instant || pacer.from == overdue ||
          (pacer.from <= old.to && pacer.from <= after_gap));
    CHECK(pacer.end == old.end && pacer.even_end == old.even_end && pacer.span == old.span && pacer.gap == old.gap);
}

/* proves: a slot that is cut again ends earlier, lies in the window and does not begin before now, or else does not
 *     change; in both cases all waiting sessions get their slots in time; for all states, times and backlogs
 * by: integers
 * with: -DOPAQUE --slice-formula
 * claims: slo_pacer_adapt
 * mutant: lib/drain_pacer.c: adapted.to < pacer->to => adapted.to > pacer->to
 * mutant: lib/drain_pacer.c: slo_max(pacer->from, now), backlog) => slo_min(pacer->from, now), backlog) */
void adapt_slot(void)
{
    const struct slo_pacer old = any_pacer();
    const struct slo_backlog backlog = any_backlog();
    const uint64_t now = nondet_uint64(), from = slo_max(old.from, fixed_point(now));
    struct slo_pacer pacer = old;

    slo_pacer_adapt(&pacer, now, &backlog);
    CHECK(pacer.to <= slo_add(from, share_of(from, fixed_point(backlog.by_ms), backlog.count)));
    CHECK(pacer.to <= slo_add(from, share_of(from, fixed_point(backlog.urgent_by_ms), backlog.urgent)));
    if (pacer.to == old.to) {
        CHECK(pacer.from == old.from && pacer.end == old.end && pacer.instant == old.instant);
        return;
    }
    CHECK(pacer.even_end == (old.end > fixed_point(now) ? old.even_end : slo_add(fixed_point(now), old.span)));
    CHECK(pacer.end >= pacer.even_end && pacer.span == old.span && pacer.gap == old.gap);
    CHECK(pacer.to < old.to && is_slot(&pacer) && pacer.from >= fixed_point(now) && pacer.from >= old.from);
    CHECK(pacer.from == old.from || pacer.from == fixed_point(now));
    CHECK(pacer.to == pacer.from || pacer.to <= pacer.end);
}

/* proves: the instant in milliseconds is never later than the exact instant, and earlier by less than a step, for all
 *     instants and steps
 * claims: slo_pacer_instant_ms
 * mutant: lib/drain_pacer.c: ms - ms % step_ms => ms - ms % step_ms + step_ms */
void rounded_down(void)
{
    const struct slo_pacer pacer = any_pacer();
    const uint32_t step = nondet_uint32();
    uint64_t ms;

    ASSUME(step > 0);
    ms = slo_pacer_instant_ms(&pacer, step);
    CHECK(ms <= pacer.instant / ((uint64_t)1 << SLO_PACER_FRACTION));
    CHECK(pacer.instant / ((uint64_t)1 << SLO_PACER_FRACTION) - ms < step);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <unistd.h>
#include <slogout/host.h>
#include "departure.h"
#include "log.h"
#include "stream.h"

#define SPREAD            10000         /* this and the following are in milliseconds */
#define ROOM              10000         /* to ask clients that are not at rest when their turn comes */
#define LINGER            STREAM_LINGER /* from the last outcome to the close of the last connection */
#define REPORT_INTERVAL   1000
#define TERMINAL_INTERVAL 200
#define PUNCTUAL          100 /* lateness that is tolerated, because a process may have to wait until it runs */

/* ---- the plan ---- */

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t given(uint64_t option, uint64_t otherwise)
{
    return option == DEPARTURE_DEFAULT ? otherwise : option;
}

/* Returns a number of the plan, shared evenly. 0 stands for no limit, so no share of a limit is 0. */
static uint32_t share(uint32_t all, unsigned shares, unsigned place)
{
    const uint64_t from = (uint64_t)all * place / shares, to = (uint64_t)all * (place + 1) / shares;

    return all > 0 && to == from ? 1 : (uint32_t)(to - from);
}

struct slogout_plan departure_share(const struct departure *departure, unsigned loop)
{
    struct slogout_plan plan = departure->plan;

    plan.rate = share(plan.rate, departure->shares, loop);
    plan.max_in_flight = share(plan.max_in_flight, departure->shares, loop);
    plan.seed += loop;
    return plan;
}

uint32_t departure_rate(const struct slogout_plan *share, uint64_t clients)
{
    const uint64_t end_ms = (uint64_t)share->tail_ms + DEPARTURE_LEAVE_TIMEOUT;
    const uint64_t force_ms = share->deadline_ms > end_ms ? share->deadline_ms - end_ms : 1;
    const uint64_t needed = (clients * 1000 + force_ms - 1) / force_ms;

    return share->rate == 0 || share->rate >= needed ? share->rate : (uint32_t)smaller(needed, UINT32_MAX);
}

/* Returns a deadline with which the plan can be kept for this number of clients, with time for those that are not
 * at rest when their turn comes. */
static uint64_t derive_deadline(const struct slogout_plan *plan, const struct slogout *slogout,
                                uint64_t clients)
{
    struct slogout_advice advice;

    slogout_plan_check(slogout, plan, clients, &advice);
    return advice.shortest_deadline_ms + ROOM;
}

/* Derives the options that were not given: a spread that the deadline allows, a tail of a tenth of the spread
 * within the time that is left, and a deadline with room for all. Does not change a plan that cannot be kept.
 * The plan's deadline is the program's, less the time before the drain and the linger. */
static void complete(struct slogout_plan *plan, const struct departure_options *options,
                     const struct slogout *slogout)
{
    const uint64_t others = options->lame_duck + LINGER;
    struct slogout_advice advice;

    plan->spread_ms = (uint32_t)given(options->spread, 0);
    plan->deadline_ms = given(options->deadline, 0);
    if (plan->deadline_ms)
        plan->deadline_ms = plan->deadline_ms > others ? plan->deadline_ms - others : 1;
    slogout_plan_check(slogout, plan, 1, &advice);
    if (options->spread == DEPARTURE_DEFAULT && advice.longest_spread_ms != SLOGOUT_NEVER)
        plan->spread_ms = (uint32_t)smaller(SPREAD, advice.longest_spread_ms);
    plan->tail_ms = plan->spread_ms / 10;
    if (!plan->deadline_ms) {
        plan->deadline_ms = derive_deadline(plan, slogout, 1);
        return;
    }
    plan->tail_ms = 0;
    slogout_plan_check(slogout, plan, 1, &advice);
    if (plan->deadline_ms > advice.shortest_deadline_ms)
        plan->tail_ms =
            (uint32_t)smaller(plan->spread_ms / 10, plan->deadline_ms - advice.shortest_deadline_ms);
}

/* The processes of a machine have different process IDs, and restarts happen at different times. */
static uint64_t own_seed(void)
{
    return (uint64_t)getpid() * 65599 + slogout_now_ms();
}

/* ---- progress ---- */

static uint64_t until(uint64_t then, uint64_t now)
{
    return then > now ? then - now : 0;
}

/* Before the drain begins, its deadline may still depend on the number of clients. */
uint64_t departure_left_ms(const struct departure *departure, uint64_t clients, uint64_t now)
{
    const struct slogout_plan *plan = &departure->plan;
    uint64_t deadline = plan->deadline_ms;

    if (!departure->is_announced)
        return 0;
    if (departure->is_begun)
        return until(departure->gone_by_ms, now);
    if (!departure->has_deadline)
        deadline = derive_deadline(plan, departure->slogout, clients);
    return until(departure->close_ms, now) + deadline + LINGER;
}

int departure_is_due(const struct departure *departure, uint64_t now)
{
    return now >= departure->report_ms;
}

void departure_report(struct departure *departure, const struct totals *totals, uint64_t now)
{
    const struct slogout_counts *counts = &totals->drain;

    departure->report_ms = now + (log_is_terminal() ? TERMINAL_INTERVAL : REPORT_INTERVAL);
    log_progress("drain asked=%" PRIu64 " answered=%" PRIu64 " refused=%" PRIu64 " expired=%" PRIu64
                 " bye_only=%" PRIu64 " remaining=%" PRIu64 " connections=%" PRIu64 " over_by=%" PRIu64 "s",
                 counts->state[SLOGOUT_STATE_ASKED], counts->outcome[SLOGOUT_OUTCOME_ANSWERED],
                 counts->outcome[SLOGOUT_OUTCOME_REFUSED], counts->outcome[SLOGOUT_OUTCOME_EXPIRED],
                 counts->outcome[SLOGOUT_OUTCOME_BYE_ONLY], totals_remaining(totals), totals->connections,
                 (until(departure->over_by_ms, now) + 999) / 1000);
}

int departure_end(struct departure *departure, const struct totals *totals, uint64_t now)
{
    const struct slogout_counts *counts = &totals->drain;
    const int kept = totals->settled_ms <= departure->over_by_ms + PUNCTUAL && !counts->over_limit;
    int outcome;

    departure_report(departure, totals, now);
    departure->report_ms = UINT64_MAX;
    departure->gone_by_ms = now;
    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        if (counts->outcome[outcome])
            log_line("drain outcome=%s sessions=%" PRIu64,
                     slogout_outcome_name((enum slogout_outcome)outcome), counts->outcome[outcome]);
    log_line("drain over seconds=%.1f gone_seconds=%.1f kept=%s without_bye=%" PRIu64 " over_limit=%" PRIu64
             " cut_off=%" PRIu64,
             (double)(totals->settled_ms - departure->begun_ms) / 1000,
             (double)(now - departure->begun_ms) / 1000, kept ? "yes" : "no", counts->without_bye,
             counts->over_limit, totals->cut_off);
    return kept;
}

/* ---- begin ---- */

/* Checks the plan for one client, because the number of clients is not known yet. A drain starts with any number. */
int departure_init(struct departure *departure, const struct slogout *slogout, unsigned shares,
                   const struct departure_options *options, uint64_t *shortest_deadline)
{
    const struct departure fresh = {.slogout = slogout,
                                    .shares = shares,
                                    .plan = {.size = sizeof(struct slogout_plan),
                                             .max_in_flight = (uint32_t)options->max_in_flight,
                                             .rate = (uint32_t)options->rate,
                                             .seed = (uint32_t)given(options->seed, own_seed())},
                                    .has_deadline = options->deadline != DEPARTURE_DEFAULT,
                                    .lame_duck_ms = options->lame_duck,
                                    .close_ms = UINT64_MAX,
                                    .gone_by_ms = UINT64_MAX,
                                    .report_ms = UINT64_MAX};
    struct slogout_advice advice;
    int error;

    *departure = fresh;
    complete(&departure->plan, options, slogout);
    error = slogout_plan_check(slogout, &departure->plan, 1, &advice);
    *shortest_deadline = options->lame_duck + advice.shortest_deadline_ms + LINGER;
    return error;
}

int departure_change(struct departure *departure, const struct departure_options *options)
{
    struct departure changed;
    uint64_t shortest_deadline;
    const int error =
        departure_init(&changed, departure->slogout, departure->shares, options, &shortest_deadline);

    if (error)
        return error;
    departure->plan = changed.plan;
    departure->has_deadline = changed.has_deadline;
    return 0;
}

void departure_announce(struct departure *departure, uint64_t now)
{
    departure->is_announced = 1;
    departure->close_ms = now + departure->lame_duck_ms;
    if (departure->lame_duck_ms > 0)
        log_line("drain announced lame_duck=%.1fs", (double)departure->lame_duck_ms / 1000);
}

void departure_begin(struct departure *departure, uint64_t most, uint64_t now)
{
    const struct slogout_plan least = departure_share(departure, 0);

    if (!departure->has_deadline)
        departure->plan.deadline_ms = derive_deadline(&least, departure->slogout, most);
    departure->is_begun = 1;
    departure->close_ms = UINT64_MAX;
    departure->begun_ms = now;
}

void departure_log(const struct departure *departure, uint64_t clients, uint64_t rate)
{
    const struct slogout_plan *plan = &departure->plan;

    log_line("drain sessions=%" PRIu64 " spread=%.1fs rate=%" PRIu64 " deadline=%.1fs", clients,
             (double)plan->spread_ms / 1000, rate, (double)(plan->deadline_ms + LINGER) / 1000);
    if (rate != plan->rate)
        log_line("drain rate=%" PRIu32 " cannot keep the deadline, so rate=%" PRIu64 " applies", plan->rate,
                 rate);
}

void departure_set_end(struct departure *departure, uint64_t over_by_ms, uint64_t now)
{
    departure->over_by_ms = over_by_ms;
    departure->gone_by_ms = over_by_ms + LINGER;
    departure->report_ms = now;
}

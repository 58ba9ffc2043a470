/* Many sessions: taken off one after the other, paced, and over by a promised time.
 *
 * The host chooses the sessions (a user's, a backend's, all) and adds them to a drain; the drain begins
 * each of them in its slot, by LOGOUT or by `* BYE`. It acts only inside slogout_tick(). No function here
 * calls back, so all may be called inside a callback; errors and NULL are as slogout.h tells.
 * slogout_drain_new(3) has worked examples.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_DRAIN_H
#define SLOGOUT_DRAIN_H

#include <slogout/slogout.h>

#ifdef __cplusplus
extern "C" {
#endif

struct slogout_drain;

/* Copied. Lengths count from the slogout_drain_start() that gives the plan. */
struct slogout_plan {
    size_t size;            /* sizeof(struct slogout_plan) */
    uint32_t spread_ms;     /* begin them evenly over this; 0: all at once */
    uint32_t tail_ms;       /* those who must be forced are, evenly over this, at the end; 0: all at once */
    uint64_t deadline_ms;   /* every one has its outcome by then; 0: no deadline */
    uint32_t max_in_flight; /* never more PENDING and ASKED than this; cannot pace `* BYE`; 0: no limit */
    uint32_t seed;          /* of the instants inside the slots; give each process its own */
    /* Not 0: start although the plan cannot be kept whole. The deadline is kept; for it the spread shrinks,
     * then max_in_flight grows, and whoever's answer timer no longer fits is not asked but told by `* BYE`. */
    int best_effort;
};

/* What could be kept: each member tells how far that one member of the plan must change, alone. */
struct slogout_advice {
    uint64_t shortest_deadline_ms; /* SLOGOUT_NEVER: longer than can be told */
    uint64_t longest_spread_ms;    /* SLOGOUT_NEVER: no spread helps */
    uint32_t smallest_in_flight;   /* 0: no limit helps */
};

/* Can this plan be kept for so many sessions (0 counts as 1), even if no client answers? Pure arithmetic, for
 * start-up. advice may be NULL; it is filled with 0 and SLOGOUT_ERR_PLAN alike.
 *   PLAN  it cannot. The answer timeout alone is longer than 32 s, and spread, tail and the leave
 *         timeout come on top: a deadline of 30 s, the default of Kubernetes, is never enough
 *   ARGUMENT, SIZE */
SLOGOUT_API int slogout_plan_check(const struct slogout *slogout, const struct slogout_plan *plan,
                                   uint64_t sessions, struct slogout_advice *advice);

/* Makes a drain; nothing happens until slogout_drain_start(). *out is the caller's, to be given to
 * slogout_drain_free(); untouched on failure. done comes once, from slogout_tick(), after the start, when
 * no session is left in the drain: each has its outcome and is freed. It may free the drain; functions
 * marked [calls back] are SLOGOUT_ERR_REENTRANT inside it. A program exits on done, not on the last
 * outcome.
 *   ARGUMENT, NOMEM */
SLOGOUT_API int slogout_drain_new(struct slogout_drain **out, struct slogout *slogout,
                                  void (*done)(struct slogout_drain *drain, void *user_data),
                                  void *user_data);

/* Frees it; NULL is fine. Its sessions belong to no drain: those WAITING are OPEN again, the others go
 * on. done does not follow. Takes time in proportion to the sessions that are left. */
SLOGOUT_API void slogout_drain_free(struct slogout_drain *drain);

/* Adds a session, also while the drain runs: then all that wait share what is left of the spread, or
 * another spread if it has passed. Sessions that are added one after the other with the same group (not 0)
 * leave in one slot: one user's connections. A session that is PENDING or ASKED already is only counted
 * here.
 *   STATE     it is LEAVING, ENDED or in a drain, or this drain is cancelled or done
 *   ARGUMENT  it is of another slogout */
SLOGOUT_API int slogout_drain_add(struct slogout_drain *drain, struct slogout_session *session,
                                  uint64_t group);

/* Starts, or gives a running drain a new plan from now on; or, if plan is NULL, goes on after a pause.
 *   PLAN   the plan cannot be kept for the sessions it has, and is not best_effort; the drain is as before
 *   STATE  it is cancelled or done, or plan is NULL and it was never started
 *   ARGUMENT, SIZE */
SLOGOUT_API int slogout_drain_start(struct slogout_drain *drain, const struct slogout_plan *plan,
                                    uint64_t now_ms);

/* Begins no more sessions until the next start. Then the rest of the spread is as long as it was, so far
 * as the deadline allows, which stands.
 *   STATE  it does not run */
SLOGOUT_API int slogout_drain_pause(struct slogout_drain *drain);

/* Gives up: sessions WAITING and PENDING are OPEN again and out of the drain, those asked finish on their
 * own, the deadline is no more. done follows. Takes time in proportion to the sessions that are left.
 *   STATE  it was never started, or is cancelled or done */
SLOGOUT_API int slogout_drain_cancel(struct slogout_drain *drain);

/* The deadline is now, for the second SIGTERM: whoever has no outcome is forced, evenly over the plan's
 * tail, and closed at the latest when the leave timeout has passed as well. Starts a drain that was not
 * started. Never makes it end later: again, or near the deadline, it does nothing.
 *   STATE  it is done
 *   ARGUMENT */
SLOGOUT_API int slogout_drain_force(struct slogout_drain *drain, uint64_t now_ms);

/* The counters of the sessions added to it; they live as long as it does. waiting + pending + asked +
 * leaving have no outcome yet: their sum falls, but for slogout_drain_add(). `ended` still have to be
 * closed and freed. */
SLOGOUT_API const struct slogout_counts *slogout_drain_counts(const struct slogout_drain *drain);

/* When every session will have its outcome at the latest, or SLOGOUT_NEVER. */
SLOGOUT_API uint64_t slogout_drain_deadline(const struct slogout_drain *drain);

#ifdef __cplusplus
}
#endif

#endif

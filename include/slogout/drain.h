/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout for many sessions: a drain makes them leave at an even pace and by a deadline.
 *
 * The host chooses the sessions (those of one user, of one backend, or all) and adds them to a drain. The
 * drain begins each of them in a time slot of its own, as slogout_session_request() would, and forces those
 * that have no outcome near the deadline. It acts only inside slogout_tick(). For a filter, the host adds
 * the session of the filter.
 *
 * No function of this header calls back, so the host may call all of them in any callback. Time, errors and
 * struct sizes are as in slogout.h. slogout_drain_new(3) has a worked example.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_DRAIN_H
#define SLOGOUT_DRAIN_H

#include <slogout/slogout.h>

#ifdef __cplusplus
extern "C" {
#endif

struct slogout_drain;

/* Copied by slogout_drain_start(), from which all durations count. Durations are in milliseconds.
 *
 * The slower of spread_ms and rate holds, and the deadline holds above both. The rate bounds the sessions
 * that the drain begins, not those that end: a client that answers late, or a session that comes to rest
 * late, ends when others do. If ticks come in time, no second has more than rate + 1 sessions. After a late
 * tick the drain makes up for at most 100 ms, so no second has more than 1.2 * rate + 2. Threads and
 * processes that leave together must each take a share of the rate. */
struct slogout_plan {
    size_t size;            /* sizeof(struct slogout_plan) */
    uint32_t spread_ms;     /* the drain begins its sessions evenly over this time; 0: all at once */
    uint32_t tail_ms;       /* the drain forces the last sessions evenly over this time; 0: all at once */
    uint64_t deadline_ms;   /* each session has its outcome by then; 0: no deadline */
    uint32_t max_in_flight; /* PENDING and ASKED at a time; does not pace `* BYE`; 0: no limit */
    uint32_t seed;          /* of the random instants inside the slots; each process needs its own */
    uint32_t rate;          /* sessions that the drain begins per second at most; 0: no limit */
};

/* Filled by slogout_plan_check(): how far each member of a plan would have to change, if it alone changed. */
struct slogout_advice {
    uint64_t shortest_deadline_ms; /* SLOGOUT_NEVER if that is too large to represent */
    uint64_t longest_spread_ms;    /* SLOGOUT_NEVER if no spread helps */
    uint32_t smallest_in_flight;   /* 1 if there is no deadline; 0 if no limit helps */
    uint32_t lowest_rate;          /* 1 if there is no deadline; 0 if no rate helps */
};

/* Checks whether a plan can be kept as it is for this number of sessions (0 counts as 1), even if no client
 * answers and each tick is up to 100 ms late. The function is arithmetic only; a host calls it when it reads
 * its configuration. The answer timeout alone is longer than 32 s, so a deadline of 30 s, the default of
 * Kubernetes, never leaves time to ask anyone. advice may be NULL; it is filled whether the plan fits or
 * not. slogout_drain_new(3) has the formula.
 *   PLAN      the plan cannot be kept
 *   ARGUMENT  slogout or plan is NULL
 *   SIZE */
SLOGOUT_API int slogout_plan_check(const struct slogout *slogout, const struct slogout_plan *plan,
                                   uint64_t sessions, struct slogout_advice *advice);

/* Makes a drain. Nothing happens until slogout_drain_start() or slogout_drain_force(). On success *out
 * belongs to the caller, who passes it to slogout_drain_free(); on failure *out is untouched.
 *
 * done is called once, from slogout_tick() after the start, when each session of the drain has its outcome
 * and is freed. A program should exit in done, and not at the last outcome, when connections are still being
 * closed. done may free the drain. It is a callback as in slogout.h.
 *   ARGUMENT  out, slogout or done is NULL
 *   NOMEM */
SLOGOUT_API int slogout_drain_new(struct slogout_drain **out, struct slogout *slogout,
                                  void (*done)(struct slogout_drain *drain, void *user_data),
                                  void *user_data);

/* Frees a drain, without calling done. NULL is allowed. Its WAITING sessions are OPEN again; the others go on
 * without the drain. Takes time in proportion to the sessions that are left in it. */
SLOGOUT_API void slogout_drain_free(struct slogout_drain *drain);

/* Adds a session, which becomes WAITING. While the drain runs, all WAITING sessions share the rest of the
 * spread or, after its end, another spread. Sessions that are added one after the other with the same group
 * other than 0, such as the connections of one user, leave at one moment; each still counts for the rate. A
 * session that is PENDING or ASKED already is counted and forced with the others.
 *   STATE     the session is LEAVING, ENDED or in a drain; or this drain is canceled or done
 *   ARGUMENT  one of them is NULL, or they are of different slogouts */
SLOGOUT_API int slogout_drain_add(struct slogout_drain *drain, struct slogout_session *session,
                                  uint64_t group);

/* Starts a drain, or gives a running drain a new plan that counts from now. A plan that cannot be kept as it
 * is starts too, and the drain keeps its deadline: it cuts the spread short and raises the rate, then it
 * raises max_in_flight. If the deadline leaves no time to ask anyone, the drain sends `* BYE` in place of
 * LOGOUT.
 *   STATE     the drain is canceled or done
 *   ARGUMENT  drain or plan is NULL, or now_ms is SLOGOUT_NEVER
 *   SIZE */
SLOGOUT_API int slogout_drain_start(struct slogout_drain *drain, const struct slogout_plan *plan,
                                    uint64_t now_ms);

/* Begins no more sessions until slogout_drain_resume() or slogout_drain_start(). The deadline stays; the rest
 * of the spread moves, as far as the deadline allows. Returns 0 also if the drain is paused already.
 *   STATE     the drain was never started, or is canceled or done
 *   ARGUMENT */
SLOGOUT_API int slogout_drain_pause(struct slogout_drain *drain);

/* Continues a drain that is paused. Returns 0 also if the drain is not paused.
 *   STATE     the drain was never started, or is canceled or done
 *   ARGUMENT  drain is NULL, or now_ms is SLOGOUT_NEVER */
SLOGOUT_API int slogout_drain_resume(struct slogout_drain *drain, uint64_t now_ms);

/* Gives up: WAITING and PENDING sessions are OPEN again and out of the drain, sessions that were asked
 * finish, and there is no deadline. done follows. Takes time in proportion to the sessions that are left in
 * the drain.
 *   STATE     the drain was never started, or is canceled or done
 *   ARGUMENT */
SLOGOUT_API int slogout_drain_cancel(struct slogout_drain *drain);

/* Makes a drain end soon, as at a second SIGTERM. The drain forces the sessions without an outcome evenly
 * over the tail of its plan, whatever the rate, and closes the last one when the leave timeout has passed as
 * well. Starts a drain that was not started, and one
 * that was canceled. Never postpones the end of a drain, so a call near the deadline,
 * or a second call, does nothing.
 *   STATE     the drain is done
 *   ARGUMENT  drain is NULL, or now_ms is SLOGOUT_NEVER */
SLOGOUT_API int slogout_drain_force(struct slogout_drain *drain, uint64_t now_ms);

/* Returns the counters of the sessions that were added to the drain; they live as long as the drain. Sessions
 * in WAITING, PENDING, ASKED and LEAVING have no outcome yet; their sum grows by slogout_drain_add() only.
 * Sessions in ENDED wait for the host to free them. */
SLOGOUT_API const struct slogout_counts *slogout_drain_get_counts(const struct slogout_drain *drain);

/* Returns when each session will have its outcome at the latest, on the clock of now_ms, or SLOGOUT_NEVER if
 * there is no deadline or the drain does not run. */
SLOGOUT_API uint64_t slogout_drain_deadline(const struct slogout_drain *drain);

#ifdef __cplusplus
}
#endif

#endif

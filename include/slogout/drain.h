/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout for many sessions: a drain makes them leave at an even pace and by a deadline.
 *
 * The host chooses the sessions, such as all sessions of one user or of one backend, and adds them to a
 * drain. The drain begins each session in its own time slot, as slogout_session_request() would. Near the
 * deadline, it forces the sessions that have no outcome yet. The drain acts only inside slogout_tick(). To
 * drain a filter, the host adds the session of the filter.
 *
 * No function of this header calls back, so the host may call all of them in any callback. The rules of
 * slogout.h for time, errors and struct sizes apply. slogout_drain_new(3) has a worked example.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_DRAIN_H
#define SLOGOUT_DRAIN_H

#include <slogout/slogout.h>

#ifdef __cplusplus
extern "C" {
#endif

struct slogout_drain;

/* Copied by slogout_drain_start(). Durations are in milliseconds from that call.
 *
 * The slower of spread_ms and rate applies, and the deadline overrides both. The rate bounds how many
 * sessions begin per second, and not how many end. A session that comes to rest late, or whose client answers
 * late, can end at the same time as others. If ticks come in time, at most rate + 1 sessions begin in any
 * second. After a late tick, the drain makes up for at most 100 ms, so that at most 1.2 * rate + 2 sessions
 * begin in any second. A group begins at one instant, so a group of n sessions adds n - 1 to both numbers.
 * Threads and processes that leave together must divide the rate among themselves. */
struct slogout_plan {
    size_t size;            /* sizeof(struct slogout_plan) */
    uint32_t spread_ms;     /* the drain begins its sessions evenly over this time; 0: all at once */
    uint32_t tail_ms;       /* the drain forces the last sessions evenly over this time; 0: all at once */
    uint64_t deadline_ms;   /* each session ends within this time; 0: no deadline */
    uint32_t max_in_flight; /* sessions in PENDING and ASKED at a time; does not limit `* BYE`; 0: no limit */
    uint32_t seed;          /* of the random instants in the slots; each process needs its own */
    uint32_t rate;          /* the most sessions that the drain begins per second; 0: no limit */
};

/* Filled by slogout_plan_check(). Each member is the limit of one member of the plan, which holds if no other
 * member changes. */
struct slogout_advice {
    uint64_t shortest_deadline_ms; /* SLOGOUT_NEVER if it is too large to represent */
    uint64_t longest_spread_ms;    /* SLOGOUT_NEVER if no spread helps */
    uint32_t smallest_in_flight;   /* 1 if there is no deadline; 0 if no limit helps */
    uint32_t lowest_rate;          /* 1 if there is no deadline; 0 if no rate helps */
};

/* Checks whether a plan can be kept without changes for this number of sessions (0 counts as 1), even if no
 * client answers and each tick is up to 100 ms late. The function only calculates; a host calls it when it
 * reads its configuration. The answer timeout alone is longer than 32 s, so a deadline of 30 s, which is the
 * default of Kubernetes, leaves no time to ask any client. advice may be NULL; otherwise it is filled even if
 * the plan cannot be kept. slogout_drain_new(3) has the formula.
 *   PLAN      the plan cannot be kept
 *   ARGUMENT  slogout or plan is NULL
 *   SIZE */
SLOGOUT_API int slogout_plan_check(const struct slogout *slogout, const struct slogout_plan *plan,
                                   uint64_t sessions, struct slogout_advice *advice);

/* Creates a drain. Nothing happens until slogout_drain_start() or slogout_drain_force(). On success *out
 * belongs to the caller, who passes it to slogout_drain_free(); on failure *out is untouched.
 *
 * After the start, slogout_tick() calls done once, when each session of the drain has its outcome and has
 * been freed. A program should exit in done and not earlier, because some connections are still being closed
 * when all sessions have their outcomes. done may free the drain. The rules of slogout.h for callbacks apply
 * to done.
 *   ARGUMENT  out, slogout or done is NULL
 *   NOMEM */
SLOGOUT_API int slogout_drain_new(struct slogout_drain **out, struct slogout *slogout,
                                  void (*done)(struct slogout_drain *drain, void *user_data),
                                  void *user_data);

/* Frees a drain, without calling done. NULL is allowed. Its WAITING sessions become OPEN again; its other
 * sessions continue without the drain. The time that this takes is proportional to the number of sessions in
 * the drain. */
SLOGOUT_API void slogout_drain_free(struct slogout_drain *drain);

/* Adds a session, which becomes WAITING. While the drain runs, all WAITING sessions share the rest of the
 * spread or, after its end, another spread. Sessions that are added in succession with the same nonzero
 * group, such as the connections of one user, leave at the same instant, although each of them uses a slot. A
 * session that is PENDING or ASKED already is counted and forced like the other sessions.
 *   STATE     the session is WAITING, LEAVING, ENDED or in a drain; or this drain is canceled or done
 *   ARGUMENT  drain or session is NULL, or they belong to different slogouts */
SLOGOUT_API int slogout_drain_add(struct slogout_drain *drain, struct slogout_session *session,
                                  uint64_t group);

/* Starts a drain, or gives a running drain a new plan, whose times count from now_ms. If the plan cannot be
 * kept without changes, the drain still starts and keeps the deadline. It raises max_in_flight if that makes
 * the plan fit. Otherwise, max_in_flight does not apply, and the drain changes the spread and the rate only
 * as far as necessary to begin all sessions before they must be forced. A client whose turn comes too late
 * for an answer is sent `* BYE` in place of LOGOUT.
 *   STATE     the drain is canceled or done
 *   ARGUMENT  drain or plan is NULL, or now_ms is SLOGOUT_NEVER
 *   SIZE */
SLOGOUT_API int slogout_drain_start(struct slogout_drain *drain, const struct slogout_plan *plan,
                                    uint64_t now_ms);

/* Pauses a drain, which begins no more sessions until slogout_drain_resume() or slogout_drain_start(). The
 * deadline does not change; the rest of the spread moves as far as the deadline allows. Also returns 0 if the
 * drain is paused already.
 *   STATE     the drain was never started, or is canceled or done
 *   ARGUMENT */
SLOGOUT_API int slogout_drain_pause(struct slogout_drain *drain);

/* Continues a drain that is paused. Also returns 0 if the drain is not paused.
 *   STATE     the drain was never started, or is canceled or done
 *   ARGUMENT  drain is NULL, or now_ms is SLOGOUT_NEVER */
SLOGOUT_API int slogout_drain_resume(struct slogout_drain *drain, uint64_t now_ms);

/* Cancels a drain. Its WAITING and PENDING sessions become OPEN again and leave the drain. The other sessions
 * finish without a deadline, and then done is called. The time that this takes is proportional to the number
 * of sessions in the drain.
 *   STATE     the drain was never started, or is canceled or done
 *   ARGUMENT */
SLOGOUT_API int slogout_drain_cancel(struct slogout_drain *drain);

/* Makes a drain end soon, for example at a second SIGTERM. The drain forces its sessions evenly over the tail
 * of its plan, without regard to the rate. All sessions have their outcomes when the tail and the leave
 * timeout have passed. The function also starts a drain that was never started, or that was canceled. It
 * never postpones the deadline of a drain, so a second call, or a call near the deadline, does nothing.
 *   STATE     the drain is done
 *   ARGUMENT  drain is NULL, or now_ms is SLOGOUT_NEVER */
SLOGOUT_API int slogout_drain_force(struct slogout_drain *drain, uint64_t now_ms);

/* Returns the counters of the sessions that were added to the drain; they are valid until the drain is freed.
 * The sessions in WAITING, PENDING, ASKED and LEAVING have not ended, and only slogout_drain_add()
 * increases their sum. The sessions in ENDED wait for the host to free them. */
SLOGOUT_API const struct slogout_counts *slogout_drain_get_counts(const struct slogout_drain *drain);

/* Returns the time by which each session will have ended, on the clock of now_ms. Returns SLOGOUT_NEVER
 * if there is no deadline or the drain is not running. */
SLOGOUT_API uint64_t slogout_drain_deadline(const struct slogout_drain *drain);

#ifdef __cplusplus
}
#endif

#endif

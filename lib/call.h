/* SPDX-License-Identifier: BSD-2-Clause */
/* struct slogout, which its sessions and drains share, and the functions that begin and end a public
 * function. */
#ifndef SLO_CALL_H
#define SLO_CALL_H

#include <slogout/slogout.h>
#include "timer.h"
#include "bye.h"

struct slogout {
    struct slogout_settings settings; /* no member is 0 or NULL, except set_timer and user_data */
    struct slo_clock clock;
    struct slo_timers timers[SLOGOUT_STATE_ENDED]; /* of the sessions, by state; none runs in OPEN */
    struct slo_timers last_half;                   /* of the sessions in the second half of LEAVING */
    struct slo_timers closing;                     /* of the filters that close after the last response */
    struct slogout_tags tags;                      /* of the last LOGOUT that was sent */
    struct slogout_counts counts;
    struct slo_link freed; /* memory that is released when the outermost call returns */
    size_t objects;        /* sessions and drains in memory */
    unsigned depth;        /* calls in progress; more than 1 only inside a callback */
    char tag_prefix[SLOGOUT_PREFIX_MAX + 1];
    char bye_text[SLOGOUT_BYE_TEXT_SIZE];
};

/* Returns zeroed memory for a session or a drain, or NULL. The object must begin with a struct slo_link,
 * which slo_release_later() uses. */
void *slo_allocate(struct slogout *slogout, size_t size);
/* Releases memory when the outermost call returns. The link must not be in a list. */
void slo_release_later(struct slogout *slogout, struct slo_link *memory);

/* Returns 0 if a function that calls back may be called now. Returns SLOGOUT_ERR_REENTRANT inside a callback,
 * and SLOGOUT_ERR_ARGUMENT if now is SLOGOUT_NEVER. */
int slo_may_call_back(const struct slogout *slogout, uint64_t now);
/* Each public function that can call back, set a timer or free memory does so between slo_enter() and
 * slo_leave(). When the outermost call leaves, slo_leave() sets the host's timer if necessary, and releases
 * freed memory. */
void slo_enter(struct slogout *slogout);
/* Does the same as slo_enter(), and sets the clock. now must not be SLOGOUT_NEVER. If now is before the
 * clock, the clock does not change. */
void slo_enter_at(struct slogout *slogout, uint64_t now);
void slo_leave(struct slogout *slogout);

/* Copies a struct that the caller filled, and that begins with its size, into a struct of `known` octets. The
 * members that a smaller struct lacks become 0. In a larger struct, all octets beyond `known` must be 0.
 * Returns 0, or returns SLOGOUT_ERR_SIZE and leaves *to untouched. */
int slo_copy_sized(void *to, size_t known, const void *from);
/* Copies a struct of `known` octets to the caller's struct, which begins with its size. Copies no more octets
 * than that size. In a larger struct, all octets beyond `known` become 0. Returns 0, or returns
 * SLOGOUT_ERR_SIZE and leaves *to untouched. */
int slo_give_sized(void *to, const void *from, size_t known);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* struct slogout: what its sessions and drains share, and how public functions begin and end. */
#ifndef SLO_CALL_H
#define SLO_CALL_H

#include <slogout/slogout.h>
#include "timer.h"
#include "bye.h"

struct slogout {
    struct slogout_settings settings; /* no member is 0 or NULL, except set_timer and user_data */
    struct slo_clock clock;
    struct slo_timers timers[SLOGOUT_STATE_ENDED]; /* of the sessions, by state; in OPEN none runs */
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

/* Returns memory for a session or a drain, all zeros, or NULL. Its first member must be a struct slo_link,
 * which is the library's own until the memory is given back. */
void *slo_allocate(struct slogout *slogout, size_t size);
/* Gives memory back when the outermost call returns. The link must be in no list. */
void slo_release_later(struct slogout *slogout, struct slo_link *memory);

/* Returns 0 if a function that calls back may be called now, else SLOGOUT_ERR_REENTRANT (inside a callback)
 * or SLOGOUT_ERR_ARGUMENT (now is SLOGOUT_NEVER). */
int slo_may_call_back(const struct slogout *slogout, uint64_t now);
/* Each public function that changes anything does so between enter and leave. When the outermost call leaves,
 * the host is told of a deadline that has come nearer, and memory that was freed is released. */
void slo_enter(struct slogout *slogout);
/* Enters at a time, which must not be SLOGOUT_NEVER. If it is before the greatest one seen, the clock does
 * not change. */
void slo_enter_at(struct slogout *slogout, uint64_t now);
void slo_leave(struct slogout *slogout);

/* Copies a struct that the caller filled, which begins with its size, into one of `known` octets. Members
 * that a smaller struct lacks become 0. A larger one must be all zeros after the members known here. Returns
 * 0, or SLOGOUT_ERR_SIZE and then *to is untouched. */
int slo_copy_sized(void *to, size_t known, const void *from);
/* Copies one of `known` octets to a struct of the caller, which begins with its size, and no more octets than
 * the caller's has. What a larger one has after the members known here becomes 0. Returns 0, or
 * SLOGOUT_ERR_SIZE and then *to is untouched. */
int slo_give_sized(void *to, const void *from, size_t known);

#endif

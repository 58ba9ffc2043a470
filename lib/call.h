/* struct slogout: what its sessions and drains share, and the way into and out of the library. */
#ifndef SLO_CALL_H
#define SLO_CALL_H

#include <slogout/slogout.h>
#include "text.h"
#include "timer.h"

struct slogout {
    struct slogout_settings settings; /* no member is 0 or NULL, but set_timer and user_data */
    struct slo_clock clock;
    struct slo_timers ready, answer, leave; /* of the sessions that are PENDING, ASKED, LEAVING */
    struct slogout_tags tags;               /* the last LOGOUT that was sent */
    struct slogout_counts counts;
    struct slo_link freed; /* memory to be released at the end of the outermost call */
    size_t users;          /* sessions and drains in memory */
    unsigned depth;        /* calls under way: more than 1 only inside a callback */
    char tag_prefix[SLOGOUT_PREFIX_MAX + 1];
    char bye_text[SLO_BYE_TEXT_MAX + 1];
};

/* Memory for a session or a drain, or NULL. Its first member must be a struct slo_link. */
void *slo_allocate(struct slogout *slogout, size_t size);
/* Gives it back when the outermost call returns; the link is in no list. */
void slo_release_later(struct slogout *slogout, struct slo_link *memory);

/* Each public function that changes anything runs between enter and leave. Leaving the outermost one tells
 * the host a deadline that came nearer, and releases what was freed. */
void slo_enter(struct slogout *slogout);
void slo_leave(struct slogout *slogout);
/* Enter for a function that may call back. SLOGOUT_ERR_REENTRANT inside a callback, SLOGOUT_ERR_ARGUMENT for
 * a time that is none; then there is nothing to leave. */
int slo_enter_at(struct slogout *slogout, uint64_t now);

/* Copies a struct that the caller filled, which begins with its size, into one of `known` octets. Members that a
 * smaller one lacks become 0; a larger one must be all zeros past the members known here. Returns 0 or
 * SLOGOUT_ERR_SIZE. */
int slo_copy_sized(void *to, size_t known, const void *from);

#endif

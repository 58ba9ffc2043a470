/* struct slogout: what its sessions and drains share, and the way into and out of the library. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <slogout/slogout.h>
#include "bye.h"
#include "clock.h"

struct slogout {
    struct slogout_settings settings; /* no member is 0 or NULL, but set_timer and user_data */
    struct clock clock;
    struct timers ready, answer, leave; /* of the sessions that are PENDING, ASKED, LEAVING */
    struct slogout_tags tags;           /* the last LOGOUT that was sent */
    struct slogout_counts counts;
    struct link freed; /* memory to be released at the end of the outermost call */
    size_t users;      /* sessions and drains in memory */
    unsigned depth;    /* calls under way: more than 1 only inside a callback */
    char tag_prefix[SLOGOUT_PREFIX_MAX + 1];
    char bye_text[BYE_TEXT_MAX + 1];
};

/* Memory for a session or a drain, or NULL. Its first member must be a struct link. */
void *instance_allocate(struct slogout *slogout, size_t size);
/* Gives it back when the outermost call returns; the link is in no list. */
void instance_release(struct slogout *slogout, struct link *memory);

/* Each public function that changes anything runs between enter and leave. Leaving the outermost one tells
 * the host a deadline that came nearer, and releases what was freed. */
void instance_enter(struct slogout *slogout);
void instance_leave(struct slogout *slogout);
/* Enter for a function that may call back. SLOGOUT_ERR_REENTRANT inside a callback, SLOGOUT_ERR_ARGUMENT for
 * a time that is none; then there is nothing to leave. */
int instance_enter_at(struct slogout *slogout, uint64_t now);

/* Asked of session.c, since nothing here knows what a session is: the timer of one has run out and
 * stopped. */
void session_expired(struct timer *timer);

#endif

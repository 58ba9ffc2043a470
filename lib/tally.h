/* What a session knows of the drain that it is in. */
#ifndef TALLY_H
#define TALLY_H

#include <slogout/slogout.h>
#include "list.h"

struct tally {
    struct link waiting; /* members that are WAITING, in the order in which they joined */
    struct link begun;   /* PENDING, ASKED, LEAVING */
    struct link ended;   /* ENDED and not yet freed */
    struct slogout_counts counts;
    void (*changed)(struct tally *tally); /* a member has moved; must not call back */
};

#endif

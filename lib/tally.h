/* What a session knows of the drain that it is in. */
#ifndef TALLY_H
#define TALLY_H

#include <slogout/slogout.h>
#include "list.h"

struct tally {
    struct link members[SLOGOUT_ENDED + 1]; /* by state; each in the order in which it came to that state */
    struct slogout_counts counts;
    uint64_t ask_before;                  /* LOGOUT goes out before this; later ones are told by `* BYE` */
    void (*changed)(struct tally *tally); /* a member has moved; must not call back */
};

#endif

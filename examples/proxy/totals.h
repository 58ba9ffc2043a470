/* SPDX-License-Identifier: BSD-2-Clause */
/* The counters of all loops together. */
#ifndef TOTALS_H
#define TOTALS_H

#include "loop.h"

struct totals {
    uint64_t connections;
    struct slogout_counts counts, drain; /* of all sessions, and of those in the drains */
    uint64_t cut_off, failures, refused;
    uint64_t blind[SLOGOUT_BLINDNESS_COUNT];
    uint64_t settled_ms; /* when the last loop's clients had their outcomes; UINT64_MAX: not yet */
};

/* Adds the counters of a loop whose mutex is held. */
void totals_add(struct totals *totals, const struct loop *loop);

/* Returns the number of clients of the drain that have no outcome yet. */
uint64_t totals_remaining(const struct totals *totals);

#endif

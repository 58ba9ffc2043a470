/* SPDX-License-Identifier: BSD-2-Clause */
#include "totals.h"

static void add_counts(struct slogout_counts *sum, const struct slogout_counts *counts)
{
    int i;

    for (i = 0; i <= SLOGOUT_STATE_ENDED; i++)
        sum->state[i] += counts->state[i];
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        sum->outcome[i] += counts->outcome[i];
    sum->without_bye += counts->without_bye;
    sum->over_limit += counts->over_limit;
    sum->blind += counts->blind;
}

void totals_add(struct totals *totals, const struct loop *loop)
{
    int why;

    totals->connections += loop->count;
    add_counts(&totals->counts, slogout_get_counts(loop->slogout));
    add_counts(&totals->drain, slogout_drain_get_counts(loop->drain));
    totals->cut_off += loop->cut_off;
    totals->failures += loop->relays.failures;
    totals->refused += loop->relays.refused;
    for (why = 0; why < SLOGOUT_BLINDNESS_COUNT; why++)
        totals->blind[why] += loop->relays.blind[why];
    if (loop->settled_ms > totals->settled_ms)
        totals->settled_ms = loop->settled_ms;
}

uint64_t totals_remaining(const struct totals *totals)
{
    const uint64_t *state = totals->drain.state;

    return state[SLOGOUT_STATE_WAITING] + state[SLOGOUT_STATE_PENDING] + state[SLOGOUT_STATE_ASKED] +
           state[SLOGOUT_STATE_LEAVING];
}

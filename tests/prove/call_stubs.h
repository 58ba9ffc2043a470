/* SPDX-License-Identifier: BSD-2-Clause */
/* How a call begins and ends. Memory is released once, when the outermost call returns, and no call follows. */
#ifndef PROVE_CALL_STUBS_H
#define PROVE_CALL_STUBS_H

#include "prove.h"
#include "call.h"

static int given_back, released;
static int entered; /* a call has set the clock */

void slo_enter(struct slogout *slogout)
{
    LEMMA(!released);
    slogout->depth++;
}

void slo_enter_at(struct slogout *slogout, uint64_t now)
{
    CHECK(now < SLOGOUT_NEVER);
    if (now > slogout->clock.now)
        slogout->clock.now = now;
    entered = 1;
    slo_enter(slogout);
}

void slo_leave(struct slogout *slogout)
{
    CHECK(slogout->depth > 0 && !released);
    slogout->depth--;
    released = given_back && slogout->depth == 0;
}

void slo_release_later(struct slogout *slogout, struct slo_link *memory)
{
    CHECK(slogout->depth > 0 && !given_back && memory != NULL);
    given_back = 1;
}

#endif

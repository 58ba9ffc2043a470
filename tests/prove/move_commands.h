/* SPDX-License-Identifier: BSD-2-Clause */
/* memmove() for lib/owed.c, which only moves commands of the queue QUEUE to the preceding place. CBMC's own memmove()
 * is slow if the size is not constant. */
#ifndef PROVE_MOVE_COMMANDS_H
#define PROVE_MOVE_COMMANDS_H

#include "prove.h"
#include "owed.h"

void *memmove(void *to, const void *from, size_t len)
{
    struct slo_owed *const commands = QUEUE.commands;
    const size_t first = (size_t)((struct slo_owed *)to - commands), moved = len / sizeof *commands;
    size_t i;

    CHECK(__CPROVER_w_ok(to, len) && (len == 0 || __CPROVER_r_ok(from, len)));
    CHECK(from == (struct slo_owed *)to + 1 && len % sizeof *commands == 0);
    for (i = 0; i + 1 < SLO_OWED_MAX; i++)
        if (i >= first && i - first < moved)
            commands[i] = commands[i + 1];
    return to;
}

#endif

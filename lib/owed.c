/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "owed.h"

struct slo_owed *slo_owed_add(struct slo_owed_queue *queue, uint64_t tag)
{
    struct slo_owed *owed;

    if (queue->count == SLO_OWED_MAX)
        return NULL;
    owed = &queue->commands[queue->count++];
    memset(owed, 0, sizeof *owed);
    owed->tag = tag;
    return owed;
}

void slo_owed_remove(struct slo_owed_queue *queue, struct slo_owed *owed)
{
    const struct slo_owed *end = queue->commands + queue->count--;

    memmove(owed, owed + 1, (size_t)(end - owed - 1) * sizeof *owed);
}

struct slo_owed *slo_owed_waiting(struct slo_owed_queue *queue)
{
    unsigned i;

    for (i = 0; i < queue->count; i++)
        if (queue->commands[i].waits)
            return &queue->commands[i];
    return NULL;
}

struct slo_owed *slo_owed_find(struct slo_owed_queue *queue, uint64_t tag)
{
    unsigned i;

    for (i = 0; i < queue->count; i++)
        if (queue->commands[i].tag == tag)
            return &queue->commands[i];
    return NULL;
}

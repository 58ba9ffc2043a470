/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/fleet.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HORIZON_MS (FLEET_SECONDS * 1000u)

struct queue {
    uint32_t *due;  /* by millisecond: the first client, counted from 1; 0 if there is none */
    uint32_t *next; /* by client */
    uint8_t *refused;
    uint64_t random;
};

static void *reserve(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory)
        return memory;
    fputs("sim: out of memory\n", stderr);
    exit(1);
}

static void put(struct queue *queue, uint32_t client, uint64_t at_ms)
{
    if (at_ms >= HORIZON_MS)
        return;
    queue->next[client] = queue->due[at_ms];
    queue->due[at_ms] = client + 1;
}

static uint32_t up_to(struct queue *queue, uint32_t most)
{
    return (uint32_t)(strategy_random(&queue->random) % most);
}

static void try_again(struct queue *queue, uint32_t client, uint32_t now, enum retry retry)
{
    if (retry == EAGER) {
        put(queue, client, now + UINT64_C(1000));
        return;
    }
    put(queue, client, now + UINT64_C(1) + up_to(queue, UINT32_C(1000) << queue->refused[client]));
    if (queue->refused[client] < 6)
        queue->refused[client]++;
}

/* The room for logins, in thousandths of a login, grows evenly. Room that is not used is kept for at most 100
 * ms. */
static void receive(struct reconnects *reconnects, struct queue *queue, uint32_t count, enum retry retry,
                    uint32_t capacity)
{
    uint64_t room = 0;
    uint32_t now, in = 0;

    for (now = 0; now < HORIZON_MS && in < count; now++) {
        room = room + capacity < capacity * UINT64_C(100) ? room + capacity : capacity * UINT64_C(100);
        while (queue->due[now]) {
            const uint32_t client = queue->due[now] - 1;
            queue->due[now] = queue->next[client];
            reconnects->attempts[now / 1000]++;
            if (room >= 1000) {
                room -= 1000;
                in++;
            } else {
                try_again(queue, client, now, retry);
            }
        }
    }
    reconnects->all_in_s = in < count ? FLEET_SECONDS : now / 1000;
}

void fleet_receive(struct reconnects *reconnects, const struct departures *departures, enum retry retry,
                   uint32_t capacity)
{
    struct queue queue = {reserve(HORIZON_MS, 4), reserve(departures->count, 4),
                          reserve(departures->count, 1), 4};
    uint32_t i;

    memset(reconnects, 0, sizeof *reconnects);
    for (i = 0; i < departures->count; i++)
        put(&queue, i, departures->cut_ms[i] + UINT64_C(1) + up_to(&queue, 1000));
    receive(reconnects, &queue, departures->count, retry, capacity);
    for (i = 0; i < FLEET_SECONDS; i++)
        if (reconnects->attempts[i] > reconnects->peak)
            reconnects->peak = reconnects->attempts[i];
    free(queue.due);
    free(queue.next);
    free(queue.refused);
}

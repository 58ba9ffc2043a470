/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "queue.h"

#define SMALLEST 256

char *queue_octets(const struct queue *queue)
{
    static char none[1];

    return queue->memory ? queue->memory + queue->start : none;
}

static int grow(struct queue *queue, size_t needed)
{
    size_t size = queue->size ? queue->size : SMALLEST;
    char *memory;

    while (size < needed)
        size *= 2;
    memory = realloc(queue->memory, size);
    if (!memory)
        return -1;
    queue->memory = memory;
    queue->size = size;
    return 0;
}

int queue_append(struct queue *queue, const char *octets, size_t len)
{
    if (len == 0)
        return 0;
    if (queue->start > 0 && queue->size - queue->start - queue->len < len) {
        memmove(queue->memory, queue_octets(queue), queue->len);
        queue->start = 0;
    }
    if (queue->size - queue->start - queue->len < len && grow(queue, queue->len + len) < 0)
        return -1;
    memcpy(queue_octets(queue) + queue->len, octets, len);
    queue->len += len;
    return 0;
}

void queue_drop(struct queue *queue, size_t len)
{
    queue->start += len;
    queue->len -= len;
    if (queue->len == 0)
        queue_clear(queue);
}

void queue_clear(struct queue *queue)
{
    static const struct queue empty;

    free(queue->memory);
    *queue = empty;
}

/* Octets, first in, first out. All zero is an empty one, and an empty one holds no memory, so that a
 * connection at rest costs next to nothing. The user bounds its length. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>

struct queue {
    char *memory;
    size_t size;  /* of memory */
    size_t start; /* where the first octet is */
    size_t len;
};

/* The octets, in one piece; valid until the queue is changed. Never NULL. */
char *queue_octets(const struct queue *queue);

/* Returns 0, or -1 if there is no memory, and then nothing is appended. */
int queue_append(struct queue *queue, const char *octets, size_t len);

/* Takes away the first octets; at most queue->len. */
void queue_drop(struct queue *queue, size_t len);

void queue_clear(struct queue *queue);

#endif

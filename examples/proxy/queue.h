/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue of octets. A struct of zeros is empty, and an empty queue holds no memory. The user must bound
 * its length. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>

struct queue {
    char *memory;
    size_t size;  /* of memory */
    size_t start; /* where the first octet is */
    size_t len;
};

/* Returns the octets, in one piece. They are valid until the queue changes. Never NULL. */
char *queue_octets(const struct queue *queue);

/* Appends octets. Returns 0, or appends nothing and returns -1 if there is no memory. */
int queue_append(struct queue *queue, const char *octets, size_t len);

/* Removes the first octets, at most queue->len. */
void queue_drop(struct queue *queue, size_t len);

void queue_clear(struct queue *queue);

#endif

/* An intrusive pairing heap: finds the node with the least key at once, and adds and removes any node in
 * O(log n) steps, amortized. Nothing is allocated and nothing recurses. (Fredman, Sedgewick, Sleator, Tarjan:
 * "The Pairing Heap", Algorithmica 1, 1986.)
 *
 * A heap is a pointer to its root, which is the node with the least key, or NULL if the heap is empty. */
#ifndef SLO_HEAP_H
#define SLO_HEAP_H

#include <stdint.h>

struct slo_heap_node {
    struct slo_heap_node *child; /* the first child, or NULL; no child comes before its parent */
    struct slo_heap_node *next;  /* the next child of the same parent, or NULL; undefined in the root */
    struct slo_heap_node *prev;  /* the child before, or else the parent; undefined in the root */
    uint64_t key;                /* must not change while the node is in a heap; nor must order */
    uint64_t order;              /* of equal keys, the one with the smaller order comes first */
};

/* Adds a node that is in no heap, with its key and order set. No other node of the heap has both the same. */
void slo_heap_insert(struct slo_heap_node **root, struct slo_heap_node *node);
/* Takes a node out of its heap. */
void slo_heap_remove(struct slo_heap_node **root, struct slo_heap_node *node);

#endif

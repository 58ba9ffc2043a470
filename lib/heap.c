#include "heap.h"
#include <stddef.h>

/* Makes one heap of two, each of which may be empty. Returns its root. */
static struct slo_heap_node *meld(struct slo_heap_node *a, struct slo_heap_node *b)
{
    struct slo_heap_node *first = a;
    struct slo_heap_node *second = b;

    if (!a || !b)
        return a ? a : b;
    if (b->key < a->key || (b->key == a->key && b->order < a->order)) {
        first = b;
        second = a;
    }
    second->next = first->child;
    if (second->next)
        second->next->prev = second;
    second->prev = first;
    first->child = second;
    return first;
}

/* Makes one heap of sibling nodes: of each two from left to right, then of all these from right to left. The
 * order of the two passes is what gives a pairing heap its amortized cost. */
static struct slo_heap_node *meld_siblings(struct slo_heap_node *node)
{
    struct slo_heap_node *pairs = NULL; /* linked by next, the last one first */
    struct slo_heap_node *root = NULL;

    while (node) {
        struct slo_heap_node *a = node;
        struct slo_heap_node *b = a->next;
        node = b ? b->next : NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        struct slo_heap_node *pair = pairs;
        pairs = pair->next;
        root = meld(root, pair);
    }
    return root;
}

void slo_heap_insert(struct slo_heap_node **root, struct slo_heap_node *node)
{
    node->child = NULL;
    *root = meld(*root, node);
}

void slo_heap_remove(struct slo_heap_node **root, struct slo_heap_node *node)
{
    struct slo_heap_node *children = meld_siblings(node->child);

    if (node == *root) {
        *root = children;
        return;
    }
    if (node->prev->child == node)
        node->prev->child = node->next;
    else
        node->prev->next = node->next;
    if (node->next)
        node->next->prev = node->prev;
    *root = meld(*root, children);
}

#include "prove.h"
#include "heap.c"

/* The nodes of the heap, of which one may have been taken out. */
static struct slo_heap_node a, b, c;
static struct slo_heap_node *root;

static int comes_first(const struct slo_heap_node *node, const struct slo_heap_node *other)
{
    return node->key < other->key || (node->key == other->key && node->order <= other->order);
}

static void remove_and_check(struct slo_heap_node *gone, const struct slo_heap_node *one, const struct slo_heap_node *two)
{
    struct slo_heap_node *first;

    slo_heap_remove(&root, gone);
    CHECK(root == (comes_first(one, two) ? one : two));
    first = root;
    slo_heap_remove(&root, first);
    CHECK(root == (first == one ? two : one));
    CHECK(root && !root->child);
    slo_heap_remove(&root, root);
    CHECK(!root);
}

/* proves: the root is the node with the least key, of equal ones the least order, in a heap of 3 nodes from which any is taken and then the others, for all keys
 * with: --unwind 4 --slice-formula
 * mutant: lib/heap.c: b->order < a->order => b->order > a->order
 * mutant: lib/heap.c: second->next = first->child; => second->next = NULL; */
void insert_and_remove(void)
{
    const int which = nondet_int();

    a.key = nondet_uint64();
    b.key = nondet_uint64();
    c.key = nondet_uint64();
    a.order = 0;
    b.order = 1;
    c.order = 2;
    root = NULL;
    slo_heap_insert(&root, &a);
    CHECK(root == &a);
    slo_heap_insert(&root, &b);
    CHECK(root == (comes_first(&a, &b) ? &a : &b));
    slo_heap_insert(&root, &c);
    CHECK(comes_first(root, &a) && comes_first(root, &b) && comes_first(root, &c));
    if (which == 0)
        remove_and_check(&a, &b, &c);
    else if (which == 1)
        remove_and_check(&b, &a, &c);
    else
        remove_and_check(&c, &a, &b);
}

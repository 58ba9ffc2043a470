/* SPDX-License-Identifier: BSD-2-Clause */
/* An intrusive, circular, doubly linked list. A list is itself a link. A link that is not in a list points to
 * itself. */
#ifndef SLO_LIST_H
#define SLO_LIST_H

#include <stddef.h>

struct slo_link {
    struct slo_link *next, *prev;
};

#define slo_container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Initializes an empty list, or a link that is not in a list. */
static inline void slo_link_init(struct slo_link *link)
{
    link->next = link;
    link->prev = link;
}

static inline int slo_list_is_empty(const struct slo_link *list)
{
    return list->next == list;
}

/* Returns 1 if the link is in a list, and 0 otherwise. */
static inline int slo_link_is_linked(const struct slo_link *link)
{
    return link->next != link;
}

/* Removes a link from its list. Does nothing to a link that is not in a list. */
static inline void slo_link_remove(struct slo_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = link;
    link->prev = link;
}

/* Adds a link, which must not be in a list, before another link. If that link is the list itself, this is the
 * end of the list. */
static inline void slo_link_insert(struct slo_link *next, struct slo_link *link)
{
    link->prev = next->prev;
    link->next = next;
    next->prev->next = link;
    next->prev = link;
}

/* Adds a link, which must not be in a list, at the end of the list. */
static inline void slo_link_append(struct slo_link *list, struct slo_link *link)
{
    slo_link_insert(list, link);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* An intrusive, circular, doubly linked list. A list is a link; a link that is in no list points at itself. */
#ifndef SLO_LIST_H
#define SLO_LIST_H

#include <stddef.h>

struct slo_link {
    struct slo_link *next, *prev;
};

#define slo_container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Makes an empty list, or a link that is in no list. */
static inline void slo_link_init(struct slo_link *link)
{
    link->next = link;
    link->prev = link;
}

static inline int slo_list_is_empty(const struct slo_link *list)
{
    return list->next == list;
}

/* Returns 1 if the link is in a list, else 0. */
static inline int slo_link_is_linked(const struct slo_link *link)
{
    return link->next != link;
}

/* Takes a link out of its list. Does nothing to a link that is in no list. */
static inline void slo_link_remove(struct slo_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = link;
    link->prev = link;
}

/* Adds a link that is in no list before another link. Before the list itself is its end. */
static inline void slo_link_insert(struct slo_link *next, struct slo_link *link)
{
    link->prev = next->prev;
    link->next = next;
    next->prev->next = link;
    next->prev = link;
}

/* Adds a link that is in no list to the end of the list. */
static inline void slo_link_append(struct slo_link *list, struct slo_link *link)
{
    slo_link_insert(list, link);
}

#endif

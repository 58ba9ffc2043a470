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

/* Returns 1 if this list has a member or, of a member, if it is in a list. */
static inline int slo_link_used(const struct slo_link *link)
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

/* Adds a link that is in no list to the end of the list. */
static inline void slo_link_append(struct slo_link *list, struct slo_link *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}

#endif

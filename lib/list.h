/* An intrusive, circular, doubly linked list. A link in no list points at itself. */
#ifndef SLO_LIST_H
#define SLO_LIST_H

#include <stddef.h>

struct slo_link {
    struct slo_link *next, *prev;
};

#define slo_container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Makes an empty list, or a link in no list. */
static inline void slo_link_init(struct slo_link *link)
{
    link->next = link;
    link->prev = link;
}

/* Of a list: it has a member. Of a link: it is in a list. */
static inline int slo_link_used(const struct slo_link *link)
{
    return link->next != link;
}

/* Harmless on a link that is in no list. */
static inline void slo_link_remove(struct slo_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    slo_link_init(link);
}

static inline void slo_link_append(struct slo_link *list, struct slo_link *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}

/* From wherever it is to the end of that list. */
static inline void slo_link_move(struct slo_link *list, struct slo_link *link)
{
    slo_link_remove(link);
    slo_link_append(list, link);
}

#endif

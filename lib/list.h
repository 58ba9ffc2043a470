/* An intrusive, circular, doubly linked list. A link in no list points at itself. */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>

struct link {
    struct link *next, *prev;
};

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Makes an empty list, or a link in no list. */
static inline void link_init(struct link *link)
{
    link->next = link;
    link->prev = link;
}

/* Of a list: it has a member. Of a link: it is in a list. */
static inline int link_used(const struct link *link)
{
    return link->next != link;
}

/* Harmless on a link that is in no list. */
static inline void link_remove(struct link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link_init(link);
}

static inline void link_append(struct link *list, struct link *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}

/* From wherever it is to the end of that list. */
static inline void link_move(struct link *list, struct link *link)
{
    link_remove(link);
    link_append(list, link);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of the server: each new client goes to the one that has the fewest. One that has failed is left
 * alone for a time. */
#ifndef SERVERS_H
#define SERVERS_H

#include <stdint.h>
#include "address.h"

#define SERVERS_MAX                                                                                          \
    (2 * ADDRESS_LIST_SIZE) /* with those that the name had before, which still have clients */
#define SERVERS_REST 10000  /* milliseconds without new clients after a failure */

struct server {
    struct sockaddr_storage address;
    socklen_t len;  /* 0: not used */
    int is_current; /* the name has this address */
    uint32_t clients;
    uint64_t rested_ms; /* when it may be tried again */
};

/* All zeros: no address. */
struct servers {
    struct server at[SERVERS_MAX];
};

/* Replaces the addresses. Those that are in both lists keep what is known of them. Returns 1 if the addresses
 * differ from those before. */
int servers_set(struct servers *servers, const struct address_list *list);

/* Returns the place of the server for a new client, which is counted there, or -1 if there is none. Bits of `tried`
 * name the places that the client has tried already. Servers that rest are taken if there is no other. */
int servers_take(struct servers *servers, uint32_t tried, uint64_t now);

/* The client has gone, or its connection was not made. */
void servers_release(struct servers *servers, int place);
void servers_fail(struct servers *servers, int place, uint64_t now);

/* Returns the number of addresses that the name has. */
unsigned servers_count(const struct servers *servers);

#endif

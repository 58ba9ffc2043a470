/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of the server. Each new client goes to the address with the fewest clients. An address that has failed
 * rests for a time. */
#ifndef SERVERS_H
#define SERVERS_H

#include <stdint.h>
#include "address.h"

#define SERVERS_MAX  (2 * ADDRESS_LIST_SIZE) /* includes former addresses that still have clients */
#define SERVERS_REST 10000                   /* milliseconds without new clients after a failure */

struct server {
    struct sockaddr_storage address;
    socklen_t len;  /* 0: not used */
    int is_current; /* the name has this address */
    uint32_t clients;
    uint64_t rested_ms; /* when it may be tried again */
};

/* A struct of zeros has no address. */
struct servers {
    struct server at[SERVERS_MAX];
};

/* Replaces the addresses. Addresses that are in the old list and in the new list keep their clients and their rest.
 * Returns 1 if the two lists differ. */
int servers_set(struct servers *servers, const struct address_list *list);

/* Chooses a server for a new client, and counts the client there. Returns its place, or -1 if there is none. The bits of
 * `tried` are the places that the client has tried already. A server that rests is chosen only if there is no other. */
int servers_take(struct servers *servers, uint32_t tried, uint64_t now);

/* Undo servers_take(), because the client has left or the server has failed. */
void servers_release(struct servers *servers, int place);
void servers_fail(struct servers *servers, int place, uint64_t now);

/* Returns the number of addresses that the name has. */
unsigned servers_count(const struct servers *servers);

#endif

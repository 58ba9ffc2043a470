/* Finds the addresses of a name while the program goes on: in a thread, because getaddrinfo() waits for name
 * servers. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "common/address.h"

/* Begins to resolve HOST:PORT, which must live on; signals_wake() follows when it is done. Does nothing while another
 * one is under way. Returns 0, or -1 with errno set. */
int resolver_start(const char *address);

/* Returns 1 if a result has come since the last call, and then fills in the list, or the error of address_resolve(). */
int resolver_take(struct address_list *list, int *error);

#endif

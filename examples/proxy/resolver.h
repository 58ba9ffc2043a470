/* SPDX-License-Identifier: BSD-2-Clause */
/* Resolves a name in a thread, because getaddrinfo() waits for name servers. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "address.h"

/* Begins to resolve HOST:PORT, and calls signals_wake() when it is done. The text must remain valid until
 * then. Does nothing while another call is in progress. Returns 0, or -1 with errno set. */
int resolver_start(const char *address);

/* Returns 1 if there is a result that no earlier call has returned. Fills in *error, which is 0 or an error
 * for address_error(), and the list if the error is 0. */
int resolver_take(struct address_list *list, int *error);

#endif

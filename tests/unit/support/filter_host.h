/* SPDX-License-Identifier: BSD-2-Clause */
/* A host for the tests of the filter. It feeds octets in pieces that are at the end of their memory, and records the
 * octets that pass. Nothing may pass after close_connection. */
#ifndef TESTS_SUPPORT_FILTER_HOST_H
#define TESTS_SUPPORT_FILTER_HOST_H

#include <slogout/filter.h>
#include "support/trace.h"

struct filter_host {
    /* set by the test */
    uint64_t now;
    size_t step;   /* octets in a piece */
    size_t cut;    /* a piece also ends after this many octets; 0 if none does */
    char broken;   /* the callback that fails: 'S' for to_client, 'C' for to_server; 0 for none */
    int no_memory; /* allocations fail */
    void (*inside)(struct filter_host *host); /* called once, in the next to_client or to_server */

    struct slogout *slogout;
    struct slogout_filter *filter;

    /* Both sides, with `C: ` or `S: ` where the direction changes, and a line for close_connection; then each side
     * alone. */
    struct trace trace, to_client, to_server;
    char last; /* the side whose octets passed last */
    int calls; /* to to_client and to_server */
    int closes;
    enum slogout_outcome outcome;
    int memory, allocations; /* memory: blocks that were not released */
};

extern const struct slogout_filter_callbacks filter_host_callbacks;

/* Creates the slogout and its filter. The time is 1000. */
void filter_host_start(struct filter_host *host, enum slogout_ask ask, enum slogout_on_refusal on_refusal);
/* Frees both. Fails if memory is not released. */
void filter_host_stop(struct filter_host *host);
/* Feeds octets of the client ('C') or the server ('S'). */
void filter_host_feed(struct filter_host *host, char from, const char *bytes, size_t len);

#endif

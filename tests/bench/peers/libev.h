/* SPDX-License-Identifier: BSD-2-Clause */
/* libev. It has its own file because its header defines words that libevent's header defines, too. */
#ifndef BENCH_PEERS_LIBEV_H
#define BENCH_PEERS_LIBEV_H

#include <stddef.h>

/* Runs the job that timers.c describes, and returns the nanoseconds for all n timers. libev uses a heap with
 * four children for each node. */
double libev_timers(size_t n, int is_shuffled, unsigned interval_ms);

/* Starts and stops one timer n times while `others` timers run, and returns the nanoseconds. */
double libev_beside(size_t others, size_t n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* libev, in a file of its own because its header defines words that libevent's defines too. */
#ifndef BENCH_PEERS_LIBEV_H
#define BENCH_PEERS_LIBEV_H

#include <stddef.h>

/* As timers.c describes; returns the nanoseconds of all n timers. libev has a heap with four children. */
double libev_timers(size_t n, int is_shuffled, unsigned interval_ms);

/* Starts and stops one timer n times beside `others` timers that run; returns the nanoseconds. */
double libev_beside(size_t others, size_t n);

#endif

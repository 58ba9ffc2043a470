/* SPDX-License-Identifier: BSD-2-Clause */
/* The way in which a server disconnects its clients: the time at which each connection is cut, and whether
 * the client was told before. */
#ifndef TESTS_SIM_STRATEGY_H
#define TESTS_SIM_STRATEGY_H

#include <stdint.h>

/* The setting of each strategy that has a time limit: the server must be empty after ten minutes. */
#define DEADLINE_MS 600000

/* The results for the clients under one strategy. */
struct departures {
    uint32_t count;
    uint32_t *cut_ms; /* by client */
    uint8_t *told;    /* by client */
};

struct strategy {
    const char *name;  /* the name of its CSV file */
    const char *title; /* the title in the table and in the plot */
    void (*run)(struct departures *departures);
};

extern const struct strategy strategies[];
extern const unsigned strategy_count;

/* SplitMix64. */
uint64_t strategy_random(uint64_t *state);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers that depend only on a seed. */
#ifndef SLO_RANDOM_H
#define SLO_RANDOM_H

#include <stdint.h>

/* Returns the next number of SplitMix64 (Steele, Lea, Flood, 2014) and advances *state, whose first value is
 * any seed. Unlike many generators, SplitMix64 gives unrelated first numbers for seeds that are close to each
 * other, as process IDs are. */
static inline uint64_t slo_random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

#endif

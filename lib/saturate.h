/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic on unsigned 64-bit numbers that stops at the greatest value, or at 0, instead of wrapping. */
#ifndef SLO_SATURATE_H
#define SLO_SATURATE_H

#include <stdint.h>

static inline uint64_t slo_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline uint64_t slo_subtract(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static inline uint64_t slo_multiply(uint64_t a, uint64_t b)
{
    return b > 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static inline uint64_t slo_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t slo_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* b must not be 0. */
static inline uint64_t slo_divide_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b > 0 ? 1 : 0);
}

/* Returns a * b / c, rounded up. c must not be 0. The division comes first, so that nothing overflows before
 * the result does. */
static inline uint64_t slo_ratio_up(uint64_t a, uint32_t b, uint32_t c)
{
    return slo_add(slo_multiply(a / c, b), slo_divide_up(a % c * b, c));
}

#endif

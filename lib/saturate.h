/* Arithmetic that stops at the greatest value instead of wrapping. */
#ifndef SATURATE_H
#define SATURATE_H

#include <stdint.h>

static inline uint64_t saturating_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline uint64_t saturating_subtract(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static inline uint64_t saturating_multiply(uint64_t a, uint64_t b)
{
    return b > 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static inline uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint64_t divide_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b > 0 ? 1 : 0);
}

#endif

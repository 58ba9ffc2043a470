/* SPDX-License-Identifier: BSD-2-Clause */
/* Definitions for all harnesses. A function nondet_NAME() that has no body returns any value of its type. */
#ifndef PROVE_H
#define PROVE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/slogout.h>

/* The same value, without the conversion of -1, which the check for conversions would report. */
#undef SLOGOUT_NEVER
#define SLOGOUT_NEVER UINT64_MAX

#define ASSUME(condition) __CPROVER_assume(condition)
#define CHECK(condition)  __CPROVER_assert(condition, #condition)
/* Proves a condition, and then assumes it in the rest of the proof. */
#define LEMMA(condition)                                                                                               \
    do {                                                                                                               \
        CHECK(condition);                                                                                              \
        ASSUME(condition);                                                                                             \
    } while (0)

/* Ends a case, and shows that the end of at least one case is reached. CBMC then does not merge the states of several
 * cases, so the values with which each case begins are constant. */
#ifdef NO_END
#define END_CASE() ASSUME(0)
#else
#define END_CASE()                                                                                                     \
    do {                                                                                                               \
        __CPROVER_assert(0, "the end is reached");                                                                     \
        ASSUME(0);                                                                                                     \
    } while (0)
#endif

int nondet_int(void);
unsigned char nondet_octet(void);
size_t nondet_size(void);
uint32_t nondet_uint32(void);
uint64_t nondet_uint64(void);

#endif

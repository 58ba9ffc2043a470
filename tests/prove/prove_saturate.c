/* SPDX-License-Identifier: BSD-2-Clause */
#include "prove.h"
#include "saturate.h"

/* proves: slo_add(), slo_subtract() and slo_multiply() stop at the greatest value or at 0 instead of wrapping, and
 *     slo_min() and slo_max() are right, for all 64-bit values
 * by: integers
 * with: --unsigned-overflow-check
 * claims: slo_add slo_subtract slo_multiply slo_min slo_max
 * mutant: lib/saturate.h: > UINT64_MAX - b ? UINT64_MAX => > UINT64_MAX - b ? 0
 * mutant: lib/saturate.h: > UINT64_MAX / b ? UINT64_MAX => > UINT64_MAX / b ? 0
 * mutant: lib/saturate.h: a > b ? a - b : 0 => a >= b ? a - b : 1 */
void stops(void)
{
    const uint64_t a = nondet_uint64(), b = nondet_uint64(), now = nondet_uint64();

    CHECK(slo_add(a, b) >= a && (a > now || now == UINT64_MAX || (slo_add(a, b) <= now) == (b <= now - a)));
    CHECK(slo_add(a, b) == (__CPROVER_overflow_plus(a, b) ? UINT64_MAX : a + b));
    CHECK(slo_subtract(a, b) == (__CPROVER_overflow_minus(a, b) ? 0 : a - b));
    CHECK(slo_multiply(a, b) == (__CPROVER_overflow_mult(a, b) ? UINT64_MAX : a * b));
    CHECK(slo_min(a, b) <= a && slo_min(a, b) <= b && (slo_min(a, b) == a || slo_min(a, b) == b));
    CHECK(slo_max(a, b) >= a && slo_max(a, b) >= b && (slo_max(a, b) == a || slo_max(a, b) == b));
}

/* proves: slo_divide_up(a, b) is the smallest x for which x times b is at least a, for all 64-bit values of a and b
 *     except a b of 0
 * by: integers
 * with: --unsigned-overflow-check
 * claims: slo_divide_up
 * mutant: lib/saturate.h: a % b > 0 => a % b > 1 */
void divides_up(void)
{
    const uint64_t a = nondet_uint64(), b = nondet_uint64(), x = nondet_uint64();

    ASSUME(b > 0);
    CHECK((x >= slo_divide_up(a, b)) == (slo_multiply(x, b) >= a));
}

/* proves: slo_ratio_up(a, b, c) is a times b, divided by c and rounded up, if b or c is 1
 * by: integers
 * claims: slo_ratio_up
 * mutant: lib/saturate.h: slo_divide_up(a % c * b, c) => a % c * b / c */
void ratio_up(void)
{
    const uint64_t a = nondet_uint64();
    const uint32_t b = nondet_uint32(), c = nondet_uint32();

    ASSUME(c > 0);
    CHECK(slo_ratio_up(a, 1, c) == slo_divide_up(a, c));
    CHECK(slo_ratio_up(a, b, 1) == slo_multiply(a, b));
}

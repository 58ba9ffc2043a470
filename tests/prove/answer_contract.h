/* SPDX-License-Identifier: BSD-2-Clause */
/* What the filter relies on of slo_answer_feed(), as prove_answer.c proves it. In prove_filter.c, a matcher that does
 * anything that is allowed here stands in its place. */
#ifndef PROVE_ANSWER_CONTRACT_H
#define PROVE_ANSWER_CONTRACT_H

#include "prove.h"
#include "answer.h"

static int may_be_fed(enum slo_answer_verdict verdict)
{
    return verdict == SLO_ANSWER_UNDECIDED || verdict == SLO_ANSWER_BEGUN || verdict == SLO_ANSWER_TOO_LONG ||
           verdict == SLO_ANSWER_SKIPPED;
}

/* Of so many octets, n were consumed. */
static int answer_contract(const struct slo_answer *before, const struct slo_answer *after, size_t n, size_t len)
{
    const int is_kept = after->len == before->len + n && after->len <= SLO_ANSWER_HELD_MAX;

    if (n > len || after->len > sizeof after->line)
        return 0;
    switch (after->verdict) {
    case SLO_ANSWER_UNDECIDED:
        return before->verdict == SLO_ANSWER_UNDECIDED && n == len && is_kept;
    case SLO_ANSWER_NONE:
        return before->verdict == SLO_ANSWER_UNDECIDED && n < len && is_kept;
    case SLO_ANSWER_BEGUN:
        return before->verdict <= SLO_ANSWER_BEGUN && n == len;
    case SLO_ANSWER_WHOLE:
    case SLO_ANSWER_TOO_LONG:
        return before->verdict <= SLO_ANSWER_BEGUN && n > 0;
    case SLO_ANSWER_SKIPPED:
        return before->verdict >= SLO_ANSWER_TOO_LONG && n == len;
    case SLO_ANSWER_OVER:
        return before->verdict >= SLO_ANSWER_TOO_LONG && n > 0;
    default:
        return 0;
    }
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include "in_flight.h"

void slo_in_flight_add(struct slo_in_flight *in_flight, uint64_t tag)
{
    if (in_flight->count == SLO_IN_FLIGHT_KNOWN)
        in_flight->is_summed = 1;
    if (!in_flight->is_summed)
        in_flight->tags[in_flight->count] = tag;
    in_flight->count++;
    in_flight->sum += tag;
}

/* Returns 0 if no entry has this tag. */
static int forget_tag(struct slo_in_flight *in_flight, uint64_t tag)
{
    uint64_t *const tags = in_flight->tags;
    const size_t count = (size_t)in_flight->count;
    size_t i = 0;

    while (i < count && tags[i] != tag)
        i++;
    if (i == count)
        return 0;
    tags[i] = tags[count - 1];
    return 1;
}

/* A response with a tag that no command has makes the sum wrong. The count then reaches 0 while a command is
 * still in flight, and a sum other than 0 reveals the error. */
enum slo_in_flight_result slo_in_flight_answer(struct slo_in_flight *in_flight, uint64_t tag)
{
    if (!in_flight->is_summed && !forget_tag(in_flight, tag))
        return SLO_IN_FLIGHT_SURPLUS;
    in_flight->count--;
    in_flight->sum -= tag;
    if (in_flight->count > 0)
        return SLO_IN_FLIGHT_ANSWERED;
    in_flight->is_summed = 0;
    return in_flight->sum == 0 ? SLO_IN_FLIGHT_ANSWERED : SLO_IN_FLIGHT_MISCOUNTED;
}

int slo_in_flight_is_only(const struct slo_in_flight *in_flight, uint64_t tag)
{
    return in_flight->count == 1 && in_flight->sum == tag;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "imap_slogout.h"
#include <unistd.h>

/* Most processes serve one client, so their instants must be spread without communication. The multiples of the
 * golden ratio, modulo 1, are spread evenly for consecutive numbers, and process IDs are nearly consecutive. */
static uint32_t fraction_of_process(void)
{
    return (uint32_t)getpid() * 2654435769u;
}

unsigned int schedule_instant(unsigned int spread_ms, unsigned int number, unsigned int total)
{
    const uint64_t fraction_ms = (uint64_t)spread_ms * fraction_of_process() >> 32;

    return (unsigned int)(((uint64_t)spread_ms * number + fraction_ms) / total);
}

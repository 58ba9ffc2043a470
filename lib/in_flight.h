/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands in flight: those that the client has sent and the server has not answered. Any number of them fits
 * into the same memory, because only a hash of each tag is kept. */
#ifndef SLO_IN_FLIGHT_H
#define SLO_IN_FLIGHT_H

#include <stdint.h>

#define SLO_IN_FLIGHT_KNOWN 16

/* While there are at most SLO_IN_FLIGHT_KNOWN commands, each tag is known, and a response with any other tag
 * does not count. If there are more, only their number and the sum of the hashes of their tags are known,
 * until the last of them is answered. All zeros: no command is in flight. */
struct slo_in_flight {
    uint64_t count;
    uint64_t sum;
    unsigned is_summed : 1;
    uint64_t tags[SLO_IN_FLIGHT_KNOWN]; /* in any order; valid unless is_summed */
};

enum slo_in_flight_result {
    SLO_IN_FLIGHT_ANSWERED,
    SLO_IN_FLIGHT_SURPLUS,   /* No command in flight has this tag. */
    SLO_IN_FLIGHT_MISCOUNTED /* A response had a tag of no command, so that nobody knows what is in flight. */
};

/* Counts a command with this tag. */
void slo_in_flight_add(struct slo_in_flight *in_flight, uint64_t tag);
/* Counts the tagged response to a command. */
enum slo_in_flight_result slo_in_flight_answer(struct slo_in_flight *in_flight, uint64_t tag);
/* Returns 1 if a command with this tag is in flight, and no other. */
int slo_in_flight_is_only(const struct slo_in_flight *in_flight, uint64_t tag);

#endif

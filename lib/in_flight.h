/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands in flight, which the client has sent and the server has not answered. Any number of commands
 * fits into the same memory. */
#ifndef SLO_IN_FLIGHT_H
#define SLO_IN_FLIGHT_H

#include <stdint.h>

#define SLO_IN_FLIGHT_KNOWN 16

/* While at most SLO_IN_FLIGHT_KNOWN commands are in flight, the hash of each tag is stored, and a response
 * with any other tag changes nothing. If there are more commands, only their number and the sum of the hashes
 * are stored, until no command is in flight. In a struct of zeros, no command is in flight. */
struct slo_in_flight {
    uint64_t count;
    uint64_t sum;
    unsigned is_summed : 1;
    uint64_t tags[SLO_IN_FLIGHT_KNOWN]; /* in any order; valid unless is_summed */
};

enum slo_in_flight_result {
    SLO_IN_FLIGHT_ANSWERED,
    SLO_IN_FLIGHT_SURPLUS,   /* No command in flight has this tag. */
    SLO_IN_FLIGHT_MISCOUNTED /* A response had another tag, so the commands in flight are not known. */
};

/* Counts a command with this tag. */
void slo_in_flight_add(struct slo_in_flight *in_flight, uint64_t tag);
/* Counts the tagged response to a command. */
enum slo_in_flight_result slo_in_flight_answer(struct slo_in_flight *in_flight, uint64_t tag);
/* Returns 1 if exactly one command is in flight and it has this tag. */
int slo_in_flight_is_only(const struct slo_in_flight *in_flight, uint64_t tag);

#endif

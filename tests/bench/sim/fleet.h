/* SPDX-License-Identifier: BSD-2-Clause */
/* The other servers of the fleet, where the clients log in again. */
#ifndef TESTS_SIM_FLEET_H
#define TESTS_SIM_FLEET_H

#include "sim/strategy.h"

#define FLEET_SECONDS 3000 /* the length of the simulation */

/* What a client does when the fleet has no room for its login. */
enum retry {
    EAGER,   /* tries again each second */
    BACK_OFF /* waits 1, 2, 4 and up to 64 s, each time a random part of that time */
};

struct reconnects {
    uint32_t attempts[FLEET_SECONDS]; /* by second */
    uint32_t peak;                    /* the most attempts in one second */
    /* When all clients have logged in again; FLEET_SECONDS if that takes longer. */
    uint32_t all_in_s;
};

/* Each client makes its first attempt within a second after its connection was cut. capacity is in logins per
 * second. */
void fleet_receive(struct reconnects *reconnects, const struct departures *departures, enum retry retry,
                   uint32_t capacity);

#endif

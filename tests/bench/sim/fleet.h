/* SPDX-License-Identifier: BSD-2-Clause */
/* The rest of the fleet, where the clients log in again. */
#ifndef TESTS_SIM_FLEET_H
#define TESTS_SIM_FLEET_H

#include "sim/strategy.h"

#define FLEET_SECONDS 3000 /* what comes later is not simulated */

/* The behavior of a client when the fleet has no room for its login. */
enum retry {
    EAGER,   /* tries again each second */
    BACK_OFF /* waits 1, 2, 4 up to 64 s, each time a random part of that */
};

struct reconnects {
    uint32_t attempts[FLEET_SECONDS]; /* by second */
    uint32_t peak;                    /* the most in one second */
    uint32_t all_in_s;                /* when all clients have logged in again; FLEET_SECONDS: not so soon */
};

/* Each client first tries within a second after its connection was cut. capacity is in logins a second. */
void fleet_receive(struct reconnects *reconnects, const struct departures *departures, enum retry retry,
                   uint32_t capacity);

#endif

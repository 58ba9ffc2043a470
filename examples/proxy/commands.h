/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the control socket. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdint.h>
#include "address.h"
#include "stream.h"

#define COMMANDS_NAME 128 /* octets of a user's name, with its NUL */
#define COMMANDS_TEXT 201 /* of a text */

struct service;

/* The sessions for which all given conditions hold. */
struct selection {
    unsigned given; /* bits, private */
    char user[COMMANDS_NAME];
    struct address_network client;
    uint64_t connection, age_ms;
};

/* A list of sessions that is written in parts, at the speed of its reader. */
struct listing {
    int is_active;
    struct selection selection;
    unsigned loop; /* where it is */
    size_t place;  /* the next session in that loop is below this one */
    unsigned mark; /* of the sessions that have been listed */
    uint64_t count;
};

/* Runs a line, and queues the reply, which ends in a line that begins with `ok` or `error:`. If the reply is a list,
 * only begins it. */
void commands_run(struct service *service, char *line, struct stream *out, struct listing *listing,
                  uint64_t now);

/* Queues the next part of a list. */
void commands_list(struct service *service, struct stream *out, struct listing *listing, uint64_t now);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The data of a connection that its loop needs. */
#ifndef PEER_H
#define PEER_H

#include <stdint.h>
#include <slogout/slogout.h>
#include "alarms.h"
#include "stream.h"

#define PEER_STREAMS 2

struct loop;

struct peer {
    struct alarm alarm; /* first; private to the loop */
    struct slogout *slogout;
    struct slogout_session *session;
    uint64_t number;                      /* for the log, from 1 */
    uint64_t begun_ms;                    /* when it was accepted */
    struct stream *streams[PEER_STREAMS]; /* to be watched; NULL: none */
    struct loop *loop;                    /* private to the loop, like all that follows */
    struct peer *next_touched;
    size_t place;
    int is_touched;
    unsigned mark; /* of the last list that it was in */
};

#endif

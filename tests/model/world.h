/* SPDX-License-Identifier: BSD-2-Clause */
/* The real library with two sessions, the set of a drain, and their host, in one block of memory. The block
 * can be copied and restored, because no data outside it changes from step to step. */
#ifndef WORLD_H
#define WORLD_H

#include "model.h"
#include "session.h"
#include "step.h"

#define BLOCKS (2 * SESSIONS) /* because memory that is freed in a callback is released later */

/* Memory for a session. */
struct block {
    struct slogout_session memory;
    int used;
};

/* What an observer knows of one session. */
struct witness {
    char tag[SLOGOUT_TAG_SIZE]; /* of the LOGOUT that the host took */
    uint64_t asked_at;
    unsigned char logouts, byes; /* that the host took */
    unsigned char closes;
    unsigned char given_up;     /* the host freed or abandoned the session before its end */
    unsigned char busy;         /* send_line returned BUSY for the last line */
    unsigned char write_failed; /* send_line failed for the last line */
};

struct world {
    struct slogout *slogout;
    struct slogout_session *session[SESSIONS]; /* NULL if it was freed */
    struct witness witness[SESSIONS];
    struct slo_session_set set;
    struct model model;
    uint64_t now;       /* the latest time that was passed to the library */
    uint64_t told;      /* the deadline that set_timer received since the last tick */
    uint64_t exchanges; /* exchanges that have ended in any way */
    struct slogout memory;
    struct block block[BLOCKS];
};

extern struct world world;
extern int world_verbose; /* print each step */

/* If `sessions` is 1, there is no B. */
void world_start(const struct model_settings *settings, int sessions);

/* Makes one step and checks it against the model and the properties. choose() selects the step and all
 * actions of the host during the step. Returns 0 if the choices make no step. */
int world_step(void);

/* Fails unless each session that must end does so even if send_line always returns BUSY. Changes the world.
 * */
void world_check_end(void);

/* All data that determine the further behavior. */
struct key {
    unsigned char bytes[26];
};
struct key world_key(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The real library with two sessions, a drain's set and their host, in one block of memory that can be
 * copied and put back: nothing outside it changes from step to step. */
#ifndef WORLD_H
#define WORLD_H

#include "model.h"
#include "session.h"
#include "step.h"

#define BLOCKS (2 * SESSIONS) /* twice as many, since memory that is freed in a callback is released later */

/* Memory for a session. */
struct block {
    struct slogout_session memory;
    int used;
};

/* The data that an observer has of one session. */
struct witness {
    char tag[SLOGOUT_TAG_SIZE]; /* of the LOGOUT that was taken */
    uint64_t asked_at;
    unsigned char logouts, byes; /* taken */
    unsigned char closes;
    unsigned char given_up;     /* the host freed or abandoned it before it had ended */
    unsigned char busy;         /* send_line returned BUSY for the last line */
    unsigned char write_failed; /* the last line could not be written */
};

struct world {
    struct slogout *slogout;
    struct slogout_session *session[SESSIONS]; /* NULL: freed */
    struct witness witness[SESSIONS];
    struct slo_session_set set;
    struct model model;
    uint64_t now;       /* the greatest time that the library was given */
    uint64_t told;      /* by set_timer since the last tick */
    uint64_t exchanges; /* exchanges that ended, in any way */
    struct slogout memory;
    struct block block[BLOCKS];
};

extern struct world world;
extern int world_verbose; /* prints each step */

/* With sessions 1 there is no B. */
void world_start(const struct model_settings *settings, int sessions);

/* Makes one step and checks it against the model and the properties. choose() selects the step and all
 * actions of the host during it. Returns 0 if the choices make no step. */
int world_step(void);

/* Fails unless each session that must end does, although send_line is always BUSY. Changes the world. */
void world_check_end(void);

/* All data on which the future depends. */
struct key {
    unsigned char bytes[26];
};
struct key world_key(void);

#endif

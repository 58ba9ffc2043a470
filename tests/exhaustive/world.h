/* The real library with two sessions, a drain's set and their host, in one block of memory that can be
 * copied and put back: nothing outside it changes from step to step. */
#ifndef WORLD_H
#define WORLD_H

#include "model.h"
#include "session.h"
#include "step.h"

#define BLOCKS (2 * SESSIONS) /* what is freed in a callback goes late: room for those after it */

/* Memory for a session, with room for a refusal that is waited out. */
struct block {
    struct {
        struct slogout_session session;
        struct slo_refusal refusal;
    } memory;
    int used;
};

/* What an onlooker knows of one session. */
struct witness {
    char tag[SLOGOUT_TAG_SIZE]; /* of the LOGOUT that was taken */
    uint64_t asked_at;
    unsigned char logouts, byes; /* taken */
    unsigned char closes;
    unsigned char given_up;     /* the host freed or abandoned it before it had ended */
    unsigned char busy;         /* of the last line: the host said so */
    unsigned char write_failed; /* of the last line */
};

struct world {
    struct slogout *slogout;
    struct slogout_session *session[SESSIONS]; /* NULL: freed */
    struct witness witness[SESSIONS];
    struct slo_session_set set;
    struct model model;
    uint64_t now;       /* the greatest shown */
    uint64_t told;      /* by set_timer since the last tick */
    uint64_t exchanges; /* that ended, in any way */
    struct slogout memory;
    struct block block[BLOCKS];
};

extern struct world world;
extern int world_verbose; /* tells each step on standard output */

/* sessions 1: there is no B. */
void world_start(const struct model_settings *settings, int sessions);

/* Makes one step, asking choose() for which one and for all that the host does meanwhile, and checks it against
 * the model and the properties. 0: the choices make no step. */
int world_step(void);

/* Is everybody out in the end who must be, however busy the host says it is? Spoils the world. */
void world_check_end(void);

/* All that the future depends on. */
struct key {
    unsigned char bytes[20];
};
struct key world_key(void);

#endif

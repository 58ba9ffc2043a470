/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include "asking.h"
#include "log.h"

struct asking {
    struct slogout_drain *drain;
    struct askings *askings;
    struct asking *next;
};

static void end(struct asking **place)
{
    struct asking *asking = *place;

    *place = asking->next;
    slogout_drain_free(asking->drain);
    free(asking);
}

static void done(struct slogout_drain *drain, void *user_data)
{
    struct asking *asking = user_data;
    struct askings *askings = asking->askings;
    struct asking **place = &askings->first;

    (void)drain;
    while (*place != asking)
        place = &(*place)->next;
    end(place);
    askings->ended++;
}

struct asking *asking_new(struct askings *askings, struct slogout *slogout)
{
    struct asking *asking = calloc(1, sizeof *asking);

    if (!asking || slogout_drain_new(&asking->drain, slogout, done, asking) < 0) {
        free(asking);
        log_line("asking failed: out of memory");
        return NULL;
    }
    asking->askings = askings;
    asking->next = askings->first;
    askings->first = asking;
    return asking;
}

int asking_add(struct asking *asking, struct slogout_session *session)
{
    if (slogout_session_state(session) == SLOGOUT_STATE_WAITING)
        slogout_session_cancel(session);
    return slogout_drain_add(asking->drain, session, 0) == 0;
}

void asking_start(struct asking *asking, const struct slogout_plan *plan, uint64_t now)
{
    struct slogout_plan endless = *plan;

    endless.deadline_ms = 0;
    slogout_drain_start(asking->drain, &endless, now);
}

void askings_end(struct askings *askings)
{
    while (askings->first)
        end(&askings->first);
}

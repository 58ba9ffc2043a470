/* SPDX-License-Identifier: BSD-2-Clause */
#include "asking.h"
#include "log.h"

static void done(struct slogout_drain *drain, void *user_data)
{
    struct asking *asking = user_data;

    (void)drain;
    asking->ended++;
    asking_end(asking);
}

int asking_prepare(struct asking *asking, struct slogout *slogout)
{
    const int error = asking->drain ? 0 : slogout_drain_new(&asking->drain, slogout, done, asking);

    if (error)
        log_line("asking failed: %s", slogout_strerror(error));
    return error ? -1 : 0;
}

int asking_add(struct asking *asking, struct slogout_session *session)
{
    return slogout_drain_add(asking->drain, session, 0) == 0;
}

void asking_start(struct asking *asking, const struct slogout_plan *plan, uint64_t now)
{
    struct slogout_plan endless = *plan;

    endless.deadline_ms = 0;
    slogout_drain_start(asking->drain, &endless, now);
}

void asking_end(struct asking *asking)
{
    slogout_drain_free(asking->drain);
    asking->drain = NULL;
}

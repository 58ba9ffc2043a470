#include <inttypes.h>
#include <stdio.h>
#include "common/departure.h"

#define REPORT_INTERVAL 1000 /* milliseconds */

static void report(const struct departure *departure)
{
    const struct slogout_counts *counts = slogout_drain_counts(departure->drain);

    fprintf(stderr,
            "drain waiting=%" PRIu64 " pending=%" PRIu64 " asked=%" PRIu64 " leaving=%" PRIu64
            " ended=%" PRIu64 "\n",
            counts->waiting, counts->pending, counts->asked, counts->leaving, counts->ended);
}

static void done(struct slogout_drain *drain, void *user_data)
{
    struct departure *departure = user_data;

    (void)drain;
    departure->is_over = 1;
    departure->report_ms = UINT64_MAX;
    report(departure);
}

/* best_effort when it comes to it: how many clients there will be is not known yet, and more than can be
 * asked in time are no reason to stay. */
int departure_init(struct departure *departure, struct slogout *slogout, const struct slogout_plan *plan,
                   struct slogout_advice *advice)
{
    const struct departure fresh = {.plan = *plan, .report_ms = UINT64_MAX};
    const int error = slogout_plan_check(slogout, plan, 1, advice);

    *departure = fresh;
    departure->plan.best_effort = 1;
    return error ? error : slogout_drain_new(&departure->drain, slogout, done, departure);
}

void departure_free(struct departure *departure)
{
    slogout_drain_free(departure->drain);
}

void departure_add(struct departure *departure, struct slogout_session *session)
{
    slogout_drain_add(departure->drain, session, 0);
}

void departure_go(struct departure *departure, uint64_t now)
{
    if (departure->is_begun) {
        slogout_drain_force(departure->drain, now);
        return;
    }
    slogout_drain_start(departure->drain, &departure->plan, now);
    departure->is_begun = 1;
    departure->report_ms = now;
}

void departure_report(struct departure *departure, uint64_t now)
{
    if (now < departure->report_ms)
        return;
    report(departure);
    departure->report_ms = now + REPORT_INTERVAL;
}

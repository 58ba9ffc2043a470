/* SPDX-License-Identifier: BSD-2-Clause */
/* The cost of one session's event while other drains run. The event is a request that is canceled, so that a timer
 * starts and stops. For comparison, libev starts and stops one timer while the same number of other timers run. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <slogout/drain.h>
#include "bench.h"
#ifdef LIBEV
#include "libev.h"
#endif

#define EVENTS 100000

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session, (void)line, (void)len, (void)when, (void)conn;
    return SLOGOUT_BUSY;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session, (void)result, (void)conn;
}

static void done(struct slogout_drain *drain, void *user_data)
{
    (void)drain, (void)user_data;
}

static void set_timer(struct slogout *slogout, uint64_t deadline_ms, void *user_data)
{
    (void)slogout, (void)deadline_ms, (void)user_data;
}

static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

static struct slogout_session *make_session(struct slogout *slogout)
{
    struct slogout_session *session;

    bench_require(slogout_session_new(&session, slogout, &callbacks, NULL) == 0, "a session");
    return session;
}

static double run_slogout(size_t drains)
{
    static const struct slogout_settings settings = {.size = sizeof settings, .set_timer = set_timer};
    struct slogout_drain **all = calloc(drains, sizeof(struct slogout_drain *));
    struct slogout_session **members = calloc(drains, sizeof(struct slogout_session *));
    struct slogout *slogout;
    struct slogout_session *session;
    double spent;
    size_t i;

    bench_require(all && members && slogout_new(&slogout, &settings) == 0, "slogout_new");
    for (i = 0; i < drains; i++) {
        const struct slogout_plan plan = {.size = sizeof plan, .spread_ms = 3600000, .seed = (uint32_t)i};
        members[i] = make_session(slogout);
        bench_require(slogout_drain_new(&all[i], slogout, done, NULL) == 0 &&
                          slogout_drain_add(all[i], members[i], 0) == 0 &&
                          slogout_drain_start(all[i], &plan, 0) == 0,
                      "a drain");
    }
    while (slogout_deadline(slogout) == 0) /* each drain handles its slots once */
        slogout_tick(slogout, 0);
    session = make_session(slogout);
    spent = bench_now();
    for (i = 0; i < EVENTS; i++)
        bench_require(slogout_session_request(session, NULL, 0) == 0 && slogout_session_cancel(session) == 0,
                      "an event");
    spent = bench_now() - spent;
    slogout_session_free(session);
    for (i = 0; i < drains; i++) {
        slogout_session_free(members[i]);
        slogout_drain_free(all[i]);
    }
    bench_require(slogout_free(slogout) == 0, "slogout_free");
    free(all);
    free(members);
    return spent / EVENTS;
}

#ifdef LIBEV
static double run_libev(size_t drains)
{
    return libev_beside(drains, EVENTS) / EVENTS;
}
#endif

/* Up to 100 drains, because the drains are in a list, and a program has only a few at a time. */
static const size_t sizes[] = {1, 10, 100, 0};

static const struct bench_row rows[] = {
    {"an event beside drains",
     "ns",
     5,
     sizes,
     {{"slogout", run_slogout, 0},
#ifdef LIBEV
      {"libev", run_libev, 0},
#endif
      {NULL, NULL, 0}}},
};

int main(int argc, char **argv)
{
    return bench_main(argc, argv, rows, sizeof rows / sizeof *rows);
}

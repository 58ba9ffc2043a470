/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <ev.h>
#include <stdlib.h>
#include <time.h>
#include "bench.h"
#include "libev.h"

static size_t expired;

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    expired++;
}

double libev_timers(size_t n, int is_shuffled, unsigned interval_ms)
{
    const struct timespec wait = {0, 2 * (long)interval_ms * 1000000};
    struct ev_loop *loop = ev_loop_new(0);
    ev_timer *timers = calloc(n, sizeof *timers);
    size_t *order = bench_order(n, is_shuffled);
    double spent;
    size_t i;

    bench_require(timers != NULL, "calloc");
    for (i = 0; i < n; i++)
        ev_timer_init(&timers[i], on_timer, interval_ms / 1000., 0.);
    expired = 0;
    ev_now_update(loop);
    spent = bench_now();
    for (i = 0; i < n; i++)
        ev_timer_start(loop, &timers[order[i]]);
    for (i = 1; i < n; i += 2)
        ev_timer_stop(loop, &timers[order[i]]);
    spent = bench_now() - spent;
    nanosleep(&wait, NULL);
    spent -= bench_now();
    while (expired < n / 2)
        ev_run(loop, EVRUN_NOWAIT);
    spent += bench_now();
    bench_require(expired == n / 2, "half of the timers expire");
    ev_loop_destroy(loop);
    free(timers);
    free(order);
    return spent;
}

double libev_beside(size_t others, size_t n)
{
    struct ev_loop *loop = ev_loop_new(0);
    ev_timer *timers = calloc(others, sizeof *timers);
    ev_timer own;
    double spent;
    size_t i;

    bench_require(timers != NULL, "calloc");
    for (i = 0; i < others; i++) {
        ev_timer_init(&timers[i], on_timer, 60. + (double)i, 0.);
        ev_timer_start(loop, &timers[i]);
    }
    ev_timer_init(&own, on_timer, 35., 0.);
    spent = bench_now();
    for (i = 0; i < n; i++) {
        ev_timer_start(loop, &own);
        ev_timer_stop(loop, &own);
    }
    spent = bench_now() - spent;
    ev_loop_destroy(loop);
    free(timers);
    return spent;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The cost of N timers of one interval: each timer is armed, every second timer is canceled, and the others expire. The
 * figure is the nanoseconds of all three for each timer, without the wait until the timers are due. In random order,
 * the order in which the timers are armed and canceled differs from their order in memory. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <time.h>
#include "bench.h"
#include "timer.h"
#ifdef LIBEVENT
#include <event2/event.h>
#endif
#ifdef LIBEV
#include "libev.h"
#endif
#ifdef LIBUV
#include <uv.h>
#endif
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>
#define TIMERFD_MOST 10000 /* each timer is a descriptor */
#endif

#define INTERVAL_MS 5

static size_t expired;

static void wait_until_due(void)
{
    const struct timespec wait = {0, 2 * INTERVAL_MS * 1000000L};

    nanosleep(&wait, NULL);
}

static void check(size_t n)
{
    bench_require(expired == n / 2, "half of the timers expire");
    expired = 0;
}

/* ---- slogout ---- */

static void slogout_expired(struct slo_timer *timer)
{
    (void)timer;
    expired++;
}

static double run_slogout(size_t n, int is_shuffled)
{
    struct slo_timer *timers = calloc(n, sizeof *timers);
    size_t *order = bench_order(n, is_shuffled);
    struct slo_clock clock;
    struct slo_timers queue;
    double spent;
    size_t i;

    bench_require(timers != NULL, "calloc");
    slo_clock_init(&clock);
    slo_timers_init(&queue, &clock, slogout_expired);
    for (i = 0; i < n; i++)
        slo_link_init(&timers[i].link);
    spent = bench_now();
    for (i = 0; i < n; i++)
        slo_timer_start(&queue, &timers[order[i]], INTERVAL_MS);
    for (i = 1; i < n; i += 2)
        slo_timer_stop(&queue, &timers[order[i]]);
    slo_clock_advance(&clock, 2 * INTERVAL_MS);
    slo_clock_ring(&clock, UINT32_MAX);
    spent = bench_now() - spent;
    check(n);
    free(timers);
    free(order);
    return spent / (double)n;
}

/* ---- libevent: its heap, and its queue for common timeouts ---- */

#ifdef LIBEVENT
static void event_expired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    expired++;
}

static double run_libevent(size_t n, int is_shuffled, int is_common)
{
    const struct timeval interval = {0, INTERVAL_MS * 1000};
    struct event_base *base = event_base_new();
    const struct timeval *timeout = is_common ? event_base_init_common_timeout(base, &interval) : &interval;
    char *timers = calloc(n, event_get_struct_event_size());
    size_t *order = bench_order(n, is_shuffled);
    double spent;
    size_t i;

#define EVENT(i) ((struct event *)(void *)(timers + order[i] * event_get_struct_event_size()))
    bench_require(timers != NULL, "calloc");
    for (i = 0; i < n; i++)
        evtimer_assign(EVENT(i), base, event_expired, NULL);
    spent = bench_now();
    for (i = 0; i < n; i++)
        evtimer_add(EVENT(i), timeout);
    for (i = 1; i < n; i += 2)
        evtimer_del(EVENT(i));
    spent = bench_now() - spent;
    wait_until_due();
    spent -= bench_now();
    while (expired < n / 2)
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    spent += bench_now();
    check(n);
    event_base_free(base);
    free(timers);
    free(order);
    return spent / (double)n;
}
#endif

/* ---- libuv: a binary heap ---- */

#ifdef LIBUV
static void uv_expired(uv_timer_t *timer)
{
    (void)timer;
    expired++;
}

static double run_libuv(size_t n, int is_shuffled)
{
    uv_loop_t loop;
    uv_timer_t *timers = calloc(n, sizeof *timers);
    size_t *order = bench_order(n, is_shuffled);
    double spent;
    size_t i;

    bench_require(timers != NULL && uv_loop_init(&loop) == 0, "a loop of libuv");
    for (i = 0; i < n; i++)
        uv_timer_init(&loop, &timers[i]);
    uv_update_time(&loop);
    spent = bench_now();
    for (i = 0; i < n; i++)
        uv_timer_start(&timers[order[i]], uv_expired, INTERVAL_MS, 0);
    for (i = 1; i < n; i += 2)
        uv_timer_stop(&timers[order[i]]);
    spent = bench_now() - spent;
    wait_until_due();
    spent -= bench_now();
    while (expired < n / 2)
        uv_run(&loop, UV_RUN_NOWAIT);
    spent += bench_now();
    check(n);
    for (i = 0; i < n; i++)
        uv_close((uv_handle_t *)&timers[i], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    bench_require(uv_loop_close(&loop) == 0, "the loop of libuv is empty");
    free(timers);
    free(order);
    return spent / (double)n;
}
#endif

/* ---- Linux: a descriptor for each timer ---- */

#ifdef __linux__
static size_t read_expired(int epoll)
{
    struct epoll_event events[512];
    const int count = epoll_wait(epoll, events, 512, 1000);
    uint64_t times;
    int i;

    bench_require(count > 0, "epoll_wait");
    for (i = 0; i < count; i++)
        bench_require(read(events[i].data.fd, &times, sizeof times) == sizeof times, "read of a timerfd");
    return (size_t)count;
}

static double run_timerfd(size_t n, int is_shuffled)
{
    static const struct itimerspec interval = {{0, 0}, {0, INTERVAL_MS * 1000000L}}, never;
    const struct rlimit limit = {TIMERFD_MOST + 100, TIMERFD_MOST + 100};
    const int epoll = epoll_create1(0);
    int *timers = calloc(n, sizeof *timers);
    size_t *order = bench_order(n, is_shuffled);
    struct rlimit now;
    double spent;
    size_t i;

    bench_require(timers != NULL && getrlimit(RLIMIT_NOFILE, &now) == 0, "calloc");
    if (now.rlim_cur < limit.rlim_cur)
        bench_require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "as many descriptors as timers");
    for (i = 0; i < n; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        timers[i] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
        event.data.fd = timers[i];
        bench_require(timers[i] >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, timers[i], &event) == 0, "a timerfd");
    }
    spent = bench_now();
    for (i = 0; i < n; i++)
        timerfd_settime(timers[order[i]], 0, &interval, NULL);
    /* A timer that has expired already, because the machine is very busy, is read like the others. */
    for (i = 1; i < n; i += 2)
        timerfd_settime(timers[order[i]], 0, &never, NULL);
    spent = bench_now() - spent;
    wait_until_due();
    spent -= bench_now();
    while (expired < n / 2)
        expired += read_expired(epoll);
    spent += bench_now();
    check(n);
    for (i = 0; i < n; i++)
        close(timers[i]);
    close(epoll);
    free(timers);
    free(order);
    return spent / (double)n;
}
#endif

/* ---- rows ---- */

#define IN_BOTH_ORDERS(name, call)                                                                           \
    static double name##_in_order(size_t n)                                                                  \
    {                                                                                                        \
        const int is_shuffled = 0;                                                                           \
        return call;                                                                                         \
    }                                                                                                        \
    static double name##_shuffled(size_t n)                                                                  \
    {                                                                                                        \
        const int is_shuffled = 1;                                                                           \
        return call;                                                                                         \
    }

IN_BOTH_ORDERS(slogout, run_slogout(n, is_shuffled))
#ifdef LIBEVENT
IN_BOTH_ORDERS(libevent, run_libevent(n, is_shuffled, 0))
IN_BOTH_ORDERS(common, run_libevent(n, is_shuffled, 1))
#define LIBEVENT_PEERS(order) {"libevent", libevent_##order, 0}, {"libevent common", common_##order, 0},
#else
#define LIBEVENT_PEERS(order)
#endif
#ifdef LIBEV
IN_BOTH_ORDERS(libev, libev_timers(n, is_shuffled, INTERVAL_MS) / (double)n)
#define LIBEV_PEER(order) {"libev", libev_##order, 0},
#else
#define LIBEV_PEER(order)
#endif
#ifdef LIBUV
IN_BOTH_ORDERS(libuv, run_libuv(n, is_shuffled))
#define LIBUV_PEER(order) {"libuv", libuv_##order, 0},
#else
#define LIBUV_PEER(order)
#endif
#ifdef __linux__
IN_BOTH_ORDERS(timerfd, run_timerfd(n, is_shuffled))
#define TIMERFD_PEER(order)                                                                                  \
    {                                                                                                        \
        "timerfd", timerfd_##order, TIMERFD_MOST                                                             \
    }
#else
#define TIMERFD_PEER(order)                                                                                  \
    {                                                                                                        \
        NULL, NULL, 0                                                                                        \
    }
#endif

#define PEERS(order)                                                                                         \
    {                                                                                                        \
        {"slogout", slogout_##order, 0},                                                                     \
            LIBEVENT_PEERS(order) LIBEV_PEER(order) LIBUV_PEER(order) TIMERFD_PEER(order)                    \
    }

static const size_t sizes[] = {1000, 10000, 100000, 1000000, 0};

static const struct bench_row rows[] = {
    {"timers in order", "ns", 5, sizes, PEERS(in_order)},
    {"timers in random order", "ns", 5, sizes, PEERS(shuffled)},
};

int main(int argc, char **argv)
{
#ifdef LIBEVENT
    bench_version("libevent", event_get_version());
#endif
#ifdef LIBUV
    bench_version("libuv", uv_version_string());
#endif
    return bench_main(argc, argv, rows, sizeof rows / sizeof *rows);
}

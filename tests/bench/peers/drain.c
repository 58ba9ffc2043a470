/* SPDX-License-Identifier: BSD-2-Clause */
/* The cost of a whole drain of N sessions. Each session is asked at its own instant in a spread, gets a timer for its
 * answer, answers 100 ms later, and is closed and freed. slogout uses slots and lists for this. A server without
 * slogout has a timer of its event loop for each session, first for its instant and then for its answer. Time is
 * simulated: each millisecond begins 20 sessions and runs the loop once. The loops of the peers read the clock that
 * this file defines.
 *
 * In random order, the order in which sessions are added to the drain differs from their order in memory. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <slogout/drain.h>
#include "bench.h"
#ifdef LIBEVENT
#include <event2/event.h>
#endif
#ifdef LIBUV
#include <uv.h>
#endif

#define RATE             20 /* sessions per millisecond */
#define CLIENT_MS        100
#define ANSWER_TIMEOUT_S 35

/* ---- the clock, for the libraries that are linked with this program ---- */

static uint64_t now_ms;

int clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    time->tv_sec = (time_t)(1000 + now_ms / 1000);
    time->tv_nsec = (long)(now_ms % 1000) * 1000000;
    return 0;
}

/* ---- connections, and their clients ---- */

struct conn {
    struct slogout_session *session;
    uint64_t answer_ms;
    size_t len;
    char answer[32]; /* the client's answer, after it was asked */
};

static struct conn *conns, **asked;
static size_t asks, answers, ended;

/* Queues `TAG LOGOUT`. The client will answer `TAG OK`. */
static void ask(struct conn *conn, const char *line, size_t tag_len)
{
    memcpy(conn->answer, line, tag_len);
    memcpy(conn->answer + tag_len, " OK", 3);
    conn->len = tag_len + 3;
    conn->answer_ms = now_ms + CLIENT_MS;
    asked[asks++] = conn;
}

static void set_up(size_t n)
{
    conns = calloc(n, sizeof *conns);
    asked = calloc(n, sizeof(struct conn *));
    bench_require(conns && asked, "calloc");
    asks = answers = ended = 0;
    now_ms = 0;
}

static void clean_up(size_t n)
{
    bench_require(ended == n, "all sessions ended");
    free(conns);
    free(asked);
}

/* Runs the clients and the loop until all sessions have ended. */
static double run_all(size_t n, void (*answer)(struct conn *conn), void (*turn)(void))
{
    double spent = bench_now();

    for (; ended < n; now_ms++) {
        while (answers < asks && asked[answers]->answer_ms <= now_ms)
            answer(asked[answers++]);
        turn();
        bench_require(now_ms < n / RATE + 10000, "the drain ends");
    }
    return bench_now() - spent;
}

/* ---- slogout ---- */

static struct slogout *slogout;
static struct slogout_drain *drain;
static char *memory, *free_memory; /* the sessions are contiguous, like those of the peers */

static void *allocate(size_t size, void *user_data)
{
    char *taken = free_memory;

    (void)user_data;
    free_memory += (size + 15) / 16 * 16;
    return taken;
}

static void release(void *taken, void *user_data)
{
    (void)taken, (void)user_data;
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session, (void)when;
    ask(conn, line, len - (sizeof " LOGOUT\r\n" - 1));
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)result, (void)conn;
    slogout_session_free(session);
    ended++;
}

static void done(struct slogout_drain *finished, void *user_data)
{
    (void)user_data;
    slogout_drain_free(finished);
    drain = NULL;
}

static void answer_slogout(struct conn *conn)
{
    (void)!slogout_session_feed_line(conn->session, conn->answer, conn->len, now_ms);
}

static void turn_slogout(void)
{
    while (slogout_deadline(slogout) <= now_ms)
        slogout_tick(slogout, now_ms);
}

static double run_slogout(size_t n, int is_shuffled)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    static const struct slogout_settings settings = {
        .size = sizeof settings, .allocate = allocate, .release = release};
    const struct slogout_plan plan = {.size = sizeof plan, .spread_ms = (uint32_t)(n / RATE), .seed = 1};
    size_t *order = bench_order(n, is_shuffled);
    double spent;
    size_t i;

    set_up(n);
    memory = free_memory = malloc(n * 128 + 65536);
    bench_require(memory && slogout_new(&slogout, &settings) == 0, "slogout_new");
    for (i = 0; i < n; i++) {
        bench_require(slogout_session_new(&conns[i].session, slogout, &callbacks, &conns[i]) == 0,
                      "a session");
        slogout_session_set_enabled(conns[i].session, 1);
    }
    spent = bench_now();
    bench_require(slogout_drain_new(&drain, slogout, done, NULL) == 0, "a drain");
    for (i = 0; i < n; i++)
        slogout_drain_add(drain, conns[order[i]].session, 0);
    slogout_drain_start(drain, &plan, now_ms);
    spent = bench_now() - spent;
    spent += run_all(n, answer_slogout, turn_slogout);
    turn_slogout();
    bench_require(drain == NULL && slogout_free(slogout) == 0, "slogout_free");
    clean_up(n);
    free(memory);
    free(order);
    return spent / (double)n;
}

/* ---- a server without slogout ---- */

static uint64_t random_state;

static unsigned random_below(size_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((random_state >> 33) % limit);
}

static void ask_by_hand(struct conn *conn)
{
    static const char line[] = "TAG.1234567 LOGOUT\r\n";

    ask(conn, line, sizeof "TAG.1234567" - 1);
}

#ifdef LIBEVENT
static struct event_base *base;
static char *events;

#define EVENT(i) ((struct event *)(void *)(events + (size_t)(i)*event_get_struct_event_size()))

static void event_fired(evutil_socket_t fd, short what, void *arg)
{
    const struct timeval timeout = {ANSWER_TIMEOUT_S, 0};
    struct conn *conn = arg;

    (void)fd, (void)what;
    bench_require(!conn->len, "an answer in time");
    ask_by_hand(conn);
    evtimer_add(EVENT(conn - conns), &timeout);
}

static void answer_libevent(struct conn *conn)
{
    evtimer_del(EVENT(conn - conns));
    ended++;
}

static void turn_libevent(void)
{
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static double run_libevent(size_t n, int is_shuffled)
{
    size_t *order = bench_order(n, is_shuffled);
    double spent;
    size_t i;

    set_up(n);
    random_state = 1;
    base = event_base_new();
    events = calloc(n, event_get_struct_event_size());
    bench_require(base && events, "a base of libevent");
    for (i = 0; i < n; i++)
        evtimer_assign(EVENT(i), base, event_fired, &conns[i]);
    spent = bench_now();
    for (i = 0; i < n; i++) {
        const unsigned instant = random_below(n / RATE);
        const struct timeval timeout = {instant / 1000, instant % 1000 * 1000};
        evtimer_add(EVENT(order[i]), &timeout);
    }
    spent = bench_now() - spent;
    spent += run_all(n, answer_libevent, turn_libevent);
    event_base_free(base);
    clean_up(n);
    free(events);
    free(order);
    return spent / (double)n;
}
#endif

#ifdef LIBUV
static uv_loop_t loop;
static uv_timer_t *timers;

static void uv_fired(uv_timer_t *timer)
{
    struct conn *conn = &conns[timer - timers];

    bench_require(!conn->len, "an answer in time");
    ask_by_hand(conn);
    uv_timer_start(timer, uv_fired, ANSWER_TIMEOUT_S * 1000, 0);
}

static void answer_libuv(struct conn *conn)
{
    uv_timer_stop(&timers[conn - conns]);
    ended++;
}

static void turn_libuv(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
}

static double run_libuv(size_t n, int is_shuffled)
{
    size_t *order = bench_order(n, is_shuffled);
    double spent;
    size_t i;

    set_up(n);
    random_state = 1;
    timers = calloc(n, sizeof *timers);
    bench_require(timers && uv_loop_init(&loop) == 0, "a loop of libuv");
    for (i = 0; i < n; i++)
        uv_timer_init(&loop, &timers[i]);
    spent = bench_now();
    for (i = 0; i < n; i++)
        uv_timer_start(&timers[order[i]], uv_fired, random_below(n / RATE), 0);
    spent = bench_now() - spent;
    spent += run_all(n, answer_libuv, turn_libuv);
    for (i = 0; i < n; i++)
        uv_close((uv_handle_t *)&timers[i], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    bench_require(uv_loop_close(&loop) == 0, "the loop of libuv is empty");
    clean_up(n);
    free(timers);
    free(order);
    return spent / (double)n;
}
#endif

/* ---- rows ---- */

#define IN_BOTH_ORDERS(name)                                                                                 \
    static double name##_in_order(size_t n)                                                                  \
    {                                                                                                        \
        return run_##name(n, 0);                                                                             \
    }                                                                                                        \
    static double name##_shuffled(size_t n)                                                                  \
    {                                                                                                        \
        return run_##name(n, 1);                                                                             \
    }

IN_BOTH_ORDERS(slogout)
#ifdef LIBEVENT
IN_BOTH_ORDERS(libevent)
#define LIBEVENT_PEER(order) {"libevent", libevent_##order, 0},
#else
#define LIBEVENT_PEER(order)
#endif
#ifdef LIBUV
IN_BOTH_ORDERS(libuv)
#define LIBUV_PEER(order) {"libuv", libuv_##order, 0},
#else
#define LIBUV_PEER(order)
#endif

#define PEERS(order)                                                                                         \
    {                                                                                                        \
        {"slogout", slogout_##order, 0}, LIBEVENT_PEER(order) LIBUV_PEER(order)                              \
        {                                                                                                    \
            NULL, NULL, 0                                                                                    \
        }                                                                                                    \
    }

static const size_t sizes[] = {1000, 10000, 100000, 1000000, 0};

static const struct bench_row rows[] = {
    {"a drain in order", "ns", 3, sizes, PEERS(in_order)},
    {"a drain in random order", "ns", 3, sizes, PEERS(shuffled)},
};

int main(int argc, char **argv)
{
    return bench_main(argc, argv, rows, sizeof rows / sizeof *rows);
}

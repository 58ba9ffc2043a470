/* SPDX-License-Identifier: BSD-2-Clause */
/* The cost of a whole drain in the library (add, ask, arm, answer, cancel, close, free) and, in the same run, the cost
 * for peers to arm and to cancel one timer for each session. The host is as small as possible: it copies the line that
 * it receives, and answers it 100 ms later. All memory comes from one block, in the order of the sessions.
 *
 *   drain whole|shuffled|fifo|libevent SESSIONS
 *                           prints nanoseconds for each session, the minimum of five runs; shuffled: the sessions are
 *                           added in random order, so that each is a cache miss if there are many sessions
 *   drain once SESSIONS     makes one run, for callgrind to count */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <slogout/drain.h>
#ifdef LIBEVENT
#include <event2/event.h>
#endif

#define RATE      20  /* sessions per millisecond */
#define ANSWER_MS 100 /* from the LOGOUT to the client's OK */
#define RUNS      5

/* ---- the host ---- */

struct conn {
    struct slogout_session *session;
    char answer[32];
    size_t len;
    uint64_t answer_ms;
};

struct host {
    struct slogout *slogout;
    struct conn *conns;
    /* The sessions in the order in which they are added, and in the order of their LOGOUTs. */
    struct conn **order, **asked;
    char *memory, *free_memory;
    size_t count, asks, answers;
    uint64_t now;
    int is_done;
};

static struct host host;

static void *allocate(size_t size, void *user_data)
{
    char *memory = host.free_memory;

    (void)user_data;
    host.free_memory += (size + 15) / 16 * 16;
    return memory;
}

static void release(void *memory, void *user_data)
{
    (void)memory;
    (void)user_data;
}

/* `TAG LOGOUT` is answered with `TAG OK`. */
static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *user)
{
    struct conn *conn = user;
    const size_t tag_len = len - sizeof "LOGOUT\r\n" + 1;

    (void)session;
    (void)when;
    memcpy(conn->answer, line, tag_len);
    memcpy(conn->answer + tag_len, "OK", 2);
    conn->len = tag_len + 2;
    conn->answer_ms = host.now + ANSWER_MS;
    host.asked[host.asks++] = conn;
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)result;
    (void)conn;
    slogout_session_free(session);
}

static void done(struct slogout_drain *drain, void *user_data)
{
    (void)user_data;
    slogout_drain_free(drain);
    host.is_done = 1;
}

static void answer_all_due(void)
{
    while (host.answers < host.asks && host.asked[host.answers]->answer_ms <= host.now) {
        const struct conn *conn = host.asked[host.answers++];
        if (slogout_session_feed_line(conn->session, conn->answer, conn->len, host.now) != SLOGOUT_CONSUMED)
            exit(1);
    }
}

static void set_up(size_t count)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    static const struct slogout_settings settings = {
        .size = sizeof settings, .allocate = allocate, .release = release};
    size_t i;

    host.count = count;
    host.conns = calloc(count, sizeof *host.conns);
    host.order = calloc(count, sizeof(struct conn *));
    host.asked = calloc(count, sizeof(struct conn *));
    host.memory = host.free_memory = malloc(count * 128 + 8192);
    host.asks = host.answers = 0;
    host.now = 0;
    host.is_done = 0;
    if (!host.conns || !host.order || !host.asked || !host.memory || slogout_new(&host.slogout, &settings))
        exit(1);
    for (i = 0; i < count; i++) {
        if (slogout_session_new(&host.conns[i].session, host.slogout, &callbacks, &host.conns[i]))
            exit(1);
        slogout_session_set_enabled(host.conns[i].session, 1);
        host.order[i] = &host.conns[i];
    }
}

static void shuffle(struct conn **order, size_t count)
{
    uint64_t random = 1;

    for (; count > 1; count--) {
        const size_t other =
            (size_t)((random = random * 6364136223846793005u + 1442695040888963407u) >> 33) % count;
        struct conn *conn = order[count - 1];
        order[count - 1] = order[other];
        order[other] = conn;
    }
}

static void clean_up(void)
{
    if (slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_ANSWERED] != host.count ||
        slogout_free(host.slogout))
        exit(1);
    free(host.conns);
    free(host.order);
    free(host.asked);
    free(host.memory);
}

/* callgrind counts this function. It is not static, so that it keeps its name. */
void whole_drain(void);

void whole_drain(void)
{
    const struct slogout_plan plan = {
        .size = sizeof plan, .spread_ms = (uint32_t)(host.count / RATE), .deadline_ms = 600000, .seed = 1};
    struct slogout_drain *drain;
    size_t i;

    if (slogout_drain_new(&drain, host.slogout, done, NULL))
        exit(1);
    for (i = 0; i < host.count; i++)
        slogout_drain_add(drain, host.order[i]->session, 0);
    if (slogout_drain_start(drain, &plan, 0))
        exit(1);
    for (; !host.is_done; host.now++) {
        answer_all_due();
        while (!host.is_done && slogout_deadline(host.slogout) <= host.now)
            slogout_tick(host.slogout, host.now);
    }
}

/* ---- peers: arm one timer of the same length for each session, then cancel all timers in the order of arming ---- */

struct node {
    TAILQ_ENTRY(node) link;
    uint64_t deadline;
    char rest[96 - 3 * sizeof(uint64_t)]; /* as large as a session */
};

static void fifo(size_t count)
{
    TAILQ_HEAD(, node) queue = TAILQ_HEAD_INITIALIZER(queue);
    struct node *nodes = (struct node *)(void *)host.memory;
    size_t i;

    for (i = 0; i < count; i++) {
        nodes[i].deadline = i / RATE + 35000;
        TAILQ_INSERT_TAIL(&queue, &nodes[i], link);
    }
    for (i = 0; i < count; i++)
        TAILQ_REMOVE(&queue, &nodes[i], link);
}

#ifdef LIBEVENT
static struct event **events;
static struct event_base *base;

static void ignore(evutil_socket_t fd, short what, void *user_data)
{
    (void)fd;
    (void)what;
    (void)user_data;
}

static void libevent(size_t count)
{
    const struct timeval duration = {35, 0};
    const struct timeval *common = event_base_init_common_timeout(base, &duration);
    size_t i;

    for (i = 0; i < count; i++)
        event_add(events[i], common);
    for (i = 0; i < count; i++)
        event_del(events[i]);
}

static void make_events(size_t count)
{
    size_t i;

    base = event_base_new();
    events = calloc(count, sizeof(struct event *));
    if (!base || !events)
        exit(1);
    for (i = 0; i < count; i++)
        if (!(events[i] = evtimer_new(base, ignore, NULL)))
            exit(1);
}

static void free_events(size_t count)
{
    while (count > 0)
        event_free(events[--count]);
    free(events);
    event_base_free(base);
}
#endif

/* ---- measuring ---- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t time_drain(size_t count, int is_shuffled)
{
    uint64_t begun, ns;

    set_up(count);
    if (is_shuffled)
        shuffle(host.order, count);
    begun = now_ns();
    whole_drain();
    ns = now_ns() - begun;
    clean_up();
    return ns;
}

static uint64_t time_whole(size_t count)
{
    return time_drain(count, 0);
}

static uint64_t time_shuffled(size_t count)
{
    return time_drain(count, 1);
}

static uint64_t time_fifo(size_t count)
{
    uint64_t begun, ns;

    host.memory = calloc(count, sizeof(struct node));
    if (!host.memory)
        exit(1);
    memset(host.memory, 1, count * sizeof(struct node)); /* so that the pages are mapped */
    begun = now_ns();
    fifo(count);
    ns = now_ns() - begun;
    free(host.memory);
    return ns;
}

#ifdef LIBEVENT
static uint64_t time_libevent(size_t count)
{
    uint64_t begun, ns;

    make_events(count);
    begun = now_ns();
    libevent(count);
    ns = now_ns() - begun;
    free_events(count);
    return ns;
}
#endif

/* Prints the minimum, because other work of the machine can only add to it. */
static int print_least(uint64_t (*measure)(size_t count), size_t count)
{
    uint64_t least = UINT64_MAX;
    int i;

    for (i = 0; i < RUNS; i++) {
        const uint64_t ns = measure(count);
        least = ns < least ? ns : least;
    }
    return printf("%.1f\n", (double)least / (double)count) < 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        uint64_t (*measure)(size_t count);
    } jobs[] = {
        {"whole", time_whole},
        {"shuffled", time_shuffled},
        {"fifo", time_fifo},
#ifdef LIBEVENT
        {"libevent", time_libevent},
#endif
    };
    const size_t count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    size_t i;

    if (count == 0)
        return 2;
    if (!strcmp(argv[1], "once"))
        return time_whole(count) == 0;
    for (i = 0; i < sizeof jobs / sizeof *jobs; i++)
        if (!strcmp(argv[1], jobs[i].name))
            return print_least(jobs[i].measure, count);
    return 2;
}

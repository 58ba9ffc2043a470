/* SPDX-License-Identifier: BSD-2-Clause */
/* The cost of drains, for callgrind to count. The host is as small as possible: it copies the line that it receives,
 * and answers it 100 ms later.
 *
 *   drain whole SESSIONS      runs a drain from its first call to its end; count whole_drain()
 *   drain beside DRAINS       runs EVENTS events of other sessions while drains wait; count unrelated_events()
 *   drain longest DRAINS      drains SESSIONS sessions in TICKS ticks, and prints the number of the tick in which the
 *                             library took the most branches, if it was compiled with -fsanitize-coverage=trace-pc
 *   drain tick DRAINS NUMBER  does the same; count counted_tick(), which is that tick */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/drain.h>

#define RATE      20   /* sessions of a whole drain in a millisecond */
#define ANSWER_MS 100  /* from the LOGOUT to the client's OK */
#define EVENTS    4000 /* drain.sh divides by it */
#define SESSIONS  50000
#define TICKS     100000 /* one tick each millisecond */

struct conn {
    struct slogout_session *session;
    char answer[32];
    size_t len;
    uint64_t answer_ms;
};

static struct {
    struct slogout *slogout;
    struct conn *conns, **asked; /* asked: in the order of the LOGOUTs */
    size_t asks, answers, dones;
    uint64_t now, timer;
} host;

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

static void set_timer(struct slogout *slogout, uint64_t deadline_ms, void *user_data)
{
    (void)slogout;
    (void)user_data;
    host.timer = deadline_ms;
}

static void done(struct slogout_drain *drain, void *user_data)
{
    (void)user_data;
    slogout_drain_free(drain);
    host.dones++;
}

static void set_up(size_t count)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    static const struct slogout_settings settings = {.size = sizeof settings, .set_timer = set_timer};
    size_t i;

    host.timer = SLOGOUT_NEVER;
    host.conns = calloc(count, sizeof *host.conns);
    host.asked = calloc(count, sizeof(struct conn *));
    if (!host.conns || !host.asked || slogout_new(&host.slogout, &settings))
        exit(1);
    for (i = 0; i < count; i++) {
        if (slogout_session_new(&host.conns[i].session, host.slogout, &callbacks, &host.conns[i]))
            exit(1);
        slogout_session_set_enabled(host.conns[i].session, 1);
    }
}

static void start(struct slogout_drain **drain, struct conn *conns, size_t count, uint32_t seed,
                  uint32_t spread)
{
    const struct slogout_plan plan = {
        .size = sizeof plan, .spread_ms = spread, .deadline_ms = (uint64_t)spread + 50000, .seed = seed};
    size_t i;

    if (slogout_drain_new(drain, host.slogout, done, NULL))
        exit(1);
    for (i = 0; i < count; i++)
        if (slogout_drain_add(*drain, conns[i].session, 0))
            exit(1);
    if (slogout_drain_start(*drain, &plan, 0))
        exit(1);
}

static void feed(struct conn *conn)
{
    if (slogout_session_feed_line(conn->session, conn->answer, conn->len, host.now) != SLOGOUT_CONSUMED)
        exit(1);
}

static void answer_all_due(void)
{
    while (host.answers < host.asks && host.asked[host.answers]->answer_ms <= host.now)
        feed(host.asked[host.answers++]);
}

static void tick(void)
{
    host.timer = SLOGOUT_NEVER;
    if (slogout_tick(host.slogout, host.now))
        exit(1);
}

/* callgrind counts these functions. They are not static, so that they keep their names. */
void whole_drain(size_t count);
void unrelated_events(struct conn *conns);
__attribute__((noinline)) void counted_tick(void);

void whole_drain(size_t count)
{
    struct slogout_drain *drain;

    start(&drain, host.conns, count, 1, (uint32_t)(count / RATE));
    for (; host.dones == 0; host.now++) {
        answer_all_due();
        while (host.timer <= host.now)
            tick();
    }
}

/* Each round has four events: a request, a `* BYE`, an OK and a tick. */
void unrelated_events(struct conn *conns)
{
    size_t i;

    for (i = 0; i < EVENTS / 4; i++) {
        if (slogout_session_request(conns[i].session, NULL, host.now) ||
            slogout_session_feed_line(conns[i].session, "* BYE", 5, host.now) != SLOGOUT_CONSUMED)
            exit(1);
        feed(&conns[i]);
        tick();
        host.now++;
    }
}

void counted_tick(void)
{
    tick();
}

/* The library calls this function at each branch, if it was compiled to do so. */
void __sanitizer_cov_trace_pc(void);
static uint64_t branches;

void __sanitizer_cov_trace_pc(void)
{
    branches++;
}

static int run_whole(size_t count)
{
    set_up(count);
    whole_drain(count);
    return slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_ANSWERED] != count;
}

static int run_ticks(size_t count, size_t counted)
{
    struct slogout_drain *drain;
    uint64_t most = 0;
    size_t i, longest = 0;

    set_up(SESSIONS);
    for (i = 0; i < count; i++)
        start(&drain, host.conns + SESSIONS / count * i, SESSIONS / count, (uint32_t)i, 60000);
    for (; host.now < TICKS; host.now++) {
        answer_all_due();
        branches = 0;
        if (host.now == counted)
            counted_tick();
        else
            tick();
        if (branches > most) {
            most = branches;
            longest = (size_t)host.now;
        }
    }
    if (counted == TICKS)
        printf("%lu\n", (unsigned long)longest);
    return host.dones != count;
}

static int run_beside(size_t count)
{
    struct slogout_drain **drains = calloc(count, sizeof(struct slogout_drain *));
    size_t i;

    if (!drains)
        return 1;
    set_up(count + EVENTS / 4);
    for (i = 0; i < count; i++)
        start(&drains[i], &host.conns[i], 1, (uint32_t)i, 1000000000);
    host.now = 1;
    unrelated_events(host.conns + count);
    for (i = 0; i < count; i++) {
        slogout_drain_free(drains[i]);
        slogout_session_free(host.conns[i].session);
    }
    free(drains);
    return slogout_get_counts(host.slogout)->outcome[SLOGOUT_OUTCOME_ANSWERED] != EVENTS / 4;
}

int main(int argc, char **argv)
{
    const size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    int failed = 2;

    if (count > 0 && !strcmp(argv[1], "whole"))
        failed = run_whole(count);
    if (count > 0 && !strcmp(argv[1], "beside"))
        failed = run_beside(count);
    if (count > 0 && !strcmp(argv[1], "longest"))
        failed = run_ticks(count, TICKS);
    if (count > 0 && argc > 3 && !strcmp(argv[1], "tick"))
        failed = run_ticks(count, strtoul(argv[3], NULL, 10));
    if (!failed)
        failed = slogout_free(host.slogout) != 0;
    free(host.conns);
    free(host.asked);
    return failed;
}

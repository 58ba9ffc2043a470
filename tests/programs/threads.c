/* SPDX-License-Identifier: BSD-2-Clause */
/* Eight threads at once, each with its own slogout, under ThreadSanitizer, which reports any state that the library
 * shares between them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/drain.h>

#define THREADS  8
#define ROUNDS   200
#define SESSIONS 32

struct conn {
    struct slogout_session *session;
    char tag[SLOGOUT_TAG_SIZE]; /* of the LOGOUT that was taken */
    int lines;
};

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *connection)
{
    struct conn *conn = connection;

    (void)session;
    (void)when;
    if (conn->lines++ == 0)
        return SLOGOUT_BUSY;
    if (*line != '*')
        memcpy(conn->tag, line, len - strlen(" LOGOUT\r\n"));
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result,
                             void *connection)
{
    (void)result;
    (void)connection;
    slogout_session_free(session);
}

static void done(struct slogout_drain *drain, void *user_data)
{
    (void)drain;
    *(int *)user_data = 1;
}

static void need(int condition)
{
    if (!condition)
        abort();
}

static void connect_all(struct slogout *slogout, struct slogout_drain *drain, struct conn *conns)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    int i;

    for (i = 0; i < SESSIONS; i++) {
        memset(&conns[i], 0, sizeof conns[i]);
        need(slogout_session_new(&conns[i].session, slogout, &callbacks, &conns[i]) == 0);
        slogout_session_set_enabled(conns[i].session, i % 2);
        need(slogout_drain_add(drain, conns[i].session, 0) == 0);
    }
}

/* Answers each LOGOUT, and resumes each session that was busy. */
static void serve(struct conn *conns, uint64_t now)
{
    int i;

    for (i = 0; i < SESSIONS; i++) {
        char line[SLOGOUT_TAG_SIZE + sizeof " OK\r\n"];
        if (conns[i].lines == 1)
            slogout_session_resume(conns[i].session, now);
        if (!*conns[i].tag)
            continue;
        snprintf(line, sizeof line, "%s OK\r\n", conns[i].tag);
        need(slogout_session_feed_line(conns[i].session, line, strlen(line), now) == SLOGOUT_CONSUMED);
        *conns[i].tag = '\0';
    }
}

static void run_round(void)
{
    const struct slogout_plan plan = {.size = sizeof plan, .spread_ms = 1000, .deadline_ms = 100000};
    struct conn conns[SESSIONS];
    struct slogout *slogout;
    struct slogout_drain *drain;
    int is_done = 0;

    need(slogout_new(&slogout, NULL) == 0);
    need(slogout_drain_new(&drain, slogout, done, &is_done) == 0);
    connect_all(slogout, drain, conns);
    need(slogout_drain_start(drain, &plan, 0) == 0);
    while (!is_done) {
        const uint64_t now = slogout_deadline(slogout);
        need(slogout_tick(slogout, now) == 0);
        serve(conns, now);
    }
    need(slogout_get_counts(slogout)->outcome[SLOGOUT_OUTCOME_ANSWERED] == SESSIONS / 2);
    need(slogout_get_counts(slogout)->outcome[SLOGOUT_OUTCOME_BYE_ONLY] == SESSIONS / 2);
    slogout_drain_free(drain);
    need(slogout_free(slogout) == 0);
}

static void *run(void *unused)
{
    int i;

    for (i = 0; i < ROUNDS; i++)
        run_round();
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    int i;

    for (i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, run, NULL) == 0);
    for (i = 0; i < THREADS; i++)
        need(pthread_join(threads[i], NULL) == 0);
    printf("threads: %d threads with a slogout each, %d rounds of %d sessions, no race\n", THREADS, ROUNDS,
           SESSIONS);
    return 0;
}

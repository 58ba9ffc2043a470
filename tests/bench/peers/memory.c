/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory that a server uses for each connection, in octets that malloc has allocated, including its own overhead.
 * */
#define _POSIX_C_SOURCE 200809L
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/filter.h>
#ifdef WSLAY
#include <wslay/wslay.h>
#endif
#ifdef NGHTTP2
#include <nghttp2/nghttp2.h>
#endif
#include "bench.h"

static void *kept; /* so that the compiler keeps the allocation */

static double octets_of(void *(*make)(void), size_t n)
{
    size_t before, i;

    kept = make(); /* memory that only the first object allocates is not counted */
    before = mallinfo2().uordblks;
    for (i = 0; i < n; i++)
        bench_require((kept = make()) != NULL, "a session"); /* not freed, because the program ends */
    return (double)(mallinfo2().uordblks - before) / (double)n;
}

/* ---- slogout ---- */

static struct slogout *slogout;

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session, (void)line, (void)len, (void)when, (void)conn;
    return 0;
}

static int pass(struct slogout_filter *filter, const char *bytes, size_t len, void *conn)
{
    (void)filter, (void)bytes, (void)len, (void)conn;
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session, (void)result, (void)conn;
}

static void *make_session(void)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    struct slogout_session *session = NULL;

    slogout_session_new(&session, slogout, &callbacks, NULL);
    return session;
}

static void close_filter(struct slogout_filter *filter, const struct slogout_result *result, void *conn)
{
    (void)filter, (void)result, (void)conn;
}

static void *make_filter(void)
{
    static const struct slogout_filter_callbacks callbacks = {sizeof callbacks, pass, pass, close_filter};
    struct slogout_filter *filter = NULL;

    slogout_filter_new(&filter, slogout, &callbacks, NULL);
    return filter;
}

static double run_session(size_t n)
{
    return octets_of(make_session, n);
}

static double run_filter(size_t n)
{
    return octets_of(make_filter, n);
}

/* ---- a server without slogout: a link, a deadline, a connection and a state ---- */

static void *make_bare(void)
{
    struct bare {
        void *next, *prev, *conn;
        unsigned long long deadline;
        int state;
    };

    return malloc(sizeof(struct bare));
}

static double run_bare(size_t n)
{
    return octets_of(make_bare, n);
}

/* ---- WebSocket and HTTP/2, which also have a message that ends a connection ---- */

#ifdef WSLAY
static void *make_wslay(void)
{
    static const struct wslay_event_callbacks callbacks;
    wslay_event_context_ptr context = NULL;

    wslay_event_context_server_init(&context, &callbacks, NULL);
    return context;
}

static double run_wslay(size_t n)
{
    return octets_of(make_wslay, n);
}
#endif

#ifdef NGHTTP2
static void *make_nghttp2(void)
{
    static nghttp2_session_callbacks *callbacks;
    nghttp2_session *session = NULL;

    if (!callbacks)
        bench_require(nghttp2_session_callbacks_new(&callbacks) == 0, "callbacks of nghttp2");
    nghttp2_session_server_new(&session, callbacks, NULL);
    return session;
}

static double run_nghttp2(size_t n)
{
    return octets_of(make_nghttp2, n);
}
#endif

static const size_t sizes[] = {1000, 0};

static const struct bench_row rows[] = {
    {"memory of a session",
     "octets",
     1,
     sizes,
     {{"slogout", run_session, 0},
      {"slogout filter", run_filter, 0},
      {"bare struct", run_bare, 0},
#ifdef WSLAY
      {"wslay", run_wslay, 0},
#endif
#ifdef NGHTTP2
      {"nghttp2", run_nghttp2, 0},
#endif
      {NULL, NULL, 0}}},
};

int main(int argc, char **argv)
{
    bench_require(slogout_new(&slogout, NULL) == 0, "slogout_new");
#ifdef WSLAY
    bench_version("wslay", WSLAY_VERSION);
#endif
#ifdef NGHTTP2
    bench_version("nghttp2", NGHTTP2_VERSION);
#endif
    return bench_main(argc, argv, rows, sizeof rows / sizeof *rows);
}

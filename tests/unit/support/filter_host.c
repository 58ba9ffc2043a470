/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <stdlib.h>
#include "support/exact.h"
#include "support/filter_host.h"

static int pass(struct filter_host *host, char from, struct trace *to, const char *bytes, size_t len)
{
    void (*const inside)(struct filter_host *) = host->inside;

    assert_true(len > 0 && !host->closes);
    host->calls++;
    if (host->broken != from) {
        if (host->last != from)
            trace_text(&host->trace, from == 'S' ? "S: " : "C: ");
        host->last = from;
        trace_octets(&host->trace, bytes, len);
        trace_octets(to, bytes, len);
    }
    host->inside = NULL;
    if (inside)
        inside(host);
    return host->broken == from ? -1 : 0;
}

static int to_client(struct slogout_filter *filter, const char *bytes, size_t len, void *conn)
{
    struct filter_host *host = conn;

    assert_ptr_equal(filter, host->filter);
    return pass(host, 'S', &host->to_client, bytes, len);
}

static int to_server(struct slogout_filter *filter, const char *bytes, size_t len, void *conn)
{
    struct filter_host *host = conn;

    assert_ptr_equal(filter, host->filter);
    return pass(host, 'C', &host->to_server, bytes, len);
}

static void close_connection(struct slogout_filter *filter, const struct slogout_result *result, void *conn)
{
    struct filter_host *host = conn;
    char text[1000];

    assert_ptr_equal(filter, host->filter);
    host->closes++;
    host->outcome = result->outcome;
    trace_octets(&host->trace, text, trace_result(text, sizeof text, result));
    trace_text(&host->trace, "\n");
}

const struct slogout_filter_callbacks filter_host_callbacks = {sizeof filter_host_callbacks, to_client, to_server,
                                                               close_connection};

static void *allocate(size_t size, void *user_data)
{
    struct filter_host *host = user_data;

    if (host->no_memory)
        return NULL;
    host->memory++;
    host->allocations++;
    return malloc(size);
}

static void release(void *memory, void *user_data)
{
    struct filter_host *host = user_data;

    host->memory--;
    free(memory);
}

void filter_host_start(struct filter_host *host, enum slogout_ask ask, enum slogout_on_refusal on_refusal)
{
    const struct slogout_settings settings = {
        .size = sizeof settings,
        .ask = ask,
        .on_refusal = on_refusal,
        .tag_prefix = SLOGOUT_FILTER_PREFIX,
        .allocate = allocate,
        .release = release,
        .user_data = host,
    };

    memset(host, 0, sizeof *host);
    host->now = 1000;
    host->step = SIZE_MAX;
    assert_int_equal(slogout_new(&host->slogout, &settings), 0);
    assert_int_equal(slogout_filter_new(&host->filter, host->slogout, &filter_host_callbacks, host), 0);
}

void filter_host_stop(struct filter_host *host)
{
    slogout_filter_free(host->filter);
    assert_int_equal(slogout_free(host->slogout), 0);
    assert_int_equal(host->memory, 0);
}

void filter_host_feed(struct filter_host *host, char from, const char *bytes, size_t len)
{
    while (len > 0) {
        const size_t most = host->cut > 0 && host->cut < host->step ? host->cut : host->step;
        const size_t n = len < most ? len : most;
        char *piece = exact_copy(bytes, n);

        host->cut -= n < host->cut ? n : host->cut;
        if (from == 'C')
            assert_int_equal(slogout_filter_feed_client(host->filter, piece, n, host->now), 0);
        else
            assert_int_equal(slogout_filter_feed_server(host->filter, piece, n, host->now), 0);
        exact_free(piece);
        bytes += n;
        len -= n;
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/filter.h>
#include "fuzz/filter/check.h"
#include "fuzz/filter/reference.h"

struct run {
    struct slogout *slogout;
    struct slogout_filter *filter;
    uint64_t now;
    int closed;
    struct octets to_client, to_server;
};

static void keep(struct octets *octets, const char *bytes, size_t len)
{
    if (len == 0 || octets->len + len > sizeof octets->bytes)
        abort();
    memcpy(octets->bytes + octets->len, bytes, len);
    octets->len += len;
}

static int to_client(struct slogout_filter *filter, const char *bytes, size_t len, void *conn)
{
    (void)filter;
    keep(&((struct run *)conn)->to_client, bytes, len);
    return 0;
}

static int to_server(struct slogout_filter *filter, const char *bytes, size_t len, void *conn)
{
    (void)filter;
    keep(&((struct run *)conn)->to_server, bytes, len);
    return 0;
}

static void close_connection(struct slogout_filter *filter, const struct slogout_result *result, void *conn)
{
    (void)filter;
    (void)result;
    ((struct run *)conn)->closed = 1;
}

static const struct slogout_filter_callbacks callbacks = {sizeof callbacks, to_client, to_server,
                                                          close_connection};

static void begin(struct run *run, int ask_all)
{
    const struct slogout_settings settings = {.size = sizeof settings,
                                              .tag_prefix = SLOGOUT_FILTER_PREFIX,
                                              .ask = ask_all ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED};

    run->now = 1;
    run->closed = 0;
    run->to_client.len = run->to_server.len = 0;
    if (slogout_new(&run->slogout, &settings) ||
        slogout_filter_new(&run->filter, run->slogout, &callbacks, run))
        abort();
}

static void end(struct run *run)
{
    slogout_filter_free(run->filter);
    if (slogout_free(run->slogout))
        abort();
}

/* Feeds pieces, each from memory of exactly its size, so that a sanitizer notices each access beyond it. */
static void feed(struct run *run, int from, const char *bytes, size_t len, size_t step)
{
    while (len > 0) {
        const size_t n = len < step ? len : step;
        char *piece = malloc(n);
        if (!piece)
            abort();
        memcpy(piece, bytes, n);
        if ((from == STEP_SERVER ? slogout_filter_feed_server
                                 : slogout_filter_feed_client)(run->filter, piece, n, run->now))
            abort();
        free(piece);
        bytes += n;
        len -= n;
    }
}

static void do_step(struct run *run, int what, const char *text, size_t len, size_t piece)
{
    struct slogout_session *session = slogout_filter_session(run->filter);

    if (what == STEP_ABANDON)
        slogout_session_abandon(session, SLOGOUT_OUTCOME_HOST_CLOSED);
    if (what == STEP_REQUEST)
        slogout_session_request(session, NULL, run->now);
    if (what == STEP_FORCE && slogout_session_state(session) < SLOGOUT_STATE_LEAVING)
        slogout_session_force(session, run->now);
    if (what == STEP_WAIT) {
        run->now += 5000;
        slogout_tick(run->slogout, run->now);
    }
    if (what == STEP_SERVER || what == STEP_CLIENT)
        feed(run, what, text, len, piece);
}

static void refer(struct reference *reference, int what, const char *text, size_t len)
{
    if (what == STEP_ABANDON)
        reference_abandon(reference);
    if (what == STEP_REQUEST)
        reference_request(reference);
    if (what == STEP_FORCE)
        reference_force(reference);
    if (what == STEP_WAIT)
        reference_wait(reference, 5000);
    if (what == STEP_SERVER)
        reference_server(reference, text, len);
    if (what == STEP_CLIENT)
        reference_client(reference, text, len);
}

/* ---- comparisons ---- */

static void show(const char *name, const struct octets *octets)
{
    fprintf(stderr, "%s:\n", name);
    fwrite(octets->bytes, 1, octets->len, stderr);
    fprintf(stderr, "\n");
}

static int same(const struct octets *one, const struct octets *other)
{
    return one->len == other->len && memcmp(one->bytes, other->bytes, one->len) == 0;
}

static void compare(const char *name, const struct octets *one, const struct octets *other)
{
    if (same(one, other))
        return;
    show(name, one);
    show("but", other);
    abort();
}

static enum slogout_blindness blindness(const struct run *run)
{
    const enum slogout_blindness why = slogout_filter_blindness(run->filter);

    if (slogout_get_counts(run->slogout)->blind != (why != SLOGOUT_BLINDNESS_NONE))
        abort();
    return why;
}

static void compare_runs(const struct run *one, const struct run *other)
{
    compare("to the client, whole", &one->to_client, &other->to_client);
    compare("to the server, whole", &one->to_server, &other->to_server);
    if (one->closed != other->closed || blindness(one) != blindness(other))
        abort();
}

static void compare_with_reference(const struct run *run, const struct reference *reference)
{
    if (run->closed != (reference->state == R_CLOSED) || blindness(run) != reference->blind) {
        show("to the client", &run->to_client);
        show("to the server", &run->to_server);
        fprintf(stderr, "closed %d, blind %s; the reference: closed %d, blind %s\n", run->closed,
                slogout_filter_blindness_name(blindness(run)), reference->state == R_CLOSED,
                slogout_filter_blindness_name(reference->blind));
        abort();
    }
    compare("to the client", &run->to_client, &reference->to_client);
    compare("to the server", &run->to_server, &reference->to_server);
}

static void finish(struct run *run)
{
    slogout_filter_feed_client(run->filter, NULL, 0, run->now);
    slogout_filter_feed_server(run->filter, NULL, 0, run->now);
}

/* ---- a dialogue ---- */

/* The reference sees only whole lines. It can follow as long as neither side stops inside a line. */
static int can_follow(const struct reference *reference)
{
    return !reference->is_unsure && reference->client.len == 0 && reference->server.len == 0;
}

struct check check_dialogue(const uint8_t *data, size_t size, size_t piece)
{
    static struct run whole, pieces;
    static struct reference reference;
    static char text[CHECK_MAX];
    const int ask_all = size > 0 && data[0] == STEP_ASK_ALL;
    struct check check = {1, 0, 0, SLOGOUT_BLINDNESS_NONE};
    int what = STEP_ASK_ALL;
    size_t i = 0, len;

    if (size > CHECK_MAX)
        abort();
    begin(&whole, ask_all);
    begin(&pieces, ask_all);
    reference_init(&reference, ask_all);
    while (i < size) {
        if (data[i] < 8 && data[i] != STEP_NUL)
            what = data[i++];
        for (len = 0; i < size && (data[i] >= 8 || data[i] == STEP_NUL); i++)
            text[len++] = data[i] == STEP_NUL ? '\0' : (char)data[i];
        do_step(&whole, what, text, len, sizeof text);
        do_step(&pieces, what, text, len, piece);
        compare_runs(&whole, &pieces);
        if (check.was_referred && !memchr(text, '\0', len))
            refer(&reference, what, text, len);
        check.was_referred = check.was_referred && can_follow(&reference) && !memchr(text, '\0', len);
        if (check.was_referred)
            compare_with_reference(&whole, &reference);
    }
    check.was_asked = reference.asked;
    check.is_closed = whole.closed;
    check.blind = blindness(&whole);
    finish(&whole);
    finish(&pieces);
    compare_runs(&whole, &pieces);
    end(&whole);
    end(&pieces);
    return check;
}

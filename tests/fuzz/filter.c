/* The filter against itself, whole and byte by byte, and against a slow reference. The input is a sequence of
 * steps: an octet below 8 says what it is, and what follows up to the next one is its text.
 *   1 of the server   2 of the client   3 request   4 force   5 ask all (at the start)   6 NUL, inside a text
 *   0 compression begins   7 TLS begins */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/filter.h>
#include "fuzz/filter/reference.h"

enum { COMPRESSION, SERVER, CLIENT, REQUEST, FORCE, ASK_ALL, NUL, TLS };

struct run {
    struct slogout *slogout;
    struct slogout_session *session;
    struct octets to_client, to_server;
    int closed;
};

static void keep(struct octets *octets, const char *bytes, size_t len)
{
    if (len == 0 || octets->len + len > sizeof octets->bytes)
        abort();
    memcpy(octets->bytes + octets->len, bytes, len);
    octets->len += len;
}

static int to_client(struct slogout_session *session, const char *bytes, size_t len, void *conn)
{
    (void)session;
    keep(&((struct run *)conn)->to_client, bytes, len);
    return 0;
}

static int to_server(struct slogout_session *session, const char *bytes, size_t len, void *conn)
{
    (void)session;
    keep(&((struct run *)conn)->to_server, bytes, len);
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session;
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

    memset(run, 0, sizeof *run);
    if (slogout_new(&run->slogout, &settings) ||
        slogout_filter_new(&run->session, run->slogout, &callbacks, run))
        abort();
}

static void end(struct run *run)
{
    slogout_session_free(run->session);
    if (slogout_free(run->slogout))
        abort();
}

/* Feeds octets in pieces from memory of exactly their size, so that the sanitizer sees each octet too far. */
static void feed(struct run *run, int from, const char *bytes, size_t len, size_t step)
{
    while (len > 0) {
        const size_t n = len < step ? len : step;
        char *piece = malloc(n);
        if (!piece)
            abort();
        memcpy(piece, bytes, n);
        if ((from == SERVER ? slogout_filter_feed_server : slogout_filter_feed_client)(run->session, piece, n,
                                                                                       1))
            abort();
        free(piece);
        bytes += n;
        len -= n;
    }
}

static void do_step(struct run *run, int what, const char *text, size_t len, size_t step)
{
    if (what == REQUEST)
        slogout_session_request(run->session, NULL, 1);
    if (what == FORCE && slogout_session_state(run->session) < SLOGOUT_STATE_LEAVING)
        slogout_session_force(run->session, 1);
    if (what == TLS || what == COMPRESSION)
        slogout_filter_restart(run->session, what == TLS ? SLOGOUT_LAYER_TLS : SLOGOUT_LAYER_COMPRESSION);
    if (what == SERVER || what == CLIENT)
        feed(run, what, text, len, step);
}

static void refer(struct reference *reference, int what, const char *text, size_t len)
{
    if (what == REQUEST)
        reference_request(reference);
    if (what == FORCE)
        reference_force(reference);
    if (what == TLS || what == COMPRESSION)
        reference_restart(reference, what == TLS);
    if (what == SERVER)
        reference_server(reference, text, len);
    if (what == CLIENT)
        reference_client(reference, text, len);
}

static void show(const char *name, const struct octets *octets)
{
    fprintf(stderr, "%s:\n", name);
    fwrite(octets->bytes, 1, octets->len, stderr);
    fprintf(stderr, "\n");
}

static void compare(const char *name, const struct octets *one, const struct octets *other)
{
    if (one->len == other->len && memcmp(one->bytes, other->bytes, one->len) == 0)
        return;
    show(name, one);
    show("but", other);
    abort();
}

static void compare_runs(const struct run *one, const struct run *other)
{
    compare("to the client, whole", &one->to_client, &other->to_client);
    compare("to the server, whole", &one->to_server, &other->to_server);
    if (one->closed != other->closed ||
        slogout_get_counts(one->slogout)->blind != slogout_get_counts(other->slogout)->blind ||
        slogout_filter_blindness(one->session) != slogout_filter_blindness(other->session))
        abort();
}

static void compare_with_reference(const struct run *run, const struct reference *reference)
{
    compare("to the client", &run->to_client, &reference->to_client);
    compare("to the server", &run->to_server, &reference->to_server);
    if (run->closed != (reference->state == R_CLOSED))
        abort();
    if (slogout_get_counts(run->slogout)->blind != (uint64_t)reference->blinded ||
        slogout_filter_blindness(run->session) != reference->blind)
        abort();
}

static void finish(struct run *run)
{
    slogout_filter_feed_client(run->session, NULL, 0, 1);
    slogout_filter_feed_server(run->session, NULL, 0, 1);
}

/* The reference sees whole lines only: it can follow while neither side speaks, and no layer begins, inside a line of the
 * other's. */
static int can_refer(const struct reference *reference, int what, const char *text, size_t len)
{
    if (memchr(text, '\0', len))
        return 0;
    if (what == TLS || what == COMPRESSION)
        return !reference_server_in_line(reference) && !reference_client_in_line(reference);
    return what != SERVER || len == 0 || (text[len - 1] == '\n' && reference->client.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run whole, bytewise;
    static struct reference reference;
    static char text[REFERENCE_MAX];
    const int ask_all = size > 0 && data[0] == ASK_ALL;
    int referred = 1, what = ASK_ALL;
    size_t i = 0, len;

    if (size > 4000)
        return 0;
    begin(&whole, ask_all);
    begin(&bytewise, ask_all);
    reference_init(&reference, ask_all);
    while (i < size) {
        if (data[i] < 8 && data[i] != NUL)
            what = data[i++];
        for (len = 0; i < size && (data[i] >= 8 || data[i] == NUL); i++)
            text[len++] = data[i] == NUL ? '\0' : (char)data[i];
        do_step(&whole, what, text, len, sizeof text);
        do_step(&bytewise, what, text, len, 1);
        compare_runs(&whole, &bytewise);
        referred = referred && can_refer(&reference, what, text, len);
        if (referred)
            refer(&reference, what, text, len);
    }
    finish(&whole);
    finish(&bytewise);
    compare_runs(&whole, &bytewise);
    if (referred) {
        reference_end(&reference);
        compare_with_reference(&whole, &reference);
    }
    end(&whole);
    end(&bytewise);
    return 0;
}

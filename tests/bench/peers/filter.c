/* SPDX-License-Identifier: BSD-2-Clause */
/* The throughput of the filter in GB/s. The peers read the same octets: memchr() finds the lines, memcpy() copies the
 * octets, and Dovecot's parser parses the lines. The octets arrive in pieces of 16 KB, as from a socket; only Dovecot's
 * parser receives all of them at once. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/filter.h>
#include "bench.h"
#ifdef DOVECOT
#include "dovecot.h"
#endif

#define PIECE   16384
#define OCTETS  (4u << 20)
#define LONGEST 20000 /* the most octets in a literal */

static char stream[OCTETS];
static size_t filled;
static unsigned commands; /* commands in a stream of the client, or tagged responses in a stream of the server */

/* ---- the streams ---- */

static void add_message(unsigned number)
{
    const unsigned size = 100 + number * 7919 % LONGEST;
    unsigned i;

    filled +=
        (size_t)sprintf(stream + filled, "* %u FETCH (UID %u BODY[] {%u}\r\n", number, number + 1000, size);
    memset(stream + filled, 'x', size);
    for (i = 76; i + 1 < size; i += 78)
        memcpy(stream + filled + i, "\r\n", 2);
    filled += size;
    filled += (size_t)sprintf(stream + filled, ")\r\n");
}

static void add_flags(unsigned number)
{
    filled +=
        (size_t)sprintf(stream + filled, "* %u FETCH (UID %u FLAGS (\\Seen))\r\n", number, number + 1000);
}

/* Replies to a client that reads one message after the other. */
static void add_replies(unsigned number)
{
    commands++;
    if (number % 3 > 0)
        add_flags(number);
    filled += (size_t)sprintf(stream + filled, "A%u OK Fetch completed (0.001 + 0.000 secs).\r\n", number);
}

static void add_commands(unsigned number)
{
    char *at = stream + filled;

    commands++;
    if (number % 3 == 0)
        filled += (size_t)sprintf(at, "A%u NOOP\r\n", number);
    else if (number % 3 == 1)
        filled += (size_t)sprintf(at, "A%u UID FETCH %u (FLAGS)\r\n", number, number + 1000);
    else
        filled += (size_t)sprintf(at, "A%u UID STORE %u +FLAGS (\\Deleted)\r\n", number, number + 1000);
}

/* Fills the stream with at most n octets. */
static void fill(void (*add)(unsigned number), size_t n)
{
    static void (*last)(unsigned number);
    static size_t last_n;
    unsigned number;

    if (add == last && n == last_n)
        return;
    bench_require(n <= OCTETS && n > LONGEST + 1000, "a stream of this length");
    last = add;
    last_n = n;
    filled = 0;
    commands = 0;
    for (number = 1; filled + LONGEST + 1000 < n; number++)
        add(number);
}

static size_t piece_at(size_t at)
{
    return filled - at < PIECE ? filled - at : PIECE;
}

/* ---- the filter ---- */

typedef int feeder(struct slogout_filter *filter, const char *bytes, size_t len, uint64_t now_ms);

static int take(struct slogout_filter *filter, const char *bytes, size_t len, void *conn)
{
    (void)filter, (void)bytes;
    *(size_t *)conn += len;
    return 0;
}

static void close_connection(struct slogout_filter *filter, const struct slogout_result *result, void *conn)
{
    (void)filter, (void)result, (void)conn;
}

/* Starts a filter whose client has logged in. The tagged responses of a stream require commands that were sent before.
 * */
static struct slogout_filter *start(struct slogout *slogout, feeder *feed, size_t *passed)
{
    static const struct slogout_filter_callbacks callbacks = {sizeof callbacks, take, take, close_connection};
    static const char greeting[] = "* OK hello\r\n", login[] = "L LOGIN joe secret\r\n", ok[] = "L OK done\r\n";
    struct slogout_filter *filter;
    char command[32];
    unsigned i;

    bench_require(slogout_filter_new(&filter, slogout, &callbacks, passed) == 0, "a filter");
    slogout_filter_feed_server(filter, greeting, sizeof greeting - 1, 1);
    slogout_filter_feed_client(filter, login, sizeof login - 1, 1);
    slogout_filter_feed_server(filter, ok, sizeof ok - 1, 1);
    for (i = 1; feed == slogout_filter_feed_server && i <= commands; i++)
        slogout_filter_feed_client(filter, command, (size_t)sprintf(command, "A%u NOOP\r\n", i), 1);
    return filter;
}

static double run_filter(feeder *feed)
{
    struct slogout *slogout;
    struct slogout_filter *filter;
    size_t passed = 0;
    size_t at;
    double spent;

    bench_require(slogout_new(&slogout, NULL) == 0, "slogout_new");
    filter = start(slogout, feed, &passed);
    passed = 0;
    spent = bench_now();
    for (at = 0; at < filled; at += PIECE)
        feed(filter, stream + at, piece_at(at), 1);
    spent = bench_now() - spent;
    bench_require(passed == filled && !slogout_get_counts(slogout)->blind,
                  "the filter passes all octets and sees");
    slogout_filter_free(filter);
    slogout_free(slogout);
    return (double)filled / spent;
}

/* ---- the peers ---- */

static double run_memchr(void)
{
    volatile size_t lines = 0;
    size_t at;
    double spent = bench_now();

    for (at = 0; at < filled; at += PIECE) {
        const char *end = stream + at + piece_at(at);
        const char *line = stream + at;
        while (line && line < end) {
            line = memchr(line, '\n', (size_t)(end - line));
            line = line ? line + 1 : NULL;
            lines = lines + 1;
        }
    }
    spent = bench_now() - spent;
    return (double)filled / spent;
}

static double run_memcpy(void)
{
    static char copied[PIECE];
    volatile char seen;
    size_t at;
    double spent = bench_now();

    for (at = 0; at < filled; at += PIECE) {
        memcpy(copied, stream + at, piece_at(at));
        seen = copied[at % PIECE];
    }
    (void)seen;
    spent = bench_now() - spent;
    return (double)filled / spent;
}

#ifdef DOVECOT
static double run_dovecot(void)
{
    return (double)filled / dovecot_parse(stream, filled, 1);
}
#endif

/* ---- rows ---- */

#define STREAM(name, add, feed)                                                                              \
    static double name##_slogout(size_t n)                                                                   \
    {                                                                                                        \
        fill(add, n);                                                                                        \
        return run_filter(feed);                                                                             \
    }                                                                                                        \
    static double name##_memchr(size_t n)                                                                    \
    {                                                                                                        \
        fill(add, n);                                                                                        \
        return run_memchr();                                                                                 \
    }                                                                                                        \
    static double name##_memcpy(size_t n)                                                                    \
    {                                                                                                        \
        fill(add, n);                                                                                        \
        return run_memcpy();                                                                                 \
    }                                                                                                        \
    DOVECOT_STREAM(name, add)

#ifdef DOVECOT
#define DOVECOT_STREAM(name, add)                                                                            \
    static double name##_dovecot(size_t n)                                                                   \
    {                                                                                                        \
        fill(add, n);                                                                                        \
        return run_dovecot();                                                                                \
    }
#define DOVECOT_PEER(name) {"dovecot", name##_dovecot, 0},
#else
#define DOVECOT_STREAM(name, add)
#define DOVECOT_PEER(name)
#endif

STREAM(messages, add_message, slogout_filter_feed_server)
STREAM(flags, add_flags, slogout_filter_feed_server)
STREAM(replies, add_replies, slogout_filter_feed_server)
STREAM(commands, add_commands, slogout_filter_feed_client)

#define PEERS(name)                                                                                          \
    {                                                                                                        \
        {"slogout", name##_slogout, 0}, {"memchr", name##_memchr, 0}, {"memcpy", name##_memcpy, 0},          \
            DOVECOT_PEER(name)                                                                               \
        {                                                                                                    \
            NULL, NULL, 0                                                                                    \
        }                                                                                                    \
    }

static const size_t sizes[] = {OCTETS, 0};

static const struct bench_row rows[] = {
    {"filter: messages of 10 KB", "GB/s", 15, sizes, PEERS(messages)},
    {"filter: FETCH of flags", "GB/s", 15, sizes, PEERS(flags)},
    {"filter: replies to commands", "GB/s", 15, sizes, PEERS(replies)},
    {"filter: commands", "GB/s", 15, sizes, PEERS(commands)},
};

int main(int argc, char **argv)
{
#ifdef DOVECOT
    dovecot_begin();
#endif
    return bench_main(argc, argv, rows, sizeof rows / sizeof *rows);
}

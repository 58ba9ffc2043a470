/* Measures the throughput of the filter beside memcpy() and memchr() for LF, over the same octets in the same run. The
 * octets are fed in pieces of 16 KB, as from a socket. The best of the rounds counts, because other load on the machine
 * can only slow one down. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <slogout/filter.h>

#define PIECE   16384
#define OCTETS  (4u << 20)
#define ROUNDS  30
#define LONGEST 20000 /* of a literal */

static char stream[OCTETS];
static size_t filled;
static unsigned commands; /* in a stream of the client's; tagged responses in one of the server's */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

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

/* Adds the replies to a client that looks at one message after the other. */
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

static void fill(void (*add)(unsigned number))
{
    unsigned number;

    filled = 0;
    commands = 0;
    for (number = 1; filled + LONGEST + 1000 < OCTETS; number++)
        add(number);
}

/* ---- what is measured ---- */

static int take(struct slogout_session *session, const char *bytes, size_t len, void *conn)
{
    (void)session;
    (void)bytes;
    *(size_t *)conn += len;
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session;
    (void)result;
    (void)conn;
}

static const struct slogout_filter_callbacks callbacks = {sizeof callbacks, take, take, close_connection};

typedef int feeder(struct slogout_session *session, const char *bytes, size_t len, uint64_t now_ms);

static size_t piece_at(size_t at)
{
    return filled - at < PIECE ? filled - at : PIECE;
}

/* The tagged responses of a stream need commands that were sent before. */
static struct slogout_session *start(struct slogout *slogout, feeder *feed, size_t *passed)
{
    static const char greeting[] = "* OK hello\r\n";
    struct slogout_session *session;
    unsigned i;

    if (slogout_filter_new(&session, slogout, &callbacks, passed))
        abort();
    slogout_filter_feed_server(session, greeting, sizeof greeting - 1, 1);
    for (i = 0; feed == slogout_filter_feed_server && i < commands; i++)
        slogout_filter_feed_client(session, "A NOOP\r\n", 8, 1);
    return session;
}

static double filter(feeder *feed)
{
    struct slogout *slogout;
    struct slogout_session *session;
    size_t passed = 0, at;
    double began;

    if (slogout_new(&slogout, NULL))
        abort();
    session = start(slogout, feed, &passed);
    passed = 0;
    began = now();
    for (at = 0; at < filled; at += PIECE)
        feed(session, stream + at, piece_at(at), 1);
    began = now() - began;
    if (passed != filled || slogout_counts(slogout)->blind)
        abort();
    slogout_session_free(session);
    slogout_free(slogout);
    return began;
}

static double find_lines(void)
{
    const double began = now();
    const char *at = stream;
    volatile size_t lines = 0;
    size_t piece;

    for (piece = 0; piece < filled; piece += PIECE) {
        const char *end = stream + piece + piece_at(piece);
        for (at = stream + piece; at && at < end; lines = lines + 1) {
            at = memchr(at, '\n', (size_t)(end - at));
            at = at ? at + 1 : NULL;
        }
    }
    return now() - began;
}

static double copy(void)
{
    static char copied[PIECE];
    volatile char seen;
    const double began = now();
    size_t at;

    for (at = 0; at < filled; at += PIECE) {
        memcpy(copied, stream + at, piece_at(at));
        seen = copied[at % PIECE];
    }
    (void)seen;
    return now() - began;
}

static double shorter(double one, double other)
{
    return one < other ? one : other;
}

/* The three take turns, so that load on the machine slows all of them. */
static void report(const char *name, void (*add)(unsigned number), feeder *feed)
{
    double through = 1, lines = 1, copied = 1;
    int i;

    fill(add);
    for (i = 0; i < ROUNDS; i++) {
        through = shorter(through, filter(feed));
        lines = shorter(lines, find_lines());
        copied = shorter(copied, copy());
    }
    printf("filter, %-46s %5.1f GB/s; memchr %5.1f, memcpy %5.1f; %.2f of memchr\n", name,
           (double)filled / through / 1e9, (double)filled / lines / 1e9, (double)filled / copied / 1e9,
           lines / through);
}

int main(void)
{
    report("server: FETCH of messages of 10 KB on average", add_message, slogout_filter_feed_server);
    report("server: FETCH of flags, lines of 40 octets", add_flags, slogout_filter_feed_server);
    report("server: replies to short commands", add_replies, slogout_filter_feed_server);
    report("client: short commands, lines of 30 octets", add_commands, slogout_filter_feed_client);
    return 0;
}

/* An IMAP server that asks its clients to leave. The loop is in common/service.c, the callbacks for slogout
 * in echo/connection.c, its input in echo/imap.c, and the end of the program in common/departure.c. */
#include "proxy/service.h"
#include "echo/connection.h"
#include "echo/imap.h"

static const struct option options[] = {
    {"--literal-max", OPTION_NUMBER, "N", &imap_literal_max, 1, COMMAND_LITERAL_MAX,
     "Take literals of at most N octets in a command after LOGIN, and 8192 before it; a client makes the "
     "server hold at most twice as much, and 200,000 octets. Default 67108864."},
    {NULL, OPTION_FLAG, NULL, NULL, 0, 0, NULL},
};

static struct peer *open_connection(int fd, struct slogout *slogout, uint64_t number, uint64_t now)
{
    struct connection *connection = connection_new(fd, slogout, number, now, imap_greeting);

    return connection ? &connection->peer : NULL;
}

static unsigned wants(const struct peer *peer, unsigned stream)
{
    (void)stream;
    return connection_wants((const struct connection *)(const void *)peer);
}

static void serve(struct peer *peer, uint64_t now)
{
    imap_serve((struct connection *)(void *)peer, now);
}

static uint64_t deadline(const struct peer *peer)
{
    return stream_deadline(peer->streams[0]);
}

static int is_over(const struct peer *peer, uint64_t now)
{
    return peer->streams[0]->is_broken || stream_is_over(peer->streams[0], now);
}

static void free_connection(struct peer *peer)
{
    connection_free((struct connection *)(void *)peer);
}

int main(int argc, char **argv)
{
    static const struct service service = {
        .options = options,
        .open = open_connection,
        .serve = serve,
        .wants = wants,
        .deadline = deadline,
        .is_over = is_over,
        .free = free_connection,
    };

    return service_main(&service, argc, argv);
}

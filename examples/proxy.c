/* A proxy that asks the clients of an IMAP server to leave: the server knows nothing of it. The loop is in
 * common/service.c; what passes between the two sides is in relay/relay.c. */
#include <slogout/filter.h>
#include "common/service.h"
#include "relay/relay.h"

static struct service service = {
    .name = "proxy",
    .tag_prefix = SLOGOUT_FILTER_PREFIX,
    .server_address = "127.0.0.1:143",
    .interest = relay_interest,
    .serve = relay_serve,
    .deadline = relay_deadline,
    .is_over = relay_is_over,
    .hurry = relay_hurry,
    .free = relay_free,
};

static struct peer *open_relay(int fd, struct slogout *slogout, uint64_t number)
{
    return relay_new(fd, service.server_address, slogout, number);
}

int main(int argc, char **argv)
{
    service.open = open_relay;
    return service_main(&service, argc, argv);
}

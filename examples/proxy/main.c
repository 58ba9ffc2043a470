/* SPDX-License-Identifier: BSD-2-Clause */
/* A proxy that asks the clients of an IMAP server to leave. The server need not support that. The loop is in
 * common/service.c, and what passes between the two sides in relay/relay.c. */
#include <inttypes.h>
#include <stdio.h>
#include <slogout/filter.h>
#include "log.h"
#include "resolver.h"
#include "service.h"
#include "relay.h"

static const char *server = "127.0.0.1:143";
static struct relay_settings settings;

static const struct option options[] = {
    {"--server", OPTION_HOST, "HOST:PORT", &server, 0, 0,
     "Connect to this server. A name is resolved at the start and on SIGHUP, and all its addresses are tried "
     "in turn. Default 127.0.0.1:143."},
    {"--accept-proxy", OPTION_FLAG, NULL, &settings.accept_header, 0, 0,
     "Require a PROXY protocol header, of version 1 or 2, from each client. Set it only if nobody but a "
     "proxy of yours can connect. Default: a header is not looked for."},
    {"--send-proxy", OPTION_CHOICE, "no|v1|v2", &settings.send_header, 0, 0,
     "Send a PROXY protocol header with the client's address to the server. Default no."},
    {NULL, OPTION_FLAG, NULL, NULL, 0, 0, NULL},
};

static int start(const char *program)
{
    const int error = address_resolve(server, &settings.servers);

    if (!error)
        return 0;
    fprintf(stderr, "%s: cannot resolve %s: %s\n", program, server, address_error(error));
    return -1;
}

static void reload(void)
{
    resolver_start(server);
}

/* Keeps the known addresses if the name cannot be resolved now. */
static void take_addresses(void)
{
    int error;

    if (!resolver_take(&settings.servers, &error))
        return;
    if (error)
        log_line("server=%s cannot be resolved, so its old addresses are kept: %s", server,
                 address_error(error));
    else
        log_line("server=%s addresses=%zu", server, settings.servers.count);
}

static struct peer *open_relay(int fd, struct slogout *slogout, uint64_t number, uint64_t now)
{
    return relay_new(fd, &settings, slogout, number, now);
}

static void write_metrics(FILE *file)
{
    int why;

    fprintf(
        file,
        "# TYPE slogout_server_failures counter\n"
        "# HELP slogout_server_failures Clients that were refused because the server could not be reached.\n"
        "slogout_server_failures_total %" PRIu64 "\n",
        settings.failures);
    fputs("# TYPE slogout_blind counter\n"
          "# HELP slogout_blind Filters that lost track of their stream, by reason.\n",
          file);
    for (why = SLOGOUT_BLINDNESS_NONE + 1; why < SLOGOUT_BLINDNESS_COUNT; why++)
        fprintf(file, "slogout_blind_total{reason=\"%s\"} %" PRIu64 "\n",
                slogout_filter_blindness_name((enum slogout_blindness)why), settings.blind[why]);
}

int main(int argc, char **argv)
{
    static const struct service service = {
        .tag_prefix = SLOGOUT_FILTER_PREFIX,
        .options = options,
        .start = start,
        .reload = reload,
        .wake = take_addresses,
        .open = open_relay,
        .serve = relay_serve,
        .wants = relay_wants,
        .deadline = relay_deadline,
        .is_over = relay_is_over,
        .leave = relay_leave,
        .hurry = relay_hurry,
        .free = relay_free,
        .write_metrics = write_metrics,
    };

    return service_main(&service, argc, argv);
}

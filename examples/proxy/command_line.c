/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <slogout/filter.h>
#include "command_line.h"

#define THREADS_MAX 64
#define LAME_DUCK   5000 /* milliseconds; HAProxy asks an agent every 2 s unless agent-inter is set */

static const struct command_line defaults = {
    .listen = "127.0.0.1:1143",
    .server = "127.0.0.1:143",
    .threads = 1,
    .resolve_interval = 60000,
    .settings = {.size = sizeof(struct slogout_settings),
                 .tag_prefix = SLOGOUT_FILTER_PREFIX,
                 .leave_timeout_ms = DEPARTURE_LEAVE_TIMEOUT},
    .departure = {.spread = DEPARTURE_DEFAULT,
                  .deadline = DEPARTURE_DEFAULT,
                  .lame_duck = DEPARTURE_DEFAULT,
                  .seed = DEPARTURE_DEFAULT},
};

/* A share of a limit cannot be less than one. */
static int check_shares(const struct command_line *line, const char *program, const char *option,
                        uint64_t value)
{
    if (value == 0 || value >= line->threads)
        return 0;
    fprintf(stderr, "%s: %s %d is not valid: it must be at least --threads\n", program, option, (int)value);
    return -1;
}

static int check(const struct command_line *line, const char *program)
{
    if (*line->command && !line->control) {
        fprintf(stderr, "%s: the command %s needs --control (see --help)\n", program, *line->command);
        return -1;
    }
    if (strcmp(line->server, line->listen) == 0) {
        fprintf(stderr, "%s: --server %s is not valid: it is the address of --listen\n", program,
                line->server);
        return -1;
    }
    if (check_shares(line, program, "--rate", line->departure.rate) < 0)
        return -1;
    return check_shares(line, program, "--max-in-flight", line->departure.max_in_flight);
}

int command_line_read(struct command_line *line, int argc, char **argv)
{
    struct departure_options *departure = &line->departure;
    uint64_t answer_timeout = 0;
    int ask = SLOGOUT_ASK_ENABLED;
    int on_refusal = SLOGOUT_REFUSAL_BYE;
    const struct option options[] = {
        {"--listen", OPTION_ADDRESS, "ADDR:PORT", &line->listen, 0, 0,
         "Accept clients at this numeric address; port 0 means any free port. Default 127.0.0.1:1143."},
        {"--server", OPTION_HOST, "HOST:PORT", &line->server, 0, 0,
         "Connect to this server. Each client goes to the address of the server with the fewest clients. "
         "Default 127.0.0.1:143."},
        {"--source", OPTION_SOURCES, "ADDR,ADDR...", &line->sources, 0, 0,
         "Connect to the server from these addresses of this machine in turn. Default: the system "
         "chooses one."},
        {"--resolve-interval", OPTION_NUMBER, "MS", &line->resolve_interval, 0, UINT32_MAX,
         "Resolve the name of the server again after this many milliseconds; 0 means never. Default 60000."},
        {"--threads", OPTION_NUMBER, "N", &line->threads, 1, THREADS_MAX,
         "Serve clients in this many threads. Default 1."},
        {"--reuse-port", OPTION_FLAG, NULL, &line->reuse_port, 0, 0,
         "Let another process listen on the same address (SO_REUSEPORT). Default: the address is not "
         "shared."},
        {"--accept-proxy", OPTION_FLAG, NULL, &line->accept_header, 0, 0,
         "Require a PROXY protocol header, of version 1 or 2, from each client. Set it only if all "
         "connections come from a proxy that you control. Default: no header is expected."},
        {"--send-proxy", OPTION_CHOICE, "no|v1|v2", &line->send_header, 0, 0,
         "Send a PROXY protocol header with the client's address to the server. Default no."},
        {"--control", OPTION_TEXT, "PATH", &line->control, 0, 0,
         "Accept commands at this Unix socket. With a COMMAND, such as help, send it to the proxy at the "
         "socket, and print the reply. Default: no socket."},
        {"--ask", OPTION_CHOICE, "enabled|all", &ask, 0, 0,
         "Send LOGOUT to the clients that have enabled X-SERVER-LOGOUT, or to all clients; the others get BYE. "
         "Default enabled."},
        {"--answer-timeout", OPTION_NUMBER, "MS", &answer_timeout, 32001, UINT32_MAX,
         "Wait this many milliseconds for the answer to LOGOUT. Default 35000."},
        {"--on-refusal", OPTION_CHOICE, "bye|wait", &on_refusal, 0, 0,
         "When a client refuses, send BYE at once, or wait until the answer timeout. Default bye."},
        {"--spread", OPTION_NUMBER, "MS", &departure->spread, 0, UINT32_MAX,
         "Spread the requests to leave evenly over this many milliseconds. Default: 10000, or less if the "
         "deadline requires it."},
        {"--rate", OPTION_NUMBER, "N", &departure->rate, 0, UINT32_MAX,
         "Make at most this many requests per second; 0 means no limit. Default 0."},
        {"--deadline", OPTION_NUMBER, "MS", &departure->deadline, 1, UINT32_MAX,
         "Exit within this many milliseconds after the first SIGTERM. Default: the shortest time that the "
         "other options and the number of clients allow, plus a tenth of the spread, plus 10000."},
        {"--max-in-flight", OPTION_NUMBER, "N", &departure->max_in_flight, 0, UINT32_MAX,
         "Allow at most this many open requests at a time; 0 means no limit. Default 0."},
        {"--seed", OPTION_NUMBER, "N", &departure->seed, 0, UINT32_MAX,
         "Seed the random instants of the requests. Default: different in each process."},
        {"--metrics", OPTION_TEXT, "FILE", &line->metrics, 0, 0,
         "Write counters to this file as OpenMetrics text, at most once a second. Default: no file."},
        {"--agent", OPTION_ADDRESS, "ADDR:PORT", &line->agent, 0, 0,
         "Answer HAProxy's agent check at this numeric address. Default: no answers."},
        {"--lame-duck", OPTION_NUMBER, "MS", &departure->lame_duck, 0, UINT32_MAX,
         "Accept clients for this many milliseconds after the first SIGTERM, while the agent answers drain. "
         "Default: 5000 with --agent, 0 without."},
        {"--quiet", OPTION_FLAG, NULL, &line->quiet, 0, 0,
         "Do not log new connections, nor the end of a connection whose session had no request. Default: log "
         "all."},
        {NULL, OPTION_FLAG, NULL, NULL, 0, 0, NULL},
    };
    int operands;

    *line = defaults;
    operands = options_read(options, "[COMMAND]", OPTIONS_ANY, argc, argv);
    if (operands < 0)
        return -1;
    line->command = argv + operands;
    if (departure->lame_duck == DEPARTURE_DEFAULT)
        departure->lame_duck = line->agent ? LAME_DUCK : 0;
    line->settings.answer_timeout_ms = (uint32_t)answer_timeout;
    line->settings.ask = (enum slogout_ask)ask;
    line->settings.on_refusal = (enum slogout_on_refusal)on_refusal;
    return check(line, options_program(argv));
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "command_line.h"

#define OPTIONS_MAX 24
#define LAME_DUCK   5000 /* milliseconds; HAProxy asks an agent every 2 s unless agent-inter is set */

/* Appends the rows of a table, and its end. */
static struct option *append(struct option *to, const struct option *table)
{
    while (table && table->name)
        *to++ = *table++;
    to->name = NULL;
    return to;
}

int command_line_read(struct command_line *line, const struct option *own, int argc, char **argv)
{
    struct departure_options *departure = &line->departure;
    uint64_t answer_timeout = 0;
    int ask = SLOGOUT_ASK_ENABLED;
    int on_refusal = SLOGOUT_REFUSAL_BYE;
    const struct option shared[] = {
        {"--listen", OPTION_ADDRESS, "ADDR:PORT", &line->listen, 0, 0,
         "Accept clients at this numeric address; port 0 is any free port. Default 127.0.0.1:1143."},
        {"--reuse-port", OPTION_FLAG, NULL, &line->reuse_port, 0, 0,
         "Let another process listen on the same address (SO_REUSEPORT). Default: the address is not "
         "shared."},
        {"--ask", OPTION_CHOICE, "enabled|all", &ask, 0, 0,
         "Send LOGOUT to clients that have enabled it, or to all; the others get BYE. Default enabled."},
        {"--answer-timeout", OPTION_NUMBER, "MS", &answer_timeout, 32001, UINT32_MAX,
         "Wait this many milliseconds for the answer to LOGOUT. Default 35000."},
        {"--on-refusal", OPTION_CHOICE, "bye|wait", &on_refusal, 0, 0,
         "When a client refuses, send BYE at once, or wait until the answer timeout. Default bye."},
        {"--spread", OPTION_NUMBER, "MS", &departure->spread, 0, UINT32_MAX,
         "Spread the requests evenly over this many milliseconds. Default: 10000, or what the deadline "
         "allows."},
        {"--rate", OPTION_NUMBER, "N", &departure->rate, 0, UINT32_MAX,
         "Begin with at most this many clients a second; 0 is no limit. Default 0."},
        {"--deadline", OPTION_NUMBER, "MS", &departure->deadline, 1, UINT32_MAX,
         "End within this many milliseconds after the first SIGTERM. Default: what the other options and "
         "the number of clients need, plus a tenth of the spread, plus 10000."},
        {"--max-in-flight", OPTION_NUMBER, "N", &departure->max_in_flight, 0, UINT32_MAX,
         "Never ask more clients at once than this; 0 is no limit. Default 0."},
        {"--seed", OPTION_NUMBER, "N", &departure->seed, 0, UINT32_MAX,
         "Choose the moments of the clients from this number. Default: different in each process."},
        {"--metrics", OPTION_TEXT, "FILE", &line->metrics, 0, 0,
         "Write counters to this file as OpenMetrics text, at most once a second. Default: no file."},
        {"--agent", OPTION_ADDRESS, "ADDR:PORT", &line->agent, 0, 0,
         "Answer HAProxy's agent check at this numeric address. Default: no answers."},
        {"--lame-duck", OPTION_NUMBER, "MS", &departure->lame_duck, 0, UINT32_MAX,
         "Accept clients for this many milliseconds after the first SIGTERM, while the agent answers drain. "
         "Default: 5000 with --agent, 0 without."},
        {NULL, OPTION_FLAG, NULL, NULL, 0, 0, NULL},
    };
    struct option options[OPTIONS_MAX];

    append(append(options, own), shared);
    if (options_read(options, "", 0, argc, argv) < 0)
        return -1;
    if (departure->lame_duck == DEPARTURE_DEFAULT)
        departure->lame_duck = line->agent ? LAME_DUCK : 0;
    line->settings.answer_timeout_ms = (uint32_t)answer_timeout;
    line->settings.ask = (enum slogout_ask)ask;
    line->settings.on_refusal = (enum slogout_on_refusal)on_refusal;
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <slogout/slogout.h>
#include "departure.h"
#include "options.h"

struct command_line {
    const char *listen; /* ADDR:PORT */
    const char *server; /* HOST:PORT */
    int reuse_port, accept_header, send_header, quiet;
    uint64_t threads, resolve_interval;
    struct address_list sources;
    const char *control, *metrics; /* paths, or NULL */
    const char *agent;             /* ADDR:PORT, or NULL */
    struct slogout_settings settings;
    struct departure_options departure;
    char **command; /* words for the control socket, up to a NULL */
};

/* Reads the command line. Returns 0, or prints what is wrong and returns -1. */
int command_line_read(struct command_line *line, int argc, char **argv);

#endif

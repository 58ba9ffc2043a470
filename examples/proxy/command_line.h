/* SPDX-License-Identifier: BSD-2-Clause */
/* The options that all programs of service.h share. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <slogout/slogout.h>
#include "departure.h"
#include "options.h"

struct command_line {
    const char *listen; /* ADDR:PORT */
    int reuse_port;
    const char *metrics; /* a path, or NULL */
    const char *agent;   /* ADDR:PORT, or NULL */
    struct slogout_settings settings;
    struct departure_options departure;
};

/* Reads the shared options and the program's own. Options that are not given leave their values unchanged.
 * Returns 0, or prints what is wrong and returns -1. */
int command_line_read(struct command_line *line, const struct option *own, int argc, char **argv);

#endif

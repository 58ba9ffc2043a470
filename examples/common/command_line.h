/* The command line that all programs with a loop share. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <slogout/slogout.h>
#include "common/departure.h"
#include "common/options.h"

struct command_line {
    const char *listen; /* ADDR:PORT */
    int reuse_port;
    const char *metrics; /* a path, or NULL */
    struct slogout_settings settings;
    struct departure_options departure;
};

/* Reads the shared options and the program's own; what is not given keeps its value. Returns 0, or -1 when it has said
 * what is wrong. */
int command_line_read(struct command_line *line, const struct option *own, int argc, char **argv);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The counters of a program, in a file of OpenMetrics text for a collector that reads files, such as the
 * textfile collector of Prometheus' node exporter. The file is replaced atomically. */
#ifndef METRICS_H
#define METRICS_H

#include <stdint.h>
#include <stdio.h>
#include <slogout/slogout.h>
#include "departure.h"

struct metrics {
    const char *path; /* NULL: no metrics are wanted */
    char *fresh_path; /* where the next version is written, in the same folder */
    uint64_t next_ms; /* when the file may be written again */
    uint64_t due_ms;  /* when to write; UINT64_MAX: nothing has changed */
};

struct metrics_figures {
    uint64_t accepted; /* so far */
    const struct totals *totals;
    const struct departure *departure;
};

/* Writes the file for the first time. path is not copied; NULL means no metrics. Returns 0, or -1 with errno
 * set. */
int metrics_init(struct metrics *metrics, const char *path, struct metrics_figures figures, uint64_t now);

/* Returns 1 if the file must be written now. something_happened is 1 if the figures may have changed since
 * the last call. */
int metrics_is_due(struct metrics *metrics, int something_happened, uint64_t now);

/* Replaces the file. Returns 0, or -1 with errno set; the file is then unchanged. */
int metrics_write(struct metrics *metrics, struct metrics_figures figures, uint64_t now);

void metrics_free(struct metrics *metrics);

#endif

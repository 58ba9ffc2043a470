/* SPDX-License-Identifier: BSD-2-Clause */
/* Measures several peers at the same job in one run. Their rounds are interleaved, so that a disturbance affects all of
 * them, and the figure of each peer is the median of its rounds. Figures are written to standard output as lines of
 * CSV:
 *
 *   row,n,peer,value,unit
 *
 * A program that is started as `PROGRAM once ROW PEER N` runs this peer once, so that valgrind can count its
 * instructions. */
#ifndef BENCH_PEERS_BENCH_H
#define BENCH_PEERS_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_PEERS_MAX 8

struct bench_peer {
    const char *name;
    /* Does the job n times, or with n of the objects that the row names, and returns the figure in the unit of the row,
     * such as nanoseconds for each job. The figure does not include preparations. */
    double (*run)(size_t n);
    size_t most; /* the largest n that the peer can do; 0 if there is no limit */
};

struct bench_row {
    const char *name;
    const char *unit;
    int rounds;
    const size_t *sizes; /* ends with 0 */
    struct bench_peer peers[BENCH_PEERS_MAX];
};

/* Returns the nanoseconds of a monotonic clock. */
double bench_now(void);

/* Writes the version of a peer, as the line `version,0,PEER,VERSION,`. */
void bench_version(const char *peer, const char *version);

/* Returns the order in which n objects are visited: the numbers from 0 to n - 1, or the same numbers shuffled. Each run
 * has the same order. The caller frees it. */
size_t *bench_order(size_t n, int is_shuffled);

/* Runs all rows, or one peer of one row if the arguments select it. Returns the exit status for main(). */
int bench_main(int argc, char **argv, const struct bench_row *rows, size_t count);

/* Ends the program with a message unless the condition holds, because only successful work may be measured. */
void bench_require(int condition, const char *what);

#endif

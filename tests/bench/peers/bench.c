/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

#define ROUNDS_MAX 64

long syscall(long number, ...);

/* Uses the system call, because drain.c replaces clock_gettime(). */
double bench_now(void)
{
    struct timespec time;

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

void bench_require(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "bench: this failed: %s\n", what);
    exit(1);
}

void bench_version(const char *peer, const char *version)
{
    printf("version,0,%s,%s,\n", peer, version);
}

size_t *bench_order(size_t n, int is_shuffled)
{
    size_t *order = malloc(n * sizeof *order);
    uint64_t random = 1;
    size_t i;

    bench_require(order != NULL, "malloc");
    for (i = 0; i < n; i++)
        order[i] = i;
    for (i = n; is_shuffled && i > 1; i--) {
        const size_t other =
            (size_t)((random = random * 6364136223846793005u + 1442695040888963407u) >> 33) % i;
        const size_t moved = order[i - 1];
        order[i - 1] = order[other];
        order[other] = moved;
    }
    return order;
}

static int compare(const void *a, const void *b)
{
    const double one = *(const double *)a, other = *(const double *)b;

    return (one > other) - (one < other);
}

static int can_do(const struct bench_peer *peer, size_t n)
{
    return !peer->most || n <= peer->most;
}

static void run_row(const struct bench_row *row, size_t n)
{
    static double figures[BENCH_PEERS_MAX][ROUNDS_MAX];
    const struct bench_peer *peer;
    int round;

    bench_require(row->rounds <= ROUNDS_MAX, "at most ROUNDS_MAX rounds");
    for (round = 0; round < row->rounds; round++)
        for (peer = row->peers; peer < row->peers + BENCH_PEERS_MAX && peer->run; peer++)
            if (can_do(peer, n))
                figures[peer - row->peers][round] = peer->run(n);
    for (peer = row->peers; peer < row->peers + BENCH_PEERS_MAX && peer->run; peer++) {
        double *own = figures[peer - row->peers];
        if (!can_do(peer, n))
            continue;
        qsort(own, (size_t)row->rounds, sizeof *own, compare);
        printf("%s,%zu,%s,%.2f,%s\n", row->name, n, peer->name, own[row->rounds / 2], row->unit);
    }
    fflush(stdout);
}

static int run_once(char **words, const struct bench_row *rows, size_t count)
{
    const struct bench_peer *peer;
    size_t i;

    for (i = 0; i < count; i++)
        for (peer = rows[i].peers; peer < rows[i].peers + BENCH_PEERS_MAX && peer->run; peer++)
            if (strcmp(rows[i].name, words[0]) == 0 && strcmp(peer->name, words[1]) == 0) {
                peer->run(strtoul(words[2], NULL, 10));
                return 0;
            }
    return 2;
}

int bench_main(int argc, char **argv, const struct bench_row *rows, size_t count)
{
    const size_t *n;
    size_t i;

    if (argc == 5 && strcmp(argv[1], "once") == 0)
        return run_once(argv + 2, rows, count);
    for (i = 0; i < count; i++)
        for (n = rows[i].sizes; *n; n++)
            run_row(&rows[i], *n);
    return 0;
}

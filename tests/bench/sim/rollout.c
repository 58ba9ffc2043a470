/* SPDX-License-Identifier: BSD-2-Clause */
/* Restarts the servers of a fleet, each with a drain of the library on simulated time. The clients that leave log in
 * again within a second, at the server that a balancer chooses. Prints how often clients move, how full a server
 * becomes, and how long the restart takes, beside the closed forms, and writes the same figures as CSV.
 *
 *   rollout FOLDER [CLIENTS]
 *
 * Fleets of 10 and 100 servers have this number of clients, and fleets of 3 servers a tenth of it. A server can accept
 * the logins of its share of the clients in SHARE_S seconds. Without spare servers, one server restarts at a time; with
 * k spare servers, k servers. The exit status is 1 if a figure differs from its closed form. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/strategy.h"
#include "support/crowd.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define SERVERS_MAX   102
#define SHARE_S       100
#define RESTART_MS    10000 /* from the end of a drain until the balancer knows the new server */
#define NONE UINT32_MAX

enum balancer { RANDOM, ROUND_ROBIN, RESTARTED, LEAST };

static const char *const balancers[] = {"any server, at random", "any server, in turn",
                                        "restarted servers, at random", "the fewest sessions"};

/* Most clients have not enabled the extension. */
static const struct manner manners[] = {{0, 0, CROWD_NEVER, "", 0},
                                        {0, 0, CROWD_NEVER, "", 200},
                                        {1, 0, 80, "OK", 0},
                                        {0, 0, CROWD_NEVER, "", 0}};

struct server {
    uint32_t first, last, load; /* its clients, in a list that fleet.next links */
    int is_leaving;
    int is_restarted;   /* or is a spare server */
    uint64_t second;    /* of the last login */
    uint32_t in_second; /* logins in that second */
};

struct fleet {
    enum balancer balancer;
    uint32_t servers, spares, clients;
    uint32_t rate; /* logins per second that one server accepts */
    struct server server[SERVERS_MAX];
    uint32_t *next; /* by client */
    uint8_t *moves; /* by client */
    uint32_t turn;  /* for ROUND_ROBIN */
    uint64_t random, now_ms;
    uint32_t fullest; /* the most clients of one server at any time */
    uint32_t peak;    /* the most logins at one server in any second */
};

static void *reserve(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory)
        return memory;
    fputs("rollout: out of memory\n", stderr);
    exit(1);
}

/* ---- the balancer ---- */

static uint32_t total(const struct fleet *fleet)
{
    return fleet->servers + fleet->spares;
}

static uint32_t in_turn(struct fleet *fleet)
{
    do
        fleet->turn = (fleet->turn + 1) % total(fleet);
    while (fleet->server[fleet->turn].is_leaving);
    return fleet->turn;
}

static uint32_t with_fewest(const struct fleet *fleet)
{
    uint32_t i, found = NONE;

    for (i = 0; i < total(fleet); i++)
        if (!fleet->server[i].is_leaving &&
            (found == NONE || fleet->server[i].load < fleet->server[found].load))
            found = i;
    return found;
}

/* Returns one of the servers that have been restarted, or of all servers if none has been restarted. */
static uint32_t at_random(struct fleet *fleet, int among_restarted)
{
    uint32_t candidates[SERVERS_MAX], count = 0, i;

    for (i = 0; i < total(fleet); i++)
        if (!fleet->server[i].is_leaving && (!among_restarted || fleet->server[i].is_restarted))
            candidates[count++] = i;
    return count ? candidates[strategy_random(&fleet->random) % count] : at_random(fleet, 0);
}

static uint32_t choose(struct fleet *fleet)
{
    switch (fleet->balancer) {
    case RANDOM:
        return at_random(fleet, 0);
    case ROUND_ROBIN:
        return in_turn(fleet);
    case RESTARTED:
        return at_random(fleet, 1);
    case LEAST:
        return with_fewest(fleet);
    }
    return NONE;
}

static void put(struct fleet *fleet, uint32_t client, struct server *server)
{
    fleet->next[client] = NONE;
    if (server->load++)
        fleet->next[server->last] = client;
    else
        server->first = client;
    server->last = client;
    if (server->load > fleet->fullest)
        fleet->fullest = server->load;
}

static void log_in(struct fleet *fleet, uint32_t client, uint64_t at_ms)
{
    struct server *server = &fleet->server[choose(fleet)];
    const uint64_t second = at_ms / 1000;

    put(fleet, client, server);
    fleet->moves[client]++;
    server->in_second = server->second == second ? server->in_second + 1 : 1;
    server->second = second;
    if (server->in_second > fleet->peak)
        fleet->peak = server->in_second;
}

/* ---- a step ---- */

/* Empties one server. Adds its clients to `due`, by the millisecond in which they log in again. Returns the time at
 * which the drain was done. */
static uint64_t empty(struct fleet *fleet, struct server *server, uint32_t rate, uint32_t *due,
                      uint64_t horizon)
{
    struct crowd *crowd = crowd_new(NULL, server->load, manners, LENGTH(manners), horizon);
    struct slogout_plan plan = {.size = sizeof plan, .rate = rate, .seed = (uint32_t)fleet->now_ms};
    struct slogout_advice advice;
    uint64_t done_ms;
    uint32_t i, client, next;

    crowd_add(crowd, 0, server->load, 0);
    if (slogout_plan_check(crowd->slogout, &plan, server->load, &advice) != 0)
        exit(1);
    plan.deadline_ms = advice.shortest_deadline_ms;
    if (slogout_drain_start(crowd->drain, &plan, 0) != 0)
        exit(1);
    crowd_run(crowd, horizon);
    for (i = 0, client = server->first; i < server->load; i++, client = next) {
        const uint64_t at = crowd->clients[i].closed_ms + 1 + strategy_random(&fleet->random) % 1000;
        next = fleet->next[client];
        fleet->next[client] = due[at];
        due[at] = client;
    }
    done_ms = crowd->done_ms;
    crowd_free(crowd);
    server->load = 0;
    return done_ms;
}

/* Returns the number of servers that share the logins while the servers from `first` on restart. */
static uint32_t targets(const struct fleet *fleet, uint32_t first, uint32_t count)
{
    const uint32_t restarted = fleet->spares + first;

    if (fleet->balancer == LEAST)
        return count;
    return fleet->balancer == RESTARTED && restarted > 0 ? restarted : total(fleet) - count;
}

/* Restarts `count` servers from `first` on at the same time, at the rate that the other servers accept. */
static void step(struct fleet *fleet, uint32_t first, uint32_t count)
{
    const uint64_t horizon = fleet->fullest * UINT64_C(1000) / fleet->rate + 60000;
    const uint32_t rate = fleet->rate * targets(fleet, first, count) / count;
    uint32_t *due = reserve(horizon + 1001, sizeof *due);
    uint64_t ms, done_ms, all_done_ms = 0;
    uint32_t i, client, next;

    memset(due, 0xff, (horizon + 1001) * sizeof *due);
    for (i = first; i < first + count; i++)
        fleet->server[i].is_leaving = 1;
    for (i = first; i < first + count; i++) {
        done_ms = empty(fleet, &fleet->server[i], rate, due, horizon);
        all_done_ms = done_ms > all_done_ms ? done_ms : all_done_ms;
    }
    for (ms = 0; ms < horizon + 1001; ms++)
        for (client = due[ms]; client != NONE; client = next) {
            next = fleet->next[client];
            log_in(fleet, client, fleet->now_ms + ms);
        }
    fleet->now_ms += all_done_ms + RESTART_MS;
    for (i = first; i < first + count; i++) {
        fleet->server[i].is_leaving = 0;
        fleet->server[i].is_restarted = 1;
    }
    free(due);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Returns the number of servers that restart at the same time if `left` servers remain. */
static uint32_t at_once(const struct fleet *fleet, uint32_t left)
{
    return fleet->spares ? smaller(fleet->spares, left) : 1;
}

static void roll(struct fleet *fleet)
{
    uint32_t i, count;

    for (i = 0; i < fleet->clients; i++)
        put(fleet, i, &fleet->server[i % fleet->servers]);
    for (i = fleet->servers; i < total(fleet); i++)
        fleet->server[i].is_restarted = 1;
    for (i = 0; i < fleet->servers; i += count) {
        count = at_once(fleet, fleet->servers - i);
        step(fleet, i, count);
    }
}

/* ---- the closed forms ---- */

struct expected {
    double mean, fullest; /* moves of a client; the most clients of a server, in shares */
};

/* Each step empties `count` servers of `load` shares each. If the logins go to any server, they add an equal part to
 * the load of all others, so the load grows by the factor 1 + count / others, and the last server is the fullest. With
 * one server at a time and no spare server, that is (N / (N - 1)) ^ (N - 1). If the logins go only to restarted
 * servers, none of which restarts again, the first of them becomes the fullest. */
static struct expected expect_random(const struct fleet *fleet)
{
    struct expected expected = {0, 0};
    double load = 1, first = 0;
    uint32_t i, count, others, restarted;

    for (i = 0; i < fleet->servers; i += count) {
        count = at_once(fleet, fleet->servers - i);
        others = total(fleet) - count;
        restarted = fleet->spares + i;
        expected.mean += count * load / fleet->servers;
        expected.fullest = load;
        if (restarted)
            first += count * load / restarted;
        if (fleet->balancer != RESTARTED || !restarted)
            load *= 1 + (double)count / others;
    }
    if (fleet->balancer == RESTARTED)
        expected.fullest = first;
    return expected;
}

static struct expected expect_least(const struct fleet *fleet)
{
    const double n = fleet->servers;
    const struct expected without_spare = {1 + 1 / n, n / (n - 1)}, with_spare = {1, 1};

    return fleet->spares ? with_spare : without_spare;
}

/* ---- figures ---- */

static int failures;

static void report(const struct fleet *fleet, FILE *csv)
{
    const struct expected expected = fleet->balancer == LEAST ? expect_least(fleet) : expect_random(fleet);
    const double share = (double)fleet->clients / fleet->servers;
    const double fullest = fleet->fullest / share;
    uint64_t moves = 0;
    uint32_t i, twice = 0, worst = 0;
    double mean;

    for (i = 0; i < fleet->clients; i++) {
        moves += fleet->moves[i];
        twice += fleet->moves[i] >= 2;
        worst = fleet->moves[i] > worst ? fleet->moves[i] : worst;
    }
    mean = (double)moves / fleet->clients;
    /* A share of 10,000 clients varies by about 1 % if it depends on chance. */
    if (fabs(mean / expected.mean - 1) > 0.02 || fullest / expected.fullest - 1 > 0.1) {
        fprintf(stderr, "rollout: a figure differs from its closed form\n");
        failures++;
    }
    printf("%7" PRIu32 " %6" PRIu32 "  %-28s %6.3f %6.3f %6.1f %% %6" PRIu32 " %7.2f %6.2f %8.2f %9.0f\n",
           fleet->servers, fleet->spares, balancers[fleet->balancer], mean, expected.mean,
           100.0 * twice / fleet->clients, worst, fullest, expected.fullest,
           (double)fleet->peak / fleet->rate, (double)fleet->now_ms / 1000);
    fprintf(csv, "%" PRIu32 ",%" PRIu32 ",%d,%.4f,%.4f,%.4f,%" PRIu32 ",%.4f,%.4f,%.3f,%.0f\n",
            fleet->servers, fleet->spares, (int)fleet->balancer, mean, expected.mean,
            (double)twice / fleet->clients, worst, fullest, expected.fullest,
            (double)fleet->peak / fleet->rate, (double)fleet->now_ms / 1000);
    fflush(stdout);
}

static void simulate(uint32_t servers, uint32_t spares, enum balancer balancer, uint32_t clients, FILE *csv)
{
    struct fleet fleet = {.balancer = balancer,
                          .servers = servers,
                          .spares = spares,
                          .clients = clients,
                          .rate = clients / servers / SHARE_S + 1,
                          .next = reserve(clients, sizeof(uint32_t)),
                          .moves = reserve(clients, 1),
                          .random = 1};

    roll(&fleet);
    report(&fleet, csv);
    free(fleet.next);
    free(fleet.moves);
}

static FILE *create(const char *directory)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/rollout.csv", directory);
    file = fopen(path, "w");
    if (file)
        return file;
    perror(path);
    exit(1);
}

int main(int argc, char **argv)
{
    static const uint32_t sizes[] = {3, 10, 100};
    const unsigned long clients = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    FILE *csv;
    uint32_t i, spares;
    int balancer;

    if (argc < 2 || clients < 100000 || clients > 100000000) {
        fputs("usage: rollout FOLDER [CLIENTS]\n", stderr);
        return 2;
    }
    csv = create(argv[1]);
    fputs("servers,spares,balancer,mean,mean_expected,twice,worst,fullest,fullest_expected,peak,length_s\n",
          csv);
    printf("Restarting fleets. A server accepts the logins of its share of the clients in %d s.\n", SHARE_S);
    printf("%15s %27s %21s %9s %6s %14s %8s %9s\n", "", "", "mean moves", "moved", "worst", "fullest server",
           "peak in", "rollout");
    printf("%7s %6s  %-28s %6s %6s %8s %6s %7s %6s %8s %9s\n", "servers", "spares", "a login goes to",
           "simul.", "closed", "twice", "client", "simul.", "closed", "capacity", "in s");
    for (i = 0; i < LENGTH(sizes); i++)
        for (balancer = 0; balancer < (int)LENGTH(balancers); balancer++)
            for (spares = 0; spares <= 2; spares++)
                simulate(sizes[i], spares, (enum balancer)balancer,
                         (uint32_t)(sizes[i] == 3 ? clients / 10 : clients), csv);
    fclose(csv);
    return failures ? 1 : 0;
}

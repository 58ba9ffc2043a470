/* SPDX-License-Identifier: BSD-2-Clause */
/* Disconnects 1,000,000 clients from a server, with slogout, which is the real library on simulated time, and
 * with models of other systems. The clients log in again at the other servers of the fleet. Checks the
 * promises of slogout, prints a table, and writes one CSV file for each run.
 *
 *   sim FOLDER [CLIENTS [CAPACITY]]
 *
 * CAPACITY is the number of logins per second that the other servers accept. The exit status is 1 if a
 * promise was not kept. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/fleet.h"
#include "support/crowd.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static int failures;

static void expect(int kept, const char *run, const char *promise)
{
    if (kept)
        return;
    fprintf(stderr, "sim: %s: this does not hold: %s\n", run, promise);
    failures++;
}

/* ---- figures of one run ---- */

struct figures {
    const char *name, *title;
    const struct departures *departures;
    uint32_t empty_ms; /* the time of the last cut */
    uint32_t untold;
    uint32_t burst;                  /* the most cuts within one tenth of a second */
    struct reconnects reconnects[2]; /* by enum retry */
};

static void measure(struct figures *figures, uint32_t capacity)
{
    const struct departures *departures = figures->departures;
    uint32_t *tenths = calloc(FLEET_SECONDS * 10, sizeof *tenths);
    uint32_t i;

    if (!tenths)
        exit(1);
    for (i = 0; i < departures->count; i++) {
        const uint32_t at = departures->cut_ms[i];
        figures->empty_ms = at > figures->empty_ms ? at : figures->empty_ms;
        figures->untold += !departures->told[i];
        if (at < FLEET_SECONDS * 1000u && ++tenths[at / 100] > figures->burst)
            figures->burst = tenths[at / 100];
    }
    free(tenths);
    fleet_receive(&figures->reconnects[EAGER], departures, EAGER, capacity);
    fleet_receive(&figures->reconnects[BACK_OFF], departures, BACK_OFF, capacity);
}

static FILE *create(const char *directory, const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s.csv", directory, name);
    file = fopen(path, "w");
    if (file)
        return file;
    perror(path);
    exit(1);
}

static void write_seconds(const struct figures *figures, const char *directory)
{
    const struct departures *departures = figures->departures;
    uint32_t *cut = calloc(FLEET_SECONDS, sizeof *cut);
    FILE *file = create(directory, figures->name);
    uint32_t i, remaining = departures->count;

    if (!cut)
        exit(1);
    for (i = 0; i < departures->count; i++)
        if (departures->cut_ms[i] / 1000 < FLEET_SECONDS)
            cut[departures->cut_ms[i] / 1000]++;
    fputs("second,cut,remaining,reconnects_eager,reconnects_back_off\n", file);
    for (i = 0; i < FLEET_SECONDS; i++) {
        remaining -= cut[i];
        fprintf(file, "%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 "\n", i, cut[i], remaining,
                figures->reconnects[EAGER].attempts[i], figures->reconnects[BACK_OFF].attempts[i]);
    }
    fclose(file);
    free(cut);
}

static const char *kept(const struct figures *figures)
{
    return figures->empty_ms <= DEADLINE_MS ? "yes" : "no";
}

static void print_row(const struct figures *figures)
{
    printf("%-34s %9" PRIu32 " %11" PRIu32 " %11" PRIu32 " %8.1f %8" PRIu32 " %9" PRIu32 "  %s\n",
           figures->title, figures->burst, figures->reconnects[EAGER].peak,
           figures->reconnects[BACK_OFF].peak, figures->empty_ms / 1000.0,
           figures->reconnects[EAGER].all_in_s, figures->untold, kept(figures));
    fflush(stdout);
}

static void write_row(FILE *file, const struct figures *figures)
{
    fprintf(file, "%s,%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%.3f,%" PRIu32 ",%" PRIu32 ",%s,\"%s\"\n",
            figures->name, figures->burst, figures->reconnects[EAGER].peak,
            figures->reconnects[BACK_OFF].peak, figures->empty_ms / 1000.0,
            figures->reconnects[EAGER].all_in_s, figures->untold, kept(figures), figures->title);
}

static void report(struct figures *figures, const char *directory, FILE *summary, uint32_t capacity)
{
    measure(figures, capacity);
    write_seconds(figures, directory);
    print_row(figures);
    write_row(summary, figures);
}

/* ---- slogout ---- */

/* E = deadline - tail - leave timeout = 575 s. L = E - answer timeout = 540 s, less 100 ms for late ticks. */
static const struct slogout_plan usual = {
    .size = sizeof usual, .spread_ms = 539900, .tail_ms = 15000, .deadline_ms = DEADLINE_MS, .seed = 1};

struct scenario {
    const char *name, *title;
    uint32_t max_in_flight, group_size;
    uint32_t rate; /* replaces the spread */
    uint32_t kinds;
    struct manner manners[5];
};

static const struct scenario scenarios[] = {
    {"slogout-prompt", "slogout, prompt clients", 0, 0, 0, 1, {{1, 0, 80, "OK", 0}}},
    {"slogout-slow", "slogout, slow clients", 0, 0, 0, 1, {{1, 2000, 20000, "OK", 500}}},
    {"slogout-silent", "slogout, silent clients", 0, 0, 0, 1, {{1, 0, CROWD_NEVER, "", 0}}},
    /* ceil(1,000,000 / 62,500) * 35.1 s = 561.6 s, which is before E. */
    {"slogout-limit", "slogout, silent, limit 62,500", 62500, 0, 0, 1, {{1, 0, CROWD_NEVER, "", 0}}},
    /* 1,000,000 sessions at 2,000 per second take 500 s. */
    {"slogout-rate", "slogout, silent, rate 2,000", 0, 0, 2000, 1, {{1, 0, CROWD_NEVER, "", 0}}},
    {"slogout-not-enabled", "slogout, no client enabled it (today)", 0, 0, 0, 1, {{0, 0, CROWD_NEVER, "", 0}}},
    {"slogout-groups", "slogout, five connections a user", 0, 5, 0, 1, {{1, 0, 80, "OK", 0}}},
    {"slogout",
     "slogout, clients of all kinds",
     0,
     0,
     0,
     5,
     {{1, 0, 80, "OK", 0},
      {0, 0, CROWD_NEVER, "", 200},
      {1, 2000, 20000, "NO", 500},
      {1, 0, CROWD_NEVER, "", 0},
      {0, 5000, CROWD_NEVER, "", 0}}},
};

static struct crowd *drain(const struct scenario *scenario, uint32_t clients)
{
    struct crowd *crowd = crowd_new(NULL, clients, scenario->manners, scenario->kinds, DEADLINE_MS);
    struct slogout_plan plan = usual;

    plan.max_in_flight = (uint32_t)((uint64_t)scenario->max_in_flight * clients / 1000000);
    plan.rate = (uint32_t)(((uint64_t)scenario->rate * clients + 999999) / 1000000);
    if (plan.rate)
        plan.spread_ms = 0;
    crowd_add(crowd, 0, clients, scenario->group_size);
    expect(slogout_plan_check(crowd->slogout, &plan, clients, NULL) == 0, scenario->title,
           "the plan can be kept");
    expect(slogout_drain_start(crowd->drain, &plan, 0) == 0, scenario->title, "the drain starts");
    crowd_run(crowd, DEADLINE_MS);
    expect(!plan.max_in_flight || crowd->most_in_flight <= plan.max_in_flight, scenario->title,
           "at most max_in_flight sessions are PENDING or ASKED");
    expect(!plan.rate || crowd_most_begun(crowd, 1000) <= plan.rate + 1, scenario->title,
           "in any second, at most rate + 1 sessions begin");
    return crowd;
}

static void expect_one_outcome_each(const struct crowd *crowd, const char *run)
{
    const struct slogout_counts *counts = slogout_drain_get_counts(crowd->drain);
    uint64_t counted = 0;
    uint32_t i, ones = 0;

    for (i = 0; i < crowd->count; i++)
        ones += crowd->clients[i].outcomes == 1;
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        counted += counts->outcome[i];
    expect(ones == crowd->count && counted == crowd->count, run, "each client has exactly one outcome");
    expect(counts->outcome[SLOGOUT_OUTCOME_FORCED] == 0, run, "no timer is cut short");
    expect(crowd->dones == 1, run, "done is called once");
    expect(crowd->done_ms <= DEADLINE_MS, run, "the deadline is kept");
}

/* Checks how evenly the departures begin, by LOGOUT or by `* BYE`. A group counts as one. */
static void expect_smooth(const struct crowd *crowd, const char *run, uint32_t group_size)
{
    const double line = crowd->count * 100.0 / usual.spread_ms;
    const double slack = line / 10 + (group_size ? group_size : 1);
    uint64_t in_window = 0;
    uint32_t t, uneven = 0;

    for (t = 0; t < usual.spread_ms; t++) {
        in_window += crowd->moments[t].logouts + crowd->moments[t].byes;
        if (t >= 100)
            in_window -= crowd->moments[t - 100].logouts + crowd->moments[t - 100].byes;
        if (t >= 99)
            uneven += (double)in_window > line + slack || (double)in_window < line - slack;
    }
    expect(!uneven, run, "each window of 100 ms has the number of the plan, within 10 % and 1");
}

static void collect(const struct crowd *crowd, struct departures *departures)
{
    uint32_t i;

    for (i = 0; i < crowd->count; i++) {
        departures->cut_ms[i] = crowd->clients[i].closed_ms;
        departures->told[i] = (uint8_t)(crowd->clients[i].told & !crowd->clients[i].without_bye);
    }
}

static int all_rest(const struct scenario *scenario)
{
    uint32_t i, rest = 0;

    for (i = 0; i < scenario->kinds; i++)
        rest += scenario->manners[i].rests_after_ms == 0;
    return rest == scenario->kinds;
}

static void run_scenario(const struct scenario *scenario, struct departures *departures)
{
    struct crowd *crowd = drain(scenario, departures->count);

    expect_one_outcome_each(crowd, scenario->title);
    if (all_rest(scenario) && !scenario->max_in_flight && !scenario->rate)
        expect_smooth(crowd, scenario->title, scenario->group_size);
    expect(crowd->timer_sets <= 20000, scenario->title, "set_timer is called at most 20,000 times");
    fprintf(stderr, "sim: %s: set_timer %" PRIu64 " times, at most %" PRIu64 " in flight\n", scenario->title,
            crowd->timer_sets, crowd->most_in_flight);
    collect(crowd, departures);
    crowd_free(crowd);
}

static void expect_same_schedule(uint32_t clients)
{
    struct crowd *one = drain(&scenarios[0], clients), *other = drain(&scenarios[0], clients);

    expect(memcmp(one->moments, other->moments, (DEADLINE_MS + 1) * sizeof *one->moments) == 0,
           scenarios[0].title, "the same seed gives the same schedule");
    crowd_free(one);
    crowd_free(other);
}

/* ---- all of it ---- */

static uint32_t number(const char *text, uint32_t otherwise)
{
    const unsigned long value = text ? strtoul(text, NULL, 10) : otherwise;

    if (value > 0 && value <= 100000000)
        return (uint32_t)value;
    fprintf(stderr, "sim: not a number from 1 to 100000000: %s\n", text);
    exit(2);
}

static struct departures departures_of(uint32_t clients)
{
    const struct departures departures = {clients, calloc(clients, sizeof(uint32_t)), calloc(clients, 1)};

    if (!departures.cut_ms || !departures.told)
        exit(1);
    return departures;
}

static void print_heading(uint32_t clients, uint32_t capacity)
{
    printf("%" PRIu32 " clients, deadline %d s; the other servers accept %" PRIu32 " logins a second.\n",
           clients, DEADLINE_MS / 1000, capacity);
    printf("%-34s %9s %11s %11s %8s %8s %9s  %s\n", "", "cut in", "peak rec./s", "peak rec./s", "empty",
           "all in", "cut", "deadline");
    printf("%-34s %9s %11s %11s %8s %8s %9s  %s\n", "strategy", "100 ms", "eager", "back-off", "after s",
           "after s", "untold", "kept");
}

int main(int argc, char **argv)
{
    const uint32_t clients = number(argc > 2 ? argv[2] : NULL, 1000000);
    const uint32_t capacity = number(argc > 3 ? argv[3] : NULL, 10000);
    struct departures departures = departures_of(clients);
    FILE *summary;
    size_t i;

    if (argc < 2) {
        fputs("usage: sim FOLDER [CLIENTS [CAPACITY]]\n", stderr);
        return 2;
    }
    summary = create(argv[1], "summary");
    fputs("name,cut_in_100_ms,peak_eager,peak_back_off,empty_s,all_in_s,untold,deadline_kept,title\n",
          summary);
    print_heading(clients, capacity);
    for (i = 0; i < strategy_count; i++) {
        struct figures figures = {strategies[i].name, strategies[i].title, &departures, 0, 0, 0,
                                  {{{0}, 0, 0}}};
        strategies[i].run(&departures);
        report(&figures, argv[1], summary, capacity);
    }
    for (i = 0; i < LENGTH(scenarios); i++) {
        struct figures figures = {scenarios[i].name, scenarios[i].title, &departures, 0, 0, 0, {{{0}, 0, 0}}};
        run_scenario(&scenarios[i], &departures);
        report(&figures, argv[1], summary, capacity);
    }
    expect_same_schedule(clients);
    fclose(summary);
    free(departures.cut_ms);
    free(departures.told);
    return failures ? 1 : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "metrics.h"

#define INTERVAL 1000 /* milliseconds */
#define SUFFIX   ".new"

/* ---- the text ---- */

static void write_family(FILE *file, const char *name, const char *type, const char *help)
{
    fprintf(file, "# TYPE slogout_%s %s\n# HELP slogout_%s %s\n", name, type, name, help);
}

static void write_counter(FILE *file, const char *name, const char *help, uint64_t value)
{
    write_family(file, name, "counter", help);
    fprintf(file, "slogout_%s_total %" PRIu64 "\n", name, value);
}

static void write_gauge(FILE *file, const char *name, const char *help, uint64_t value)
{
    write_family(file, name, "gauge", help);
    fprintf(file, "slogout_%s %" PRIu64 "\n", name, value);
}

static void write_states(FILE *file, uint64_t connections, const struct slogout_counts *counts)
{
    const uint64_t begun = counts->state[SLOGOUT_STATE_WAITING] + counts->state[SLOGOUT_STATE_PENDING] +
                           counts->state[SLOGOUT_STATE_ASKED] + counts->state[SLOGOUT_STATE_LEAVING] +
                           counts->state[SLOGOUT_STATE_ENDED];
    const struct {
        const char *name;
        uint64_t sessions;
    } states[] = {{"open", connections > begun ? connections - begun : 0},
                  {"waiting", counts->state[SLOGOUT_STATE_WAITING]},
                  {"pending", counts->state[SLOGOUT_STATE_PENDING]},
                  {"asked", counts->state[SLOGOUT_STATE_ASKED]},
                  {"leaving", counts->state[SLOGOUT_STATE_LEAVING]},
                  {"ended", counts->state[SLOGOUT_STATE_ENDED]}};
    size_t i;

    write_family(file, "sessions", "gauge", "Sessions by state.");
    for (i = 0; i < sizeof states / sizeof states[0]; i++)
        fprintf(file, "slogout_sessions{state=\"%s\"} %" PRIu64 "\n", states[i].name, states[i].sessions);
}

static void write_outcomes(FILE *file, const char *name, const char *help,
                           const struct slogout_counts *counts)
{
    int outcome;

    write_family(file, name, "counter", help);
    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        fprintf(file, "slogout_%s_total{outcome=\"%s\"} %" PRIu64 "\n", name,
                slogout_outcome_name((enum slogout_outcome)outcome), counts->outcome[outcome]);
}

static void write_drain(FILE *file, const struct departure *departure, const struct totals *totals,
                        uint64_t now)
{
    write_gauge(file, "draining", "1 from the first SIGTERM on.", departure->is_announced ? 1 : 0);
    write_gauge(file, "drain_remaining", "Sessions of the drain that have no outcome yet.",
                departure->is_begun ? totals_remaining(totals) : 0);
    write_gauge(file, "drain_left_seconds",
                "Seconds within which the program exits; 0 before SIGTERM and after the end.",
                departure_left_ms(departure, totals->connections, now) / 1000);
    write_outcomes(file, "drain_outcomes", "Sessions that the drain has ended, by outcome.", &totals->drain);
}

static void write_blindness(FILE *file, const uint64_t *blind)
{
    int why;

    write_family(file, "blind", "counter", "Filters that have become blind, by reason.");
    for (why = SLOGOUT_BLINDNESS_NONE + 1; why < SLOGOUT_BLINDNESS_COUNT; why++)
        fprintf(file, "slogout_blind_total{reason=\"%s\"} %" PRIu64 "\n",
                slogout_filter_blindness_name((enum slogout_blindness)why), blind[why]);
}

static void write_text(FILE *file, const struct metrics_figures *figures, uint64_t now)
{
    const struct totals *totals = figures->totals;

    write_gauge(file, "connections", "Client connections.", totals->connections);
    write_counter(file, "accepted", "Client connections accepted.", figures->accepted);
    write_states(file, totals->connections, &totals->counts);
    write_outcomes(file, "outcomes", "Sessions that were sent LOGOUT or BYE, by outcome.", &totals->counts);
    write_counter(file, "without_bye", "Sessions closed without the BYE that was owed.",
                  totals->counts.without_bye);
    write_drain(file, figures->departure, totals, now);
    write_counter(file, "server_failures",
                  "Clients that were refused because the server could not be reached.", totals->failures);
    write_counter(file, "refused", "Clients without a valid PROXY header.", totals->refused);
    write_blindness(file, totals->blind);
    fputs("# EOF\n", file);
}

/* ---- the file ---- */

int metrics_init(struct metrics *metrics, const char *path, struct metrics_figures figures, uint64_t now)
{
    metrics->due_ms = UINT64_MAX;
    if (!path)
        return 0;
    metrics->fresh_path = malloc(strlen(path) + sizeof SUFFIX);
    if (!metrics->fresh_path) {
        errno = ENOMEM;
        return -1;
    }
    strcat(strcpy(metrics->fresh_path, path), SUFFIX);
    metrics->path = path;
    return metrics_write(metrics, figures, now);
}

int metrics_is_due(struct metrics *metrics, int something_happened, uint64_t now)
{
    if (metrics->path && something_happened && metrics->due_ms == UINT64_MAX)
        metrics->due_ms = metrics->next_ms;
    return metrics->path && now >= metrics->due_ms;
}

int metrics_write(struct metrics *metrics, struct metrics_figures figures, uint64_t now)
{
    FILE *file = fopen(metrics->fresh_path, "w");
    int failed;

    metrics->due_ms = UINT64_MAX;
    metrics->next_ms = now + INTERVAL;
    if (!file)
        return -1;
    write_text(file, &figures, now);
    failed = ferror(file);
    failed |= fclose(file);
    return failed ? -1 : rename(metrics->fresh_path, metrics->path);
}

void metrics_free(struct metrics *metrics)
{
    free(metrics->fresh_path);
}

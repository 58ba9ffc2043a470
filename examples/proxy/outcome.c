/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include "log.h"
#include "outcome.h"

void outcome_log(uint64_t connection, uint64_t lasted_ms, const struct slogout_result *result)
{
    char text[SLOGOUT_RESULT_SIZE];

    slogout_result_format(text, sizeof text, result);
    log_line("connection=%" PRIu64 " %s seconds=%.1f", connection, text, (double)lasted_ms / 1000);
}

void outcome_log_change(uint64_t connection, uint64_t lasted_ms, const char *by,
                        const struct slogout_counts *before, const struct slogout_counts *now)
{
    const char *name = "-";
    int outcome;

    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        if (now->outcome[outcome] != before->outcome[outcome])
            name = slogout_outcome_name((enum slogout_outcome)outcome);
    (*name == '-' ? log_detail : log_line)("connection=%" PRIu64 " outcome=%s by=%s seconds=%.1f", connection,
                                           name, by, (double)lasted_ms / 1000);
}

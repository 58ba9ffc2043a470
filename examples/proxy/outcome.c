/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>
#include "log.h"
#include "outcome.h"

#define FIELD 520 /* octets of ` user=` and the longest quoted name, with the NUL */

static void write_user(char field[FIELD], const char *user)
{
    static const char key[] = " user=";

    field[0] = '\0';
    if (!user)
        return;
    memcpy(field, key, sizeof key);
    log_quote(field + sizeof key - 1, FIELD - sizeof key, user);
}

void outcome_log(uint64_t connection, const char *user, uint64_t lasted_ms,
                 const struct slogout_result *result)
{
    char text[SLOGOUT_RESULT_SIZE], field[FIELD];

    slogout_result_format(text, sizeof text, result);
    write_user(field, user);
    log_line("connection=%" PRIu64 " %s seconds=%.1f%s", connection, text, (double)lasted_ms / 1000, field);
}

void outcome_log_change(uint64_t connection, const char *user, uint64_t lasted_ms, const char *by,
                        const struct slogout_counts *before, const struct slogout_counts *now)
{
    const char *name = "-";
    char field[FIELD];
    int outcome;

    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        if (now->outcome[outcome] != before->outcome[outcome])
            name = slogout_outcome_name((enum slogout_outcome)outcome);
    write_user(field, user);
    (*name == '-' ? log_detail : log_line)("connection=%" PRIu64 " outcome=%s by=%s seconds=%.1f%s",
                                           connection, name, by, (double)lasted_ms / 1000, field);
}

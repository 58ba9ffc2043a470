#include <inttypes.h>
#include "common/log.h"
#include "common/outcome.h"

#define LOGGED_TEXT 201 /* octets of the client's text, escaped, and a NUL */

void outcome_log(uint64_t connection, uint64_t lasted_ms, const struct slogout_result *result)
{
    char text[LOGGED_TEXT] = "";

    if (result->answer)
        slogout_escape(text, sizeof text, result->answer->text, result->answer->text_len);
    log_line("connection=%" PRIu64 " outcome=%s tag=%s bye_sent=%d bye_seen=%d seconds=%.1f%s%s%s",
             connection, slogout_outcome_name(result->outcome), result->tag ? result->tag : "-",
             result->bye_sent, result->bye_seen, (double)lasted_ms / 1000, result->answer ? " text=\"" : "",
             text, result->answer ? "\"" : "");
}

void outcome_log_change(uint64_t connection, uint64_t lasted_ms, const char *by,
                        const struct slogout_counts *before, const struct slogout_counts *now)
{
    const char *name = "-";
    int outcome;

    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        if (now->outcome[outcome] != before->outcome[outcome])
            name = slogout_outcome_name((enum slogout_outcome)outcome);
    log_line("connection=%" PRIu64 " outcome=%s by=%s seconds=%.1f", connection, name, by,
             (double)lasted_ms / 1000);
}

#include <inttypes.h>
#include "common/log.h"
#include "common/outcome.h"

#define LOGGED_TEXT 201 /* octets of the client's text, escaped, and a NUL */

static void log_answer(uint64_t connection, const struct slogout_result *result)
{
    char text[LOGGED_TEXT];

    slogout_escape(text, sizeof text, result->answer->text, result->answer->text_len);
    log_line("connection=%" PRIu64 " outcome=%s tag=%s bye_sent=%d bye_seen=%d text=\"%s\"", connection,
             slogout_outcome_name(result->outcome), result->tag, result->bye_sent, result->bye_seen, text);
}

void outcome_log(uint64_t connection, const struct slogout_result *result)
{
    if (result->answer)
        log_answer(connection, result);
    else
        log_line("connection=%" PRIu64 " outcome=%s tag=%s bye_sent=%d bye_seen=%d", connection,
                 slogout_outcome_name(result->outcome), result->tag ? result->tag : "-", result->bye_sent,
                 result->bye_seen);
}

void outcome_log_change(uint64_t connection, const struct slogout_counts *before,
                        const struct slogout_counts *now)
{
    int outcome;

    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        if (now->outcome[outcome] != before->outcome[outcome])
            log_line("connection=%" PRIu64 " outcome=%s", connection,
                     slogout_outcome_name((enum slogout_outcome)outcome));
}

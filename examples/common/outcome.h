/* The log: one line on standard error for each outcome. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdint.h>
#include <slogout/slogout.h>

/* From close_connection. */
void outcome_log(uint64_t connection, const struct slogout_result *result);

/* No callback tells the outcome of a session that is abandoned: whoever abandons it knows why. But a session
 * that was LEAVING keeps the outcome it had, and one that was not asked has none: the counters show which it
 * was. */
void outcome_log_change(uint64_t connection, const struct slogout_counts *before,
                        const struct slogout_counts *now);

#endif

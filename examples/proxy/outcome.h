/* SPDX-License-Identifier: BSD-2-Clause */
/* Logs one line when a session ends. A session that was asked or received `* BYE` has an outcome; any other
 * has "-". The name of the user follows, if it is known; user may be NULL. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdint.h>
#include <slogout/slogout.h>

/* Logs the result that close_connection reports. lasted_ms is the time since the client connected. */
void outcome_log(uint64_t connection, const char *user, uint64_t lasted_ms,
                 const struct slogout_result *result);

/* Logs the end of a session that has been abandoned since *before was copied from *now. No callback reports
 * its outcome, but the counters do. by names the side that ended it. */
void outcome_log_change(uint64_t connection, const char *user, uint64_t lasted_ms, const char *by,
                        const struct slogout_counts *before, const struct slogout_counts *now);

#endif

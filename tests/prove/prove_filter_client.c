/* SPDX-License-Identifier: BSD-2-Clause */
/* What the filter relies on of the scanner of the client, beyond prove_imap_client.c, whose states and invariant are used
 * here. */
#include "prove_imap_client.c"

/* proves: after a step that consumes octets, a line may begin only if their last one is LF, and then there is an event if one is wanted at the end of a line, from any valid state with any number of octets and up to 2 commands in the queue
 * with: --unwind 16
 * each: STATE 14 COUNT 3
 * mutant STATE=6 COUNT=0: lib/imap_client.c: if (scan->stops && !is_literal) => if (0)
 * mutant STATE=9 COUNT=0: lib/imap_client.c: if (scan->stops) => if (0) */
void line_begins(void)
{
    const size_t len = nondet_size();
    const char *const bytes = any_step(len);
    size_t used;

    if (!bytes)
        return;
    used = client_step(&scan, bytes, len);
    if (used > 0 && slo_imap_client_at_line(&scan) && !is_lost())
        CHECK(bytes[used - 1] == '\n' && (!scan.stops || scan.event != SLO_CLIENT_NOTHING));
    free((void *)bytes);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The properties of the scanner of the client on which the filter relies, beyond those in prove_imap_client.c. These
 * proofs use the states and the invariant of that file. */
#include "prove_imap_client.c"

/* proves: after a step that consumes octets, a line may begin only if the last octet is LF; if an event is wanted at
 *     the end of a line, there is an event; from any valid state with any number of octets and up to 2 commands in the
 *     queue
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

/* SPDX-License-Identifier: BSD-2-Clause */
/* The properties of the scanner of the server on which the filter relies, beyond those in prove_imap_server.c. These
 * proofs use the states and the invariant of that file. */
#include "prove_imap_server.c"

static size_t line; /* the number of octets consumed of the current line */

/* Returns 1 if the undecided octets begin with the line, when the scanner is in its tag or status, or at their end. */
static int is_line_undecided(void)
{
    switch ((enum server_state)scan.state) {
    case SERVER_TAG:
    case SERVER_STATUS:
    case SERVER_LOGOUT:
    case SERVER_LOGOUT_CR:
        return scan.undecided == (scan.tag.len <= SLO_TAG_KNOWN ? line : 0);
    case SERVER_START:
        return line == 0;
    default:
        return scan.event != SLO_SERVER_TAGGED || scan.undecided == (scan.tag.len <= SLO_TAG_KNOWN ? line : 0);
    }
}

/* proves: after a step, the undecided octets are those before the step and all that it consumed, or only octets of the
 *     step; at a TAGGED event, unless the tag has more than 95 octets, they begin with the line; at a LOGOUT event they
 *     are the whole line; after TAG LOGOUT this event comes exactly with CRLF or LF; from any valid state with any number of octets
 * with: --unwind 16
 * each: STATE 14
 * claims STATE=5: take_logout_end be_odd
 * claims STATE=6: take_logout_end be_odd
 * mutant STATE=4: lib/imap_server.c: scan->undecided += is_undecided ? n : 0; => scan->undecided = is_undecided ? n : 0;
 * mutant STATE=4: lib/imap_server.c: scan->undecided += is_undecided && scan->state == SERVER_CODE; => ; */
void undecided_line(void)
{
    const size_t len = nondet_size();
    const char *const bytes = malloc(len);
    size_t undecided, used, end;

    ASSUME(bytes && len > 0);
    any(STATE);
    line = nondet_size();
    ASSUME(scan.event == SLO_SERVER_NOTHING && line < SIZE_MAX / 2 && len < SIZE_MAX / 2 && is_line_undecided());
    undecided = scan.undecided;
    used = server_step(&scan, bytes, len);
    CHECK(scan.undecided <= used || scan.undecided == undecided + used);
    end = line + used;
    line = scan.state == SERVER_START ? 0 : end;
    CHECK(is_line_undecided());
    CHECK(scan.event != SLO_SERVER_LOGOUT || (scan.undecided == end && bytes[used - 1] == '\n'));
    CHECK(scan.event == SLO_SERVER_NOT_UNDERSTOOD || scan.state != SERVER_START || bytes[used - 1] == '\n');
    if (STATE == SERVER_LOGOUT || STATE == SERVER_LOGOUT_CR) {
        const int is_cr = STATE == SERVER_LOGOUT && *bytes == '\r', is_lf = *bytes == '\n';
        CHECK((scan.event == SLO_SERVER_LOGOUT) == is_lf && used == (size_t)(is_cr || is_lf));
        CHECK(scan.state == (is_lf ? SERVER_START : is_cr ? SERVER_LOGOUT_CR : SERVER_ODD));
    }
    free((void *)bytes);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The scanner of the server's octets by induction: any octets lead from any valid state to a valid state. */
#include "lex_stubs.h"
#include "imap_server.c"

#ifndef STATE
#define STATE SERVER_START
#endif

struct slo_imap_server nondet_server(void);

static struct slo_imap_server scan;

/* Returns the length of the tag and of len octets after it, or 0 if the tag is too long to be undecided. */
static size_t after_tag(size_t len)
{
    return scan.tag.len <= SLO_TAG_KNOWN ? scan.tag.len + len : 0;
}

/* Returns 1 if the undecided octets are right while no event is reported: a later event may apply to them. */
static int undecided_is_valid(void)
{
    const size_t word = scan.word.len, undecided = scan.undecided;

    switch ((enum server_state)scan.state) {
    case SERVER_TAG:
        return undecided == after_tag(0);
    case SERVER_STATUS:
        return undecided == after_tag(1 + word) && word < sizeof "LOGOUT";
    case SERVER_LOGOUT:
        return undecided == scan.tag.len + sizeof " LOGOUT" - 1;
    case SERVER_LOGOUT_CR:
        return undecided == scan.tag.len + sizeof " LOGOUT\r" - 1;
    case SERVER_LIST:
        return undecided == 0 || (undecided == 1 + word && word <= SLO_TOKEN_MAX && !scan.is_enabled);
    default:
        return undecided == 0;
    }
}

/* Returns 1 if the event is possible in this state, and the undecided octets are those to which it applies. */
static int event_is_valid(void)
{
    const unsigned state = scan.state;
    const size_t tag = scan.tag.len, undecided = scan.undecided;

    switch (scan.event) {
    case SLO_SERVER_NOTHING:
        return undecided_is_valid();
    case SLO_SERVER_TAGGED:
        return (state == SERVER_CODE || state == SERVER_TEXT) && tag > 0 &&
               undecided >= after_tag(sizeof " OK" - 1) && undecided <= after_tag(sizeof " BAD " - 1);
    case SLO_SERVER_LOGOUT:
        return state == SERVER_START && tag > 0 &&
               (undecided == tag + sizeof " LOGOUT\n" - 1 || undecided == tag + sizeof " LOGOUT\r\n" - 1);
    case SLO_SERVER_COMPRESSION:
        return state == SERVER_LIST && undecided >= sizeof " COMPRESS=" - 1 && undecided <= 1 + SLO_TOKEN_MAX &&
               scan.word.len == 0 && !scan.is_enabled;
    case SLO_SERVER_CAPABILITIES:
        return state == SERVER_TEXT && undecided <= 1 && !scan.is_enabled && scan.offers && !scan.has_ours;
    case SLO_SERVER_ENABLED:
        return state == SERVER_TEXT && undecided == 0 && scan.is_enabled && scan.has_ours;
    case SLO_SERVER_CONTINUATION:
    case SLO_SERVER_BYE:
        return state == SERVER_TEXT && undecided == 0;
    case SLO_SERVER_LINE_END:
        return state == SERVER_START && undecided == 0 && scan.stops;
    case SLO_SERVER_NOT_UNDERSTOOD:
        return 1; /* Nothing reads the state after this event. */
    }
    return 0;
}

/* Returns 1 if no announcement has begun in a part of a line that cannot end in one. */
static int announcement_is_valid(void)
{
    switch ((enum server_state)scan.state) {
    case SERVER_WORD:
    case SERVER_STATUS:
    case SERVER_STAR:
    case SERVER_LOGOUT:
    case SERVER_LOGOUT_CR:
    case SERVER_CODE:
    case SERVER_TEXT:
    case SERVER_LIST:
        return scan.announcement.phase == 0;
    default:
        return 1;
    }
}

/* Returns 1 if the state is valid. This also holds inside a call. */
static int valid(void)
{
    const unsigned state = scan.state;

    if (state > SERVER_ODD || scan.event > SLO_SERVER_NOT_UNDERSTOOD || scan.tag.len > SLO_TAG_KNOWN + 1 ||
        scan.word.len > SLO_TOKEN_MAX + 1 || scan.announcement.size > SLO_LITERAL_LIMIT ||
        scan.announcement.non_synchronizing > 1)
        return 0;
    if (scan.tag.len == 0 && (state == SERVER_STATUS || state == SERVER_LOGOUT || state == SERVER_LOGOUT_CR))
        return 0;
    if (scan.tag.len > SLO_TAG_KNOWN && (state == SERVER_LOGOUT || state == SERVER_LOGOUT_CR))
        return 0;
    if (state == SERVER_LITERAL && scan.literal_left >= SLO_LITERAL_LIMIT)
        return 0;
    if ((state == SERVER_STAR || state == SERVER_TAG) && scan.word.len > 0)
        return 0;
    return announcement_is_valid() && event_is_valid();
}

/* Holds between calls. */
static int invariant(void)
{
    return valid() && scan.undecided <= SLO_UNDECIDED_MAX;
}

/* Makes any state that satisfies the invariant and may be used. */
static void any(unsigned state)
{
    scan = nondet_server();
    scan.state = (uint8_t)state;
    ASSUME(invariant() && scan.event != SLO_SERVER_NOT_UNDERSTOOD);
}

/* A step that consumes no octet decreases this number. */
static unsigned rank(void)
{
    static const unsigned of_state[] = {
        [SERVER_START] = 2,  [SERVER_STAR] = 2,      [SERVER_WORD] = 3, [SERVER_TAG] = 1,     [SERVER_STATUS] = 2,
        [SERVER_LOGOUT] = 1, [SERVER_LOGOUT_CR] = 1, [SERVER_CODE] = 3, [SERVER_LITERAL] = 1, [SERVER_LIST] = 1,
        [SERVER_ODD] = 0,
    };

    return of_state[scan.state] + (scan.state == SERVER_LIST && scan.word.len > 0);
}

/* proves: a step stays within the octets, consumes an octet or decreases the rank, and leads to a valid state, in which
 *     the undecided octets are at most those before the step and those that it consumed, from any valid state with any
 *     number of octets
 * with: --unwind 16
 * each: STATE 14
 * claims STATE=5: be_odd
 * mutant STATE=4: lib/imap_server.c: if (n == len && word->len < sizeof "LOGOUT") => if (n == len)
 * mutant STATE=4: lib/imap_server.c: is_undecided && is_whole => is_whole
 * mutant STATE=3: lib/imap_server.c: if (tag->len <= SLO_TAG_KNOWN) => if (1)
 * mutant STATE=10: lib/imap_server.c: scan->undecided = scan->is_enabled ? 0 : 1; => scan->undecided = 1;
 * mutant STATE=3: lib/imap_server.c: bytes[n] != ' ' || scan->tag.len == 0 => bytes[n] != ' '
 * mutant STATE=11: lib/imap_server.c: scan->literal_left >= SLO_LITERAL_LIMIT) => scan->literal_left > SLO_LITERAL_LIMIT) */
void one_step(void)
{
    const size_t len = nondet_size();
    const char *const bytes = malloc(len);
    size_t undecided, used;
    unsigned before;

    ASSUME(bytes && len > 0);
    any(STATE);
    ASSUME(scan.event == SLO_SERVER_NOTHING);
    before = rank();
    undecided = scan.undecided;
    used = server_step(&scan, bytes, len);
    CHECK(invariant());
    CHECK(used <= len);
    CHECK(used > 0 || rank() < before || scan.event == SLO_SERVER_NOT_UNDERSTOOD);
    CHECK(scan.undecided <= undecided + used);
    free((void *)bytes);
}

/* proves: a call that feeds up to two octets ends, either with the octets consumed or with an event that is right, in a
 *     valid state, from any valid state; the proof of a step shows that memory is safe
 * with: --no-standard-checks --unwinding-assertions --unwind 16 --unwindset slo_imap_server_feed.0:11
 * claims: slo_imap_server_feed
 * mutant: lib/imap_server.c: if (scan->stops) => if (!scan->stops) */
void feed(void)
{
    const size_t len = nondet_size();
    const int stop = nondet_int();
    char octets[2];
    size_t undecided, used;

    ASSUME(len <= sizeof octets);
    any(nondet_octet());
    undecided = scan.event == SLO_SERVER_NOTHING ? scan.undecided : 0;
    used = slo_imap_server_feed(&scan, octets, len, stop);
    CHECK(invariant());
    CHECK(used == len || (used < len && scan.event != SLO_SERVER_NOTHING));
    CHECK(scan.undecided <= undecided + used);
    CHECK(scan.event != SLO_SERVER_LINE_END || stop);
    CHECK(used == 0 || !stop || scan.state != SERVER_START || scan.event != SLO_SERVER_NOTHING);
    CHECK(!slo_imap_server_between_lines(&scan) || scan.undecided == 0 || scan.event == SLO_SERVER_LOGOUT);
}

/* proves: the first state is valid, and is between lines only if no greeting is expected
 * claims: slo_imap_server_init slo_imap_server_skip_greeting slo_imap_server_between_lines
 * mutant: lib/imap_server.c: memset(scan, 0, sizeof *scan) => memset(scan, 0, sizeof scan) */
void init(void)
{
    scan = nondet_server();
    slo_imap_server_init(&scan);
    CHECK(invariant() && scan.undecided == 0 && scan.event == SLO_SERVER_NOTHING);
    CHECK(!slo_imap_server_between_lines(&scan));
    slo_imap_server_skip_greeting(&scan);
    CHECK(invariant() && slo_imap_server_between_lines(&scan));
    scan.state = SERVER_TEXT;
    CHECK(!slo_imap_server_between_lines(&scan));
}

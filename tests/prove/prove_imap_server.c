/* SPDX-License-Identifier: BSD-2-Clause */
/* The scanner of the server's octets by induction: from any valid state, any octets lead to a valid one. */
#include "lex_stubs.h"
#include "imap_server.c"

#ifndef STATE
#define STATE START
#endif

static struct slo_imap_server scan;

static int is_token(const struct slo_token *token)
{
    return token->len <= SLO_TOKEN_MAX + 1;
}

/* While no event is reported: what an event to come may be about. */
static int undecided_is_valid(void)
{
    const size_t tag = scan.tag.len, word = scan.word.len, undecided = scan.undecided;

    switch ((enum state)scan.state) {
    case TAG:
        return undecided == tag;
    case STATUS:
        return undecided == tag + 1 + word && word < sizeof "LOGOUT";
    case LOGOUT:
        return undecided == tag + sizeof " LOGOUT" - 1 || undecided == tag + sizeof " LOGOUT\r" - 1;
    case LIST:
        return undecided == 0 || (undecided == 1 + word && word <= SLO_TOKEN_MAX && !scan.is_enabled);
    default:
        return undecided == 0;
    }
}

/* What the event says that the last call stopped at, and what it is about. */
static int event_is_valid(void)
{
    const unsigned state = scan.state;
    const size_t tag = scan.tag.len, undecided = scan.undecided;

    switch (scan.event) {
    case SLO_SERVER_NOTHING:
        return undecided_is_valid();
    case SLO_SERVER_TAGGED:
        return (state == CODE || state == TEXT) && tag > 0 && undecided >= tag + sizeof " OK" - 1 && undecided <= tag + sizeof " BAD " - 1;
    case SLO_SERVER_LOGOUT:
        return state == START && tag > 0 &&
               (undecided == tag + sizeof " LOGOUT\n" - 1 || undecided == tag + sizeof " LOGOUT\r\n" - 1);
    case SLO_SERVER_COMPRESSION:
        return state == LIST && undecided >= sizeof " COMPRESS=" - 1 && undecided <= 1 + SLO_TOKEN_MAX &&
               scan.word.len == 0 && !scan.is_enabled;
    case SLO_SERVER_CAPABILITIES:
        return state == TEXT && undecided <= 1 && !scan.is_enabled && scan.offers && !scan.has_ours;
    case SLO_SERVER_ENABLED:
        return state == TEXT && undecided == 0 && scan.is_enabled && scan.has_ours;
    case SLO_SERVER_CONTINUATION:
    case SLO_SERVER_BYE:
        return state == TEXT && undecided == 0;
    case SLO_SERVER_LINE_END:
        return state == START && undecided == 0 && scan.greeted && scan.stops;
    case SLO_SERVER_NOT_UNDERSTOOD:
        break;
    }
    return 0; /* see LOST */
}

/* What a line announces as far as the scanner has looked at it: nothing, where there is a text. */
static int announcement_is_valid(void)
{
    const struct slo_token *word = &scan.word;

    switch ((enum state)scan.state) {
    case WORD:
        return scan.announcement.phase == 0 || word->len > SLO_TOKEN_MAX ||
               (word->len > 0 && may_end_announcement(*word->bytes));
    case STAR:
    case TAG:
    case STATUS:
    case LOGOUT:
    case CODE:
    case TEXT:
    case LIST:
        return scan.announcement.phase == 0;
    default:
        return 1;
    }
}

/* What holds in the middle of a call. */
static int valid(void)
{
    const unsigned state = scan.state;

    if (state > LOST || scan.event > SLO_SERVER_NOT_UNDERSTOOD || !is_token(&scan.tag) || !is_token(&scan.word) ||
        scan.announcement.size > SLO_LITERAL_LIMIT || scan.announcement.non_synchronizing > 1)
        return 0;
    if (state == LOST)
        return 1;
    if (scan.tag.len > SLO_TOKEN_MAX || ((state == STATUS || state == LOGOUT) && scan.tag.len == 0))
        return 0;
    if (!scan.greeted && (state == TAG || state == STATUS || state == LOGOUT || state == DATA || state == LITERAL))
        return 0;
    if (state == LITERAL && scan.literal_left >= SLO_LITERAL_LIMIT)
        return 0;
    if ((state == STAR || state == TAG) && scan.word.len > 0)
        return 0;
    return announcement_is_valid() && event_is_valid();
}

/* What holds between calls. */
static int invariant(void)
{
    return valid() && scan.undecided <= SLO_UNDECIDED_MAX && (scan.state != LOST || scan.undecided == 0);
}

/* Any state that satisfies it. */
static void any(void)
{
    __CPROVER_havoc_object(&scan);
    ASSUME(invariant());
}

/* What a step that consumes nothing lessens. */
static unsigned rank(void)
{
    static const unsigned of_state[] = {
        [START] = 3, [STAR] = 1, [WORD] = 4, [TAG] = 2, [STATUS] = 2, [LOGOUT] = 1, [CODE] = 3, [BADCHARSET] = 1,
        [TEXT] = 1, [LIST] = 2, [DATA] = 1, [LITERAL] = 2, [LOST] = 0,
    };

    return of_state[scan.state] + (scan.state == LIST && scan.word.len > 0);
}

/* proves: a step stays within the octets, consumes one or comes nearer to that, and leads to a valid state, in which undecided is no more than was and what it consumes, from any valid state with any number of octets, of which one plain line may be taken at once
 * with: --unwind 16 --unwindset take_plain_lines.0:3
 * each: STATE 13
 * mutant: lib/imap_server.c: if (n == len && word->len < sizeof "LOGOUT") => if (n == len)
 * mutant: lib/imap_server.c: word->len < sizeof "LOGOUT" && bytes[n] != ' ' => bytes[n] != ' '
 * mutant: lib/imap_server.c: scan->literal_left >= SLO_LITERAL_LIMIT) => scan->literal_left > SLO_LITERAL_LIMIT) */
void one_step(void)
{
    const size_t len = nondet_size();
    const char *const bytes = malloc(len);
    size_t undecided, used;
    unsigned before;
    uint64_t completed;

    ASSUME(bytes && len > 0);
    any();
    ASSUME(scan.event == SLO_SERVER_NOTHING && scan.state == STATE);
    scan.state = STATE; /* which spares CBMC the others */
    before = rank();
    undecided = scan.undecided;
    completed = scan.completed;
    used = step(&scan, bytes, len);
    CHECK(valid());
    CHECK(used <= len);
    CHECK(used > 0 || rank() < before);
    CHECK(scan.completed - completed <= used + (STATE == STATUS)); /* whose tag has been consumed */
    if (scan.state != LOST) {
        CHECK(scan.undecided <= SLO_UNDECIDED_MAX);
        CHECK(scan.undecided <= undecided + used);
    }
    free((void *)bytes);
}

/* proves: feeding ends, with all octets consumed or an event that is true, and in a valid state, from any valid state with up to 2 octets; that memory is safe is proved of a step
 * with: --no-standard-checks --unwinding-assertions --unwind 16 --unwindset take_plain_lines.0:3 --unwindset slo_imap_server_feed.0:7
 * mutant: lib/imap_server.c: if (scan->event != SLO_SERVER_NOTHING) => if (0)
 * mutant: lib/imap_server.c: if (scan->state == LOST && !was_lost) => if (scan->state == LOST) */
void feed(void)
{
    const size_t len = nondet_size();
    const int stop = nondet_int();
    char bytes[2];
    size_t undecided, used;
    int was_lost;

    ASSUME(len <= sizeof bytes);
    any();
    was_lost = scan.state == LOST;
    undecided = scan.event == SLO_SERVER_NOTHING ? scan.undecided : 0;
    used = slo_imap_server_feed(&scan, bytes, len, stop, nondet_uint64());
    CHECK(invariant());
    CHECK(used == len || (used < len && scan.event != SLO_SERVER_NOTHING));
    CHECK(scan.undecided <= undecided + used);
    CHECK((scan.event == SLO_SERVER_NOT_UNDERSTOOD) == (scan.state == LOST && !was_lost));
    CHECK(scan.event != SLO_SERVER_LINE_END || stop);
    CHECK(!was_lost || (used == len && scan.state == LOST));
    CHECK(!slo_imap_server_between_lines(&scan) || scan.undecided == 0 || scan.event == SLO_SERVER_LOGOUT);
}

/* proves: the first state is valid, with a greeting to come or not
 * mutant: lib/imap_server.c: memset(scan, 0, sizeof *scan) => memset(scan, 0, sizeof scan) */
void init(void)
{
    const int greeted = nondet_int();

    __CPROVER_havoc_object(&scan);
    slo_imap_server_init(&scan, greeted);
    CHECK(invariant() && scan.completed == 0 && scan.undecided == 0 && scan.event == SLO_SERVER_NOTHING);
    CHECK(slo_imap_server_between_lines(&scan) == (greeted != 0));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The scanner of the client's octets by induction: any octets, and any responses of the server between them, lead from
 * any state that satisfies the invariant to a state that satisfies it. prove_commands.c proves the commands in flight,
 * of which this file knows only their number. */
#include "lex_stubs.h"

#include "owed.h"

/* The queue has room for 2 commands, and the number of commands in it is constant in each run. This spares CBMC the
 * other places. prove_commands.c proves a queue of full size. */
#undef SLO_OWED_MAX
#define SLO_OWED_MAX 2
#ifndef COUNT
#define COUNT 0
#endif

#include "imap_client.h"

static struct slo_imap_client scan;

struct slo_imap_client nondet_client(void);

#define QUEUE scan.owed
#include "move_commands.h"

static void is_whole(int condition)
{
    CHECK(condition);
}

/* memset() to 0 of a whole object. CBMC's own memset() would set each octet. */
#define memset(to, octet, len) (is_whole((octet) == 0 && (len) == sizeof *(to)), *(to) = (__typeof__(*(to))){0})

#include "owed.c"
#include "imap_client.c"

#ifndef STATE
#define STATE CLIENT_START
#endif
#define LINES_MAX ((int64_t)1 << 62) /* No stream contains more lines. */

void slo_in_flight_add(struct slo_in_flight *in_flight, uint64_t tag)
{
    (void)tag;
    in_flight->count++;
}

static enum slo_in_flight_result answer_result; /* the result of the last call */

enum slo_in_flight_result slo_in_flight_answer(struct slo_in_flight *in_flight, uint64_t tag)
{
    const uint64_t result = nondet_uint64();

    (void)tag;
    ASSUME(result <= SLO_IN_FLIGHT_MISCOUNTED);
    in_flight->count -= result != SLO_IN_FLIGHT_SURPLUS && in_flight->count > 0;
    return answer_result = (enum slo_in_flight_result)result;
}

int slo_in_flight_is_only(const struct slo_in_flight *in_flight, uint64_t tag)
{
    (void)tag;
    return in_flight->count == 1 && nondet_int();
}

/* ---- the invariant ---- */

static int is_exchange(enum slo_client_command command)
{
    return command == SLO_COMMAND_AUTHENTICATE || command == SLO_COMMAND_AUTH_LAYER;
}

static int owed_is_valid(const struct slo_owed *owed)
{
    if (owed->command > SLO_COMMAND_UNREADABLE || owed->lines < -LINES_MAX || owed->lines > LINES_MAX)
        return 0;
    if (owed->is_literal)
        return owed->waits;
    if (owed->command <= SLO_COMMAND_LOGOUT)
        return 0;
    if (owed->command == SLO_COMMAND_IDLE)
        return owed->lines >= 0;
    return owed->waits == is_exchange(owed->command);
}

static int queue_is_valid(void)
{
    unsigned i;

    if (scan.owed.count > SLO_OWED_MAX)
        return 0;
    for (i = 0; i < SLO_OWED_MAX; i++)
        if (i < scan.owed.count && !owed_is_valid(&scan.owed.commands[i]))
            return 0;
    return 1;
}

/* Returns the newest command in the queue. The indexes are constants. */
static struct slo_owed last(void)
{
    return scan.owed.count > 1 ? scan.owed.commands[1] : scan.owed.commands[0];
}

/* Returns 1 if the last command is in the queue, where it is then the newest. */
static int last_is_owed(void)
{
    return !scan.answered && scan.owed.count > 0 && last().tag == scan.tag.hash;
}

static int invariant(void)
{
    const unsigned state = scan.state;

    if (state > CLIENT_EXCHANGE || scan.event > SLO_CLIENT_OUT_OF_STEP || scan.command > SLO_COMMAND_UNREADABLE ||
        scan.tag.len > SLO_TAG_KNOWN + 1 || scan.read.len > SLO_TAG_KNOWN + 1 || scan.word.len > SLO_TOKEN_MAX + 1 ||
        !arguments_are_valid(&scan.arguments) || !queue_is_valid())
        return 0;
    if (scan.has_plus && (state < CLIENT_MECHANISM || state > CLIENT_ARGUMENTS || slo_owed_waiting(&scan.owed)))
        return 0;
    if (scan.in_exchange && (!last_is_owed() || last().is_literal || !is_exchange(last().command)))
        return 0;
    switch ((enum client_state)state) {
    case CLIENT_STAR:
    case CLIENT_TAG:
    case CLIENT_NAME:
    case CLIENT_BYE:
        return scan.arguments.announcement.phase == 0;
    case CLIENT_MECHANISM:
        return scan.command == SLO_COMMAND_AUTH_LAYER;
    case CLIENT_CAPABILITIES:
        return scan.command == SLO_COMMAND_ORDINARY || scan.command == SLO_COMMAND_ENABLE;
    case CLIENT_LITERAL:
        return scan.arguments.announcement.phase == 0 && scan.literal_left < SLO_LITERAL_LIMIT;
    case CLIENT_AWAITING_PLUS:
        return scan.arguments.announcement.phase == 0 &&
               (scan.literal_left >= SLO_LITERAL_LIMIT || (last_is_owed() && last().is_literal));
    case CLIENT_IDLING:
    case CLIENT_IDLE_LINE:
        return last_is_owed() && !last().is_literal && last().command == SLO_COMMAND_IDLE &&
               scan.command == SLO_COMMAND_IDLE;
    default:
        return 1;
    }
}

static int is_lost(void)
{
    return scan.event == SLO_CLIENT_LIMIT || scan.event >= SLO_CLIENT_NOT_UNDERSTOOD;
}

/* Makes any state that satisfies the invariant and may be used, after fewer than LINES_MAX lines of an exchange. */
static void any(unsigned state)
{
    unsigned i;

    scan = nondet_client();
    scan.state = (uint8_t)state;
    scan.owed.count = COUNT;
    ASSUME(invariant() && !is_lost());
    for (i = 0; i < SLO_OWED_MAX; i++)
        ASSUME(scan.owed.commands[i].lines > -LINES_MAX / 2 && scan.owed.commands[i].lines < LINES_MAX / 2);
}

/* A step that consumes no octet decreases this number. */
static unsigned rank(void)
{
    static const unsigned of_state[] = {
        [CLIENT_START] = 1, [CLIENT_STAR] = 4,      [CLIENT_TAG] = 4,
        [CLIENT_NAME] = 3,  [CLIENT_MECHANISM] = 1, [CLIENT_CAPABILITIES] = 1, [CLIENT_IDLING] = 1,
        [CLIENT_LITERAL] = 1, [CLIENT_EXCHANGE] = 0,
    };
    const int in_arguments = scan.state == CLIENT_MECHANISM || scan.state == CLIENT_CAPABILITIES;

    return of_state[scan.state] + (in_arguments && scan.word.len > 0);
}

/* Makes any state in which a step may be taken, and returns any octets, which the caller frees. Returns NULL if there
 * is no such state in this run. */
static const char *any_step(size_t len)
{
    const char *const bytes = malloc(len);

    if (COUNT == 0 && (STATE == CLIENT_IDLING || STATE == CLIENT_IDLE_LINE)) {
        free((void *)bytes);
        return NULL; /* because an IDLE that has not ended is in the queue */
    }
    ASSUME(bytes && len > 0);
    any(STATE);
    ASSUME(scan.event == SLO_CLIENT_NOTHING && scan.in_flight.count < UINT64_MAX);
    return bytes;
}

/* proves: a step stays within the octets, consumes an octet or decreases the rank, leads to a valid state, and counts a
 *     command at the SP after its tag and nowhere else, from any valid state with any number of octets and up to 2
 *     commands in the queue
 * with: --unwind 16
 * each: STATE 14 COUNT 3
 * mutant STATE=6 COUNT=0: lib/imap_client.c: literal.size >= SLO_LITERAL_LIMIT => literal.size > SLO_LITERAL_LIMIT
 * mutant STATE=2 COUNT=0: lib/imap_client.c: bytes[n] != ' ' || scan->read.len == 0 => bytes[n] != ' '
 * mutant STATE=6 COUNT=0: lib/imap_client.c: if (scan->stops) => if (!scan->stops)
 * mutant STATE=6 COUNT=2: lib/imap_client.c: if (!owed) { => if (0) {
 * mutant STATE=6 COUNT=0: lib/imap_client.c: scan->in_exchange = is_auth && !is_literal => scan->in_exchange = is_auth
 * mutant STATE=10 COUNT=0: lib/imap_client.c: scan->state != CLIENT_BYE && may_announce => may_announce */
void one_step(void)
{
    const size_t len = nondet_size();
    const char *const bytes = any_step(len);
    unsigned before;
    uint64_t count;
    size_t used;

    if (!bytes)
        return;
    before = rank();
    count = scan.in_flight.count;
    used = client_step(&scan, bytes, len);
    CHECK(is_lost() || invariant());
    CHECK(used <= len);
    CHECK(used > 0 || (rank() < before && scan.event == SLO_CLIENT_NOTHING));
    CHECK(scan.in_flight.count == count || (scan.state == CLIENT_NAME && used < len && bytes[used] == ' ' &&
                                            scan.tag.len > 0 && scan.in_flight.count == count + 1));
    CHECK(scan.event == SLO_CLIENT_NOTHING || scan.event == SLO_CLIENT_NOT_UNDERSTOOD || bytes[used - 1] == '\n');
    if (scan.event == SLO_CLIENT_LIMIT)
        CHECK(scan.owed.count == SLO_OWED_MAX);
    if (scan.event == SLO_CLIENT_LOGOUT)
        CHECK(scan.command == SLO_COMMAND_LOGOUT && scan.state == CLIENT_START);
    if (scan.event == SLO_CLIENT_LINE_END)
        CHECK(scan.stops && (scan.state == CLIENT_START || scan.state == CLIENT_IDLING));
    free((void *)bytes);
}

/* proves: a `+` of the server leads from any valid state to a valid state, is accepted only if a command waits for it,
 *     or the line that is being read, and removes at most one command from the queue; the `+` for a literal is accepted exactly if the scanner waits for
 *     it, and that for IDLE always; and IDLE stays in the queue exactly as long as its lines may come
 * with: --unwind 9 --slice-formula
 * each: COUNT 3
 * claims: continue_literal continue_idle
 * mutant COUNT=1: lib/imap_client.c: scan->literal_left < SLO_LITERAL_LIMIT => scan->literal_left <= SLO_LITERAL_LIMIT
 * mutant COUNT=0: lib/imap_client.c: if (!in_named_command(scan) || scan->has_plus || => if (scan->has_plus ||
 * mutant COUNT=0: lib/imap_client.c: if (!in_named_command(scan) || scan->has_plus || => if (!in_named_command(scan) || */
void continuation(void)
{
    const struct slo_owed *owed;
    struct slo_owed first = {0};
    struct slo_imap_client before;
    int waits, is_taken, is_newest, is_idling;
    unsigned removed;

    any(nondet_octet());
    before = scan;
    owed = slo_owed_waiting(&scan.owed);
    waits = owed != NULL;
    is_newest = waits && owed == &scan.owed.commands[COUNT - 1];
    is_idling = before.state == CLIENT_IDLING || before.state == CLIENT_IDLE_LINE;
    if (waits)
        first = *owed;
    is_taken = slo_imap_client_continue(&scan);
    removed = COUNT - scan.owed.count;
    CHECK(is_taken <= (waits || (scan.has_plus && !before.has_plus)) && invariant());
    CHECK(scan.has_plus == before.has_plus || !waits);
    CHECK(scan.owed.count <= COUNT && removed <= (unsigned)waits);
    if (!waits)
        return;
    if (first.is_literal) {
        const int is_due = before.state == CLIENT_AWAITING_PLUS;
        CHECK(is_taken == is_due && removed == (unsigned)is_due);
        CHECK(scan.state == (is_due && before.literal_left < SLO_LITERAL_LIMIT ? CLIENT_LITERAL : before.state));
    } else if (first.command == SLO_COMMAND_IDLE) {
        CHECK(is_taken && removed == (unsigned)!(is_idling && is_newest) && scan.state == before.state);
        CHECK(removed || !last().waits);
    }
}

/* What the client sends next, if it has sent the beginning of a line too late. */
static unsigned state_after_answer(unsigned state)
{
    switch (state) {
    case CLIENT_AWAITING_PLUS:
    case CLIENT_IDLING:
        return CLIENT_START;
    case CLIENT_IDLE_LINE:
    case CLIENT_EXCHANGE:
        return CLIENT_ODD;
    default:
        return state;
    }
}

/* proves: a tagged response leads from any valid state to a valid state, marks the last command as answered exactly if
 *     it has that tag, and removes exactly the oldest command with that tag from the queue, and names it; an OK to no command in flight, or to a line that has
 *     announced a literal and has not ended, is reported, unless the command is STARTTLS, COMPRESS or LOGOUT
 * with: --unwind 9 --slice-formula
 * each: COUNT 3
 * claims: slo_imap_client_complete complete_last
 * mutant COUNT=0: lib/imap_client.c: return !is_ok; => return 1;
 * mutant COUNT=0: lib/imap_client.c: return scan->is_untagged; => return 1;
 * mutant COUNT=1: lib/imap_client.c: scan->state == CLIENT_AWAITING_PLUS || scan->state == CLIENT_IDLING) => scan->state == CLIENT_IDLING)
 * mutant COUNT=1: lib/imap_client.c: scan->state == CLIENT_IDLE_LINE || scan->state == CLIENT_EXCHANGE) => scan->state == CLIENT_EXCHANGE) */
void completion(void)
{
    enum slo_client_command command;
    const uint64_t tag = nondet_uint64();
    const int is_ok = nondet_int();
    const struct slo_owed *owed;
    enum slo_client_command expected;
    struct slo_owed kept; /* the oldest of the other commands */
    unsigned state, is_owed;
    int was_answered, was_in_exchange, was_hidden, is_first, is_known, is_last, is_named, in_line;

    any(nondet_octet());
    was_answered = scan.answered;
    was_in_exchange = scan.in_exchange;
    was_hidden = scan.may_hide;
    state = scan.state;
    owed = slo_owed_find(&scan.owed, tag);
    is_owed = owed != NULL;
    is_first = owed == &scan.owed.commands[0];
    kept = scan.owed.commands[is_first];
    expected = owed ? owed->command : SLO_COMMAND_ORDINARY;
    is_named = in_named_command(&scan);
    was_made = 0;
    is_known = slo_imap_client_complete(&scan, tag, is_ok, &command);
    in_line = state == CLIENT_NAME ? !scan.is_untagged
                                   : is_named && scan.command != SLO_COMMAND_LAYER && scan.command != SLO_COMMAND_LOGOUT && was_made;
    is_last = tag == scan.tag.hash && answer_result != SLO_IN_FLIGHT_SURPLUS;
    if (is_ok && is_last && in_line)
        CHECK(!is_known);
    else
        CHECK(is_known == (answer_result == SLO_IN_FLIGHT_ANSWERED || (answer_result == SLO_IN_FLIGHT_SURPLUS && !is_ok)));
    if (answer_result == SLO_IN_FLIGHT_SURPLUS)
        is_owed = 0, expected = SLO_COMMAND_ORDINARY;
    CHECK((is_first && !is_owed) || scan.owed.count == 0 ||
          (scan.owed.commands[0].tag == kept.tag && scan.owed.commands[0].lines == kept.lines));
    if (is_ok && is_last && (is_named || state == CLIENT_LITERAL))
        expected = scan.command;
    CHECK(command == expected && scan.owed.count + is_owed == COUNT);
    CHECK(scan.answered == (is_last || was_answered) && scan.in_exchange == (!is_last && was_in_exchange));
    CHECK(scan.state == (is_last ? state_after_answer(state) : state));
    CHECK(scan.may_hide == (was_hidden || (is_last && (state == CLIENT_IDLE_LINE || state == CLIENT_EXCHANGE))));
    CHECK(invariant());
}

/* proves: the first state is valid
 * with: --unwind 9
 * claims: slo_imap_client_init
 * mutant: lib/imap_client.c: memset(scan, 0, sizeof *scan) => memset(scan, 0, sizeof scan) */
void init(void)
{
    scan = nondet_client();
    slo_imap_client_init(&scan);
    CHECK(invariant() && slo_imap_client_at_rest(&scan) && scan.in_flight.count == 0 && scan.owed.count == 0);
    CHECK(scan.answered && !scan.may_hide && !is_lost());
}

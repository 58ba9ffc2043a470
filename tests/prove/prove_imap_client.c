/* SPDX-License-Identifier: BSD-2-Clause */
/* The scanner of the client's octets by induction: from any state that satisfies the invariant, any octets, and
 * whatever the server says between them, lead to one that satisfies it. */
#include "lex_stubs.h"
#include "imap_client.c"

#ifndef STATE
#define STATE START
#endif

static struct slo_imap_client scan;

static int is_token(const struct slo_token *token)
{
    return token->len <= SLO_TOKEN_MAX + 1;
}

static int is_in(unsigned state, enum state from, enum state to)
{
    return state >= from && state <= to;
}

static int invariant(void)
{
    const unsigned state = scan.state;

    if (state > LOST || scan.event > SLO_CLIENT_NOT_UNDERSTOOD || scan.command > SLO_COMMAND_UNAUTHENTICATE ||
        !is_token(&scan.tag) || !is_token(&scan.word) ||
        scan.announcement.size > SLO_LITERAL_LIMIT || scan.announcement.non_synchronizing > 1)
        return 0;
    if (state == LOST)
        return 1;
    if (scan.tag.len > SLO_TOKEN_MAX || (state == EMPTY_LINE && scan.tag.len > 0))
        return 0;
    if (is_in(state, NAME, EXCHANGE_LINE) && scan.tag.len == 0)
        return 0;
    if (is_in(state, TAG, NAME) && scan.command != SLO_COMMAND_ORDINARY)
        return 0;
    if (state == NAME && scan.word.len > SLO_TOKEN_MAX)
        return 0;
    if (state == MECHANISM && scan.command != SLO_COMMAND_SECURE)
        return 0;
    if (state == CAPABILITIES && scan.command != SLO_COMMAND_ORDINARY && scan.command != SLO_COMMAND_ENABLE)
        return 0;
    if (is_in(state, IDLING, IDLE_LINE) && scan.command != SLO_COMMAND_IDLE)
        return 0;
    if (is_in(state, EXCHANGE, EXCHANGE_LINE) && scan.command != SLO_COMMAND_AUTHENTICATE &&
        scan.command != SLO_COMMAND_SECURE)
        return 0;
    if (is_in(state, IDLING, EXCHANGE_LINE) && scan.answered)
        return 0;
    if (state != MECHANISM && state != CAPABILITIES && state != REST_OF_LINE && scan.announcement.phase != 0)
        return 0;
    if (is_in(state, LITERAL, EARLY) && scan.literal_left >= SLO_LITERAL_LIMIT)
        return 0;
    return 1;
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
        [START] = 5,        [TAG] = 4,       [NAME] = 4,      [MECHANISM] = 2,  [CAPABILITIES] = 2,
        [REST_OF_LINE] = 1, [IDLE_LINE] = 1, [EMPTY_LINE] = 1, [EARLY] = 1,      [IDLING] = 2,
        [EXCHANGE] = 2,     [EXCHANGE_LINE] = 1, [LITERAL] = 2, [LOST] = 0,
    };

    return of_state[scan.state] + ((scan.state == MECHANISM || scan.state == CAPABILITIES) && scan.word.len > 0);
}

/* proves: a step stays within the octets, consumes one or comes nearer to that, and leads to a valid state, from any valid state with any number of octets, of which one plain line may be taken at once
 * with: --unwind 16 --unwindset take_plain_lines.0:3
 * each: STATE 14
 * mutant: lib/imap_client.c: scan->literal_left >= SLO_LITERAL_LIMIT => scan->literal_left > SLO_LITERAL_LIMIT
 * mutant: lib/imap_client.c: tag == 0 || line[tag] != ' ' => line[tag] != ' ' */
void one_step(void)
{
    const size_t len = nondet_size();
    const char *const bytes = malloc(len);
    unsigned before;
    uint64_t commands;
    size_t used;

    ASSUME(bytes && len > 0);
    any();
    ASSUME(scan.event == SLO_CLIENT_NOTHING);
    ASSUME(scan.state == STATE);
    scan.state = STATE; /* which spares CBMC the others */
    before = rank();
    commands = scan.commands;
    used = step(&scan, bytes, len);
    CHECK(invariant());
    CHECK(used <= len);
    CHECK(used > 0 || rank() < before);
    CHECK(scan.commands - commands <= used);
    CHECK(scan.event == SLO_CLIENT_NOTHING || bytes[used - 1] == '\n');
    free((void *)bytes);
}

/* proves: feeding ends, with all octets consumed or an event that is true, and in a valid state, from any valid state with up to 2 octets; that memory is safe is proved of a step
 * with: --no-standard-checks --unwinding-assertions --unwind 16 --unwindset take_plain_lines.0:3 --unwindset slo_imap_client_feed.0:7
 * mutant: lib/imap_client.c: if (scan->state == LOST && !was_lost) => if (scan->state == LOST)
 * mutant: lib/imap_client.c: if (scan->stops) => if (!scan->stops) */
void feed(void)
{
    const size_t len = nondet_size();
    const int stop = nondet_int();
    char bytes[2];
    size_t used;
    int was_lost;

    ASSUME(len <= sizeof bytes);
    any();
    was_lost = scan.state == LOST;
    used = slo_imap_client_feed(&scan, bytes, len, stop);
    CHECK(invariant());
    CHECK(used == len || (used < len && scan.event != SLO_CLIENT_NOTHING));
    CHECK((scan.event == SLO_CLIENT_NOT_UNDERSTOOD) == (scan.state == LOST && !was_lost));
    CHECK(!was_lost || (used == len && scan.state == LOST));
    if (scan.event == SLO_CLIENT_NOTHING || scan.event == SLO_CLIENT_NOT_UNDERSTOOD)
        return;
    CHECK(used > 0 && bytes[used - 1] == '\n');
    if (scan.event == SLO_CLIENT_COMMAND)
        CHECK(scan.command >= SLO_COMMAND_SECURE && !scan.answered && scan.tag.len > 0);
    if (scan.event == SLO_CLIENT_LOGOUT)
        CHECK(scan.command == SLO_COMMAND_LOGOUT && !scan.answered && scan.state == START);
    if (scan.event == SLO_CLIENT_LINE_END)
        CHECK(stop && slo_imap_client_at_line(&scan));
}

/* proves: what the server says between octets leads from any valid state to a valid one, in which it is not owed any more, and a command that has its response waits for nothing
 * mutant: lib/imap_client.c: scan->state == IDLING || scan->state == EXCHANGE) => scan->state == IDLING) */
void server_says(void)
{
    struct slo_imap_client before;
    struct slo_token tag;

    any();
    ASSUME(is_token(&tag));
    before = scan;
    if (nondet_int()) {
        const int owed = slo_imap_client_waits(&scan) || scan.idle_plus_owed;
        CHECK(slo_imap_client_continue(&scan) == owed);
    } else {
        slo_imap_client_complete(&scan, &tag);
        CHECK(scan.answered >= before.answered);
        if (scan.answered && !before.answered)
        CHECK(!slo_imap_client_waits(&scan) && !slo_imap_client_idles(&scan) && !scan.idle_plus_owed);
    }
    CHECK(invariant());
    CHECK(scan.commands == before.commands && scan.event == before.event && scan.command == before.command);
    CHECK(slo_imap_client_at_line(&scan) || !slo_imap_client_whole(&scan));
    CHECK(!slo_imap_client_idles(&scan) || !slo_imap_client_waits(&scan));
}

/* proves: the first state is valid
 * mutant: lib/imap_client.c: memset(scan, 0, sizeof *scan) => memset(scan, 0, sizeof scan) */
void init(void)
{
    __CPROVER_havoc_object(&scan);
    slo_imap_client_init(&scan);
    CHECK(invariant() && slo_imap_client_whole(&scan) && scan.commands == 0);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The beginning of a line decides its kind. A line that begins with TAG SP NAME is a command, and any other
 * line in its place is odd. An odd line has no effect. But if it contains the announcement of a literal, a
 * literal may or may not follow, so the scanner loses the stream. Lines in IDLE and in AUTHENTICATE belong to
 * their command. */
#include <string.h>
#include <slogout/slogout.h>
#include "imap_client.h"
#include "tag.h"

enum client_state {
    CLIENT_START,        /* of a line that may be a command */
    CLIENT_STAR,         /* after "*" */
    CLIENT_TAG,          /* in the tag */
    CLIENT_NAME,         /* before or in the name, or the first word of an untagged line */
    CLIENT_MECHANISM,    /* in the first argument of AUTHENTICATE */
    CLIENT_CAPABILITIES, /* in the arguments of ENABLE */
    CLIENT_ARGUMENTS,    /* in the rest of a command, scanned only for a literal at its end */
    CLIENT_LITERAL,
    CLIENT_AWAITING_PLUS, /* after the announcement of a literal that must not be sent yet */
    CLIENT_ODD,           /* in an odd line */
    CLIENT_BYE,           /* in an untagged BYE, whose text announces nothing */
    CLIENT_IDLING,        /* at the start of a line in IDLE */
    CLIENT_IDLE_LINE,     /* in such a line */
    CLIENT_EXCHANGE       /* in a line of AUTHENTICATE */
};

/* The index is the first letter, which is different for each name. */
static const struct client_name {
    char word[16];
    enum slo_client_command command;
} client_names[32] = {
    ['A' & 31] = {"AUTHENTICATE", SLO_COMMAND_AUTH_LAYER},
    ['I' & 31] = {"IDLE", SLO_COMMAND_IDLE},
    ['E' & 31] = {"ENABLE", SLO_COMMAND_ENABLE},
    ['S' & 31] = {"STARTTLS", SLO_COMMAND_LAYER},
    ['C' & 31] = {"COMPRESS", SLO_COMMAND_LAYER},
    ['U' & 31] = {"UNAUTHENTICATE", SLO_COMMAND_UNAUTHENTICATE},
    ['L' & 31] = {"LOGOUT", SLO_COMMAND_LOGOUT},
};

/* Mechanisms that negotiate no security layer (RFC 4422 section 3.7). The mechanisms SCRAM-* negotiate none
 * either (RFC 5802 section 4). */
static const char *const layerless[] = {
    "PLAIN", "LOGIN", "EXTERNAL", "ANONYMOUS", "CRAM-MD5", "OAUTHBEARER", "XOAUTH2",
};

void slo_imap_client_init(struct slo_imap_client *scan)
{
    memset(scan, 0, sizeof *scan);
    scan->answered = 1;
}

/* ---- where the scanner is ---- */

static struct slo_owed *newest(struct slo_imap_client *scan)
{
    return &scan->owed.commands[scan->owed.count - 1];
}

/* The client sends a line of the exchange after each `+` (RFC 3501 section 6.2.2). */
static int owes_exchange_line(const struct slo_imap_client *scan)
{
    return scan->in_exchange && scan->owed.commands[scan->owed.count - 1].lines > 0;
}

int slo_imap_client_at_line(const struct slo_imap_client *scan)
{
    return scan->state == CLIENT_IDLING || (scan->state == CLIENT_START && !owes_exchange_line(scan));
}

int slo_imap_client_at_command(const struct slo_imap_client *scan)
{
    return scan->state == CLIENT_START && !scan->may_hide;
}

/* Returns 1 in a line of a command whose name has been read. */
static int in_named_command(const struct slo_imap_client *scan)
{
    return scan->state >= CLIENT_MECHANISM && scan->state <= CLIENT_ARGUMENTS;
}

int slo_imap_client_at_rest(const struct slo_imap_client *scan)
{
    if (scan->state == CLIENT_IDLING)
        return slo_in_flight_is_only(&scan->in_flight, scan->tag.hash) &&
               !scan->owed.commands[scan->owed.count - 1].waits;
    return scan->state == CLIENT_START && scan->in_flight.count == 0;
}

int slo_imap_client_waits(const struct slo_imap_client *scan)
{
    unsigned i;

    for (i = 0; i < scan->owed.count; i++) {
        const struct slo_owed *owed = &scan->owed.commands[i];
        if (owed->is_literal || (owed->command != SLO_COMMAND_IDLE && owed->command != SLO_COMMAND_ENABLE &&
                                 owed->command != SLO_COMMAND_UNAUTHENTICATE))
            return 1;
    }
    return 0;
}

/* ---- ends of lines ---- */

static void end_client_line(struct slo_imap_client *scan, enum client_state next)
{
    scan->state = (uint8_t)next;
    if (scan->stops)
        scan->event = SLO_CLIENT_LINE_END;
}

/* Adds the newest command to the owed commands, unless it has its tagged response. */
static void owe(struct slo_imap_client *scan, enum client_state next, int is_literal)
{
    const int is_auth = scan->command == SLO_COMMAND_AUTHENTICATE || scan->command == SLO_COMMAND_AUTH_LAYER;
    struct slo_owed *owed;

    if (scan->answered) {
        end_client_line(scan, CLIENT_START);
        return;
    }
    owed = slo_owed_add(&scan->owed, scan->tag.hash);
    if (!owed) {
        scan->event = SLO_CLIENT_LIMIT;
        return;
    }
    owed->command = scan->command;
    owed->is_literal = is_literal ? 1 : 0;
    owed->waits = is_literal || is_auth || scan->command == SLO_COMMAND_IDLE;
    scan->in_exchange = is_auth && !is_literal;
    scan->state = (uint8_t)next;
    if (scan->stops && !is_literal)
        scan->event = SLO_CLIENT_LINE_END;
}

static void begin_client_literal(struct slo_imap_client *scan)
{
    const struct slo_announcement literal = scan->arguments.announcement;

    memset(&scan->arguments, 0, sizeof scan->arguments);
    scan->literal_left = literal.size;
    if (!literal.non_synchronizing) {
        owe(scan, CLIENT_AWAITING_PLUS, 1);
        return;
    }
    scan->may_hide = 1;
    if (literal.size >= SLO_LITERAL_LIMIT || scan->command == SLO_COMMAND_UNREADABLE)
        scan->event = SLO_CLIENT_NOT_UNDERSTOOD;
    else
        scan->state = CLIENT_LITERAL; /* the octets follow without waiting for a `+` (RFC 7888 section 4) */
}

static void end_whole_command(struct slo_imap_client *scan)
{
    switch (scan->command) {
    case SLO_COMMAND_ORDINARY:
        end_client_line(scan, CLIENT_START);
        break;
    case SLO_COMMAND_LOGOUT:
        scan->state = CLIENT_START;
        scan->event = SLO_CLIENT_LOGOUT;
        break;
    case SLO_COMMAND_IDLE:
        owe(scan, CLIENT_IDLING, 0);
        break;
    case SLO_COMMAND_AUTHENTICATE:
    case SLO_COMMAND_AUTH_LAYER:
    case SLO_COMMAND_ENABLE:
    case SLO_COMMAND_LAYER:
    case SLO_COMMAND_UNAUTHENTICATE:
    case SLO_COMMAND_UNREADABLE:
        owe(scan, CLIENT_START, 0);
        break;
    }
}

/* A `+` that has come before the end of the line is for this command, because no other command waited for
 * one. */
static void end_command_line(struct slo_imap_client *scan)
{
    switch (slo_arguments_literal(&scan->arguments)) {
    case SLO_LITERAL_NONE:
        end_whole_command(scan);
        break;
    case SLO_LITERAL_ANNOUNCED:
        begin_client_literal(scan);
        break;
    case SLO_LITERAL_DOUBTFUL:
        scan->event = SLO_CLIENT_NOT_UNDERSTOOD;
        break;
    }
    if (scan->has_plus && !slo_imap_client_continue(scan))
        scan->event = SLO_CLIENT_OUT_OF_STEP;
    scan->has_plus = 0;
}

/* In an exchange, an odd line before the `+` is an early line of the exchange, because base64 contains no
 * SP. */
static void end_odd_line(struct slo_imap_client *scan)
{
    if (slo_arguments_literal(&scan->arguments) != SLO_LITERAL_NONE) {
        scan->event = SLO_CLIENT_NOT_UNDERSTOOD;
        return;
    }
    if (scan->in_exchange)
        newest(scan)->lines--;
    end_client_line(scan, CLIENT_START);
}

static int ends_idle(const struct slo_token *line)
{
    return slo_token_is(line, "DONE") || slo_token_is(line, "DONE\r") || slo_token_is(line, "") ||
           slo_token_is(line, "\r");
}

/* DONE ends IDLE. Servers refuse an empty line, and then also end IDLE. Any other line ends IDLE only on some
 * servers, so the start of the next command is not known. If a server ignores an empty line, the IDLE stays
 * in flight, and a later DONE is an odd line. */
static void end_idle_line(struct slo_imap_client *scan)
{
    struct slo_owed *idle = newest(scan);

    end_client_line(scan, CLIENT_START);
    if (!ends_idle(&scan->word))
        scan->event = SLO_CLIENT_NOT_UNDERSTOOD;
    else if (!idle->waits)
        slo_owed_remove(&scan->owed, idle);
}

/* ---- the words of a line ---- */

static enum slo_client_command command_named(const struct slo_token *name)
{
    const struct client_name *known = &client_names[*name->bytes & 31];

    return slo_token_is(name, known->word) ? known->command : SLO_COMMAND_ORDINARY;
}

static int is_layerless(const struct slo_token *mechanism)
{
    size_t i;

    for (i = 0; i < sizeof layerless / sizeof *layerless; i++)
        if (slo_token_is(mechanism, layerless[i]))
            return 1;
    return slo_token_begins(mechanism, "SCRAM-");
}

static void begin_words(struct slo_imap_client *scan, int is_untagged)
{
    scan->is_untagged = is_untagged ? 1 : 0;
    scan->word.len = 0;
    scan->state = CLIENT_NAME;
}

/* Reads the tag of a command, which is then in flight. If an exchange was in progress, none of its lines can
 * follow. */
static size_t take_client_tag(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_tag_take(&scan->read, bytes, len);

    if (n == len)
        return n;
    if (bytes[n] != ' ' || scan->read.len == 0) {
        scan->may_hide = 1;
        scan->state = CLIENT_ODD;
        return 0;
    }
    scan->tag = scan->read;
    scan->answered = 0;
    scan->in_exchange = 0;
    slo_in_flight_add(&scan->in_flight, scan->tag.hash);
    begin_words(scan, 0);
    return n;
}

/* If the client owes a line of an exchange, this line counts as that line, whatever it contains. */
static size_t begin_client_line(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    memset(&scan->read, 0, sizeof scan->read);
    memset(&scan->arguments, 0, sizeof scan->arguments);
    if (owes_exchange_line(scan)) {
        newest(scan)->lines--;
        scan->state = CLIENT_EXCHANGE;
        return 0;
    }
    if (*bytes == '*') {
        scan->state = CLIENT_STAR;
        return 1;
    }
    scan->state = CLIENT_TAG;
    return take_client_tag(scan, bytes, len);
}

/* Skips any number of SP before the name, because some servers do. */
static size_t take_name(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    size_t n;
    int is_atom;

    if (*bytes == ' ' && scan->word.len == 0)
        return 1;
    n = slo_token_take(&scan->word, bytes, len);
    if (n == len)
        return n;
    is_atom = scan->word.len > 0 && slo_ends_word(bytes[n]);
    if (scan->is_untagged) {
        scan->state = is_atom && slo_token_is(&scan->word, "BYE") ? CLIENT_BYE : CLIENT_ODD;
        return 0;
    }
    scan->command = is_atom ? command_named(&scan->word) : SLO_COMMAND_UNREADABLE;
    scan->word.len = 0;
    scan->state = CLIENT_ARGUMENTS;
    if (scan->command == SLO_COMMAND_AUTH_LAYER)
        scan->state = CLIENT_MECHANISM;
    if (scan->command == SLO_COMMAND_ENABLE) {
        scan->command = SLO_COMMAND_ORDINARY; /* until our capability is named */
        scan->state = CLIENT_CAPABILITIES;
    }
    return n;
}

/* Ends a capability or a mechanism. The scanner of the server does not hold back a tag longer than
 * SLO_TAG_KNOWN, so ENABLED cannot be added before an OK with that tag. */
static void end_argument(struct slo_imap_client *scan)
{
    if (scan->state == CLIENT_CAPABILITIES) {
        if (slo_token_is(&scan->word, SLOGOUT_CAPABILITY) && scan->tag.len <= SLO_TAG_KNOWN)
            scan->command = SLO_COMMAND_ENABLE;
    } else {
        if (is_layerless(&scan->word))
            scan->command = SLO_COMMAND_AUTHENTICATE;
        scan->state = CLIENT_ARGUMENTS;
    }
    scan->word.len = 0;
}

static size_t take_arguments(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    size_t n = slo_word_stop(bytes, len);

    slo_token_add(&scan->word, bytes, n);
    if (n < len && scan->word.len > 0)
        end_argument(scan);
    else if (n < len && bytes[n] == ' ')
        n++;
    else if (n < len)
        scan->state = CLIENT_ARGUMENTS;
    slo_arguments_feed(&scan->arguments, bytes, n);
    return n;
}

static void end_any_line(struct slo_imap_client *scan)
{
    if (scan->state == CLIENT_IDLE_LINE)
        end_idle_line(scan);
    else if (scan->state == CLIENT_EXCHANGE)
        end_client_line(scan, CLIENT_START);
    else if (scan->state == CLIENT_ARGUMENTS)
        end_command_line(scan);
    else
        end_odd_line(scan);
}

/* Returns 0 for the last piece of a line that announces nothing. Most lines arrive in one piece and contain
 * no "{". */
static int may_announce(const struct slo_arguments *arguments, const char *bytes, size_t len, int goes_on)
{
    return goes_on || arguments->announcement.phase > 0 || memchr(bytes, '{', len);
}

static size_t take_line(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    if (scan->state != CLIENT_BYE && may_announce(&scan->arguments, bytes, n, n == len))
        slo_arguments_feed(&scan->arguments, bytes, n);
    if (scan->command == SLO_COMMAND_IDLE)
        slo_token_add(&scan->word, bytes, n);
    if (n == len)
        return n;
    if (bytes[n] == '\n')
        end_any_line(scan);
    else
        scan->event = SLO_CLIENT_NOT_UNDERSTOOD;
    return n + 1;
}

/* Consumes at least one octet or changes the state. Returns the number of octets consumed. */
static size_t client_step(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    switch ((enum client_state)scan->state) {
    case CLIENT_START:
        return begin_client_line(scan, bytes, len);
    case CLIENT_STAR:
        scan->may_hide = 1; /* some servers accept "*" as a tag */
        scan->state = CLIENT_ODD;
        if (*bytes == ' ')
            begin_words(scan, 1);
        return 0;
    case CLIENT_TAG:
        return take_client_tag(scan, bytes, len);
    case CLIENT_NAME:
        return take_name(scan, bytes, len);
    case CLIENT_MECHANISM:
    case CLIENT_CAPABILITIES:
        return take_arguments(scan, bytes, len);
    case CLIENT_IDLING:
        memset(&scan->arguments, 0, sizeof scan->arguments);
        scan->word.len = 0;
        scan->state = CLIENT_IDLE_LINE;
        return 0;
    case CLIENT_ARGUMENTS:
    case CLIENT_ODD:
    case CLIENT_BYE:
    case CLIENT_IDLE_LINE:
    case CLIENT_EXCHANGE:
        return take_line(scan, bytes, len);
    case CLIENT_AWAITING_PLUS:
        /* The client has sent octets before the server's `+`, which RFC 3501 section 4.3 forbids. Only the
         * server knows whether they are the literal or a command. */
        scan->event = SLO_CLIENT_NOT_UNDERSTOOD;
        return 1;
    case CLIENT_LITERAL:
        break;
    }
    if (len > scan->literal_left)
        len = (size_t)scan->literal_left;
    scan->literal_left -= len;
    if (scan->literal_left == 0)
        scan->state = CLIENT_ARGUMENTS;
    return len;
}

size_t slo_imap_client_feed(struct slo_imap_client *scan, const char *bytes, size_t len, int stop_at_line_end)
{
    const char *const end = bytes + len;
    const char *at = bytes;

    scan->event = SLO_CLIENT_NOTHING;
    scan->stops = stop_at_line_end ? 1 : 0;
    while (at < end && scan->event == SLO_CLIENT_NOTHING)
        at += client_step(scan, at, (size_t)(end - at));
    return (size_t)(at - bytes);
}

/* ---- responses of the server ---- */

/* The scanner waits for this `+` and has read nothing after the announcement, unless a response to another
 * command with the same tag has come. A literal of SLO_LITERAL_LIMIT octets cannot be counted, so the scanner
 * loses the stream at its first octet. */
static int continue_literal(struct slo_imap_client *scan, struct slo_owed *owed)
{
    if (scan->state != CLIENT_AWAITING_PLUS)
        return 0;
    slo_owed_remove(&scan->owed, owed);
    if (scan->literal_left < SLO_LITERAL_LIMIT)
        scan->state = CLIENT_LITERAL;
    return 1;
}

static int continue_idle(struct slo_imap_client *scan, struct slo_owed *owed)
{
    const int is_idling = scan->state == CLIENT_IDLING || scan->state == CLIENT_IDLE_LINE;

    owed->waits = 0;
    if (!is_idling || owed != newest(scan))
        slo_owed_remove(&scan->owed, owed); /* the client has sent DONE already */
    return 1;
}

/* If a line has begun, it answers this `+` or an earlier `+`. If a command has begun instead, the server
 * takes the command as that line. */
static int continue_exchange(struct slo_imap_client *scan, struct slo_owed *owed)
{
    const int goes_on = scan->in_exchange && owed == newest(scan);

    if (!goes_on && owed->lines >= 0)
        return 0;
    owed->lines++;
    if (goes_on && owed->lines > 0 && scan->state != CLIENT_START && scan->state != CLIENT_EXCHANGE) {
        owed->lines--;
        scan->state = CLIENT_EXCHANGE;
    }
    return 1;
}

/* Some servers send their `+` as soon as they have read `{number}`, or the octet after IDLE. The end of the
 * line may still be on its way. */
static int continue_line(struct slo_imap_client *scan)
{
    const struct slo_announcement *literal = &scan->arguments.announcement;
    const int is_literal = slo_announcement_made(literal) && !literal->non_synchronizing;
    const int is_idle = scan->command == SLO_COMMAND_IDLE && slo_token_is(&scan->word, "\r");

    if (!in_named_command(scan) || scan->has_plus || (!is_literal && !is_idle))
        return 0;
    scan->has_plus = 1;
    return 1;
}

int slo_imap_client_continue(struct slo_imap_client *scan)
{
    struct slo_owed *owed = slo_owed_waiting(&scan->owed);

    if (!owed)
        return continue_line(scan);
    if (owed->is_literal)
        return continue_literal(scan, owed);
    if (owed->command == SLO_COMMAND_IDLE)
        return continue_idle(scan, owed);
    return continue_exchange(scan, owed);
}

/* Handles the tagged response to the newest command. If a line in IDLE or in an exchange has begun, the
 * client began that line before this response arrived, and the server may read the line as a command. */
static void complete_last(struct slo_imap_client *scan)
{
    scan->answered = 1;
    scan->in_exchange = 0;
    if (scan->state == CLIENT_AWAITING_PLUS || scan->state == CLIENT_IDLING)
        scan->state = CLIENT_START;
    if (scan->state == CLIENT_IDLE_LINE || scan->state == CLIENT_EXCHANGE) {
        scan->may_hide = 1;
        scan->state = CLIENT_ODD;
    }
}

/* Handles an OK to the newest command, which may come before the command has ended. Some servers run a
 * command as soon as they have read its CR or its last argument. If the line has announced a literal, such a
 * server may read the literal as commands; but after LOGOUT it reads nothing, and after STARTTLS and COMPRESS
 * the caller scans nothing. Returns 0 if the server may read the next octets in another way than the
 * scanner. */
static int complete_early(const struct slo_imap_client *scan, enum slo_client_command *command)
{
    if (scan->state == CLIENT_NAME)
        return scan->is_untagged;
    if (!in_named_command(scan) && scan->state != CLIENT_LITERAL)
        return 1;
    *command = scan->command;
    return *command == SLO_COMMAND_LAYER || *command == SLO_COMMAND_LOGOUT ||
           !slo_announcement_made(&scan->arguments.announcement);
}

int slo_imap_client_complete(struct slo_imap_client *scan, uint64_t tag, int is_ok,
                             enum slo_client_command *command)
{
    const enum slo_in_flight_result result = slo_in_flight_answer(&scan->in_flight, tag);
    int is_known = result != SLO_IN_FLIGHT_MISCOUNTED;
    struct slo_owed *owed;

    *command = SLO_COMMAND_ORDINARY;
    if (result == SLO_IN_FLIGHT_SURPLUS)
        return !is_ok;
    owed = slo_owed_find(&scan->owed, tag);
    if (owed) {
        *command = owed->command;
        slo_owed_remove(&scan->owed, owed);
    }
    if (tag != scan->tag.hash)
        return is_known;
    if (is_ok)
        is_known &= complete_early(scan, command);
    complete_last(scan);
    return is_known;
}

#include <string.h>
#include <slogout/slogout.h>
#include "imap_client.h"
#include "response.h"
#include "tag.h"
#include "word.h"

enum state {
    START,        /* of a command */
    TAG,          /* in the tag */
    EMPTY_LINE,   /* before the LF of a line that holds nothing */
    NAME,         /* in the command's name */
    MECHANISM,    /* in the first argument of AUTHENTICATE */
    CAPABILITIES, /* in the arguments of ENABLE */
    REST_OF_LINE, /* in what is not looked at, but that it may announce a literal at its end */
    LITERAL,
    EARLY,         /* after the announcement of a literal that must not be sent yet */
    IDLING,        /* at the start of a line, until DONE */
    IDLE_LINE,     /* in such a line */
    EXCHANGE,      /* at the start of a line of AUTHENTICATE, until the tagged response */
    EXCHANGE_LINE, /* in such a line */
    LOST
};

#define NAMED(word) (word), sizeof(word) - 1

static const struct name {
    const char *word;
    size_t len;
    enum slo_client_command command;
} names[] = {
    {NAMED("AUTHENTICATE"), SLO_COMMAND_SECURE}, {NAMED("IDLE"), SLO_COMMAND_IDLE},
    {NAMED("ENABLE"), SLO_COMMAND_ENABLE},       {NAMED("STARTTLS"), SLO_COMMAND_LAYER},
    {NAMED("COMPRESS"), SLO_COMMAND_LAYER},      {NAMED("UNAUTHENTICATE"), SLO_COMMAND_UNAUTHENTICATE},
    {NAMED("LOGOUT"), SLO_COMMAND_LOGOUT},
};

/* Mechanisms that negotiate no security layer (RFC 4422 section 3.7), beside the family SCRAM-* (RFC 5802
 * section 4). */
static const char *const layerless[] = {
    "PLAIN", "LOGIN", "EXTERNAL", "ANONYMOUS", "CRAM-MD5", "OAUTHBEARER", "XOAUTH2",
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

void slo_imap_client_init(struct slo_imap_client *scan)
{
    memset(scan, 0, sizeof *scan);
}

int slo_imap_client_at_line(const struct slo_imap_client *scan)
{
    return scan->state == START || scan->state == IDLING;
}

int slo_imap_client_whole(const struct slo_imap_client *scan)
{
    return scan->state == START && !scan->idle_plus_owed;
}

int slo_imap_client_idles(const struct slo_imap_client *scan)
{
    return (scan->state == IDLING || scan->state == IDLE_LINE) && !scan->idle_plus_owed;
}

int slo_imap_client_waits(const struct slo_imap_client *scan)
{
    return scan->state == EARLY || scan->state == EXCHANGE || scan->state == EXCHANGE_LINE;
}

/* ---- the ends of lines ---- */

static void end_line(struct slo_imap_client *scan, enum state next)
{
    scan->state = (uint8_t)next;
    if (scan->stops)
        scan->event = SLO_CLIENT_LINE_END;
}

/* RFC 7888 section 4: after `{number+}` the octets follow whatever the server says. */
static void begin_literal(struct slo_imap_client *scan)
{
    scan->literal_left = scan->announcement.size;
    if (scan->literal_left >= SLO_LITERAL_LIMIT)
        scan->state = LOST;
    else
        scan->state = scan->announcement.non_synchronizing ? LITERAL : EARLY;
    memset(&scan->announcement, 0, sizeof scan->announcement);
}

/* A command that already has its tagged response starts nothing. */
static void end_command(struct slo_imap_client *scan)
{
    end_line(scan, START);
    memset(&scan->announcement, 0, sizeof scan->announcement);
    if (scan->answered)
        return;
    switch (scan->command) {
    case SLO_COMMAND_ORDINARY:
        break;
    case SLO_COMMAND_LOGOUT:
        scan->event = SLO_CLIENT_LOGOUT;
        break;
    case SLO_COMMAND_IDLE:
        scan->idle_plus_owed = 1;
        scan->state = IDLING;
        break;
    case SLO_COMMAND_AUTHENTICATE:
        scan->event = SLO_CLIENT_NOTHING;
        scan->state = EXCHANGE;
        break;
    case SLO_COMMAND_SECURE:
        scan->event = SLO_CLIENT_COMMAND;
        scan->state = EXCHANGE;
        break;
    case SLO_COMMAND_ENABLE:
    case SLO_COMMAND_LAYER:
    case SLO_COMMAND_UNAUTHENTICATE:
        scan->event = SLO_CLIENT_COMMAND;
        break;
    }
}

/* ---- what is in a line ---- */

static enum slo_client_command command_named(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < COUNT(names); i++)
        if (slo_word_is(name, len, names[i].word))
            return names[i].command;
    return SLO_COMMAND_ORDINARY;
}

static int is_word_end(char c)
{
    return c == ' ' || c == '\r' || c == '\n';
}

/* Consumes lines that hold one ordinary command each, whole and without a literal. Most commands are like
 * that, and this way is several times as fast as state by state. Returns the number of octets, which may be
 * 0. */
static size_t take_plain_lines(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    size_t used = 0;

    for (;;) {
        const char *line = bytes + used;
        const size_t n = slo_plain_line(line, len - used);
        const size_t tag = slo_tag_length(line, n);
        const char *name;
        size_t name_len;
        if (tag == 0 || line[tag] != ' ')
            return used;
        name = line + tag + 1;
        name_len = slo_atom_length(name, n - tag - 1);
        if (name_len == 0 || !is_word_end(name[name_len]) ||
            command_named(name, name_len) != SLO_COMMAND_ORDINARY)
            return used;
        scan->commands++;
        used += n;
    }
}

static size_t at_start(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t used = scan->stops ? 0 : take_plain_lines(scan, bytes, len);

    scan->command = SLO_COMMAND_ORDINARY;
    scan->answered = 0;
    scan->tag.len = 0;
    if (used == 0)
        scan->state = TAG;
    return used;
}

/* Two kinds of lines get no tagged response: an empty one, and `* BYE` and the like that nobody has asked
 * for. Whatever else does not begin with a tag and SP may still be a command to a lenient server. */
static size_t in_tag(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_token_take(&scan->tag, bytes, len);

    if (n == len && scan->tag.len <= SLO_TOKEN_MAX)
        return n;
    scan->state = LOST;
    if (scan->tag.len > SLO_TOKEN_MAX)
        return n;
    if (bytes[n] == ' ' && slogout_tag_valid(scan->tag.bytes, scan->tag.len)) {
        scan->commands++;
        scan->word.len = 0;
        scan->state = NAME;
        return n + 1;
    }
    if (scan->tag.len == 0 && bytes[n] != ' ') {
        scan->state = EMPTY_LINE;
        return bytes[n] == '\r' ? 1 : 0;
    }
    if (slo_token_is(&scan->tag, "*"))
        scan->state = REST_OF_LINE;
    return n;
}

/* Some servers skip white space, and so find a command where a strict one finds none. All agree on the name
 * of a command only if it is an atom after one SP. */
static size_t in_name(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const struct slo_token *name = &scan->word;
    const size_t n = slo_token_take(&scan->word, bytes, len);

    if (n == len && name->len <= SLO_TOKEN_MAX)
        return n;
    if (name->len == 0 || name->len > SLO_TOKEN_MAX || slo_atom_length(name->bytes, name->len) < name->len) {
        scan->state = LOST;
        return n;
    }
    scan->command = command_named(name->bytes, name->len);
    scan->state = REST_OF_LINE;
    scan->word.len = 0;
    if (scan->command == SLO_COMMAND_SECURE)
        scan->state = MECHANISM;
    if (scan->command == SLO_COMMAND_ENABLE) {
        scan->command = SLO_COMMAND_ORDINARY; /* until our capability is named */
        scan->state = CAPABILITIES;
    }
    return n;
}

static int is_layerless(const struct slo_token *mechanism)
{
    size_t i;

    for (i = 0; i < COUNT(layerless); i++)
        if (slo_token_is(mechanism, layerless[i]))
            return 1;
    return slo_token_begins(mechanism, "SCRAM-");
}

static void end_argument(struct slo_imap_client *scan)
{
    if (scan->state == CAPABILITIES) {
        if (slo_token_is(&scan->word, SLOGOUT_CAPABILITY))
            scan->command = SLO_COMMAND_ENABLE;
    } else {
        if (is_layerless(&scan->word))
            scan->command = SLO_COMMAND_AUTHENTICATE;
        scan->state = REST_OF_LINE;
    }
    scan->word.len = 0;
}

static size_t in_arguments(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    size_t n = slo_token_take(&scan->word, bytes, len);

    if (n < len && scan->word.len > 0)
        end_argument(scan);
    else if (n < len && bytes[n] == ' ')
        n++;
    else if (n < len)
        scan->state = REST_OF_LINE;
    slo_announcement_feed(&scan->announcement, bytes, n);
    return n;
}

/* In the lines of IDLE and AUTHENTICATE, and in what is not looked at. Of the lines in IDLE, all servers take
 * DONE for the end, and some take any other; then the tagged response shows it. */
static size_t in_line(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    if (scan->state == REST_OF_LINE)
        slo_announcement_feed(&scan->announcement, bytes, n);
    if (scan->state == IDLE_LINE)
        slo_token_add(&scan->word, bytes, n);
    if (n == len)
        return n;
    if (bytes[n] == '\0') {
        scan->state = LOST;
        return n;
    }
    if (scan->state == IDLE_LINE)
        end_line(scan,
                 slo_token_is(&scan->word, "DONE") || slo_token_is(&scan->word, "DONE\r") ? START : IDLING);
    else if (scan->state == EXCHANGE_LINE)
        scan->state = EXCHANGE;
    else if (slo_announcement_made(&scan->announcement))
        begin_literal(scan);
    else
        end_command(scan);
    return n + 1;
}

/* Consumes at least one octet or changes the state. Returns the number consumed. */
static size_t step(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    switch ((enum state)scan->state) {
    case START:
        return at_start(scan, bytes, len);
    case TAG:
        return in_tag(scan, bytes, len);
    case EMPTY_LINE:
        if (*bytes == '\n') {
            end_line(scan, START);
            return 1;
        }
        scan->state = LOST;
        return 0;
    case NAME:
        return in_name(scan, bytes, len);
    case MECHANISM:
    case CAPABILITIES:
        return in_arguments(scan, bytes, len);
    case IDLING:
        scan->word.len = 0;
        scan->state = IDLE_LINE;
        return 0;
    case EXCHANGE:
        scan->state = EXCHANGE_LINE;
        return 0;
    case REST_OF_LINE:
    case IDLE_LINE:
    case EXCHANGE_LINE:
        return in_line(scan, bytes, len);
    case LITERAL:
        if (len > scan->literal_left)
            len = (size_t)scan->literal_left;
        scan->literal_left -= len;
        if (scan->literal_left == 0)
            scan->state = REST_OF_LINE;
        return len;
    case EARLY:
        /* The client sent data before the server's "+", which RFC 3501 section 4.3 forbids. Only the server
         * will know whether this is the literal or a command. */
        scan->state = LOST;
        return 0;
    case LOST:
        break;
    }
    return len;
}

size_t slo_imap_client_feed(struct slo_imap_client *scan, const char *bytes, size_t len, int stop_at_line_end)
{
    size_t used = 0;

    scan->event = SLO_CLIENT_NOTHING;
    scan->stops = stop_at_line_end ? 1 : 0;
    while (used < len && scan->event == SLO_CLIENT_NOTHING) {
        const int was_lost = scan->state == LOST;
        used += step(scan, bytes + used, len - used);
        if (scan->state == LOST && !was_lost)
            scan->event = SLO_CLIENT_NOT_UNDERSTOOD;
    }
    return used;
}

/* ---- what the server says ---- */

int slo_imap_client_continue(struct slo_imap_client *scan)
{
    if (scan->idle_plus_owed) {
        scan->idle_plus_owed = 0;
        return 1;
    }
    if (scan->state == EARLY) {
        scan->state = LITERAL;
        return 1;
    }
    return scan->state == EXCHANGE || scan->state == EXCHANGE_LINE;
}

/* A line that has begun inside IDLE or AUTHENTICATE goes on to its end: it is no command. */
void slo_imap_client_complete(struct slo_imap_client *scan, const struct slo_token *tag)
{
    if (scan->state == TAG || !slo_token_same(tag, &scan->tag))
        return;
    scan->answered = 1;
    scan->idle_plus_owed = 0;
    if (scan->state == EARLY || scan->state == IDLING || scan->state == EXCHANGE)
        scan->state = START;
    if (scan->state == IDLE_LINE || scan->state == EXCHANGE_LINE)
        scan->state = REST_OF_LINE;
}

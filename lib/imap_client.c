#include <string.h>
#include <slogout/slogout.h>
#include "imap_client.h"

/* Takes at least one octet, or changes the state. */
typedef size_t step(struct slo_imap_client *scan, const char *bytes, size_t len);

static step at_start, at_tag, at_command, at_words, at_rest_of_line, at_literal, at_early, at_idle,
    at_idle_line, at_exchange, at_exchange_line, at_lost;

enum {
    START,         /* of a command */
    TAG,           /* in its tag */
    COMMAND,       /* in the word behind the tag */
    WORDS,         /* in arguments that are looked at */
    REST_OF_LINE,  /* in others: it may announce a literal at its end */
    LITERAL,       /* in a literal */
    EARLY,         /* behind the announcement of a literal that may not come yet */
    IDLING,        /* at the start of a line, until DONE */
    IDLE_LINE,     /* in it */
    EXCHANGE,      /* at the start of a line of AUTHENTICATE, until the tagged response */
    EXCHANGE_LINE, /* in it */
    LOST,
    STATES
};

static step *const steps[STATES] = {
    [START] = at_start,
    [TAG] = at_tag,
    [COMMAND] = at_command,
    [WORDS] = at_words,
    [REST_OF_LINE] = at_rest_of_line,
    [LITERAL] = at_literal,
    [EARLY] = at_early,
    [IDLING] = at_idle,
    [IDLE_LINE] = at_idle_line,
    [EXCHANGE] = at_exchange,
    [EXCHANGE_LINE] = at_exchange_line,
    [LOST] = at_lost,
};

struct name {
    const char *word;
    enum slo_client_command command;
};

static const struct name names[] = {
    {"AUTHENTICATE", SECURE},  {"IDLE", IDLE},      {"ENABLE", ENABLE},
    {"STARTTLS", LAYER},       {"COMPRESS", LAYER}, {"UNAUTHENTICATE", UNAUTHENTICATE},
    {"LOGOUT", CLIENT_LOGOUT},
};

/* Mechanisms that negotiate no security layer (RFC 4422 section 3.7). */
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
    return scan->state == START && !scan->plus_owed;
}

int slo_imap_client_idle(const struct slo_imap_client *scan)
{
    return (scan->state == IDLING || scan->state == IDLE_LINE) && !scan->plus_owed;
}

int slo_imap_client_waits(const struct slo_imap_client *scan)
{
    return scan->state == EARLY || scan->state == EXCHANGE || scan->state == EXCHANGE_LINE;
}

static size_t enter(struct slo_imap_client *scan, uint8_t state, size_t used)
{
    scan->state = state;
    return used;
}

static size_t report(struct slo_imap_client *scan, enum slo_client_event event, uint8_t state, size_t used)
{
    scan->event = (uint8_t)event;
    return enter(scan, state, used);
}

static size_t end_of_line(struct slo_imap_client *scan, uint8_t state, size_t used)
{
    return report(scan, scan->stops ? SLO_CLIENT_LINE_END : SLO_CLIENT_NOTHING, state, used);
}

static size_t lose(struct slo_imap_client *scan)
{
    return report(scan, SLO_CLIENT_NOT_UNDERSTOOD, LOST, 0);
}

/* ---- the ends of lines ---- */

/* Where the next line stands once a command is complete. */
static uint8_t state_after(const struct slo_imap_client *scan)
{
    if (scan->command == IDLE)
        return IDLING;
    return scan->command == AUTHENTICATE || scan->command == SECURE ? EXCHANGE : START;
}

/* One that has its answer already starts nothing. */
static size_t end_command(struct slo_imap_client *scan, size_t used)
{
    if (scan->command == SECURE && scan->named)
        scan->command = AUTHENTICATE;
    if (scan->command == ENABLE && !scan->named)
        scan->command = ORDINARY;
    if (scan->command == ORDINARY || scan->answered)
        return end_of_line(scan, START, used);
    scan->plus_owed = scan->command == IDLE;
    return report(scan, SLO_CLIENT_COMMAND, state_after(scan), used);
}

/* RFC 7888 section 4: after `{number+}` the octets follow whatever the server says. */
static size_t begin_literal(struct slo_imap_client *scan, size_t used)
{
    if (scan->announcement.size >= SLO_LITERAL_LIMIT)
        return used + lose(scan);
    scan->literal_left = scan->announcement.size;
    if (!scan->announcement.no_ask)
        return enter(scan, EARLY, used);
    memset(&scan->announcement, 0, sizeof scan->announcement);
    return enter(scan, scan->literal_left ? LITERAL : REST_OF_LINE, used);
}

static size_t end_line(struct slo_imap_client *scan, size_t used)
{
    return slo_announcement_made(&scan->announcement) ? begin_literal(scan, used) : end_command(scan, used);
}

/* ---- commands: RFC 3501 section 9, command = tag SP ... CRLF ---- */

static void begin_command(struct slo_imap_client *scan)
{
    memset(&scan->announcement, 0, sizeof scan->announcement);
    scan->command = ORDINARY;
    scan->answered = 0;
    scan->named = 0;
    scan->tag.len = 0;
    scan->word.len = 0;
}

/* ---- the short way, for the bulk of all commands; what it does not take goes the long way ---- */

/* No word of `names` begins with these two letters. */
static int is_ordinary(const char *word)
{
    static const char second[32] = {
        ['A' & 31] = 'U', ['I' & 31] = 'D', ['E' & 31] = 'N', ['S' & 31] = 'T',
        ['C' & 31] = 'O', ['U' & 31] = 'N', ['L' & 31] = 'O',
    };

    return (word[1] & ~0x20) != second[word[0] & 31];
}

/* Commands that need no event, whole and without literals. */
static size_t take_plain_lines(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    size_t used = 0;

    len = slo_clean_stretch(bytes, len);
    for (;;) {
        const char *line = bytes + used;
        const size_t n = slo_plain_line(line, len - used);
        const size_t tag = slo_simple_tag(line, n < SLO_TOKEN_MAX ? n : SLO_TOKEN_MAX);
        if (tag == 0 || tag + 3 > n || line[tag] != ' ' || !is_ordinary(line + tag + 1))
            return used;
        scan->commands++;
        used += n;
    }
}

static size_t at_start(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t used = scan->stops ? 0 : take_plain_lines(scan, bytes, len);

    begin_command(scan);
    return enter(scan, used > 0 ? START : TAG, used);
}

/* What has no tag gets no tagged response: an empty line, `* BYE` that nobody asked for. */
static size_t end_tag(struct slo_imap_client *scan, char stop, size_t n)
{
    if (!slogout_tag_valid(scan->tag.bytes, scan->tag.len)) {
        slo_announcement_feed(&scan->announcement, scan->tag.bytes, scan->tag.len);
        return enter(scan, REST_OF_LINE, n);
    }
    scan->commands++;
    return enter(scan, COMMAND, stop == ' ' ? n + 1 : n);
}

static size_t at_tag(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_word_stop(bytes, len);

    slo_token_add(&scan->tag, bytes, n);
    if (slo_token_too_long(&scan->tag))
        return n + lose(scan);
    return n < len ? end_tag(scan, bytes[n], n) : n;
}

static uint8_t command_named(const struct slo_token *word)
{
    size_t i;

    for (i = 0; i < COUNT(names); i++)
        if (slo_token_is(word, names[i].word))
            return (uint8_t)names[i].command;
    return ORDINARY;
}

static size_t end_name(struct slo_imap_client *scan, size_t used)
{
    scan->command = command_named(&scan->word);
    scan->word.len = 0;
    return enter(scan, scan->command == ENABLE || scan->command == SECURE ? WORDS : REST_OF_LINE, used);
}

static size_t at_command(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_word_stop(bytes, len);

    slo_token_add(&scan->word, bytes, n);
    slo_announcement_feed(&scan->announcement, bytes, n);
    return n < len ? end_name(scan, n) : n;
}

/* RFC 5802 section 4: a family of mechanisms, none with a security layer. */
static int is_layerless(const struct slo_token *mechanism)
{
    size_t i;

    for (i = 0; i < COUNT(layerless); i++)
        if (slo_token_is(mechanism, layerless[i]))
            return 1;
    return slo_token_begins(mechanism, "SCRAM-");
}

/* The mechanism is the first argument; what follows it is data. */
static size_t end_argument(struct slo_imap_client *scan, size_t used)
{
    if (scan->command == ENABLE ? slo_token_is(&scan->word, SLOGOUT_CAPABILITY) : is_layerless(&scan->word))
        scan->named = 1;
    scan->word.len = 0;
    return enter(scan, scan->command == ENABLE ? WORDS : REST_OF_LINE, used);
}

static size_t at_words(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_word_stop(bytes, len);

    slo_token_add(&scan->word, bytes, n);
    slo_announcement_feed(&scan->announcement, bytes, n);
    if (n == len)
        return n;
    if (scan->word.len)
        return end_argument(scan, n);
    if (*bytes != ' ') /* there is no word, so n is 0 */
        return enter(scan, REST_OF_LINE, 0);
    slo_announcement_feed(&scan->announcement, bytes, 1);
    return 1;
}

static size_t at_rest_of_line(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    slo_announcement_feed(&scan->announcement, bytes, n);
    if (n == len)
        return n;
    return bytes[n] == '\n' ? end_line(scan, n + 1) : n + lose(scan);
}

static size_t at_literal(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = len < scan->literal_left ? len : (size_t)scan->literal_left;

    (void)bytes;
    scan->literal_left -= n;
    return enter(scan, scan->literal_left ? LITERAL : REST_OF_LINE, n);
}

/* It does not wait as RFC 3501 section 4.3 bids it: whether this is a literal or a command, only the server
 * will know. */
static size_t at_early(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    return lose(scan);
}

/* ---- IDLE and AUTHENTICATE ---- */

static size_t at_idle(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    scan->word.len = 0;
    return enter(scan, IDLE_LINE, 0);
}

/* A line that is not DONE: some servers end IDLE on it, others go on; the tagged response will tell. */
static size_t end_idle_line(struct slo_imap_client *scan, size_t used)
{
    struct slo_token *line = &scan->word;

    if (!slo_token_too_long(line) && line->len && line->bytes[line->len - 1] == '\r')
        line->len--;
    return end_of_line(scan, slo_token_is(line, "DONE") ? START : IDLING, used);
}

static size_t at_idle_line(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    slo_token_add(&scan->word, bytes, n);
    if (n == len)
        return n;
    return bytes[n] == '\n' ? end_idle_line(scan, n + 1) : n + lose(scan);
}

static size_t at_exchange(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    return enter(scan, EXCHANGE_LINE, 0);
}

static size_t at_exchange_line(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    if (n == len)
        return n;
    return bytes[n] == '\n' ? enter(scan, EXCHANGE, n + 1) : n + lose(scan);
}

static size_t at_lost(struct slo_imap_client *scan, const char *bytes, size_t len)
{
    (void)scan;
    (void)bytes;
    return len;
}

size_t slo_imap_client_feed(struct slo_imap_client *scan, const char *bytes, size_t len, int stop_at_line_end)
{
    size_t used = 0;

    scan->event = SLO_CLIENT_NOTHING;
    scan->stops = stop_at_line_end ? 1 : 0;
    while (used < len && scan->event == SLO_CLIENT_NOTHING)
        used += steps[scan->state](scan, bytes + used, len - used);
    return used;
}

/* ---- what the server says ---- */

static void admit_literal(struct slo_imap_client *scan)
{
    memset(&scan->announcement, 0, sizeof scan->announcement);
    scan->state = scan->literal_left ? LITERAL : REST_OF_LINE;
}

int slo_imap_client_continue(struct slo_imap_client *scan)
{
    if (scan->plus_owed) {
        scan->plus_owed = 0;
        return 1;
    }
    if (scan->state == EARLY) {
        admit_literal(scan);
        return 1;
    }
    return scan->state == EXCHANGE || scan->state == EXCHANGE_LINE;
}

/* A line that had begun inside the exchange goes on to its end: it is no command. */
void slo_imap_client_complete(struct slo_imap_client *scan, const struct slo_token *tag)
{
    if (!slo_token_same(tag, &scan->tag) || scan->state == TAG)
        return;
    scan->answered = 1;
    scan->plus_owed = 0;
    if (scan->state == EARLY || scan->state == IDLING || scan->state == EXCHANGE)
        scan->state = START;
    if (scan->state == IDLE_LINE || scan->state == EXCHANGE_LINE)
        scan->state = REST_OF_LINE;
}

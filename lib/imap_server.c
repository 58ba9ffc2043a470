#include <string.h>
#include <slogout/slogout.h>
#include "imap_server.h"

/* Takes at least one octet, or changes the state. */
typedef size_t step(struct slo_imap_server *scan, const char *bytes, size_t len);

static step at_start, at_star, at_word, at_tag, at_status, at_text_start, at_code_start, at_code, at_list,
    at_charsets_start, at_charsets, at_quoted, at_escaped, at_text, at_data, at_literal, at_logout, at_lost;

enum {
    START,          /* of a response */
    STAR,           /* behind its `*` */
    WORD,           /* in the first word of an untagged response */
    TAG,            /* in the tag of a tagged one */
    STATUS,         /* in the word behind the tag */
    TEXT_START,     /* behind a status word */
    CODE_START,     /* where a response code may begin */
    CODE,           /* in its name */
    LIST,           /* in a list of capabilities */
    CHARSETS_START, /* behind [BADCHARSET SP */
    CHARSETS,       /* in its list */
    QUOTED,         /* in a string in that list */
    ESCAPED,        /* behind a backslash in it */
    TEXT,           /* in text: it announces nothing */
    DATA,           /* in other data: it may announce a literal at its end */
    LITERAL,
    LOGOUT, /* behind TAG LOGOUT */
    LOST,
    STATES
};

static step *const steps[STATES] = {
    [START] = at_start,
    [STAR] = at_star,
    [WORD] = at_word,
    [TAG] = at_tag,
    [STATUS] = at_status,
    [TEXT_START] = at_text_start,
    [CODE_START] = at_code_start,
    [CODE] = at_code,
    [LIST] = at_list,
    [CHARSETS_START] = at_charsets_start,
    [CHARSETS] = at_charsets,
    [QUOTED] = at_quoted,
    [ESCAPED] = at_escaped,
    [TEXT] = at_text,
    [DATA] = at_data,
    [LITERAL] = at_literal,
    [LOGOUT] = at_logout,
    [LOST] = at_lost,
};

enum { CAPABILITY_RESPONSE, CAPABILITY_CODE, ENABLED_RESPONSE };

void slo_imap_server_init(struct slo_imap_server *scan)
{
    memset(scan, 0, sizeof *scan);
}

int slo_imap_server_between_lines(const struct slo_imap_server *scan)
{
    return scan->state == START && scan->greeted;
}

static size_t enter(struct slo_imap_server *scan, uint8_t state, size_t used)
{
    scan->state = state;
    return used;
}

static size_t report(struct slo_imap_server *scan, enum slo_server_event event, uint8_t state, size_t used)
{
    scan->event = (uint8_t)event;
    return enter(scan, state, used);
}

static size_t lose(struct slo_imap_server *scan)
{
    scan->undecided = 0;
    return report(scan, SLO_SERVER_NOT_UNDERSTOOD, LOST, 0);
}

/* ---- the ends of lines ---- */

static size_t end_response(struct slo_imap_server *scan, size_t used)
{
    scan->greeted = 1;
    return report(scan, scan->stops ? SLO_SERVER_LINE_END : SLO_SERVER_NOTHING, START, used);
}

/* A server waits for no `+`, so `{number+}` is not for it (RFC 7888 section 8). */
static size_t begin_literal(struct slo_imap_server *scan, uint8_t state, size_t used)
{
    if (scan->announcement.no_ask || scan->announcement.size >= SLO_LITERAL_LIMIT)
        return used + lose(scan);
    scan->literal_left = scan->announcement.size;
    scan->literal_in = state;
    memset(&scan->announcement, 0, sizeof scan->announcement);
    return enter(scan, scan->literal_left ? LITERAL : state, used);
}

static size_t end_data_line(struct slo_imap_server *scan, uint8_t state, size_t used)
{
    if (slo_announcement_made(&scan->announcement))
        return begin_literal(scan, state, used);
    return end_response(scan, used);
}

/* ---- starts ---- */

static size_t begin_tag(struct slo_imap_server *scan)
{
    scan->tag.len = 0;
    return enter(scan, TAG, 0);
}

/* ---- the short way, for the bulk of all responses; what it does not take goes the long way ---- */

/* "* " and a number: never a status, nor a list of capabilities. */
static int is_numbered(const char *bytes)
{
    return memcmp(bytes, "* ", 2) == 0 && slo_is_digit(bytes[2]);
}

/* TAG OK SP, and no response code. */
static int is_simply_tagged(const char *bytes, size_t len)
{
    const size_t n = slo_simple_tag(bytes, len < SLO_TOKEN_MAX ? len : SLO_TOKEN_MAX);

    return n > 0 && len - n > 4 && memcmp(bytes + n, " OK ", 4) == 0 && bytes[n + 4] != '[';
}

/* Responses that need no event, whole and without literals. */
static size_t take_plain_lines(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    uint64_t tagged = 0;
    size_t used = 0;

    len = slo_clean_stretch(bytes, len);
    while (len - used >= sizeof "* 1" - 1) {
        const char *line = bytes + used;
        const int numbered = is_numbered(line);
        const size_t n = slo_plain_line(line, len - used);
        if (n == 0 || (!numbered && (tagged == scan->untold || !is_simply_tagged(line, n))))
            break;
        tagged += !numbered;
        used += n;
    }
    scan->completed += tagged;
    scan->untold -= tagged;
    return used;
}

static size_t at_start(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t used = scan->greeted && !scan->stops ? take_plain_lines(scan, bytes, len) : 0;

    if (used > 0)
        return used;
    memset(&scan->announcement, 0, sizeof scan->announcement);
    if (*bytes == '*')
        return enter(scan, STAR, 1);
    if (!scan->greeted)
        return lose(scan);
    return *bytes == '+' ? report(scan, SLO_SERVER_CONTINUATION, TEXT, 1) : begin_tag(scan);
}

static size_t at_star(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    (void)len;
    scan->word.len = 0;
    return *bytes == ' ' ? enter(scan, WORD, 1) : lose(scan);
}

static int is_condition(const struct slo_token *word)
{
    return slo_token_is(word, "OK") || slo_token_is(word, "NO") || slo_token_is(word, "BAD");
}

static size_t begin_list(struct slo_imap_server *scan, uint8_t list, size_t used)
{
    scan->list = list;
    scan->offers = 0;
    scan->has_ours = 0;
    scan->word.len = 0;
    return enter(scan, LIST, used);
}

static size_t end_word(struct slo_imap_server *scan, size_t used)
{
    const struct slo_token *word = &scan->word;

    if (slo_token_is(word, "BYE"))
        return report(scan, SLO_SERVER_BYE, TEXT, used);
    if (slo_token_is(word, "OK") || slo_token_is(word, "PREAUTH"))
        return enter(scan, TEXT_START, used);
    if (!scan->greeted) /* RFC 3501 section 7: greeting = "*" SP (resp-cond-auth / resp-cond-bye) */
        return used + lose(scan);
    if (is_condition(word))
        return enter(scan, TEXT_START, used);
    if (slo_token_is(word, "CAPABILITY"))
        return begin_list(scan, CAPABILITY_RESPONSE, used);
    if (slo_token_is(word, "ENABLED"))
        return begin_list(scan, ENABLED_RESPONSE, used);
    return word->len ? enter(scan, DATA, used) : used + lose(scan);
}

/* Of a long word the rest is of no interest, but for its end: it may be the number of a literal. */
static size_t at_word(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_word_stop(bytes, len);

    slo_token_add(&scan->word, bytes, n);
    slo_announcement_feed(&scan->announcement, bytes, n);
    return n < len ? end_word(scan, n) : n;
}

/* ---- tagged responses: held back until it is known what they are ---- */

static size_t end_tag(struct slo_imap_server *scan, const char *bytes, size_t n)
{
    if (bytes[n] != ' ' || !slogout_tag_valid(scan->tag.bytes, scan->tag.len))
        return n + lose(scan);
    scan->undecided++;
    scan->word.len = 0;
    return enter(scan, STATUS, n + 1);
}

static size_t at_tag(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_word_stop(bytes, len);

    slo_token_add(&scan->tag, bytes, n);
    if (slo_token_too_long(&scan->tag))
        return n + lose(scan);
    scan->undecided = scan->tag.len;
    return n < len ? end_tag(scan, bytes, n) : n;
}

static size_t end_status(struct slo_imap_server *scan, char stop, size_t used)
{
    if (slo_token_is(&scan->word, "LOGOUT") && stop != ' ')
        return enter(scan, LOGOUT, used);
    if (!is_condition(&scan->word))
        return used + lose(scan);
    scan->completed++;
    if (scan->untold > 0)
        scan->untold--;
    scan->ok = slo_token_is(&scan->word, "OK") ? 1 : 0;
    return report(scan, SLO_SERVER_TAGGED, TEXT_START, used);
}

static size_t at_status(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_word_stop(bytes, len);

    slo_token_add(&scan->word, bytes, n);
    if (scan->word.len > sizeof "LOGOUT" - 1)
        return n + lose(scan);
    scan->undecided = (uint16_t)(scan->tag.len + 1 + scan->word.len);
    return n < len ? end_status(scan, bytes[n], n) : n;
}

static size_t at_logout(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    (void)len;
    if (*bytes == '\n') {
        scan->undecided++;
        return report(scan, SLO_SERVER_LOGOUT, START, 1);
    }
    if (*bytes != '\r' || scan->undecided > scan->tag.len + sizeof " LOGOUT" - 1)
        return lose(scan);
    scan->undecided++;
    return 1;
}

/* ---- status texts and their codes: RFC 3501 section 9, resp-text ---- */

static size_t at_text_start(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    (void)len;
    return *bytes == ' ' ? enter(scan, CODE_START, 1) : enter(scan, TEXT, 0);
}

static size_t at_code_start(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    (void)len;
    scan->word.len = 0;
    return *bytes == '[' ? enter(scan, CODE, 1) : enter(scan, TEXT, 0);
}

static size_t end_code_name(struct slo_imap_server *scan, char stop, size_t used)
{
    if (stop == ' ' && slo_token_is(&scan->word, "CAPABILITY"))
        return begin_list(scan, CAPABILITY_CODE, used);
    if (stop == ' ' && slo_token_is(&scan->word, "BADCHARSET"))
        return enter(scan, CHARSETS_START, used + 1);
    return enter(scan, TEXT, used);
}

static size_t at_code(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_word_stop(bytes, len);

    slo_token_add(&scan->word, bytes, n);
    return n < len ? end_code_name(scan, bytes[n], n) : n;
}

static size_t at_text(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    if (n == len)
        return n;
    return bytes[n] == '\n' ? end_response(scan, n + 1) : n + lose(scan);
}

/* ---- lists of capabilities ---- */

static int is_list_word(const struct slo_imap_server *scan)
{
    return scan->list != ENABLED_RESPONSE && slo_token_may_begin(&scan->word, "COMPRESS=");
}

/* SP and a word that may name a compression are undecided: the word may have to go. */
static size_t add_list_word(struct slo_imap_server *scan, const char *bytes, size_t n)
{
    slo_token_add(&scan->word, bytes, n);
    if (scan->undecided && is_list_word(scan))
        scan->undecided = (uint16_t)(1 + scan->word.len);
    else
        scan->undecided = 0;
    return n;
}

/* Done with the word: 1 if the event must be told before what follows it. */
static int end_list_word(struct slo_imap_server *scan)
{
    const struct slo_token *word = &scan->word;
    const int compression = scan->undecided && slo_token_begins(word, "COMPRESS=");

    if (slo_token_is(word, "ENABLE") || slo_token_is(word, "IMAP4REV2"))
        scan->offers = 1;
    if (slo_token_is(word, SLOGOUT_CAPABILITY))
        scan->has_ours = 1;
    if (compression)
        scan->event = SLO_SERVER_COMPRESSION;
    else
        scan->undecided = 0;
    scan->word.len = 0;
    return compression;
}

static size_t end_list(struct slo_imap_server *scan)
{
    if (scan->list == ENABLED_RESPONSE && scan->has_ours)
        return report(scan, SLO_SERVER_ENABLED, TEXT, 0);
    if (scan->list != ENABLED_RESPONSE && scan->offers && !scan->has_ours)
        return report(scan, SLO_SERVER_CAPABILITIES, TEXT, 0);
    scan->undecided = 0;
    return enter(scan, TEXT, 0);
}

static size_t list_word_len(const struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_word_stop(bytes, len);
    const char *bracket = scan->list == CAPABILITY_CODE && n ? memchr(bytes, ']', n) : NULL;

    return bracket ? (size_t)(bracket - bytes) : n;
}

static size_t at_list(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = list_word_len(scan, bytes, len);

    if (n > 0)
        return add_list_word(scan, bytes, n);
    if (scan->word.len && end_list_word(scan))
        return 0;
    if (*bytes == '\0')
        return lose(scan);
    if (*bytes != ' ')
        return end_list(scan);
    scan->undecided = 1;
    return 1;
}

/* ---- the one code that may hold literals: [BADCHARSET (astring ...)] ---- */

static size_t at_charsets_start(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    (void)len;
    return *bytes == '(' ? enter(scan, CHARSETS, 1) : enter(scan, TEXT, 0);
}

static size_t find_any(const char *bytes, size_t len, const char *stops, size_t count)
{
    size_t i = 0;

    while (i < len && !memchr(stops, bytes[i], count))
        i++;
    return i;
}

static size_t at_charsets(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = find_any(bytes, len, ")\"\n", sizeof ")\"\n");

    slo_announcement_feed(&scan->announcement, bytes, n);
    if (n == len)
        return n;
    if (bytes[n] == '\0')
        return n + lose(scan);
    if (bytes[n] == '\n')
        return end_data_line(scan, CHARSETS, n + 1);
    slo_announcement_feed(&scan->announcement, bytes + n, 1);
    return enter(scan, bytes[n] == ')' ? TEXT : QUOTED, n + 1);
}

static size_t at_quoted(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = find_any(bytes, len, "\"\\\n", sizeof "\"\\\n");

    if (n == len)
        return n;
    if (bytes[n] == '"' || bytes[n] == '\\')
        return enter(scan, bytes[n] == '"' ? CHARSETS : ESCAPED, n + 1);
    return n + lose(scan); /* a quoted string holds neither LF nor NUL */
}

static size_t at_escaped(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    (void)len;
    return *bytes == '"' || *bytes == '\\' ? enter(scan, QUOTED, 1) : lose(scan);
}

/* ---- data ---- */

static size_t at_data(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    slo_announcement_feed(&scan->announcement, bytes, n);
    if (n == len)
        return n;
    return bytes[n] == '\n' ? end_data_line(scan, DATA, n + 1) : n + lose(scan);
}

static size_t at_literal(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = len < scan->literal_left ? len : (size_t)scan->literal_left;

    (void)bytes;
    scan->literal_left -= n;
    return enter(scan, scan->literal_left ? LITERAL : scan->literal_in, n);
}

static size_t at_lost(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    (void)scan;
    (void)bytes;
    return len;
}

size_t slo_imap_server_feed(struct slo_imap_server *scan, const char *bytes, size_t len, int stop_at_line_end)
{
    size_t used = 0;

    if (scan->event != SLO_SERVER_NOTHING) /* it decided */
        scan->undecided = 0;
    scan->event = SLO_SERVER_NOTHING;
    scan->stops = stop_at_line_end ? 1 : 0;
    while (used < len && scan->event == SLO_SERVER_NOTHING)
        used += steps[scan->state](scan, bytes + used, len - used);
    return used;
}

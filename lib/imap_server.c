#include <string.h>
#include <slogout/slogout.h>
#include "imap_server.h"
#include "response.h"
#include "tag.h"

enum state {
    START,      /* of a response */
    STAR,       /* after the "*" */
    WORD,       /* in the first word of an untagged response */
    TAG,        /* in the tag of a tagged one */
    STATUS,     /* in the word after the tag */
    LOGOUT,     /* after TAG LOGOUT */
    CODE,       /* where the name of a response code may stand, or in it */
    BADCHARSET, /* in a text whose code may hold literals */
    TEXT,       /* in any other text: it announces nothing */
    LIST,       /* in a list of capabilities */
    DATA,       /* in other data: it may announce a literal at its end */
    LITERAL,
    LOST
};

void slo_imap_server_init(struct slo_imap_server *scan, int greeted)
{
    memset(scan, 0, sizeof *scan);
    scan->greeted = greeted ? 1 : 0;
}

int slo_imap_server_between_lines(const struct slo_imap_server *scan)
{
    return scan->state == START && scan->greeted;
}

/* ---- starts ---- */

/* Responses that need no event: "* NUMBER ...", and among the quiet ones TAG OK without a code. */
static int is_plain(const struct slo_imap_server *scan, const char *line, size_t len)
{
    size_t tag;

    if (line[0] == '*')
        return line[1] == ' ' && line[2] >= '0' && line[2] <= '9';
    if (scan->completed >= scan->quiet)
        return 0;
    tag = slo_tag_length(line, len);
    return tag > 0 && strncmp(line + tag, " OK ", 4) == 0 && line[tag + 4] != '[';
}

/* Consumes lines that hold one such response each, whole and without a literal. Most responses are like that,
 * and this way is several times as fast as state by state. Returns the number of octets, which may be 0. */
static size_t take_plain_lines(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    size_t used = 0;
    size_t n;

    while ((n = slo_plain_line(bytes + used, len - used)) > 0 && is_plain(scan, bytes + used, n)) {
        scan->completed += bytes[used] != '*';
        used += n;
    }
    return used;
}

static size_t at_start(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t used = scan->greeted && !scan->stops ? take_plain_lines(scan, bytes, len) : 0;

    if (used > 0)
        return used;
    memset(&scan->announcement, 0, sizeof scan->announcement);
    scan->tag.len = 0;
    scan->word.len = 0;
    if (*bytes == '*') {
        scan->state = STAR;
        return 1;
    }
    if (scan->greeted && *bytes == '+') {
        scan->event = SLO_SERVER_CONTINUATION;
        scan->state = TEXT;
        return 1;
    }
    scan->state = scan->greeted ? TAG : LOST;
    return 0;
}

/* ---- words and what comes after them ---- */

/* After a status word. RFC 3501 section 9: SP resp-text, which may begin with a code. */
static size_t begin_text(struct slo_imap_server *scan, char stop)
{
    scan->word.len = 0;
    scan->state = stop == ' ' ? CODE : TEXT;
    return stop == ' ' ? 1 : 0;
}

static void begin_list(struct slo_imap_server *scan, int is_code, int is_enabled)
{
    scan->is_code = is_code ? 1 : 0;
    scan->is_enabled = is_enabled ? 1 : 0;
    scan->offers = 0;
    scan->has_ours = 0;
    scan->word.len = 0;
    scan->state = LIST;
}

/* What ends the word may be the announcement of a literal. */
static size_t in_word(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const struct slo_token *word = &scan->word;
    const size_t n = slo_token_take(&scan->word, bytes, len);
    enum slogout_status status = SLOGOUT_STATUS_OK;
    int is_status;

    slo_announcement_feed(&scan->announcement, bytes, n);
    if (n == len)
        return n;
    is_status = slo_status_find(word->bytes, word->len, &status) || slo_token_is(word, "PREAUTH");
    if (status == SLOGOUT_STATUS_BYE) {
        scan->event = SLO_SERVER_BYE;
        scan->state = TEXT;
        return n;
    }
    /* RFC 3501 section 7: greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF */
    if (word->len == 0 || (!scan->greeted && (!is_status || status != SLOGOUT_STATUS_OK))) {
        scan->state = LOST;
        return n;
    }
    if (is_status)
        return n + begin_text(scan, bytes[n]);
    scan->state = DATA;
    if (slo_token_is(word, "CAPABILITY"))
        begin_list(scan, 0, 0);
    else if (slo_token_is(word, "ENABLED"))
        begin_list(scan, 0, 1);
    return n;
}

/* A tagged response is undecided until its status word has ended. */
static size_t in_tag(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const struct slo_token *tag = &scan->tag;
    const size_t n = slo_token_take(&scan->tag, bytes, len);

    scan->undecided = tag->len;
    if (n == len && tag->len <= SLO_TOKEN_MAX)
        return n;
    if (tag->len > SLO_TOKEN_MAX || bytes[n] != ' ' || !slogout_tag_valid(tag->bytes, tag->len)) {
        scan->state = LOST;
        return n;
    }
    scan->undecided++;
    scan->state = STATUS;
    return n + 1;
}

static size_t in_status(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const struct slo_token *word = &scan->word;
    size_t n = slo_token_take(&scan->word, bytes, len);
    enum slogout_status status;

    scan->undecided += n;
    if (n == len && word->len < sizeof "LOGOUT")
        return n;
    if (word->len < sizeof "LOGOUT" && bytes[n] != ' ' && slo_token_is(word, "LOGOUT")) {
        scan->state = LOGOUT;
    } else if (slo_status_find(word->bytes, word->len, &status) && status != SLOGOUT_STATUS_BYE) {
        scan->completed++;
        scan->ok = status == SLOGOUT_STATUS_OK ? 1 : 0;
        scan->event = SLO_SERVER_TAGGED;
        n += begin_text(scan, bytes[n]);
        scan->undecided += scan->state == CODE;
    } else {
        scan->state = LOST;
    }
    return n;
}

/* LF or CRLF. */
static size_t in_logout(struct slo_imap_server *scan, char octet)
{
    const size_t before = scan->tag.len + sizeof " LOGOUT" - 1;

    scan->undecided++;
    if (octet == '\n') {
        scan->event = SLO_SERVER_LOGOUT;
        scan->state = START;
    } else if (octet != '\r' || scan->undecided > before + 1) {
        scan->state = LOST;
    }
    return 1;
}

static size_t in_code(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_token_take(&scan->word, bytes, len);

    if (n == len)
        return n;
    scan->state = TEXT;
    if (bytes[n] == ' ' && slo_token_is(&scan->word, "[CAPABILITY"))
        begin_list(scan, 1, 0);
    else if (bytes[n] == ' ' && slo_token_is(&scan->word, "[BADCHARSET"))
        scan->state = BADCHARSET;
    return n;
}

/* ---- lists of capabilities ---- */

/* A word has ended. SP and a word COMPRESS=... are undecided: an event says that the word may have to go. */
static void end_list_word(struct slo_imap_server *scan)
{
    const struct slo_token *word = &scan->word;

    if (slo_token_is(word, "ENABLE") || slo_token_is(word, "IMAP4REV2"))
        scan->offers = 1;
    if (slo_token_is(word, SLOGOUT_CAPABILITY))
        scan->has_ours = 1;
    if (scan->undecided > 0 && slo_token_begins(word, "COMPRESS="))
        scan->event = SLO_SERVER_COMPRESSION;
    else
        scan->undecided = 0;
    scan->word.len = 0;
}

static void end_list(struct slo_imap_server *scan)
{
    scan->state = TEXT;
    if (scan->is_enabled && scan->has_ours)
        scan->event = SLO_SERVER_ENABLED;
    else if (!scan->is_enabled && scan->offers && !scan->has_ours)
        scan->event = SLO_SERVER_CAPABILITIES;
    else
        scan->undecided = 0;
}

/* A list in a code ends at "]" too. */
static size_t in_list(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    size_t n = slo_word_stop(bytes, len);
    const char *bracket = scan->is_code ? memchr(bytes, ']', n) : NULL;

    if (bracket)
        n = (size_t)(bracket - bytes);
    if (n > 0) {
        slo_token_add(&scan->word, bytes, n);
        if (scan->undecided > 0)
            scan->undecided = slo_token_may_begin(&scan->word, "COMPRESS=") ? scan->undecided + n : 0;
        return n;
    }
    if (scan->word.len > 0) {
        end_list_word(scan);
        return 0;
    }
    if (*bytes == ' ') {
        scan->undecided = scan->is_enabled ? 0 : 1;
        return 1;
    }
    if (*bytes == '\0')
        scan->state = LOST;
    else
        end_list(scan);
    return 0;
}

/* ---- the rest of a line, and literals ---- */

/* A server does not wait for a "+", so `{number+}` is not for it (RFC 7888 section 8). A status response
 * announces nothing but in the list of charsets of a BADCHARSET code, whose end would have to be looked for
 * in quoted strings. */
static void begin_literal(struct slo_imap_server *scan)
{
    scan->literal_left = scan->announcement.size;
    if (scan->state == BADCHARSET || scan->announcement.non_synchronizing ||
        scan->literal_left >= SLO_LITERAL_LIMIT)
        scan->state = LOST;
    else
        scan->state = LITERAL;
    memset(&scan->announcement, 0, sizeof scan->announcement);
}

static size_t in_line(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    if (scan->state != TEXT)
        slo_announcement_feed(&scan->announcement, bytes, n);
    if (n == len)
        return n;
    if (bytes[n] == '\0') {
        scan->state = LOST;
        return n;
    }
    if (slo_announcement_made(&scan->announcement)) {
        begin_literal(scan);
    } else {
        scan->greeted = 1;
        scan->state = START;
        if (scan->stops)
            scan->event = SLO_SERVER_LINE_END;
    }
    return n + 1;
}

/* Consumes at least one octet or changes the state. Returns the number consumed. */
static size_t step(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    switch ((enum state)scan->state) {
    case START:
        return at_start(scan, bytes, len);
    case STAR:
        scan->state = *bytes == ' ' ? WORD : LOST;
        return *bytes == ' ' ? 1 : 0;
    case WORD:
        return in_word(scan, bytes, len);
    case TAG:
        return in_tag(scan, bytes, len);
    case STATUS:
        return in_status(scan, bytes, len);
    case LOGOUT:
        return in_logout(scan, *bytes);
    case CODE:
        return in_code(scan, bytes, len);
    case LIST:
        return in_list(scan, bytes, len);
    case BADCHARSET:
    case TEXT:
    case DATA:
        return in_line(scan, bytes, len);
    case LITERAL:
        if (len > scan->literal_left)
            len = (size_t)scan->literal_left;
        scan->literal_left -= len;
        if (scan->literal_left == 0)
            scan->state = DATA;
        return len;
    case LOST:
        break;
    }
    return len;
}

size_t slo_imap_server_feed(struct slo_imap_server *scan, const char *bytes, size_t len, int stop_at_line_end,
                            uint64_t quiet)
{
    size_t used = 0;

    if (scan->event != SLO_SERVER_NOTHING) /* which decided it */
        scan->undecided = 0;
    scan->event = SLO_SERVER_NOTHING;
    scan->stops = stop_at_line_end ? 1 : 0;
    scan->quiet = quiet;
    while (used < len && scan->event == SLO_SERVER_NOTHING) {
        const int was_lost = scan->state == LOST;
        used += step(scan, bytes + used, len - used);
        if (scan->state == LOST && !was_lost) {
            scan->event = SLO_SERVER_NOT_UNDERSTOOD;
            scan->undecided = 0;
        }
    }
    return used;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The beginning of a line decides its kind. A line that is not a response is odd and has no effect. But if it
 * ends like the announcement of a literal, a literal may or may not follow, so the scanner loses the
 * stream. */
#include <string.h>
#include <slogout/slogout.h>
#include "imap_server.h"
#include "response.h"

enum server_state {
    SERVER_START,      /* of a line */
    SERVER_STAR,       /* after the "*" */
    SERVER_WORD,       /* in the first word of an untagged response */
    SERVER_TAG,        /* in the tag of a tagged response */
    SERVER_STATUS,     /* in the word after the tag */
    SERVER_LOGOUT,     /* after TAG LOGOUT */
    SERVER_LOGOUT_CR,  /* after TAG LOGOUT CR */
    SERVER_CODE,       /* before or in the name of a response code */
    SERVER_BADCHARSET, /* in a text whose code may hold literals */
    SERVER_TEXT,       /* in any other text, which cannot announce a literal */
    SERVER_LIST,       /* in a list of capabilities */
    SERVER_DATA,       /* in other data, which may announce a literal at its end */
    SERVER_LITERAL,
    SERVER_ODD /* in an odd line */
};

void slo_imap_server_init(struct slo_imap_server *scan)
{
    memset(scan, 0, sizeof *scan);
}

void slo_imap_server_skip_greeting(struct slo_imap_server *scan)
{
    scan->greeted = 1;
}

int slo_imap_server_between_lines(const struct slo_imap_server *scan)
{
    return scan->state == SERVER_START && scan->greeted;
}

static void be_odd(struct slo_imap_server *scan)
{
    scan->state = SERVER_ODD;
    scan->undecided = 0;
}

/* ---- words and texts ---- */

/* Begins the text after a status word, which may begin with a code (RFC 3501 section 9, resp-text). */
static size_t begin_text(struct slo_imap_server *scan, char stop)
{
    scan->word.len = 0;
    scan->state = stop == ' ' ? SERVER_CODE : SERVER_TEXT;
    return stop == ' ' ? 1 : 0;
}

static void begin_list(struct slo_imap_server *scan, int is_code, int is_enabled)
{
    scan->is_code = is_code ? 1 : 0;
    scan->is_enabled = is_enabled ? 1 : 0;
    scan->offers = 0;
    scan->has_ours = 0;
    scan->word.len = 0;
    scan->state = SERVER_LIST;
}

/* A response such as "* 5 EXISTS" begins with a number and does not matter. A "*" without SP begins a tag. No
 * command has the hash of this tag. Because the "*" may have passed, the tag counts as too long to be
 * undecided. */
static size_t begin_untagged(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    if (*bytes != ' ') {
        scan->tag.len = SLO_TAG_KNOWN + 1;
        scan->state = SERVER_TAG;
        return 0;
    }
    scan->state = len > 1 && bytes[1] >= '0' && bytes[1] <= '9' ? SERVER_DATA : SERVER_WORD;
    return 1;
}

/* Takes the first word. If an octet that cannot be in an atom follows it, the line is data. */
static size_t take_word(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const struct slo_token *word = &scan->word;
    const size_t n = slo_token_take(&scan->word, bytes, len);
    enum slogout_status status = SLOGOUT_STATUS_OK;
    int is_status;

    if (n == len)
        return n;
    if (!slo_ends_word(bytes[n])) {
        scan->state = SERVER_DATA;
        return n;
    }
    if (word->len == 0) {
        be_odd(scan);
        return n;
    }
    is_status = slo_status_find(word->bytes, word->len, &status) || slo_token_is(word, "PREAUTH");
    if (is_status && status == SLOGOUT_STATUS_BYE) {
        scan->event = SLO_SERVER_BYE;
        scan->state = SERVER_TEXT;
        return n;
    }
    if (is_status)
        return n + begin_text(scan, bytes[n]);
    scan->state = SERVER_DATA;
    if (slo_token_is(word, "CAPABILITY"))
        begin_list(scan, 0, 0);
    else if (slo_token_is(word, "ENABLED"))
        begin_list(scan, 0, 1);
    return n;
}

/* Some servers run commands whose tags are not valid. The response to such a command has a tag that no
 * command in flight has. The octets of a valid tag change only the lowest 8 bits of the hash before each
 * multiplication. An invalid octet changes the ninth bit instead. */
static void take_invalid_octet(struct slo_tag *tag)
{
    tag->hash += 256;
    if (tag->len <= SLO_TAG_KNOWN)
        tag->len++;
}

/* A tagged response is undecided until its status word has ended, unless its tag is too long. */
static size_t take_server_tag(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_tag_take(&scan->tag, bytes, len);
    const int is_invalid = n < len && !slo_ends_word(bytes[n]);

    slo_announcement_feed(&scan->announcement, bytes, is_invalid ? n + 1 : n);
    if (is_invalid)
        take_invalid_octet(&scan->tag);
    scan->undecided = scan->tag.len <= SLO_TAG_KNOWN ? scan->tag.len : 0;
    if (n == len)
        return n;
    if (is_invalid)
        return n + 1;
    if (bytes[n] != ' ' || scan->tag.len == 0) {
        be_odd(scan);
        return n;
    }
    memset(&scan->announcement, 0, sizeof scan->announcement);
    scan->undecided += scan->undecided > 0;
    scan->state = SERVER_STATUS;
    return n + 1;
}

static size_t take_status(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const struct slo_token *word = &scan->word;
    const int is_undecided = scan->undecided > 0;
    size_t n = slo_token_take(&scan->word, bytes, len);
    const int is_whole = n < len && slo_ends_word(bytes[n]);
    enum slogout_status status;

    scan->undecided += is_undecided ? n : 0;
    if (n == len && word->len < sizeof "LOGOUT")
        return n;
    if (is_undecided && is_whole && bytes[n] != ' ' && slo_token_is(word, "LOGOUT")) {
        scan->state = SERVER_LOGOUT;
    } else if (is_whole && slo_status_find(word->bytes, word->len, &status) && status != SLOGOUT_STATUS_BYE) {
        scan->ok = status == SLOGOUT_STATUS_OK ? 1 : 0;
        scan->event = SLO_SERVER_TAGGED;
        n += begin_text(scan, bytes[n]);
        scan->undecided += is_undecided && scan->state == SERVER_CODE;
    } else {
        be_odd(scan);
    }
    return n;
}

static size_t begin_server_line(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    memset(&scan->announcement, 0, sizeof scan->announcement);
    memset(&scan->tag, 0, sizeof scan->tag);
    scan->word.len = 0;
    if (*bytes == '*') {
        scan->state = SERVER_STAR;
        return len > 1 ? 1 + begin_untagged(scan, bytes + 1, len - 1) : 1;
    }
    if (*bytes == '+') {
        scan->event = SLO_SERVER_CONTINUATION;
        scan->state = SERVER_TEXT;
        return 1;
    }
    scan->state = SERVER_TAG;
    return take_server_tag(scan, bytes, len);
}

/* Takes the LF or CRLF after TAG LOGOUT. */
static size_t take_logout_end(struct slo_imap_server *scan, char octet)
{
    if (octet == '\r' && scan->state == SERVER_LOGOUT) {
        scan->state = SERVER_LOGOUT_CR;
        scan->undecided++;
        return 1;
    }
    if (octet != '\n') {
        be_odd(scan);
        return 0;
    }
    scan->undecided++;
    scan->event = SLO_SERVER_LOGOUT;
    scan->state = SERVER_START;
    return 1;
}

static size_t take_code(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_token_take(&scan->word, bytes, len);

    if (n == len)
        return n;
    scan->state = SERVER_TEXT;
    if (bytes[n] == ' ' && slo_token_is(&scan->word, "[CAPABILITY"))
        begin_list(scan, 1, 0);
    else if (bytes[n] == ' ' && slo_token_is(&scan->word, "[BADCHARSET"))
        scan->state = SERVER_BADCHARSET;
    return n;
}

/* ---- lists of capabilities ---- */

/* Ends a word. SP and a word COMPRESS=... are undecided octets, and the event lets the caller drop them. */
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
    scan->state = SERVER_TEXT;
    if (scan->is_enabled && scan->has_ours)
        scan->event = SLO_SERVER_ENABLED;
    else if (!scan->is_enabled && scan->offers && !scan->has_ours)
        scan->event = SLO_SERVER_CAPABILITIES;
    else
        scan->undecided = 0;
}

/* Adds to a word, which remains undecided only while it fits and may be COMPRESS=... */
static void add_list_word(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    slo_token_add(&scan->word, bytes, len);
    if (scan->undecided > 0)
        scan->undecided += len;
    if (scan->word.len > SLO_TOKEN_MAX || !slo_token_may_begin(&scan->word, "COMPRESS="))
        scan->undecided = 0;
}

/* Reads part of a list. A list in a code also ends at "]". */
static size_t take_list(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    size_t n = slo_word_stop(bytes, len);
    const char *bracket = scan->is_code ? memchr(bytes, ']', n) : NULL;

    if (bracket)
        n = (size_t)(bracket - bytes);
    if (n > 0) {
        add_list_word(scan, bytes, n);
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
        scan->event = SLO_SERVER_NOT_UNDERSTOOD;
    else
        end_list(scan);
    return 0;
}

/* ---- the rest of a line, and literals ---- */

/* A server does not wait for a `+`, so it must not send `{number+}` (RFC 7888 section 8). A status response
 * cannot announce a literal, except in the charsets of a BADCHARSET code. To follow that code, the scanner
 * would have to parse quoted strings. */
static void begin_server_literal(struct slo_imap_server *scan)
{
    scan->literal_left = scan->announcement.size;
    if (scan->state != SERVER_DATA || scan->announcement.non_synchronizing ||
        scan->literal_left >= SLO_LITERAL_LIMIT)
        scan->event = SLO_SERVER_NOT_UNDERSTOOD;
    else
        scan->state = SERVER_LITERAL;
    memset(&scan->announcement, 0, sizeof scan->announcement);
}

static size_t take_rest(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    const size_t n = slo_line_stop(bytes, len);

    if (scan->state != SERVER_TEXT)
        slo_announcement_feed(&scan->announcement, bytes, n);
    if (n == len)
        return n;
    if (bytes[n] == '\0') {
        scan->event = SLO_SERVER_NOT_UNDERSTOOD;
        return n;
    }
    if (slo_announcement_made(&scan->announcement)) {
        begin_server_literal(scan);
        return n + 1;
    }
    if (scan->state != SERVER_ODD)
        scan->greeted = 1;
    scan->state = SERVER_START;
    if (scan->stops)
        scan->event = SLO_SERVER_LINE_END;
    return n + 1;
}

/* Consumes at least one octet or changes the state. Returns the number of octets consumed. */
static size_t server_step(struct slo_imap_server *scan, const char *bytes, size_t len)
{
    switch ((enum server_state)scan->state) {
    case SERVER_START:
        return begin_server_line(scan, bytes, len);
    case SERVER_STAR:
        return begin_untagged(scan, bytes, len);
    case SERVER_WORD:
        return take_word(scan, bytes, len);
    case SERVER_TAG:
        return take_server_tag(scan, bytes, len);
    case SERVER_STATUS:
        return take_status(scan, bytes, len);
    case SERVER_LOGOUT:
    case SERVER_LOGOUT_CR:
        return take_logout_end(scan, *bytes);
    case SERVER_CODE:
        return take_code(scan, bytes, len);
    case SERVER_LIST:
        return take_list(scan, bytes, len);
    case SERVER_BADCHARSET:
    case SERVER_TEXT:
    case SERVER_DATA:
    case SERVER_ODD:
        return take_rest(scan, bytes, len);
    case SERVER_LITERAL:
        break;
    }
    if (len > scan->literal_left)
        len = (size_t)scan->literal_left;
    scan->literal_left -= len;
    if (scan->literal_left == 0)
        scan->state = SERVER_DATA;
    return len;
}

size_t slo_imap_server_feed(struct slo_imap_server *scan, const char *bytes, size_t len, int stop_at_line_end)
{
    const char *const end = bytes + len;
    const char *at = bytes;

    if (scan->event != SLO_SERVER_NOTHING) /* that event has decided them */
        scan->undecided = 0;
    scan->event = SLO_SERVER_NOTHING;
    scan->stops = stop_at_line_end ? 1 : 0;
    while (at < end && scan->event == SLO_SERVER_NOTHING)
        at += server_step(scan, at, (size_t)(end - at));
    return (size_t)(at - bytes);
}

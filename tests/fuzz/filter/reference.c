/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "reference.h"

#define OUR_TAG "SLP.1"
#define BYE     "* BYE Server is closing the connection\r\n"

/* Times are in milliseconds, as in slogout.h. */
#define READY_TIMEOUT  300000
#define ANSWER_TIMEOUT 35000
#define LEAVE_TIMEOUT  10000
#define REST_FIRST     5000 /* the part of LEAVE_TIMEOUT in which the last `* BYE` waits for rest */

static void add(struct octets *octets, const char *bytes, size_t len)
{
    if (octets->len + len > sizeof octets->bytes)
        abort();
    memcpy(octets->bytes + octets->len, bytes, len);
    octets->len += len;
}

static void add_text(struct octets *octets, const char *text)
{
    add(octets, text, strlen(text));
}

void reference_init(struct reference *r, int ask_all)
{
    memset(r, 0, offsetof(struct reference, to_client));
    r->to_client.len = r->to_server.len = r->server.len = r->client.len = 0;
    r->ask_all = ask_all;
    r->now = 1;
}

static void go_blind(struct reference *r, enum slogout_blindness why)
{
    if (r->blind)
        return;
    r->blinded++;
    r->blind = why;
}

/* ---- commands in flight ---- */

static struct sent *last(struct reference *r)
{
    return r->last_in_flight ? &r->sent[r->sent_count - 1] : NULL;
}

static struct sent *find(struct reference *r, const char *tag)
{
    int i;

    for (i = 0; i < r->sent_count; i++)
        if (strcmp(r->sent[i].tag, tag) == 0)
            return &r->sent[i];
    return NULL;
}

static void send_command(struct reference *r, const char *tag, size_t len)
{
    struct sent *sent = &r->sent[r->sent_count];

    if (len > TAG_LIMIT || r->sent_count == SENT_LIMIT) {
        r->is_unsure = 1;
        return;
    }
    memset(sent, 0, sizeof *sent);
    memcpy(sent->tag, tag, len);
    if (find(r, sent->tag))
        r->is_unsure = 1;
    r->sent_count++;
    r->last_in_flight = 1;
    if (r->sent_count > KNOWN_LIMIT)
        r->is_summed = 1;
}

static void forget(struct reference *r, struct sent *sent)
{
    const int index = (int)(sent - r->sent);

    if (index == r->sent_count - 1)
        r->last_in_flight = 0;
    r->sent_count--;
    memmove(sent, sent + 1, (size_t)(r->sent_count - index) * sizeof *sent);
}

/* Notes that a command waits for a `+`, or has an OK that changes something. */
static void owe(struct reference *r, struct sent *sent)
{
    int i, count = 0;

    for (i = 0; i < r->sent_count; i++)
        count += r->sent[i].is_owed;
    if (count == OWED_LIMIT)
        go_blind(r, SLOGOUT_BLINDNESS_LIMIT);
    sent->is_owed = 1;
}

/* Returns the newest command if it is an AUTHENTICATE to whose exchange the next line may belong, or NULL. */
static struct sent *exchange(struct reference *r)
{
    struct sent *sent = last(r);

    return sent && sent->is_owed && !sent->has_literal && (sent->kind == AUTH || sent->kind == AUTH_LAYER) ? sent : NULL;
}

static int wants_exchange_line(struct reference *r)
{
    return exchange(r) && exchange(r)->pluses > exchange(r)->lines;
}

/* ---- the session ---- */

static int server_in_line(const struct reference *r)
{
    return r->server.len > 0 || r->server_literal > 0 || r->server_state != S_START;
}

static int client_takes_a_line(const struct reference *r)
{
    int i;

    for (i = 0; i < r->sent_count; i++) {
        const struct sent *sent = &r->sent[i];
        if (sent->is_owed && (sent->has_literal || (sent->kind != IDLE && sent->kind != ENABLE && sent->kind != UNAUTHENTICATE)))
            return 0;
    }
    return 1;
}

static int may_write_line(const struct reference *r)
{
    return !r->blind && !r->bye && r->greeted && !server_in_line(r) && client_takes_a_line(r);
}

static int is_at_line(struct reference *r)
{
    return r->client.len == 0 && (r->client_state == C_IDLE || (r->client_state == C_START && !wants_exchange_line(r)));
}

static int all_answered(struct reference *r)
{
    if (r->client.len > 0)
        return 0;
    if (r->client_state == C_IDLE)
        return r->sent_count == 1 && r->strangers == 0 && !r->sent[0].wants_plus;
    return r->client_state == C_START && r->sent_count == 0;
}

static void enter(struct reference *r, enum reference_state state, uint64_t timeout)
{
    r->state = state;
    r->deadline = r->now + timeout;
}

static void say_bye(struct reference *r)
{
    add_text(&r->to_client, BYE);
    r->state = R_CLOSED;
}

static void ready(struct reference *r)
{
    if (r->closing && !r->blind && !server_in_line(r) && all_answered(r))
        r->state = R_CLOSED;
    if (r->state == R_LEAVING && may_write_line(r) &&
        (all_answered(r) || r->now + LEAVE_TIMEOUT - REST_FIRST >= r->deadline))
        say_bye(r);
    if (r->state != R_PENDING || !may_write_line(r) || !all_answered(r))
        return;
    if (r->ask_all || r->enabled) {
        add_text(&r->to_client, OUR_TAG " LOGOUT\r\n");
        r->asked = 1;
        enter(r, R_ASKED, ANSWER_TIMEOUT);
    } else {
        say_bye(r);
    }
}

static void leave(struct reference *r)
{
    enter(r, R_LEAVING, LEAVE_TIMEOUT);
    ready(r);
}

void reference_request(struct reference *r)
{
    if (r->state != R_OPEN)
        return;
    enter(r, R_PENDING, READY_TIMEOUT);
    ready(r);
}

void reference_force(struct reference *r)
{
    if (r->state <= R_ASKED)
        leave(r);
}

void reference_abandon(struct reference *r)
{
    if (r->state < R_CLOSED)
        r->state = R_ABANDONED;
}

void reference_wait(struct reference *r, uint64_t ms)
{
    r->now += ms;
    if (r->state == R_LEAVING)
        ready(r);
    if (r->now < r->deadline)
        return;
    if (r->state == R_PENDING || r->state == R_ASKED)
        leave(r);
    else if (r->state == R_LEAVING || r->closing)
        r->state = R_CLOSED;
}

/* ---- lines ---- */

/* Returns the length of the word at the start, up to SP, CR, LF or the end. */
static size_t word(const char *text, const char *end)
{
    size_t n = 0;

    while (text + n < end && !strchr(" \r\n", text[n]))
        n++;
    return n;
}

static int is(const char *text, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(text, name, len) == 0;
}

static int is_condition(const char *text, size_t len)
{
    return is(text, len, "OK") || is(text, len, "NO") || is(text, len, "BAD");
}

/* Returns the size of the literal that the line from `text` to `end`, which ends in LF, announces. Returns -1 if it
 * announces none, and -2 if the size is too large. */
static int64_t announced(const char *text, const char *end, int *plus)
{
    const char *close, *open;
    uint64_t size = 0;

    *plus = 0;
    end--;
    if (end > text && end[-1] == '\r')
        end--;
    if (end == text || end[-1] != '}')
        return -1;
    close = end - 1;
    *plus = close > text && close[-1] == '+';
    close -= *plus;
    for (open = close; open > text && open[-1] >= '0' && open[-1] <= '9'; open--)
        ;
    if (open == close || open == text || open[-1] != '{')
        return -1;
    for (; open < close; open++) {
        if (size > (INT64_MAX - (uint64_t)(*open - '0')) / 10)
            return -2;
        size = size * 10 + (uint64_t)(*open - '0');
    }
    return (int64_t)size;
}

/* Returns the same for the part of a line that the client has sent. */
static int64_t announced_so_far(struct reference *r, int *plus)
{
    int64_t size;

    add(&r->client, "\n", 1);
    size = announced(r->client.bytes, r->client.bytes + r->client.len, plus);
    r->client.bytes[--r->client.len] = '\0';
    return size;
}

static int announces(const char *text, const char *end)
{
    int plus;

    return announced(text, end, &plus) != -1;
}

/* Returns the length of the `{number}` or `{number+}` at the start, or 0. */
static size_t announcement(const char *text, const char *end)
{
    const char *at = text + 1;

    while (*text == '{' && at < end && *at >= '0' && *at <= '9')
        at++;
    if (at == text + 1)
        return 0;
    at += at < end && *at == '+';
    return at < end && *at == '}' ? (size_t)(at + 1 - text) : 0;
}

/* Returns 1 if a literal may be announced after the octets text..at of a line. */
static int is_place(const char *text, const char *at)
{
    at -= at - text > 1 && at[-1] == '~';
    return at > text && (at[-1] == ' ' || at[-1] == '(');
}

/* Returns 1 if servers may find different literals after the line text..end, which ends in LF. */
static int is_doubtful(const char *text, const char *end)
{
    enum { OUTSIDE, INSIDE, AFTER_BACKSLASH } quoted = OUTSIDE;
    const char *at;

    for (at = text; at < end; at++) {
        const size_t len = announcement(at, end);
        const char *rest = at + len;
        const int is_last = rest + (*rest == '\r') + 1 == end;
        if (len > 0 && is_last && rest[-2] == '+' && (quoted != OUTSIDE || !is_place(text, at)))
            return 1;
        if (len > 0 && !is_last && quoted == OUTSIDE)
            return 1;
        if (quoted == AFTER_BACKSLASH || (quoted == OUTSIDE && *at == '"'))
            quoted = INSIDE;
        else if (quoted == INSIDE && *at != '\\')
            quoted = *at == '"' ? OUTSIDE : INSIDE;
        else if (quoted == INSIDE)
            quoted = AFTER_BACKSLASH;
    }
    return 0;
}

/* Returns the number of octets at the start that may be in an atom (RFC 3501 section 9) or, with "]", in a tag. */
static size_t atom(const char *text, const char *end, const char *excluded)
{
    size_t n = 0;

    while (text + n < end && text[n] > ' ' && text[n] < 0x7f && !strchr(excluded, text[n]))
        n++;
    return n;
}

/* Returns the length of the tag at the start if SP follows it, and 0 otherwise. */
static size_t tag_before_space(const char *text, const char *end)
{
    const size_t n = atom(text, end, "(){%*\"\\+");

    return text + n < end && text[n] == ' ' ? n : 0;
}

/* ---- the server ---- */

/* Handles the end of a line of data, which may announce a literal. */
static void end_server_line(struct reference *r, const char *text, const char *end)
{
    int plus;
    const int64_t size = announced(text, end, &plus);

    r->server_state = S_START;
    if (size == -1) {
        r->greeted = 1;
        return;
    }
    if (size == -2 || plus) {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        return;
    }
    r->server_literal = (uint64_t)size;
    r->server_state = S_DATA;
}

/* Copies the list of capabilities at `text`, as the client must see it, and the rest of the line. */
static void capabilities(struct reference *r, const char *text, const char *end, const char *stops,
                         int rewrite)
{
    const char *stop = text + strcspn(text, stops);
    const size_t before = r->to_client.len;
    int offers = 0, ours = 0;
    const char *at = text;

    while (at < stop) { /* SP, and a word that may be empty */
        const char *next = at + 1;
        while (next < stop && *next != ' ')
            next++;
        offers |=
            is(at + 1, (size_t)(next - at) - 1, "ENABLE") || is(at + 1, (size_t)(next - at) - 1, "IMAP4rev2");
        ours |= is(at + 1, (size_t)(next - at) - 1, SLOGOUT_CAPABILITY);
        if (!rewrite || next - at > 1 + WORD_LIMIT || strncasecmp(at, " COMPRESS=", 10) != 0)
            add(&r->to_client, at, (size_t)(next - at));
        at = next;
    }
    if (!rewrite)
        r->server_enabled |= ours;
    if (rewrite && offers && !ours) {
        const int space = r->to_client.len > before && stop[-1] == ' ';
        r->to_client.len -= (size_t)space;
        add_text(&r->to_client, " " SLOGOUT_CAPABILITY);
        if (space)
            add_text(&r->to_client, " ");
    }
    add(&r->to_client, stop, (size_t)(end - stop));
}

/* Handles the text after a status word. */
static void status_text(struct reference *r, const char *text, const char *end)
{
    r->server_state = S_START;
    if (strncasecmp(text, " [CAPABILITY ", 13) == 0) {
        add(&r->to_client, text, 12);
        capabilities(r, text + 12, end, "]\r\n", 1);
    } else {
        add(&r->to_client, text, (size_t)(end - text));
    }
    /* A list of charsets may contain literals. No other text can announce one. */
    if (strncasecmp(text, " [BADCHARSET ", 13) == 0 && announces(text + 13, end))
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
    else
        r->greeted = 1;
}

static void on_ok(struct reference *r, enum reference_kind kind)
{
    if (kind == ENABLE) {
        r->enabled = 1;
        if (!r->server_enabled)
            add_text(&r->to_client, "* ENABLED " SLOGOUT_CAPABILITY "\r\n");
    }
    if (kind == UNAUTHENTICATE)
        r->enabled = 0;
    if (kind == LAYER)
        go_blind(r, SLOGOUT_BLINDNESS_LAYER);
    if (kind == AUTH_LAYER)
        go_blind(r, SLOGOUT_BLINDNESS_MECHANISM);
    if (kind == UNREADABLE)
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
}

static void answer(struct reference *r, struct sent *sent, int ok)
{
    const struct sent was = *sent;
    const int was_last = sent == last(r);
    const int is_early = was_last && (r->client_state == C_LITERAL || r->client_state == C_REST);
    int plus;

    forget(r, sent);
    if (was_last && (r->client_state == C_AWAITING || r->client_state == C_IDLE))
        r->client_state = C_START;
    if (is_early && ok && r->client_state == C_REST && was.kind != LAYER && was.kind != LOGOUT &&
        announced_so_far(r, &plus) != -1)
        go_blind(r, SLOGOUT_BLINDNESS_OUT_OF_STEP);
    else if ((was.is_owed || is_early) && ok)
        on_ok(r, was.kind);
    if ((was.is_owed || (is_early && ok)) && was.kind == ENABLE)
        r->server_enabled = 0;
}

/* ---- the kinds of commands ---- */

static const char *const layerless[] = {"PLAIN",    "LOGIN",       "EXTERNAL", "ANONYMOUS",
                                        "CRAM-MD5", "OAUTHBEARER", "XOAUTH2"};

static int is_layerless(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < sizeof layerless / sizeof *layerless; i++)
        if (is(text, len, layerless[i]))
            return 1;
    return len >= 6 && strncasecmp(text, "SCRAM-", 6) == 0;
}

#define NOT_IN_NAMES "(){%*\"\\]"

/* Reads the first line of a command, beginning with its name. */
static enum reference_kind kind_of(size_t tag_len, const char *name, const char *end)
{
    static const struct {
        const char *name;
        enum reference_kind kind;
    } names[] = {{"AUTHENTICATE", AUTH_LAYER}, {"IDLE", IDLE},
                 {"ENABLE", ENABLE},           {"STARTTLS", LAYER},
                 {"COMPRESS", LAYER},          {"UNAUTHENTICATE", UNAUTHENTICATE},
                 {"LOGOUT", LOGOUT}};
    enum reference_kind kind = ORDINARY;
    size_t len = word(name, end), i;

    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (is(name, len, names[i].name))
            kind = names[i].kind;
    if (len == 0 || atom(name, name + len, NOT_IN_NAMES) < len)
        return UNREADABLE;
    if (kind != AUTH_LAYER && kind != ENABLE)
        return kind;
    do {
        for (name += len; *name == ' ';)
            name++;
        len = word(name, end);
        if (kind == AUTH_LAYER)
            return is_layerless(name, len) ? AUTH : AUTH_LAYER;
        if (is(name, len, SLOGOUT_CAPABILITY))
            return tag_len <= WORD_LIMIT ? ENABLE : ORDINARY;
    } while (len > 0);
    return ORDINARY;
}

/* ---- a line of the client that has begun ---- */

static size_t begun_tag(const struct reference *r)
{
    return r->client_state == C_START ? tag_before_space(r->client.bytes, r->client.bytes + r->client.len) : 0;
}

/* The server answers the command of a line that has not ended. */
static void begun_done(struct reference *r, int ok)
{
    const char *end = r->client.bytes + r->client.len;
    const size_t tag = begun_tag(r);
    const char *name = r->client.bytes + tag + strspn(r->client.bytes + tag, " ");
    const int is_named = name + atom(name, end, NOT_IN_NAMES) < end;
    enum reference_kind kind;
    int plus;

    r->is_refused = 1;
    if (!ok)
        return;
    while (end > name && !strchr(" \r", end[-1])) /* a word that may go on */
        end--;
    kind = is_named ? kind_of(tag, name, end) : ORDINARY;
    if (!is_named || (kind != LAYER && kind != LOGOUT && announced_so_far(r, &plus) != -1))
        go_blind(r, SLOGOUT_BLINDNESS_OUT_OF_STEP);
    else
        on_ok(r, kind);
    if (kind == ENABLE)
        r->server_enabled = 0;
}

/* Returns 1 if a `+` may be for the line. */
static int begun_waits(struct reference *r)
{
    const size_t tag = begun_tag(r);
    const char *name = r->client.bytes + tag + strspn(r->client.bytes + tag, " ");
    int plus;

    if (r->client.len == 0 || (tag == 0 && r->client_state != C_REST))
        return 0;
    if (announced_so_far(r, &plus) != -1 && !plus)
        return 1;
    return tag > 0 && strcasecmp(name, "IDLE\r") == 0;
}

/* The reference does not follow some dialogues in which the server sends a line while a line of the client has begun. */
static void look_at_begun(struct reference *r)
{
    const size_t tag = begun_tag(r);
    char text[TAG_LIMIT + 1] = "";

    if (r->client.len == 0)
        return;
    if (r->client_state == C_IDLE || exchange(r) || r->sent_count >= KNOWN_LIMIT || r->is_summed || tag > TAG_LIMIT) {
        r->is_unsure = 1;
        return;
    }
    memcpy(text, r->client.bytes, tag);
    if (tag > 0 && find(r, text))
        r->is_unsure = 1;
}

/* ---- responses of the server ---- */

static void command_done(struct reference *r, const char *tag, size_t len, int ok)
{
    char text[TAG_LIMIT + 1] = "";
    struct sent *sent;
    const int in_flight = r->sent_count - r->strangers;

    if (len <= TAG_LIMIT)
        memcpy(text, tag, len);
    text[len <= TAG_LIMIT ? len : 0] = '\0';
    sent = find(r, text);
    if (!sent && !r->is_refused && len > 0 && len == begun_tag(r) && memcmp(tag, r->client.bytes, len) == 0) {
        begun_done(r, ok);
        return;
    }
    if (r->is_summed && in_flight == 1 && (!sent || r->strangers > 0)) {
        go_blind(r, SLOGOUT_BLINDNESS_OUT_OF_STEP);
        return;
    }
    if (sent)
        answer(r, sent, ok);
    else if (r->is_summed)
        r->strangers++;
    else if (ok)
        go_blind(r, SLOGOUT_BLINDNESS_OUT_OF_STEP);
    if (r->sent_count == 0)
        r->is_summed = 0;
}

static void tagged(struct reference *r, const char *line, const char *end)
{
    const size_t first = strcspn(line, " \r\n"), n = line[first] == ' ' ? first : 0;
    const char *name = line + n + 1;
    const size_t name_len = n ? word(name, end) : 0;

    if (is(name, name_len, "LOGOUT") && n <= WORD_LIMIT && *line != '*' && (strcmp(name + 6, "\r\n") == 0 || strcmp(name + 6, "\n") == 0)) {
        if (r->asked || r->state == R_LEAVING)
            return;
        r->bye = 1;
        reference_abandon(r);
    } else if (n && is_condition(name, name_len)) {
        command_done(r, line, n, is(name, name_len, "OK"));
        add(&r->to_client, line, (size_t)(name - line) + name_len);
        if (r->blind)
            add(&r->to_client, name + name_len, (size_t)(end - name) - name_len);
        else
            status_text(r, name + name_len, end);
        return;
    } else if (announces(line, end)) {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
    }
    add(&r->to_client, line, (size_t)(end - line));
}

static void take_plus(struct reference *r)
{
    struct sent *sent = r->sent;

    while (sent < r->sent + r->sent_count && !(sent->is_owed && sent->wants_plus))
        sent++;
    if (sent == r->sent + r->sent_count && !r->is_early && begun_waits(r)) {
        r->is_early = 1;
    } else if (sent == r->sent + r->sent_count) {
        go_blind(r, SLOGOUT_BLINDNESS_OUT_OF_STEP);
    } else if (sent->has_literal) {
        sent->has_literal = sent->is_owed = sent->wants_plus = 0;
        r->client_state = r->is_huge ? C_AWAITING : C_LITERAL;
    } else if (sent->kind == IDLE) {
        sent->wants_plus = 0;
        sent->is_owed = !sent->is_done;
    } else if (sent == exchange(r) || sent->pluses < sent->lines) {
        sent->pluses++;
    } else {
        go_blind(r, SLOGOUT_BLINDNESS_OUT_OF_STEP);
    }
}

static void untagged(struct reference *r, const char *line, const char *end)
{
    const char *name = line + 2;
    const size_t len = word(name, end);

    if (len == 0) {
        if (announces(line, end))
            go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        add(&r->to_client, line, (size_t)(end - line));
        return;
    }
    add(&r->to_client, line, 2 + len);
    name += len;
    if (is(name - len, len, "BYE")) {
        r->bye = r->greeted = 1;
        reference_abandon(r);
    } else if (is_condition(name - len, len) || is(name - len, len, "PREAUTH")) {
        status_text(r, name, end);
        return;
    } else if (is(name - len, len, "CAPABILITY") || is(name - len, len, "ENABLED")) {
        capabilities(r, name, end, "\r\n", is(name - len, len, "CAPABILITY"));
        r->greeted = 1;
        return;
    } else {
        end_server_line(r, line, end);
    }
    add(&r->to_client, name, (size_t)(end - name));
}

static void server_line(struct reference *r)
{
    const char *line = r->server.bytes;
    const char *end = line + r->server.len;

    if (!r->blind)
        look_at_begun(r);
    if (r->blind) {
        add(&r->to_client, line, r->server.len);
    } else if (r->server_state == S_DATA) {
        add(&r->to_client, line, r->server.len);
        end_server_line(r, line, end);
    } else if (strncmp(line, "* ", 2) == 0) {
        untagged(r, line, end);
    } else if (*line == '+') {
        take_plus(r);
        r->greeted |= !r->blind;
        add(&r->to_client, line, r->server.len);
    } else {
        tagged(r, line, end);
    }
}

void reference_server(struct reference *r, const char *bytes, size_t len)
{
    for (; len > 0 && r->state != R_CLOSED; bytes++, len--) {
        if (r->server_literal > 0 && !r->blind) {
            add(&r->to_client, bytes, 1);
            r->server_literal--;
            continue;
        }
        add(&r->server, bytes, 1);
        if (*bytes != '\n')
            continue;
        add(&r->server, "", 1);
        r->server.len--;
        server_line(r);
        r->server.len = 0;
        ready(r);
    }
}

/* ---- the client ---- */

static void command_ends(struct reference *r)
{
    struct sent *sent = last(r);

    r->client_state = C_START;
    if (!sent || sent->kind == ORDINARY || sent->kind == LOGOUT)
        return;
    owe(r, sent);
    sent->wants_plus = sent->kind == IDLE || sent->kind == AUTH || sent->kind == AUTH_LAYER;
    if (sent->kind == IDLE)
        r->client_state = C_IDLE;
}

/* Handles a line of a command. */
static void command_line(struct reference *r, const char *text, const char *end)
{
    int plus;
    const int64_t size = announced(text, end, &plus);

    if (is_doubtful(text, end)) {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        return;
    }
    if (size == -1) {
        command_ends(r);
        return;
    }
    r->client_literal = (uint64_t)size;
    r->is_huge = size == -2;
    if (!plus && !last(r)) {
        r->client_state = C_START; /* the command has been answered */
    } else if (!plus) {
        owe(r, last(r));
        last(r)->wants_plus = last(r)->has_literal = 1;
        r->client_state = C_AWAITING;
    } else if (r->is_huge || r->last_kind == UNREADABLE) {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
    } else {
        r->client_state = C_LITERAL;
    }
}

static int is_untagged_bye(const char *line, const char *end)
{
    const char *name = line + 1 + strspn(line + 1, " ");

    return *line == '*' && name > line + 1 && is(name, word(name, end), "BYE");
}

static void odd_line(struct reference *r, const char *line, const char *end)
{
    if (!is_untagged_bye(line, end) && (announces(line, end) || is_doubtful(line, end)))
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
    else if (exchange(r))
        exchange(r)->lines++;
}

static void idle_line(struct reference *r, const char *line, size_t len)
{
    struct sent *sent = last(r);

    len -= line[len - 1] == '\n';
    len -= len > 0 && line[len - 1] == '\r';
    if (len > 0 && !is(line, len, "DONE")) {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        return;
    }
    sent->is_done = 1;
    sent->is_owed = sent->wants_plus;
    r->client_state = C_START;
}

static void first_line(struct reference *r, const char *line, const char *end)
{
    const size_t tag = tag_before_space(line, end);
    const char *name = line + tag + strspn(line + tag, " ");

    if (wants_exchange_line(r)) {
        exchange(r)->lines++;
        return;
    }
    if (tag == 0) {
        odd_line(r, line, end);
        return;
    }
    send_command(r, line, tag);
    if (r->is_unsure)
        return;
    last(r)->kind = r->last_kind = kind_of(tag, name, end);
    if (r->is_refused)
        forget(r, last(r));
    r->is_refused = 0;
    command_line(r, line, end);
}

static void client_line(struct reference *r)
{
    const char *line = r->client.bytes;
    const char *end = line + r->client.len;

    if (r->blind)
        return;
    if (r->client_state == C_IDLE)
        idle_line(r, line, r->client.len);
    else if (r->client_state == C_START)
        first_line(r, line, end);
    else
        command_line(r, line, end);
    if (r->is_early && r->blind)
        r->blind = SLOGOUT_BLINDNESS_OUT_OF_STEP;
    else if (r->is_early)
        take_plus(r);
    r->is_early = 0;
}

/* Returns the status word of an answer, or NULL if the line is not an answer. */
static const char *answer_in(const char *line, const char *end)
{
    static const char *const words[] = {"OK", "NO", "BAD", "BYE"};
    const size_t tag = *line == '*' ? 1 : strlen(OUR_TAG);
    const size_t spaces = strspn(line + tag, " ");
    const char *text = line + tag + spaces;
    const size_t len = strcspn(text, " \r\n");
    size_t i;

    if (strncmp(line, *line == '*' ? "*" : OUR_TAG, tag) != 0 || spaces == 0 || spaces > 8)
        return NULL;
    if (text[len] == '\r' && text[len + 1] != '\n')
        return NULL;
    for (i = 0; i < 4; i++)
        if (is(text, len, words[i]) && (*line == '*') == (i == 3) && text < end)
            return words[i];
    return NULL;
}

static void hear(struct reference *r, const char *what)
{
    if (strcmp(what, "OK") == 0) {
        r->deaf = 1;
        if (r->state != R_ASKED)
            return;
        r->state = R_ABANDONED;
        r->closing = 1;
        r->deadline = r->now + LEAVE_TIMEOUT;
        ready(r);
    } else if (r->state == R_ASKED && (strcmp(what, "BYE") != 0 || r->byes >= 8)) {
        leave(r);
    }
    r->byes += strcmp(what, "BYE") == 0;
}

static void end_client_line(struct reference *r)
{
    const char *what = NULL;
    const size_t len = r->client.len;

    add(&r->client, "", 1);
    r->client.len = 0;
    if (r->asked && !r->blind && is_at_line(r))
        what = answer_in(r->client.bytes, r->client.bytes + len);
    if (what) {
        hear(r, what);
        return;
    }
    add(&r->to_server, r->client.bytes, len);
    r->client.len = len;
    client_line(r);
    r->client.len = 0;
    ready(r);
}

void reference_client(struct reference *r, const char *bytes, size_t len)
{
    for (; len > 0 && r->state != R_CLOSED; bytes++, len--) {
        if (r->state == R_LEAVING && is_at_line(r) && !exchange(r) && !r->blind)
            r->deaf = 1;
        if (r->deaf)
            return;
        if (r->client_state == C_AWAITING && !r->blind)
            go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        if (r->client_state == C_LITERAL && r->client_literal == 0)
            r->client_state = C_REST;
        if (r->client_state == C_LITERAL && !r->blind) {
            add(&r->to_server, bytes, 1);
            if (--r->client_literal == 0)
                r->client_state = C_REST;
            continue;
        }
        add(&r->client, bytes, 1);
        if (*bytes == '\n')
            end_client_line(r);
        r->client.bytes[r->client.len] = '\0';
    }
}

#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <slogout/slogout.h>
#include "reference.h"

#define OUR_TAG "SLP.1"
#define BYE     "* BYE Server is closing the connection\r\n"

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

void reference_init(struct reference *reference, int ask_all)
{
    memset(reference, 0, sizeof *reference);
    reference->ask_all = ask_all;
}

int reference_server_in_line(const struct reference *reference)
{
    return reference->server.len > 0 || reference->server_literal > 0 || reference->server_state != S_START;
}

int reference_client_in_line(const struct reference *reference)
{
    return reference->client.len > 0 || reference->client_state == C_REST ||
           reference->client_state == C_LITERAL;
}

static void go_blind(struct reference *reference, enum slogout_blindness why)
{
    if (reference->blind)
        return;
    reference->blinded++;
    reference->blind = why;
}

/* ---- the session ---- */

static int has_layer_in_flight(const struct reference *r)
{
    int i;

    for (i = 0; i < r->watched_count; i++)
        if (strcmp(r->watched[i].what, "LAYER") == 0)
            return 1;
    return 0;
}

static int may_write_line(const struct reference *r)
{
    return !r->blind && !r->bye && r->greeted && !reference_server_in_line(r) && r->client_state != C_EARLY &&
           r->client_state != C_AUTH && !has_layer_in_flight(r);
}

static int is_at_line(const struct reference *r)
{
    return (r->client_state == C_START || r->client_state == C_IDLE) && r->client.len == 0;
}

static int is_at_rest(const struct reference *r)
{
    const uint64_t idle = r->client_state == C_IDLE && !r->plus_owed;

    return may_write_line(r) && is_at_line(r) && r->commands == r->completed + idle;
}

static void say_bye(struct reference *r)
{
    add_text(&r->to_client, BYE);
    r->state = R_CLOSED;
}

static void ready(struct reference *r)
{
    if (r->state == R_LEAVING && may_write_line(r))
        say_bye(r);
    if (r->state != R_PENDING || !is_at_rest(r))
        return;
    if (r->ask_all || r->enabled) {
        add_text(&r->to_client, OUR_TAG " LOGOUT\r\n");
        r->state = R_ASKED;
    } else {
        say_bye(r);
    }
}

void reference_request(struct reference *r)
{
    if (r->state != R_OPEN)
        return;
    r->state = R_PENDING;
    ready(r);
}

void reference_force(struct reference *r)
{
    if (r->state > R_ASKED)
        return;
    r->state = R_LEAVING;
    ready(r);
}

static void abandon(struct reference *r)
{
    if (r->state < R_CLOSED)
        r->state = R_ABANDONED;
}

/* ---- lines ---- */

/* The length of the word at the start, up to SP, CR, LF or the end. */
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

/* Of the line text..end, which ends in LF: the size it announces, or -1; LITERAL too large: -2. */
static int64_t announced(const char *text, const char *end, int *plus)
{
    const char *close, *open;
    uint64_t size = 0;

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

/* ---- the server ---- */

/* After a line of data: is there a literal, or is it the end? */
static void end_server_line(struct reference *r, const char *text, const char *end)
{
    int plus = 0;
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

/* Copies the list of capabilities at text, as the client is to see it, and the rest of the line. */
static void capabilities(struct reference *r, const char *text, const char *end, const char *stops,
                         int rewrite)
{
    const char *stop = text + strcspn(text, stops);
    const size_t before = r->to_client.len;
    int offers = 0, ours = 0;
    const char *at = text;

    while (at < stop) { /* SP, then a word that may be empty */
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

/* Behind a status word. */
static void status_text(struct reference *r, const char *text, const char *end)
{
    int plus = 0;

    r->server_state = S_START;
    if (strncasecmp(text, " [CAPABILITY ", 13) == 0) {
        add(&r->to_client, text, 12);
        capabilities(r, text + 12, end, "]\r\n", 1);
    } else {
        add(&r->to_client, text, (size_t)(end - text));
    }
    /* a list of charsets may hold literals, and any other text is what it looks like */
    if (strncasecmp(text, " [BADCHARSET ", 13) == 0 && announced(text + 13, end, &plus) != -1)
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
    else
        r->greeted = 1;
}

static void watched_done(struct reference *r, const char *what, int ok)
{
    if (ok && strcmp(what, "ENABLE") == 0) {
        r->enabled = 1;
        if (!r->server_enabled)
            add_text(&r->to_client, "* ENABLED " SLOGOUT_CAPABILITY "\r\n");
    }
    if (strcmp(what, "ENABLE") == 0)
        r->server_enabled = 0;
    if (ok && strcmp(what, "UNAUTHENTICATE") == 0)
        r->enabled = 0;
    if (ok && (strcmp(what, "LAYER") == 0 || strcmp(what, "SECURE") == 0))
        go_blind(r, strcmp(what, "LAYER") == 0 ? SLOGOUT_BLINDNESS_LAYER : SLOGOUT_BLINDNESS_MECHANISM);
}

/* The oldest with that tag, if there is one, is in flight no longer. */
static void find_watched(struct reference *r, const char *tag, int ok)
{
    char what[20];
    int i = 0;

    while (i < r->watched_count && strcmp(r->watched[i].tag, tag) != 0)
        i++;
    if (i == r->watched_count)
        return;
    strcpy(what, r->watched[i].what);
    for (r->watched_count--; i < r->watched_count; i++)
        r->watched[i] = r->watched[i + 1];
    watched_done(r, what, ok);
}

static void command_done(struct reference *r, const char *tag, int ok)
{
    r->completed++;
    if (r->completed > r->commands) {
        go_blind(r, SLOGOUT_BLINDNESS_OUT_OF_STEP);
        return;
    }
    if (strcmp(tag, r->tag) == 0) {
        r->answered = 1;
        r->plus_owed = 0;
        if (r->client_state == C_EARLY || r->client_state == C_AUTH || r->client_state == C_IDLE)
            r->client_state =
                r->client.len > 0 && !(r->state == R_ASKED && r->client_state == C_IDLE) ? C_REST : C_START;
    }
    find_watched(r, tag, ok);
}

static void tagged(struct reference *r, const char *line, const char *end)
{
    const size_t n = word(line, end);
    const char *name = line + n + 1;
    char tag[WORD_LIMIT + 1];
    size_t name_len;

    if (n > WORD_LIMIT || line[n] != ' ' || !slogout_tag_valid(line, n)) {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        add(&r->to_client, line, (size_t)(end - line));
        return;
    }
    memcpy(tag, line, n);
    tag[n] = '\0';
    name_len = word(name, end);
    if (is(name, name_len, "LOGOUT") && (strcmp(name + 6, "\r\n") == 0 || strcmp(name + 6, "\n") == 0)) {
        if (r->state == R_ASKED || r->state == R_LEAVING)
            return;
        abandon(r);
    } else if (is_condition(name, name_len)) {
        command_done(r, tag, is(name, name_len, "OK"));
        add(&r->to_client, line, (size_t)(name - line) + name_len);
        if (r->blind)
            add(&r->to_client, name + name_len, (size_t)(end - name) - name_len);
        else
            status_text(r, name + name_len, end);
        return;
    } else {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
    }
    add(&r->to_client, line, (size_t)(end - line));
}

static int continues(struct reference *r)
{
    if (r->plus_owed) {
        r->plus_owed = 0;
        return 1;
    }
    if (r->client_state != C_EARLY)
        return r->client_state == C_AUTH;
    r->client_state = r->client_literal ? C_LITERAL : C_REST;
    return 1;
}

static void untagged(struct reference *r, const char *line, const char *end)
{
    const char *name = line + 2;
    const size_t len = line[1] == ' ' ? word(name, end) : 0;

    if (len == 0 ||
        (!r->greeted && !is(name, len, "OK") && !is(name, len, "PREAUTH") && !is(name, len, "BYE"))) {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        add(&r->to_client, line, (size_t)(end - line));
        return;
    }
    add(&r->to_client, line, 2 + len);
    name += len;
    if (is(name - len, len, "BYE")) {
        r->bye = r->greeted = 1;
        abandon(r);
    } else if (is_condition(name - len, len) || is(name - len, len, "PREAUTH")) {
        status_text(r, name, end);
        return;
    } else if (is(name - len, len, "CAPABILITY") || is(name - len, len, "ENABLED")) {
        capabilities(r, name, end, "\r\n", is(name - len, len, "CAPABILITY"));
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

    if (r->blind) {
        add(&r->to_client, line, r->server.len);
    } else if (r->server_state == S_DATA) {
        add(&r->to_client, line, r->server.len);
        end_server_line(r, line, end);
    } else if (*line == '*') {
        untagged(r, line, end);
    } else if (*line == '+' && r->greeted) {
        if (!continues(r))
            go_blind(r, SLOGOUT_BLINDNESS_OUT_OF_STEP);
        add(&r->to_client, line, r->server.len);
    } else if (r->greeted) {
        tagged(r, line, end);
    } else {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        add(&r->to_client, line, r->server.len);
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
        r->server.bytes[r->server.len] = '\0';
        server_line(r);
        r->server.len = 0;
        ready(r);
    }
}

/* ---- the client ---- */

static const char *const layerless[] = {"PLAIN",    "LOGIN",       "EXTERNAL", "ANONYMOUS",
                                        "CRAM-MD5", "OAUTHBEARER", "XOAUTH2"};

static int is_layerless(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < sizeof layerless / sizeof *layerless; i++)
        if (is(text, len, layerless[i]))
            return 1;
    return len >= 6 && len <= WORD_LIMIT && strncasecmp(text, "SCRAM-", 6) == 0;
}

static void arguments(struct reference *r, const char *at, const char *end)
{
    while (at < end && *at == ' ') {
        size_t len;
        while (*at == ' ')
            at++;
        len = word(at, end);
        if (strcmp(r->command, "ENABLE") == 0)
            r->named |= is(at, len, SLOGOUT_CAPABILITY);
        else {
            r->named = is_layerless(at, len);
            return;
        }
        at += len;
    }
}

static void command_begins(struct reference *r, const char *line, const char *end)
{
    static const char *const names[] = {"AUTHENTICATE", "IDLE",           "ENABLE", "STARTTLS",
                                        "COMPRESS",     "UNAUTHENTICATE", "LOGOUT"};
    const size_t n = word(line, end);
    const char *name = line + n + (line[n] == ' ');
    const size_t len = word(name, end);
    size_t i;

    r->command[0] = '\0';
    r->answered = r->named = 0;
    r->tag[0] = '\0';
    memcpy(r->tag, line, n);
    r->tag[n] = '\0';
    if (!slogout_tag_valid(line, n))
        return;
    r->commands++;
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (is(name, len, names[i]))
            strcpy(r->command, names[i]);
    if (strcmp(r->command, "ENABLE") == 0 || strcmp(r->command, "AUTHENTICATE") == 0)
        arguments(r, name + len, end);
}

static void watch(struct reference *r, const char *what)
{
    struct watched *watched = &r->watched[r->watched_count];

    if (r->watched_count == WATCH_LIMIT) {
        go_blind(r, SLOGOUT_BLINDNESS_LIMIT);
        return;
    }
    r->watched_count++;
    strcpy(watched->what, what);
    strcpy(watched->tag, r->tag);
}

static void command_ends(struct reference *r)
{
    r->client_state = C_START;
    if (r->answered)
        return;
    if (strcmp(r->command, "IDLE") == 0) {
        r->client_state = C_IDLE;
        r->plus_owed = 1;
        return;
    }
    r->plus_owed = r->command[0] && (strcmp(r->command, "ENABLE") != 0 || r->named) ? 0 : r->plus_owed;
    if (strcmp(r->command, "AUTHENTICATE") == 0)
        r->client_state = C_AUTH;
    if (strcmp(r->command, "AUTHENTICATE") == 0 && !r->named)
        watch(r, "SECURE");
    if (strcmp(r->command, "ENABLE") == 0 && r->named)
        watch(r, "ENABLE");
    if (strcmp(r->command, "STARTTLS") == 0 || strcmp(r->command, "COMPRESS") == 0)
        watch(r, "LAYER");
    if (strcmp(r->command, "UNAUTHENTICATE") == 0)
        watch(r, "UNAUTHENTICATE");
    if (strcmp(r->command, "LOGOUT") == 0)
        r->left = 1;
}

/* A line of a command, text..end. */
static void command_line(struct reference *r, const char *text, const char *end)
{
    int plus = 0;
    const int64_t size = announced(text, end, &plus);

    if (r->blind)
        return;
    if (size == -1) {
        command_ends(r);
        return;
    }
    if (size == -2) {
        go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        return;
    }
    r->client_literal = (uint64_t)size;
    r->client_state = !plus ? C_EARLY : size > 0 ? C_LITERAL : C_REST;
}

static void client_line(struct reference *r)
{
    const char *line = r->client.bytes;
    const char *end = line + r->client.len;
    const size_t text_len = r->client.len - 1;

    if (r->blind || r->client_state == C_AUTH)
        return;
    if (r->client_state == C_IDLE) {
        if (is(line, text_len, "DONE") || is(line, text_len, "DONE\r"))
            r->client_state = C_START;
        return;
    }
    if (r->client_state == C_START)
        command_begins(r, line, end);
    command_line(r, line, end);
}

/* RFC 3501 section 9: atom = 1*ATOM-CHAR */
static int is_atom(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if (text[i] < 0x21 || text[i] > 0x7e || strchr("(){%*\"\\]", text[i]))
            return 0;
    return len > 0;
}

/* Does this beginning of a line show that it is neither empty, nor untagged, nor a tag, one SP and an atom? */
static int is_odd(const char *line, size_t len)
{
    const char *end = line + len;
    const size_t tag = word(line, end);
    size_t name;

    if (tag > WORD_LIMIT)
        return 1;
    if (tag == len || (tag == 1 && *line == '*'))
        return 0;
    if (tag == 0)
        return *line == ' ' || (*line == '\r' && len > 1 && line[1] != '\n');
    if (line[tag] != ' ' || !slogout_tag_valid(line, tag))
        return 1;
    name = word(line + tag + 1, end);
    if (name > WORD_LIMIT)
        return 1;
    return tag + 1 + name < len && !is_atom(line + tag + 1, name);
}

/* Is this line, or could it become, an answer? 0 no, 1 not yet, 2 it is. */
static int answers(const char *line, size_t len, const char *answer)
{
    const size_t n = strlen(answer);
    const size_t exact = strcspn(answer, " ");

    if (memcmp(line, answer, len < exact ? len : exact) != 0)
        return 0;
    if (strncasecmp(line, answer, len < n ? len : n) != 0)
        return 0;
    if (len <= n)
        return 1;
    if (line[n] == ' ' || line[n] == '\n')
        return 2;
    if (line[n] != '\r')
        return 0;
    return len == n + 1 ? 1 : line[n + 1] == '\n' ? 2 : 0;
}

static int is_answer(const char *line, size_t len, const char **which)
{
    static const char *const all[] = {"* BYE", OUR_TAG " OK", OUR_TAG " NO", OUR_TAG " BAD"};
    int best = 0;
    size_t i;

    for (i = 0; i < 4; i++)
        if (answers(line, len, all[i]) > best) {
            best = answers(line, len, all[i]);
            *which = all[i];
        }
    return best;
}

static void hear(struct reference *r, const char *answer)
{
    if (r->state != R_ASKED)
        return;
    if (*answer == '*' && r->byes++ < 8)
        return;
    if (strcmp(answer, OUR_TAG " OK") == 0) {
        r->state = R_CLOSED;
        return;
    }
    r->state = R_LEAVING;
    ready(r);
}

/* Returns 1 if what has arrived of this line must not reach the server, because it is or may become an answer. */
static int holds(struct reference *r)
{
    const char *which = NULL;

    if ((r->client_state != C_START && r->client_state != C_IDLE) || r->blind || r->client.len == 0)
        return 0;
    return r->state == R_ASKED && is_answer(r->client.bytes, r->client.len, &which);
}

static void client_octet(struct reference *r, char octet)
{
    const char *which = NULL;
    const int was_held = holds(r);

    add(&r->client, &octet, 1);
    if (holds(r)) {
        if (octet != '\n')
            return;
        is_answer(r->client.bytes, r->client.len, &which);
        r->client.len = 0;
        hear(r, which);
        return;
    }
    if (was_held)
        add(&r->to_server, r->client.bytes, r->client.len);
    else
        add(&r->to_server, &octet, 1);
    if (r->client_state == C_START && !r->blind && is_odd(r->client.bytes, r->client.len))
        go_blind(r, word(r->client.bytes, r->client.bytes + r->client.len) > WORD_LIMIT
                        ? SLOGOUT_BLINDNESS_LIMIT
                        : SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
    if (octet == '\n') {
        client_line(r);
        r->client.len = 0;
        if (r->state == R_PENDING)
            ready(r);
    }
}

void reference_client(struct reference *r, const char *bytes, size_t len)
{
    for (; len > 0 && r->state != R_CLOSED; bytes++, len--) {
        if (r->client_state == C_EARLY && !r->blind)
            go_blind(r, SLOGOUT_BLINDNESS_NOT_UNDERSTOOD);
        if (r->state == R_LEAVING && is_at_line(r) && !r->blind)
            return;
        if (r->client_state == C_LITERAL && !r->blind) {
            add(&r->to_server, bytes, 1);
            if (--r->client_literal == 0)
                r->client_state = C_REST;
            continue;
        }
        client_octet(r, *bytes);
    }
}

void reference_restart(struct reference *r, int is_tls)
{
    if (is_tls)
        r->enabled = r->left = 0;
    r->blind = SLOGOUT_BLINDNESS_NONE;
    r->answered = r->plus_owed = r->server_enabled = 0;
    r->greeted = 1;
    r->commands = r->completed = 0;
    r->watched_count = 0;
    r->tag[0] = '\0';
    r->client_state = C_START;
    r->server_state = S_START;
    r->client_literal = r->server_literal = 0;
    r->client.len = r->server.len = 0;
}

void reference_end(struct reference *r)
{
    const char *which = NULL;

    if (r->state == R_CLOSED)
        return;
    if (holds(r) && is_answer(r->client.bytes, r->client.len, &which) == 1)
        add(&r->to_server, r->client.bytes, r->client.len);
    add(&r->to_client, r->server.bytes, r->server.len);
}

/* Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
/* A toy IMAP server (RFC 3501, with ENABLE, IDLE and LITERAL+), which the example servers share. It has no
 * mailboxes, accepts every password, and never logs out an inactive client. It does no I/O and knows no
 * session. From slogout, it uses only names and functions that need no session.
 *
 * The host appends its input to `in`, at most imap_room() octets, and sends the contents of `out`. Both
 * buffers are bounded: a literal that does not fit is refused, and imap_next() stops while a reply might not fit. */
#ifndef EXAMPLES_IMAP_H
#define EXAMPLES_IMAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <slogout/slogout.h>

#define IMAP_CAPABILITIES "IMAP4rev1 LITERAL+ ENABLE IDLE " SLOGOUT_CAPABILITY
#define IMAP_LINE_MAX     8192  /* octets, RFC 2683 section 3.2.1.5 */
#define IMAP_IN_SIZE      16384 /* holds a command with its literals, and one more line */
#define IMAP_OUT_SIZE     32768
#define IMAP_RESERVE      12288     /* octets of `out` that are kept for a reply and two lines of slogout */
#define IMAP_MESSAGE_MAX  100000000 /* octets */
#define IMAP_TAG_SIZE     64

enum imap_event {
    IMAP_WAIT,   /* imap_next() needs input, or room in `out` */
    IMAP_LINE,   /* `line` begins where a command may begin, or in IDLE; run it with imap_run(), or drop it */
    IMAP_REPLY,  /* a reply was queued, so the connection may be at rest */
    IMAP_ENABLE, /* a reply was queued, and the client has enabled SLOGOUT_CAPABILITY */
    IMAP_DRAIN,  /* a reply to XDRAIN was queued, a command that makes the server send LOGOUT */
    IMAP_LOGOUT, /* the client's own LOGOUT command; the host calls imap_bye() and closes */
    IMAP_LOST    /* the next octets cannot be understood; the host calls imap_bye() and closes */
};

enum imap_state {
    IMAP_COMMAND,   /* between two commands */
    IMAP_IDLE,      /* between `+` and DONE */
    IMAP_ARGUMENTS, /* in a command of the client, after its first line */
    IMAP_SENDING    /* in a literal of the server */
};

/* One connection. A struct of zeros is a new connection. */
struct imap {
    enum imap_state state;
    int is_logged_in;
    int is_stalled;  /* imap_next() needs room; call it again when some of `out` has been sent */
    int is_skipping; /* the next octets are the rest of a line that was too long */
    char tag[IMAP_TAG_SIZE];
    const char *line;          /* of IMAP_LINE; it ends with LF unless it is too long */
    size_t line_len, text_len; /* with LF or CRLF, and without */
    size_t begin;              /* in[begin] is the first octet that is still needed */
    size_t scan;   /* the next line of the command begins here, after a literal that may not be complete */
    size_t unsent; /* of the literal of IMAP_SENDING */
    size_t in_len, out_len;
    char in[IMAP_IN_SIZE];
    char out[IMAP_OUT_SIZE];
};

static inline int imap_is_at(const struct imap *imap, enum slogout_when when)
{
    return imap->state != IMAP_SENDING && (imap->state != IMAP_ARGUMENTS || when == SLOGOUT_BETWEEN_LINES);
}

/* ---- buffers ---- */

/* Removes the octets that are not needed from `in`, and returns the number of octets that may then be
 * appended. */
static inline size_t imap_room(struct imap *imap)
{
    if (imap->begin > 0) {
        imap->in_len -= imap->begin;
        imap->scan -= imap->begin;
        memmove(imap->in, imap->in + imap->begin, imap->in_len);
        imap->begin = 0;
    }
    return IMAP_IN_SIZE - imap->in_len;
}

/* Removes the first len octets of `out`, which have been sent. */
static inline void imap_sent(struct imap *imap, size_t len)
{
    imap->out_len -= len;
    memmove(imap->out, imap->out + len, imap->out_len);
}

/* Queues octets. Returns 0, or -1 if they do not fit. Replies and lines of slogout always fit. */
static inline int imap_put(struct imap *imap, const char *octets, size_t len)
{
    if (len > IMAP_OUT_SIZE - imap->out_len)
        return -1;
    memcpy(imap->out + imap->out_len, octets, len);
    imap->out_len += len;
    return 0;
}

static inline enum imap_event imap_say(struct imap *imap, const char *tag, const char *text)
{
    imap_put(imap, tag, strlen(tag));
    imap_put(imap, text, strlen(text));
    imap_put(imap, "\r\n", 2);
    return IMAP_REPLY;
}

/* Queues the server's own `* BYE`, and the OK to the client's LOGOUT. */
static inline void imap_bye(struct imap *imap, enum imap_event why)
{
    imap_say(imap, "* BYE ", why == IMAP_LOGOUT ? "logging out" : "[TOOBIG] line or literal is too long");
    if (why == IMAP_LOGOUT)
        imap_say(imap, imap->tag, " OK LOGOUT completed");
}

/* ---- words ---- */

/* A word in `in`, or the rest of a command without the end of its last line. */
struct imap_text {
    const char *octets;
    size_t len;
};

static inline int imap_is(const struct imap_text *text, const char *name)
{
    return text->len == strlen(name) && strncasecmp(text->octets, name, text->len) == 0;
}

static inline void imap_drop(struct imap_text *rest, size_t len)
{
    rest->octets += len;
    rest->len -= len;
}

/* Returns the number of digits at `text`. If the number is above IMAP_MESSAGE_MAX, then *value is also above it. */
static inline size_t imap_number(const char *text, size_t len, size_t *value)
{
    size_t end;

    *value = 0;
    for (end = 0; end < len && text[end] >= '0' && text[end] <= '9'; end++)
        if (*value <= IMAP_MESSAGE_MAX)
            *value = *value * 10 + (size_t)(text[end] - '0');
    return end;
}

/* Returns 1 if the text ends in {n} or {n+}, and 0 otherwise. *waits is 1 if the client waits for `+`. */
static inline int imap_announces(const char *text, size_t len, size_t *n, int *waits)
{
    size_t brace = len, end;

    while (brace > 0 && text[brace - 1] != '{')
        brace--;
    end = brace + imap_number(text + brace, len - brace, n);
    *waits = end + 1 == len && text[end] == '}';
    return brace > 0 && end > brace && (*waits || (end + 2 == len && memcmp(text + end, "+}", 2) == 0));
}

/* Removes an atom from the rest. Returns 1, or 0 if there is no atom. */
static inline int imap_atom(struct imap_text *rest, struct imap_text *word)
{
    *word = *rest;
    while (rest->len > 0 && *rest->octets > ' ' && *rest->octets < 127 && !strchr("(){%*\"\\", *rest->octets))
        imap_drop(rest, 1);
    word->len -= rest->len;
    return word->len > 0;
}

/* Removes SP and an astring. If it is a literal, it is complete, because the command is complete. A quoted
 * string ends at the next quote, even after a backslash. Returns 1, or 0 if there is no astring. */
static inline int imap_argument(struct imap_text *rest, struct imap_text *word)
{
    const char *end;
    int is_quoted;

    if (rest->len < 2 || *rest->octets != ' ')
        return 0;
    imap_drop(rest, 1);
    is_quoted = *rest->octets == '"';
    if (!is_quoted && *rest->octets != '{')
        return imap_atom(rest, word);
    end = memchr(rest->octets + 1, is_quoted ? '"' : '\n', rest->len - 1);
    if (!end)
        return 0;
    imap_number(rest->octets + 1, rest->len - 1, &word->len);
    word->octets = is_quoted ? rest->octets + 1 : end + 1;
    if (is_quoted)
        word->len = (size_t)(end - word->octets);
    imap_drop(rest, (size_t)(word->octets - rest->octets) + word->len + (size_t)is_quoted);
    return !memchr(word->octets, '\0', word->len);
}

/* ---- commands ---- */

/* Returns 1 if the command has this name and this number of arguments, and sets *word to its last word. */
static inline int imap_takes(struct imap_text command, const char *name, int arguments,
                             struct imap_text *word)
{
    int is_valid = imap_argument(&command, word) && imap_is(word, name);

    while (is_valid && arguments-- > 0)
        is_valid = imap_argument(&command, word);
    return is_valid && command.len == 0;
}

/* Runs a complete command, which begins after the tag. FETCH n sends a message of n octets. ENABLE takes any
 * number of names, and the server ignores unknown names (RFC 5161 section 3.1). */
static inline enum imap_event imap_command(struct imap *imap, struct imap_text command)
{
    enum imap_event event = IMAP_REPLY;
    struct imap_text word;
    char text[64];

    if (imap_takes(command, "LOGOUT", 0, &word))
        return IMAP_LOGOUT;
    if (imap_takes(command, "LOGIN", 2, &word)) {
        imap->is_logged_in = 1;
    } else if (imap_takes(command, "CAPABILITY", 0, &word)) {
        imap_say(imap, "* CAPABILITY ", IMAP_CAPABILITIES);
    } else if (imap_takes(command, "XDRAIN", 0, &word)) {
        event = IMAP_DRAIN;
    } else if (imap_takes(command, "NOOP", 0, &word)) {
        event = IMAP_REPLY;
    } else if (!imap->is_logged_in) {
        return imap_say(imap, imap->tag, " BAD not before LOGIN");
    } else if (imap_takes(command, "ECHO", 1, &word)) {
        snprintf(text, sizeof text, "ECHO {%lu}", (unsigned long)word.len);
        imap_say(imap, "* ", text);
        imap_put(imap, word.octets, word.len);
        imap_say(imap, "", "");
    } else if (imap_takes(command, "FETCH", 1, &word) &&
               imap_number(word.octets, word.len, &imap->unsent) == word.len) {
        imap->state = IMAP_SENDING;
        snprintf(text, sizeof text, "1 FETCH (BODY[] {%lu}", (unsigned long)imap->unsent);
        return imap_say(imap, "* ", text);
    } else if (imap_takes(command, "IDLE", 0, &word)) {
        imap->state = IMAP_IDLE;
        return imap_say(imap, "+ ", "idling");
    } else if (imap_argument(&command, &word) && imap_is(&word, "ENABLE")) {
        event = slogout_enable_has_capability(command.octets, command.len) ? IMAP_ENABLE : IMAP_REPLY;
        imap_say(imap, "* ENABLED", event == IMAP_ENABLE ? " " SLOGOUT_CAPABILITY : "");
    } else {
        return imap_say(imap, imap->tag, " BAD unknown command or arguments");
    }
    imap_say(imap, imap->tag, " OK completed");
    return event;
}

/* ---- from lines to commands ---- */

/* Takes one more line of a command. The command then continues with a literal, or is complete and runs. After {n+}, the
 * client sends the octets without waiting for the reply, so the server cannot refuse them and continue. */
static inline enum imap_event imap_go_on(struct imap *imap)
{
    struct imap_text rest = {imap->line, imap->text_len};
    size_t n;
    int waits;

    if (imap_announces(rest.octets, rest.len, &n, &waits)) {
        if (imap->scan - imap->begin + n <= IMAP_IN_SIZE - IMAP_LINE_MAX) {
            imap->state = IMAP_ARGUMENTS;
            imap->scan += n;
            return waits ? imap_say(imap, "+ ", "go on") : IMAP_REPLY;
        }
        imap->state = IMAP_COMMAND;
        imap->begin = imap->scan;
        return waits ? imap_say(imap, imap->tag, " NO [TOOBIG] literal is too big") : IMAP_LOST;
    }
    rest.len = (size_t)(rest.octets + rest.len - (imap->in + imap->begin));
    rest.octets = imap->in + imap->begin;
    imap_drop(&rest, strlen(imap->tag));
    imap->state = IMAP_COMMAND;
    imap->begin = imap->scan;
    return imap_command(imap, rest);
}

/* Runs the line of IMAP_LINE. Returns any event except IMAP_WAIT and IMAP_LINE. */
static inline enum imap_event imap_run(struct imap *imap)
{
    struct imap_text line = {imap->line, imap->text_len}, tag;

    if (imap->is_skipping)
        return IMAP_LOST;
    if (imap->state == IMAP_IDLE) {
        imap->state = IMAP_COMMAND;
        return imap_say(imap, imap->tag, imap_is(&line, "DONE") ? " OK completed" : " BAD expected DONE");
    }
    imap_atom(&line, &tag);
    if (tag.len >= IMAP_TAG_SIZE || !slogout_tag_valid(tag.octets, tag.len))
        return imap_say(imap, "* ", "BAD a command begins with its tag");
    memcpy(imap->tag, tag.octets, tag.len);
    imap->tag[tag.len] = '\0';
    imap->begin = (size_t)(imap->line - imap->in); /* the command stays in `in` until it has completed */
    return imap_go_on(imap);
}

/* ---- the next event ---- */

/* Queues as much of the message as fits. */
static inline enum imap_event imap_send_more(struct imap *imap)
{
    const size_t room = IMAP_OUT_SIZE - IMAP_RESERVE - imap->out_len;
    const size_t count = imap->unsent < room ? imap->unsent : room;

    memset(imap->out + imap->out_len, 'x', count);
    imap->out_len += count;
    imap->unsent -= count;
    imap->is_stalled = imap->unsent > 0;
    if (imap->is_stalled)
        return IMAP_WAIT;
    imap_say(imap, ")", "");
    imap->state = IMAP_COMMAND;
    return imap_say(imap, imap->tag, " OK completed");
}

/* Takes the next line. If there are IMAP_LINE_MAX octets without an LF, takes these octets, and skips the
 * rest of the line later. Returns 0 if there is neither. */
static inline int imap_take_line(struct imap *imap)
{
    const size_t len = imap->in_len > imap->scan ? imap->in_len - imap->scan : 0;
    const int was_skipping = imap->is_skipping;
    const char *lf;

    imap->line = imap->in + imap->scan;
    lf = memchr(imap->line, '\n', len);
    if (!lf && len < (was_skipping ? 1 : IMAP_LINE_MAX))
        return 0;
    imap->line_len = lf ? (size_t)(lf - imap->line) + 1 : len;
    imap->text_len = imap->line_len - (lf && lf > imap->line && lf[-1] == '\r' ? 2 : 1);
    imap->scan += imap->line_len;
    imap->is_skipping = !lf;
    if (!was_skipping)
        return 1;
    imap->begin = imap->scan;
    return imap_take_line(imap);
}

/* Continues to the next event and returns it. */
static inline enum imap_event imap_next(struct imap *imap)
{
    imap->is_stalled = imap->out_len >= IMAP_OUT_SIZE - IMAP_RESERVE;
    if (imap->is_stalled)
        return IMAP_WAIT;
    if (imap->state == IMAP_SENDING)
        return imap_send_more(imap);
    if (!imap_take_line(imap))
        return IMAP_WAIT;
    if (imap->state == IMAP_ARGUMENTS)
        return imap->is_skipping ? IMAP_LOST : imap_go_on(imap);
    imap->begin = imap->scan; /* until imap_run() */
    return IMAP_LINE; /* even if it is too long, because its beginning shows whether it is an answer */
}

#endif

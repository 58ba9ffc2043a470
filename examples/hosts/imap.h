/* The IMAP that the example hosts serve. It is a toy: there are no mailboxes, everybody may log in, and nobody is
 * logged out for inactivity. All hosts share it, so that the file of each shows its loop and slogout and no more.
 * It does no I/O and has no session. Of slogout it needs what any IMAP parser needs, which is the name of the
 * capability and slogout_enable_has_capability().
 *
 * The host appends what it reads to `in` and sends what is in `out`. Both are bounded: the host reads at most
 * imap_in_room() octets, and imap_next() stops while a reply might not fit. */
#ifndef HOSTS_IMAP_H
#define HOSTS_IMAP_H

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <slogout/slogout.h>

#define IMAP_IN_SIZE     8192 /* the longest line, RFC 2683 section 3.2.1.5 */
#define IMAP_OUT_SIZE    16384
#define IMAP_RESERVE     1024 /* of it, kept for one more reply and the two lines that slogout may send */
#define IMAP_TAG_SIZE    64
#define IMAP_LITERAL_MAX 100000000 /* octets, which are counted and dropped */

enum imap_event {
    IMAP_WAIT,   /* imap_next() needs input, or room in `out` */
    IMAP_LINE,   /* `line` is where a command may begin, or in IDLE; run it with imap_run(), or ignore it */
    IMAP_REPLY,  /* a command has begun, or has completed */
    IMAP_ENABLE, /* a command has completed that enabled SLOGOUT_CAPABILITY */
    IMAP_LOGOUT, /* the client's own LOGOUT command; the host calls imap_bye() and closes */
    IMAP_LOST    /* what follows cannot be understood; the host calls imap_bye() and closes */
};

enum imap_state {
    IMAP_COMMAND, /* between two commands */
    IMAP_IDLE,    /* between `+` and DONE */
    IMAP_LITERAL, /* in a literal of the client, of which `left` octets have not come yet */
    IMAP_TAIL,    /* in the rest of a line, after a literal */
    IMAP_FETCHING /* in a literal of ours, of which `left` octets are not queued yet */
};

/* One connection. A struct of zeros is a new one. */
struct imap {
    enum imap_state state;
    int is_stalled;  /* imap_next() needs room: call it again when some of `out` has been sent */
    int is_skipping; /* the next octets are the rest of a line that was too long */
    char tag[IMAP_TAG_SIZE];
    uint64_t user; /* a number for the name of the user; 0 before LOGIN */
    size_t left;
    const char *line; /* of IMAP_LINE, with its LF unless it is too long; valid until imap_in_room() */
    size_t line_len;
    size_t used, in_len; /* in[used] to in[in_len - 1] have been read and not been used */
    size_t out_len;
    char in[IMAP_IN_SIZE];
    char out[IMAP_OUT_SIZE];
};

/* ---- the moments of slogout(7) ---- */

static inline int imap_between_lines(const struct imap *imap)
{
    return imap->state != IMAP_FETCHING;
}

static inline int imap_at_rest(const struct imap *imap)
{
    return imap->state == IMAP_COMMAND || imap->state == IMAP_IDLE;
}

/* ---- buffers ---- */

/* Returns how many octets may be appended to `in`. */
static inline size_t imap_in_room(struct imap *imap)
{
    if (imap->used > 0) {
        imap->in_len -= imap->used;
        memmove(imap->in, imap->in + imap->used, imap->in_len);
        imap->used = 0;
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

static inline void imap_greet(struct imap *imap)
{
    imap_say(imap, "* ", "OK [CAPABILITY IMAP4rev1 ENABLE IDLE LITERAL+ " SLOGOUT_CAPABILITY "] ready");
}

/* Queues the host's own `* BYE`, and the OK to the client's LOGOUT. */
static inline void imap_bye(struct imap *imap, enum imap_event why)
{
    imap_say(imap, "* BYE ", why == IMAP_LOGOUT ? "logging out" : "line or literal is too long");
    if (why == IMAP_LOGOUT)
        imap_say(imap, imap->tag, " OK LOGOUT completed");
}

/* ---- words ---- */

static inline size_t imap_word(const char *text, size_t len)
{
    size_t end = 0;

    while (end < len && text[end] != ' ')
        end++;
    return end;
}

static inline int imap_is(const char *word, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(word, name, len) == 0;
}

/* Returns the number of digits. A number greater than IMAP_LITERAL_MAX gives some value that is, too. */
static inline size_t imap_number(const char *text, size_t len, size_t *value)
{
    size_t end;

    *value = 0;
    for (end = 0; end < len && text[end] >= '0' && text[end] <= '9'; end++)
        if (*value <= IMAP_LITERAL_MAX)
            *value = *value * 10 + (size_t)(text[end] - '0');
    return end;
}

/* ---- commands ---- */

/* Returns 1 if the line ends in {n} or {n+}, and 0 otherwise. `left` is n, and *waits is 1 if the client waits for
 * `+`. */
static inline int imap_announces(struct imap *imap, const char *line, size_t len, int *waits)
{
    size_t brace = len, digits;

    while (brace > 0 && line[brace - 1] != '{')
        brace--;
    if (brace == 0)
        return 0;
    digits = imap_number(line + brace, len - brace, &imap->left);
    *waits = imap_is(line + brace + digits, len - brace - digits, "}");
    return digits > 0 && (*waits || imap_is(line + brace + digits, len - brace - digits, "+}"));
}

static inline enum imap_event imap_begin_literal(struct imap *imap, int waits)
{
    if (imap->left > IMAP_LITERAL_MAX) {
        imap->state = IMAP_COMMAND; /* after {n+} the octets come whatever the reply is */
        return waits ? imap_say(imap, imap->tag, " NO [TOOBIG] literal is too big") : IMAP_LOST;
    }
    imap->state = IMAP_LITERAL;
    return waits ? imap_say(imap, "+ ", "go on") : IMAP_REPLY;
}

static inline enum imap_event imap_begin_fetch(struct imap *imap, const char *arguments, size_t len)
{
    char text[64];

    imap_number(arguments, len, &imap->left);
    imap->state = IMAP_FETCHING;
    snprintf(text, sizeof text, "1 FETCH (BODY[] {%lu}", (unsigned long)imap->left);
    return imap_say(imap, "* ", text);
}

static inline enum imap_event imap_enable(struct imap *imap, const char *arguments, size_t len)
{
    const int is_ours = slogout_enable_has_capability(arguments, len);

    imap_say(imap, "* ", is_ours ? "ENABLED " SLOGOUT_CAPABILITY : "ENABLED");
    imap_say(imap, imap->tag, " OK ENABLE completed");
    return is_ours ? IMAP_ENABLE : IMAP_REPLY;
}

/* Keeps a hash of the name (FNV-1a), by which the connections of one user can be grouped. */
static inline enum imap_event imap_login(struct imap *imap, const char *user, size_t len)
{
    imap->user = 14695981039346656037u;
    for (len = imap_word(user, len); len > 0; len--)
        imap->user = (imap->user ^ (unsigned char)*user++) * 1099511628211u;
    return imap_say(imap, imap->tag, " OK LOGIN completed");
}

static inline enum imap_event imap_command(struct imap *imap, const char *name, size_t len)
{
    const size_t word = imap_word(name, len);
    const char *arguments = name + word + (word < len);

    len -= word + (word < len);
    if (imap_is(name, word, "LOGOUT"))
        return IMAP_LOGOUT;
    if (imap_is(name, word, "ENABLE"))
        return imap_enable(imap, arguments, len);
    if (imap_is(name, word, "FETCH"))
        return imap_begin_fetch(imap, arguments, len);
    if (imap_is(name, word, "LOGIN"))
        return imap_login(imap, arguments, len);
    if (imap_is(name, word, "IDLE")) {
        imap->state = IMAP_IDLE;
        return imap_say(imap, "+ ", "idling");
    }
    return imap_say(imap, imap->tag,
                    imap_is(name, word, "NOOP") ? " OK NOOP completed" : " BAD unknown command");
}

/* Runs the line of IMAP_LINE. Returns IMAP_REPLY, IMAP_ENABLE, IMAP_LOGOUT or IMAP_LOST. */
static inline enum imap_event imap_run(struct imap *imap)
{
    const char *line = imap->line;
    size_t len = imap->line_len - 1, tag;
    int waits;

    if (imap->is_skipping)
        return IMAP_LOST;
    len -= len > 0 && line[len - 1] == '\r';
    if (imap->state == IMAP_IDLE) {
        imap->state = IMAP_COMMAND;
        return imap_say(imap, imap->tag,
                        imap_is(line, len, "DONE") ? " OK IDLE completed" : " BAD expected DONE");
    }
    tag = imap_word(line, len);
    if (tag >= IMAP_TAG_SIZE || !slogout_tag_valid(line, tag))
        return imap_say(imap, "* ", "BAD a command begins with its tag");
    memcpy(imap->tag, line, tag);
    imap->tag[tag] = '\0';
    if (imap_announces(imap, line, len, &waits))
        return imap_begin_literal(imap, waits);
    tag += tag < len;
    return imap_command(imap, line + tag, len - tag);
}

/* ---- input ---- */

/* Queues as much of a literal of ours as there is room for. */
static inline enum imap_event imap_go_on_fetching(struct imap *imap)
{
    for (; imap->left > 0 && imap->out_len < IMAP_OUT_SIZE - IMAP_RESERVE; imap->left--)
        imap->out[imap->out_len++] = 'x';
    if (imap->left > 0)
        return IMAP_WAIT;
    imap->state = IMAP_COMMAND;
    imap_say(imap, ")", "");
    return imap_say(imap, imap->tag, " OK FETCH completed");
}

/* Takes octets of a literal of the client. */
static inline void imap_take_literal(struct imap *imap)
{
    const size_t have = imap->in_len - imap->used;
    const size_t taken = have < imap->left ? have : imap->left;

    imap->used += taken;
    imap->left -= taken;
    if (imap->left == 0)
        imap->state = IMAP_TAIL;
}

/* Takes a line, or all of `in` if it is full and has no LF. Returns 0 if there is neither. */
static inline int imap_take_line(struct imap *imap, int *is_whole)
{
    const char *lf = memchr(imap->in + imap->used, '\n', imap->in_len - imap->used);

    *is_whole = lf != NULL;
    imap->line = imap->in + imap->used;
    imap->line_len = lf ? (size_t)(lf - imap->line) + 1 : imap->in_len - imap->used;
    if (!lf && imap->line_len < (imap->is_skipping ? 1 : IMAP_IN_SIZE))
        return 0;
    imap->used += imap->line_len;
    return 1;
}

/* Handles what follows a literal, which is another literal or the end of the command, and never an answer. */
static inline enum imap_event imap_end_command(struct imap *imap)
{
    const size_t len = imap->line_len - 1;
    int waits;

    if (imap_announces(imap, imap->line, len - (len > 0 && imap->line[len - 1] == '\r'), &waits))
        return imap_begin_literal(imap, waits);
    imap->state = IMAP_COMMAND;
    return imap_say(imap, imap->tag, " OK completed");
}

/* Continues to the next event and returns it: IMAP_WAIT, IMAP_LINE, IMAP_REPLY or IMAP_LOST. */
static inline enum imap_event imap_next(struct imap *imap)
{
    enum imap_event event = IMAP_WAIT;
    const int was_skipping = imap->is_skipping;
    int is_whole;

    imap->is_stalled = imap->out_len > IMAP_OUT_SIZE - IMAP_RESERVE;
    if (imap->is_stalled)
        return IMAP_WAIT;
    if (imap->state == IMAP_FETCHING) {
        event = imap_go_on_fetching(imap);
        imap->is_stalled = event == IMAP_WAIT;
        return event;
    }
    if (imap->state == IMAP_LITERAL)
        imap_take_literal(imap);
    if (imap->state == IMAP_LITERAL || !imap_take_line(imap, &is_whole))
        return IMAP_WAIT;
    imap->is_skipping = !is_whole;
    if (was_skipping)
        return IMAP_REPLY;
    if (imap->state == IMAP_TAIL)
        return is_whole ? imap_end_command(imap) : IMAP_LOST;
    return IMAP_LINE; /* also if it is too long, because its beginning decides whether it is an answer */
}

#endif

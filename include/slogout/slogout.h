/* slogout: ask IMAP clients to leave (draft-shih-imap-server-logout-00).
 *
 * The server sends `TAG LOGOUT` and arms a timer; the client answers `* BYE` and `TAG OK`; the server
 * closes. This header is the whole core: sessions and their timers. For many sessions, paced, see drain.h;
 * for a host that has only raw bytes, see filter.h. slogout(7) tells the life cycle and the traps.
 *
 * The library does no I/O, reads no clock, starts no thread, installs no signal handler and has no
 * global state. Use one `struct slogout` for each event loop or thread, never shared, not used on both
 * sides of a fork; and one `struct slogout_session` for each connection.
 *
 * Time is `now_ms`: milliseconds of any monotonic clock, read after the last call that could block.
 * Time that runs backwards is taken as standing still: the greatest value seen counts.
 *
 * Callbacks. Functions marked [calls back] may call send_line, close_connection or a drain's done. Inside
 * one of these they do nothing and return SLOGOUT_ERR_REENTRANT. All others, the _free functions of
 * sessions and drains included, may be called there. set_timer may come from any function that takes a
 * pointer which is not const; inside it call only functions that take const pointers.
 *
 * Errors are negative, 0 is success; a function that fails has changed nothing. A NULL object where
 * one is needed is SLOGOUT_ERR_ARGUMENT, or, from a function that returns no error, nothing happens.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_SLOGOUT_H
#define SLOGOUT_SLOGOUT_H

#include <stddef.h>
#include <stdint.h>

#ifndef SLOGOUT_API
#define SLOGOUT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SLOGOUT_VERSION "0.2.0"
#define SLOGOUT_VERSION_NUMBER 200 /* major * 10,000 + minor * 100 + patch, for #if */

/* What the host offers in CAPABILITY and accepts in ENABLE (RFC 5161). It begins with X because it is
 * not registered (RFC 3501, sections 7.2.1 and 9). */
#define SLOGOUT_CAPABILITY "X-SERVER-LOGOUT"

#define SLOGOUT_NEVER ((uint64_t)-1) /* no deadline; not a time, so refused as now_ms */

#define SLOGOUT_BUSY     1 /* send_line: not the moment; the host will call slogout_session_resume() */
#define SLOGOUT_CONSUMED 1 /* _line, _response: it was ours; do not run it, do not reply to it */

enum slogout_error {
    SLOGOUT_ERR_ARGUMENT = -1,  /* NULL, or a value that is never valid */
    SLOGOUT_ERR_STATE = -2,     /* not possible in this state */
    SLOGOUT_ERR_REENTRANT = -3, /* not inside a callback */
    SLOGOUT_ERR_NOMEM = -4,     /* the allocator gave nothing; from the _new functions only */
    SLOGOUT_ERR_SIZE = -5,      /* a struct's size is 0, or larger than known with a tail that is not zero */
    SLOGOUT_ERR_TIMEOUT = -6,   /* answer_timeout_ms is not longer than 32,000 (the draft, section 3) */
    SLOGOUT_ERR_PREFIX = -7,    /* tag_prefix cannot begin an RFC 3501 tag, or is too long */
    SLOGOUT_ERR_TEXT = -8,      /* a BYE text is not 1 to 200 octets of printable ASCII, or has a bad code */
    SLOGOUT_ERR_PLAN = -9       /* a drain's plan cannot be kept; slogout_plan_check() says what can */
};

enum slogout_state {
    SLOGOUT_STATE_OPEN,    /* nothing under way */
    SLOGOUT_STATE_WAITING, /* in a drain, its turn has not come */
    SLOGOUT_STATE_PENDING, /* to be told as soon as the connection is at rest */
    SLOGOUT_STATE_ASKED,   /* LOGOUT is on the wire, the answer timer runs */
    SLOGOUT_STATE_LEAVING, /* the outcome is settled, a last `* BYE` waits for the end of a line */
    SLOGOUT_STATE_ENDED    /* close_connection was called, or the host abandoned the session */
};

/* How an exchange ended: one for each session that leaves OPEN, but for one that is cancelled.
 * Append-only. */
enum slogout_outcome {
    SLOGOUT_OUTCOME_ANSWERED,      /* the client answered OK */
    SLOGOUT_OUTCOME_REFUSED,       /* the client answered NO or BAD */
    SLOGOUT_OUTCOME_EXPIRED,       /* no answer within answer_timeout_ms */
    SLOGOUT_OUTCOME_BYE_ONLY,      /* it may not be asked (see enum slogout_ask), so it was told by `* BYE` */
    SLOGOUT_OUTCOME_NEVER_READY,   /* not at rest for all of ready_timeout_ms, so never asked */
    SLOGOUT_OUTCOME_FORCED,        /* slogout_session_force(), or a drain's deadline */
    SLOGOUT_OUTCOME_SEND_FAILED,   /* send_line could not write the LOGOUT, or the `* BYE` in its place */
    SLOGOUT_OUTCOME_CLIENT_LOGOUT, /* the host said: the client's own LOGOUT came first */
    SLOGOUT_OUTCOME_PEER_CLOSED,   /* the host said: end of file, or an error on the connection */
    SLOGOUT_OUTCOME_HOST_CLOSED,   /* the host said so, or freed the session with an exchange open */
    SLOGOUT_OUTCOME_COUNT          /* their number */
};

/* ---- one response of a client; usable alone -------------------------------------------------- */

enum slogout_status { SLOGOUT_STATUS_OK, SLOGOUT_STATUS_NO, SLOGOUT_STATUS_BAD, SLOGOUT_STATUS_BYE };

/* Not NUL-terminated; the pointers point into the line that was parsed and live as long as it does. */
struct slogout_response {
    enum slogout_status status;
    const char *tag; /* tag_len 0: untagged, as every BYE is */
    size_t tag_len;
    const char *code; /* what stands between [ and ]; code_len 0: no response code */
    size_t code_len;
    const char *text; /* opaque, any octets, may be empty */
    size_t text_len;
};

/* Parses one line, with or without its CRLF or LF: `* BYE [text]` or `TAG OK|NO|BAD [text]`. Words in
 * any case, one SP before the word, SP or the end of the line after it. The text is not
 * interpreted: `{3}` at its end announces nothing. A tag longer than 255 octets is not taken for one, and
 * a response code longer than 255 octets stays part of the text, so the cost does not grow with the line.
 * Returns 1 and fills *out, or 0 if the line is anything else, and then *out is untouched. */
SLOGOUT_API int slogout_response_parse(struct slogout_response *out, const char *line, size_t len);

/* Makes octets from the wire safe for a log: control and 8-bit octets become \xNN, `"` and `\` get a `\`
 * before them. Writes at most out_size octets, cut before an escape that does not fit, always
 * NUL-terminated unless out_size is 0. Returns the length that all of it needs, without the NUL. */
SLOGOUT_API size_t slogout_escape(char *out, size_t out_size, const char *bytes, size_t len);

/* Returns 1 if one of the words in the arguments of an ENABLE is SLOGOUT_CAPABILITY, in any case, else 0. Takes
 * one word, or several with SP between them, with or without the CRLF after them. */
SLOGOUT_API int slogout_enable_names_us(const char *arguments, size_t len);

/* ---- tags; usable alone ------------------------------------------------------------------------ */

#define SLOGOUT_PREFIX_MAX 16 /* octets in a prefix, without its NUL */
#define SLOGOUT_TAG_SIZE   32 /* room for any tag that slogout_tags_next() makes, and its NUL */

struct slogout_tags {
    const char *prefix; /* 1 to SLOGOUT_PREFIX_MAX octets that may stand in a tag; the caller's */
    uint32_t last;      /* the number of the last tag; 0: none yet */
};

/* Returns 1 if these octets are a tag by RFC 3501 section 9: at least one of them, each an
 * ASTRING-CHAR but not "+"; else 0. A tag has no maximum length there, nor here. */
SLOGOUT_API int slogout_tag_valid(const char *tag, size_t len);

/* Writes the next tag, prefix and number, NUL-terminated, and counts it in tags->last. Returns its
 * length, or 0 (and changes nothing) if the prefix is not one. The same tag comes again only after
 * 2^32 - 1 calls. */
SLOGOUT_API size_t slogout_tags_next(struct slogout_tags *tags, char tag[SLOGOUT_TAG_SIZE]);

/* ---- slogout: settings, time, counters --------------------------------------------------------- */

struct slogout;
struct slogout_session;

enum slogout_ask {
    SLOGOUT_ASK_ENABLED, /* LOGOUT to sessions marked by slogout_session_set_enabled(), `* BYE` to others */
    SLOGOUT_ASK_ALL      /* LOGOUT goes to everybody: only where all clients are known, most break on it */
};

enum slogout_on_refusal {
    SLOGOUT_REFUSAL_BYE, /* NO or BAD: `* BYE` and close at once */
    SLOGOUT_REFUSAL_WAIT /* NO or BAD is noted: close when the timer expires, the draft to the letter */
};

/* Copied, the two strings too. Every member but size may be 0 for its default. */
struct slogout_settings {
    size_t size;                /* sizeof(struct slogout_settings) */
    uint32_t answer_timeout_ms; /* ASKED at most this long; > 32,000; default 35,000 */
    uint32_t ready_timeout_ms;  /* PENDING at most this long; default 300,000 */
    uint32_t leave_timeout_ms;  /* LEAVING at most this long; default 10,000 */
    uint32_t tick_budget;       /* one slogout_tick() does at most this many due things; default 1,000 */
    enum slogout_ask ask;       /* who is sent LOGOUT */
    enum slogout_on_refusal on_refusal; /* what NO and BAD do */
    const char *tag_prefix;             /* 1 to SLOGOUT_PREFIX_MAX octets; default "SLO." */
    const char *bye_text;               /* after `* BYE `; default "Server is closing the connection" */
    /* Sets the host's one timer, one-shot, replacing what was set before: call slogout_tick() at
     * deadline_ms or soon after. Comes after each tick while anything has a deadline, and whenever the
     * earliest deadline comes nearer; never with SLOGOUT_NEVER. A deadline may have passed already. Must
     * not call slogout_tick() itself. NULL: the host polls. */
    void (*set_timer)(struct slogout *slogout, uint64_t deadline_ms, void *user_data);
    /* Both or neither; as malloc() and free(), the default. Memory is taken in _new functions alone, and
     * given back in _free functions or, if these run inside a callback, when the outermost call returns. */
    void *(*allocate)(size_t size, void *user_data);
    void (*release)(void *memory, void *user_data);
    void *user_data; /* for the three functions above */
};

/* Sessions. Append-only; read it through the pointer that slogout_counts() returns. */
struct slogout_counts {
    uint64_t waiting, pending, asked, leaving; /* now, by state */
    uint64_t ended;                            /* now: ENDED and not yet freed */
    uint64_t without_bye;                      /* so far: closed by us without the `* BYE` that was owed */
    uint64_t over_limit;                     /* so far: begun by a drain although max_in_flight was reached */
    uint64_t blind;                          /* so far: times that a filter lost sight of its stream */
    uint64_t outcome[SLOGOUT_OUTCOME_COUNT]; /* so far */
};

/* Makes a slogout from settings, or from the defaults if settings is NULL. *out is the caller's, to be
 * given to slogout_free(); untouched on failure.
 *   ARGUMENT  out is NULL; ask or on_refusal is not of its enum; only one of allocate and release is set
 *   SIZE, TIMEOUT, PREFIX, TEXT  as their names say
 *   NOMEM     the allocator returned NULL */
SLOGOUT_API int slogout_new(struct slogout **out, const struct slogout_settings *settings);

/* Frees it. NULL is fine.
 *   STATE      it has sessions or drains: free these first
 *   REENTRANT  inside a callback */
SLOGOUT_API int slogout_free(struct slogout *slogout);

/* When slogout_tick() is next needed, in the milliseconds of now_ms; may have passed; SLOGOUT_NEVER
 * if nothing has a deadline. */
SLOGOUT_API uint64_t slogout_deadline(const struct slogout *slogout);

/* The same as a timeout for poll() or epoll_wait(): milliseconds from now_ms, 0 if due, -1 if never. */
SLOGOUT_API int slogout_poll_timeout(const struct slogout *slogout, uint64_t now_ms);

/* Does what is due, the earliest first, tick_budget things at most; what is left makes the next deadline.
 * A tick may come early, late or again. Feed the input that was read before it: an answer that came
 * in time wins over the timer. [calls back]
 *   ARGUMENT, REENTRANT */
SLOGOUT_API int slogout_tick(struct slogout *slogout, uint64_t now_ms);

/* The counters of all its sessions; they change as it works, and live as long as it does. */
SLOGOUT_API const struct slogout_counts *slogout_counts(const struct slogout *slogout);

/* ---- session: one connection -------------------------------------------------------------------- */

/* Lives, with all it points to, during close_connection. Append-only. */
struct slogout_result {
    enum slogout_outcome outcome;
    int bye_sent;                          /* 1: our `* BYE` was taken by send_line */
    int bye_seen;                          /* 1: the client wrote `* BYE` */
    uint64_t asked_ms;                     /* when LOGOUT was taken by send_line; SLOGOUT_NEVER: it was not */
    const char *tag;                       /* of that LOGOUT, NUL-terminated; NULL: none */
    const struct slogout_response *answer; /* the tagged answer, if it came in this very call; else NULL */
};

#define SLOGOUT_RESULT_SIZE 320 /* room for what slogout_result_format() writes, and its NUL */

/* Writes a result as one line for a log: its members by name, and the client's answer, if there is one, escaped
 * as by slogout_escape() and cut to 64 octets of code and 128 of text. Writes at most out_size octets, always
 * NUL-terminated unless out_size is 0. Returns the length that all of it needs, without the NUL; 0 if result is
 * NULL. */
SLOGOUT_API size_t slogout_result_format(char *out, size_t out_size, const struct slogout_result *result);

/* The moment that a line of ours needs; slogout(7) defines both exactly. */
enum slogout_when {
    SLOGOUT_AT_REST,      /* no command or literal of the client's is half done, and the next holds as well */
    SLOGOUT_BETWEEN_LINES /* the last octet queued for the client ends a line, and none is owed to it */
};

/* NOT copied: make it static const, it must outlive the session. Both functions are needed. */
struct slogout_callbacks {
    size_t size; /* sizeof(struct slogout_callbacks) */
    /* Queues one whole line, CRLF included, to go out without waiting for more. Must not block. line lives
     * during the call. Returns 0 when it has taken all of it; SLOGOUT_BUSY if this is not the moment, and
     * then calls slogout_session_resume() when it is; or negative if the connection is broken. */
    int (*send_line)(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn);
    /* The last callback, once. Close when the queue is out: shutdown(SHUT_WR), read on until end of file,
     * in bounded time, then close. The host still frees the session, here or later. May end the process;
     * must not longjmp. */
    void (*close_connection)(struct slogout_session *session, const struct slogout_result *result,
                             void *conn);
};

/* Makes a session, OPEN, for one connection. conn is the host's own pointer, for the callbacks. *out is the
 * caller's, to be given to slogout_session_free(); untouched on failure. Nothing is allocated later.
 *   ARGUMENT  out, slogout, callbacks or one of the two functions is NULL
 *   SIZE, NOMEM */
SLOGOUT_API int slogout_session_new(struct slogout_session **out, struct slogout *slogout,
                                    const struct slogout_callbacks *callbacks, void *conn);

/* Frees it; NULL is fine. An exchange that is open ends as HOST_CLOSED. No callback follows for this
 * session. Inside a callback the memory goes when the outermost call of the library returns, but the
 * session may not be used any more. */
SLOGOUT_API void slogout_session_free(struct slogout_session *session);

/* Says that the client has enabled SLOGOUT_CAPABILITY (not 0), or no longer has (0, after
 * UNAUTHENTICATE). Counts at the moment when the client is told. Never sends anything. */
SLOGOUT_API void slogout_session_set_enabled(struct slogout_session *session, int enabled);

/* Asks the client to leave, at once if send_line takes the line, else at the next slogout_session_resume().
 * bye_text is what every `* BYE` of ours will say; NULL: the setting's. It is NOT copied and must live
 * until the session has ended or is cancelled. Does nothing and returns 0 if the client is being asked
 * already; the first text stays. [calls back]
 *   STATE     LEAVING or ENDED
 *   TEXT, ARGUMENT, REENTRANT */
SLOGOUT_API int slogout_session_request(struct slogout_session *session, const char *bye_text,
                                        uint64_t now_ms);

/* Says that a moment has come: the connection is at rest or, while the session is LEAVING, between lines.
 * What is due is offered to send_line again. Harmless, and cheap, at any other time. [calls back]
 *   ARGUMENT, REENTRANT (but 0 in any state other than PENDING and LEAVING) */
SLOGOUT_API int slogout_session_resume(struct slogout_session *session, uint64_t now_ms);

/* Shows a line of the client's that stands where a command could begin, or in IDLE; with or without its
 * CRLF. Never literal data, nor the rest of a line after a literal, nor AUTHENTICATE data. Returns
 * SLOGOUT_CONSUMED, or 0: treat it as ever, nothing has changed. Costs a load and a branch until LOGOUT is
 * on the wire. [calls back]
 *   ARGUMENT, REENTRANT (but 0 before ASKED) */
SLOGOUT_API int slogout_session_feed_line(struct slogout_session *session, const char *line, size_t len,
                                          uint64_t now_ms);

/* The same for a host that has parsed the line already. One that saw only `*` gives status BYE, tag_len 0
 * and no text. [calls back]
 *   ARGUMENT (also if status is not of its enum), REENTRANT (but 0 before ASKED) */
SLOGOUT_API int slogout_session_feed_response(struct slogout_session *session,
                                              const struct slogout_response *response, uint64_t now_ms);

/* Takes a request back: the session is OPEN again and out of its drain. Never sends anything.
 *   STATE  LOGOUT is on the wire, or the session is leaving: what was asked cannot be unasked */
SLOGOUT_API int slogout_session_cancel(struct slogout_session *session);

/* Ends it now, from any state: `* BYE` as soon as a line has ended, then close_connection. A session that is
 * LEAVING is closed without waiting for that. [calls back]
 *   ARGUMENT, REENTRANT */
SLOGOUT_API int slogout_session_force(struct slogout_session *session, uint64_t now_ms);

/* Says that the connection ends by other means: why is CLIENT_LOGOUT, PEER_CLOSED or HOST_CLOSED. Call it
 * when that end begins, before the host writes a `* BYE` of its own, not when the socket closes: nothing of
 * ours follows, neither line nor close_connection. An outcome that is settled stays.
 *   ARGUMENT  why is none of the three */
SLOGOUT_API int slogout_session_abandon(struct slogout_session *session, enum slogout_outcome why);

/* Its state; ENDED for NULL. PENDING and LEAVING: slogout_session_resume() is wanted. From PENDING to
 * LEAVING: do not hibernate, hand over or pool this connection. */
SLOGOUT_API enum slogout_state slogout_session_state(const struct slogout_session *session);

/* ---- names: static strings, never NULL ------------------------------------------------------------ */

/* SLOGOUT_VERSION of the library that is linked. */
SLOGOUT_API const char *slogout_version(void);
/* One sentence for an error, without a full stop; for 0 and unknown numbers too. */
SLOGOUT_API const char *slogout_strerror(int error);
/* "ANSWERED" and so on; "UNKNOWN" for a number that is no outcome. */
SLOGOUT_API const char *slogout_outcome_name(enum slogout_outcome outcome);

#ifdef __cplusplus
}
#endif

#endif

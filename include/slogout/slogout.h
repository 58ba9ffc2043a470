/* slogout: ask an IMAP client to leave (draft-shih-imap-server-logout-00).
 *
 * The server sends `TAG LOGOUT` and starts a timer; the client may answer `* BYE`, then answers `TAG OK`; and
 * the server closes the connection. A client that may not be asked, or does not answer in time, receives
 * `* BYE` with a reason before the server closes.
 *
 * The library does no I/O, reads no clock, starts no thread, installs no signal handler and has no global
 * state. The host, which is the IMAP server or proxy that links it, makes these calls:
 *
 *   slogout_new()                  once for each event loop or thread
 *   slogout_session_new()          for each connection, with two callbacks: send_line queues a line for the
 *                                  client, close_connection closes
 *   slogout_session_set_enabled()  when the client has enabled SLOGOUT_CAPABILITY
 *   slogout_session_request()      when the client is to leave
 *   slogout_session_feed_line()    for each line of the client, before the host parses the line
 *   slogout_session_resume()       when a command has completed
 *   slogout_tick()                 on each turn of the loop, which waits slogout_poll_timeout() at most
 *   slogout_session_abandon()      when the host or the client ends the connection in another way
 *   slogout_session_free()         when the host frees the connection
 *
 * The host serves commands as usual until close_connection is called. drain.h makes many sessions leave,
 * paced and by a deadline. filter.h is for a host that has only octets, such as a proxy. host.h has the
 * clock, the timeouts for poll() and select(), and the lingering close of a POSIX host. slogout(7) has the
 * table of states and events; slogout-porting(7) shows where to make these calls in a server.
 *
 * Time. `now_ms` is milliseconds of any monotonic clock, read after the last call that could block. Time that
 * runs backwards counts as standing still. SLOGOUT_NEVER is not a time.
 *
 * Threads. A slogout, its sessions and its drains belong to one thread at a time. Do not use them on both
 * sides of a fork. No function is async-signal-safe.
 *
 * Callbacks. Only functions marked [calls back] call send_line, close_connection or the done of a drain.
 * Inside these three callbacks, functions marked [calls back] do nothing and return SLOGOUT_ERR_REENTRANT (or
 * 0 where noted), and slogout_free() is refused. All other functions, the _free functions of sessions and
 * drains included, may be called there. set_timer may be called by any function that takes a pointer that is
 * not const; only functions that take const pointers may be called inside set_timer, and none inside allocate
 * and release. The rule holds for one slogout: a callback of one may call any function of another. No
 * callback may leave by longjmp().
 *
 * Errors. Functions that return an error return 0 for success and a negative enum slogout_error for failure;
 * a function that fails has changed nothing. The list after each function names its errors without
 * SLOGOUT_ERR_; a name without an explanation means what the enum says. A NULL object is ARGUMENT; a function
 * that returns no error does nothing with one.
 *
 * Structs that the host fills begin with `size`, which is the sizeof the struct. Members that a smaller,
 * older struct lacks count as 0; in a larger, newer one the members that the library does not know must be 0.
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

#define SLOGOUT_VERSION        "0.3.0"
#define SLOGOUT_VERSION_NUMBER 300 /* major * 10,000 + minor * 100 + patch, for #if */

/* What the host adds to its capabilities, accepts in ENABLE and lists in `* ENABLED` (RFC 5161); see
 * slogout_enable_has_capability(). The name begins with X because it is not registered (RFC 3501, sections 7.2.1
 * and 9). */
#define SLOGOUT_CAPABILITY "X-SERVER-LOGOUT"

#define SLOGOUT_NEVER ((uint64_t)-1) /* no deadline */

#define SLOGOUT_BUSY     1 /* from send_line: not now; the host will call slogout_session_resume() */
#define SLOGOUT_CONSUMED 1 /* from _feed_line, _feed_response: do not run the line, do not reply to it */

enum slogout_error {
    SLOGOUT_ERR_ARGUMENT = -1,  /* a pointer is NULL, or a value is never valid */
    SLOGOUT_ERR_STATE = -2,     /* not possible in this state */
    SLOGOUT_ERR_REENTRANT = -3, /* not allowed inside a callback */
    SLOGOUT_ERR_NOMEM = -4,     /* the allocator returned NULL; from the _new functions only */
    SLOGOUT_ERR_SIZE = -5,      /* a struct's size is 0, or is larger than known and its tail is not zero */
    SLOGOUT_ERR_TIMEOUT = -6,   /* answer_timeout_ms is not greater than 32,000 (the draft, section 3) */
    SLOGOUT_ERR_PREFIX = -7,    /* tag_prefix cannot begin an RFC 3501 tag, or is too long */
    SLOGOUT_ERR_TEXT = -8,      /* a `* BYE` text is not 1 to 200 octets of printable ASCII, or its response
                                   code is malformed */
    SLOGOUT_ERR_PLAN = -9       /* a drain's plan cannot be kept; slogout_plan_check() says what can */
};

enum slogout_state {
    SLOGOUT_STATE_OPEN,    /* no request */
    SLOGOUT_STATE_WAITING, /* in a drain, before its turn */
    SLOGOUT_STATE_PENDING, /* requested; LOGOUT or `* BYE` goes out when the connection is at rest */
    SLOGOUT_STATE_ASKED,   /* LOGOUT is queued, the answer timer runs */
    SLOGOUT_STATE_LEAVING, /* the outcome is settled, a last `* BYE` waits for the end of a line */
    SLOGOUT_STATE_ENDED    /* close_connection was called, or the host abandoned the session */
};

/* How an exchange ended. Each session that leaves OPEN has one outcome, unless the request is canceled. Later
 * versions append. */
enum slogout_outcome {
    SLOGOUT_OUTCOME_ANSWERED,      /* the client answered OK */
    SLOGOUT_OUTCOME_REFUSED,       /* the client answered NO or BAD */
    SLOGOUT_OUTCOME_EXPIRED,       /* no answer came within answer_timeout_ms */
    SLOGOUT_OUTCOME_BYE_ONLY,      /* `* BYE` was sent in place of LOGOUT: the client may not be asked, or its
                                      drain leaves no time for an answer */
    SLOGOUT_OUTCOME_NEVER_READY,   /* the connection was not at rest within ready_timeout_ms */
    SLOGOUT_OUTCOME_FORCED,        /* slogout_session_force(), or the deadline of a drain */
    SLOGOUT_OUTCOME_SEND_FAILED,   /* send_line failed for the LOGOUT, or for the `* BYE` in its place */
    SLOGOUT_OUTCOME_CLIENT_LOGOUT, /* abandoned: the client sent its own LOGOUT command */
    SLOGOUT_OUTCOME_PEER_CLOSED,   /* abandoned: end of file, or an error on the connection */
    SLOGOUT_OUTCOME_HOST_CLOSED,   /* abandoned by the host's own decision, or freed during an exchange */
    SLOGOUT_OUTCOME_COUNT          /* the number of outcomes */
};

/* ---- slogout: settings, time and counters of the sessions of one event loop --------------------- */

struct slogout;
struct slogout_session;
struct slogout_response;

enum slogout_ask {
    SLOGOUT_ASK_ENABLED, /* LOGOUT to sessions that slogout_session_set_enabled() marks, `* BYE` to others */
    SLOGOUT_ASK_ALL      /* LOGOUT to all sessions. Most clients break on it: only where all are known */
};

enum slogout_on_refusal {
    SLOGOUT_REFUSAL_BYE, /* NO or BAD settles the outcome: `* BYE` and close at once */
    SLOGOUT_REFUSAL_WAIT /* NO or BAD is kept; `* BYE` and close when the timer expires, as the draft says */
};

/* Copied by slogout_new(), with the two strings. Each member except size may be 0 for its default. Durations
 * are in milliseconds. */
struct slogout_settings {
    size_t size;                        /* sizeof(struct slogout_settings) */
    uint32_t answer_timeout_ms;         /* the longest time in ASKED; greater than 32,000; default 35,000 */
    uint32_t ready_timeout_ms;          /* the longest time in PENDING; default 300,000 */
    uint32_t leave_timeout_ms;          /* the longest time in LEAVING; default 10,000 */
    enum slogout_ask ask;               /* who is sent LOGOUT; default SLOGOUT_ASK_ENABLED */
    enum slogout_on_refusal on_refusal; /* what NO and BAD do; default SLOGOUT_REFUSAL_BYE */
    const char *tag_prefix;             /* begins each tag: 1 to SLOGOUT_PREFIX_MAX octets; default "SLO." */
    const char *bye_text;               /* follows `* BYE `; default "Server is closing the connection" */
    /* Sets the host's one timer for this slogout, which is one-shot and replaces an earlier one: at
     * deadline_ms or soon after, the host calls slogout_tick(). deadline_ms is on the clock of now_ms, may
     * have passed and is never SLOGOUT_NEVER. Called after each tick while anything has a deadline, and
     * whenever the earliest deadline comes nearer. The timer is never canceled: a tick with nothing due does
     * no harm. Must not call slogout_tick() itself. NULL: the host asks slogout_poll_timeout(). */
    void (*set_timer)(struct slogout *slogout, uint64_t deadline_ms, void *user_data);
    /* As malloc() and free(), which are the default; set both or neither. Only the _new functions allocate.
     * Memory is released by the _free functions or, if these run inside a callback, when the outermost call
     * into the library returns. */
    void *(*allocate)(size_t size, void *user_data);
    void (*release)(void *memory, void *user_data);
    void *user_data; /* passed to the three functions above */
};

#define SLOGOUT_STATE_ROOM   8  /* length of an array with one element for each state, now and later */
#define SLOGOUT_OUTCOME_ROOM 16 /* length of an array with one element for each outcome, now and later */

/* Counts sessions. Later versions append members, so read the struct through the pointer that
 * slogout_get_counts() or slogout_drain_get_counts() returns, and do not copy it. */
struct slogout_counts {
    uint64_t
        state[SLOGOUT_STATE_ROOM]; /* by enum slogout_state: sessions that are in this state now; in ENDED
                                           until they are freed */
    uint64_t
        outcome[SLOGOUT_OUTCOME_ROOM]; /* by enum slogout_outcome: exchanges that ended this way so far */
    uint64_t without_bye; /* so far: sessions that the library closed without the `* BYE` that it owed */
    uint64_t over_limit;  /* so far: sessions that a drain began although max_in_flight was reached */
    uint64_t blind;       /* so far: filters that lost track of their stream */
};

/* Makes a slogout from settings, or from the defaults if settings is NULL. On success *out belongs to the
 * caller, who passes it to slogout_free(); on failure *out is untouched.
 *   ARGUMENT  out is NULL; ask or on_refusal is not of its enum; only one of allocate and release is set
 *   SIZE, TIMEOUT, PREFIX, TEXT, NOMEM */
SLOGOUT_API int slogout_new(struct slogout **out, const struct slogout_settings *settings);

/* Frees a slogout that has no session and no drain left. NULL is allowed and returns 0.
 *   STATE      sessions or drains are left; free these first
 *   REENTRANT */
SLOGOUT_API int slogout_free(struct slogout *slogout);

/* Returns when slogout_tick() is needed next, on the clock of now_ms, or SLOGOUT_NEVER if nothing has a
 * deadline. The time may have passed already. */
SLOGOUT_API uint64_t slogout_deadline(const struct slogout *slogout);

/* Returns the same as a timeout for poll() or epoll_wait(): milliseconds from now_ms, 0 if something is due,
 * or -1 if nothing has a deadline. */
SLOGOUT_API int slogout_poll_timeout(const struct slogout *slogout, uint64_t now_ms);

/* Does what is due at now_ms, earliest first. Does at most 1,000 things; the rest is due at once, which
 * slogout_deadline() and set_timer report. May be called early, late and repeatedly. Feed all input that has
 * been read before the tick, so that an answer that came in time is heard before its timer. [calls back]
 *   ARGUMENT   slogout is NULL, or now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_tick(struct slogout *slogout, uint64_t now_ms);

/* Returns the counters of all sessions of this slogout. They change as the library works, and live as long as
 * the slogout. */
SLOGOUT_API const struct slogout_counts *slogout_get_counts(const struct slogout *slogout);

/* ---- session: one connection -------------------------------------------------------------------- */

/* The moment that a line of the library needs. Octets that are queued and not sent yet, or received and not
 * parsed yet, such as half a line, do not matter to either. */
enum slogout_when {
    /* For LOGOUT, and for the `* BYE` in its place: between lines, and the tagged response to each command
     * that the host has taken is queued, and no literal of the client is announced or incomplete. In IDLE
     * that is from the moment when the `+` is queued until DONE is read. */
    SLOGOUT_AT_REST,
    /* For a last `* BYE`: the greeting is queued, the last octet queued for the client ends a line, the
     * client is owed no `+` for a literal, no AUTHENTICATE, STARTTLS or COMPRESS is in progress, and the host
     * has queued no `* BYE` of its own. */
    SLOGOUT_BETWEEN_LINES
};

/* How an exchange ended. Valid, with all that it points to, until close_connection returns. Later versions
 * append members. */
struct slogout_result {
    enum slogout_outcome outcome;
    int bye_sent;      /* 1 if send_line has taken our `* BYE`, else 0 */
    int bye_seen;      /* 1 if the client sent `* BYE` after the LOGOUT, else 0 */
    uint64_t asked_ms; /* when send_line took the LOGOUT, or SLOGOUT_NEVER if it did not */
    const char *tag;   /* of that LOGOUT, NUL-terminated; NULL if there was none */
    /* The client's tagged answer: the one that was fed by this very call or, with SLOGOUT_REFUSAL_WAIT, the
     * last NO or BAD, of which the first 126 octets of code and text are kept; else NULL. */
    const struct slogout_response *answer;
};

/* NOT copied: make it static const, because it must outlive the session. Both functions are required. */
struct slogout_callbacks {
    size_t size; /* sizeof(struct slogout_callbacks) */
    /* Queues one whole line of len octets, CRLF included, to be sent without waiting for more output. Must
     * not block. line is valid until the function returns. Returns 0 if all of the line is queued;
     * SLOGOUT_BUSY if the connection is not at the moment that `when` names, and then the host calls
     * slogout_session_resume() once it is; or a negative number if the connection is broken. */
    int (*send_line)(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn);
    /* Closes the connection after all queued output is sent: shutdown(SHUT_WR), read and discard until end of
     * file, then close, all by a deadline of the host's own, which slogout_poll_timeout() does not know. A
     * bare close() can destroy what is queued. Runs no further command of the client. Called once, as the
     * last callback of the session; the host still frees the session, here or later. May end the process. */
    void (*close_connection)(struct slogout_session *session, const struct slogout_result *result,
                             void *conn);
};

/* Makes a session for one connection, in OPEN. Nothing is allocated after this call. conn is the host's own
 * pointer, passed to the callbacks. On success *out belongs to the caller, who passes it to
 * slogout_session_free(); on failure *out is untouched.
 *   ARGUMENT  out, slogout, callbacks or one of the two functions is NULL
 *   SIZE, NOMEM */
SLOGOUT_API int slogout_session_new(struct slogout_session **out, struct slogout *slogout,
                                    const struct slogout_callbacks *callbacks, void *conn);

/* Frees a session, without a callback. NULL is allowed. An exchange in progress ends as HOST_CLOSED. May be
 * called in any callback, also for the session of that callback; its memory is then released when the
 * outermost call into the library returns, but the session must not be used any more. */
SLOGOUT_API void slogout_session_free(struct slogout_session *session);

/* Marks that the client has enabled SLOGOUT_CAPABILITY (enabled is not 0), or no longer has (0, after
 * UNAUTHENTICATE). The mark counts when LOGOUT or `* BYE` is offered to send_line. Never sends
 * anything. */
SLOGOUT_API void slogout_session_set_enabled(struct slogout_session *session, int enabled);

/* Asks the client to leave: offers LOGOUT, or `* BYE` if the client may not be asked, to send_line at once
 * and, if that returns SLOGOUT_BUSY, at each slogout_session_resume(). bye_text follows `* BYE ` in each of
 * our `* BYE` lines; NULL stands for the text of the settings. bye_text is NOT copied, and must live until
 * the session has ended or the request is canceled. In PENDING and ASKED, does nothing, keeps the first text,
 * and returns 0. [calls back]
 *   STATE      LEAVING or ENDED
 *   TEXT
 *   ARGUMENT   session is NULL, or now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_session_request(struct slogout_session *session, const char *bye_text,
                                        uint64_t now_ms);

/* Reports that the connection may be at rest or, in LEAVING, between lines: offers the line that is due to
 * send_line again. Call it when a command has completed, when IDLE has begun, and when the output drains if
 * send_line waited for that. At any other time it does no harm and costs little. [calls back]
 *   ARGUMENT   session is NULL; in PENDING and LEAVING, also if now_ms is SLOGOUT_NEVER
 *   REENTRANT  in PENDING and LEAVING; in each other state it returns 0 in a callback too */
SLOGOUT_API int slogout_session_resume(struct slogout_session *session, uint64_t now_ms);

/* Passes a line of the client to the library, of len octets with or without its CRLF: each line that stands
 * where a command may begin, and each line that is read in IDLE. Do not pass literal data, the rest of a line
 * after a literal, or AUTHENTICATE data. Returns SLOGOUT_CONSUMED if the line is an answer to the library, or
 * came after the outcome was settled: do not run it and do not reply to it. Returns 0 for any other line,
 * which the host handles as usual. Returns no error: for an argument that is not valid, and inside a
 * callback, it does nothing and returns 0. Costs a load and a branch unless LOGOUT has been sent.
 * [calls back] */
SLOGOUT_API int slogout_session_feed_line(struct slogout_session *session, const char *line, size_t len,
                                          uint64_t now_ms);

/* Does the same as slogout_session_feed_line() for a line that the host has parsed already. A host that has
 * seen only the `*` passes SLOGOUT_STATUS_BYE, no tag and no text. [calls back] */
SLOGOUT_API int slogout_session_feed_response(struct slogout_session *session,
                                              const struct slogout_response *response, uint64_t now_ms);

/* Withdraws a request: the session is OPEN again, and out of its drain. Never sends anything. Returns 0 also
 * if there was no request.
 *   STATE  LOGOUT has been sent, or the session is LEAVING or ENDED
 *   ARGUMENT */
SLOGOUT_API int slogout_session_cancel(struct slogout_session *session);

/* Ends a session now, whatever its state: `* BYE` as soon as the connection is between lines, for at most
 * leave_timeout_ms, then close_connection. A session that is LEAVING already is closed at once, without its
 * `* BYE`. [calls back]
 *   ARGUMENT   session is NULL, or now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_session_force(struct slogout_session *session, uint64_t now_ms);

/* Reports that the connection ends in another way: CLIENT_LOGOUT, PEER_CLOSED or HOST_CLOSED. Call it when
 * that end begins, before the host queues a `* BYE` of its own, not when the socket is closed. The library
 * sends nothing more, and does not call close_connection. An outcome that is settled stays. Returns 0 also if
 * the session has ended.
 *   ARGUMENT  session is NULL, or why is none of the three */
SLOGOUT_API int slogout_session_abandon(struct slogout_session *session, enum slogout_outcome why);

/* Returns the state, or ENDED for NULL. While a session is PENDING, ASKED or LEAVING, do not hibernate the
 * connection, hand it to another process, or return it to a pool. */
SLOGOUT_API enum slogout_state slogout_session_state(const struct slogout_session *session);

/* ---- lines of a client; usable without a slogout ------------------------------------------------- */

enum slogout_status { SLOGOUT_STATUS_OK, SLOGOUT_STATUS_NO, SLOGOUT_STATUS_BAD, SLOGOUT_STATUS_BYE };

/* The pointers point into the parsed line and live as long as it does. They are not NUL-terminated. */
struct slogout_response {
    enum slogout_status status;
    const char *tag; /* tag_len is 0 if the response is untagged, as each BYE is */
    size_t tag_len;
    const char *code; /* between [ and ]; code_len is 0 if there is no response code */
    size_t code_len;
    const char *text; /* any octets; text_len may be 0 */
    size_t text_len;
};

/* Parses one line of len octets, with or without its CRLF or LF: `* BYE [text]` or `TAG OK|NO|BAD [text]`.
 * The word may be in any case; one SP stands before it, and SP or the end of the line after it. The text is
 * not interpreted: `{3}` at its end does not announce a literal. To keep the cost independent of len, a tag
 * longer than 255 octets does not parse, and a response code longer than 255 octets stays part of the text.
 * Returns 1 and fills *out; for any other line, or a NULL pointer, returns 0 and leaves *out untouched. */
SLOGOUT_API int slogout_response_parse(struct slogout_response *out, const char *line, size_t len);

/* Returns 1 if one of the words at arguments is SLOGOUT_CAPABILITY, in any case, else 0. Takes the arguments
 * of an ENABLE with SP between them, with or without the CRLF after them, or a single word. */
SLOGOUT_API int slogout_enable_has_capability(const char *arguments, size_t len);

/* Makes octets from the wire safe for a log: a control character or 8-bit octet becomes \xNN, and `"` and `\`
 * become `\"` and `\\`. Writes at most out_size octets, does not cut an escape in two, and NUL-terminates
 * unless out_size is 0. Returns the length that the whole text needs, without the NUL; if that is out_size or
 * more, the text was cut. */
SLOGOUT_API size_t slogout_escape(char *out, size_t out_size, const char *bytes, size_t len);

/* ---- tags; usable without a slogout --------------------------------------------------------------- */

#define SLOGOUT_PREFIX_MAX 16 /* octets in a prefix, without its NUL */
#define SLOGOUT_TAG_SIZE   32 /* octets that hold any tag of slogout_tags_next(), with its NUL */

struct slogout_tags {
    const char *prefix; /* 1 to SLOGOUT_PREFIX_MAX tag characters, NUL-terminated; belongs to the caller */
    uint32_t last;      /* the number of the last tag; 0 before the first */
};

/* Returns 1 if the octets are a tag by RFC 3501 section 9, which is one or more ASTRING-CHAR other than "+",
 * else 0. There is no maximum length. */
SLOGOUT_API int slogout_tag_valid(const char *tag, size_t len);

/* Writes the next tag, which is the prefix and a number, NUL-terminated to `tag`, and stores the number in
 * tags->last. Returns the length without the NUL, or 0 without a change if the prefix is not valid. A tag
 * repeats after 2^32 - 1 calls. */
SLOGOUT_API size_t slogout_tags_next(struct slogout_tags *tags, char tag[SLOGOUT_TAG_SIZE]);

/* ---- names, which are static strings and never NULL; logs ------------------------------------------ */

/* Returns the SLOGOUT_VERSION of the library that is linked. */
SLOGOUT_API const char *slogout_version(void);
/* Returns one sentence, without a period, for an error or 0; "unknown error" for another number. */
SLOGOUT_API const char *slogout_strerror(int error);
/* Returns "ANSWERED" for SLOGOUT_OUTCOME_ANSWERED, and so on; "UNKNOWN" for a number that is not an
 * outcome. */
SLOGOUT_API const char *slogout_outcome_name(enum slogout_outcome outcome);

#define SLOGOUT_RESULT_SIZE 320 /* octets that hold any line of slogout_result_format(), with its NUL */

/* Writes a result as a line for a log, without a line end: the outcome, tag, bye_sent and bye_seen and, if
 * there is one, the client's answer, whose code and text are escaped as by slogout_escape() and cut to 64 and
 * 128 octets. Writes at most out_size octets, and NUL-terminates unless out_size is 0. Returns the length
 * that the whole line needs, without the NUL, or 0 if result is NULL. */
SLOGOUT_API size_t slogout_result_format(char *out, size_t out_size, const struct slogout_result *result);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout: closes IMAP connections gracefully (draft-shih-imap-server-logout-00).
 *
 * A server that links this library can shut down, restart, or disconnect one user without cutting off a
 * command or a message. The server sends `TAG LOGOUT` and starts a timer. The client may answer `* BYE`, then
 * answers `TAG OK`, and the server closes the connection. A client that has not enabled the extension, or
 * does not answer in time, receives `* BYE` with a reason before the server closes.
 *
 * The host, which is the IMAP server or proxy that links the library, provides two callbacks for each
 * connection. send_line() queues one line for the client if the connection is at rest or between lines,
 * whichever the library requires for that line. Otherwise it returns SLOGOUT_BUSY, and the host calls
 * slogout_session_resume() when that may have changed. close_connection() closes the connection. The host
 * makes these calls:
 *
 *   slogout_new()                  once for each event loop or thread
 *   slogout_session_new()          for each connection
 *   slogout_session_set_enabled()  when the client has enabled the extension
 *   slogout_session_request()      when the client must leave; slogout_session_leave() if it must leave at
 *                                  a random instant and by a deadline
 *   slogout_session_feed_line()    for each line of the client, before the host parses the line
 *   slogout_session_resume()       when a command has completed
 *   slogout_tick()                 on each turn of the loop, which must not wait beyond slogout_deadline()
 *   slogout_session_abandon()      when the host or the client ends the connection in another way
 *   slogout_session_free()         when the host frees the connection
 *
 * The host serves commands as usual until close_connection() is called. The library does no I/O, reads no
 * clock, starts no thread, installs no signal handler and has no global state. drain.h makes many sessions
 * leave, spread over time and by a deadline. filter.h is for a host that has only octets, such as a proxy.
 * host.h has a clock and the lingering close for a POSIX host. slogout(7) has the table of states and events;
 * slogout-porting(7) shows where to make these calls in a server.
 *
 * Time. `now_ms` is the time in milliseconds on any monotonic clock, read after any call that could block. If
 * now_ms decreases, the library keeps the later time. SLOGOUT_NEVER is not a valid time. A deadline that
 * would be later than SLOGOUT_NEVER - 1 is reduced to SLOGOUT_NEVER - 1. A timer that a late tick starts
 * counts from the now_ms of that tick.
 *
 * Threads. A slogout, its sessions and its drains belong to one thread at a time. Do not use them on both
 * sides of a fork. No function is async-signal-safe.
 *
 * Callbacks. Only functions marked [calls back] call send_line, close_connection or the done callback of a
 * drain. Inside these three callbacks, slogout_free() and the functions marked [calls back] do nothing and
 * return SLOGOUT_ERR_REENTRANT, or 0 where noted. All other functions may be called there, including the
 * _free functions of sessions, filters and drains. Any function that takes a pointer that is not const may
 * call set_timer, after the other three. Inside set_timer, only functions that take const pointers may be
 * called; inside allocate and release, no function may be called. These rules hold for each slogout by
 * itself, so a callback of one slogout may call any function on another. No callback may leave by longjmp().
 *
 * Errors. Functions that return an error return 0 for success and a negative enum slogout_error for failure.
 * A function that fails has changed nothing and ignores its now_ms. The comment of each function lists its
 * errors without the prefix SLOGOUT_ERR_; the enum explains each error that is listed without an explanation.
 * If several errors apply, the function returns one of them. If an object is NULL, a function returns
 * ARGUMENT, or does nothing if it returns no error.
 *
 * A struct that the host fills begins with `size`, which the host sets to the size of the struct. In a
 * smaller, older struct, the missing members count as 0. In a larger, newer struct, all members that the
 * library does not know must be 0.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_SLOGOUT_H
#define SLOGOUT_SLOGOUT_H

#include <stddef.h>
#include <stdint.h>

#ifndef SLOGOUT_API
#define SLOGOUT_API
#endif

/* Makes the compiler warn if the result of a function is not used. */
#ifndef SLOGOUT_MUST_CHECK
#ifdef __GNUC__
#define SLOGOUT_MUST_CHECK __attribute__((warn_unused_result))
#else
#define SLOGOUT_MUST_CHECK
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SLOGOUT_VERSION        "0.3.0"
#define SLOGOUT_VERSION_NUMBER 300 /* major * 10,000 + minor * 100 + patch, for #if */

/* The host adds this name to its capabilities, accepts it in ENABLE and lists it in `* ENABLED` (RFC 5161);
 * see slogout_enable_has_capability(). The name begins with X because it is not registered (RFC 3501,
 * sections 7.2.1 and 9). */
#define SLOGOUT_CAPABILITY "X-SERVER-LOGOUT"

#define SLOGOUT_NEVER UINT64_MAX /* no deadline */

#define SLOGOUT_BUSY     1 /* returned by send_line: the host will call slogout_session_resume() */
#define SLOGOUT_CONSUMED 1 /* returned by slogout_session_feed_line(): do not run the line or reply to it */

#define SLOGOUT_PREFIX_MAX 16 /* octets in a tag's prefix, without its NUL */
#define SLOGOUT_TAG_SIZE   32 /* octets, enough for any tag of slogout_tags_next() with its NUL */

#define SLOGOUT_BYE_TEXT_SIZE 201 /* octets, enough for any text of a `* BYE` with its NUL */

enum slogout_error {
    SLOGOUT_ERR_ARGUMENT = -1,  /* a pointer is NULL, or a value is never valid */
    SLOGOUT_ERR_STATE = -2,     /* not possible in this state */
    SLOGOUT_ERR_REENTRANT = -3, /* not allowed inside a callback */
    SLOGOUT_ERR_NOMEM = -4,     /* the allocator returned NULL; from the _new functions only */
    SLOGOUT_ERR_SIZE = -5,      /* a struct's size is not valid, or a member that is not known is not 0 */
    SLOGOUT_ERR_TIMEOUT = -6,   /* answer_timeout_ms is not greater than 32,000 (the draft, section 3) */
    SLOGOUT_ERR_PREFIX = -7,    /* tag_prefix cannot begin an RFC 3501 tag, or is too long */
    SLOGOUT_ERR_TEXT = -8,      /* a `* BYE` text is not valid. A valid text has 1 to 200 octets of printable
                                   ASCII. If it begins with `[`, it is `[NAME] text` or
                                   `[NAME arguments] text`, where NAME is an atom and no part is empty */
    SLOGOUT_ERR_PLAN = -9       /* the plan of a drain cannot be kept; from slogout_plan_check() only */
};

enum slogout_state {
    SLOGOUT_STATE_OPEN,    /* no request was made */
    SLOGOUT_STATE_WAITING, /* waits for its turn in a drain, or its instant after slogout_session_leave() */
    SLOGOUT_STATE_PENDING, /* LOGOUT or `* BYE` is sent as soon as the connection is at rest */
    SLOGOUT_STATE_ASKED,   /* LOGOUT is queued, and the answer timer runs */
    SLOGOUT_STATE_LEAVING, /* the outcome is settled, and a last `* BYE` waits for its moment */
    SLOGOUT_STATE_ENDED    /* close_connection was called, or the host abandoned the session */
};

/* The ways in which an exchange can end. Each exchange has one outcome, unless the request is canceled. Later
 * versions append outcomes. */
enum slogout_outcome {
    SLOGOUT_OUTCOME_ANSWERED,      /* the client answered OK */
    SLOGOUT_OUTCOME_REFUSED,       /* the client answered NO or BAD */
    SLOGOUT_OUTCOME_EXPIRED,       /* no answer came within answer_timeout_ms */
    SLOGOUT_OUTCOME_BYE_ONLY,      /* `* BYE` was sent in place of LOGOUT: the client has not enabled the
                                      extension, or its drain or departure leaves no time for an answer */
    SLOGOUT_OUTCOME_NEVER_READY,   /* the connection was not at rest within ready_timeout_ms */
    SLOGOUT_OUTCOME_FORCED,        /* the host forced the session or its drain, or a deadline required it */
    SLOGOUT_OUTCOME_SEND_FAILED,   /* send_line failed for the LOGOUT, or for the `* BYE` in its place */
    SLOGOUT_OUTCOME_CLIENT_LOGOUT, /* abandoned: the client sent its own LOGOUT command */
    SLOGOUT_OUTCOME_PEER_CLOSED,   /* abandoned: end of file, or an error on the connection */
    SLOGOUT_OUTCOME_HOST_CLOSED,   /* abandoned by the host's own decision, or freed during an exchange */
    SLOGOUT_OUTCOME_COUNT          /* the number of outcomes */
};

/* The status of a response. */
enum slogout_status {
    SLOGOUT_STATUS_NONE, /* there is no response */
    SLOGOUT_STATUS_OK,
    SLOGOUT_STATUS_NO,
    SLOGOUT_STATUS_BAD,
    SLOGOUT_STATUS_BYE
};

/* ---- slogout: settings, time and counters of the sessions of one event loop --------------------- */

struct slogout;
struct slogout_session;
struct slogout_response;

enum slogout_ask {
    /* send LOGOUT to the sessions that slogout_session_set_enabled() marks, and `* BYE` to the others */
    SLOGOUT_ASK_ENABLED,
    /* send LOGOUT to all sessions; most clients break on it, so all clients must be known */
    SLOGOUT_ASK_ALL
};

enum slogout_on_refusal {
    SLOGOUT_REFUSAL_BYE, /* NO or BAD settles the outcome, and `* BYE` is offered at once */
    SLOGOUT_REFUSAL_WAIT /* NO or BAD is noted, and the timer settles the outcome, as in the draft */
};

/* Copied by slogout_new(), with the two strings. In any member except size, 0 selects the default. Durations
 * are in milliseconds. */
struct slogout_settings {
    size_t size;                        /* sizeof(struct slogout_settings) */
    uint32_t answer_timeout_ms;         /* the longest time in ASKED; greater than 32,000; default 35,000 */
    uint32_t ready_timeout_ms;          /* the longest time in PENDING; default 300,000 */
    uint32_t leave_timeout_ms;          /* the longest time in LEAVING; default 10,000 */
    enum slogout_ask ask;               /* who receives LOGOUT; default SLOGOUT_ASK_ENABLED */
    enum slogout_on_refusal on_refusal; /* the effect of NO and BAD; default SLOGOUT_REFUSAL_BYE */
    const char *tag_prefix;             /* begins each tag: 1 to SLOGOUT_PREFIX_MAX octets; default "SLO." */
    const char *bye_text;               /* follows `* BYE `; default "Server is closing the connection" */
    /* Sets the host's one-shot timer for this slogout; a new deadline replaces the previous one. At
     * deadline_ms or soon after, the host calls slogout_tick(). deadline_ms is on the clock of now_ms. It may
     * be in the past, and is never SLOGOUT_NEVER. The library calls set_timer at the end of each tick unless
     * slogout_deadline() is SLOGOUT_NEVER. It also does so at the end of any other call if that deadline is
     * then earlier than the time for which the timer was set. The library never cancels the timer, because a
     * tick with nothing due does no harm. set_timer must not call slogout_tick() itself. If set_timer is
     * NULL, the host calls slogout_deadline(). */
    void (*set_timer)(struct slogout *slogout, uint64_t deadline_ms, void *user_data);
    /* Replace malloc() and free(), which are the default; set both or neither. Only the _new functions
     * allocate memory. The _free functions release it, but if they are called inside a callback, the memory
     * is released when the outermost call into the library returns. allocate and release must not call any
     * function of the library. */
    void *(*allocate)(size_t size, void *user_data);
    void (*release)(void *memory, void *user_data);
    void *user_data; /* passed to the three functions above */
};

#define SLOGOUT_STATE_ROOM   8  /* length of an array by state, with room for later states */
#define SLOGOUT_OUTCOME_ROOM 16 /* length of an array by outcome, with room for later outcomes */

/* Counts sessions. Later versions append members, so read the struct through the pointer that
 * slogout_get_counts() or slogout_drain_get_counts() returns, and do not copy it. */
struct slogout_counts {
    /* the number of sessions in each enum slogout_state; a session is in ENDED until it is freed */
    uint64_t state[SLOGOUT_STATE_ROOM];
    /* the number of exchanges with each enum slogout_outcome; an exchange is counted when its session has
     * ENDED */
    uint64_t outcome[SLOGOUT_OUTCOME_ROOM];
    uint64_t without_bye; /* sessions that the library closed without the `* BYE` that it owed */
    uint64_t over_limit;  /* sessions that a drain began although max_in_flight was reached */
    uint64_t blind;       /* filters that have become blind */
};

/* Creates a slogout with these settings, or with the defaults if settings is NULL. On success *out belongs to
 * the caller, who passes it to slogout_free(); on failure *out is untouched.
 *   ARGUMENT  out is NULL; ask or on_refusal is not in its enum; only one of allocate and release is set
 *   SIZE, TIMEOUT, PREFIX, TEXT, NOMEM */
SLOGOUT_API int slogout_new(struct slogout **out, const struct slogout_settings *settings);

/* Frees a slogout, whose sessions, filters and drains must have been freed before. NULL is allowed and
 * returns 0.
 *   STATE      a session, filter or drain has not been freed
 *   REENTRANT */
SLOGOUT_API int slogout_free(struct slogout *slogout);

/* Returns the time at which slogout_tick() is needed next, on the clock of now_ms, or SLOGOUT_NEVER if
 * nothing has a deadline. The time may be in the past. */
SLOGOUT_API uint64_t slogout_deadline(const struct slogout *slogout);

/* Returns the milliseconds from now_ms to deadline_ms as a timeout for poll() or epoll_wait(): 0 if the
 * deadline has passed, -1 for SLOGOUT_NEVER, and INT_MAX if the number is larger than that. Use it as
 * slogout_poll_timeout(slogout_deadline(slogout), now_ms), or for the earliest of several deadlines. The
 * function only calculates. */
SLOGOUT_API int slogout_poll_timeout(uint64_t deadline_ms, uint64_t now_ms);

/* Runs the timers and drains that are due at now_ms, in the order of their deadlines; the order of equal
 * deadlines is not specified. One tick runs at most 1,000 timers and steps of drains. If more are due,
 * slogout_deadline() and set_timer ask for another tick at once. May be called early, late and repeatedly.
 * Before the tick, feed all input that has been read, so that an answer that came in time reaches the library
 * before the answer timer expires. [calls back]
 *   ARGUMENT   slogout is NULL, or now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_tick(struct slogout *slogout, uint64_t now_ms);

/* Returns the counters of all sessions of this slogout. The library updates them, and they are valid until
 * the slogout is freed. */
SLOGOUT_API const struct slogout_counts *slogout_get_counts(const struct slogout *slogout);

/* ---- session: one connection -------------------------------------------------------------------- */

/* The moments at which the library sends a line. Neither moment depends on octets that are queued but not
 * sent, or on octets that are received but not parsed, such as half a line. */
enum slogout_when {
    /* At rest: the connection is between lines, the tagged response to each command that the host has taken
     * is queued, and no literal of the client is announced or incomplete. In IDLE, the connection is at rest
     * after the `+` is queued and before DONE is read. LOGOUT, the `* BYE` in its place, and a last `* BYE`
     * during the first half of leave_timeout_ms need this moment. */
    SLOGOUT_AT_REST,
    /* Between lines: the greeting is queued, the last octet queued for the client ends a line, the client is
     * owed no `+` for a literal, no AUTHENTICATE, STARTTLS or COMPRESS is in progress, and the host has not
     * queued its own `* BYE`. A last `* BYE` needs this moment during the second half of leave_timeout_ms. */
    SLOGOUT_BETWEEN_LINES
};

/* A status response of a client. The pointers point into the parsed line, and are valid as long as the line
 * is. The strings are not NUL-terminated. */
struct slogout_response {
    enum slogout_status status; /* never NONE */
    const char *tag;            /* tag_len is 0 if the response is untagged, as every BYE is */
    size_t tag_len;
    const char *code; /* between [ and ]; code_len is 0 if there is no response code */
    size_t code_len;
    const char *text; /* any octets; text_len may be 0 */
    size_t text_len;
};

/* The result of an exchange. Later versions append members. */
struct slogout_result {
    size_t size; /* sizeof(struct slogout_result) */
    enum slogout_outcome outcome;
    int bye_sent;                      /* 1 if send_line has taken our `* BYE`, else 0 */
    int bye_seen;                      /* 1 if the client sent `* BYE` while the session was ASKED, else 0 */
    uint64_t asked_ms;                 /* when send_line took the LOGOUT, or SLOGOUT_NEVER if it did not */
    char tag[SLOGOUT_TAG_SIZE];        /* of that LOGOUT, NUL-terminated; empty if there was none */
    enum slogout_status answer_status; /* of the client's last tagged answer, or NONE */
    /* The whole answer if the session ended in the call that fed the answer, and NULL otherwise. Valid until
     * close_connection returns. */
    const struct slogout_response *answer;
};

/* Copied by slogout_session_new(). Both functions are required. */
struct slogout_callbacks {
    size_t size; /* sizeof(struct slogout_callbacks) */
    /* Queues one whole line of len octets, including its CRLF. The host must send the line without waiting
     * for more output. Must not block. line is valid until the function returns. Returns
     *   0             if all of the line is queued;
     *   SLOGOUT_BUSY  if the connection is not at the moment that `when` names. The host must call
     *                 slogout_session_resume() when the connection has reached that moment;
     *   any other number if the connection is broken. A PENDING session then ends as SEND_FAILED, and a
     *                 LEAVING session ends with its outcome; close_connection is called in both cases. Do not
     *                 return the number of octets.
     * If the host cancels the request inside this function and then returns 0, the line is sent nevertheless,
     * so the session is ASKED after LOGOUT and ENDED after `* BYE`. If the host cancels the request and then
     * reports a broken connection, the session ends. */
    int (*send_line)(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn);
    /* Closes the connection. The host must not run any further command of the client. It may let running
     * commands finish, so that the client receives their responses. When all queued output is sent, the host
     * calls shutdown(SHUT_WR), reads and discards input until end of file, and closes, all by its own
     * deadline, which slogout_deadline() does not include. A bare close() can destroy queued output. The
     * library calls this function once, and calls no other callback of the session after it. The host must
     * still free the session, here or later. The function may end the process. result is valid until the
     * function returns; slogout_session_get_result() returns the result later. */
    void (*close_connection)(struct slogout_session *session, const struct slogout_result *result,
                             void *conn);
};

/* Creates a session for one connection, in the state OPEN. No memory is allocated for the session after this
 * call. conn is a pointer of the host, which the library passes to the callbacks. On success *out belongs to
 * the caller, who passes it to slogout_session_free(); on failure *out is untouched.
 *   ARGUMENT  out, slogout, callbacks or one of the two functions is NULL
 *   SIZE, NOMEM */
SLOGOUT_API int slogout_session_new(struct slogout_session **out, struct slogout *slogout,
                                    const struct slogout_callbacks *callbacks, void *conn);

/* Frees a session, without a callback. NULL is allowed. An exchange in progress ends as HOST_CLOSED or, in
 * LEAVING, with the outcome that is settled. May be called in any callback, even for the session of that
 * callback. The memory is then released when the outermost call into the library returns, but the host must
 * not use the session again. */
SLOGOUT_API void slogout_session_free(struct slogout_session *session);

/* Marks a session whose client has enabled the extension (enabled is not 0), or removes the mark after
 * UNAUTHENTICATE (enabled is 0). The library reads the mark when it offers LOGOUT or `* BYE` to send_line.
 * Never sends anything. */
SLOGOUT_API void slogout_session_set_enabled(struct slogout_session *session, int enabled);

/* Requests that the client leave. Offers LOGOUT to send_line at once, or `* BYE` if the client has not
 * enabled the extension. If send_line returns SLOGOUT_BUSY, each slogout_session_resume() offers the line
 * again. The number of the tag is used up only when send_line takes the LOGOUT. bye_text follows `* BYE ` in
 * each `* BYE` of this session; NULL selects the text in the settings. bye_text is NOT copied, so that a
 * session stays small; it must remain valid until the session has ended or the request is canceled.
 * slogout_bye_text_fit() makes a valid text from any text. In PENDING and ASKED, a call without an error does
 * nothing and returns 0, so the earlier text remains in use. [calls back]
 *   STATE      LEAVING or ENDED
 *   TEXT       bye_text is not valid, in any state
 *   ARGUMENT   session is NULL, or now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_session_request(struct slogout_session *session, const char *bye_text,
                                        uint64_t now_ms);

/* The spread and the deadline of one session that leaves without a drain. */
struct slogout_departure {
    size_t size;          /* sizeof(struct slogout_departure) */
    uint32_t spread_ms;   /* the library makes the request at a random instant within this time; 0: at once */
    uint32_t seed;        /* of the random instant; each process needs its own, such as its process ID */
    uint64_t deadline_ms; /* the library calls close_connection within this time; 0: no deadline */
    const char *bye_text; /* like that of slogout_session_request(), and NOT copied */
};

/* Makes one session leave without a drain, in a process that serves one connection or a few. The session is
 * WAITING until a random instant within the spread, and then leaves as if by slogout_session_request(). The
 * library keeps the deadline even if the client does not answer. The spread ends leave_timeout_ms before the
 * deadline at the latest. At leave_timeout_ms before the deadline, the library forces a session that is still
 * PENDING. If the answer timer would expire later than that, the library sends `* BYE` in place of LOGOUT. In
 * any state other than OPEN, the function does the same as slogout_session_force(), so that a second signal
 * to the process ends its session sooner. [calls back]
 *   TEXT       bye_text is not valid, in any state
 *   ARGUMENT   session or departure is NULL, or now_ms is SLOGOUT_NEVER
 *   SIZE
 *   REENTRANT */
SLOGOUT_API int slogout_session_leave(struct slogout_session *session,
                                      const struct slogout_departure *departure, uint64_t now_ms);

/* Reports that the connection may be at rest or between lines. In PENDING and LEAVING, the function offers
 * the line that is due to send_line again. Call it when a command has completed and when IDLE has begun. If
 * send_line returns SLOGOUT_BUSY until queued output is sent, also call it when that output is sent. A call
 * at any other time does no harm and costs little. [calls back]
 *   ARGUMENT   session is NULL; in PENDING and LEAVING, also if now_ms is SLOGOUT_NEVER
 *   REENTRANT  in PENDING and LEAVING; in any other state it returns 0, even in a callback */
SLOGOUT_API int slogout_session_resume(struct slogout_session *session, uint64_t now_ms);

/* Passes a line of the client to the library, as len octets with or without its line end (CRLF, LF or CR).
 * The host must pass each line that begins where a command may begin, and each line that it reads in IDLE. It
 * must not pass literal data, the rest of a line after a literal, or AUTHENTICATE data. If the host has read
 * only a `*` where a command may begin, it may pass the line `* BYE`.
 *
 * An answer is any number of `* BYE`, then OK, NO or BAD with the tag of our LOGOUT, compared octet by
 * octet. Returns SLOGOUT_CONSUMED if the line belongs to an answer, or came after the outcome was settled;
 * the host then neither runs the line nor replies to it. Returns 0 for any other line, which the host handles
 * as usual. If an argument is not valid, or inside a callback, the function does nothing and returns 0. In
 * OPEN, WAITING and PENDING, a call costs a load and a branch. [calls back] */
SLOGOUT_API SLOGOUT_MUST_CHECK int slogout_session_feed_line(struct slogout_session *session,
                                                             const char *line, size_t len, uint64_t now_ms);

/* Cancels a request. The session becomes OPEN again and leaves its drain. Never sends anything. Also returns
 * 0 if there was no request.
 *   STATE  LOGOUT has been sent, or the session is LEAVING or ENDED
 *   ARGUMENT */
SLOGOUT_API int slogout_session_cancel(struct slogout_session *session);

/* Settles the outcome FORCED. The session becomes LEAVING, and close_connection is called after its `* BYE`,
 * or after leave_timeout_ms without one. The library offers `* BYE` to send_line at once and at each
 * slogout_session_resume(). It does so with SLOGOUT_AT_REST during the first half of leave_timeout_ms, so
 * that no command is cut off, and then with SLOGOUT_BETWEEN_LINES. A session that is LEAVING already keeps
 * its outcome. The library then offers `* BYE` with SLOGOUT_BETWEEN_LINES unless it has done so before, and
 * then calls close_connection, whatever send_line returned. Does nothing to a session that has ENDED. [calls
 * back]
 *   ARGUMENT   session is NULL, or now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_session_force(struct slogout_session *session, uint64_t now_ms);

/* Reports that the connection ends in another way, which is CLIENT_LOGOUT, PEER_CLOSED or HOST_CLOSED. Call
 * it when the connection begins to end, before the host queues its own `* BYE`, and not when the socket is
 * closed. The library sends nothing more, and does not call close_connection. A settled outcome does not
 * change. Also returns 0 if the session has ended.
 *   ARGUMENT  session is NULL, or why is none of the three */
SLOGOUT_API int slogout_session_abandon(struct slogout_session *session, enum slogout_outcome why);

/* Fills *out with the result of a session that has ENDED with an outcome, as close_connection received it.
 * For an abandoned session, this is the only way to get the result. The host sets out->size, and the function
 * writes at most that many octets. The member answer is NULL.
 *   STATE     the session has not ended, or was OPEN when it was abandoned
 *   SIZE      out->size is not valid
 *   ARGUMENT  session or out is NULL */
SLOGOUT_API int slogout_session_get_result(const struct slogout_session *session, struct slogout_result *out);

/* Returns the state, or ENDED for NULL. While a session is PENDING, ASKED or LEAVING, do not hibernate the
 * connection, hand it to another process, or return it to a pool. */
SLOGOUT_API enum slogout_state slogout_session_state(const struct slogout_session *session);

/* ---- lines of a client; usable without a slogout ------------------------------------------------- */

/* Parses one line of len octets, with or without its line end (CRLF, LF or CR). The line must be `* BYE
 * [text]` or `TAG OK|NO|BAD [text]`. The word may be in upper or lower case. One SP must precede the word,
 * and SP or the end of the line must follow it. The text is not interpreted, so `{3}` at its end does not
 * announce a literal. To keep the cost independent of len, a tag longer than 255 octets is not accepted, and
 * a response code longer than 255 octets remains part of the text. Returns 1 and fills *out if the line is
 * such a response. For any other line or a NULL pointer, returns 0 and leaves *out untouched. */
SLOGOUT_API int slogout_response_parse(struct slogout_response *out, const char *line, size_t len);

/* Returns 1 if one of the words at `arguments` is SLOGOUT_CAPABILITY, in upper or lower case, and 0
 * otherwise. The words are one or more arguments of an ENABLE, with SP between them, and with or without the
 * CRLF. */
SLOGOUT_API int slogout_enable_has_capability(const char *arguments, size_t len);

/* Makes a valid bye_text from any text of len octets, such as a notice that an administrator has written.
 * Each run of control characters and white space becomes one SP, and is removed at either end. Each 8-bit
 * character, in UTF-8 or not, becomes "?". A "[" at the beginning becomes "(" unless it begins a valid
 * response code. The text is cut after a word, or inside a word that is too long by itself. If the result
 * would be empty, it is "Server is closing the connection". Writes a text of at most 200 octets,
 * NUL-terminated, and returns its length, or 0 if out is NULL. text may be NULL if len is 0. */
SLOGOUT_API size_t slogout_bye_text_fit(char out[SLOGOUT_BYE_TEXT_SIZE], const char *text, size_t len);

/* ---- tags; usable without a slogout --------------------------------------------------------------- */

struct slogout_tags {
    const char *prefix; /* 1 to SLOGOUT_PREFIX_MAX tag characters, NUL-terminated; belongs to the caller */
    uint32_t last;      /* the number of the last tag; 0 before the first */
};

/* Returns 1 if the octets are a tag, which is one or more ASTRING-CHAR other than "+" (RFC 3501 section 9),
 * and 0 otherwise. There is no maximum length. */
SLOGOUT_API int slogout_tag_valid(const char *tag, size_t len);

/* Writes the next tag to `tag`, NUL-terminated, and stores its number in tags->last. The tag consists of the
 * prefix and the number. Returns the length without the NUL. Returns 0 and changes nothing if the prefix is
 * not valid. A tag repeats after 2^32 - 1 calls. */
SLOGOUT_API size_t slogout_tags_next(struct slogout_tags *tags, char tag[SLOGOUT_TAG_SIZE]);

/* ---- names, which are static strings and never NULL; logs ------------------------------------------ */

/* Returns the SLOGOUT_VERSION of the library that is linked. */
SLOGOUT_API const char *slogout_version(void);
/* Returns a description of an error, or of 0, without a period; "unknown error" for any other number. */
SLOGOUT_API const char *slogout_strerror(int error);
/* Returns the name of an outcome, such as "ANSWERED" for SLOGOUT_OUTCOME_ANSWERED, or "UNKNOWN" for a number
 * that is not an outcome. */
SLOGOUT_API const char *slogout_outcome_name(enum slogout_outcome outcome);

#define SLOGOUT_RESULT_SIZE 320 /* octets, enough for any line of slogout_result_format() with its NUL */

/* Writes a result as one line for a log, without a line end. The line has the outcome, the tag, bye_sent and
 * bye_seen. If the client has answered, the line has the status of the answer. If result->answer is set, the
 * line also has the code and the text of the answer, cut to 64 and 128 octets, in which a control character
 * or 8-bit octet becomes \xNN, and `"` and `\` become `\"` and `\\`. Writes at most out_size octets, and
 * NUL-terminates the line unless out_size is 0. Returns the length of the whole line without the NUL, or 0 if
 * result is NULL. */
SLOGOUT_API size_t slogout_result_format(char *out, size_t out_size, const struct slogout_result *result);

#ifdef __cplusplus
}
#endif

#endif

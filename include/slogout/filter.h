/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout for a host that has only octets: a filter in front of an IMAP server that does not know slogout.
 *
 * A filter contains a session (slogout.h) and reads and writes the lines of that session by itself. The host feeds
 * it all octets of both sides. The filter calls the host with the octets for the other side: slices of the host's
 * buffers, in order and unchanged, except for the following.
 *
 * To the client:
 *   - SLOGOUT_CAPABILITY is added to each capability list that contains ENABLE or IMAP4rev2.
 *   - COMPRESS=... is removed from every capability list, unless the word has more than 95 octets.
 *   - `* ENABLED X-SERVER-LOGOUT` is added before the OK to an ENABLE that names it, unless the server has sent that
 *     line. From that OK on, the session is marked as by slogout_session_set_enabled(). An ENABLE whose tag has more
 *     than 95 octets is passed on and not noticed.
 *   - LOGOUT and `* BYE` of the session are added between lines.
 *   - After our LOGOUT, and while the session is LEAVING, a LOGOUT that the server sends is removed, so that the
 *     client is asked once.
 * To the server:
 *   - The client's answer to our LOGOUT is removed, whatever has ended the session in the meantime, until the end of
 *     the connection: each `* BYE`, and each OK, NO or BAD with our tag. Up to 8 SP are accepted after the `*` or the
 *     tag.
 *   - After that OK, nothing of the client is passed.
 *   - While the session is LEAVING, a command that has begun is passed to its end. What follows is dropped, and
 *     nothing of the client is passed any more.
 *
 * The filter holds back at most 104 octets, of a line that may still turn out to be one of these.
 *
 * Nothing of the client is passed after anything of it was dropped, even if the host abandons the session, the server
 * sends `* BYE`, or the filter becomes blind: otherwise, the rest of a dropped literal could reach the server as a
 * command.
 *
 * At rest means that the server has answered the tag of each command that the client has sent. A tagged response to
 * no such command is passed and does not count. If more than 16 commands are in flight, the filter knows their number
 * and the sum of the hashes of their tags instead of each tag, and a response that answers none of them is noticed
 * when the last one should be answered.
 *
 * A line that is not understood is passed and does not count, because the next line begins after it in any case.
 * Examples are an empty line, a DONE after IDLE has ended, and text without a tag. A filter becomes blind only if it
 * is in doubt where the next line or literal begins, or which commands are in flight: enum slogout_blindness lists
 * the doubts. From then on nothing is added or removed, except that an answer whose removal has begun is removed to
 * the end of its line. If LOGOUT has been sent, the client's answer therefore reaches the server as a command, which
 * the server does not know. The session is as one whose send_line always returns SLOGOUT_BUSY, so that its timers
 * close the connection without `* BYE`. The member blind of slogout_get_counts() counts blind filters.
 *
 * When the client's OK arrives while commands are in flight, the session ends as ANSWERED at once, but the filter
 * calls close_connection after their last response has passed, or leave_timeout_ms later. It does so at once if the
 * server's end of file is fed or a callback fails. slogout_session_abandon() does not prevent this call.
 *
 * A client that sends more than 8 `* BYE`, or an answer of more than 65,536 octets, is forced as by
 * slogout_session_force().
 *
 * The session ends without a line of ours, and without close_connection, as by slogout_session_abandon():
 *   - as CLIENT_LOGOUT when the server sends `* BYE` and the client had sent LOGOUT;
 *   - as HOST_CLOSED when the server sends any other `* BYE`, or asks the client to leave before we do;
 *   - as PEER_CLOSED at the end of file of either side, or when a callback fails.
 * Octets still pass after that, unless a callback failed: the host closes when both sides are done, in bounded time.
 *
 * slogout_filter_session() returns the session, for slogout_session_request(), _leave(), _cancel(), _force(),
 * _abandon(), _state(), _get_result() and slogout_drain_add(). The filter itself makes the calls of
 * slogout_session_resume() and slogout_session_feed_line(), and marks the session as enabled.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_FILTER_H
#define SLOGOUT_FILTER_H

#include <slogout/slogout.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A tag_prefix for the settings of a slogout that has filters. It differs from the default, which the server
 * on the other side may use. */
#define SLOGOUT_FILTER_PREFIX "SLP."

struct slogout_filter;

/* Copied by slogout_filter_new(). All three functions are required. They are called by functions marked
 * [calls back]. slogout_filter_free() in one of them stops the filter at once. */
struct slogout_filter_callbacks {
    size_t size; /* sizeof(struct slogout_filter_callbacks) */
    /* Queues all len octets, at least one, for the client. Must not block. bytes is valid until the function
     * returns. Returns 0, or a negative number if the connection is broken: the session then ends as
     * PEER_CLOSED, or as SEND_FAILED if the octets were its LOGOUT or `* BYE`, and no octets pass any more.
     * The filter adds at most 300 octets for each capability list and each ENABLE in what the host feeds, so
     * a host bounds its queue by feeding less. */
    int (*to_client)(struct slogout_filter *filter, const char *bytes, size_t len, void *conn);
    /* Does the same for the server. */
    int (*to_server)(struct slogout_filter *filter, const char *bytes, size_t len, void *conn);
    /* Closes both sides, that of the client after its queue is sent; otherwise as in struct slogout_callbacks. May
     * be called by any function that is marked so, slogout_tick() included. Octets that are fed later are
     * dropped. */
    void (*close_connection)(struct slogout_filter *filter, const struct slogout_result *result, void *conn);
};

/* Makes a filter for one connection, before any octet of it is fed; the greeting of the server comes first.
 * Nothing is allocated after this call. conn is the host's own pointer, passed to the callbacks. On success
 * *out belongs to the caller, who passes it to slogout_filter_free(); on failure *out is untouched.
 *   ARGUMENT  out, slogout, callbacks or one of the three functions is NULL
 *   SIZE, NOMEM */
SLOGOUT_API int slogout_filter_new(struct slogout_filter **out, struct slogout *slogout,
                                   const struct slogout_filter_callbacks *callbacks, void *conn);

/* Frees a filter with its session, as slogout_session_free() frees a session. NULL is allowed. */
SLOGOUT_API void slogout_filter_free(struct slogout_filter *filter);

/* Returns the session of the filter, or NULL for NULL. It is a part of the filter, and must not be passed to
 * slogout_session_free(). */
SLOGOUT_API struct slogout_session *slogout_filter_session(struct slogout_filter *filter);

/* Makes the filter expect no greeting, because the server does not repeat it in a layer that has begun after
 * STARTTLS. Call it before any octet is fed. */
SLOGOUT_API void slogout_filter_skip_greeting(struct slogout_filter *filter);

/* Feeds len octets that the client sent, decrypted, in pieces of any size; len 0 is its end of file, at which
 * held octets are passed. Consumes all of them. [calls back]
 *   ARGUMENT   filter is NULL; bytes is NULL and len is not 0; or now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_filter_feed_client(struct slogout_filter *filter, const char *bytes, size_t len,
                                           uint64_t now_ms);

/* Does the same for octets that the server sent. [calls back]
 *   ARGUMENT, REENTRANT */
SLOGOUT_API int slogout_filter_feed_server(struct slogout_filter *filter, const char *bytes, size_t len,
                                           uint64_t now_ms);

/* Returns 1 if the host may write a line of its own to the client now, such as a `* BYE` when the server has
 * failed. Returns 0 before the greeting has passed, inside a line or a literal, while a `+` is owed for a literal,
 * during AUTHENTICATE, STARTTLS and COMPRESS, after any `* BYE`, after a LOGOUT of the server that was passed, when
 * blind, and for NULL. Must not be called in to_client, whose octets may end inside a line. */
SLOGOUT_API int slogout_filter_between_lines(const struct slogout_filter *filter);

/* Why a filter is blind. It becomes so while octets of one side are fed: those of the client for LIMIT, those of the
 * server for LAYER, MECHANISM and OUT_OF_STEP, and those of either side for NOT_UNDERSTOOD. */
enum slogout_blindness {
    /* The filter is not blind. */
    SLOGOUT_BLINDNESS_NONE,
    /* STARTTLS or COMPRESS has its OK: the stream is encrypted or compressed. */
    SLOGOUT_BLINDNESS_LAYER,
    /* AUTHENTICATE has its OK, and its mechanism may have started a security layer. */
    SLOGOUT_BLINDNESS_MECHANISM,
    /* The server takes something for a command that is none, or the reverse:
     *   - it sent a `+` for which no command waits, which also happens if two commands in flight have one tag;
     *   - it sent a `+` in AUTHENTICATE after a command had followed without a line of the exchange;
     *   - the tagged responses to more than 16 commands are not those to the commands that were sent. */
    SLOGOUT_BLINDNESS_OUT_OF_STEP,
    /* More than 8 commands are in flight of which the filter must remember more than the tag: IDLE until its `+` and
     * its DONE, one that waits for the `+` of a literal, AUTHENTICATE, STARTTLS, COMPRESS, UNAUTHENTICATE, ENABLE
     * with our capability, and a command whose name is not an atom. */
    SLOGOUT_BLINDNESS_LIMIT,
    /* Where the next line or literal begins is in doubt:
     *   - a line has a NUL in it;
     *   - a line that is not understood ends in `{number}` or `{number+}`, except for a client's `* BYE`;
     *   - the client sent octets before the `+` for its literal, or `{number+}` as the name of a command or after a
     *     name that is not an atom;
     *   - in IDLE the client sent a line that is neither DONE nor empty;
     *   - a command whose name is not an atom has its OK, so that the server may have read STARTTLS;
     *   - a literal has 2^63 octets or more, and is not refused;
     *   - the server sent `{number+}`, or a literal in a BADCHARSET code. */
    SLOGOUT_BLINDNESS_NOT_UNDERSTOOD,
    /* the number of reasons, with NONE */
    SLOGOUT_BLINDNESS_COUNT
};

/* Returns why the filter is blind, or SLOGOUT_BLINDNESS_NONE for NULL. May be called in a callback. */
SLOGOUT_API enum slogout_blindness slogout_filter_blindness(const struct slogout_filter *filter);

/* Returns "LAYER" for SLOGOUT_BLINDNESS_LAYER, and so on; "UNKNOWN" for a number that is none of these. The
 * string is static. May be called in a callback. */
SLOGOUT_API const char *slogout_filter_blindness_name(enum slogout_blindness blindness);

/* Returns the name with which the client has logged in, or NULL if nobody has, if the name is not known, or for NULL.
 * It is known after the OK to LOGIN, or to AUTHENTICATE with PLAIN, LOGIN, EXTERNAL, OAUTHBEARER, XOAUTH2 or
 * SCRAM-*, in the spelling of the client, if it has 1 to 127 octets and no NUL. If the mechanism has an
 * authorization identity, that is the name. The octets are as the client sent them: escape them before they go to
 * a terminal. The string is valid until octets are fed. The filter keeps no password. May be called in a callback. */
SLOGOUT_API const char *slogout_filter_user(const struct slogout_filter *filter);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout for a host that sees only octets: a filter in front of an IMAP server that does not know slogout.
 *
 * A filter contains a session (slogout.h), and reads and writes the lines of that session by itself. The host
 * feeds the filter all octets of both sides. The filter passes them to the host's callback for the other
 * side, in order and unchanged, as slices of the host's buffers, with the following exceptions.
 *
 * To the client:
 *   - SLOGOUT_CAPABILITY is added to each capability list that contains ENABLE or IMAP4rev2.
 *   - COMPRESS=... is removed from every capability list, unless the word has more than 95 octets.
 *   - `* ENABLED X-SERVER-LOGOUT` is added before the OK to an ENABLE that names that capability, unless the
 *     server has sent that line. After that OK, the session is marked as if by slogout_session_set_enabled().
 *     The filter does neither for an ENABLE whose tag has more than 95 octets.
 *   - The session's LOGOUT and `* BYE` are added between lines.
 *   - After the session's LOGOUT, and while the session is LEAVING, a LOGOUT that the server sends is
 *     removed, so that the client is asked only once.
 * To the server:
 *   - The client's answer to the session's LOGOUT is removed: each `* BYE`, and each OK, NO or BAD with the
 *     tag of that LOGOUT. This lasts until the end of the connection, even if the session has ended in the
 *     meantime. Up to 8 SP are accepted after the `*` or the tag.
 *   - After the client's OK, nothing that the client sends is passed.
 *   - While the session is LEAVING, a command that has begun is passed to its end. Everything after it is
 *     dropped. AUTHENTICATE ends with its tagged response, or with the end of a command that the client sends
 *     before that response.
 *
 * The filter holds back at most 104 octets of a line that may still turn out to be one of these exceptions.
 *
 * Once the filter has dropped octets of the client, it passes no more octets of the client, even if the host
 * abandons the session, the server sends `* BYE`, or the filter becomes blind. Otherwise, the rest of a
 * dropped literal could reach the server as a command.
 *
 * The connection is at rest when the server has sent a response with the tag of each command of the client.
 * Between its `+` and its DONE, an IDLE needs no response. A NO or BAD with any other tag is passed and has
 * no other effect. An OK with any other tag, valid or not, shows that the server has run a line that the
 * filter did not count as a command, so the filter becomes blind. If more than 16 commands are in flight, the
 * filter does not store their tags, but only the number of commands and the sum of the hashes of their tags.
 * The filter then notices a response with another tag only when all these commands should have had their
 * responses.
 *
 * Some servers send the `+` for a literal or for IDLE before the LF of the client's line has reached them.
 * The filter accepts a `+` for which no other command waits if the client's line so far ends in `{number}`,
 * or if it is IDLE and has its CR. The connection is not at rest until the LF has passed.
 *
 * In IDLE, an empty line counts as DONE. The IDLE stays in flight until its tagged response, even if the
 * server ignores the empty line.
 *
 * A line that the filter does not understand is passed and has no other effect, because the next line begins
 * after it in any case. Examples are an empty line, a DONE after IDLE has ended, and text without a tag. The
 * filter becomes blind only if it does not know for certain where the next line or literal begins, or which
 * commands are in flight; enum slogout_blindness lists the reasons. A blind filter adds nothing. It removes
 * only the rest of an answer whose removal has begun, and the octets after other octets that it has dropped.
 * If LOGOUT has been sent, the client's answer therefore reaches the server, as a command that the server
 * does not know. The session of a blind filter is never at rest or between lines, so its timers close the
 * connection without `* BYE`. The member blind of slogout_get_counts() counts blind filters.
 *
 * When the client's OK arrives, the session ends as ANSWERED at once, but the filter calls close_connection
 * only when the connection is at rest between lines of the server, or after leave_timeout_ms. If the host
 * feeds the server's end of file or a callback fails before that, the filter calls close_connection at once.
 * slogout_session_abandon() does not prevent this call.
 *
 * If the client sends more than 8 `* BYE`, or an answer with more than 65,536 octets before its LF, the
 * session is forced as if by slogout_session_force().
 *
 * The session ends without a line from the library and without a call of close_connection, as if by
 * slogout_session_abandon():
 *   - as CLIENT_LOGOUT when the server sends `* BYE` and the client had sent LOGOUT;
 *   - as HOST_CLOSED when the server sends any other `* BYE`, or asks the client to leave before the session
 *     does;
 *   - as PEER_CLOSED at the end of file of either side, or when a callback fails, except as to_client states.
 * Octets still pass after that, unless a callback failed. The host closes the connection when both sides have
 * ended, and must limit the time that this takes.
 *
 * slogout_filter_session() returns the session. The host may pass it to slogout_session_request(), _leave(),
 * _cancel(), _force(), _abandon(), _state() and _get_result(), and to slogout_drain_add(). The filter does
 * the work of slogout_session_resume(), _feed_line() and _set_enabled() itself.
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

/* Copied by slogout_filter_new(). All three functions are required. Functions marked [calls back] call them.
 * If one of them calls slogout_filter_free(), the filter stops at once. */
struct slogout_filter_callbacks {
    size_t size; /* sizeof(struct slogout_filter_callbacks) */
    /* Queues all len octets, at least one, for the client. Must not block. bytes is valid until the function
     * returns. Returns 0, or a negative number if the connection is broken. The session then ends with its
     * outcome if it was LEAVING, as SEND_FAILED if the octets were its LOGOUT or the `* BYE` in its place,
     * and as PEER_CLOSED otherwise. The filter passes no more octets. The filter adds at most 300 octets for
     * each capability list and each ENABLE in the octets that the host feeds, so a host can bound its queue
     * by feeding less. */
    int (*to_client)(struct slogout_filter *filter, const char *bytes, size_t len, void *conn);
    /* Does the same for the server. */
    int (*to_server)(struct slogout_filter *filter, const char *bytes, size_t len, void *conn);
    /* Closes both sides, but the client's side only after its queue is sent. Otherwise like close_connection
     * in struct slogout_callbacks. Any function marked [calls back] may call it, including slogout_tick().
     * Octets that are fed later are dropped. */
    void (*close_connection)(struct slogout_filter *filter, const struct slogout_result *result, void *conn);
};

/* Creates a filter for one connection. The host must feed it all octets of the connection, beginning with the
 * greeting of the server. No memory is allocated for the filter after this call. conn is a pointer of the
 * host, which the library passes to the callbacks. On success *out belongs to the caller, who passes it to
 * slogout_filter_free(); on failure *out is untouched.
 *   ARGUMENT  out, slogout, callbacks or one of the three functions is NULL
 *   SIZE, NOMEM */
SLOGOUT_API int slogout_filter_new(struct slogout_filter **out, struct slogout *slogout,
                                   const struct slogout_filter_callbacks *callbacks, void *conn);

/* Frees a filter with its session, as slogout_session_free() frees a session. NULL is allowed. */
SLOGOUT_API void slogout_filter_free(struct slogout_filter *filter);

/* Returns the session of the filter, or NULL for NULL. The session is part of the filter and must not be
 * passed to slogout_session_free(). */
SLOGOUT_API struct slogout_session *slogout_filter_session(struct slogout_filter *filter);

/* Makes the filter expect no greeting, because the server does not repeat the greeting after STARTTLS. Must
 * be called before any octet is fed. */
SLOGOUT_API void slogout_filter_skip_greeting(struct slogout_filter *filter);

/* Feeds len octets that the client sent, decrypted, in pieces of any size. A len of 0 is the client's end of
 * file, and passes the octets that were held back. Consumes all octets. [calls back]
 *   ARGUMENT   filter is NULL; bytes is NULL and len is not 0; or now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_filter_feed_client(struct slogout_filter *filter, const char *bytes, size_t len,
                                           uint64_t now_ms);

/* Does the same for octets that the server sent. [calls back]
 *   ARGUMENT, REENTRANT */
SLOGOUT_API int slogout_filter_feed_server(struct slogout_filter *filter, const char *bytes, size_t len,
                                           uint64_t now_ms);

/* Returns 1 if the host may write its own line to the client now, such as a `* BYE` when the server has
 * failed. Returns 0 before the greeting has passed, inside a line or a literal, while a `+` is owed for a
 * literal, during AUTHENTICATE, STARTTLS, COMPRESS and a command whose name is not an atom, after any `*
 * BYE`, after a LOGOUT of the server that was passed, when blind, and for NULL. Must not be called in
 * to_client, whose octets may end inside a line. */
SLOGOUT_API int slogout_filter_between_lines(const struct slogout_filter *filter);

/* The reasons why a filter is blind. Octets of the client can cause OUT_OF_STEP, LIMIT and NOT_UNDERSTOOD;
 * octets of the server can cause LAYER, MECHANISM, OUT_OF_STEP and NOT_UNDERSTOOD. */
enum slogout_blindness {
    /* The filter is not blind. */
    SLOGOUT_BLINDNESS_NONE,
    /* The server sent OK to STARTTLS or COMPRESS, perhaps before the end of the command, so the stream is
     * encrypted or compressed. */
    SLOGOUT_BLINDNESS_LAYER,
    /* The server sent OK to AUTHENTICATE, whose mechanism may have started a security layer. */
    SLOGOUT_BLINDNESS_MECHANISM,
    /* The server and the filter disagree about the commands that the client has sent:
     *   - the server sent an OK whose tag no command in flight has;
     *   - the server sent OK to a command, except STARTTLS, COMPRESS and LOGOUT, whose line had announced a
     *     literal and had not ended;
     *   - the server sent a `+` before the end of a line, and then the line did not end as a line that waits
     *     for a `+`;
     *   - the server sent a `+` for which no command waits, which also happens if two commands in flight have
     *     the same tag;
     *   - the server sent a `+` in AUTHENTICATE although the client had sent a command instead of
     *     AUTHENTICATE data;
     *   - more than 16 commands were in flight, and the tags of the responses were not the tags of these
     *     commands. */
    SLOGOUT_BLINDNESS_OUT_OF_STEP,
    /* More than 8 commands are in flight for which the filter must store more than the tag. These commands
     * are an IDLE whose `+` or DONE has not come, a command that waits for the `+` of a literal,
     * AUTHENTICATE, STARTTLS, COMPRESS, UNAUTHENTICATE, ENABLE with SLOGOUT_CAPABILITY, and a command whose
     * name is not an atom. */
    SLOGOUT_BLINDNESS_LIMIT,
    /* The filter does not know for certain where the next line or literal begins:
     *   - a line contains a NUL;
     *   - a line that the filter does not understand ends in `{number}` or `{number+}`, except for a client's
     *     `* BYE`;
     *   - a line of the client contains `{number}` or `{number+}` before its end and outside a quoted string,
     *     except for `* BYE`;
     *   - a line of the client ends in `{number+}` in a quoted string, or after an octet other than SP, "(",
     *     or a "~" that follows one of these;
     *   - the client sent octets before the `+` for its literal, or `{number+}` in a command whose name is
     *     empty or not an atom;
     *   - in IDLE the client sent a line that is neither DONE nor empty; if the line is the client's answer
     *     to a LOGOUT of the server, the session has already ended;
     *   - the server sent OK to a command whose name is empty or not an atom, and may have read the name as
     *     STARTTLS;
     *   - a literal has 2^63 octets or more, and the server did not refuse it;
     *   - the server sent `{number+}`, or a status response that has charsets in a BADCHARSET code and ends
     *     in `{number}`. */
    SLOGOUT_BLINDNESS_NOT_UNDERSTOOD,
    /* the number of reasons, including NONE */
    SLOGOUT_BLINDNESS_COUNT
};

/* Returns the reason why the filter is blind, or SLOGOUT_BLINDNESS_NONE for NULL. May be called in a
 * callback. */
SLOGOUT_API enum slogout_blindness slogout_filter_blindness(const struct slogout_filter *filter);

/* Returns the name of a reason, such as "LAYER" for SLOGOUT_BLINDNESS_LAYER, or "UNKNOWN" for a number that
 * is not a reason. The string is static. May be called in a callback. */
SLOGOUT_API const char *slogout_filter_blindness_name(enum slogout_blindness blindness);

/* Returns the name with which the client has logged in, or NULL if nobody has logged in, if the name is not
 * known, or if filter is NULL. The name is known after the OK to LOGIN, or to AUTHENTICATE with PLAIN, LOGIN,
 * EXTERNAL, OAUTHBEARER, XOAUTH2 or SCRAM-*. It must have 1 to 127 octets and no control character. The name
 * is not known if the client sent two identities that differ, or if the server may have read another command
 * than the filter; slogout_filter_user(3) lists these cases. A blind filter keeps the name that it knew
 * before. The octets are those that the client sent, so escape them before you write them to a log or a
 * terminal. The string is valid until octets are fed or the filter is freed. The filter keeps no password.
 * May be called in a callback. */
SLOGOUT_API const char *slogout_filter_user(const struct slogout_filter *filter);

#ifdef __cplusplus
}
#endif

#endif

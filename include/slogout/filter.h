/* slogout for a host that has only octets: a filter in front of an IMAP server that does not know slogout.
 *
 * A filter is a session (slogout.h) that reads and writes lines by itself. The host feeds it all octets of
 * both sides, and the filter calls the host with the octets for the other side: slices of the host's buffers,
 * in order and unchanged, except for the following.
 *
 * To the client:
 *   - SLOGOUT_CAPABILITY is added to each capability list that has ENABLE or IMAP4rev2 in it, and
 *     COMPRESS=... is removed from such lists;
 *   - `* ENABLED X-SERVER-LOGOUT` is added before the OK to an ENABLE that names it, unless the server has
 *     sent that line. From that OK on, the session is marked as by slogout_session_set_enabled();
 *   - LOGOUT and `* BYE` are added between lines;
 *   - after our LOGOUT, a LOGOUT of the server's own is removed, so that the client is asked once.
 * To the server:
 *   - the client's answer to our LOGOUT is removed.
 *
 * The filter holds back at most 104 octets, of a line that may still turn out to be one of these.
 *
 * A filter is blind where it cannot follow the stream, for one of the reasons of enum slogout_blindness. From
 * then on all octets pass unchanged, and the session is as one whose send_line always returns SLOGOUT_BUSY,
 * so that its timers close the connection without a `* BYE`. The member blind of slogout_get_counts() counts
 * these events.
 *
 * The session ends without a line of ours, as by slogout_session_abandon():
 *   - as CLIENT_LOGOUT when the server sends `* BYE` and the client had sent LOGOUT;
 *   - as HOST_CLOSED when the server sends any other `* BYE`, or asks the client to leave before we do;
 *   - as PEER_CLOSED at the end of file of either side, or when a callback fails.
 * Octets still pass after that, unless a callback failed: the host closes when both sides are done, in
 * bounded time.
 *
 * slogout_session_request(), _cancel(), _force(), _abandon(), _state() and _free(), and drains, work as for
 * any session. The filter itself does what slogout_session_set_enabled(), _resume(), _feed_line() and
 * _feed_response() are for; the host does not call these for a filter, except slogout_session_resume() after
 * slogout_filter_restart().
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
    /* Closes both sides, that of the client after its queue is sent; otherwise as in struct
     * slogout_callbacks. Octets that are fed later are dropped. */
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
 * failed. Returns 0 before the greeting has passed, inside a line or a literal, where a `+` is owed, after
 * any `* BYE`, after a LOGOUT of the server's own, when blind, and for NULL. */
SLOGOUT_API int slogout_filter_between_lines(const struct slogout_filter *filter);

enum slogout_blindness {
    SLOGOUT_BLINDNESS_NONE,
    SLOGOUT_BLINDNESS_LAYER,
    SLOGOUT_BLINDNESS_MECHANISM,
    SLOGOUT_BLINDNESS_OUT_OF_STEP,
    SLOGOUT_BLINDNESS_LIMIT,
    SLOGOUT_BLINDNESS_NOT_UNDERSTOOD,
    SLOGOUT_BLINDNESS_COUNT
};

/* Returns why the filter is blind, or SLOGOUT_BLINDNESS_NONE for NULL. May be called in a callback. */
SLOGOUT_API enum slogout_blindness slogout_filter_blindness(const struct slogout_filter *filter);

/* Returns "LAYER" for SLOGOUT_BLINDNESS_LAYER, and so on; "UNKNOWN" for a number that is none of these. The
 * string is static. May be called in a callback. */
SLOGOUT_API const char *slogout_filter_blindness_name(enum slogout_blindness blindness);

#ifdef __cplusplus
}
#endif

#endif

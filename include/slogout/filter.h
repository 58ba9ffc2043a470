/* slogout for a host that has only bytes: a filter in front of an IMAP server that knows nothing of LOGOUT.
 *
 * A filter is a session (slogout.h) that reads and writes lines by itself. The host gives it all that
 * either side sends; the filter gives back what goes to the other side: slices of the host's own buffers,
 * in order, nothing altered but this:
 *   - to the client: SLOGOUT_CAPABILITY is added to each list of capabilities that has ENABLE or IMAP4rev2
 *     in it, and COMPRESS=... is taken out; `* ENABLED X-SERVER-LOGOUT` comes before the OK to an ENABLE
 *     that named it, unless the server said so itself, and that OK is what slogout_session_set_enabled() is
 *     to other sessions; LOGOUT and `* BYE` are put between lines; and once LOGOUT is out, a LOGOUT of the
 *     server's own is dropped: the client is asked once;
 *   - to the server: the client's answer to our LOGOUT is taken out.
 * At most 256 octets are held back, of a line whose beginning may still turn out to be one of these.
 *
 * The filter sees a stream that is plain or that the host has decrypted. It becomes blind when it can
 * follow no longer: after the OK to STARTTLS, COMPRESS, or AUTHENTICATE with a mechanism that may start a
 * security layer, and after anything that it does not understand. From then on all octets pass, nothing is
 * put in or taken out, and the session is as one whose send_line is always busy. slogout_counts()->blind
 * counts these.
 *
 * The session ends without a word of ours (slogout_session_abandon()) when the server writes its own
 * `* BYE`, as CLIENT_LOGOUT if the client had sent LOGOUT and else as HOST_CLOSED; when the server sends a
 * LOGOUT by this very protocol before we did, as HOST_CLOSED; at the end of file of either side, and when a
 * callback fails, as PEER_CLOSED. All but the last leave the octets flowing: the host closes when both
 * sides are done, in bounded time.
 *
 * request, cancel, force, abandon, state, drains and slogout_session_free() are those of any session. The
 * host does not call slogout_session_set_enabled(), _ready(), _line() or _response(): the filter does all
 * of that.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_FILTER_H
#define SLOGOUT_FILTER_H

#include <slogout/slogout.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For slogout_settings.tag_prefix of a slogout that has filters: one that differs from the default of the
 * server behind it, which may use slogout too. */
#define SLOGOUT_FILTER_PREFIX "SLP."

/* NOT copied: make it static const, it must outlive the session. All three are needed. They come from inside
 * functions marked [calls back], and slogout_session_free() in one of them stops the filter at once. */
struct slogout_filter_callbacks {
    size_t size; /* sizeof(struct slogout_filter_callbacks) */
    /* Queues all of these octets (len > 0) for the client. Must not block. bytes live during the call.
     * Returns 0, or negative if the connection is broken: then the session ends as above, or as SEND_FAILED
     * if it was its turn to speak, and no octets pass any more. How much comes is bounded by what the host
     * feeds, and 300 octets for each list of capabilities or ENABLE in it: a host whose queue is full feeds
     * later. */
    int (*to_client)(struct slogout_session *session, const char *bytes, size_t len, void *conn);
    /* The same for the server. */
    int (*to_server)(struct slogout_session *session, const char *bytes, size_t len, void *conn);
    /* As in struct slogout_callbacks: close both sides, the client's when its queue is out. What is fed
     * after it is dropped. */
    void (*close_connection)(struct slogout_session *session, const struct slogout_result *result,
                             void *conn);
};

/* Makes a filter for one connection, before any octet of it: the server's greeting comes first. conn is the
 * host's own pointer, for the callbacks. *out is the caller's, to be given to slogout_session_free();
 * untouched on failure. Nothing is allocated later.
 *   ARGUMENT  out, slogout, callbacks or one of the three functions is NULL
 *   SIZE, NOMEM */
SLOGOUT_API int slogout_filter_new(struct slogout_session **out, struct slogout *slogout,
                                   const struct slogout_filter_callbacks *callbacks, void *conn);

/* Octets that the client sent, in pieces of any size. len 0 is its end of file: what is held back goes to
 * the server. [calls back]
 *   ARGUMENT  session is not a filter; bytes is NULL and len is not 0; now_ms is SLOGOUT_NEVER
 *   REENTRANT */
SLOGOUT_API int slogout_filter_feed_client(struct slogout_session *session, const char *bytes, size_t len,
                                           uint64_t now_ms);

/* The same for octets that the server sent. [calls back]
 *   ARGUMENT, REENTRANT */
SLOGOUT_API int slogout_filter_feed_server(struct slogout_session *session, const char *bytes, size_t len,
                                           uint64_t now_ms);

/* Says that the host itself has begun another layer beneath the stream, and ends it on both sides: TLS
 * after STARTTLS, or COMPRESS. Both directions begin anew, where a command may begin; a blind filter sees
 * again. What was held back is dropped: what came in plain text before TLS must not count after it.
 *   ARGUMENT  session is not a filter */
SLOGOUT_API int slogout_filter_restart(struct slogout_session *session);

/* Returns 1 if the host may write a line of its own to the client now, such as a `* BYE` when the server is
 * gone; 0 before the greeting is out, inside a line or a literal, where a `+` is owed, after any `* BYE` and
 * after a LOGOUT of the server's own, and when blind. */
SLOGOUT_API int slogout_filter_between_lines(const struct slogout_session *session);

#ifdef __cplusplus
}
#endif

#endif

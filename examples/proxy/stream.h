/* SPDX-License-Identifier: BSD-2-Clause */
/* A non-blocking socket with an output queue and a lingering close, which does not lose queued output. */
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h>
#include "poller.h"
#include "queue.h"

#define STREAM_LINGER 5000 /* milliseconds that a close may take */

enum stream_state {
    STREAM_OPEN,
    STREAM_FLUSHING,  /* closing; the queue is sent, input is discarded */
    STREAM_LINGERING, /* our side is shut down; the peer's side is read to its end */
    STREAM_OVER       /* to be freed; any state leads here after an error */
};

struct stream {
    struct poller_watch watch; /* first, so that its events find the stream */
    void *owner;               /* for the user, to find the connection */
    enum stream_state state;
    unsigned ready : 3;       /* POLLER_..., until they have been acted upon */
    unsigned input_ended : 1; /* the peer's end of file was read */
    unsigned is_shut : 1;     /* we have shut down our side */
    unsigned is_broken : 1;   /* sending has failed; there may still be input */
    struct queue out;         /* filled by stream_put() */
    const char *lent;         /* by stream_lend(); follows the queue */
    size_t lent_len;
    uint64_t deadline; /* of a close */
};

/* Makes a stream that owns a non-blocking descriptor. */
void stream_init(struct stream *stream, int fd, void *owner);

/* Closes the descriptor, which the poller must not watch, and sets it to -1. stream_release() is for a stream that is
 * over. */
void stream_free(struct stream *stream);
void stream_release(struct stream *stream);

/* Adds what the poller has reported to `ready`. */
void stream_note(struct stream *stream, unsigned ready);

/* Reads once, if the poller has reported input. Returns the number of octets. If that is 0,
 * input_ended and state show whether more can come. */
size_t stream_read(struct stream *stream, char *octets, size_t size);

/* Queues octets. Returns 0, or -1 if there is no memory; the stream is then over. */
int stream_put(struct stream *stream, const char *octets, size_t len);

/* Queues octets without a copy. They must remain in place until the next stream_flush(), which copies only the octets
 * that the socket does not accept. Returns as stream_put(). */
int stream_lend(struct stream *stream, const char *octets, size_t len);

/* Sends as many octets as the socket accepts. If sending fails, drops everything that is queued. */
void stream_flush(struct stream *stream);

/* Returns 1 if something is queued. */
int stream_has_output(const struct stream *stream);

/* Shuts down our side. Call it when nothing is queued. */
void stream_shut(struct stream *stream);

/* Handles failures and, while the stream closes, input. Call it before the owner acts on `ready`. reads is 1 if
 * the owner wants input. */
void stream_serve(struct stream *stream, int reads);

/* Begins to close: sends the queue, shuts down our side, and reads to the end of file. close() with unread input would
 * reset the connection, and the peer could lose our last output. */
void stream_close(struct stream *stream, uint64_t now);

/* Returns the events for which the poller must watch; reads has the same meaning as in stream_serve(). A stream that
 * wants nothing must not be watched, because the end of both directions would be reported again and again. */
unsigned stream_wants(const struct stream *stream, int reads);

/* Returns 1 if the stream must be freed. */
int stream_is_over(const struct stream *stream, uint64_t now);

/* Returns the time at which stream_is_over() becomes 1 by itself, or UINT64_MAX. */
uint64_t stream_deadline(const struct stream *stream);

#endif

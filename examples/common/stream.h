/* A non-blocking socket with its output queue, and a close that loses nothing of what was queued. */
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h>
#include "common/poller.h"
#include "common/queue.h"

#define STREAM_LINGER 5000 /* milliseconds from stream_close() to the end at the latest */

enum stream_state {
    STREAM_OPEN,
    STREAM_FLUSHING,  /* closing: what is queued goes out, what comes in is thrown away */
    STREAM_LINGERING, /* our direction is shut; waiting for the peer's end of file */
    STREAM_OVER       /* to be freed; an error comes here from any state */
};

struct stream {
    struct poller_watch watch; /* first: an event of it is one of the stream */
    void *owner;               /* the user's, to find the connection */
    enum stream_state state;
    unsigned ready : 3;       /* POLLER_...: set by stream_note(), cleared when it has been acted upon */
    unsigned input_ended : 1; /* the peer's end of file was read */
    unsigned is_shut : 1;     /* the peer has ours */
    unsigned is_broken : 1;   /* the peer takes no more octets, but what it has sent may not be read yet */
    struct queue out;         /* filled by stream_put() */
    const char *lent;         /* stream_lend(): what follows the queue */
    size_t lent_len;
    uint64_t deadline; /* while closing: when it is over all the same */
};

/* The descriptor is the stream's from now on. Returns 0, or -1 with errno set, and then it is not. */
int stream_init(struct stream *stream, int fd, void *owner);

/* Closes the descriptor, which the poller must not watch any more. */
void stream_free(struct stream *stream);

/* Notes what the poller reports. */
void stream_note(struct stream *stream, unsigned ready);

/* Reads once, if the poller has reported input. Returns the number of octets; 0 if there are none now, or no
 * more at all: see input_ended and state. */
size_t stream_read(struct stream *stream, char *octets, size_t size);

/* Queues octets. Returns 0, or -1 if there is no memory: then the stream is over. */
int stream_put(struct stream *stream, const char *octets, size_t len);

/* Queues octets that stay where they are until the next stream_flush(), which sends them from there and copies
 * only what the socket does not take. Returns as stream_put(). */
int stream_lend(struct stream *stream, const char *octets, size_t len);

/* Sends what the socket takes. Drops everything if the peer takes no more. */
void stream_flush(struct stream *stream);

/* Returns 1 if something is left to be sent. */
int stream_has_output(const struct stream *stream);

/* Ends our direction and reads on. To be called when nothing is queued. */
void stream_shut(struct stream *stream);

/* Acts on failures and, while closing, on input. To be called before the owner acts on what is ready. reads: 1 if
 * the owner wants input. */
void stream_serve(struct stream *stream, int reads);

/* Begins to close: flush, shutdown(SHUT_WR), read on until end of file, close. A bare close() with unread
 * input would send RST, and the peer might lose what we wrote last. */
void stream_close(struct stream *stream, uint64_t now);

/* Returns what the poller is to watch for. reads: as in stream_serve(). A stream that wants nothing is not watched:
 * the end of both directions would be reported again and again. */
unsigned stream_wants(const struct stream *stream, int reads);

/* Returns 1 if it is time for stream_free(). */
int stream_is_over(const struct stream *stream, uint64_t now);

/* When stream_is_over() becomes true by itself, or UINT64_MAX. */
uint64_t stream_deadline(const struct stream *stream);

#endif

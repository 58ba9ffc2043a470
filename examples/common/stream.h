/* A non-blocking socket with its two queues, and a close that loses nothing of what was queued. */
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h>
#include "common/queue.h"

#define STREAM_IN_MAX  16384 /* octets read and not yet used: more stay with the peer */
#define STREAM_OUT_MAX 65536 /* a writer that can wait stops here; single lines may go beyond */
#define STREAM_LINGER  5000  /* milliseconds from stream_close() to the end at the latest */

enum stream_state {
    STREAM_OPEN,
    STREAM_FLUSHING,  /* closing: what is queued goes out, what comes in is thrown away */
    STREAM_LINGERING, /* our direction is shut; waiting for the peer's end of file */
    STREAM_OVER       /* to be freed; an error comes here from any state */
};

struct stream {
    int fd;
    enum stream_state state;
    int input_ended;   /* the peer's end of file was read */
    int is_shut;       /* the peer has ours */
    struct queue in;   /* the user takes from it */
    struct queue out;  /* filled by stream_put() */
    uint64_t deadline; /* while closing: when it is over all the same */
};

/* The descriptor is the stream's from now on. Returns 0, or -1 with errno set, and then it is not. */
int stream_init(struct stream *stream, int fd);

void stream_free(struct stream *stream);

/* Queues octets. Returns 0, or -1 if there is no memory: then the stream is over. */
int stream_put(struct stream *stream, const char *octets, size_t len);

/* Sends what the socket takes. */
void stream_flush(struct stream *stream);

/* Ends our direction and reads on. To be called when nothing is queued. */
void stream_shut(struct stream *stream);

/* What poll() said: reads once, at most what fits in, then flushes. */
void stream_serve(struct stream *stream, short revents);

/* Begins to close: flush, shutdown(SHUT_WR), read on until end of file, close. A bare close() with unread
 * input would send RST, and the peer might lose what we wrote last. */
void stream_close(struct stream *stream, uint64_t now);

/* What to poll() for. */
short stream_interest(const struct stream *stream);

/* Returns 1 if it is time for stream_free(). */
int stream_is_over(const struct stream *stream, uint64_t now);

/* When stream_is_over() becomes true by itself, or UINT64_MAX. */
uint64_t stream_deadline(const struct stream *stream);

#endif

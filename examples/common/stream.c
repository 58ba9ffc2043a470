#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include "common/address.h"
#include "common/stream.h"

int stream_init(struct stream *stream, int fd)
{
    static const struct stream fresh;

    if (address_prepare(fd) < 0)
        return -1;
    *stream = fresh;
    stream->fd = fd;
    return 0;
}

void stream_free(struct stream *stream)
{
    queue_clear(&stream->in);
    queue_clear(&stream->out);
    close(stream->fd);
}

int stream_put(struct stream *stream, const char *octets, size_t len)
{
    if (queue_append(&stream->out, octets, len) == 0)
        return 0;
    stream->state = STREAM_OVER;
    return -1;
}

/* Not now, but perhaps later. */
static int is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS;
}

void stream_shut(struct stream *stream)
{
    shutdown(stream->fd, SHUT_WR);
    stream->is_shut = 1;
}

static void end_if_done(struct stream *stream)
{
    if (stream->state == STREAM_FLUSHING && stream->out.len == 0) {
        stream_shut(stream);
        stream->state = STREAM_LINGERING;
    }
    if (stream->state == STREAM_LINGERING && stream->input_ended)
        stream->state = STREAM_OVER;
}

void stream_flush(struct stream *stream)
{
    ssize_t sent = 0;

    if (stream->state == STREAM_OVER)
        return;
    if (stream->out.len > 0)
        sent = send(stream->fd, queue_octets(&stream->out), stream->out.len, MSG_NOSIGNAL);
    if (sent < 0 && !is_passing(errno))
        stream->state = STREAM_OVER;
    if (sent > 0)
        queue_drop(&stream->out, (size_t)sent);
    end_if_done(stream);
}

static int wants_input(const struct stream *stream)
{
    return !stream->input_ended && (stream->state != STREAM_OPEN || stream->in.len < STREAM_IN_MAX);
}

static void read_once(struct stream *stream)
{
    char octets[STREAM_IN_MAX];
    const ssize_t got = recv(stream->fd, octets, sizeof octets - stream->in.len, 0);

    if (got == 0)
        stream->input_ended = 1;
    else if (got < 0 && !is_passing(errno))
        stream->state = STREAM_OVER;
    else if (got > 0 && stream->state == STREAM_OPEN && queue_append(&stream->in, octets, (size_t)got) < 0)
        stream->state = STREAM_OVER;
}

/* An error that comes while we do not read cannot be learnt from recv(). */
void stream_serve(struct stream *stream, short revents)
{
    const int failed = revents & (POLLERR | POLLHUP | POLLNVAL);

    if (failed && !wants_input(stream))
        stream->state = STREAM_OVER;
    else if (failed || revents & POLLIN)
        read_once(stream);
    stream_flush(stream);
}

void stream_close(struct stream *stream, uint64_t now)
{
    if (stream->state != STREAM_OPEN)
        return;
    stream->state = STREAM_FLUSHING;
    stream->deadline = now + STREAM_LINGER;
    queue_clear(&stream->in);
}

short stream_interest(const struct stream *stream)
{
    const int output = stream->out.len > 0 || stream->state == STREAM_FLUSHING;

    return (short)((wants_input(stream) ? POLLIN : 0) | (output ? POLLOUT : 0));
}

int stream_is_over(const struct stream *stream, uint64_t now)
{
    return stream->state == STREAM_OVER || now >= stream_deadline(stream);
}

uint64_t stream_deadline(const struct stream *stream)
{
    return stream->state == STREAM_OPEN ? UINT64_MAX : stream->deadline;
}

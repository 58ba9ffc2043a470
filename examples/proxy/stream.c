/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#include "stream.h"

void stream_init(struct stream *stream, int fd, void *owner)
{
    static const struct stream fresh;

    *stream = fresh;
    stream->watch.fd = fd;
    stream->owner = owner;
}

void stream_free(struct stream *stream)
{
    queue_clear(&stream->out);
    stream_release(stream);
}

void stream_release(struct stream *stream)
{
    if (stream->watch.fd >= 0)
        close(stream->watch.fd);
    stream->watch.fd = -1;
}

/* Returns 1 if the call may succeed later. */
static int is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS;
}

/* ---- input ---- */

void stream_note(struct stream *stream, unsigned ready)
{
    stream->ready = (stream->ready | ready) & 7u;
}

/* After a short read the socket is empty, and the poller reports later input. */
size_t stream_read(struct stream *stream, char *octets, size_t size)
{
    ssize_t got;

    if (!(stream->ready & (POLLER_IN | POLLER_FAILED)) || stream->input_ended || stream->state == STREAM_OVER)
        return 0;
    got = recv(stream->watch.fd, octets, size, 0);
    if (got != (ssize_t)size)
        stream->ready = 0;
    if (got > 0)
        return (size_t)got;
    if (got == 0)
        stream->input_ended = 1;
    else if (stream->is_broken || !is_passing(errno))
        stream->state = STREAM_OVER;
    return 0;
}

static void throw_away_input(struct stream *stream)
{
    char octets[16384];

    stream_read(stream, octets, sizeof octets);
    stream->ready = 0;
}

/* ---- output ---- */

/* Copies the lent octets into the queue. */
static int keep_lent(struct stream *stream)
{
    const size_t len = stream->lent_len;

    stream->lent_len = 0;
    if (queue_append(&stream->out, stream->lent, len) == 0)
        return 0;
    stream->state = STREAM_OVER;
    return -1;
}

int stream_put(struct stream *stream, const char *octets, size_t len)
{
    if (keep_lent(stream) < 0)
        return -1;
    if (queue_append(&stream->out, octets, len) == 0)
        return 0;
    stream->state = STREAM_OVER;
    return -1;
}

int stream_lend(struct stream *stream, const char *octets, size_t len)
{
    if (stream->lent_len > 0 && stream->lent + stream->lent_len == octets) {
        stream->lent_len += len;
        return 0;
    }
    if (keep_lent(stream) < 0)
        return -1;
    stream->lent = octets;
    stream->lent_len = len;
    return 0;
}

int stream_has_output(const struct stream *stream)
{
    return stream->out.len > 0 || stream->lent_len > 0;
}

/* The queue is sent before the lent octets. signals_catch() has made the program ignore SIGPIPE. */
static ssize_t send_all(struct stream *stream)
{
    struct iovec pieces[2] = {{queue_octets(&stream->out), stream->out.len}, {NULL, stream->lent_len}};

    if (stream->lent_len == 0)
        return send(stream->watch.fd, pieces[0].iov_base, pieces[0].iov_len, 0);
    if (stream->out.len == 0)
        return send(stream->watch.fd, stream->lent, stream->lent_len, 0);
    pieces[1].iov_base = (char *)(uintptr_t)stream->lent; /* writev() only reads */
    return writev(stream->watch.fd, pieces, 2);
}

static void drop_sent(struct stream *stream, size_t sent)
{
    const size_t queued = sent < stream->out.len ? sent : stream->out.len;

    if (queued > 0)
        queue_drop(&stream->out, queued);
    if (sent == queued)
        return;
    stream->lent += sent - queued;
    stream->lent_len -= sent - queued;
}

static void drop_all(struct stream *stream)
{
    queue_clear(&stream->out);
    stream->lent_len = 0;
    if (stream->input_ended)
        stream->state = STREAM_OVER;
}

void stream_shut(struct stream *stream)
{
    shutdown(stream->watch.fd, SHUT_WR);
    stream->is_shut = 1;
}

static void end_if_done(struct stream *stream)
{
    if (stream->state == STREAM_FLUSHING && stream->out.len == 0 && !stream->input_ended) {
        stream_shut(stream);
        stream->state = STREAM_LINGERING;
    }
    if (stream->state >= STREAM_FLUSHING && stream->out.len == 0 && stream->input_ended)
        stream->state = STREAM_OVER;
}

void stream_flush(struct stream *stream)
{
    ssize_t sent = 0;

    if (stream->state != STREAM_OVER && !stream->is_broken && stream_has_output(stream))
        sent = send_all(stream);
    if (sent < 0 && !is_passing(errno))
        stream->is_broken = 1;
    else if (sent > 0)
        drop_sent(stream, (size_t)sent);
    if (stream->is_broken || stream->state == STREAM_OVER)
        drop_all(stream);
    else if (stream->lent_len > 0)
        keep_lent(stream);
    end_if_done(stream);
}

/* ---- the loop ---- */

static int reads_on(const struct stream *stream, int reads)
{
    return !stream->input_ended && (stream->state != STREAM_OPEN || reads);
}

/* While the owner does not read, recv() cannot report a failure, so the stream acts on it here. */
void stream_serve(struct stream *stream, int reads)
{
    if (stream->ready & POLLER_FAILED && !reads_on(stream, reads))
        stream->state = STREAM_OVER;
    if (stream->state == STREAM_FLUSHING || stream->state == STREAM_LINGERING)
        throw_away_input(stream);
}

void stream_close(struct stream *stream, uint64_t now)
{
    if (stream->state != STREAM_OPEN)
        return;
    stream->state = STREAM_FLUSHING;
    stream->deadline = now + STREAM_LINGER;
}

unsigned stream_wants(const struct stream *stream, int reads)
{
    if (stream->state == STREAM_OVER)
        return 0;
    return (reads_on(stream, reads) ? POLLER_IN : 0) | (stream->out.len > 0 ? POLLER_OUT : 0);
}

int stream_is_over(const struct stream *stream, uint64_t now)
{
    return stream->state == STREAM_OVER || now >= stream_deadline(stream);
}

uint64_t stream_deadline(const struct stream *stream)
{
    return stream->state == STREAM_OPEN ? UINT64_MAX : stream->deadline;
}

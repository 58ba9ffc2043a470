/* slogout for POSIX hosts: a clock, timeouts, and a close that loses no output.
 *
 * This header is optional. All of it is inline: the library neither contains nor needs it. In strict C99,
 * define _POSIX_C_SOURCE as 200809L before the first #include. slogout_now_ms(3) has an example.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_HOST_H
#define SLOGOUT_HOST_H

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <slogout/slogout.h>

/* Returns the time of the monotonic clock in milliseconds, rounded down. */
static inline uint64_t slogout_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)(now.tv_nsec / 1000000);
}

/* Returns a timeout for poll(): the milliseconds from now_ms to deadline_ms, 0 if that has passed, or -1 for
 * SLOGOUT_NEVER. slogout_poll_timeout() does this for the deadline of a slogout; this function is for the
 * earliest of several deadlines, and for timers that take milliseconds. */
static inline int slogout_timeout(uint64_t deadline_ms, uint64_t now_ms)
{
    if (deadline_ms == SLOGOUT_NEVER)
        return -1;
    if (deadline_ms <= now_ms)
        return 0;
    return deadline_ms - now_ms < INT_MAX ? (int)(deadline_ms - now_ms) : INT_MAX;
}

/* Returns the same as a struct timeval, for select() and libevent. deadline_ms must not be SLOGOUT_NEVER. */
static inline struct timeval slogout_timeval(uint64_t deadline_ms, uint64_t now_ms)
{
    const int ms = slogout_timeout(deadline_ms, now_ms);
    struct timeval timeout;

    timeout.tv_sec = ms / 1000;
    timeout.tv_usec = ms % 1000 * 1000;
    return timeout;
}

/* A lingering close. close() with unread input makes the kernel reset the connection, which loses the last
 * output. So the host sends what is queued, ends its direction, and reads until the peer has ended the other
 * direction, all by a deadline. Owns no descriptor. A struct of zeros is a connection that is not closing. */
struct slogout_linger {
    uint64_t deadline_ms; /* when to close at the latest; 0: not closing */
    int is_shut;          /* shutdown(SHUT_WR) was called */
    int input_ended;      /* the peer's end of file was read: do not poll for input any more */
};

/* Begins to close a connection, for timeout_ms at the most. Does nothing if that has begun already. */
static inline void slogout_linger_begin(struct slogout_linger *linger, uint64_t now_ms, uint32_t timeout_ms)
{
    if (!linger->deadline_ms)
        linger->deadline_ms = now_ms + timeout_ms + !(now_ms + timeout_ms);
}

/* Continues the close of fd, which must be a socket. Call it when fd is readable, when the queue has been
 * sent, and at deadline_ms; at any other time it does no harm. flushed is not 0 if nothing is queued. Reads
 * at most once, and does not block. Returns 1 when the host should close fd, and 0 until then. */
static inline int slogout_linger_step(struct slogout_linger *linger, int fd, int flushed, uint64_t now_ms)
{
    char octets[4096];
    ssize_t got;

    if (now_ms >= linger->deadline_ms)
        return 1;
    if (flushed && !linger->is_shut) {
        if (shutdown(fd, SHUT_WR) < 0)
            return 1;
        linger->is_shut = 1;
    }
    if (!linger->input_ended) {
        got = recv(fd, octets, sizeof octets, MSG_DONTWAIT);
        if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return 1;
        linger->input_ended = got == 0;
    }
    return linger->is_shut && linger->input_ended;
}

#endif

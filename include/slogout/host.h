/* SPDX-License-Identifier: BSD-2-Clause */
/* slogout for POSIX hosts: a clock, a wait for hosts that block, and a close that loses no output.
 *
 * This header is optional. All functions are inline; the library neither contains nor needs them. In strict
 * C99, define _POSIX_C_SOURCE as 200809L before any #include. slogout_now_ms(3) has an example.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLOGOUT_HOST_H
#define SLOGOUT_HOST_H

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <slogout/slogout.h>

#ifdef __cplusplus
#define SLO_U64(number) static_cast<uint64_t>(number)
#else
#define SLO_U64(number) ((uint64_t)(number))
#endif

/* Returns the time of the monotonic clock in milliseconds, rounded down. */
static inline uint64_t slogout_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return SLO_U64(now.tv_sec) * 1000 + SLO_U64(now.tv_nsec / 1000000);
}

#undef SLO_U64

/* The reason why slogout_wait() has returned. After SIGNAL and TICK, the host must send its queued output and
 * check whether close_connection has been called. */
enum slogout_wake {
    SLOGOUT_WAKE_READY,  /* the descriptor has one of the events, or an error or hang-up */
    SLOGOUT_WAKE_LIMIT,  /* limit_ms has passed */
    SLOGOUT_WAKE_SIGNAL, /* signals has input, which the host must read */
    SLOGOUT_WAKE_TICK,   /* a timer of slogout was due, so callbacks may have been called */
    SLOGOUT_WAKE_ERROR   /* poll() has failed, and errno is not EINTR */
};

/* Waits in a host that blocks. The host calls this function in place of poll() before its lowest-level read,
 * before its lowest-level write, and in IDLE. The wait ends when fd has one of the events of poll() or a
 * hang-up, when signals has input, at limit_ms, or at slogout_deadline(). At slogout_deadline() the function
 * calls slogout_tick(). limit_ms is on the clock of slogout_now_ms(); SLOGOUT_NEVER means no limit. signals
 * is the reading end of a pipe or a signalfd. fd and signals may each be -1. After EINTR the wait continues.
 *
 * If several reasons apply, the function returns the first of TICK, SIGNAL, READY and LIMIT. But if a timer
 * becomes due while poll() reports SIGNAL or READY, the next call returns TICK. Before the next call, feed
 * all input that has been read, so that an answer that came in time reaches the library before the answer
 * timer expires. The function keeps no state, so calls for several descriptors may be nested, but the
 * function must not be called inside a callback. If a TLS library holds input that it has already decrypted,
 * pass 0 as limit_ms. [calls back] */
static inline enum slogout_wake slogout_wait(struct slogout *slogout, int fd, short events, uint64_t limit_ms,
                                             int signals)
{
    for (;;) {
        struct pollfd polls[2] = {{fd, events, 0}, {signals, POLLIN, 0}};
        uint64_t deadline_ms = slogout_deadline(slogout);
        uint64_t now_ms = slogout_now_ms();
        const int is_due = deadline_ms <= now_ms;

        if (is_due) {
            slogout_tick(slogout, now_ms);
            return SLOGOUT_WAKE_TICK;
        }
        if (limit_ms < deadline_ms)
            deadline_ms = limit_ms;
        if (poll(polls, 2, slogout_poll_timeout(deadline_ms, now_ms)) < 0 && errno != EINTR)
            return SLOGOUT_WAKE_ERROR;
        if (polls[1].revents)
            return SLOGOUT_WAKE_SIGNAL;
        if (polls[0].revents)
            return SLOGOUT_WAKE_READY;
        if (slogout_now_ms() >= limit_ms)
            return SLOGOUT_WAKE_LIMIT;
    }
}

/* A lingering close. After a close() with unread input, the kernel resets the connection, and recent output
 * is lost. To prevent this, the host sends its queued output, shuts down its side, and reads until the peer
 * has closed the other side, all by a deadline. The struct does not own the descriptor. If all members are 0,
 * the connection is not closing. */
struct slogout_linger {
    uint64_t deadline_ms; /* the host closes by this time; 0: not closing */
    int is_shut;          /* shutdown(SHUT_WR) was called */
    int input_ended;      /* the peer's end of file was read; do not poll for more input */
};

/* Begins to close a connection, which takes at most timeout_ms. Does nothing if the close has begun
 * already. */
static inline void slogout_linger_begin(struct slogout_linger *linger, uint64_t now_ms, uint32_t timeout_ms)
{
    if (!linger->deadline_ms)
        linger->deadline_ms = now_ms + timeout_ms + !(now_ms + timeout_ms);
}

/* Continues the close of fd, which must be a socket. The host must have begun the close. Call the function
 * when fd is readable, when the queue has been sent, and at deadline_ms; a call at any other time during the
 * close does no harm. flushed must be 0 while output is queued.
 * Reads and discards all input, as edge-triggered epoll requires, but at most 4,096,000 octets; the receive
 * buffer of a socket rarely holds more. Does not block. Returns 1 when the host should close fd, and 0 until
 * then. */
static inline int slogout_linger_step(struct slogout_linger *linger, int fd, int flushed, uint64_t now_ms)
{
    char octets[4096];
    ssize_t got;
    int reads;

    if (now_ms >= linger->deadline_ms)
        return 1;
    if (flushed && !linger->is_shut) {
        if (shutdown(fd, SHUT_WR) < 0)
            return 1;
        linger->is_shut = 1;
    }
    for (reads = 0; reads < 1000 && !linger->input_ended; reads++) {
        got = recv(fd, octets, sizeof octets, MSG_DONTWAIT);
        linger->input_ended = got == 0;
        if (got >= 0 || errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return 1;
        break;
    }
    return linger->is_shut && linger->input_ended;
}

/* Continues the close in a host that blocks, and returns only when the host should close fd. The host must
 * have begun the close and sent all queued output. After EINTR the wait continues. */
static inline void slogout_linger_wait(struct slogout_linger *linger, int fd)
{
    struct pollfd input = {fd, POLLIN, 0};

    while (!slogout_linger_step(linger, fd, 1, slogout_now_ms()))
        poll(&input, 1, slogout_poll_timeout(linger->deadline_ms, slogout_now_ms()));
}

#endif

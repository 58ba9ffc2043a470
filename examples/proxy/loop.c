/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <slogout/host.h>
#include "loop.h"

#define EVENTS 256 /* of the poller in one turn */

/* ---- connections ---- */

void loop_touch(struct peer *peer)
{
    if (peer->is_touched || !peer->loop)
        return;
    peer->is_touched = 1;
    peer->next_touched = peer->loop->touched;
    peer->loop->touched = peer;
}

void loop_unwatch(struct peer *peer, unsigned stream)
{
    if (peer->loop)
        poller_forget(peer->loop->poller, &peer->streams[stream]->watch);
}

static int make_room(struct loop *loop)
{
    const size_t room = loop->room ? loop->room * 2 : 64;
    struct peer **peers;

    if (alarms_reserve(&loop->alarms, loop->count + 1) < 0)
        return -1;
    if (loop->count < loop->room)
        return 0;
    peers = realloc(loop->peers, room * sizeof(struct peer *));
    if (!peers)
        return -1;
    loop->peers = peers;
    loop->room = room;
    return 0;
}

static void change_load(struct loop *loop, int by)
{
    pthread_mutex_lock(&loop->arrivals_mutex);
    loop->load += (size_t)by;
    pthread_mutex_unlock(&loop->arrivals_mutex);
}

static void add_peer(struct loop *loop, const struct arrival *arrival)
{
    struct peer *peer = NULL;

    if (make_room(loop) == 0)
        peer = relay_new(arrival->fd, &arrival->address, &loop->relays, loop->slogout, arrival->number,
                         loop->now);
    if (!peer) {
        close(arrival->fd);
        change_load(loop, -1);
        return;
    }
    peer->loop = loop;
    peer->place = loop->count;
    loop->peers[loop->count++] = peer;
    loop_touch(peer);
}

/* Moves the last peer to its place. The peer must not be in the list of touched peers. */
static void remove_peer(struct loop *loop, struct peer *peer)
{
    const size_t place = peer->place;
    unsigned i;

    loop->cut_off += (unsigned)(loop->is_leaving && relay_is_cut_off(peer));
    for (i = 0; i < PEER_STREAMS; i++)
        if (peer->streams[i])
            poller_forget(loop->poller, &peer->streams[i]->watch);
    alarms_set(&loop->alarms, &peer->alarm, ALARM_NEVER);
    loop->peers[place] = loop->peers[--loop->count];
    loop->peers[place]->place = place;
    peer->loop = NULL;
    relay_free(peer);
    change_load(loop, -1);
}

static void flush(struct peer *peer)
{
    unsigned i;

    for (i = 0; i < PEER_STREAMS; i++)
        if (peer->streams[i])
            stream_flush(peer->streams[i]);
}

/* Registers what the peer waits for, and closes a descriptor that is not needed. Returns -1 if the system cannot
 * watch the peer. */
static int settle(struct loop *loop, struct peer *peer)
{
    unsigned i;

    for (i = 0; i < PEER_STREAMS; i++) {
        struct stream *stream = peer->streams[i];
        if (!stream)
            continue;
        if (stream->state == STREAM_OVER) {
            poller_forget(loop->poller, &stream->watch);
            stream_release(stream);
        } else if (poller_set(loop->poller, &stream->watch, relay_wants(peer, i)) < 0) {
            return -1;
        }
    }
    alarms_set(&loop->alarms, &peer->alarm, relay_deadline(peer));
    return 0;
}

void loop_settle(struct loop *loop)
{
    struct peer *peer;

    while ((peer = loop->touched)) {
        loop->touched = peer->next_touched;
        peer->is_touched = 0;
        loop->has_changed = 1;
        flush(peer);
        if (relay_is_over(peer, loop->now) || settle(loop, peer) < 0)
            remove_peer(loop, peer);
    }
}

/* ---- new clients ---- */

void loop_take(struct loop *loop, const struct arrival *arrival)
{
    change_load(loop, 1);
    add_peer(loop, arrival);
}

static int keep_arrival(struct loop *loop, const struct arrival *arrival)
{
    const size_t room = loop->arrivals_room ? loop->arrivals_room * 2 : 64;
    struct arrival *arrivals = loop->arrivals;

    if (loop->arrived == loop->arrivals_room) {
        arrivals = realloc(loop->arrivals, room * sizeof *arrivals);
        if (!arrivals)
            return -1;
        loop->arrivals = arrivals;
        loop->arrivals_room = room;
    }
    loop->arrivals[loop->arrived++] = *arrival;
    loop->load++;
    return 0;
}

void loop_give(struct loop *loop, const struct arrival *arrival)
{
    int is_first, failed;

    pthread_mutex_lock(&loop->arrivals_mutex);
    is_first = loop->arrived == 0;
    failed = keep_arrival(loop, arrival) < 0;
    pthread_mutex_unlock(&loop->arrivals_mutex);
    if (failed)
        close(arrival->fd);
    else if (is_first)
        loop_wake(loop);
}

/* Copies them, because the mutex must not be held while a connection is made. */
static size_t next_arrivals(struct loop *loop, struct arrival *arrivals, size_t room)
{
    size_t count = 0;

    pthread_mutex_lock(&loop->arrivals_mutex);
    while (count < room && loop->arrived > 0)
        arrivals[count++] = loop->arrivals[--loop->arrived];
    pthread_mutex_unlock(&loop->arrivals_mutex);
    return count;
}

static void take_arrivals(struct loop *loop)
{
    struct arrival arrivals[16];
    size_t count, i;

    while ((count = next_arrivals(loop, arrivals, sizeof arrivals / sizeof *arrivals)) > 0)
        for (i = 0; i < count; i++)
            add_peer(loop, &arrivals[i]);
}

size_t loop_load(struct loop *loop)
{
    size_t load;

    pthread_mutex_lock(&loop->arrivals_mutex);
    load = loop->load;
    pthread_mutex_unlock(&loop->arrivals_mutex);
    return load;
}

/* ---- leaving ---- */

/* A drain does not accept a session that waits for an instant of its own. */
static void add_to_drain(struct loop *loop, struct slogout_session *session)
{
    if (slogout_drain_add(loop->drain, session, 0) == 0 ||
        slogout_session_state(session) != SLOGOUT_STATE_WAITING)
        return;
    slogout_session_cancel(session);
    slogout_drain_add(loop->drain, session, 0);
}

void loop_leave(struct loop *loop)
{
    size_t i;

    take_arrivals(loop);
    askings_end(&loop->askings);
    for (i = 0; i < loop->count; i++)
        add_to_drain(loop, loop->peers[i]->session);
    loop->is_leaving = 1;
}

void loop_hurry(struct loop *loop)
{
    size_t i;

    for (i = 0; i < loop->count; i++) {
        relay_hurry(loop->peers[i], loop->now);
        loop_touch(loop->peers[i]);
    }
}

/* When every session must have its outcome, connections that are in no drain are closed too. When the program must
 * exit, all remaining connections are cut off. */
static void keep_deadline(struct loop *loop)
{
    if (loop->now >= loop->late_ms) {
        loop->late_ms = UINT64_MAX;
        loop_hurry(loop);
    }
    if (loop->now < loop->gone_by_ms)
        return;
    loop_settle(loop);
    while (loop->count > 0)
        remove_peer(loop, loop->peers[loop->count - 1]);
    slogout_tick(loop->slogout, loop->now);
}

uint64_t loop_remaining(const struct loop *loop)
{
    const struct slogout_counts *counts = slogout_drain_get_counts(loop->drain);

    return counts->state[SLOGOUT_STATE_WAITING] + counts->state[SLOGOUT_STATE_PENDING] +
           counts->state[SLOGOUT_STATE_ASKED] + counts->state[SLOGOUT_STATE_LEAVING];
}

int loop_is_done(const struct loop *loop)
{
    return loop->is_over && loop->count == 0;
}

static void done(struct slogout_drain *drain, void *user_data)
{
    struct loop *loop = user_data;

    (void)drain;
    loop->is_over = 1;
}

/* ---- turns ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_deadline(const struct loop *loop)
{
    const uint64_t deadline = earlier(slogout_deadline(loop->slogout), alarms_next(&loop->alarms));

    return earlier(deadline, earlier(loop->late_ms, loop->gone_by_ms));
}

static int wait_for_events(struct loop *loop, struct poller_event *events, uint64_t limit_ms)
{
    const int timeout = slogout_poll_timeout(earlier(next_deadline(loop), limit_ms), slogout_now_ms());
    int count;

    pthread_mutex_unlock(&loop->mutex);
    count = poller_wait(loop->poller, events, EVENTS, timeout);
    pthread_mutex_lock(&loop->mutex);
    return count < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : count;
}

static void clear_wakes(const struct loop *loop)
{
    char octets[64];

    while (read(loop->wakes.fd, octets, sizeof octets) == sizeof octets)
        ;
}

static void serve(struct loop *loop)
{
    struct alarm *alarm;
    struct peer *peer;

    while ((alarm = alarms_take_due(&loop->alarms, loop->now)))
        loop_touch((struct peer *)(void *)alarm);
    for (peer = loop->touched; peer; peer = peer->next_touched)
        relay_serve(peer, loop->now);
}

/* Handles input before the tick, so that an answer in time precedes the timer. Nothing blocks, so the same time is
 * right for the whole turn. */
int loop_turn(struct loop *loop, uint64_t limit_ms,
              void (*other)(struct poller_watch *watch, unsigned ready, void *user), void *user)
{
    struct poller_event events[EVENTS];
    const int count = wait_for_events(loop, events, limit_ms);
    int i;

    if (count < 0)
        return -1;
    loop->now = slogout_now_ms();
    for (i = 0; i < count; i++) {
        if (events[i].watch == &loop->wakes) {
            clear_wakes(loop);
        } else if (events[i].watch->is_foreign) {
            other(events[i].watch, events[i].ready, user);
        } else {
            struct stream *stream = (struct stream *)(void *)events[i].watch;
            stream_note(stream, events[i].ready);
            loop_touch(stream->owner);
        }
    }
    take_arrivals(loop);
    serve(loop);
    slogout_tick(loop->slogout, loop->now);
    keep_deadline(loop);
    if (loop->is_leaving && loop->settled_ms == UINT64_MAX && !loop_remaining(loop))
        loop->settled_ms = loop->now;
    loop->has_changed |= count > 0;
    loop_settle(loop);
    return 0;
}

void loop_wake(struct loop *loop)
{
    ssize_t written = 0;

    if (loop->wakes.fd >= 0)
        written = write(loop->wake_fd, "", 1);
    (void)written; /* when the pipe is full, the loop is awake */
}

/* ---- start and end ---- */

static int open_wakes(struct loop *loop)
{
    int fds[2];
    int i;

    if (pipe(fds) < 0)
        return -1;
    loop->wakes.fd = fds[0];
    loop->wake_fd = fds[1];
    for (i = 0; i < 2; i++)
        if (fcntl(fds[i], F_SETFL, O_NONBLOCK) < 0 || fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0)
            return -1;
    return poller_set(loop->poller, &loop->wakes, POLLER_IN);
}

int loop_init(struct loop *loop, const struct slogout_settings *settings, const struct relay_settings *relays)
{
    static const struct loop fresh = {.wakes = {.fd = -1},
                                      .wake_fd = -1,
                                      .late_ms = UINT64_MAX,
                                      .gone_by_ms = UINT64_MAX,
                                      .settled_ms = UINT64_MAX};
    int error;

    *loop = fresh;
    pthread_mutex_init(&loop->mutex, NULL);
    pthread_mutex_init(&loop->arrivals_mutex, NULL);
    loop->relays = *relays;
    loop->now = slogout_now_ms();
    error = slogout_new(&loop->slogout, settings);
    if (!error)
        error = slogout_drain_new(&loop->drain, loop->slogout, done, loop);
    if (error)
        return error;
    loop->poller = poller_new();
    return !loop->poller || make_room(loop) < 0 || open_wakes(loop) < 0 ? LOOP_SYSTEM : 0;
}

void loop_free(struct loop *loop)
{
    take_arrivals(loop);
    while (loop->count > 0)
        remove_peer(loop, loop->peers[loop->count - 1]);
    if (loop->wakes.fd >= 0) {
        close(loop->wakes.fd);
        close(loop->wake_fd);
    }
    poller_free(loop->poller);
    alarms_free(&loop->alarms);
    free(loop->peers);
    free(loop->arrivals);
    askings_end(&loop->askings);
    slogout_drain_free(loop->drain);
    slogout_free(loop->slogout);
    pthread_mutex_destroy(&loop->mutex);
    pthread_mutex_destroy(&loop->arrivals_mutex);
}

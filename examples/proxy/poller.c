/* SPDX-License-Identifier: BSD-2-Clause */
/* Define POLLER_KQUEUE or POLLER_POLL to choose the mechanism. struct epoll_event is packed, which only compilers with
 * the attributes of GNU C support; tcc does not. The headers of BSD and macOS have no kqueue when _POSIX_C_SOURCE is
 * defined. */
#if !defined POLLER_KQUEUE && !defined POLLER_POLL
#if defined __linux__ && defined __GNUC__
#define POLLER_EPOLL
#elif defined __APPLE__ || defined __FreeBSD__ || defined __NetBSD__ || defined __OpenBSD__ ||               \
    defined __DragonFly__
#define POLLER_KQUEUE
#else
#define POLLER_POLL
#endif
#endif
#ifndef POLLER_KQUEUE
#define _POSIX_C_SOURCE 200809L
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include "poller.h"

#define EVENTS_MAX 256 /* taken from the system in one wait */

#if defined POLLER_EPOLL
#include <sys/epoll.h>

struct poller {
    int fd;
};

static int open_queue(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

int poller_set(struct poller *poller, struct poller_watch *watch, unsigned wanted)
{
    struct epoll_event event = {.events = (wanted & POLLER_IN ? (uint32_t)EPOLLIN : 0) |
                                          (wanted & POLLER_OUT ? (uint32_t)EPOLLOUT : 0),
                                .data.ptr = watch};
    const int what = !watch->wanted ? EPOLL_CTL_ADD : wanted ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

    if (wanted == watch->wanted)
        return 0;
    if (epoll_ctl(poller->fd, what, watch->fd, &event) < 0 && wanted)
        return -1;
    watch->wanted = wanted;
    return 0;
}

int poller_wait(struct poller *poller, struct poller_event *events, int room, int timeout_ms)
{
    struct epoll_event ready[EVENTS_MAX];
    const int count = epoll_wait(poller->fd, ready, room < EVENTS_MAX ? room : EVENTS_MAX, timeout_ms);
    int i;

    for (i = 0; i < count; i++) {
        const uint32_t set = ready[i].events;
        events[i].watch = ready[i].data.ptr;
        events[i].ready = (set & EPOLLIN ? POLLER_IN : 0) | (set & EPOLLOUT ? POLLER_OUT : 0) |
                          (set & (EPOLLERR | EPOLLHUP) ? POLLER_FAILED : 0);
    }
    return count;
}

#elif defined POLLER_KQUEUE
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>

struct poller {
    int fd;
};

static int open_queue(void)
{
    const int fd = kqueue();

    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* Adds or removes one of the two filters of a watch, if it changes. */
static int change(struct poller *poller, struct poller_watch *watch, unsigned wanted, unsigned bit,
                  short filter)
{
    struct kevent event;

    if ((wanted & bit) == (watch->wanted & bit))
        return 0;
    EV_SET(&event, (uintptr_t)watch->fd, filter, wanted & bit ? EV_ADD : EV_DELETE, 0, 0, (void *)watch);
    return kevent(poller->fd, &event, 1, NULL, 0, NULL) < 0 && (wanted & bit) ? -1 : 0;
}

int poller_set(struct poller *poller, struct poller_watch *watch, unsigned wanted)
{
    if (change(poller, watch, wanted, POLLER_IN, EVFILT_READ) < 0)
        return -1;
    watch->wanted = (watch->wanted & ~POLLER_IN) | (wanted & POLLER_IN);
    if (change(poller, watch, wanted, POLLER_OUT, EVFILT_WRITE) < 0)
        return -1;
    watch->wanted = wanted;
    return 0;
}

/* EV_EOF on the read filter is input, which recv() explains; on the write filter it is a failure. */
int poller_wait(struct poller *poller, struct poller_event *events, int room, int timeout_ms)
{
    struct kevent ready[EVENTS_MAX];
    const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    const int count = kevent(poller->fd, NULL, 0, ready, room < EVENTS_MAX ? room : EVENTS_MAX,
                             timeout_ms < 0 ? NULL : &timeout);
    int i;

    for (i = 0; i < count; i++) {
        events[i].watch = (struct poller_watch *)ready[i].udata;
        if (ready[i].filter == EVFILT_READ)
            events[i].ready = POLLER_IN;
        else
            events[i].ready = POLLER_OUT | (ready[i].flags & EV_EOF ? POLLER_FAILED : 0);
    }
    return count;
}

#else
#include <poll.h>

struct poller {
    int fd; /* -1: poll() has no descriptor of its own */
    struct pollfd *polls;
    struct poller_watch **watches; /* at the same indexes */
    size_t count, room;
    size_t first; /* where the next wait begins to look, so that no watch starves */
};

static int make_room(struct poller *poller)
{
    const size_t room = poller->room ? poller->room * 2 : 64;
    struct pollfd *polls;
    struct poller_watch **watches;

    if (poller->count < poller->room)
        return 0;
    polls = realloc(poller->polls, room * sizeof *polls);
    if (polls)
        poller->polls = polls;
    watches = realloc(poller->watches, room * sizeof(struct poller_watch *));
    if (watches)
        poller->watches = watches;
    if (!polls || !watches)
        return -1;
    poller->room = room;
    return 0;
}

/* Moves the last watch to the place of one that goes. */
static void remove_watch(struct poller *poller, const struct poller_watch *watch)
{
    const size_t last = --poller->count;

    poller->polls[watch->place] = poller->polls[last];
    poller->watches[watch->place] = poller->watches[last];
    poller->watches[watch->place]->place = watch->place;
}

int poller_set(struct poller *poller, struct poller_watch *watch, unsigned wanted)
{
    const struct pollfd poll = {
        watch->fd, (short)((wanted & POLLER_IN ? POLLIN : 0) | (wanted & POLLER_OUT ? POLLOUT : 0)), 0};

    if (!wanted && watch->wanted)
        remove_watch(poller, watch);
    if (wanted && !watch->wanted) {
        if (make_room(poller) < 0)
            return -1;
        watch->place = (unsigned)poller->count++;
        poller->watches[watch->place] = watch;
    }
    if (wanted)
        poller->polls[watch->place] = poll;
    watch->wanted = wanted;
    return 0;
}

int poller_wait(struct poller *poller, struct poller_event *events, int room, int timeout_ms)
{
    int left = poll(poller->polls, (nfds_t)poller->count, timeout_ms);
    int count = 0;
    size_t i;

    if (left < 0)
        return -1;
    for (i = 0; i < poller->count && left > 0 && count < room; i++) {
        const size_t place = (poller->first + i) % poller->count;
        const short set = poller->polls[place].revents;
        if (!set)
            continue;
        left--;
        events[count].watch = poller->watches[place];
        events[count++].ready = (set & POLLIN ? POLLER_IN : 0) | (set & POLLOUT ? POLLER_OUT : 0) |
                                (set & (POLLERR | POLLHUP | POLLNVAL) ? POLLER_FAILED : 0);
    }
    poller->first = poller->count ? (poller->first + i) % poller->count : 0;
    return count;
}

#endif

/* epoll and kqueue forget a descriptor when it is closed. */
void poller_forget(struct poller *poller, struct poller_watch *watch)
{
#ifdef POLLER_POLL
    poller_set(poller, watch, 0);
#else
    (void)poller;
    watch->wanted = 0;
#endif
}

struct poller *poller_new(void)
{
    struct poller *poller = calloc(1, sizeof *poller);

    if (!poller)
        return NULL;
    poller->fd = -1;
#ifndef POLLER_POLL
    poller->fd = open_queue();
    if (poller->fd < 0) {
        free(poller);
        return NULL;
    }
#endif
    return poller;
}

void poller_free(struct poller *poller)
{
    if (!poller)
        return;
#ifdef POLLER_POLL
    free(poller->polls);
    free(poller->watches);
#else
    close(poller->fd);
#endif
    free(poller);
}

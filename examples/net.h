/* Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
/* Code that the example programs share besides IMAP, for the command line, sockets, signals, a client with
 * its session, and a loop on poll(). Only the last two parts call slogout. */
#ifndef EXAMPLES_NET_H
#define EXAMPLES_NET_H

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <slogout/drain.h>
#include <slogout/host.h>
#include "imap.h"

#define NET_LINGER_MS 5000  /* the time that a client has to read the last output and to close */
#define NET_CLIENTS   50000 /* of one loop */
#define NET_BATCH     100 /* clients accepted, or reads from one client, before other clients have their turn */
#define NET_LAST_MS   1000 /* for the kernel's queue when the port closes; a flood keeps the queue full */

/* ---- command line ---- */

struct net_options {
    const char *listen;
    struct slogout_settings settings;
    struct slogout_plan plan;
    uint32_t write_timeout_ms; /* the longest time of a flush that blocks */
};

static inline void net_exit(int status, const char *word, const char *why)
{
    fprintf(stderr, "%s: %s\n", word, why);
    exit(status);
}

struct net_option {
    const char *name;
    uint32_t *value, min;
    const char *words[2]; /* for the values 0 and 1; without words, the value is a number */
};

/* Returns 1, or 0 if the table does not have the option or the text is not a valid value. */
static inline int net_set_option(const struct net_option *option, const char *name, const char *text)
{
    const size_t len = strspn(text, "0123456789");
    unsigned long long number;

    while (option->name && strcmp(option->name, name) != 0)
        option++;
    if (!option->name)
        return 0;
    number = option->words[0] ? strcmp(text, option->words[0]) != 0 : strtoull(text, NULL, 10);
    *option->value = (uint32_t)number;
    if (option->words[0])
        return strcmp(text, option->words[number]) == 0;
    return len > 0 && len <= 10 && !text[len] && number >= option->min && number <= UINT32_MAX;
}

/* Reads the command line of a server. On failure, prints one line and ends the program with status 2. */
static inline void net_options(struct net_options *options, char **argv)
{
    static const struct net_options defaults = {
        .listen = "127.0.0.1:1143",
        .settings = {.size = sizeof(struct slogout_settings), .leave_timeout_ms = 5000},
        .plan = {.size = sizeof(struct slogout_plan), .spread_ms = 10000},
        .write_timeout_ms = 60000,
    };
    struct slogout_settings *settings = &options->settings;
    uint32_t asks_all = 0, waits = 0, deadline_ms = 0;
    const struct net_option table[] = {
        {"--ask", &asks_all, 0, {"enabled", "all"}},
        {"--on-refusal", &waits, 0, {"bye", "wait"}},
        {"--answer-timeout", &settings->answer_timeout_ms, 32001, {NULL, NULL}},
        {"--ready-timeout", &settings->ready_timeout_ms, 1, {NULL, NULL}},
        {"--leave-timeout", &settings->leave_timeout_ms, 1, {NULL, NULL}},
        {"--write-timeout", &options->write_timeout_ms, 1, {NULL, NULL}},
        {"--spread", &options->plan.spread_ms, 0, {NULL, NULL}},
        {"--deadline", &deadline_ms, 1, {NULL, NULL}},
        {"--max-in-flight", &options->plan.max_in_flight, 0, {NULL, NULL}},
        {"--rate", &options->plan.rate, 0, {NULL, NULL}},
        {"--seed", &options->plan.seed, 0, {NULL, NULL}},
        {NULL, NULL, 0, {NULL, NULL}},
    };

    *options = defaults;
    options->plan.seed = (uint32_t)getpid() * 65599 + (uint32_t)slogout_now_ms();
    for (argv++; *argv; argv += 2)
        if (argv[1] && strcmp(*argv, "--listen") == 0)
            options->listen = argv[1];
        else if (!argv[1] || !net_set_option(table, *argv, argv[1]))
            net_exit(2, *argv, "unknown option, or an option without a valid value");
    settings->ask = asks_all ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED;
    settings->on_refusal = waits ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE;
    options->plan.tail_ms = options->plan.spread_ms / 10;
    options->plan.deadline_ms = deadline_ms;
}

/* Creates a slogout, and checks the plan while it can still be changed. Without --deadline, the deadline is the
 * shortest that the plan can keep, plus 10 s. On failure, prints one line and ends the program with status 2. */
static inline struct slogout *net_slogout(struct net_options *options)
{
    struct slogout_plan *plan = &options->plan;
    struct slogout_advice advice = {0};
    struct slogout *slogout = NULL;
    int error = slogout_new(&slogout, &options->settings);

    if (!error)
        error = slogout_plan_check(slogout, plan, 1, &advice);
    if (!plan->deadline_ms)
        plan->deadline_ms = advice.shortest_deadline_ms + 10000;
    if (error == SLOGOUT_ERR_PLAN)
        fprintf(stderr, "--deadline must be at least %lu, or ", (unsigned long)advice.shortest_deadline_ms);
    if (error)
        net_exit(2, "the other options must change", slogout_strerror(error));
    return slogout;
}

/* ---- sockets ---- */

/* Returns a socket that bind() or connect() has attached to a numeric address, such as 127.0.0.1:143 or
 * [::1]:143. On failure, prints one line and ends the program. */
static inline int net_open(const char *address, int (*attach)(int, const struct sockaddr *, socklen_t))
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(address, ':');
    const int brackets = *address == '[' && colon && colon[-1] == ']';
    const int yes = 1;
    struct addrinfo *info = NULL;
    char host[64];
    int fd;

    snprintf(host, sizeof host, "%.*s", colon ? (int)(colon - address) - 2 * brackets : 0,
             address + brackets);
    if (!colon || strtol(colon + 1, NULL, 10) > 65535 || getaddrinfo(host, colon + 1, &hints, &info) != 0)
        net_exit(2, address, "not a numeric ADDR:PORT");
    fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        attach(fd, info->ai_addr, info->ai_addrlen) < 0)
        net_exit(1, address, strerror(errno));
    freeaddrinfo(info);
    return fd;
}

static inline int net_prepare(int fd)
{
    const int yes = 1;

    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static size_t net_max_clients;

/* Returns a non-blocking socket after printing its address. On failure, prints one line and ends the program.
 * Raises the limit of descriptors. Ignores SIGPIPE, so that send() to a peer that is gone fails instead. */
static inline int net_listen(const char *address)
{
    const int fd = net_prepare(net_open(address, bind));
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    struct rlimit limit;
    char port[8];

    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < NET_CLIENTS ? limit.rlim_max : NET_CLIENTS;
    setrlimit(RLIMIT_NOFILE, &limit);
    net_max_clients = limit.rlim_cur / 4 * 3; /* without descriptors, accept() fails and poll() never waits */
    if (listen(fd, SOMAXCONN) < 0 || getsockname(fd, (struct sockaddr *)&bound, &len) < 0 ||
        getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof port, NI_NUMERICSERV) != 0)
        net_exit(1, address, strerror(errno));
    printf("listening on %.*s:%s\n", (int)(strrchr(address, ':') - address), address, port);
    fflush(stdout);
    return fd;
}

/* ---- signals, whose numbers the handler writes into a pipe that each wait watches ---- */

static int net_signals[2];

static inline void net_on_signal(int number)
{
    const int error = errno;
    const char octet = (char)number;

    if (write(net_signals[1], &octet, 1) < 0) /* the pipe is full, so it ends the wait anyway */
        errno = error;
}

static inline int net_open_pipe(int ends[2])
{
    return pipe(ends) < 0 || net_prepare(ends[0]) < 0 || net_prepare(ends[1]) < 0 ? -1 : 0;
}

static inline int net_catch(int number)
{
    const struct sigaction action = {.sa_handler = net_on_signal, .sa_flags = SA_RESTART};

    return sigaction(number, &action, NULL);
}

/* Returns the next octet of a pipe, which is the number of a signal, or 0. */
static inline int net_next_signal(int fd)
{
    char octet;

    return read(fd, &octet, 1) == 1 ? octet : 0;
}

/* ---- a client with its session ---- */

struct net_client {
    int fd; /* -1 if the event library owns the descriptor */
    struct slogout_session *session;
    struct slogout_linger linger;               /* the connection is closing if its deadline is not 0 */
    void (*changed)(struct net_client *client); /* output is queued, or the close has begun; may be NULL */
    struct imap imap;
};

/* Queues a line of slogout if its moment has come. After SLOGOUT_BUSY, net_serve() calls
 * slogout_session_resume(). */
static inline int net_send_line(struct slogout_session *session, const char *line, size_t len,
                                enum slogout_when when, void *conn)
{
    struct net_client *client = conn;

    (void)session;
    if (!imap_is_at(&client->imap, when))
        return SLOGOUT_BUSY;
    if (imap_put(&client->imap, line, len) < 0)
        return -1;
    if (client->changed)
        client->changed(client);
    return 0;
}

static inline void net_begin_to_close(struct net_client *client)
{
    slogout_linger_begin(&client->linger, slogout_now_ms(), NET_LINGER_MS);
    if (client->changed)
        client->changed(client);
}

static inline void net_close_connection(struct slogout_session *session, const struct slogout_result *result,
                                        void *conn)
{
    char text[SLOGOUT_RESULT_SIZE];

    (void)session;
    slogout_result_format(text, sizeof text, result);
    fprintf(stderr, "%s\n", text);
    net_begin_to_close(conn);
}

/* Begins to close a connection that ends without slogout. */
static inline void net_abandon(struct net_client *client, enum slogout_outcome why)
{
    slogout_session_abandon(client->session, why);
    net_begin_to_close(client);
}

static inline void net_client_free(struct net_client *client)
{
    slogout_session_abandon(client->session, SLOGOUT_OUTCOME_PEER_CLOSED); /* does nothing if it has ended */
    slogout_session_free(client->session);
    if (client->fd >= 0)
        close(client->fd);
    free(client);
}

/* Creates a client, which owns fd, as the first member of a struct of this size. If there is no memory, closes fd and
 * returns NULL. */
static inline struct net_client *net_client_new(int fd, struct slogout *slogout, size_t size)
{
    static const struct slogout_callbacks callbacks = {
        .size = sizeof callbacks,
        .send_line = net_send_line,
        .close_connection = net_close_connection,
    };
    struct net_client *client = calloc(1, size);

    if (client && slogout_session_new(&client->session, slogout, &callbacks, client) == 0) {
        client->fd = fd;
        imap_say(&client->imap, "* OK [CAPABILITY " IMAP_CAPABILITIES "] ", "ready");
        return client;
    }
    free(client);
    close(fd);
    return NULL;
}

/* Returns the next client, or NULL if there is no client or no memory. */
static inline struct net_client *net_accept(int listener, struct slogout *slogout, size_t size)
{
    const int fd = accept(listener, NULL, NULL);

    return fd < 0 ? NULL : net_client_new(net_prepare(fd), slogout, size);
}

static inline void net_react(struct net_client *client, enum imap_event event, uint64_t now)
{
    if (event == IMAP_ENABLE)
        slogout_session_set_enabled(client->session, 1);
    if (event == IMAP_DRAIN)
        slogout_session_request(client->session, NULL, now);
    if (event == IMAP_LOGOUT || event == IMAP_LOST) {
        slogout_session_abandon(client->session, event == IMAP_LOGOUT ? SLOGOUT_OUTCOME_CLIENT_LOGOUT
                                                                      : SLOGOUT_OUTCOME_HOST_CLOSED);
        imap_bye(&client->imap, event);
        net_begin_to_close(client);
    }
}

/* Handles the input. While the connection is closing, completes the response that has begun, and runs no more
 * commands. */
static inline void net_serve(struct net_client *client, uint64_t now)
{
    struct imap *imap = &client->imap;
    enum imap_event event;

    while ((!client->linger.deadline_ms || imap->state == IMAP_SENDING) &&
           (event = imap_next(imap)) != IMAP_WAIT) {
        if (event == IMAP_LINE &&
            !slogout_session_feed_line(client->session, imap->line, imap->line_len, now))
            event = imap_run(imap);
        net_react(client, event, now);
        slogout_session_resume(client->session, now);
    }
}

/* Returns 1 if all output has been sent, and each response that has begun is complete. */
static inline int net_is_flushed(const struct net_client *client)
{
    return client->imap.out_len == 0 && client->imap.state != IMAP_SENDING;
}

/* Returns the events of poll() for which a client waits. */
static inline short net_events(struct net_client *client)
{
    const struct slogout_linger *linger = &client->linger;
    const int reads = linger->deadline_ms ? !linger->input_ended : imap_room(&client->imap) > 0;
    const int is_ending = linger->deadline_ms && !linger->is_shut;
    const int writes = client->imap.out_len > 0 || client->imap.is_stalled || is_ending;

    return (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

/* Returns 1 if octets were moved, 0 if no octets can be moved now, and -1 at end of file or if the connection
 * is broken. */
static inline int net_moved(ssize_t count)
{
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS))
        return 0;
    return count > 0 ? 1 : -1;
}

/* These read and write as much as fits. Both return the same as net_moved(). */
static inline int net_read(struct net_client *client)
{
    struct imap *imap = &client->imap;
    const size_t room = imap_room(imap);
    const ssize_t got = room > 0 ? recv(client->fd, imap->in + imap->in_len, room, 0) : 0;

    imap->in_len += got > 0 ? (size_t)got : 0;
    return room > 0 ? net_moved(got) : 0;
}

static inline int net_write(struct net_client *client)
{
    struct imap *imap = &client->imap;
    const ssize_t sent = imap->out_len > 0 ? send(client->fd, imap->out, imap->out_len, 0) : 0;

    if (sent > 0)
        imap_sent(imap, (size_t)sent);
    return imap->out_len > 0 || sent > 0 ? net_moved(sent) : 0;
}

/* Reads, serves and writes once. Returns -1 if the caller must free the client, 1 if there may be more to do at
 * once, and 0 otherwise. */
static inline int net_exchange(struct net_client *client, uint64_t now)
{
    const int got = client->linger.deadline_ms ? 0 : net_read(client);
    int sent;

    if (got < 0)
        net_abandon(client, SLOGOUT_OUTCOME_PEER_CLOSED);
    net_serve(client, now);
    sent = net_write(client);
    if (sent < 0 || (client->linger.deadline_ms &&
                     slogout_linger_step(&client->linger, client->fd, net_is_flushed(client), now)))
        return -1;
    return got > 0 || sent > 0;
}

/* ---- a loop on poll() ---- */

struct net_loop {
    struct slogout *slogout;
    int wakeups;  /* the reading end of a pipe, which the caller of net_turn() reads */
    int listener; /* -1 if the loop accepts no more clients */
    size_t count;
    struct net_client *clients[NET_CLIENTS];
    struct pollfd polls[2 + NET_CLIENTS]; /* of wakeups, of listener, and of clients[i] at 2 + i */
};

/* Accepts the next client, if there is one and the loop has room. Returns 1 if it has accepted a client. */
static inline int net_loop_accept(struct net_loop *loop)
{
    struct net_client *client = NULL;

    if (loop->count < net_max_clients)
        client = net_accept(loop->listener, loop->slogout, sizeof *client);
    if (client)
        loop->clients[loop->count++] = client;
    return client != NULL;
}

/* Drains the clients. Closes the port, because the clients that leave connect again. The kernel then resets
 * the connections in its queue, so they are accepted first. A second call stops the wait for answers. */
static inline void net_leave(struct net_loop *loop, struct slogout_drain *drain,
                             const struct slogout_plan *plan, uint64_t now)
{
    const uint64_t last_ms = slogout_now_ms() + NET_LAST_MS;
    size_t i;

    if (loop->listener < 0) {
        slogout_drain_force(drain, now);
        return;
    }
    while (slogout_now_ms() < last_ms && net_loop_accept(loop))
        continue;
    close(loop->listener);
    loop->listener = -1;
    for (i = 0; i < loop->count; i++)
        slogout_drain_add(drain, loop->clients[i]->session, 0);
    if (slogout_drain_start(drain, plan, now) != 0)
        slogout_drain_force(drain, now);
}

/* Waits until limit_ms or earlier, and serves the clients that are ready. Handles input before the tick, so
 * that the library sees an answer that came in time before the answer timer expires. Nothing here blocks
 * after poll(), so the same time is right for all clients. Returns that time. */
static inline uint64_t net_turn(struct net_loop *loop, uint64_t limit_ms)
{
    const uint64_t deadline_ms = slogout_deadline(loop->slogout);
    uint64_t now = slogout_now_ms();
    struct pollfd *polls = loop->polls;
    size_t i;

    polls[0].fd = loop->wakeups;
    polls[1].fd = loop->count < net_max_clients ? loop->listener : -1;
    polls[0].events = polls[1].events = POLLIN;
    if (deadline_ms < limit_ms)
        limit_ms = deadline_ms;
    for (i = 0; i < loop->count; i++) {
        const uint64_t linger_ms = loop->clients[i]->linger.deadline_ms;
        polls[2 + i].fd = loop->clients[i]->fd;
        polls[2 + i].events = net_events(loop->clients[i]);
        if (linger_ms && linger_ms < limit_ms)
            limit_ms = linger_ms;
    }
    if (poll(polls, (nfds_t)(2 + loop->count), slogout_poll_timeout(limit_ms, now)) < 0)
        return slogout_now_ms(); /* EINTR; the next poll() reports the same */
    now = slogout_now_ms();
    for (i = loop->count; i-- > 0;) {
        struct net_client *client = loop->clients[i];
        const uint64_t linger_ms = client->linger.deadline_ms;
        if ((polls[2 + i].revents || (linger_ms && now >= linger_ms)) && net_exchange(client, now) < 0) {
            net_client_free(client);
            loop->clients[i] = loop->clients[--loop->count];
        }
    }
    slogout_tick(loop->slogout, now);
    for (i = 0; i < NET_BATCH && polls[1].revents && net_loop_accept(loop); i++)
        continue;
    return now;
}

#endif

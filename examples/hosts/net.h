/* What the example hosts share beside IMAP: command line, listening socket, signals, and non-blocking input and
 * output between a socket and struct imap. */
#ifndef HOSTS_NET_H
#define HOSTS_NET_H

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <slogout/drain.h>
#include <slogout/host.h>
#include "imap.h"

/* ---- the start ---- */

/* The time that a client has to read the last output and to close. */
#define LINGER_MS 5000

struct net_options {
    struct slogout_settings settings;
    struct slogout_plan plan;
    const char *host, *port;
    uint64_t write_timeout_ms; /* of a host that blocks: the longest time for one flush */
};

static inline int net_usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [-s SPREAD_MS] [-d DEADLINE_MS] [-r READY_TIMEOUT_MS] [-l LEAVE_TIMEOUT_MS] [-w "
            "WRITE_TIMEOUT_MS]\n"
            "       HOST PORT\n",
            program);
    return -1;
}

/* Returns 0, or -1 with a message. */
static inline int net_options(struct net_options *options, int argc, char **argv)
{
    const struct net_options defaults = {
        {.size = sizeof(struct slogout_settings), .ready_timeout_ms = 20000, .leave_timeout_ms = 5000},
        {.size = sizeof(struct slogout_plan), .spread_ms = 10000, .tail_ms = 1000, .deadline_ms = 60000},
        NULL,
        NULL,
        0,
    };
    int option;

    *options = defaults;
    options->plan.seed = (uint32_t)getpid();
    options->write_timeout_ms = 60000;
    while ((option = getopt(argc, argv, "s:d:r:l:w:")) != -1) {
        char *end;
        const unsigned long value = optarg ? strtoul(optarg, &end, 10) : 0;
        if (option == '?' || *end || end == optarg || value > 3600000)
            return net_usage(argv[0]);
        if (option == 's')
            options->plan.spread_ms = (uint32_t)value;
        else if (option == 'd')
            options->plan.deadline_ms = value;
        else if (option == 'r')
            options->settings.ready_timeout_ms = (uint32_t)value;
        else if (option == 'l')
            options->settings.leave_timeout_ms = (uint32_t)value;
        else
            options->write_timeout_ms = value;
    }
    if (argc - optind != 2)
        return net_usage(argv[0]);
    options->host = argv[optind];
    options->port = argv[optind + 1];
    return 0;
}

/* Makes a slogout, and checks the plan for SIGTERM while there is still time to change it. Returns 0, or -1 with a
 * message. */
static inline int net_slogout(struct slogout **slogout, const struct net_options *options)
{
    struct slogout_advice advice = {0, 0, 0};
    int error = slogout_new(slogout, &options->settings);

    if (!error)
        error = slogout_plan_check(*slogout, &options->plan, 1, &advice);
    if (error)
        fprintf(stderr, "%s\n", slogout_strerror(error));
    if (error == SLOGOUT_ERR_PLAN)
        fprintf(stderr, "the shortest deadline is %lu ms\n", (unsigned long)advice.shortest_deadline_ms);
    return error ? -1 : 0;
}

static inline int net_prepare(int fd)
{
    const int yes = 1;

    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return 0;
}

/* Returns a non-blocking socket after printing its address, or -1 with a message. Ignores SIGPIPE, so that send()
 * to a peer that is gone fails instead. */
static inline int net_listen(const struct net_options *options)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *info;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    char port[8];
    const int yes = 1;
    int fd;

    signal(SIGPIPE, SIG_IGN);
    if (getaddrinfo(options->host, options->port, &hints, &info) != 0) {
        fprintf(stderr, "%s %s is no address\n", options->host, options->port);
        return -1;
    }
    fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0 || net_prepare(fd) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &len) < 0 ||
        getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof port, NI_NUMERICSERV) != 0) {
        perror("cannot listen");
        return -1;
    }
    freeaddrinfo(info);
    printf("listening on %s:%s\n", options->host, port);
    fflush(stdout);
    return fd;
}

/* Returns a non-blocking connection, or -1. If the process has no descriptor left, the listener stays readable and
 * a loop would spin. So one descriptor is kept in *reserve, which is -1 at first, to accept such a client and close
 * its connection. */
static inline int net_accept(int listener, int *reserve)
{
    int fd = accept(listener, NULL, NULL);

    if (fd < 0 && (errno == EMFILE || errno == ENFILE) && *reserve >= 0) {
        close(*reserve);
        *reserve = -1;
        fd = accept(listener, NULL, NULL);
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    if (fd >= 0 && net_prepare(fd) < 0) {
        close(fd);
        fd = -1;
    }
    if (*reserve < 0)
        *reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd;
}

/* ---- signals: a handler writes into a pipe, which each wait watches ---- */

static int net_signals[2];

static inline void net_on_signal(int number)
{
    const int error = errno;
    const char octet = (char)number;

    if (write(net_signals[1], &octet, 1) < 0) /* full, so the wait ends in any case */
        errno = error;
}

/* Makes the pipe of this process. Returns 0 or -1. */
static inline int net_open_signals(void)
{
    return pipe(net_signals) < 0 || net_prepare(net_signals[0]) < 0 || net_prepare(net_signals[1]) < 0 ? -1
                                                                                                       : 0;
}

static inline int net_catch(int number)
{
    const struct sigaction action = {.sa_handler = net_on_signal, .sa_flags = SA_RESTART};

    return sigaction(number, &action, NULL);
}

/* Returns the next signal that has come, or 0. */
static inline int net_next_signal(void)
{
    char octet;

    return read(net_signals[0], &octet, 1) == 1 ? octet : 0;
}

/* ---- a client ---- */

enum { NET_INPUT = 1, NET_OUTPUT = 2 };

/* Returns what a connection waits for, which is NET_INPUT, NET_OUTPUT, both or neither. */
static inline int net_interest(struct imap *imap, const struct slogout_linger *linger)
{
    if (linger->deadline_ms)
        return (linger->input_ended ? 0 : NET_INPUT) | (linger->is_shut ? 0 : NET_OUTPUT);
    return (imap_in_room(imap) > 0 ? NET_INPUT : 0) |
           (imap->out_len > 0 || imap->is_stalled ? NET_OUTPUT : 0);
}

static inline short net_poll_events(int interest)
{
    return (short)((interest & NET_INPUT ? POLLIN : 0) | (interest & NET_OUTPUT ? POLLOUT : 0));
}

static inline void net_log(const struct slogout_result *result)
{
    char text[SLOGOUT_RESULT_SIZE];

    slogout_result_format(text, sizeof text, result);
    fprintf(stderr, "%s\n", text);
}

static inline int net_is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS;
}

/* Reads what there is room for. Returns 1 if it has read something, 0 if there is no input or no room, and -1 at
 * end of file and if the connection is broken. */
static inline int net_read(int fd, struct imap *imap)
{
    const size_t room = imap_in_room(imap);
    const ssize_t got = room > 0 ? recv(fd, imap->in + imap->in_len, room, 0) : 0;

    if (got > 0)
        imap->in_len += (size_t)got;
    if (got > 0 || room == 0)
        return got > 0;
    return got < 0 && net_is_passing(errno) ? 0 : -1;
}

/* Sends what the socket takes. Returns 0, or -1 if the connection is broken. */
static inline int net_write(int fd, struct imap *imap)
{
    const ssize_t sent = imap->out_len > 0 ? send(fd, imap->out, imap->out_len, 0) : 0;

    if (sent > 0)
        imap_sent(imap, (size_t)sent);
    return sent < 0 && !net_is_passing(errno) ? -1 : 0;
}

#endif

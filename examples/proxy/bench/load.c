/* SPDX-License-Identifier: BSD-2-Clause */
/* The two ends for bench.py: an IMAP server that needs little CPU time, and clients that measure. Linux only.
 *   load server             prints its port; greets, answers FETCH with a literal of 256 MB, and anything else with OK
 *   load bulk PORT          makes one FETCH, and prints the seconds
 *   load rounds PORT IDLE   opens IDLE connections. For each line `ACTIVE N` of standard input, ACTIVE other connections
 *                           send one NOOP after the other for N ms; if ACTIVE is 0, it connects N times, one after the
 *                           other. Prints the number of operations, and the seconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BULK   (1L << 28)
#define EVENTS 512
#define FDS    65536

static char buffer[1 << 18];
static const char greeting[] = "* OK [CAPABILITY IMAP4rev1 ENABLE] ready\r\n";
static const char login[] = "a LOGIN joe secret\r\n";
static const char noop[] = "a NOOP\r\n";
static const char done[] = "a OK done\r\n";
static const char begin[] = "* 1 FETCH (BODY[] {268435456}\r\n"; /* BULK */
static const char end[] = ")\r\na OK done\r\n";
static long to_send[FDS]; /* of a literal, by descriptor */

static void check(int ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(1);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void watch(int poll, int what, int fd, unsigned events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    check(epoll_ctl(poll, what, fd, &event) == 0, "epoll_ctl");
}

static void send_all(int fd, const char *octets, size_t len)
{
    check(send(fd, octets, len, MSG_NOSIGNAL) == (ssize_t)len, "send");
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* ---- server ---- */

static void send_literal(int poll, int fd)
{
    while (to_send[fd] > 0) {
        const size_t len = to_send[fd] < (long)sizeof buffer ? (size_t)to_send[fd] : sizeof buffer;
        const ssize_t sent = send(fd, buffer, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            watch(poll, EPOLL_CTL_MOD, fd, EPOLLOUT);
            return;
        }
        to_send[fd] -= sent;
    }
    send_all(fd, end, sizeof end - 1);
    watch(poll, EPOLL_CTL_MOD, fd, EPOLLIN);
}

static void answer(int poll, int fd)
{
    char command[4096];
    const ssize_t got = recv(fd, command, sizeof command, 0);

    if (got <= 0) {
        close(fd);
    } else if (memmem(command, (size_t)got, "FETCH", 5)) {
        send_all(fd, begin, sizeof begin - 1);
        to_send[fd] = BULK;
        send_literal(poll, fd);
    } else if (send(fd, done, sizeof done - 1, MSG_NOSIGNAL) < 0) {
        close(fd);
    }
}

static void serve(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    struct epoll_event events[EVENTS];
    const int yes = 1, poll = epoll_create1(0);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    int count, i;

    check(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 4096) == 0,
          "listen");
    getsockname(listener, (struct sockaddr *)&address, &len);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    watch(poll, EPOLL_CTL_ADD, listener, EPOLLIN);
    while ((count = epoll_wait(poll, events, EVENTS, -1)) >= 0 || errno == EINTR)
        for (i = 0; i < count; i++) {
            const int fd = events[i].data.fd;
            if (fd == listener) {
                const int client = accept(listener, NULL, NULL);
                if (client < 0)
                    continue;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                watch(poll, EPOLL_CTL_ADD, client, EPOLLIN);
                send(client, greeting, sizeof greeting - 1, MSG_NOSIGNAL);
            } else if (to_send[fd] > 0) {
                send_literal(poll, fd);
            } else {
                answer(poll, fd);
            }
        }
}

/* ---- clients ---- */

static void skip_line(int fd)
{
    char octet = '\0';

    while (octet != '\n')
        check(recv(fd, &octet, 1, 0) == 1, "line");
}

/* Connects and logs in. */
static int connect_to(int port)
{
    const struct sockaddr_in address = loopback(port);
    const int yes = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    check(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0, "connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    skip_line(fd);
    send_all(fd, login, sizeof login - 1);
    skip_line(fd);
    return fd;
}

static void fetch(int port)
{
    const int fd = connect_to(port);
    const double begun = seconds();
    long left = BULK + (long)(sizeof begin - 1 + sizeof end - 1);
    ssize_t got;

    send_all(fd, "a FETCH 1 BODY[]\r\n", 18);
    while (left > 0 && (got = recv(fd, buffer, sizeof buffer, 0)) > 0)
        left -= got;
    check(left == 0, "bulk");
    printf("%f\n", seconds() - begun);
}

static void go_round(const int *fds, int active, double length)
{
    struct epoll_event events[EVENTS];
    const int poll = epoll_create1(0);
    const double begun = seconds();
    long rounds = 0, open;
    int i, count;

    for (i = 0; i < active; i++) {
        watch(poll, EPOLL_CTL_ADD, fds[i], EPOLLIN);
        send_all(fds[i], noop, sizeof noop - 1);
    }
    for (open = active; open > 0;) {
        const int over = seconds() - begun > length;
        count = epoll_wait(poll, events, EVENTS, -1);
        for (i = 0; i < count; i++) {
            check(recv(events[i].data.fd, buffer, sizeof buffer, 0) == sizeof done - 1, "round");
            rounds++;
            if (over)
                open--;
            else
                send_all(events[i].data.fd, noop, sizeof noop - 1);
        }
    }
    printf("%ld %f\n", rounds, seconds() - begun);
    fflush(stdout);
    close(poll);
}

static void go_connect(int port, int count)
{
    const double begun = seconds();
    int left;

    for (left = count; left > 0; left--)
        close(connect_to(port));
    printf("%d %f\n", count, seconds() - begun);
    fflush(stdout);
}

static void go_rounds(int port, int idle)
{
    static int fds[FDS];
    int active, length, open = 0;

    while (idle-- > 0)
        connect_to(port);
    printf("ready\n");
    fflush(stdout);
    while (scanf("%d %d", &active, &length) == 2) {
        while (open < active)
            fds[open++] = connect_to(port);
        if (active > 0)
            go_round(fds, active, length / 1000.0);
        else
            go_connect(port, length);
    }
}

int main(int argc, char **argv)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (argc == 2 && strcmp(argv[1], "server") == 0)
        serve();
    else if (argc == 3 && strcmp(argv[1], "bulk") == 0)
        fetch(atoi(argv[2]));
    else if (argc == 4 && strcmp(argv[1], "rounds") == 0)
        go_rounds(atoi(argv[2]), atoi(argv[3]));
    else
        return 2;
    return 0;
}

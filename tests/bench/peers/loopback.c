/* SPDX-License-Identifier: BSD-2-Clause */
/* The number of whole connections per second over loopback: a client connects, logs in, enables the extension, and is
 * made to leave. In three variants, the server asks it with slogout, which takes one message more; slogout tells it
 * with `* BYE`; or the server sends `* BYE` and closes without slogout, as servers do today. Server and clients are two
 * processes on one core, so that the rate includes the work of both. N is the number of clients that are connected at a
 * time. */
#define _GNU_SOURCE /* sched_setaffinity() */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <slogout/slogout.h>
#include "bench.h"

#define CONNECTIONS 3000 /* in one round */
#define EVENTS_MAX  256

/* ---- code for both processes ---- */

struct conn {
    int fd;
    struct slogout_session *session; /* the server's session, if it asks */
    size_t len;
    char input[256];
};

static int epoll_fd;

static void stay_on_one_core(void)
{
    cpu_set_t cores;

    CPU_ZERO(&cores);
    CPU_SET(0, &cores);
    sched_setaffinity(0, sizeof cores, &cores); /* if this fails, the rate is only less steady */
}

static void watch(struct conn *conn)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};

    bench_require(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) == 0, "epoll_ctl");
}

static struct conn *add_conn(int fd)
{
    static const int one = 1;
    struct conn *conn = calloc(1, sizeof *conn);

    bench_require(fd >= 0 && conn, "a connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    conn->fd = fd;
    watch(conn);
    return conn;
}

static void send_text(struct conn *conn, const char *text, size_t len)
{
    bench_require(send(conn->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len, "send");
}

#define SEND(conn, text) send_text(conn, text, sizeof(text) - 1)

/* Returns 0 at end of file. All messages are so short that they arrive in one piece or line by line. */
static int receive(struct conn *conn)
{
    const ssize_t got = recv(conn->fd, conn->input + conn->len, sizeof conn->input - conn->len, 0);

    if (got > 0)
        conn->len += (size_t)got;
    return got > 0;
}

/* Returns the length of the first line with its LF, or 0. */
static size_t line_length(const struct conn *conn)
{
    const char *end = memchr(conn->input, '\n', conn->len);

    return end ? (size_t)(end - conn->input) + 1 : 0;
}

static void drop_line(struct conn *conn, size_t len)
{
    conn->len -= len;
    memmove(conn->input, conn->input + len, conn->len);
}

/* ---- the server ---- */

enum manner { ASKS, TELLS, BY_ITSELF };

static enum manner manner;
static struct slogout *slogout; /* NULL for BY_ITSELF */
static int listener;

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session, (void)when;
    send_text(conn, line, len);
    return 0;
}

/* The client reads everything that was sent, so no RST follows, and the close need not linger. */
static void close_conn(struct conn *conn)
{
    close(conn->fd);
    slogout_session_free(conn->session);
    free(conn);
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session;
    bench_require(result->outcome == (manner == ASKS ? SLOGOUT_OUTCOME_ANSWERED : SLOGOUT_OUTCOME_BYE_ONLY),
                  "an outcome");
    shutdown(((struct conn *)conn)->fd, SHUT_WR);
}

static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

static void serve_line(struct conn *conn, const char *line, size_t len)
{
    if (slogout && slogout_session_feed_line(conn->session, line, len, 1))
        return;
    if (len > 3 && memcmp(line, "a1 ", 3) == 0) {
        SEND(conn, "a1 OK Logged in\r\n");
        return;
    }
    SEND(conn, "* ENABLED " SLOGOUT_CAPABILITY "\r\na2 OK Enabled\r\n");
    if (slogout) {
        slogout_session_set_enabled(conn->session, manner == ASKS);
        slogout_session_request(conn->session, NULL, 1);
    } else {
        SEND(conn, "* BYE Server is closing the connection\r\n");
        shutdown(conn->fd, SHUT_WR);
    }
}

static void serve(struct conn *conn)
{
    size_t len;

    if (!receive(conn)) {
        close_conn(conn);
        return;
    }
    while ((len = line_length(conn)) > 0) {
        serve_line(conn, conn->input, len);
        drop_line(conn, len);
    }
}

static void accept_one(void)
{
    struct conn *conn = add_conn(accept(listener, NULL, NULL));

    if (slogout)
        bench_require(slogout_session_new(&conn->session, slogout, &callbacks, conn) == 0, "a session");
    SEND(conn, "* OK [CAPABILITY IMAP4rev1 ENABLE " SLOGOUT_CAPABILITY "] Hello\r\n");
}

static void run_server(void)
{
    struct conn own = {.fd = listener};
    struct epoll_event events[EVENTS_MAX];

    epoll_fd = epoll_create1(0);
    watch(&own);
    for (;;) { /* until the parent process ends this process */
        const int count = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);
        int i;
        for (i = 0; i < count; i++) {
            if (events[i].data.ptr == &own)
                accept_one();
            else
                serve(events[i].data.ptr);
        }
        if (slogout)
            slogout_tick(slogout, 1);
    }
}

/* ---- the clients ---- */

static struct sockaddr_in address;

static void connect_one(void)
{
    struct conn *conn = add_conn(socket(AF_INET, SOCK_STREAM, 0));

    bench_require(connect(conn->fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
}

static void take_line(struct conn *conn, const char *line, size_t len)
{
    char answer[96] = "* BYE Logging out\r\n";
    const char *space = memchr(line, ' ', len);
    size_t at = strlen(answer);

    if (memcmp(line, "* OK", 4) == 0)
        SEND(conn, "a1 LOGIN user secret\r\n");
    else if (memcmp(line, "a1 ", 3) == 0)
        SEND(conn, "a2 ENABLE " SLOGOUT_CAPABILITY "\r\n");
    else if (space && memcmp(space, " LOGOUT", 7) == 0) {
        memcpy(answer + at, line, (size_t)(space - line));
        at += (size_t)(space - line);
        memcpy(answer + at, " OK done\r\n", 10);
        send_text(conn, answer, at + 10);
    }
}

/* Returns 1 after the server has closed the connection. */
static int attend(struct conn *conn)
{
    size_t len;

    if (!receive(conn)) {
        close(conn->fd);
        free(conn);
        return 1;
    }
    while ((len = line_length(conn)) > 0) {
        take_line(conn, conn->input, len);
        drop_line(conn, len);
    }
    return 0;
}

static void run_clients(size_t n)
{
    struct epoll_event events[EVENTS_MAX];
    size_t begun, ended = 0;

    epoll_fd = epoll_create1(0);
    for (begun = 0; begun < n; begun++)
        connect_one();
    while (ended < CONNECTIONS) {
        const int count = epoll_wait(epoll_fd, events, EVENTS_MAX, 10000);
        int i;
        bench_require(count > 0, "the server answers");
        for (i = 0; i < count; i++) {
            if (!attend(events[i].data.ptr))
                continue;
            ended++;
            if (begun++ < CONNECTIONS)
                connect_one();
        }
    }
    close(epoll_fd);
}

/* ---- one round ---- */

static void listen_somewhere(void)
{
    socklen_t len = sizeof address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    bench_require(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
                      listen(listener, 1024) == 0 &&
                      getsockname(listener, (struct sockaddr *)&address, &len) == 0,
                  "a port to listen on");
}

static double run(size_t n, enum manner how)
{
    double spent;
    pid_t server;

    stay_on_one_core();
    listen_somewhere();
    server = fork();
    bench_require(server >= 0, "fork");
    if (server == 0) {
        manner = how;
        if (manner != BY_ITSELF)
            bench_require(slogout_new(&slogout, NULL) == 0, "slogout_new");
        run_server();
    }
    close(listener);
    spent = bench_now();
    run_clients(n);
    spent = bench_now() - spent;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return CONNECTIONS / (spent / 1e9);
}

static double run_asking(size_t n)
{
    return run(n, ASKS);
}

static double run_telling(size_t n)
{
    return run(n, TELLS);
}

static double run_by_itself(size_t n)
{
    return run(n, BY_ITSELF);
}

static const size_t sizes[] = {1, 10, 100, 1000, 0};

static const struct bench_row rows[] = {
    {"connections a second",
     "per s",
     5,
     sizes,
     {{"slogout LOGOUT", run_asking, 0},
      {"slogout * BYE", run_telling, 0},
      {"* BYE by hand", run_by_itself, 0}}},
};

int main(int argc, char **argv)
{
    return bench_main(argc, argv, rows, sizeof rows / sizeof *rows);
}

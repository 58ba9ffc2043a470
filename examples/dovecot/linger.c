/* SPDX-License-Identifier: BSD-2-Clause */
#include "imap_slogout.h"
#include "llist.h"
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* A close() with unread input, or with input that arrives later, resets the connection. The client then loses the
 * output that the kernel has not delivered, which can be megabytes. Therefore a connection is only closed for
 * writing, and read until the client has closed it, too. Dovecot's client is freed before that, so that it does not
 * count as a connection of the user or of the process. A process that ends leaves its connections to a child, so that
 * the process does not count either. */

#define LINGER_MSECS 10000

struct lingering {
    struct lingering *prev, *next;
    int fd;
    struct io *io;
    struct timeout *to;
};

static struct lingering *all;

/* Reads and drops input. Returns TRUE when the client has closed. */
static bool discard(int fd)
{
    char octets[4096];
    const ssize_t got = read(fd, octets, sizeof octets);

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static void end(struct lingering *lingering)
{
    io_remove(&lingering->io);
    timeout_remove(&lingering->to);
    i_close_fd(&lingering->fd);
    DLLIST_REMOVE(&all, lingering);
    i_free(lingering);
}

static void input(struct lingering *lingering)
{
    if (discard(lingering->fd))
        end(lingering);
}

/* Replaces the client's descriptor by another one, which Dovecot shuts down and closes. */
int linger_take(struct client *client)
{
    const int fd = client->fd_in;
    int substitute;

    if (client->fd_in != client->fd_out || (substitute = dup(dev_null_fd)) < 0)
        return -1;
    if (shutdown(fd, SHUT_WR) < 0) {
        i_close_fd(&substitute);
        return -1;
    }
    client->fd_in = client->fd_out = substitute;
    return fd;
}

void linger_begin(int fd)
{
    struct lingering *lingering = i_new(struct lingering, 1);

    lingering->fd = fd;
    lingering->io = io_add(fd, IO_READ, input, lingering);
    lingering->to = timeout_add(LINGER_MSECS, end, lingering);
    DLLIST_PREPEND(&all, lingering);
}

/* ---- in the child ---- */

static bool lingers(int fd)
{
    const struct lingering *lingering;

    for (lingering = all; lingering != NULL; lingering = lingering->next) {
        if (lingering->fd == fd)
            return TRUE;
    }
    return FALSE;
}

/* Closes the other descriptors, because other processes wait for the end of these pipes and sockets. poll() finds those
 * that are open, because a close() of each possible one takes milliseconds. */
static void close_all_others(void)
{
    const nfds_t max = (nfds_t)I_MIN(sysconf(_SC_OPEN_MAX), 65536);
    struct pollfd *const fds = i_new(struct pollfd, max);
    nfds_t i;

    for (i = 0; i < max; i++)
        fds[i].fd = (int)i;
    (void)poll(fds, max, 0);
    for (i = 0; i < max; i++) {
        if ((fds[i].revents & POLLNVAL) == 0 && !lingers(fds[i].fd))
            (void)close(fds[i].fd);
    }
}

static void ignore_signals(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGPIPE, SIGALRM};
    unsigned int i;

    for (i = 0; i < N_ELEMENTS(signals); i++)
        (void)signal(signals[i], SIG_IGN);
}

/* Drops the connections that the clients have closed. Returns the number of the others. */
static nfds_t read_ready(struct pollfd *fds, nfds_t count)
{
    nfds_t i, left = 0;

    for (i = 0; i < count; i++) {
        if (fds[i].revents == 0 || !discard(fds[i].fd))
            fds[left++] = fds[i];
    }
    return left;
}

static void wait_for_all(struct pollfd *fds, nfds_t count)
{
    const uint64_t deadline_ms = now_ms() + LINGER_MSECS;
    uint64_t time_ms;

    while (count > 0 && (time_ms = now_ms()) < deadline_ms) {
        if (poll(fds, count, (int)(deadline_ms - time_ms)) > 0)
            count = read_ready(fds, count);
    }
}

static void run_child(void)
{
    const struct lingering *lingering;
    struct pollfd *fds;
    nfds_t count = 0;

    ignore_signals();
    close_all_others();
    for (lingering = all; lingering != NULL; lingering = lingering->next)
        count++;
    fds = i_new(struct pollfd, count);
    count = 0;
    for (lingering = all; lingering != NULL; lingering = lingering->next)
        fds[count++] = (struct pollfd){.fd = lingering->fd, .events = POLLIN};
    wait_for_all(fds, count);
    _exit(0);
}

/* Leaves the connections to a child. If fork() fails, closes them at once. */
void linger_deinit(void)
{
    if (all != NULL && fork() == 0)
        run_child();
    while (all != NULL)
        end(all);
}

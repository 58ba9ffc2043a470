/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes system calls fail as the environment variable FAULTS says, in a program that is started with this library in
 * LD_PRELOAD.
 *
 * FAULTS="accept=EMFILE%2 send=short%1 send=EPIPE@7" makes each second accept() fail, each send() accept one octet, and
 * the seventh send() fail. At exit, the library writes the number of faults to standard error. */
/* The result of dlsym() is a pointer to data, which becomes a pointer to a function. */
#pragma GCC diagnostic ignored "-Wpedantic"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHORT (-1) /* not an error: the call transfers one octet */

static const struct error {
    const char *name;
    int number;
} errors[] = {{"EMFILE", EMFILE}, {"ENOBUFS", ENOBUFS}, {"EPIPE", EPIPE},
              {"EINTR", EINTR},   {"EAGAIN", EAGAIN},   {"ECONNABORTED", ECONNABORTED},
              {"short", SHORT}};

enum function { ACCEPT, SEND, RECV, POLL, EPOLL_WAIT, FUNCTIONS };

static const char *const names[FUNCTIONS] = {"accept", "send", "recv", "poll", "epoll_wait"};
static unsigned long calls[FUNCTIONS];
static unsigned long injected;

static int error_number(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strlen(errors[i].name) == len && strncmp(errors[i].name, name, len) == 0)
            return errors[i].number;
    fprintf(stderr, "shim: unknown error: %s\n", name);
    abort();
}

/* Returns the error number if the fault, `NAME=ERROR@N` or `NAME=ERROR%N`, applies to this call, and 0 otherwise. */
static int fault_of(const char *fault, const char *name, unsigned long call)
{
    const size_t len = strlen(name);
    const char *error = fault + len + 1;
    const size_t error_len = strcspn(error, "@%");
    unsigned long n;

    if (strncmp(fault, name, len) != 0 || fault[len] != '=')
        return 0;
    n = strtoul(error + error_len + 1, NULL, 10);
    if (error[error_len] == '@' ? call != n : call % n != 0)
        return 0;
    return error_number(error, error_len);
}

/* Returns the error number or SHORT for the current call, or 0 if the call does not fail. */
static int next_fault(enum function function)
{
    const char *fault = getenv("FAULTS");
    int found = 0;

    calls[function]++;
    while (fault && *fault && !found) {
        found = fault_of(fault, names[function], calls[function]);
        fault += strcspn(fault, " ");
        fault += strspn(fault, " ");
    }
    injected += found != 0;
    if (found > 0)
        errno = found;
    return found;
}

static void *real(enum function function)
{
    void *symbol = dlsym(RTLD_NEXT, names[function]);

    if (!symbol)
        abort();
    return symbol;
}

int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict len)
{
    int (*const next)(int, struct sockaddr *, socklen_t *) = real(ACCEPT);

    return next_fault(ACCEPT) ? -1 : next(fd, address, len);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict len, int flags)
{
    int (*const next)(int, struct sockaddr *, socklen_t *, int) = dlsym(RTLD_NEXT, "accept4");

    return next_fault(ACCEPT) ? -1 : next(fd, address, len, flags);
}

ssize_t send(int fd, const void *octets, size_t len, int flags)
{
    ssize_t (*const next)(int, const void *, size_t, int) = real(SEND);
    const int fault = next_fault(SEND);

    return fault > 0 ? -1 : next(fd, octets, fault == SHORT ? 1 : len, flags);
}

ssize_t recv(int fd, void *octets, size_t len, int flags)
{
    ssize_t (*const next)(int, void *, size_t, int) = real(RECV);
    const int fault = next_fault(RECV);

    return fault > 0 ? -1 : next(fd, octets, fault == SHORT && len > 1 ? 1 : len, flags);
}

int poll(struct pollfd *polls, nfds_t count, int timeout)
{
    int (*const next)(struct pollfd *, nfds_t, int) = real(POLL);

    return next_fault(POLL) ? -1 : next(polls, count, timeout);
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
    int (*const next)(int, struct epoll_event *, int, int) = real(EPOLL_WAIT);

    return next_fault(EPOLL_WAIT) ? -1 : next(fd, events, count, timeout);
}

__attribute__((destructor)) static void tell(void)
{
    fprintf(stderr, "shim: %lu faults injected\n", injected);
}

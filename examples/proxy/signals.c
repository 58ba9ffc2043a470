/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "signals.h"

#define SIGNALS 32 /* the numbers of the signals of POSIX are lower */

static volatile sig_atomic_t arrived[SIGNALS];
static int wake[2] = {-1, -1};

/* The pipe is non-blocking. When it is full, the loop is already awake. */
void signals_wake(void)
{
    const ssize_t written = write(wake[1], "", 1);

    (void)written;
}

static void on_signal(int number)
{
    const int error = errno;

    arrived[number] = 1;
    signals_wake();
    errno = error;
}

static int set_flags(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : 0;
}

static int open_pipe(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    if (wake[0] >= 0)
        return 0;
    if (pipe(wake) < 0 || set_flags(wake[0]) < 0 || set_flags(wake[1]) < 0)
        return -1;
    return sigaction(SIGPIPE, &ignore, NULL);
}

int signals_catch(int number)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    if (number < 0 || number >= SIGNALS) {
        errno = EINVAL;
        return -1;
    }
    return open_pipe() < 0 ? -1 : sigaction(number, &action, NULL);
}

int signals_fd(void)
{
    return wake[0];
}

void signals_clear(void)
{
    char octets[64];

    while (read(wake[0], octets, sizeof octets) > 0)
        ;
}

int signals_taken(int number)
{
    if (!arrived[number])
        return 0;
    arrived[number] = 0;
    return 1;
}

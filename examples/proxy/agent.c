/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "agent.h"

#define BATCH 16 /* connections answered in one turn of the loop */

/* The send buffer of a new socket has room for the line, so send() does not block. Sends to a peer that has gone
 * fail, because SIGPIPE is ignored. */
void agent_answer(struct listener *listener, int is_draining, uint64_t now)
{
    const char *line = is_draining ? "drain\n" : "up ready\n";
    struct sockaddr_storage client;
    int left = BATCH;
    int fd;

    while (left-- > 0 && (fd = listener_accept(listener, &client, now)) >= 0) {
        const ssize_t sent = send(fd, line, strlen(line), 0);
        (void)sent;
        close(fd);
    }
}

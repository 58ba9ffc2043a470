#include "imap_slogout.h"
#include <sys/socket.h>
#include <unistd.h>

/* close() with input unread, or input that comes later, resets the connection and loses what the kernel has
 * not delivered, megabytes with a slow reader. So: no more output, and read until the client has closed. */

#define LINGER_MSECS 10000

static void end(struct client *client)
{
    client_destroy(client, NULL);
}

static void discard(struct client *client)
{
    char octets[4096];
    const ssize_t got = read(client->fd_in, octets, sizeof octets);

    if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    end(client);
}

/* The client is disconnected: to Dovecot its streams are closed, but the descriptor is still open. Its io and
 * to_idle are free, and client_destroy() removes them. */
bool linger(struct client *client)
{
    if (!io_loop_is_running(current_ioloop) || shutdown(client->fd_out, SHUT_WR) < 0)
        return FALSE;
    io_remove(&client->io);
    client->io = io_add(client->fd_in, IO_READ, discard, client);
    timeout_remove(&client->to_idle);
    client->to_idle = timeout_add(LINGER_MSECS, end, client);
    return TRUE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "control.h"

#define QUIET 60000 /* milliseconds without progress until a peer is closed */

/* ---- the path ---- */

static int set_path(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address->sun_path, path);
    return 0;
}

static int new_socket(void)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* Returns a connected socket, or -1 with errno set. */
static int connect_to(const char *path)
{
    struct sockaddr_un address;
    const int fd = set_path(&address, path) < 0 ? -1 : new_socket();
    int error;

    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* A socket on which nobody listens is left over from a process that was killed. A file that is not a socket refuses a
 * connection, too. */
static void remove_left_over(const char *path)
{
    struct stat status;
    int fd;

    if (lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
        return;
    fd = connect_to(path);
    if (fd >= 0)
        close(fd);
    else if (errno == ECONNREFUSED)
        unlink(path);
}

static int listen_on(int fd, const char *path)
{
    struct sockaddr_un address;
    mode_t before;
    int failed;

    if (fd < 0 || set_path(&address, path) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return -1;
    before = umask(0177);
    failed = bind(fd, (const struct sockaddr *)&address, sizeof address);
    umask(before);
    return failed < 0 ? -1 : listen(fd, CONTROL_PEERS);
}

int control_open(struct control *control, struct poller *poller, const char *path)
{
    int i;

    for (i = 0; i < CONTROL_PEERS; i++)
        control->peers[i].stream.watch.fd = -1;
    control->poller = poller;
    control->listener.fd = -1;
    if (!path)
        return 0;
    remove_left_over(path);
    control->listener.fd = new_socket();
    control->listener.is_foreign = 1;
    if (listen_on(control->listener.fd, path) < 0)
        return -1;
    control->path = path;
    return poller_set(poller, &control->listener, POLLER_IN);
}

/* ---- peers ---- */

static void drop(struct control *control, struct control_peer *peer)
{
    poller_forget(control->poller, &peer->stream.watch);
    stream_free(&peer->stream);
}

void control_close(struct control *control)
{
    int i;

    for (i = 0; i < CONTROL_PEERS && control->poller; i++)
        if (control->peers[i].stream.watch.fd >= 0)
            drop(control, &control->peers[i]);
    if (control->poller && control->listener.fd >= 0)
        close(control->listener.fd);
    if (control->path)
        unlink(control->path);
}

static struct control_peer *find_place(struct control *control)
{
    struct control_peer *quietest = &control->peers[0];
    int i;

    for (i = 0; i < CONTROL_PEERS; i++) {
        if (control->peers[i].stream.watch.fd < 0)
            return &control->peers[i];
        if (control->peers[i].quiet_since_ms < quietest->quiet_since_ms)
            quietest = &control->peers[i];
    }
    drop(control, quietest);
    return quietest;
}

static void accept_peers(struct control *control, uint64_t now)
{
    int fd;
    int left = CONTROL_PEERS;

    control->has_peers = 0;
    while (left-- > 0 && (fd = accept(control->listener.fd, NULL, NULL)) >= 0) {
        struct control_peer *peer = find_place(control);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        stream_init(&peer->stream, fd, NULL);
        peer->stream.watch.is_foreign = 1;
        peer->len = 0;
        peer->quiet_since_ms = now;
        peer->listing.is_active = 0;
        if (poller_set(control->poller, &peer->stream.watch, POLLER_IN) < 0)
            drop(control, peer);
    }
}

int control_note(struct control *control, struct poller_watch *watch, unsigned ready)
{
    int i;

    if (watch == &control->listener)
        return control->has_peers = 1;
    for (i = 0; i < CONTROL_PEERS; i++)
        if (watch == &control->peers[i].stream.watch) {
            stream_note(&control->peers[i].stream, ready);
            return 1;
        }
    return 0;
}

/* ---- lines ---- */

static int is_free(const struct control_peer *peer)
{
    return !stream_has_output(&peer->stream) && !peer->listing.is_active && peer->stream.state == STREAM_OPEN;
}

static void read_input(struct control_peer *peer, uint64_t now)
{
    const size_t got = stream_read(&peer->stream, peer->line + peer->len, sizeof peer->line - peer->len);

    peer->len += got;
    if (got > 0)
        peer->quiet_since_ms = now;
}

/* Runs the first line, if it is whole. Returns 1 if there was one. */
static int run_line(struct control_peer *peer, struct service *service, uint64_t now)
{
    char *end = memchr(peer->line, '\n', peer->len);
    size_t used;

    if (!end)
        return 0;
    used = (size_t)(end - peer->line) + 1;
    *end = '\0';
    if (end > peer->line && end[-1] == '\r')
        end[-1] = '\0';
    commands_run(service, peer->line, &peer->stream, &peer->listing, now);
    memmove(peer->line, peer->line + used, peer->len - used);
    peer->len -= used;
    return 1;
}

static void refuse_line(struct control_peer *peer, uint64_t now)
{
    static const char text[] = "error: the line is too long\n";

    stream_put(&peer->stream, text, sizeof text - 1);
    stream_close(&peer->stream, now);
}

static void act(struct control_peer *peer, struct service *service, uint64_t now)
{
    struct stream *stream = &peer->stream;

    if (peer->listing.is_active && !stream_has_output(stream))
        commands_list(service, stream, &peer->listing, now);
    if (!is_free(peer) || run_line(peer, service, now))
        return;
    if (peer->len == sizeof peer->line)
        refuse_line(peer, now);
    else if (stream->input_ended)
        stream_close(stream, now);
}

static void flush(struct control_peer *peer, uint64_t now)
{
    if (!stream_has_output(&peer->stream))
        return;
    stream_flush(&peer->stream);
    if (!stream_has_output(&peer->stream))
        peer->quiet_since_ms = now;
}

/* Returns 1 if there is more to do at once. */
static int serve_peer(struct control_peer *peer, struct service *service, uint64_t now)
{
    struct stream *stream = &peer->stream;

    stream_serve(stream, peer->len < sizeof peer->line);
    if (stream->state == STREAM_OPEN && peer->len < sizeof peer->line)
        read_input(peer, now);
    flush(peer, now);
    act(peer, service, now);
    flush(peer, now);
    stream_flush(stream); /* a close continues when nothing is queued */
    return !stream_has_output(stream) && stream->state == STREAM_OPEN &&
           (peer->listing.is_active || stream->input_ended || memchr(peer->line, '\n', peer->len));
}

void control_serve(struct control *control, struct service *service, uint64_t now)
{
    int i;

    control->is_busy = 0;
    if (control->has_peers)
        accept_peers(control, now);
    for (i = 0; i < CONTROL_PEERS; i++) {
        struct control_peer *peer = &control->peers[i];
        if (peer->stream.watch.fd < 0)
            continue;
        control->is_busy |= serve_peer(peer, service, now);
        if (stream_is_over(&peer->stream, now) || now >= peer->quiet_since_ms + QUIET ||
            poller_set(control->poller, &peer->stream.watch,
                       stream_wants(&peer->stream, peer->len < sizeof peer->line)) < 0)
            drop(control, peer);
    }
}

uint64_t control_deadline(const struct control *control)
{
    uint64_t deadline = UINT64_MAX;
    int i;

    if (control->is_busy)
        return 0;
    for (i = 0; i < CONTROL_PEERS; i++) {
        const struct control_peer *peer = &control->peers[i];
        if (peer->stream.watch.fd < 0)
            continue;
        if (peer->quiet_since_ms + QUIET < deadline)
            deadline = peer->quiet_since_ms + QUIET;
        if (stream_deadline(&peer->stream) < deadline)
            deadline = stream_deadline(&peer->stream);
    }
    return deadline;
}

/* ---- the client ---- */

static void join(char line[CONTROL_LINE], char **words)
{
    size_t len = 0, i;

    for (i = 0; words[i] && len < CONTROL_LINE; i++)
        len += (size_t)snprintf(line + len, CONTROL_LINE - len, "%s%s", words[i], words[i + 1] ? " " : "\n");
    for (i = 0; line[i] && line[i + 1]; i++)
        if (line[i] == '\n')
            line[i] = ' ';
}

/* Copies the reply. Returns 1 if its last line begins with ok. */
static int copy_answer(FILE *from)
{
    char line[CONTROL_LINE];
    int is_ok = 0, begins = 1;

    while (fgets(line, sizeof line, from)) {
        if (begins)
            is_ok = strncmp(line, "ok", 2) == 0;
        begins = strchr(line, '\n') != NULL;
        fputs(line, stdout);
    }
    return is_ok && !ferror(from);
}

int control_ask(const char *program, const char *path, char **words)
{
    char line[CONTROL_LINE] = "";
    const int fd = connect_to(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    int is_ok = 0;

    join(line, words);
    if (file && send(fd, line, strlen(line), 0) == (ssize_t)strlen(line) && shutdown(fd, SHUT_WR) == 0)
        is_ok = copy_answer(file);
    else
        fprintf(stderr, "%s: cannot reach a proxy at %s: %s\n", program, path, strerror(errno));
    if (file)
        fclose(file);
    return is_ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

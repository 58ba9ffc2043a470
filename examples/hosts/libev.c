/* A host on libev. set_timer starts a timer of the loop, and only that timer ticks.
 * SIGTERM asks the clients to leave, paced, and ends the program when they have left. A second SIGTERM does not wait
 * for answers. */
#define _POSIX_C_SOURCE 200809L
#include <ev.h>
#include "net.h"

struct client {
    struct ev_io io;
    struct ev_timer end; /* at the deadline of linger */
    struct slogout_session *session;
    struct slogout_linger linger;
    struct imap imap;
};

static struct net_options options;
static struct ev_loop *loop;
static struct ev_io listener;
static struct ev_timer ticker;
static struct slogout *slogout;
static struct slogout_drain *drain;
static int reserve = -1, is_leaving;

/* ---- one client ---- */

/* Watches for what the client waits for. Called where that may have changed, inside callbacks too. */
static void watch(struct client *client)
{
    const int interest = net_interest(&client->imap, &client->linger);
    const int events = (interest & NET_INPUT ? EV_READ : 0) | (interest & NET_OUTPUT ? EV_WRITE : 0);

    if (events == (client->io.events & (EV_READ | EV_WRITE)))
        return;
    ev_io_stop(loop, &client->io);
    ev_io_set(&client->io, client->io.fd, events);
    ev_io_start(loop, &client->io);
}

static void begin_to_close(struct client *client)
{
    if (client->linger.deadline_ms)
        return;
    slogout_linger_begin(&client->linger, slogout_now_ms(), LINGER_MS);
    ev_now_update(loop);
    ev_timer_set(&client->end, LINGER_MS / 1000., 0.);
    ev_timer_start(loop, &client->end);
    watch(client);
}

/* Queues a line of slogout if its moment has come. After SLOGOUT_BUSY the host owes slogout_session_resume(), which
 * serve() calls. */
static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct client *client = conn;

    (void)session;
    if (when == SLOGOUT_AT_REST ? !imap_at_rest(&client->imap) : !imap_between_lines(&client->imap))
        return SLOGOUT_BUSY;
    if (imap_put(&client->imap, line, len) < 0)
        return -1;
    watch(client);
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session;
    net_log(result);
    begin_to_close(conn);
}

static const struct slogout_callbacks callbacks = {
    .size = sizeof callbacks,
    .send_line = send_line,
    .close_connection = close_connection,
};

/* Begins to close a connection that ends in another way than by slogout. */
static void abandon(struct client *client, enum slogout_outcome why)
{
    slogout_session_abandon(client->session, why);
    begin_to_close(client);
}

static void react(struct client *client, enum imap_event event)
{
    if (event == IMAP_ENABLE)
        slogout_session_set_enabled(client->session, 1);
    if (event != IMAP_LOGOUT && event != IMAP_LOST)
        return;
    abandon(client, event == IMAP_LOGOUT ? SLOGOUT_OUTCOME_CLIENT_LOGOUT : SLOGOUT_OUTCOME_HOST_CLOSED);
    imap_bye(&client->imap, event);
}

/* Handles what has been read. Runs nothing when the connection is closing. */
static void serve(struct client *client, uint64_t now)
{
    struct imap *imap = &client->imap;
    enum imap_event event;

    while (!client->linger.deadline_ms && (event = imap_next(imap)) != IMAP_WAIT) {
        if (event == IMAP_LINE &&
            !slogout_session_feed_line(client->session, imap->line, imap->line_len, now))
            event = imap_run(imap);
        react(client, event);
        slogout_session_resume(client->session, now);
    }
}

static void free_client(struct client *client)
{
    slogout_session_free(client->session);
    ev_io_stop(loop, &client->io);
    ev_timer_stop(loop, &client->end);
    close(client->io.fd);
    free(client);
}

static void on_client(struct ev_loop *of, struct ev_io *io, int events)
{
    struct client *client = io->data;

    (void)of;
    if (!client->linger.deadline_ms && events & EV_READ && net_read(io->fd, &client->imap) < 0) {
        abandon(client, SLOGOUT_OUTCOME_PEER_CLOSED);
        client->linger.input_ended = 1;
    }
    serve(client, slogout_now_ms());
    if (net_write(io->fd, &client->imap) < 0) {
        abandon(client, SLOGOUT_OUTCOME_PEER_CLOSED);
        free_client(client);
    } else if (client->linger.deadline_ms &&
               slogout_linger_step(&client->linger, io->fd, client->imap.out_len == 0, slogout_now_ms())) {
        free_client(client);
    } else {
        watch(client);
    }
}

static void on_end(struct ev_loop *of, struct ev_timer *end, int events)
{
    (void)of;
    (void)events;
    free_client(end->data);
}

static void on_listener(struct ev_loop *of, struct ev_io *io, int events)
{
    const int fd = net_accept(io->fd, &reserve);
    struct client *client = fd >= 0 ? calloc(1, sizeof *client) : NULL;

    (void)of;
    (void)events;
    if (!client || slogout_session_new(&client->session, slogout, &callbacks, client) != 0) {
        free(client);
        if (fd >= 0)
            close(fd);
        return;
    }
    ev_io_init(&client->io, on_client, fd, EV_READ);
    ev_timer_init(&client->end, on_end, 0., 0.);
    client->io.data = client->end.data = client;
    ev_io_start(loop, &client->io);
    slogout_drain_add(drain, client->session, 0);
    imap_greet(&client->imap);
    watch(client);
}

/* ---- time ---- */

static void on_tick(struct ev_loop *of, struct ev_timer *timer, int events)
{
    (void)of;
    (void)timer;
    (void)events;
    slogout_tick(slogout, slogout_now_ms());
}

/* libev counts from the time when its loop woke up, which may be long ago. */
static void set_timer(struct slogout *of, uint64_t deadline_ms, void *user_data)
{
    (void)of;
    (void)user_data;
    ev_now_update(loop);
    ev_timer_stop(loop, &ticker);
    ev_timer_set(&ticker, slogout_timeout(deadline_ms, slogout_now_ms()) / 1000., 0.);
    ev_timer_start(loop, &ticker);
}

/* ---- leaving ---- */

/* Each session joined the drain when it was made, and all have been freed, so there is no client left. */
static void done(struct slogout_drain *finished, void *user_data)
{
    (void)finished;
    (void)user_data;
    ev_break(loop, EVBREAK_ALL);
}

/* Accepts no more clients first, because those that leave come back. */
static void on_sigterm(struct ev_loop *of, struct ev_signal *signal, int events)
{
    (void)of;
    (void)signal;
    (void)events;
    if (is_leaving) {
        slogout_drain_force(drain, slogout_now_ms());
        return;
    }
    is_leaving = 1;
    ev_io_stop(loop, &listener);
    close(listener.fd);
    if (slogout_drain_start(drain, &options.plan, slogout_now_ms()) != 0)
        slogout_drain_force(drain, slogout_now_ms());
}

int main(int argc, char **argv)
{
    struct ev_signal sigterm;
    int fd;

    if (net_options(&options, argc, argv) < 0)
        return 2;
    options.settings.set_timer = set_timer;
    loop = ev_default_loop(0);
    ev_timer_init(&ticker, on_tick, 0., 0.);
    if (!loop || net_slogout(&slogout, &options) < 0 || slogout_drain_new(&drain, slogout, done, NULL) != 0)
        return 2;
    ev_signal_init(&sigterm, on_sigterm, SIGTERM);
    ev_signal_start(loop, &sigterm);
    if ((fd = net_listen(&options)) < 0)
        return 1;
    ev_io_init(&listener, on_listener, fd, EV_READ);
    ev_io_start(loop, &listener);
    ev_run(loop, 0);
    slogout_drain_free(drain);
    return slogout_free(slogout) != 0;
}

/* A host on libevent. set_timer adds a timer event to the loop, and only that event ticks.
 * SIGTERM asks the clients to leave, paced, and ends the program when they have left. A second SIGTERM does not wait
 * for answers. */
#define _POSIX_C_SOURCE 200809L
#include <event2/event.h>
#include "net.h"

struct client {
    int fd;
    struct event *io;
    struct event *end; /* at the deadline of linger */
    struct slogout_session *session;
    struct slogout_linger linger;
    struct imap imap;
};

static struct net_options options;
static struct event_base *base;
static struct event *listening, *ticker;
static struct slogout *slogout;
static struct slogout_drain *drain;
static int listener, reserve = -1;

/* ---- one client ---- */

static void on_client(evutil_socket_t fd, short events, void *user_data);

/* Watches for what the client waits for. Called where that may have changed, inside callbacks too. */
static void watch(struct client *client)
{
    const int interest = net_interest(&client->imap, &client->linger);
    const int events = (interest & NET_INPUT ? EV_READ : 0) | (interest & NET_OUTPUT ? EV_WRITE : 0);

    if (events == (event_get_events(client->io) & (EV_READ | EV_WRITE)))
        return;
    event_del(client->io);
    event_assign(client->io, base, client->fd, (short)(events | EV_PERSIST), on_client, client);
    event_add(client->io, NULL);
}

static void begin_to_close(struct client *client)
{
    const uint64_t now = slogout_now_ms();
    struct timeval timeout;

    if (client->linger.deadline_ms)
        return;
    slogout_linger_begin(&client->linger, now, LINGER_MS);
    timeout = slogout_timeval(client->linger.deadline_ms, now);
    evtimer_add(client->end, &timeout);
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

/* Also frees a client of which only a part could be made. */
static void free_client(struct client *client)
{
    slogout_session_free(client->session);
    if (client->io)
        event_free(client->io);
    if (client->end)
        event_free(client->end);
    close(client->fd);
    free(client);
}

static void on_client(evutil_socket_t fd, short events, void *user_data)
{
    struct client *client = user_data;

    if (!client->linger.deadline_ms && events & EV_READ && net_read(fd, &client->imap) < 0) {
        abandon(client, SLOGOUT_OUTCOME_PEER_CLOSED);
        client->linger.input_ended = 1;
    }
    serve(client, slogout_now_ms());
    if (net_write(fd, &client->imap) < 0) {
        abandon(client, SLOGOUT_OUTCOME_PEER_CLOSED);
        free_client(client);
    } else if (client->linger.deadline_ms &&
               slogout_linger_step(&client->linger, fd, client->imap.out_len == 0, slogout_now_ms())) {
        free_client(client);
    } else {
        watch(client);
    }
}

static void on_end(evutil_socket_t fd, short events, void *user_data)
{
    (void)fd;
    (void)events;
    free_client(user_data);
}

static void on_listener(evutil_socket_t fd, short events, void *user_data)
{
    const int accepted = net_accept(fd, &reserve);
    struct client *client = accepted >= 0 ? calloc(1, sizeof *client) : NULL;

    (void)events;
    (void)user_data;
    if (!client) {
        if (accepted >= 0)
            close(accepted);
        return;
    }
    client->fd = accepted;
    client->io = event_new(base, accepted, EV_READ | EV_PERSIST, on_client, client);
    client->end = evtimer_new(base, on_end, client);
    if (!client->io || !client->end ||
        slogout_session_new(&client->session, slogout, &callbacks, client) != 0) {
        free_client(client);
        return;
    }
    slogout_drain_add(drain, client->session, 0);
    event_add(client->io, NULL);
    imap_greet(&client->imap);
    watch(client);
}

/* ---- time ---- */

static void on_tick(evutil_socket_t fd, short events, void *user_data)
{
    (void)fd;
    (void)events;
    (void)user_data;
    slogout_tick(slogout, slogout_now_ms());
}

/* Replaces the time of an earlier call. */
static void set_timer(struct slogout *of, uint64_t deadline_ms, void *user_data)
{
    const struct timeval timeout = slogout_timeval(deadline_ms, slogout_now_ms());

    (void)of;
    (void)user_data;
    evtimer_add(ticker, &timeout);
}

/* ---- leaving ---- */

/* Each session joined the drain when it was made, and all have been freed, so there is no client left. */
static void done(struct slogout_drain *finished, void *user_data)
{
    (void)finished;
    (void)user_data;
    event_base_loopbreak(base);
}

/* Accepts no more clients first, because those that leave come back. */
static void on_sigterm(evutil_socket_t fd, short events, void *user_data)
{
    (void)fd;
    (void)events;
    (void)user_data;
    if (listener < 0) {
        slogout_drain_force(drain, slogout_now_ms());
        return;
    }
    event_del(listening);
    close(listener);
    listener = -1;
    if (slogout_drain_start(drain, &options.plan, slogout_now_ms()) != 0)
        slogout_drain_force(drain, slogout_now_ms());
}

int main(int argc, char **argv)
{
    struct event *sigterm;

    if (net_options(&options, argc, argv) < 0)
        return 2;
    options.settings.set_timer = set_timer;
    base = event_base_new();
    ticker = base ? evtimer_new(base, on_tick, NULL) : NULL;
    if (!ticker || net_slogout(&slogout, &options) < 0 || slogout_drain_new(&drain, slogout, done, NULL) != 0)
        return 2;
    sigterm = evsignal_new(base, SIGTERM, on_sigterm, NULL);
    if (!sigterm || event_add(sigterm, NULL) < 0 || (listener = net_listen(&options)) < 0)
        return 1;
    listening = event_new(base, listener, EV_READ | EV_PERSIST, on_listener, NULL);
    if (!listening || event_add(listening, NULL) < 0)
        return 1;
    event_base_dispatch(base);
    slogout_drain_free(drain);
    event_free(sigterm);
    event_free(listening);
    event_free(ticker);
    event_base_free(base);
    return slogout_free(slogout) != 0;
}

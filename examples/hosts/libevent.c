/* SPDX-License-Identifier: BSD-2-Clause */
/* A host on libevent, with edge-triggered events. The loop reports only once that a connection is ready, so the host
 * reads and writes until it can do neither. set_timer adds a timer event to the loop, and only that event ticks. At
 * SIGTERM, the program asks the clients to leave, spread over time, and exits when they have left. A second SIGTERM
 * stops the wait for answers.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <event2/event.h>
#include "net.h"

struct connection {
    struct net_client client; /* first */
    struct event *io;
    struct event *again; /* for the deadline of the close, or to continue after the other connections' turn */
};

static struct net_options options;
static struct event_base *base;
static struct event *listening, *ticker;
static struct slogout *slogout;
static struct slogout_drain *drain;
static int listener;
static size_t count;

static void set_event(struct event *timer, uint64_t deadline_ms)
{
    const int ms = slogout_poll_timeout(deadline_ms, slogout_now_ms());
    const struct timeval timeout = {ms / 1000, ms % 1000 * 1000};

    evtimer_add(timer, &timeout);
}

/* ---- clients ---- */

/* Frees a connection, which may be only partly initialized. */
static void free_connection(struct connection *connection)
{
    if (connection->io)
        event_free(connection->io);
    if (connection->again)
        event_free(connection->again);
    net_client_free(&connection->client);
    if (count-- == net_max_clients && listener >= 0)
        event_add(listening, NULL);
}

static void on_client(evutil_socket_t fd, short events, void *user_data)
{
    struct connection *connection = user_data;
    int more, rounds = 0;

    (void)fd;
    (void)events;
    do
        more = net_exchange(&connection->client, slogout_now_ms());
    while (more > 0 && ++rounds < NET_BATCH);
    if (more < 0)
        free_connection(connection);
    else if (more > 0 || connection->client.linger.deadline_ms)
        set_event(connection->again, more > 0 ? 0 : connection->client.linger.deadline_ms);
}

/* Serves the client in the next turn. Sends nothing itself, because the library may be the caller. */
static void changed(struct net_client *client)
{
    set_event(((struct connection *)(void *)client)->again, 0);
}

static void on_listener(evutil_socket_t fd, short events, void *user_data)
{
    struct connection *connection =
        (struct connection *)(void *)net_accept(listener, slogout, sizeof *connection);

    (void)fd;
    (void)events;
    (void)user_data;
    if (!connection)
        return;
    if (++count == net_max_clients)
        event_del(listening);
    connection->again = evtimer_new(base, on_client, connection);
    connection->io = event_new(base, connection->client.fd, EV_READ | EV_WRITE | EV_ET | EV_PERSIST,
                               on_client, connection);
    if (!connection->again || !connection->io || event_add(connection->io, NULL) < 0) {
        free_connection(connection);
        return;
    }
    connection->client.changed = changed;
    slogout_drain_add(drain, connection->client.session, 0);
}

/* ---- time ---- */

static void on_tick(evutil_socket_t fd, short events, void *user_data)
{
    (void)fd;
    (void)events;
    (void)user_data;
    slogout_tick(slogout, slogout_now_ms());
}

/* Sets the timer; a new time replaces the time of an earlier call. */
static void set_timer(struct slogout *of, uint64_t deadline_ms, void *user_data)
{
    (void)of;
    (void)user_data;
    set_event(ticker, deadline_ms);
}

/* ---- leaving ---- */

/* Ends the loop. Each session joined the drain when it was created, and all are freed, so no client is left. */
static void done(struct slogout_drain *finished, void *user_data)
{
    (void)finished;
    (void)user_data;
    event_base_loopbreak(base);
}

/* Accepts the clients in the kernel's queue, and then no more, because the clients that leave connect again. Then
 * starts the drain. */
static void on_sigterm(evutil_socket_t fd, short events, void *user_data)
{
    struct pollfd waiting = {listener, POLLIN, 0};
    const uint64_t last_ms = slogout_now_ms() + NET_LAST_MS;

    (void)fd;
    (void)events;
    (void)user_data;
    if (listener < 0) {
        slogout_drain_force(drain, slogout_now_ms());
        return;
    }
    while (slogout_now_ms() < last_ms && count < net_max_clients && poll(&waiting, 1, 0) > 0)
        on_listener(listener, 0, NULL);
    event_del(listening);
    close(listener);
    listener = -1;
    if (slogout_drain_start(drain, &options.plan, slogout_now_ms()) != 0)
        slogout_drain_force(drain, slogout_now_ms());
}

int main(int argc, char **argv)
{
    struct event_config *config = event_config_new();
    struct event *sigterm;

    (void)argc;
    net_options(&options, argv);
    options.settings.set_timer = set_timer;
    slogout = net_slogout(&options);
    if (!config || event_config_require_features(config, EV_FEATURE_ET) < 0)
        return 1;
    base = event_base_new_with_config(config);
    ticker = base ? evtimer_new(base, on_tick, NULL) : NULL;
    sigterm = base ? evsignal_new(base, SIGTERM, on_sigterm, NULL) : NULL;
    if (!ticker || !sigterm || event_add(sigterm, NULL) < 0 ||
        slogout_drain_new(&drain, slogout, done, NULL) != 0)
        return 1;
    listener = net_listen(options.listen);
    listening = event_new(base, listener, EV_READ | EV_PERSIST, on_listener, NULL);
    if (!listening || event_add(listening, NULL) < 0)
        return 1;
    event_base_dispatch(base);
    slogout_drain_free(drain);
    event_free(sigterm);
    event_free(listening);
    event_free(ticker);
    event_base_free(base);
    event_config_free(config);
    return slogout_free(slogout) != 0;
}

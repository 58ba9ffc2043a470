/* SPDX-License-Identifier: BSD-2-Clause */
/* A host on libuv, which owns the descriptors. Therefore functions of libuv close a connection. The host sends the
 * queue with uv_write(), calls uv_shutdown(), reads until end of file, and calls uv_close(). set_timer starts a timer
 * of the loop, and only that timer ticks. At SIGTERM, the program asks the clients to leave, spread over time, and
 * exits when they have left. A second SIGTERM stops the wait for answers.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <uv.h>
#include "net.h"

struct connection {
    struct net_client client; /* first; linger has the state of the close, which libuv carries out */
    uv_tcp_t stream;
    uv_timer_t end;  /* limits the close */
    unsigned closed; /* the number of these two handles that are closed */
    uv_write_t write;
    size_t writing; /* octets of imap.out in this write; 0 if there is no write */
    uv_shutdown_t shutdown;
};

static struct net_options options;
static uv_loop_t *loop;
static uv_tcp_t listener;
static uv_timer_t ticker, next_turn;
static uv_signal_t sigterm;
static struct slogout *slogout;
static struct slogout_drain *drain;
static int accepted; /* clients accepted since the other clients had their turn */

/* ---- the end of a connection, which is freed when both its handles are closed ---- */

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;

    if (++connection->closed == 2)
        net_client_free(&connection->client);
}

static void close_handles(struct connection *connection)
{
    if (uv_is_closing((uv_handle_t *)&connection->stream))
        return;
    slogout_session_abandon(connection->client.session, SLOGOUT_OUTCOME_PEER_CLOSED);
    uv_close((uv_handle_t *)&connection->stream, on_closed);
    uv_close((uv_handle_t *)&connection->end, on_closed);
}

static void on_end(uv_timer_t *timer)
{
    close_handles(timer->data);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    struct connection *connection = request->data;

    if (status < 0 || connection->client.linger.input_ended)
        close_handles(connection);
}

/* ---- octets ---- */

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room);
static void on_written(uv_write_t *request, int status);
static void on_next_turn(uv_timer_t *timer);

/* Gives libuv room for input. While the connection is closing, the input is dropped. */
static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    static char nowhere[4096];
    struct connection *connection = handle->data;
    struct imap *imap = &connection->client.imap;

    (void)suggested;
    *room = uv_buf_init(nowhere, sizeof nowhere);
    if (!connection->client.linger.deadline_ms) {
        room->len = imap_room(imap);
        room->base = imap->in + imap->in_len;
    }
}

/* Starts to read, write or close, as the connection requires. The library may be the caller. */
static void watch(struct net_client *client)
{
    struct connection *connection = (struct connection *)(void *)client;
    uv_stream_t *stream = (uv_stream_t *)&connection->stream;
    const uv_buf_t queued = uv_buf_init(client->imap.out, (unsigned)client->imap.out_len);
    int error = 0;

    if (uv_is_closing((uv_handle_t *)stream))
        return;
    if (client->linger.deadline_ms && !uv_is_active((uv_handle_t *)&connection->end)) {
        uv_update_time(loop);
        uv_timer_start(&connection->end, on_end, NET_LINGER_MS, 0);
    }
    if (net_events(client) & POLLIN)
        uv_read_start(stream, give_room, on_read); /* UV_EALREADY if it reads already */
    else
        uv_read_stop(stream);
    if (connection->writing == 0 && queued.len > 0) {
        connection->writing = queued.len;
        error = uv_write(&connection->write, stream, &queued, 1, on_written);
    } else if (client->linger.deadline_ms && net_is_flushed(client) && !client->linger.is_shut) {
        client->linger.is_shut = 1;
        error = uv_shutdown(&connection->shutdown, stream, on_shutdown);
    }
    if (error < 0)
        close_handles(connection);
}

static void serve(struct connection *connection)
{
    net_serve(&connection->client, slogout_now_ms());
    watch(&connection->client);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room)
{
    struct connection *connection = stream->data;
    struct net_client *client = &connection->client;

    (void)room;
    if (got >= 0) {
        client->imap.in_len += client->linger.deadline_ms ? 0 : (size_t)got;
        serve(connection);
        return;
    }
    client->linger.input_ended = 1;
    if (client->linger.is_shut || got != UV_EOF)
        close_handles(connection);
    else
        net_abandon(client, SLOGOUT_OUTCOME_PEER_CLOSED);
}

static void on_written(uv_write_t *request, int status)
{
    struct connection *connection = request->data;

    imap_sent(&connection->client.imap, connection->writing);
    connection->writing = 0;
    if (status < 0)
        close_handles(connection);
    else
        serve(connection);
}

/* While there are new clients, libuv calls this function repeatedly and serves no other client, until the function
 * does not accept a client. Therefore the next client must wait after NET_BATCH clients, or if there is no memory. */
static void on_listener(uv_stream_t *stream, int status)
{
    struct net_client *client = NULL;
    struct connection *connection;

    if (status < 0)
        return;
    if (accepted < NET_BATCH)
        client = net_client_new(-1, slogout, sizeof *connection);
    if (!client) {
        uv_timer_start(&next_turn, on_next_turn, accepted < NET_BATCH ? 100 : 0, 0);
        return;
    }
    accepted++;
    connection = (struct connection *)(void *)client;
    uv_tcp_init(loop, &connection->stream);
    uv_timer_init(loop, &connection->end);
    connection->stream.data = connection->end.data = connection;
    connection->write.data = connection->shutdown.data = connection;
    client->changed = watch;
    if (uv_accept(stream, (uv_stream_t *)&connection->stream) < 0 ||
        uv_tcp_nodelay(&connection->stream, 1) < 0) {
        close_handles(connection);
        return;
    }
    slogout_drain_add(drain, client->session, 0);
    watch(client);
}

static void on_next_turn(uv_timer_t *timer)
{
    (void)timer;
    accepted = 0;
    if (!uv_is_closing((uv_handle_t *)&listener))
        on_listener((uv_stream_t *)&listener, 0);
}

/* ---- time ---- */

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
    slogout_tick(slogout, slogout_now_ms());
}

/* Sets the timer; a new time replaces the time of an earlier call. libuv counts from the time when its loop woke up,
 * which may be long ago. */
static void set_timer(struct slogout *of, uint64_t deadline_ms, void *user_data)
{
    (void)of;
    (void)user_data;
    uv_update_time(loop);
    uv_timer_start(&ticker, on_tick, (uint64_t)slogout_poll_timeout(deadline_ms, slogout_now_ms()), 0);
}

/* ---- leaving ---- */

/* Ends the loop. Each session joined the drain when it was created, and all are freed, so no client is left. */
static void done(struct slogout_drain *finished, void *user_data)
{
    (void)finished;
    (void)user_data;
    uv_close((uv_handle_t *)&ticker, NULL);
    uv_close((uv_handle_t *)&next_turn, NULL);
    uv_close((uv_handle_t *)&sigterm, NULL);
}

/* Accepts no more clients, because the clients that leave connect again, and then starts the drain. */
static void on_sigterm(uv_signal_t *handle, int number)
{
    (void)handle;
    (void)number;
    if (uv_is_closing((uv_handle_t *)&listener)) {
        slogout_drain_force(drain, slogout_now_ms());
        return;
    }
    uv_close((uv_handle_t *)&listener, NULL);
    if (slogout_drain_start(drain, &options.plan, slogout_now_ms()) != 0)
        slogout_drain_force(drain, slogout_now_ms());
}

int main(int argc, char **argv)
{
    (void)argc;
    net_options(&options, argv);
    options.settings.set_timer = set_timer;
    slogout = net_slogout(&options);
    loop = uv_default_loop();
    if (!loop || uv_timer_init(loop, &ticker) < 0 || uv_timer_init(loop, &next_turn) < 0 ||
        uv_tcp_init(loop, &listener) < 0 || uv_signal_init(loop, &sigterm) < 0 ||
        uv_signal_start(&sigterm, on_sigterm, SIGTERM) < 0 ||
        slogout_drain_new(&drain, slogout, done, NULL) != 0 ||
        uv_tcp_open(&listener, net_listen(options.listen)) < 0 ||
        uv_listen((uv_stream_t *)&listener, SOMAXCONN, on_listener) < 0)
        return 1;
    uv_run(loop, UV_RUN_DEFAULT);
    slogout_drain_free(drain);
    uv_loop_close(loop);
    return slogout_free(slogout) != 0;
}

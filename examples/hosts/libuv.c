/* A host on libuv. set_timer starts a timer of the loop, and only that timer ticks. libuv owns the descriptors, so a
 * connection is closed by the functions of libuv: write what is queued, uv_shutdown(), read until end of file,
 * uv_close().
 * SIGTERM asks the clients to leave, paced, and ends the program when they have left. A second SIGTERM does not wait
 * for answers. */
#define _POSIX_C_SOURCE 200809L
#include <uv.h>
#include "net.h"

struct client {
    uv_tcp_t stream;
    uv_timer_t end;  /* limits the close */
    unsigned closed; /* how many of these two handles are closed */
    uv_write_t write;
    size_t writing; /* octets of imap.out in this write; 0 if there is none */
    uv_shutdown_t shutdown;
    int is_closing, is_shut, input_ended;
    struct slogout_session *session;
    struct imap imap;
};

static struct net_options options;
static uv_loop_t *loop;
static uv_tcp_t listener;
static uv_timer_t ticker;
static uv_signal_t sigterm;
static struct slogout *slogout;
static struct slogout_drain *drain;

/* ---- the end of a client, which is freed when both of its handles are closed ---- */

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;

    if (++client->closed < 2)
        return;
    slogout_session_free(client->session);
    free(client);
}

/* Also closes a client of which only a part could be made. An outcome that is settled stays. */
static void close_client(struct client *client)
{
    client->is_closing = 1;
    slogout_session_abandon(client->session, SLOGOUT_OUTCOME_PEER_CLOSED);
    if (uv_is_closing((uv_handle_t *)&client->stream))
        return;
    uv_close((uv_handle_t *)&client->stream, on_closed);
    uv_close((uv_handle_t *)&client->end, on_closed);
}

static void on_end(uv_timer_t *timer)
{
    close_client(timer->data);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    struct client *client = request->data;

    if (status < 0 || client->input_ended)
        close_client(client);
}

/* ---- octets ---- */

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room);
static void on_written(uv_write_t *request, int status);

/* Drops what is read while the connection is closing. */
static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    static char nowhere[4096];
    struct client *client = handle->data;

    (void)suggested;
    *room = uv_buf_init(nowhere, sizeof nowhere);
    if (!client->is_closing) {
        room->len = imap_in_room(&client->imap);
        room->base = client->imap.in + client->imap.in_len;
    }
}

/* Starts what is to be done next. Called where that may have changed, inside callbacks too. */
static void watch(struct client *client)
{
    uv_stream_t *stream = (uv_stream_t *)&client->stream;
    const uv_buf_t queued = uv_buf_init(client->imap.out, (unsigned)client->imap.out_len);

    if (uv_is_closing((uv_handle_t *)stream))
        return;
    if (client->is_closing ? !client->input_ended : imap_in_room(&client->imap) > 0)
        uv_read_start(stream, give_room, on_read); /* UV_EALREADY if it is */
    else
        uv_read_stop(stream);
    if (client->writing == 0 && queued.len > 0) {
        client->writing = queued.len;
        if (uv_write(&client->write, stream, &queued, 1, on_written) < 0)
            close_client(client);
    } else if (client->is_closing && queued.len == 0 && !client->is_shut) {
        client->is_shut = 1;
        if (uv_shutdown(&client->shutdown, stream, on_shutdown) < 0)
            close_client(client);
    }
}

static void begin_to_close(struct client *client)
{
    if (client->is_closing)
        return;
    client->is_closing = 1;
    uv_update_time(loop);
    uv_timer_start(&client->end, on_end, LINGER_MS, 0);
    watch(client);
}

/* ---- slogout's callbacks ---- */

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

/* ---- input ---- */

static void react(struct client *client, enum imap_event event)
{
    if (event == IMAP_ENABLE)
        slogout_session_set_enabled(client->session, 1);
    if (event != IMAP_LOGOUT && event != IMAP_LOST)
        return;
    slogout_session_abandon(client->session, event == IMAP_LOGOUT ? SLOGOUT_OUTCOME_CLIENT_LOGOUT
                                                                  : SLOGOUT_OUTCOME_HOST_CLOSED);
    imap_bye(&client->imap, event);
    begin_to_close(client);
}

/* Handles what has been read. Runs nothing when the connection is closing. */
static void serve(struct client *client, uint64_t now)
{
    struct imap *imap = &client->imap;
    enum imap_event event;

    while (!client->is_closing && (event = imap_next(imap)) != IMAP_WAIT) {
        if (event == IMAP_LINE &&
            !slogout_session_feed_line(client->session, imap->line, imap->line_len, now))
            event = imap_run(imap);
        react(client, event);
        slogout_session_resume(client->session, now);
    }
    watch(client);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room)
{
    struct client *client = stream->data;

    (void)room;
    if (got >= 0) {
        client->imap.in_len += client->is_closing ? 0 : (size_t)got;
        serve(client, slogout_now_ms());
        return;
    }
    client->input_ended = 1;
    slogout_session_abandon(client->session, SLOGOUT_OUTCOME_PEER_CLOSED);
    if (client->is_shut || got != UV_EOF)
        close_client(client);
    else
        begin_to_close(client);
}

static void on_written(uv_write_t *request, int status)
{
    struct client *client = request->data;

    imap_sent(&client->imap, client->writing);
    client->writing = 0;
    if (status < 0)
        close_client(client);
    else
        serve(client, slogout_now_ms());
}

/* libuv waits until this client is accepted, so without memory only those that are connected are served. */
static void on_listener(uv_stream_t *stream, int status)
{
    struct client *client = status == 0 ? calloc(1, sizeof *client) : NULL;

    if (!client)
        return;
    uv_tcp_init(loop, &client->stream);
    uv_timer_init(loop, &client->end);
    client->stream.data = client->end.data = client->write.data = client->shutdown.data = client;
    if (uv_accept(stream, (uv_stream_t *)&client->stream) < 0 || uv_tcp_nodelay(&client->stream, 1) < 0 ||
        slogout_session_new(&client->session, slogout, &callbacks, client) != 0) {
        close_client(client);
        return;
    }
    slogout_drain_add(drain, client->session, 0);
    imap_greet(&client->imap);
    watch(client);
}

/* ---- time ---- */

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
    slogout_tick(slogout, slogout_now_ms());
}

/* Replaces the time of an earlier call. libuv counts from the time when its loop woke up, which may be long ago. */
static void set_timer(struct slogout *of, uint64_t deadline_ms, void *user_data)
{
    (void)of;
    (void)user_data;
    uv_update_time(loop);
    uv_timer_start(&ticker, on_tick, (uint64_t)slogout_timeout(deadline_ms, slogout_now_ms()), 0);
}

/* ---- leaving ---- */

/* Each session joined the drain when it was made, and all have been freed, so there is no client left. */
static void done(struct slogout_drain *finished, void *user_data)
{
    (void)finished;
    (void)user_data;
    uv_close((uv_handle_t *)&ticker, NULL);
    uv_close((uv_handle_t *)&sigterm, NULL);
}

/* Accepts no more clients first, because those that leave come back. */
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
    int fd;

    if (net_options(&options, argc, argv) < 0)
        return 2;
    options.settings.set_timer = set_timer;
    loop = uv_default_loop();
    if (!loop || uv_timer_init(loop, &ticker) < 0 || uv_tcp_init(loop, &listener) < 0 ||
        uv_signal_init(loop, &sigterm) < 0 || uv_signal_start(&sigterm, on_sigterm, SIGTERM) < 0 ||
        net_slogout(&slogout, &options) < 0 || slogout_drain_new(&drain, slogout, done, NULL) != 0)
        return 2;
    if ((fd = net_listen(&options)) < 0 || uv_tcp_open(&listener, fd) < 0 ||
        uv_listen((uv_stream_t *)&listener, SOMAXCONN, on_listener) < 0)
        return 1;
    uv_run(loop, UV_RUN_DEFAULT);
    slogout_drain_free(drain);
    uv_loop_close(loop);
    return slogout_free(slogout) != 0;
}

/* A host with a loop of its own on poll(), which waits no longer than slogout_deadline().
 * SIGTERM asks the clients to leave, paced, and ends the program when they have left. A second SIGTERM does not wait
 * for answers. SIGUSR1 pauses this, and continues it; SIGUSR2 calls it off. */
#define _POSIX_C_SOURCE 200809L
#include "net.h"

#define MAX_CLIENTS 4096

struct client {
    int fd;
    struct slogout_session *session;
    struct slogout_linger linger;
    struct imap imap;
};

enum { SIGNALS, LISTENER, FIXED };

static struct net_options options;
static struct slogout *slogout;
static struct slogout_drain *drain;
static int listener, reserve = -1, is_leaving, is_paused, is_done;
static struct client *clients[MAX_CLIENTS];
static struct pollfd polls[FIXED + MAX_CLIENTS]; /* FIXED + i is that of clients[i] */
static size_t count;

/* ---- one client ---- */

/* Queues a line of slogout if its moment has come. After SLOGOUT_BUSY the host owes slogout_session_resume(), which
 * serve() calls. */
static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct client *client = conn;

    (void)session;
    if (when == SLOGOUT_AT_REST ? !imap_at_rest(&client->imap) : !imap_between_lines(&client->imap))
        return SLOGOUT_BUSY;
    return imap_put(&client->imap, line, len);
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct client *client = conn;

    (void)session;
    net_log(result);
    slogout_linger_begin(&client->linger, slogout_now_ms(), LINGER_MS);
}

static const struct slogout_callbacks callbacks = {
    .size = sizeof callbacks,
    .send_line = send_line,
    .close_connection = close_connection,
};

/* Begins to close a connection that ends in another way than by slogout. */
static void abandon(struct client *client, enum slogout_outcome why, uint64_t now)
{
    slogout_session_abandon(client->session, why);
    slogout_linger_begin(&client->linger, now, LINGER_MS);
}

static void react(struct client *client, enum imap_event event, uint64_t now)
{
    if (event == IMAP_ENABLE)
        slogout_session_set_enabled(client->session, 1);
    if (event != IMAP_LOGOUT && event != IMAP_LOST)
        return;
    abandon(client, event == IMAP_LOGOUT ? SLOGOUT_OUTCOME_CLIENT_LOGOUT : SLOGOUT_OUTCOME_HOST_CLOSED, now);
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
        react(client, event, now);
        slogout_session_resume(client->session, now);
    }
}

/* Does what poll() has reported. Returns 1 if the client is to be freed. */
static int handle(struct client *client, short events, uint64_t now)
{
    if (!client->linger.deadline_ms && events & (POLLIN | POLLERR | POLLHUP) &&
        net_read(client->fd, &client->imap) < 0) {
        abandon(client, SLOGOUT_OUTCOME_PEER_CLOSED, now);
        client->linger.input_ended = 1;
    }
    serve(client, now);
    if (net_write(client->fd, &client->imap) < 0) {
        slogout_session_abandon(client->session, SLOGOUT_OUTCOME_PEER_CLOSED);
        return 1;
    }
    return client->linger.deadline_ms &&
           slogout_linger_step(&client->linger, client->fd, client->imap.out_len == 0, now);
}

static void accept_client(void)
{
    const int fd = net_accept(listener, &reserve);
    struct client *client = fd >= 0 ? calloc(1, sizeof *client) : NULL;

    if (client && slogout_session_new(&client->session, slogout, &callbacks, client) == 0) {
        client->fd = fd;
        imap_greet(&client->imap);
        clients[count++] = client;
        return;
    }
    free(client);
    if (fd >= 0)
        close(fd);
}

/* Moves the last client to its place. */
static void free_client(size_t place)
{
    slogout_session_free(clients[place]->session);
    close(clients[place]->fd);
    free(clients[place]);
    clients[place] = clients[--count];
}

/* ---- leaving ---- */

/* A drain that was called off has no other owner. */
static void done(struct slogout_drain *finished, void *user_data)
{
    (void)user_data;
    if (finished == drain)
        is_done = 1;
    else
        slogout_drain_free(finished);
}

static int by_user(const void *a, const void *b)
{
    const uint64_t first = (*(struct client *const *)a)->imap.user;
    const uint64_t second = (*(struct client *const *)b)->imap.user;

    return (first > second) - (first < second);
}

/* Accepts no more clients first, because those that leave come back. The connections of one user are added one after
 * the other with one group, so they leave together. */
static void leave(uint64_t now)
{
    size_t i;

    if (is_leaving) {
        slogout_drain_force(drain, now);
        return;
    }
    is_leaving = 1;
    close(listener);
    qsort(clients, count, sizeof *clients, by_user);
    for (i = 0; i < count; i++)
        slogout_drain_add(drain, clients[i]->session, clients[i]->imap.user);
    if (slogout_drain_start(drain, &options.plan, now) != 0)
        slogout_drain_force(drain, now);
}

/* Lets all clients stay that have not been asked, and accepts others again. The next SIGTERM needs a new drain. */
static void call_off(void)
{
    struct slogout_drain *next;

    if (!is_leaving || is_done || slogout_drain_new(&next, slogout, done, NULL) != 0)
        return;
    if ((listener = net_listen(&options)) < 0) {
        slogout_drain_free(next);
        return;
    }
    slogout_drain_cancel(drain);
    drain = next;
    is_leaving = is_paused = 0;
}

static void handle_signals(uint64_t now)
{
    int number;

    while ((number = net_next_signal()))
        if (number == SIGTERM)
            leave(now);
        else if (number == SIGUSR2)
            call_off();
        else if ((is_paused = is_leaving && !is_paused))
            slogout_drain_pause(drain);
        else
            slogout_drain_resume(drain, now); /* STATE, and nothing else, if nothing was started */
}

/* ---- the loop ---- */

static void poll_for(size_t place, int fd, int interest)
{
    polls[place].fd = fd;
    polls[place].events = net_poll_events(interest);
    polls[place].revents = 0;
}

/* Handles input before the tick, so that an answer that came in time is heard before its timer. Nothing here blocks
 * after poll(), so one `now` is enough. */
static void turn(void)
{
    uint64_t deadline = slogout_deadline(slogout);
    uint64_t now;
    size_t i;

    poll_for(SIGNALS, net_signals[0], NET_INPUT);
    poll_for(LISTENER, is_leaving || count == MAX_CLIENTS ? -1 : listener, NET_INPUT);
    for (i = 0; i < count; i++) {
        const uint64_t linger = clients[i]->linger.deadline_ms;
        deadline = linger && linger < deadline ? linger : deadline;
        poll_for(FIXED + i, clients[i]->fd, net_interest(&clients[i]->imap, &clients[i]->linger));
    }
    if (poll(polls, (nfds_t)(FIXED + count), slogout_timeout(deadline, slogout_now_ms())) < 0)
        return; /* EINTR; the next poll() reports the same */
    now = slogout_now_ms();
    for (i = count; i-- > 0;) {
        const short events = polls[FIXED + i].revents;
        const uint64_t linger = clients[i]->linger.deadline_ms;
        if ((events || (linger && now >= linger)) && handle(clients[i], events, now))
            free_client(i);
    }
    slogout_tick(slogout, now);
    handle_signals(now);
    if (polls[LISTENER].revents && !is_leaving)
        accept_client();
}

int main(int argc, char **argv)
{
    if (net_options(&options, argc, argv) < 0 || net_slogout(&slogout, &options) < 0 ||
        slogout_drain_new(&drain, slogout, done, NULL) != 0)
        return 2;
    if (net_open_signals() < 0 || net_catch(SIGTERM) < 0 || net_catch(SIGUSR1) < 0 ||
        net_catch(SIGUSR2) < 0 || (listener = net_listen(&options)) < 0)
        return 1;
    while (!is_done || count > 0)
        turn();
    slogout_drain_free(drain);
    return slogout_free(slogout) != 0;
}

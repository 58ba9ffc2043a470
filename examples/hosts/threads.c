/* A host with a loop on poll() in each thread. Each has a slogout, a drain and a descriptor of the listening socket
 * of its own, and shares nothing. A session belongs to one thread, so SIGTERM is sent to each thread as a message.
 * SIGTERM asks the clients to leave, paced, and ends the program when they have left. A second SIGTERM does not wait
 * for answers. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include "net.h"

#define THREADS     4
#define MAX_CLIENTS 2048 /* of a thread */

struct client {
    int fd;
    struct slogout_session *session;
    struct slogout_linger linger;
    struct imap imap;
};

enum { MESSAGES, LISTENER, FIXED };

struct loop {
    pthread_t thread;
    int messages[2]; /* a pipe, in which each octet is a SIGTERM */
    int listener;    /* non-blocking, because another thread may be faster */
    int reserve, is_leaving, is_done;
    struct slogout_plan plan;
    struct slogout *slogout;
    struct slogout_drain *drain;
    struct client *clients[MAX_CLIENTS];
    struct pollfd polls[FIXED + MAX_CLIENTS]; /* FIXED + i is that of clients[i] */
    size_t count;
};

static struct loop loops[THREADS];

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

static void accept_client(struct loop *loop)
{
    const int fd = net_accept(loop->listener, &loop->reserve);
    struct client *client = fd >= 0 ? calloc(1, sizeof *client) : NULL;

    if (client && slogout_session_new(&client->session, loop->slogout, &callbacks, client) == 0) {
        slogout_drain_add(loop->drain, client->session, 0);
        client->fd = fd;
        imap_greet(&client->imap);
        loop->clients[loop->count++] = client;
        return;
    }
    free(client);
    if (fd >= 0)
        close(fd);
}

/* Moves the last client to its place. */
static void free_client(struct loop *loop, size_t place)
{
    struct client *client = loop->clients[place];

    slogout_session_free(client->session);
    close(client->fd);
    free(client);
    loop->clients[place] = loop->clients[--loop->count];
}

/* ---- a thread ---- */

/* Each session joined the drain when it was made, and all have been freed, so there is no client left. */
static void done(struct slogout_drain *finished, void *user_data)
{
    struct loop *loop = user_data;

    (void)finished;
    loop->is_done = 1;
}

/* Accepts no more clients first, because those that leave come back. */
static void leave(struct loop *loop, uint64_t now)
{
    if (loop->is_leaving) {
        slogout_drain_force(loop->drain, now);
        return;
    }
    loop->is_leaving = 1;
    close(loop->listener);
    if (slogout_drain_start(loop->drain, &loop->plan, now) != 0)
        slogout_drain_force(loop->drain, now);
}

static void poll_for(struct loop *loop, size_t place, int fd, int interest)
{
    loop->polls[place].fd = fd;
    loop->polls[place].events = net_poll_events(interest);
    loop->polls[place].revents = 0;
}

/* Handles input before the tick, so that an answer that came in time is heard before its timer. Nothing here blocks
 * after poll(), so one `now` is enough. */
static void turn(struct loop *loop)
{
    uint64_t deadline = slogout_deadline(loop->slogout);
    uint64_t now;
    size_t i;
    char octet;

    poll_for(loop, MESSAGES, loop->messages[0], NET_INPUT);
    poll_for(loop, LISTENER, loop->is_leaving || loop->count == MAX_CLIENTS ? -1 : loop->listener, NET_INPUT);
    for (i = 0; i < loop->count; i++) {
        struct client *client = loop->clients[i];
        const uint64_t linger = client->linger.deadline_ms;
        deadline = linger && linger < deadline ? linger : deadline;
        poll_for(loop, FIXED + i, client->fd, net_interest(&client->imap, &client->linger));
    }
    if (poll(loop->polls, (nfds_t)(FIXED + loop->count), slogout_timeout(deadline, slogout_now_ms())) < 0)
        return; /* EINTR; the next poll() reports the same */
    now = slogout_now_ms();
    for (i = loop->count; i-- > 0;) {
        const short events = loop->polls[FIXED + i].revents;
        const uint64_t linger = loop->clients[i]->linger.deadline_ms;
        if ((events || (linger && now >= linger)) && handle(loop->clients[i], events, now))
            free_client(loop, i);
    }
    slogout_tick(loop->slogout, now);
    while (read(loop->messages[0], &octet, 1) == 1)
        leave(loop, now);
    if (loop->polls[LISTENER].revents && !loop->is_leaving)
        accept_client(loop);
}

static void *run_loop(void *argument)
{
    struct loop *loop = argument;

    while (!loop->is_done)
        turn(loop);
    slogout_drain_free(loop->drain);
    slogout_free(loop->slogout);
    return NULL;
}

/* ---- the main thread ---- */

/* SIGTERM is blocked in all threads, so only sigwait() receives it. */
static void *wait_for_signals(void *argument)
{
    const sigset_t *sigterm = argument;
    int number, i;

    while (sigwait(sigterm, &number) == 0)
        for (i = 0; i < THREADS; i++)
            if (write(loops[i].messages[1], "", 1) < 0)
                perror("message");
    return NULL;
}

/* Each thread has the same plan with a seed of its own. */
static int start(struct loop *loop, const struct net_options *options, int listener, uint32_t number)
{
    loop->listener = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    loop->reserve = -1;
    loop->plan = options->plan;
    loop->plan.seed += number;
    if (loop->listener < 0 || pipe(loop->messages) < 0 || net_prepare(loop->messages[0]) < 0 ||
        net_prepare(loop->messages[1]) < 0 || net_slogout(&loop->slogout, options) < 0 ||
        slogout_drain_new(&loop->drain, loop->slogout, done, loop) != 0)
        return -1;
    return pthread_create(&loop->thread, NULL, run_loop, loop) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct net_options options;
    pthread_t waiter;
    sigset_t sigterm;
    uint32_t i;
    int listener;

    sigemptyset(&sigterm);
    sigaddset(&sigterm, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &sigterm, NULL); /* threads inherit this */
    if (net_options(&options, argc, argv) < 0)
        return 2;
    if ((listener = net_listen(&options)) < 0)
        return 1;
    for (i = 0; i < THREADS; i++)
        if (start(&loops[i], &options, listener, i) < 0)
            return 2;
    close(listener); /* each thread has its own */
    if (pthread_create(&waiter, NULL, wait_for_signals, &sigterm) != 0 || pthread_detach(waiter) != 0)
        return 1;
    for (i = 0; i < THREADS; i++)
        pthread_join(loops[i].thread, NULL);
    return 0;
}

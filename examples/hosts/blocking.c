/* A host that blocks, with one process for each connection, as in Cyrus, Courier and imap4d.
 * The parent passes SIGTERM to its children. Each child chooses its own instant in the spread, so that the clients
 * leave paced although the processes do not know each other. A second SIGTERM does not wait for answers. */
#define _POSIX_C_SOURCE 200809L
#include <sys/wait.h>
#include "net.h"

#define MAX_PROCESSES 1024

static struct net_options options;

/* ---- a child: one connection ---- */

static int client;
static struct imap imap;
static struct slogout *slogout;
static struct slogout_session *session;
static struct slogout_drain *drain; /* of this session only */
static struct slogout_linger linger;
static int is_leaving;

/* Called inside turn(), and so inside any read or write. Only queues the line; turn() sends it. */
static int send_line(struct slogout_session *of, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)of;
    (void)conn;
    if (when == SLOGOUT_AT_REST ? !imap_at_rest(&imap) : !imap_between_lines(&imap))
        return SLOGOUT_BUSY;
    return imap_put(&imap, line, len);
}

/* Sets what ends the command loop, after the read or write that this is called in has returned. */
static void close_connection(struct slogout_session *of, const struct slogout_result *result, void *conn)
{
    (void)of;
    (void)conn;
    net_log(result);
    slogout_linger_begin(&linger, slogout_now_ms(), LINGER_MS);
}

static const struct slogout_callbacks callbacks = {
    .size = sizeof callbacks,
    .send_line = send_line,
    .close_connection = close_connection,
};

/* Begins to close a connection that ends in another way than by slogout. */
static void abandon(enum slogout_outcome why)
{
    slogout_session_abandon(session, why);
    slogout_linger_begin(&linger, slogout_now_ms(), LINGER_MS);
}

static void done(struct slogout_drain *finished, void *user_data)
{
    (void)finished;
    (void)user_data; /* the process ends with its connection */
}

static void take_signals(uint64_t now)
{
    int number;

    while ((number = net_next_signal()))
        if (number == SIGTERM && !is_leaving++)
            slogout_drain_start(drain, &options.plan, now);
        else if (number == SIGTERM)
            slogout_drain_force(drain, now);
}

/* Waits for input if `events` is POLLIN, and for room while output is queued. All waiting is here, so the tick is
 * here, and so are the signals, which are looked for on each turn. A signal mask that only ppoll() opens would
 * deliver no signal while the socket is ready, and a client that floods the host would never be asked. The tick
 * comes first, when all input that has been read has been fed. Returns 0 if the connection is to be closed. */
static int turn(short events, uint64_t limit_ms)
{
    struct pollfd polls[2] = {{net_signals[0], POLLIN, 0}, {client, events, 0}};
    uint64_t now = slogout_now_ms();
    uint64_t deadline;

    slogout_tick(slogout, now);
    take_signals(now);
    if (now >= limit_ms)
        abandon(SLOGOUT_OUTCOME_HOST_CLOSED);
    if (linger.deadline_ms)
        return 0;
    if (imap.out_len > 0)
        polls[1].events |= POLLOUT;
    deadline = slogout_deadline(slogout);
    if (poll(polls, 2, slogout_timeout(limit_ms < deadline ? limit_ms : deadline, now)) > 0 &&
        polls[1].revents && net_write(client, &imap) < 0)
        abandon(SLOGOUT_OUTCOME_PEER_CLOSED);
    return !linger.deadline_ms;
}

/* The lowest read. Returns 0 if the connection is to be closed. */
static int read_more(void)
{
    int got = 0;

    while (got == 0 && turn(POLLIN, SLOGOUT_NEVER))
        got = net_read(client, &imap);
    if (got < 0)
        abandon(SLOGOUT_OUTCOME_PEER_CLOSED);
    return got > 0;
}

/* The lowest write. Returns 0 if the connection is to be closed. */
static int flush(void)
{
    const uint64_t limit = slogout_now_ms() + options.write_timeout_ms;

    while (imap.out_len > 0)
        if (!turn(0, limit))
            return 0;
    return 1;
}

static void react(enum imap_event event)
{
    if (event == IMAP_ENABLE)
        slogout_session_set_enabled(session, 1);
    if (event != IMAP_LOGOUT && event != IMAP_LOST)
        return;
    abandon(event == IMAP_LOGOUT ? SLOGOUT_OUTCOME_CLIENT_LOGOUT : SLOGOUT_OUTCOME_HOST_CLOSED);
    imap_bye(&imap, event);
}

static void serve(void)
{
    enum imap_event event;

    imap_greet(&imap);
    while (!linger.deadline_ms) {
        event = imap_next(&imap);
        if (event == IMAP_WAIT && (!flush() || (!imap.is_stalled && !read_more())))
            return;
        if (event == IMAP_LINE &&
            !slogout_session_feed_line(session, imap.line, imap.line_len, slogout_now_ms()))
            event = imap_run(&imap);
        react(event);
        slogout_session_resume(session, slogout_now_ms());
    }
}

/* Sends what is queued and waits until the client has closed, in bounded time. */
static void close_gently(void)
{
    while (net_write(client, &imap) == 0 &&
           !slogout_linger_step(&linger, client, imap.out_len == 0, slogout_now_ms())) {
        struct pollfd waiting = {client, net_poll_events(net_interest(&imap, &linger)), 0};
        poll(&waiting, 1, slogout_timeout(linger.deadline_ms, slogout_now_ms()));
    }
    close(client);
}

/* Makes the slogout after the fork, with a seed of this process, or all would choose the same instant. */
static int child(void)
{
    options.plan.seed = (uint32_t)getpid();
    if (net_slogout(&slogout, &options) < 0 || slogout_drain_new(&drain, slogout, done, NULL) != 0 ||
        slogout_session_new(&session, slogout, &callbacks, NULL) != 0)
        return 1;
    slogout_drain_add(drain, session, 0);
    serve();
    close_gently();
    slogout_session_free(session);
    slogout_drain_free(drain);
    return slogout_free(slogout) != 0;
}

/* ---- the parent ---- */

static pid_t pids[MAX_PROCESSES];
static size_t count;
static int listener, reserve = -1;

/* Blocks signals until the child has a pipe of its own, because the parent reads the other one. */
static void start_child(int fd)
{
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid = fork();
    if (pid == 0) {
        close(listener);
        close(net_signals[0]);
        close(net_signals[1]);
        client = fd;
        if (net_open_signals() < 0)
            exit(1);
        sigprocmask(SIG_SETMASK, &before, NULL);
        exit(child());
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid > 0)
        pids[count++] = pid;
    close(fd);
}

static void bury_children(void)
{
    pid_t pid;
    size_t i;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (i = count; i-- > 0;)
            if (pids[i] == pid)
                pids[i] = pids[--count];
}

/* Accepts no more clients first, because those that leave come back. */
static void leave(void)
{
    size_t i;

    if (listener >= 0)
        close(listener);
    listener = -1;
    for (i = 0; i < count; i++)
        kill(pids[i], SIGTERM);
}

int main(int argc, char **argv)
{
    int fd, number;

    if (net_options(&options, argc, argv) < 0 || net_slogout(&slogout, &options) < 0)
        return 2;
    slogout_free(slogout); /* it has checked the plan; each child makes its own */
    if (net_open_signals() < 0 || net_catch(SIGTERM) < 0 || net_catch(SIGCHLD) < 0 ||
        (listener = net_listen(&options)) < 0)
        return 1;
    while (listener >= 0 || count > 0) {
        struct pollfd polls[2] = {{net_signals[0], POLLIN, 0},
                                  {count < MAX_PROCESSES ? listener : -1, POLLIN, 0}};
        const int ready = poll(polls, 2, -1);
        while ((number = net_next_signal()))
            if (number == SIGTERM)
                leave();
        bury_children();
        if (ready > 0 && polls[1].revents && listener >= 0 && (fd = net_accept(listener, &reserve)) >= 0)
            start_child(fd);
    }
    return 0;
}

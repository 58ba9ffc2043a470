#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/address.h"
#include "common/departure.h"
#include "common/now.h"
#include "common/options.h"
#include "common/service.h"
#include "common/signals.h"

#define BAD_USAGE     2
#define LEAVE_TIMEOUT 5000 /* milliseconds to end a line: as long as the rest of it has when it closes */
#define ACCEPT_BATCH  64   /* connections taken in one turn */
#define ACCEPT_PAUSE  1000 /* milliseconds without accept() when the system has no more descriptors */

struct server {
    const struct service *service;
    struct slogout *slogout;
    struct departure departure;
    int listener;             /* -1: no longer */
    uint64_t accept_again_ms; /* not before */
    uint64_t accepted;        /* so far */
    struct peer **peers;
    size_t count, room;
    struct pollfd *polls; /* FIXED_POLLS, then those of the peers; room for all of their streams */
    size_t polled;        /* so many are in use */
};

enum { POLL_SIGNALS, POLL_LISTENER, FIXED_POLLS };

/* ---- command line ---- */

struct command_line {
    const char *address;
    struct slogout_settings settings;
    struct departure_options departure;
};

static int read_command_line(struct command_line *line, struct service *service, int argc, char **argv)
{
    struct departure_options *departure = &line->departure;
    uint64_t answer_timeout = 0;
    int ask = SLOGOUT_ASK_ENABLED;
    int on_refusal = SLOGOUT_REFUSAL_BYE;
    const struct option options[] = {
        {"--listen", OPTION_ADDRESS, "ADDR:PORT", &line->address, 0, 0},
        {"--ask", OPTION_CHOICE, "enabled|all", &ask, 0, 0},
        {"--answer-timeout", OPTION_NUMBER, "MS", &answer_timeout, 1, UINT32_MAX},
        {"--on-refusal", OPTION_CHOICE, "bye|wait", &on_refusal, 0, 0},
        {"--spread", OPTION_NUMBER, "MS", &departure->spread, 0, UINT32_MAX},
        {"--deadline", OPTION_NUMBER, "MS", &departure->deadline, 1, UINT32_MAX},
        {"--max-in-flight", OPTION_NUMBER, "N", &departure->max_in_flight, 0, UINT32_MAX},
        {"--seed", OPTION_NUMBER, "N", &departure->seed, 0, UINT32_MAX},
        {*service->server_address ? "--server" : NULL, OPTION_ADDRESS, "ADDR:PORT", &service->server_address,
         0, 0},
        {NULL, OPTION_FLAG, NULL, NULL, 0, 0},
    };

    if (options_read(options, "", 0, argc, argv) < 0)
        return -1;
    line->settings.answer_timeout_ms = (uint32_t)answer_timeout;
    line->settings.ask = (enum slogout_ask)ask;
    line->settings.on_refusal = (enum slogout_on_refusal)on_refusal;
    return 0;
}

/* ---- peers ---- */

/* Room for one more peer and its places in the poll array. */
static int make_room(struct server *server)
{
    const size_t room = server->room ? server->room * 2 : 64;
    struct peer **peers;
    struct pollfd *polls;

    if (server->count < server->room)
        return 0;
    polls = realloc(server->polls, (FIXED_POLLS + SERVICE_STREAMS * room) * sizeof *polls);
    if (polls)
        server->polls = polls;
    peers = realloc(server->peers, room * sizeof(struct peer *));
    if (peers)
        server->peers = peers;
    if (!polls || !peers)
        return -1;
    server->room = room;
    return 0;
}

static void add_peer(struct server *server, int fd)
{
    struct peer *peer = NULL;

    if (make_room(server) == 0)
        peer = server->service->open(fd, server->slogout, server->accepted + 1);
    if (!peer) {
        close(fd);
        return;
    }
    server->accepted++;
    server->peers[server->count++] = peer;
}

/* The last one takes its place. */
static void remove_peer(struct server *server, size_t place)
{
    server->service->free(server->peers[place]);
    server->peers[place] = server->peers[--server->count];
    server->accept_again_ms = 0;
}

static int is_out_of_resources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* A client that has gone already (ECONNABORTED) is no reason to stop. Without descriptors poll() would
 * report the listener again and again, so it is left out for a while, or until a connection closes. */
static void accept_connections(struct server *server, uint64_t now)
{
    int left = ACCEPT_BATCH;

    while (left-- > 0) {
        const int fd = accept(server->listener, NULL, NULL);
        if (fd >= 0)
            add_peer(server, fd);
        else if (is_out_of_resources(errno))
            server->accept_again_ms = now + ACCEPT_PAUSE;
        if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

/* ---- leaving ---- */

static void ask_all(struct server *server, uint64_t now)
{
    size_t i;

    for (i = 0; i < server->count; i++)
        slogout_session_request(server->peers[i]->session, NULL, now);
}

static void hurry(struct server *server, uint64_t now)
{
    size_t i;

    for (i = 0; server->service->hurry && i < server->count; i++)
        server->service->hurry(server->peers[i], now);
}

/* First no more clients, or they come back while others leave. */
static void leave(struct server *server, uint64_t now)
{
    const int again = server->departure.is_begun;
    size_t i;

    if (!again) {
        close(server->listener);
        server->listener = -1;
        for (i = 0; i < server->count; i++)
            departure_add(&server->departure, server->peers[i]->session);
    }
    departure_go(&server->departure, now);
    if (again)
        hurry(server, now);
}

static void heed_signals(struct server *server, uint64_t now)
{
    signals_clear();
    if (signals_taken(SIGUSR1))
        ask_all(server, now);
    if (signals_taken(SIGTERM))
        leave(server, now);
}

/* ---- the loop ---- */

/* Returns its place. What poll() is not to look at must not take one: more than there may be descriptors are
 * EINVAL. */
static size_t poll_for(struct server *server, int fd, short events)
{
    const struct pollfd poll = {fd, events, 0};

    server->polls[server->polled] = poll;
    return server->polled++;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void poll_peer(struct server *server, struct peer *peer)
{
    unsigned i;

    for (i = 0; i < SERVICE_STREAMS; i++) {
        const short events = peer->streams[i] ? server->service->interest(peer, i) : SERVICE_NO_INTEREST;
        peer->places[i] = 0;
        if (events != SERVICE_NO_INTEREST)
            peer->places[i] = poll_for(server, peer->streams[i]->fd, events);
    }
}

/* Fills the poll array. Returns when something is due that is not slogout's, or UINT64_MAX. */
static uint64_t prepare(struct server *server, uint64_t now)
{
    const int pausing = now < server->accept_again_ms;
    uint64_t deadline = earlier(server->departure.report_ms, pausing ? server->accept_again_ms : UINT64_MAX);
    size_t i;

    server->polled = 0;
    poll_for(server, signals_fd(), POLLIN);
    poll_for(server, pausing ? -1 : server->listener, POLLIN);
    for (i = 0; i < server->count; i++) {
        poll_peer(server, server->peers[i]);
        deadline = earlier(deadline, server->service->deadline(server->peers[i]));
    }
    return deadline;
}

static int timeout_until(uint64_t deadline, uint64_t now)
{
    if (deadline == UINT64_MAX)
        return -1;
    if (deadline <= now)
        return 0;
    return deadline - now < INT_MAX ? (int)(deadline - now) : INT_MAX;
}

static void serve(struct server *server, size_t place, uint64_t now)
{
    struct peer *peer = server->peers[place];
    short revents[SERVICE_STREAMS];
    unsigned i;

    for (i = 0; i < SERVICE_STREAMS; i++)
        revents[i] = peer->places[i] ? server->polls[peer->places[i]].revents : 0;
    if (revents[0] || revents[1] || now >= server->service->deadline(peer))
        server->service->serve(peer, revents, now);
    if (server->service->is_over(peer, now))
        remove_peer(server, place);
}

/* Backwards, because one that goes is replaced by the last, which has had its turn. */
static void serve_all(struct server *server, uint64_t now)
{
    size_t i;

    for (i = server->count; i-- > 0;)
        serve(server, i, now);
}

/* Input before the tick: an answer that came in time wins over the timer. New connections last: they have no
 * place in the poll array yet. Nothing here blocks, so one `now` is good for a turn. */
static int turn(struct server *server)
{
    uint64_t now = now_ms();
    const uint64_t deadline = earlier(prepare(server, now), slogout_deadline(server->slogout));
    const int ready = poll(server->polls, (nfds_t)server->polled, timeout_until(deadline, now));

    if (ready < 0 && errno != EINTR && errno != EAGAIN)
        return -1;
    now = now_ms();
    if (ready >= 0)
        serve_all(server, now);
    slogout_tick(server->slogout, now);
    heed_signals(server, now);
    departure_report(&server->departure, now);
    if (ready > 0 && server->polls[POLL_LISTENER].revents && server->listener >= 0)
        accept_connections(server, now);
    return 0;
}

/* ---- start and end ---- */

/* As many descriptors as we may have, for as many connections. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* Returns 0, or the exit status. A plan that cannot be kept is told now, not when it is too late. */
static int set_up_slogout(struct server *server, const struct command_line *line)
{
    uint64_t shortest_deadline = 0;
    int error = slogout_new(&server->slogout, &line->settings);

    if (!error)
        error = departure_init(&server->departure, server->slogout, &line->departure, &shortest_deadline);
    if (!error)
        return 0;
    fprintf(stderr, "%s: %s", server->service->name, slogout_strerror(error));
    if (error == SLOGOUT_ERR_PLAN)
        fprintf(stderr, "; --deadline must be at least %" PRIu64, shortest_deadline);
    fprintf(stderr, "\n");
    return error == SLOGOUT_ERR_NOMEM ? EXIT_FAILURE : BAD_USAGE;
}

/* Returns 0, or the exit status. */
static int set_up_system(struct server *server, const char *address)
{
    char text[ADDRESS_SIZE];

    raise_descriptor_limit();
    server->listener = address_listen(address);
    if (server->listener < 0 || make_room(server) < 0 || signals_catch(SIGUSR1) < 0 ||
        signals_catch(SIGTERM) < 0) {
        fprintf(stderr, "%s: cannot listen on %s: %s\n", server->service->name, address, strerror(errno));
        return EXIT_FAILURE;
    }
    address_of(server->listener, text);
    printf("listening on %s\n", text);
    fflush(stdout);
    return 0;
}

static int run(struct server *server)
{
    while (!server->departure.is_over || server->count > 0)
        if (turn(server) < 0) {
            fprintf(stderr, "%s: poll: %s\n", server->service->name, strerror(errno));
            return EXIT_FAILURE;
        }
    return departure_kept(&server->departure) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void clean_up(struct server *server)
{
    while (server->count > 0)
        remove_peer(server, server->count - 1);
    if (server->listener >= 0)
        close(server->listener);
    free(server->peers);
    free(server->polls);
    departure_free(&server->departure);
    slogout_free(server->slogout);
}

int service_main(struct service *service, int argc, char **argv)
{
    struct command_line line = {
        "127.0.0.1:1143",
        {.size = sizeof(struct slogout_settings),
         .tag_prefix = service->tag_prefix,
         .leave_timeout_ms = LEAVE_TIMEOUT},
        {DEPARTURE_DEFAULT, DEPARTURE_DEFAULT, 0, DEPARTURE_DEFAULT},
    };
    struct server server = {.service = service, .listener = -1};
    int status;

    if (read_command_line(&line, service, argc, argv) < 0)
        return BAD_USAGE;
    status = set_up_slogout(&server, &line);
    if (!status)
        status = set_up_system(&server, line.address);
    if (!status)
        status = run(&server);
    clean_up(&server);
    return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <slogout/host.h>
#include "address.h"
#include "agent.h"
#include "asking.h"
#include "command_line.h"
#include "departure.h"
#include "listener.h"
#include "log.h"
#include "metrics.h"
#include "notify.h"
#include "service.h"
#include "signals.h"

#define BAD_USAGE     2
#define LEAVE_TIMEOUT 5000 /* milliseconds to finish a line; the linger is as long */
#define ACCEPT_BATCH  64   /* connections taken in one turn */
#define EVENTS        256  /* of the poller in one turn */

struct loop {
    const struct service *service;
    const char *program; /* its name, for messages */
    struct slogout *slogout;
    struct departure departure;
    struct asking asking;
    struct metrics metrics;
    struct poller *poller;
    struct listener listener, agent;
    struct poller_watch signals;
    struct alarms alarms;
    struct peer **peers;
    size_t count, room;
    struct peer *touched; /* a list */
    uint64_t accepted;    /* so far */
    uint64_t now;         /* of this turn, as what follows */
    int has_clients, has_signals;
};

/* ---- peers ---- */

void service_touch(struct peer *peer)
{
    if (peer->is_touched || !peer->loop)
        return;
    peer->is_touched = 1;
    peer->next_touched = peer->loop->touched;
    peer->loop->touched = peer;
}

void service_unwatch(struct peer *peer, unsigned stream)
{
    if (peer->loop)
        poller_set(peer->loop->poller, &peer->streams[stream]->watch, 0);
}

static int make_room(struct loop *loop)
{
    const size_t room = loop->room ? loop->room * 2 : 64;
    struct peer **peers;

    if (alarms_reserve(&loop->alarms, loop->count + 1) < 0)
        return -1;
    if (loop->count < loop->room)
        return 0;
    peers = realloc(loop->peers, room * sizeof(struct peer *));
    if (!peers)
        return -1;
    loop->peers = peers;
    loop->room = room;
    return 0;
}

static void add_peer(int fd, void *user)
{
    struct loop *loop = user;
    struct peer *peer = NULL;

    if (make_room(loop) == 0)
        peer = loop->service->open(fd, loop->slogout, loop->accepted + 1, loop->now);
    if (!peer) {
        close(fd);
        return;
    }
    loop->accepted++;
    peer->begun_ms = loop->now;
    peer->loop = loop;
    peer->place = loop->count;
    loop->peers[loop->count++] = peer;
    service_touch(peer);
}

/* Moves the last peer to its place. The peer must not be in the list of touched ones. */
static void remove_peer(struct loop *loop, struct peer *peer)
{
    const size_t place = peer->place;
    unsigned i;

    for (i = 0; i < SERVICE_STREAMS; i++)
        if (peer->streams[i])
            poller_set(loop->poller, &peer->streams[i]->watch, 0);
    alarms_set(&loop->alarms, &peer->alarm, ALARM_NEVER);
    loop->peers[place] = loop->peers[--loop->count];
    loop->peers[place]->place = place;
    peer->loop = NULL;
    loop->service->free(peer);
    listener_resume(&loop->listener);
}

/* Sends what was queued, and registers what the peer waits for. Returns -1 if the system cannot watch it. */
static int settle(struct loop *loop, struct peer *peer)
{
    unsigned i;

    for (i = 0; i < SERVICE_STREAMS; i++) {
        if (!peer->streams[i])
            continue;
        stream_flush(peer->streams[i]);
        if (poller_set(loop->poller, &peer->streams[i]->watch, loop->service->wants(peer, i)) < 0)
            return -1;
    }
    alarms_set(&loop->alarms, &peer->alarm, loop->service->deadline(peer));
    return 0;
}

static void settle_touched(struct loop *loop)
{
    struct peer *peer;

    while ((peer = loop->touched)) {
        loop->touched = peer->next_touched;
        peer->is_touched = 0;
        if (settle(loop, peer) < 0 || loop->service->is_over(peer, loop->now))
            remove_peer(loop, peer);
    }
}

static void each_peer(struct loop *loop, void (*act)(struct peer *peer, uint64_t now))
{
    size_t i;

    for (i = 0; act && i < loop->count; i++) {
        act(loop->peers[i], loop->now);
        service_touch(loop->peers[i]);
    }
}

/* ---- leaving ---- */

static void ask_all(struct loop *loop)
{
    size_t i;

    if (loop->departure.is_begun || asking_prepare(&loop->asking, loop->slogout) < 0)
        return;
    for (i = 0; i < loop->count; i++)
        asking_add(&loop->asking, loop->peers[i]->session);
    asking_start(&loop->asking, &loop->departure.plan, loop->now);
}

/* Closes the port first, or clients would come back while others leave. Connections that the system has
 * already made are accepted before, and not reset. */
static void begin_to_leave(struct loop *loop)
{
    size_t i;

    listener_resume(&loop->listener);
    if (loop->listener.watch.fd >= 0)
        listener_accept(&loop->listener, INT_MAX, loop->now, add_peer, loop);
    listener_close(&loop->listener);
    listener_close(&loop->agent);
    asking_end(&loop->asking);
    each_peer(loop, loop->service->leave);
    for (i = 0; i < loop->count; i++)
        departure_add(&loop->departure, loop->peers[i]->session);
    departure_go(&loop->departure, loop->now);
}

/* The first signal only announces the end. The second one may come before the port has closed. */
static void leave(struct loop *loop)
{
    if (!loop->departure.is_announced) {
        notify_supervisor("STOPPING=1");
        departure_announce(&loop->departure, loop->now);
        return;
    }
    if (!loop->departure.is_begun)
        begin_to_leave(loop);
    departure_go(&loop->departure, loop->now);
    each_peer(loop, loop->service->hurry);
}

/* When every session must have its outcome, connections that are in no drain are closed too. When the program
 * must be gone, all connections that are left are cut off. */
static void keep_deadline(struct loop *loop)
{
    if (departure_is_late(&loop->departure, loop->now))
        each_peer(loop, loop->service->hurry);
    if (loop->now < loop->departure.gone_by_ms)
        return;
    settle_touched(loop);
    loop->departure.cut_off += loop->count;
    while (loop->count > 0)
        remove_peer(loop, loop->peers[loop->count - 1]);
    slogout_tick(loop->slogout, loop->now);
}

/* ---- signals ---- */

static struct metrics_figures figures(const struct loop *loop)
{
    const struct metrics_figures figures = {loop->count, loop->accepted, slogout_get_counts(loop->slogout),
                                            &loop->departure, loop->service->write_metrics};

    return figures;
}

static void log_counters(const struct loop *loop)
{
    const struct slogout_counts *counts = slogout_get_counts(loop->slogout);
    int outcome;

    log_line("counters connections=%zu accepted=%" PRIu64 " waiting=%" PRIu64 " pending=%" PRIu64
             " asked=%" PRIu64 " leaving=%" PRIu64 " ended=%" PRIu64 " without_bye=%" PRIu64
             " blind=%" PRIu64,
             loop->count, loop->accepted, counts->state[SLOGOUT_STATE_WAITING],
             counts->state[SLOGOUT_STATE_PENDING], counts->state[SLOGOUT_STATE_ASKED],
             counts->state[SLOGOUT_STATE_LEAVING], counts->state[SLOGOUT_STATE_ENDED], counts->without_bye,
             counts->blind);
    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        log_line("counters outcome=%s sessions=%" PRIu64, slogout_outcome_name((enum slogout_outcome)outcome),
                 counts->outcome[outcome]);
}

static void act_on_signals(struct loop *loop)
{
    int ends;

    signals_clear();
    if (loop->service->wake)
        loop->service->wake();
    if (signals_taken(SIGHUP) && loop->service->reload)
        loop->service->reload();
    if (signals_taken(SIGUSR2))
        log_counters(loop);
    if (signals_taken(SIGUSR1))
        ask_all(loop);
    ends = signals_taken(SIGTERM);
    ends |= signals_taken(SIGINT);
    if (ends)
        leave(loop);
}

static int catch_signals(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
    size_t i;

    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (signals_catch(numbers[i]) < 0)
            return -1;
    return 0;
}

/* ---- the loop ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_deadline(const struct loop *loop)
{
    uint64_t deadline = earlier(slogout_deadline(loop->slogout), alarms_next(&loop->alarms));

    deadline = earlier(deadline, earlier(loop->listener.again_ms, loop->agent.again_ms));
    deadline = earlier(deadline, loop->metrics.due_ms);
    return earlier(deadline, departure_deadline(&loop->departure));
}

/* Serves the peers that have an event or an alarm. */
static void serve(struct loop *loop, const struct poller_event *events, int count)
{
    struct alarm *alarm;
    struct peer *peer;
    int i;

    for (i = 0; i < count; i++) {
        if (events[i].watch == &loop->listener.watch) {
            loop->has_clients = 1;
        } else if (events[i].watch == &loop->signals) {
            loop->has_signals = 1;
        } else if (events[i].watch == &loop->agent.watch) {
            agent_answer(&loop->agent, loop->departure.is_announced, loop->now);
        } else {
            struct stream *stream = (struct stream *)(void *)events[i].watch;
            stream_note(stream, events[i].ready);
            service_touch(stream->owner);
        }
    }
    while ((alarm = alarms_take_due(&loop->alarms, loop->now)))
        service_touch((struct peer *)(void *)alarm);
    for (peer = loop->touched; peer; peer = peer->next_touched)
        loop->service->serve(peer, loop->now);
}

/* Input comes before the tick, so that an answer in time wins over the timer. Nothing blocks, so one time is
 * right for the whole turn. */
static int turn(struct loop *loop)
{
    struct poller_event events[EVENTS];
    int count =
        poller_wait(loop->poller, events, EVENTS, slogout_poll_timeout(next_deadline(loop), slogout_now_ms()));
    int changed;

    if (count < 0 && errno != EINTR && errno != EAGAIN)
        return -1;
    if (count < 0)
        count = 0;
    loop->now = slogout_now_ms();
    if (loop->now >= loop->listener.again_ms)
        listener_resume(&loop->listener);
    if (loop->now >= loop->agent.again_ms)
        listener_resume(&loop->agent);
    serve(loop, events, count);
    if (loop->has_clients)
        listener_accept(&loop->listener, ACCEPT_BATCH, loop->now, add_peer, loop);
    slogout_tick(loop->slogout, loop->now);
    if (loop->has_signals)
        act_on_signals(loop);
    loop->has_clients = loop->has_signals = 0;
    if (loop->now >= loop->departure.close_ms)
        begin_to_leave(loop);
    keep_deadline(loop);
    departure_report(&loop->departure, loop->now);
    changed = count > 0 || loop->touched || loop->departure.is_begun;
    settle_touched(loop);
    if (metrics_is_due(&loop->metrics, changed, loop->now) &&
        metrics_write(&loop->metrics, figures(loop), loop->now) < 0)
        log_line("metrics failed: cannot write to %s: %s", loop->metrics.path, strerror(errno));
    return 0;
}

/* ---- start and end ---- */

/* Raises the limit of descriptors, and so of connections, as far as the system allows. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* Returns 0, or the exit status. A plan that cannot be kept is reported now, not when it is needed. */
static int set_up_slogout(struct loop *loop, const struct command_line *line)
{
    uint64_t shortest_deadline = 0;
    int error = slogout_new(&loop->slogout, &line->settings);

    if (!error)
        error = departure_init(&loop->departure, loop->slogout, &line->departure, &shortest_deadline);
    if (!error)
        return 0;
    if (error == SLOGOUT_ERR_PLAN)
        fprintf(stderr,
                "%s: --deadline %" PRIu64 " is too short for the other options; it must be at least %" PRIu64
                "\n",
                loop->program, line->departure.deadline, shortest_deadline);
    else
        fprintf(stderr, "%s: %s\n", loop->program, slogout_strerror(error));
    return error == SLOGOUT_ERR_NOMEM ? EXIT_FAILURE : BAD_USAGE;
}

/* Returns 0, or the exit status. */
static int set_up_system(struct loop *loop, const struct command_line *line)
{
    char text[ADDRESS_SIZE];

    raise_descriptor_limit();
    loop->poller = poller_new();
    if (!loop->poller || catch_signals() < 0) {
        fprintf(stderr, "%s: cannot wait for events: %s\n", loop->program, strerror(errno));
        return EXIT_FAILURE;
    }
    loop->signals.fd = signals_fd();
    if (poller_set(loop->poller, &loop->signals, POLLER_IN) < 0 || make_room(loop) < 0 ||
        listener_open(&loop->listener, loop->poller, line->listen, line->reuse_port) < 0) {
        fprintf(stderr, "%s: cannot listen on %s: %s\n", loop->program, line->listen, strerror(errno));
        return EXIT_FAILURE;
    }
    if (line->agent && listener_open(&loop->agent, loop->poller, line->agent, line->reuse_port) < 0) {
        fprintf(stderr, "%s: cannot listen on %s: %s\n", loop->program, line->agent, strerror(errno));
        return EXIT_FAILURE;
    }
    if (metrics_init(&loop->metrics, line->metrics, figures(loop), loop->now) < 0) {
        fprintf(stderr, "%s: cannot write the metrics to %s: %s\n", loop->program, line->metrics,
                strerror(errno));
        return EXIT_FAILURE;
    }
    address_of(loop->listener.watch.fd, text);
    printf("listening on %s\n", text);
    fflush(stdout);
    notify_supervisor("READY=1");
    return 0;
}

static int run(struct loop *loop)
{
    while (!loop->departure.is_over || loop->count > 0)
        if (turn(loop) < 0) {
            fprintf(stderr, "%s: cannot wait for events: %s\n", loop->program, strerror(errno));
            return EXIT_FAILURE;
        }
    return departure_kept(&loop->departure) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void clean_up(struct loop *loop)
{
    while (loop->count > 0)
        remove_peer(loop, loop->peers[loop->count - 1]);
    if (loop->metrics.path)
        metrics_write(&loop->metrics, figures(loop), loop->now);
    metrics_free(&loop->metrics);
    listener_close(&loop->listener);
    listener_close(&loop->agent);
    poller_free(loop->poller);
    alarms_free(&loop->alarms);
    free(loop->peers);
    asking_end(&loop->asking);
    departure_free(&loop->departure);
    slogout_free(loop->slogout);
}

int service_main(const struct service *service, int argc, char **argv)
{
    struct command_line line = {
        .listen = "127.0.0.1:1143",
        .settings = {.size = sizeof(struct slogout_settings),
                     .tag_prefix = service->tag_prefix,
                     .leave_timeout_ms = LEAVE_TIMEOUT},
        .departure = {.spread = DEPARTURE_DEFAULT,
                      .deadline = DEPARTURE_DEFAULT,
                      .lame_duck = DEPARTURE_DEFAULT,
                      .seed = DEPARTURE_DEFAULT},
    };
    struct loop loop = {.service = service,
                        .program = options_program(argv),
                        .listener = {.watch = {.fd = -1}, .again_ms = UINT64_MAX},
                        .agent = {.watch = {.fd = -1}, .again_ms = UINT64_MAX},
                        .now = slogout_now_ms()};
    int status;

    if (command_line_read(&line, service->options, argc, argv) < 0)
        return BAD_USAGE;
    status = set_up_slogout(&loop, &line);
    if (!status && service->start && service->start(loop.program) < 0)
        status = EXIT_FAILURE;
    if (!status)
        status = set_up_system(&loop, &line);
    if (!status)
        status = run(&loop);
    clean_up(&loop);
    return status;
}

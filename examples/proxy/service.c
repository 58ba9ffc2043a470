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
#include "agent.h"
#include "log.h"
#include "notify.h"
#include "resolver.h"
#include "service.h"
#include "signals.h"

#define BAD_USAGE       2
#define BATCH_MAX       64 /* connections accepted in one turn */
#define RESERVE         32 /* descriptors that are not for clients */
#define RESERVE_OF_LOOP 4
#define METRICS_PERIOD  1000 /* milliseconds after which the counters of several loops are read again */

/* ---- all loops ---- */

void service_each_loop(struct service *service, void (*act)(struct loop *loop, unsigned number, void *user),
                       void *user)
{
    unsigned i;

    for (i = 0; i < service->count; i++) {
        struct loop *loop = &service->loops[i];
        if (i > 0)
            pthread_mutex_lock(&loop->mutex);
        if (loop->now < service->now)
            loop->now = service->now;
        act(loop, i, user);
        if (i == 0)
            continue;
        pthread_mutex_unlock(&loop->mutex);
        loop_wake(loop);
    }
}

/* Like service_each_loop(), but does not wake the loops. */
static void look_at_loops(struct service *service, void (*look)(struct loop *loop, void *user), void *user)
{
    unsigned i;

    for (i = 0; i < service->count; i++) {
        if (i > 0)
            pthread_mutex_lock(&service->loops[i].mutex);
        look(&service->loops[i], user);
        if (i > 0)
            pthread_mutex_unlock(&service->loops[i].mutex);
    }
}

static void add_to_totals(struct loop *loop, void *totals)
{
    totals_add(totals, loop);
}

struct totals service_totals(struct service *service)
{
    struct totals totals;

    memset(&totals, 0, sizeof totals);
    look_at_loops(service, add_to_totals, &totals);
    return totals;
}

/* ---- clients ---- */

/* Gives a client to the loop with the fewest clients. Each loop except the first has a thread of its own. */
static void deal(struct service *service, const struct arrival *arrival)
{
    unsigned best = 0, i;
    size_t least = loop_load(&service->loops[0]);

    for (i = 1; i < service->count; i++) {
        const size_t load = loop_load(&service->loops[i]);
        if (load < least) {
            best = i;
            least = load;
        }
    }
    if (best == 0)
        loop_take(&service->loops[0], arrival);
    else
        loop_give(&service->loops[best], arrival);
}

static size_t clients(struct service *service)
{
    size_t load = 0;
    unsigned i;

    for (i = 0; i < service->count; i++)
        load += loop_load(&service->loops[i]);
    return load;
}

static void accept_clients(struct service *service, int most)
{
    size_t room = service->clients_max;
    struct arrival arrival;

    room -= clients(service) < room ? clients(service) : room;
    while (most-- > 0) {
        if (room-- == 0) {
            listener_pause(&service->listener, service->now);
            return;
        }
        arrival.fd = listener_accept(&service->listener, &arrival.address, service->now);
        if (arrival.fd < 0)
            return;
        arrival.number = ++service->accepted;
        deal(service, &arrival);
    }
}

static int is_paused(const struct service *service)
{
    return service->listener.again_ms != UINT64_MAX;
}

/* accept() fails once for each batch that is larger than the queue. The batch is 1 for a single client, and grows while
 * clients come in each turn. */
static void accept_batch(struct service *service)
{
    if (!service->has_clients || is_paused(service)) {
        service->batch = 1;
        return;
    }
    accept_clients(service, service->batch);
    if (service->batch < BATCH_MAX)
        service->batch *= 2;
}

/* ---- asking ---- */

struct question {
    struct service *service;
    struct departure departure; /* with the plan */
    int (*is_meant)(const struct peer *peer, void *user);
    void *user;
    uint64_t sessions;
};

static void ask_loop(struct loop *loop, unsigned number, void *user)
{
    struct question *question = user;
    const struct slogout_plan plan = departure_share(&question->departure, number);
    struct asking *asking = asking_new(&loop->askings, loop->slogout);
    size_t i;

    if (!asking)
        return;
    for (i = 0; i < loop->count; i++)
        if (question->is_meant(loop->peers[i], question->user))
            question->sessions += (unsigned)asking_add(asking, loop->peers[i]->session);
    asking_start(asking, &plan, question->service->now);
}

uint64_t service_ask(struct service *service, const struct slogout_plan *plan,
                     int (*is_meant)(const struct peer *peer, void *user), void *user)
{
    struct question question = {service, service->departure, is_meant, user, 0};

    question.departure.plan = *plan;
    service_each_loop(service, ask_loop, &question);
    service->is_asking = 1;
    log_line("asking sessions=%" PRIu64 " spread=%.1fs rate=%" PRIu32, question.sessions,
             (double)plan->spread_ms / 1000, plan->rate);
    return question.sessions;
}

static int everybody(const struct peer *peer, void *user)
{
    (void)peer, (void)user;
    return 1;
}

static void look_for_asking(struct loop *loop, void *is_asking)
{
    *(int *)is_asking |= loop->askings.first != NULL;
}

static void note_end_of_asking(struct service *service)
{
    if (!service->is_asking)
        return;
    service->is_asking = 0;
    look_at_loops(service, look_for_asking, &service->is_asking);
    if (!service->is_asking && !service->departure.is_begun)
        log_line("asking over");
}

/* ---- leaving ---- */

struct ending {
    struct service *service;
    uint64_t sessions, most; /* of all, and of the loop that has most */
    uint64_t rate;           /* of all */
    uint64_t over_by_ms;
};

static void begin_in_loop(struct loop *loop, unsigned number, void *user)
{
    struct ending *ending = user;
    uint64_t sessions;

    (void)number;
    loop_leave(loop);
    sessions = loop_remaining(loop);
    ending->sessions += sessions;
    if (sessions > ending->most)
        ending->most = sessions;
}

static void start_in_loop(struct loop *loop, unsigned number, void *user)
{
    struct ending *ending = user;
    const struct departure *departure = &ending->service->departure;
    const struct slogout_plan plan = departure_share(departure, number);

    ending->rate += departure_rate(&plan, loop_remaining(loop));
    slogout_drain_start(loop->drain, &plan, ending->service->now);
    if (slogout_drain_deadline(loop->drain) > ending->over_by_ms)
        ending->over_by_ms = slogout_drain_deadline(loop->drain);
}

static void force_in_loop(struct loop *loop, unsigned number, void *user)
{
    struct ending *ending = user;

    (void)number;
    if (!loop->is_over)
        slogout_drain_force(loop->drain, ending->service->now);
    if (!loop->is_over && slogout_drain_deadline(loop->drain) > ending->over_by_ms)
        ending->over_by_ms = slogout_drain_deadline(loop->drain);
    loop_hurry(loop);
}

static void set_end_of_loop(struct loop *loop, unsigned number, void *user)
{
    const struct departure *departure = user;

    (void)number;
    loop->late_ms = departure->over_by_ms;
    loop->gone_by_ms = departure->gone_by_ms;
}

/* Closes the port before any client leaves, because clients that leave connect again. The system resets the connections
 * that are still in the queue then, so they are accepted first, unless another process may have the same socket. */
static void begin_to_leave(struct service *service, struct ending *ending)
{
    listener_resume(&service->listener);
    if (service->listener.watch.fd >= 0 && !service->listener.is_inherited)
        accept_clients(service, INT_MAX);
    listener_close(&service->listener);
    listener_close(&service->agent);
    service_each_loop(service, begin_in_loop, ending);
    departure_begin(&service->departure, ending->most, service->now);
    service_each_loop(service, start_in_loop, ending);
    departure_log(&service->departure, ending->sessions, ending->rate);
}

static void set_end(struct service *service, const struct ending *ending)
{
    if (ending->over_by_ms > 0)
        departure_set_end(&service->departure, ending->over_by_ms, service->now);
    service_each_loop(service, set_end_of_loop, &service->departure);
}

static void begin(struct service *service)
{
    struct ending ending = {.service = service};

    begin_to_leave(service, &ending);
    set_end(service, &ending);
}

/* The first signal only announces the end. The second signal may come before the port has closed. */
void service_leave(struct service *service)
{
    struct ending ending = {.service = service};

    if (!service->departure.is_announced) {
        notify_supervisor("STOPPING=1");
        departure_announce(&service->departure, service->now);
        return;
    }
    if (!service->departure.is_begun)
        begin(service);
    service_each_loop(service, force_in_loop, &ending);
    set_end(service, &ending);
}

/* ---- signals ---- */

static void log_counters(struct service *service)
{
    const struct totals totals = service_totals(service);
    const struct slogout_counts *counts = &totals.counts;
    int outcome;

    log_line("counters connections=%" PRIu64 " accepted=%" PRIu64 " waiting=%" PRIu64 " pending=%" PRIu64
             " asked=%" PRIu64 " leaving=%" PRIu64 " ended=%" PRIu64 " without_bye=%" PRIu64
             " blind=%" PRIu64,
             totals.connections, service->accepted, counts->state[SLOGOUT_STATE_WAITING],
             counts->state[SLOGOUT_STATE_PENDING], counts->state[SLOGOUT_STATE_ASKED],
             counts->state[SLOGOUT_STATE_LEAVING], counts->state[SLOGOUT_STATE_ENDED], counts->without_bye,
             counts->blind);
    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        log_line("counters outcome=%s sessions=%" PRIu64, slogout_outcome_name((enum slogout_outcome)outcome),
                 counts->outcome[outcome]);
}

struct resolution {
    struct address_list list;
    int has_changed;
};

static void set_servers(struct loop *loop, unsigned number, void *user)
{
    struct resolution *resolution = user;

    (void)number;
    resolution->has_changed |= servers_set(&loop->relays.servers, &resolution->list);
}

/* Keeps the addresses if the name cannot be resolved. */
static void take_addresses(struct service *service)
{
    struct resolution resolution = {.has_changed = service->is_reloading};
    int error;

    if (!resolver_take(&resolution.list, &error))
        return;
    if (error) {
        log_line("server=%s cannot be resolved, so its old addresses are kept: %s", service->line->server,
                 address_error(error));
        return;
    }
    service_each_loop(service, set_servers, &resolution);
    if (resolution.has_changed)
        log_line("server=%s addresses=%zu", service->line->server, resolution.list.count);
    service->is_reloading = 0;
}

static void act_on_signals(struct service *service)
{
    int ends;

    signals_clear();
    take_addresses(service);
    if (signals_taken(SIGHUP)) {
        service->is_reloading = 1;
        resolver_start(service->line->server);
    }
    if (signals_taken(SIGUSR2))
        log_counters(service);
    if (signals_taken(SIGUSR1) && !service->departure.is_begun)
        service_ask(service, &service->departure.plan, everybody, NULL);
    ends = signals_taken(SIGTERM);
    ends |= signals_taken(SIGINT);
    if (ends)
        service_leave(service);
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

/* ---- the first loop ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_deadline(const struct service *service)
{
    uint64_t deadline = earlier(service->listener.again_ms, service->metrics.due_ms);

    if (service->metrics.path && service->count > 1)
        deadline = earlier(deadline, service->now + METRICS_PERIOD);
    deadline = earlier(deadline, earlier(service->agent.again_ms, service->departure.close_ms));
    deadline = earlier(deadline, earlier(control_deadline(&service->control), service->resolve_ms));
    return earlier(deadline, service->departure.report_ms);
}

static void note_event(struct poller_watch *watch, unsigned ready, void *user)
{
    struct service *service = user;

    if (watch == &service->listener.watch)
        service->has_clients = 1;
    else if (watch == &service->signals)
        service->has_signals = 1;
    else if (watch == &service->agent.watch)
        agent_answer(&service->agent, service->departure.is_announced, service->now);
    else
        control_note(&service->control, watch, ready);
}

static void take_change(struct loop *loop, void *has_changed)
{
    *(int *)has_changed |= loop->has_changed;
    loop->has_changed = 0;
}

static void write_metrics(struct service *service)
{
    int has_changed = service->departure.is_announced;
    struct metrics_figures figures = {service->accepted, NULL, &service->departure};
    struct totals totals;

    if (!service->metrics.path)
        return;
    look_at_loops(service, take_change, &has_changed);
    if (!metrics_is_due(&service->metrics, has_changed, service->now))
        return;
    totals = service_totals(service);
    figures.totals = &totals;
    if (metrics_write(&service->metrics, figures, service->now) < 0)
        log_line("metrics failed: cannot write to %s: %s", service->metrics.path, strerror(errno));
}

static void report(struct service *service)
{
    struct totals totals;

    if (!departure_is_due(&service->departure, service->now))
        return;
    totals = service_totals(service);
    departure_report(&service->departure, &totals, service->now);
}

static void resolve(struct service *service)
{
    if (service->now < service->resolve_ms)
        return;
    service->resolve_ms = service->now + service->line->resolve_interval;
    resolver_start(service->line->server);
}

static int turn(struct service *service)
{
    struct loop *loop = &service->loops[0];

    service->has_clients = service->has_signals = 0;
    if (loop_turn(loop, next_deadline(service), note_event, service) < 0)
        return -1;
    service->now = loop->now;
    if (is_paused(service) &&
        (service->now >= service->listener.again_ms || clients(service) < service->clients_max))
        listener_resume(&service->listener);
    if (service->now >= service->agent.again_ms)
        listener_resume(&service->agent);
    accept_batch(service);
    if (service->has_signals)
        act_on_signals(service);
    resolve(service);
    control_serve(&service->control, service, service->now);
    if (service->now >= service->departure.close_ms)
        begin(service);
    note_end_of_asking(service);
    report(service);
    loop_settle(loop);
    write_metrics(service);
    return 0;
}

/* ---- the other loops ---- */

static void ignore(struct poller_watch *watch, unsigned ready, void *user)
{
    (void)watch, (void)ready, (void)user;
}

/* The first thread waits for the end of the loop, and of its askings, which may begin and end in the same turn. */
static void *run_loop(void *user)
{
    struct loop *loop = user;

    pthread_mutex_lock(&loop->mutex);
    while (!loop_is_done(loop)) {
        const unsigned ended = loop->askings.ended;
        if (loop_turn(loop, UINT64_MAX, ignore, NULL) < 0)
            break;
        if (loop->askings.ended != ended)
            signals_wake();
    }
    loop->is_over = 1;
    pthread_mutex_unlock(&loop->mutex);
    signals_wake();
    return NULL;
}

/* The new threads block all signals, so that the first thread handles them. */
static int start_threads(struct service *service)
{
    sigset_t all, before;
    int error = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (log_start(service->line->quiet) < 0)
        error = errno;
    for (service->running = 1; !error && service->running < service->count; service->running += !error)
        error = pthread_create(&service->loops[service->running].thread, NULL, run_loop,
                               &service->loops[service->running]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return error ? -1 : 0;
}

/* ---- start and end ---- */

/* Raises the limit of descriptors as far as the system allows. Returns the number of clients for which it has room, with
 * two descriptors each. */
static size_t raise_descriptor_limit(unsigned loops)
{
    const size_t reserve = RESERVE + RESERVE_OF_LOOP * loops;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return SIZE_MAX;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return limit.rlim_cur < reserve + 2 ? 1 : (size_t)(limit.rlim_cur - reserve) / 2;
}

static int complain(const struct service *service, const char *what, const char *about)
{
    fprintf(stderr, "%s: cannot %s%s: %s\n", service->program, what, about, strerror(errno));
    return EXIT_FAILURE;
}

/* Returns 0, or the exit status. */
static int set_up_loops(struct service *service, const struct relay_settings *relays)
{
    int error = 0;

    service->loops = calloc(service->line->threads, sizeof *service->loops);
    if (!service->loops)
        error = SLOGOUT_ERR_NOMEM;
    while (!error && service->count < service->line->threads)
        error = loop_init(&service->loops[service->count++], &service->line->settings, relays);
    if (!error)
        return 0;
    if (error == LOOP_SYSTEM)
        return complain(service, "wait for events", "");
    fprintf(stderr, "%s: %s\n", service->program, slogout_strerror(error));
    return error == SLOGOUT_ERR_NOMEM ? EXIT_FAILURE : BAD_USAGE;
}

/* Returns 0, or the exit status. A plan that cannot be kept is reported now, not when it is needed. */
static int set_up_departure(struct service *service)
{
    const struct departure_options *options = &service->line->departure;
    uint64_t shortest_deadline = 0;

    if (!departure_init(&service->departure, service->loops->slogout, service->count, options,
                        &shortest_deadline))
        return 0;
    fprintf(stderr,
            "%s: --deadline %" PRIu64 " is too short for the other options; it must be at least %" PRIu64
            "\n",
            service->program, options->deadline, shortest_deadline);
    return BAD_USAGE;
}

static int set_up_metrics(struct service *service)
{
    const struct totals totals = service_totals(service);
    const struct metrics_figures figures = {service->accepted, &totals, &service->departure};

    return metrics_init(&service->metrics, service->line->metrics, figures, service->now);
}

/* Returns 0, or the exit status. */
static int set_up_system(struct service *service)
{
    const struct command_line *line = service->line;
    struct poller *poller = service->loops->poller;
    char text[ADDRESS_SIZE];

    service->clients_max = raise_descriptor_limit(service->count);
    if (catch_signals() < 0)
        return complain(service, "catch signals", "");
    service->signals.fd = signals_fd();
    service->signals.is_foreign = 1;
    if (poller_set(poller, &service->signals, POLLER_IN) < 0 ||
        listener_open(&service->listener, poller, line->listen, line->reuse_port, 1) < 0)
        return complain(service, "listen on ",
                        service->listener.is_inherited ? "descriptor 3 of LISTEN_FDS" : line->listen);
    if (line->agent && listener_open(&service->agent, poller, line->agent, line->reuse_port, 0) < 0)
        return complain(service, "listen on ", line->agent);
    if (control_open(&service->control, poller, line->control) < 0)
        return complain(service, "listen on ", line->control);
    if (set_up_metrics(service) < 0)
        return complain(service, "write the metrics to ", line->metrics);
    if (start_threads(service) < 0)
        return complain(service, "start a thread", "");
    address_of(service->listener.watch.fd, text);
    printf("listening on %s\n", text);
    fflush(stdout);
    notify_supervisor("READY=1");
    return 0;
}

static void look_for_end(struct loop *loop, void *is_done)
{
    *(int *)is_done &= loop_is_done(loop);
}

static int is_done(struct service *service)
{
    int done = service->departure.is_begun;

    if (done)
        look_at_loops(service, look_for_end, &done);
    return done;
}

static int run(struct service *service)
{
    struct totals totals;

    while (!is_done(service))
        if (turn(service) < 0)
            return complain(service, "wait for events", "");
    totals = service_totals(service);
    return departure_end(&service->departure, &totals, service->now) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void end_threads(struct service *service)
{
    unsigned i;

    pthread_mutex_unlock(&service->loops[0].mutex);
    for (i = 1; i < service->running; i++)
        pthread_join(service->loops[i].thread, NULL);
}

static void clean_up(struct service *service)
{
    struct totals totals;
    struct metrics_figures figures = {service->accepted, &totals, &service->departure};
    unsigned i;

    if (service->metrics.path) {
        totals = service_totals(service);
        metrics_write(&service->metrics, figures, service->now);
    }
    metrics_free(&service->metrics);
    control_close(&service->control);
    listener_close(&service->listener);
    listener_close(&service->agent);
    for (i = 0; i < service->count; i++)
        loop_free(&service->loops[i]);
    free(service->loops);
}

int service_main(const char *program, const struct command_line *line, const struct address_list *servers)
{
    static struct service service;
    static struct relay_settings relays;
    int status;

    service.program = program;
    service.line = line;
    service.batch = 1;
    service.listener.watch.fd = service.agent.watch.fd = -1;
    service.listener.again_ms = service.agent.again_ms = UINT64_MAX;
    service.now = slogout_now_ms();
    service.resolve_ms = line->resolve_interval ? service.now + line->resolve_interval : UINT64_MAX;
    relays.accept_header = line->accept_header;
    relays.send_header = line->send_header;
    relays.sources = line->sources;
    servers_set(&relays.servers, servers);
    status = set_up_loops(&service, &relays);
    if (!status)
        status = set_up_departure(&service);
    if (!status) {
        pthread_mutex_lock(&service.loops[0].mutex);
        status = set_up_system(&service);
        if (!status)
            status = run(&service);
        end_threads(&service);
    }
    clean_up(&service);
    log_end();
    return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"
#include "lib-signals.h"
#include "mail-storage-service.h"
#include "master-service-private.h"
#include <unistd.h>

/* After the master has gone, a client that could not be asked is ended this much later than a client that was asked
 * at once and has not answered. */
#define STOP_MARGIN_MSECS 1000

/* The master sends SIGTERM 6 s after a reload, which ends all clients. */
#define RELOAD_SPREAD_MSECS 5000
/* The imap-login processes end 30 s after a stop, and with them the connections over TLS. */
#define STOP_SPREAD_MSECS   25000

static bool terminated;      /* SIGTERM was received */
static bool dying;           /* the master has gone, or wants the process to end */
static uint64_t died_ms;     /* the time when that was noticed */
static bool is_stop;         /* the master is known to stop, and not to reload */
static struct io *reload_io; /* waits for the sign of a reload */
static pid_t master;         /* read at the start, because the parent of an orphan is init */

/* SIGQUIT was received. */
static volatile sig_atomic_t quit_received;

/* ---- one client, whose user is active ---- */

/* Ends a client for whom the plugin is not loaded. Does the same as stock Dovecot, but sends nothing inside a
 * line. */
static void say_bye(struct client *client)
{
    if (client->disconnected)
        return;
    if (between_lines(client))
        client_send_line(client, "* BYE Server shutting down.");
    client_disconnect(client, "Server shutting down.");
}

static void force(struct client *client)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (ours == NULL) {
        say_bye(client);
        return;
    }
    timeout_remove(&ours->to_ask);
    exchange_force(ours);
}

static void stop(struct imap_slogout_client *ours)
{
    timeout_remove(&ours->to_stop);
    force(ours->client);
}

static void limit_stay(struct imap_slogout_client *ours)
{
    if (ours->to_stop == NULL)
        ours->to_stop = timeout_add(ours->answer_timeout_ms + STOP_MARGIN_MSECS, stop, ours);
}

static void ask_now(struct imap_slogout_client *ours)
{
    timeout_remove(&ours->to_ask);
    exchange_request(ours);
    if (dying)
        limit_stay(ours);
}

static bool is_being_asked(const struct imap_slogout_client *ours)
{
    return ours->to_ask != NULL || slogout_session_state(ours->session) != SLOGOUT_STATE_OPEN;
}

/* ---- rounds of requests ---- */

/* The spread of one round of requests, which began elapsed_ms ago. */
struct round {
    unsigned int limit_ms;
    unsigned int elapsed_ms;
};

static const struct round unlimited = {.limit_ms = UINT_MAX, .elapsed_ms = 0};

static void ask_in_round(struct imap_slogout_client *ours, unsigned int number, const struct round *round)
{
    const unsigned int spread_ms = I_MIN(ours->spread_ms, round->limit_ms);
    const unsigned int instant_ms = schedule_instant(spread_ms, number, imap_client_count);

    timeout_remove(&ours->to_ask);
    if (instant_ms <= round->elapsed_ms)
        ask_now(ours);
    else
        ours->to_ask = timeout_add(instant_ms - round->elapsed_ms, ask_now, ours);
}

/* ---- all clients of the process ---- */

/* Calls `function` for each client, while its user is active, because timers and log lines belong to the user.
 * `function` must not destroy a client. */
static void for_each_client(void (*function)(struct client *client, unsigned int number,
                                             const struct round *round),
                            const struct round *round)
{
    struct client *client;
    unsigned int number = 0;

    for (client = imap_clients; client != NULL; client = client->next) {
        struct mail_storage_service_user *const user = host_service_user(client);

        mail_storage_service_io_activate_user(user);
        function(client, number++, round);
        mail_storage_service_io_deactivate_user(user);
    }
}

static void ask_loaded(struct client *client, unsigned int number, const struct round *round)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (ours != NULL && !is_being_asked(ours))
        ask_in_round(ours, number, round);
}

static void ask(struct client *client, unsigned int number, const struct round *round)
{
    if (SLOGOUT_CONTEXT(client) != NULL)
        ask_loaded(client, number, round);
    else
        say_bye(client);
}

static void force_each(struct client *client, unsigned int number, const struct round *round)
{
    (void)number;
    (void)round;
    force(client);
}

/* Asks a client of a process that must exit. A client that waits for its instant gets another instant. */
static void ask_dying(struct client *client, unsigned int number, const struct round *round)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (ours != NULL && ours->to_ask != NULL)
        ask_in_round(ours, number, round);
    else
        ask(client, number, round);
    if (ours != NULL && ours->to_ask == NULL)
        limit_stay(ours);
}

/* ---- signals, kicks and the master ---- */

static void log_signal(const siginfo_t *si, const char *what)
{
    i_info("Server LOGOUT: signal %d (by pid=%ld uid=%ld code=%s), clients to %s: %u", si->si_signo,
           (long)si->si_pid, (long)si->si_uid, lib_signal_code_to_str(si->si_signo, si->si_code), what,
           imap_client_count);
}

/* Asks the clients without ending the process. */
static void on_sigusr1(const siginfo_t *si, void *context ATTR_UNUSED)
{
    log_signal(si, "ask");
    for_each_client(ask_loaded, &unlimited);
}

static void note_kick(struct client *client, unsigned int number, const struct round *round)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    (void)number;
    (void)round;
    if (ours != NULL)
        ours->kicked = TRUE;
}

/* Ends the clients at once after a second SIGTERM, or after the first SIGTERM of a master that wants the process to
 * end, because SIGKILL follows in 6 s. */
static void on_sigterm(const siginfo_t *si, void *context ATTR_UNUSED)
{
    const bool at_once = terminated || (dying && si->si_pid == master);
    const enum host_signal meaning = host_read_signal();

    if (meaning == HOST_SIGNAL_FOR_ANOTHER)
        return;
    terminated = TRUE;
    if (meaning == HOST_SIGNAL_KICK)
        for_each_client(note_kick, &unlimited);
    log_signal(si, at_once ? "end" : "ask");
    master_service_stop_new_connections(master_service);
    if (at_once)
        for_each_client(force_each, &unlimited);
    else
        for_each_client(ask, &unlimited);
}

/* Returns the client's number in a round. */
static unsigned int number_of(const struct client *kicked)
{
    const struct client *client;
    unsigned int number = 0;

    for (client = imap_clients; client != kicked; client = client->next)
        number++;
    return number;
}

/* Handles `doveadm kick` of one client. The kicks of other clients of this process may follow. */
static void on_kick(struct client *client)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);
    struct mail_storage_service_user *const user = host_service_user(client);

    mail_storage_service_io_activate_user(user);
    e_info(client->event, "Server LOGOUT: kicked");
    if (ours != NULL)
        ours->kicked = TRUE;
    if (ours == NULL || is_being_asked(ours))
        force(client);
    else
        ask_in_round(ours, number_of(client), &unlimited);
    mail_storage_service_io_deactivate_user(user);
}

static void log_limit(const char *of_what, unsigned int limit_ms)
{
    struct client *client;

    for (client = imap_clients; client != NULL; client = client->next) {
        const struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

        if (ours != NULL && ours->spread_ms > limit_ms) {
            i_info("Server LOGOUT: slogout_spread = %u ms, of which %s allows %u ms", ours->spread_ms,
                   of_what, limit_ms);
            return;
        }
    }
}

static void begin_dying_round(unsigned int limit_ms)
{
    const struct round round = {
        .limit_ms = limit_ms,
        .elapsed_ms = (unsigned int)(now_ms() - died_ms),
    };

    for_each_client(ask_dying, &round);
}

/* If the master is process 1 of a container, the kernel kills all processes of the container when the master ends,
 * about a second after this. */
static void confirm_stop(void)
{
    if (is_stop)
        return;
    is_stop = TRUE;
    log_limit("a stop", STOP_SPREAD_MSECS);
    if (master == 1)
        for_each_client(force_each, &unlimited);
}

/* The master closes this pipe at once if it reloads, but a second after SIGQUIT if it stops. */
static void on_status_error(void *context ATTR_UNUSED)
{
    io_remove(&reload_io);
    if (quit_received || getppid() != master)
        return;
    log_limit("a reload", RELOAD_SPREAD_MSECS);
    begin_dying_round(RELOAD_SPREAD_MSECS);
}

/* Assumes a stop, because a reload is noticed at once. */
static void on_die(void)
{
    dying = TRUE;
    died_ms = now_ms();
    timeout_remove(&master_service->to_die);
    begin_dying_round(STOP_SPREAD_MSECS);
    if (quit_received)
        confirm_stop();
    else
        reload_io = io_add(MASTER_STATUS_FD, IO_ERROR, on_status_error, NULL);
}

/* Runs in the signal handler, so that a process that has not run for a second does not see the closed pipe first. */
static void note_sigquit(const siginfo_t *si ATTR_UNUSED, void *context ATTR_UNUSED)
{
    quit_received = 1;
}

/* The master sends SIGQUIT when it stops, up to some seconds after it has told the process to end. It does not send
 * SIGQUIT when it reloads. */
static void on_sigquit(const siginfo_t *si ATTR_UNUSED, void *context ATTR_UNUSED)
{
    if (dying)
        confirm_stop();
}

/* Adds a flag to a handler that Dovecot has set, and keeps its other flags. */
static void restart_system_calls(int signo)
{
    struct sigaction action;

    if (sigaction(signo, NULL, &action) < 0)
        i_fatal("sigaction(%d) failed: %m", signo);
    action.sa_flags |= SA_RESTART;
    if (sigaction(signo, &action, NULL) < 0)
        i_fatal("sigaction(%d) failed: %m", signo);
}

/* Replaces all handlers of SIGTERM, because the handler of stock Dovecot, which ends clients at once, cannot be
 * removed by name. All handlers restart system calls, so that a command that waits for a lock does not fail. */
void triggers_init(void)
{
    master = getppid();
    lib_signals_clear_handlers_and_ignore(SIGTERM);
    lib_signals_set_handler(SIGTERM, LIBSIG_FLAGS_SAFE, on_sigterm, NULL);
    lib_signals_set_handler(SIGUSR1, LIBSIG_FLAGS_SAFE, on_sigusr1, NULL);
    lib_signals_set_handler(SIGQUIT, 0, note_sigquit, NULL);
    lib_signals_set_handler(SIGQUIT, LIBSIG_FLAGS_SAFE, on_sigquit, NULL);
    restart_system_calls(SIGQUIT);
    host_take_kicks(on_kick);
    master_service_set_die_callback(master_service, on_die);
}

void triggers_deinit(void)
{
    lib_signals_unset_handler(SIGTERM, on_sigterm, NULL);
    lib_signals_unset_handler(SIGUSR1, on_sigusr1, NULL);
    lib_signals_unset_handler(SIGQUIT, note_sigquit, NULL);
    lib_signals_unset_handler(SIGQUIT, on_sigquit, NULL);
    io_remove(&reload_io);
}

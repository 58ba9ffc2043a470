#include "imap_slogout.h"
#include "mail-storage-service.h"
#include "ostream.h"
#include "dovecot23.h"
#include <unistd.h>

/* Who is not asked in time when the master has gone is ended this much later than who was and kept silent. */
#define STOP_MARGIN_MSECS 1000

static bool terminated; /* SIGTERM has come */
static bool dying;      /* the master has gone, or has said that the process should */
static pid_t master; /* asked for early: an orphan's parent is init, which signals for reasons of its own */

/* ---- one client; its user is active ---- */

/* One for whom the plugin is not loaded: as ever, but not inside a line. */
static void say_goodbye(struct client *client)
{
    if (client->disconnected)
        return;
    if (between_lines(client))
        client_send_line(client, "* BYE Server shutting down.");
    client_disconnect(client, "Server shutting down.");
}

static void ask_if_loaded(struct client *client)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (ours != NULL)
        slogout_session_request(ours->session, NULL, now_ms());
}

static void ask(struct client *client)
{
    if (SLOGOUT_CONTEXT(client) != NULL)
        ask_if_loaded(client);
    else
        say_goodbye(client);
}

static void force(struct client *client)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    if (ours != NULL)
        slogout_session_force(ours->session, now_ms());
    else
        say_goodbye(client);
}

static void stop(struct imap_slogout_client *ours)
{
    timeout_remove(&ours->to_stop);
    force(ours->client);
}

static void ask_and_limit(struct client *client)
{
    struct imap_slogout_client *ours = SLOGOUT_CONTEXT(client);

    ask(client);
    if (ours != NULL && ours->to_stop == NULL)
        ours->to_stop = timeout_add(ours->answer_timeout_ms + STOP_MARGIN_MSECS, stop, ours);
}

/* ---- all clients of the process ---- */

/* Timers and log lines that begin here belong to the user. No client is destroyed in here. */
static void for_each_client(void (*function)(struct client *client))
{
    struct client *client;

    for (client = imap_clients; client != NULL; client = client->next) {
        mail_storage_service_io_activate_user(client->service_user);
        function(client);
        mail_storage_service_io_deactivate_user(client->service_user);
    }
}

static void log_signal(const siginfo_t *si, const char *what)
{
    i_info("Server LOGOUT: signal %d from process %ld, clients to %s: %u", si->si_signo, (long)si->si_pid,
           what, imap_client_count);
}

/* Asks without ending the process. */
static void on_sigusr1(const siginfo_t *si, void *context ATTR_UNUSED)
{
    log_signal(si, "ask");
    for_each_client(ask_if_loaded);
}

/* A second SIGTERM means now. So does the first of a master that has asked before: SIGKILL follows in 6 s. */
static void on_sigterm(const siginfo_t *si, void *context ATTR_UNUSED)
{
    const bool now = terminated || (dying && si->si_pid == master);

    terminated = TRUE;
    log_signal(si, now ? "end" : "ask");
    master_service_stop_new_connections(master_service);
    for_each_client(now ? force : ask);
}

static void on_die(void)
{
    dying = TRUE;
    host_lift_stop_limit();
    for_each_client(ask_and_limit);
}

void triggers_init(void)
{
    master = getppid();
    host_take_sigterm(on_sigterm);
    lib_signals_set_handler(SIGUSR1, LIBSIG_FLAG_DELAYED, on_sigusr1, NULL);
    master_service_set_die_callback(master_service, on_die);
}

void triggers_deinit(void)
{
    lib_signals_unset_handler(SIGTERM, on_sigterm, NULL);
    lib_signals_unset_handler(SIGUSR1, on_sigusr1, NULL);
}

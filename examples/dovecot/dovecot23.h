/* What is peculiar to Dovecot 2.3: how it differs from 2.4, and its private parts that the plugin touches. In
 * 2.4 the ENABLE callback returns bool, plugin settings are declared to the settings parser, and a kick comes
 * through an admin socket instead of SIGTERM. */
#ifndef DOVECOT23_H
#define DOVECOT23_H

#include "ioloop-private.h"
#include "lib-signals.h"
#include "master-service-private.h"

#if DOVECOT_PREREQ(2, 4, 0) || !DOVECOT_PREREQ(2, 3, 0)
#error "This plugin is written for Dovecot 2.3; what 2.4 needs stands in dovecot23.h."
#endif

/* NULL: not set. */
static inline const char *host_setting(struct client *client, const char *name)
{
    return mail_user_plugin_getenv(client->user, name);
}

/* Handlers are a list and the stock one, which writes its `* BYE` anywhere, cannot be taken out by name. */
static inline void host_take_sigterm(signal_handler_t *handler)
{
    lib_signals_clear_handlers_and_ignore(SIGTERM);
    lib_signals_set_handler(SIGTERM, LIBSIG_FLAG_DELAYED, handler, NULL);
}

/* The process would stop 30 s after the master's end, before any answer timer. */
static inline void host_lift_stop_limit(void)
{
    timeout_remove(&master_service->to_die);
}

/* Lets callback read in place of the reader that stands there now, which is stored. */
static inline void host_read_first(struct io *io, io_callback_t *callback, void *context,
                                   io_callback_t **old_callback, void **old_context)
{
    *old_callback = io->callback;
    *old_context = io->context;
    io->callback = callback;
    io->context = context;
}

static inline bool host_reads_with(const struct io *io, io_callback_t *callback)
{
    return io->callback == callback;
}

#endif

/* imap_slogout: a plugin that lets Dovecot's imap process ask its clients to leave.
 *
 *   plugin.c     loading; what is kept for a client, from its login to its end
 *   settings.c   slogout_ask and so on
 *   exchange.c   slogout's callbacks: a line, the end, the timer
 *   at_rest.c    whether the moment for a line has come, and who notices
 *   answers.c    how the client's answer is found in Dovecot's input
 *   triggers.c   SIGTERM, SIGUSR1, the end of the master process
 *   linger.c     the close that loses nothing
 *   dovecot23.h  what depends on Dovecot's version or private parts
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMAP_SLOGOUT_H
#define IMAP_SLOGOUT_H

#include "imap-common.h"
#include "ioloop.h"
#include "module-context.h"
#include <slogout/slogout.h>

/* Lives in client->pool, from client_created() to the end of v.destroy(). */
struct imap_slogout_client {
    union imap_module_context module_ctx; /* first, as Dovecot wants it */
    struct client *client;
    struct slogout *slogout; /* one for each client: Dovecot's settings may differ from user to user */
    struct slogout_session *session;
    unsigned int answer_timeout_ms;
    const struct client_command_context *starting; /* about to run, nothing but its name was read; or NULL */
    struct timeout *to_tick;                       /* slogout's timer */
    struct timeout *to_look;                       /* looks whether the moment has come */
    struct timeout *to_stop;                       /* the process may not stay longer */
    io_callback_t *idle_input;                     /* IDLE's own reader, while answers.c reads before it */
    void *idle_context;
    bool linger; /* we ended it: the next v.destroy() lingers */
};

extern MODULE_CONTEXT_DEFINE(imap_slogout_module, &imap_module_register);

/* Of a client or a command. NULL: the plugin is not loaded for it; a command that has not begun. */
#define SLOGOUT_CONTEXT(object) MODULE_CONTEXT(object, imap_slogout_module)

/* settings.c: returns NULL, or what is wrong in words (data stack). */
const char *settings_read(struct client *client, struct slogout_settings *settings);
const char *settings_complaint(struct client *client, int slogout_error);

/* exchange.c */
uint64_t now_ms(void);
int exchange_init(struct imap_slogout_client *ours, const struct slogout_settings *settings);
void exchange_deinit(struct imap_slogout_client *ours);

/* at_rest.c: the predicates, and what notices that they may have become true. */
bool idles(const struct client *client);
bool at_rest(const struct imap_slogout_client *ours);
bool between_lines(const struct client *client);
bool notify_is_half_way(const struct client *client); /* with FETCH data, which it sends without a lock */
void look_soon(struct imap_slogout_client *ours);
void look_later(struct imap_slogout_client *ours);
void at_rest_init(void);
void at_rest_deinit(void);

/* answers.c */
bool answers_take_star(struct imap_slogout_client *ours, struct client_command_context *cmd);
void answers_watch_idle(struct imap_slogout_client *ours);
void answers_init(void);
void answers_deinit(void);

/* triggers.c */
void triggers_init(void);
void triggers_deinit(void);

/* linger.c: FALSE: there is nothing to wait for. */
bool linger(struct client *client);

#endif

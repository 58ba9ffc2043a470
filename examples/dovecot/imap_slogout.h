/* SPDX-License-Identifier: BSD-2-Clause */
/* imap_slogout: a plugin that lets Dovecot's imap process ask its clients to leave.
 *
 *   plugin.c       loading, and the state of a client from login to its end
 *   settings.c     defaults, and checks of values
 *   exchange.c     slogout's callbacks for a line, the close and the timer, and the event at the end
 *   at_rest.c      checks whether the moment for a line has come
 *   answers.c      finds the client's answer in Dovecot's input
 *   triggers.c     kicks, signals, the end of the master process
 *   schedule.c     the instant at which each client is asked
 *   linger.c       the close that loses nothing
 *   host.h         the differences between Dovecot 2.3 (dovecot23.c) and 2.4 (dovecot24.c, dovecot24_settings.c)
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMAP_SLOGOUT_H
#define IMAP_SLOGOUT_H

#include "imap-common.h"
#include "ioloop.h"
#include "module-context.h"
#include <slogout/slogout.h>

/* Which clients Dovecot may hibernate. */
enum imap_slogout_hibernate {
    HIBERNATE_ALL,
    HIBERNATE_OTHERS, /* those that have not enabled LOGOUT */
    HIBERNATE_NONE
};

/* The settings of one user. */
struct imap_slogout_settings {
    struct slogout_settings slogout;
    unsigned int spread_ms;
    enum imap_slogout_hibernate hibernate;
};

/* In client->pool, from client_created() to the end of v.destroy(). */
struct imap_slogout_client {
    union imap_module_context module_ctx; /* first: Dovecot requires it */
    struct client *client;
    struct slogout *slogout; /* one for each client, because users may have different settings */
    struct slogout_session *session;
    unsigned int answer_timeout_ms;
    unsigned int spread_ms;
    enum imap_slogout_hibernate hibernate;
    struct event *event; /* from the request to the end, as its duration is that of the exchange; or NULL */
    const struct client_command_context *starting; /* is about to run, and only its name was read; or NULL */
    struct timeout *to_tick;                       /* slogout's timer */
    struct timeout *to_look;                       /* checks whether the moment has come */
    struct timeout *to_ask;                        /* the client's instant in the spread */
    struct timeout *to_stop;   /* ends the stay of the client in a process that must exit */
    struct timeout *to_end;    /* ends the wait for the last responses */
    const char *end_reason;    /* if the client has answered and is owed responses; or NULL */
    io_callback_t *idle_input; /* the reader of IDLE, while answers.c reads before it */
    void *idle_context;
    bool enabled; /* the client has enabled LOGOUT */
    bool kicked;  /* `doveadm kick` named the client's user */
    bool linger;  /* the plugin ended the session, so the next v.destroy() lingers */
};

extern MODULE_CONTEXT_DEFINE(imap_slogout_module, &imap_module_register);

/* The plugin's context of a client or a command. NULL if the plugin is not loaded for the client, or the command has
 * not begun. */
#define SLOGOUT_CONTEXT(object) MODULE_CONTEXT(object, imap_slogout_module)

/* settings.c */
void plugin_settings_set_defaults(struct imap_slogout_settings *settings);
/* Returns a message on the data stack. */
const char *plugin_settings_complain(const char *name, const char *value, const char *what);
/* Returns NULL, or a description of the error in the values. */
const char *plugin_settings_check(const struct imap_slogout_settings *settings);

/* exchange.c */
uint64_t now_ms(void);
void exchange_resume(struct imap_slogout_client *ours); /* when the moment may have come */
void exchange_request(struct imap_slogout_client *ours);
void exchange_force(struct imap_slogout_client *ours);
int exchange_init(struct imap_slogout_client *ours, const struct slogout_settings *settings);
void exchange_deinit(struct imap_slogout_client *ours);

/* at_rest.c: predicates, and functions that check them again. */
bool idles(const struct client *client);
bool at_rest(const struct imap_slogout_client *ours);
bool between_lines(const struct client *client);
bool owes_response(const struct client *client);               /* to a command that was executed */
bool has_answered_all(const struct imap_slogout_client *ours); /* all commands that have begun */
bool notify_is_half_way(const struct client *client); /* NOTIFY sends FETCH data without the output lock */
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

/* schedule.c: returns the instant, in milliseconds from the beginning of the spread, of a client in this process,
 * whose number is from 0 to total - 1. */
unsigned int schedule_instant(unsigned int spread_ms, unsigned int number, unsigned int total);

/* linger.c: linger_take() closes the client's connection for writing and takes its descriptor, or returns -1 if there
 * is nothing to wait for. linger_begin() waits for the client to close. linger_deinit() passes the connections that
 * still wait on to a child process. */
int linger_take(struct client *client);
void linger_begin(int fd);
void linger_deinit(void);

#endif

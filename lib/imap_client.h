/* SPDX-License-Identifier: BSD-2-Clause */
/* What an IMAP client sends, octet by octet: where commands, literals and the lines within a command begin and
 * end, which commands are in flight, and what they are owed. Knows no session; the responses of the server that
 * matter here are passed in. Stores no line. The fields are for reading only. */
#ifndef SLO_IMAP_CLIENT_H
#define SLO_IMAP_CLIENT_H

#include "imap_lex.h"
#include "in_flight.h"
#include "owed.h"

enum slo_client_event {
    SLO_CLIENT_NOTHING,
    SLO_CLIENT_LOGOUT,   /* the client's own LOGOUT has ended */
    SLO_CLIENT_LINE_END, /* the next octet begins a line that may be a command or one of IDLE; only on request */
    /* The stream is lost. The scanner must not be used any more. */
    SLO_CLIENT_LIMIT,         /* more commands than SLO_OWED_MAX are owed something */
    SLO_CLIENT_NOT_UNDERSTOOD /* Where the next line or literal begins is in doubt. */
};

struct slo_imap_client {
    uint8_t state;
    unsigned stops : 1;       /* LINE_END is wanted */
    unsigned is_untagged : 1; /* the word that is being read follows a "*" */
    unsigned answered : 1;    /* the last command has its tagged response */
    unsigned in_exchange : 1; /* the last command is an AUTHENTICATE without its tagged response */
    enum slo_client_event event;     /* why the last slo_imap_client_feed() stopped */
    enum slo_client_command command; /* the last one, which may not have ended */
    uint64_t literal_left;           /* octets */
    struct slo_announcement announcement;
    struct slo_tag tag;  /* of the last command */
    struct slo_tag read; /* what is read of the next */
    struct slo_token word;
    struct slo_in_flight in_flight;
    struct slo_owed_queue owed;
};

void slo_imap_client_init(struct slo_imap_client *scan);
/* Consumes octets up to and including those that cause an event, or all of them. Returns the number
 * consumed. */
size_t slo_imap_client_feed(struct slo_imap_client *scan, const char *bytes, size_t len,
                            int stop_at_line_end);
/* Takes note of a `+` of the server. Returns 0 if no command waits for one, or if the server takes what was
 * read as a command for something else. */
int slo_imap_client_continue(struct slo_imap_client *scan);
/* Takes note of a tagged response. Sets *command to the command that it answers, or to SLO_COMMAND_ORDINARY if
 * nothing depends on its status. Returns 0 if nobody knows which commands are in flight any more. */
int slo_imap_client_complete(struct slo_imap_client *scan, uint64_t tag, enum slo_client_command *command);
/* Returns 1 if the next octet begins a line that may be a command, or a line in IDLE. */
int slo_imap_client_at_line(const struct slo_imap_client *scan);
/* Returns 1 if that holds and each command has its tagged response. An IDLE that has its `+` needs none (RFC
 * 2177: the client waits for anything that the server has to say). */
int slo_imap_client_at_rest(const struct slo_imap_client *scan);
/* Returns 1 if the client may take the server's next line for something else than it is: a `+` is owed for a
 * literal, AUTHENTICATE is under way, or a layer may begin. */
int slo_imap_client_waits(const struct slo_imap_client *scan);

#endif

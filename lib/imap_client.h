/* SPDX-License-Identifier: BSD-2-Clause */
/* The scanner of the octets that an IMAP client sends. It finds where commands, literals and the lines within
 * a command begin and end, which commands are in flight, and what the server owes them. It knows no session;
 * the caller passes in the responses of the server that matter. It stores no line. Callers must not write the
 * fields. */
#ifndef SLO_IMAP_CLIENT_H
#define SLO_IMAP_CLIENT_H

#include "imap_lex.h"
#include "in_flight.h"
#include "owed.h"

enum slo_client_event {
    SLO_CLIENT_NOTHING,
    SLO_CLIENT_LOGOUT,   /* the client's own LOGOUT has ended */
    SLO_CLIENT_LINE_END, /* at a line that may be a command, or at a line in IDLE; only on request */
    /* After these, the scanner has lost the stream and must not be used again. */
    SLO_CLIENT_LIMIT,          /* more than SLO_OWED_MAX commands are owed something */
    SLO_CLIENT_NOT_UNDERSTOOD, /* the place of the next line or literal is in doubt */
    SLO_CLIENT_OUT_OF_STEP     /* the server has sent its `+` for a line that does not wait for one */
};

struct slo_imap_client {
    uint8_t state;
    unsigned stops : 1;              /* LINE_END is wanted */
    unsigned is_untagged : 1;        /* the word that is being read follows a "*" */
    unsigned answered : 1;           /* the last command has its tagged response */
    unsigned in_exchange : 1;        /* the last command is an AUTHENTICATE without its tagged response */
    unsigned has_plus : 1;           /* the `+` for the line that is being read has come before its end */
    unsigned may_hide : 1;           /* The server may have read a command in a literal or in an odd line. */
    enum slo_client_event event;     /* why the last slo_imap_client_feed() stopped */
    enum slo_client_command command; /* the last command whose name has been read */
    uint64_t literal_left;           /* octets */
    struct slo_arguments arguments;
    struct slo_tag tag;  /* of the last command */
    struct slo_tag read; /* the part of the next tag that is read */
    struct slo_token word;
    struct slo_in_flight in_flight;
    struct slo_owed_queue owed;
};

void slo_imap_client_init(struct slo_imap_client *scan);
/* Consumes octets up to and including the octets that cause an event, or all of them. Returns their
 * number. */
size_t slo_imap_client_feed(struct slo_imap_client *scan, const char *bytes, size_t len,
                            int stop_at_line_end);
/* Notes a `+` of the server. Returns 0 if no command waits or is about to wait for a `+`, or if the server
 * and the scanner disagree about the commands that the client has sent. */
int slo_imap_client_continue(struct slo_imap_client *scan);
/* Notes a tagged response. Sets *command to the command that it answers, or to SLO_COMMAND_ORDINARY if
 * nothing depends on its status. Returns 0 if the scanner does not know the commands in flight: it has lost
 * count of them, or an OK answers none of them, or an OK answers a line that has announced a literal and has
 * not ended. */
int slo_imap_client_complete(struct slo_imap_client *scan, uint64_t tag, int is_ok,
                             enum slo_client_command *command);
/* Returns 1 if the next octet begins a line that may be a command, or a line in IDLE. */
int slo_imap_client_at_line(const struct slo_imap_client *scan);
/* Returns 1 if the next octet begins a line outside IDLE, and no earlier octet may hide a command from the
 * scanner. */
int slo_imap_client_at_command(const struct slo_imap_client *scan);
/* Returns 1 if slo_imap_client_at_line() does and each command has its tagged response. An IDLE that has its
 * `+` needs no response, because its client waits for any line of the server (RFC 2177). */
int slo_imap_client_at_rest(const struct slo_imap_client *scan);
/* Returns 1 if the client may misunderstand an added line, because a `+` is owed for a literal, AUTHENTICATE
 * is in progress, or a layer may begin. */
int slo_imap_client_waits(const struct slo_imap_client *scan);

#endif

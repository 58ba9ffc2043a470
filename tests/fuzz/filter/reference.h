/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter again, slow and simple, written from filter.h: it waits for whole lines, keeps every command with its tag,
 * and looks at each line with the functions of <string.h>. It looks at the beginning of a line only when the server
 * answers it. For input without NUL and with lines shorter than
 * REFERENCE_MAX, of clients that do not use a tag twice at once. */
#ifndef FUZZ_FILTER_REFERENCE_H
#define FUZZ_FILTER_REFERENCE_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/filter.h>

#define REFERENCE_MAX 8192
#define WORD_LIMIT    95   /* octets in a word that is looked at, and in a tag that is held back */
#define KNOWN_LIMIT   16   /* commands in flight of which each is known */
#define OWED_LIMIT    8    /* commands in flight that are owed something */
#define SENT_LIMIT    1000 /* commands in flight that the reference keeps */
#define TAG_LIMIT     200  /* octets in a tag */

struct octets {
    size_t len;
    char bytes[4 * REFERENCE_MAX];
};

enum reference_state { R_OPEN, R_PENDING, R_ASKED, R_LEAVING, R_CLOSED, R_ABANDONED };
enum reference_client { C_START, C_REST, C_LITERAL, C_AWAITING, C_IDLE };
enum reference_server { S_START, S_DATA };
enum reference_kind { ORDINARY, LOGOUT, IDLE, AUTH, AUTH_LAYER, ENABLE, LAYER, UNAUTHENTICATE, UNREADABLE };

/* A command of the client without its tagged response. */
struct sent {
    char tag[TAG_LIMIT + 1];
    enum reference_kind kind;
    int is_owed;     /* it counts for OWED_LIMIT */
    int wants_plus;  /* for a literal, IDLE or AUTHENTICATE */
    int has_literal; /* the `+` is for a literal */
    int pluses;      /* AUTHENTICATE: how many have come */
    int lines;       /* AUTHENTICATE: of the exchange */
    int is_done;     /* IDLE: its DONE or an empty line has come */
};

struct reference {
    int ask_all;
    uint64_t now, deadline; /* milliseconds */
    enum reference_state state;
    int enabled, blinded, bye, byes, asked, deaf, closing;
    int is_unsure; /* the input is not for the reference */
    enum slogout_blindness blind;
    enum reference_server server_state;
    uint64_t server_literal;
    int greeted, server_enabled;
    enum reference_client client_state;
    uint64_t client_literal;
    int is_early;        /* the `+` for the client's line has come before the end of the line */
    int is_refused;      /* a NO or BAD to the command of the client's line has come before the end of the line */
    int is_huge;         /* the literal that is announced has 2^63 octets or more */
    enum reference_kind last_kind; /* of the last command that came */
    int last_in_flight;  /* the last of the commands is the last that came */
    int sent_count;      /* commands in flight */
    int is_summed;       /* there are too many to know each; then so many responses were to none of them: */
    int strangers;
    /* what follows need not be cleared */
    struct octets to_client, to_server, server, client;
    struct sent sent[SENT_LIMIT]; /* the oldest first */
};

void reference_init(struct reference *reference, int ask_all);
void reference_server(struct reference *reference, const char *bytes, size_t len);
void reference_client(struct reference *reference, const char *bytes, size_t len);
void reference_request(struct reference *reference);
void reference_force(struct reference *reference);
void reference_abandon(struct reference *reference);
/* Lets milliseconds pass. */
void reference_wait(struct reference *reference, uint64_t ms);

#endif

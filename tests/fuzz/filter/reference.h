/* SPDX-License-Identifier: BSD-2-Clause */
/* A slow and simple second filter, written from filter.h. It waits for whole lines, stores every command with its tag,
 * and examines each line with the functions of <string.h>. It accepts input without NUL, with lines shorter than
 * REFERENCE_MAX, from clients that never use a tag for two commands in flight. */
#ifndef FUZZ_FILTER_REFERENCE_H
#define FUZZ_FILTER_REFERENCE_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/filter.h>

#define REFERENCE_MAX 8192
#define WORD_LIMIT    95   /* the most octets in a word that is examined, and in a tag that is held back */
#define KNOWN_LIMIT   16   /* the most commands in flight of which each tag is stored */
#define OWED_LIMIT    8    /* the most commands in flight for which more than the tag is stored */
#define SENT_LIMIT    1000 /* the most commands in flight that the reference stores */
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
    int is_owed;     /* counts for OWED_LIMIT */
    int wants_plus;  /* for a literal, IDLE or AUTHENTICATE */
    int has_literal; /* the `+` is for a literal */
    int pluses;      /* AUTHENTICATE: the number of `+` received */
    int lines;       /* AUTHENTICATE: the number of lines of the exchange */
    int is_done;     /* IDLE: DONE or an empty line has been received */
};

struct reference {
    int ask_all;
    uint64_t now, deadline; /* milliseconds */
    enum reference_state state;
    int enabled, blinded, bye, byes, asked, deaf, closing;
    int is_unsure; /* the reference does not accept this input */
    enum slogout_blindness blind;
    enum reference_server server_state;
    uint64_t server_literal;
    int greeted, server_enabled;
    enum reference_client client_state;
    uint64_t client_literal;
    int is_huge;         /* the announced literal has 2^63 octets or more */
    enum reference_kind last_kind; /* of the last command received */
    int last_in_flight;  /* the last command received is in flight */
    int sent_count;      /* commands in flight */
    int is_summed;       /* the tags of the commands in flight are not stored, because there are too many */
    int strangers;       /* the number of responses with other tags since then */
    /* not cleared at the beginning */
    struct octets to_client, to_server, server, client;
    struct sent sent[SENT_LIMIT]; /* the oldest first */
};

void reference_init(struct reference *reference, int ask_all);
void reference_server(struct reference *reference, const char *bytes, size_t len);
void reference_client(struct reference *reference, const char *bytes, size_t len);
void reference_request(struct reference *reference);
void reference_force(struct reference *reference);
void reference_abandon(struct reference *reference);
/* Lets this number of milliseconds pass. */
void reference_wait(struct reference *reference, uint64_t ms);

#endif

/* The filter again, slow and simple: it waits for whole lines, keeps all that it has seen, and looks at each line with
 * the functions of <string.h>. For input without NUL and with lines shorter than REFERENCE_MAX. */
#ifndef FUZZ_FILTER_REFERENCE_H
#define FUZZ_FILTER_REFERENCE_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/filter.h>

#define REFERENCE_MAX 8192
#define WORD_LIMIT    95 /* octets in a tag or a word that is looked at */
#define WATCH_LIMIT   4   /* commands in flight whose OK changes something */

struct octets {
    char bytes[2 * REFERENCE_MAX];
    size_t len;
};

enum reference_state { R_OPEN, R_PENDING, R_ASKED, R_LEAVING, R_CLOSED, R_ABANDONED };
enum reference_client { C_START, C_REST, C_LITERAL, C_EARLY, C_IDLE, C_AUTH };
enum reference_server { S_START, S_DATA };

struct watched {
    char tag[WORD_LIMIT + 1], what[20];
};

struct reference {
    int ask_all;
    struct octets to_client, to_server;
    enum reference_state state;
    int enabled, blinded, bye, left, byes;
    enum slogout_blindness blind;
    /* server */
    struct octets server;
    enum reference_server server_state;
    uint64_t server_literal;
    int greeted, server_enabled;
    uint64_t completed;
    /* client */
    struct octets client;
    enum reference_client client_state;
    uint64_t client_literal;
    uint64_t commands;
    char tag[REFERENCE_MAX], command[20];
    int named, answered, plus_owed;
    struct watched watched[WATCH_LIMIT];
    int watched_count;
};

void reference_init(struct reference *reference, int ask_all);
void reference_server(struct reference *reference, const char *bytes, size_t len);
void reference_client(struct reference *reference, const char *bytes, size_t len);
void reference_request(struct reference *reference);
void reference_force(struct reference *reference);
/* Another layer begins; only while both sides are between lines. */
void reference_restart(struct reference *reference, int is_tls);
/* Ends of file on both sides. */
void reference_end(struct reference *reference);
/* The last line of that side has not ended. */
int reference_client_in_line(const struct reference *reference);
int reference_server_in_line(const struct reference *reference);

#endif

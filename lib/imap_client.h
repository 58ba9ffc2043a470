/* What an IMAP client sends, octet by octet: where commands, literals and exchanges within a command begin
 * and end. Knows neither sessions nor the server; what the server says that matters here is passed in. Stores
 * no line, only a tag and a word. The fields are for reading only. */
#ifndef SLO_IMAP_CLIENT_H
#define SLO_IMAP_CLIENT_H

#include "imap_lex.h"

enum slo_client_event {
    SLO_CLIENT_NOTHING,
    SLO_CLIENT_COMMAND,       /* a command has ended whose OK changes something; see `command` and `tag` */
    SLO_CLIENT_LOGOUT,        /* the client's own LOGOUT has ended */
    SLO_CLIENT_LINE_END,      /* the next octet begins a command, or a line in IDLE; only on request */
    SLO_CLIENT_NOT_UNDERSTOOD /* The stream is lost: later octets are consumed, and nothing is reported. */
};

/* What a command does to the stream. */
enum slo_client_command {
    SLO_COMMAND_ORDINARY,
    SLO_COMMAND_LOGOUT,
    SLO_COMMAND_IDLE,         /* RFC 2177 */
    SLO_COMMAND_AUTHENTICATE, /* with a mechanism that never starts a security layer */
    /* those whose OK changes something */
    SLO_COMMAND_SECURE,        /* AUTHENTICATE with any other mechanism */
    SLO_COMMAND_ENABLE,        /* RFC 5161, with our capability among the arguments */
    SLO_COMMAND_LAYER,         /* STARTTLS, or COMPRESS (RFC 4978): after the OK the stream is another */
    SLO_COMMAND_UNAUTHENTICATE /* RFC 8437 */
};

struct slo_imap_client {
    uint8_t state;
    unsigned stops : 1;    /* LINE_END is wanted */
    unsigned answered : 1; /* the last command has its tagged response */
    unsigned idle_plus_owed : 1;
    enum slo_client_event event;     /* why the last slo_imap_client_feed() stopped */
    enum slo_client_command command; /* the last one, which may not have ended */
    uint64_t commands;               /* how many have begun that a tagged response answers */
    uint64_t literal_left;           /* octets */
    struct slo_announcement announcement;
    struct slo_token tag; /* of the last command */
    struct slo_token word;
};

void slo_imap_client_init(struct slo_imap_client *scan);
/* Consumes octets up to and including those that cause an event, or all of them. Returns the number
 * consumed. */
size_t slo_imap_client_feed(struct slo_imap_client *scan, const char *bytes, size_t len,
                            int stop_at_line_end);
/* Takes note of a `+` of the server's. Returns 0 if nothing waits for one. */
int slo_imap_client_continue(struct slo_imap_client *scan);
/* Takes note of the tagged response to a command. */
void slo_imap_client_complete(struct slo_imap_client *scan, const struct slo_token *tag);
/* Returns 1 if the next octet begins a command, or a line in IDLE. */
int slo_imap_client_at_line(const struct slo_imap_client *scan);
/* Returns 1 if the next octet begins a command and no command waits for a `+`. */
int slo_imap_client_whole(const struct slo_imap_client *scan);
/* Returns 1 if the last command is an IDLE that has its `+` and not its DONE. */
int slo_imap_client_idles(const struct slo_imap_client *scan);
/* Returns 1 if a `+` is owed for a literal, or AUTHENTICATE is under way: the client takes the server's next
 * line for the answer. */
int slo_imap_client_waits(const struct slo_imap_client *scan);

#endif

/* What an IMAP client sends, octet by octet: where commands, literals and exchanges within a command begin
 * and end. Pure: it stores no line but a tag and a word, and knows neither sessions nor the server; what the
 * server said that matters here is told to it. */
#ifndef SLO_IMAP_CLIENT_H
#define SLO_IMAP_CLIENT_H

#include "imap_lex.h"

enum slo_client_event {
    SLO_CLIENT_NOTHING,
    SLO_CLIENT_COMMAND,       /* all of a command that is not ORDINARY; see command and tag */
    SLO_CLIENT_LINE_END,      /* it is where a command may begin, or a line in IDLE; only if asked for */
    SLO_CLIENT_NOT_UNDERSTOOD /* it follows the stream no longer: it will take all octets, and report nothing */
};

/* What a command does to the stream. */
enum slo_client_command {
    ORDINARY,
    IDLE,           /* RFC 2177 */
    AUTHENTICATE,   /* with a mechanism that never starts a security layer */
    SECURE,         /* AUTHENTICATE with any other */
    ENABLE,         /* RFC 5161, naming our capability */
    LAYER,          /* STARTTLS, or COMPRESS (RFC 4978): after its OK the stream is another */
    UNAUTHENTICATE, /* RFC 8437 */
    CLIENT_LOGOUT   /* the client's own */
};

struct slo_imap_client {
    uint8_t state;
    uint8_t event;          /* the last slo_imap_client_feed() stopped for this */
    uint8_t command;        /* enum slo_client_command: the last one, maybe not yet all of it */
    unsigned stops : 1;     /* at the ends of lines */
    unsigned answered : 1;  /* its tagged response has come */
    unsigned named : 1;     /* among its arguments: our capability, or a mechanism without security layer */
    unsigned plus_owed : 1; /* IDLE waits for its `+` */
    uint64_t commands;      /* so far, that a tagged response answers, counted where the tag ends */
    uint64_t literal_left;
    struct slo_announcement announcement;
    struct slo_token tag; /* of the last command */
    struct slo_token word;
};

void slo_imap_client_init(struct slo_imap_client *scan);
/* Takes octets up to the next event, or all of them: how many. */
size_t slo_imap_client_feed(struct slo_imap_client *scan, const char *bytes, size_t len,
                            int stop_at_line_end);
/* The server has sent a `+`: 0 if nothing waits for one. */
int slo_imap_client_continue(struct slo_imap_client *scan);
/* The server has sent the tagged response of this command. */
void slo_imap_client_complete(struct slo_imap_client *scan, const struct slo_token *tag);
/* The next octet begins a command, or a line in IDLE. */
int slo_imap_client_at_line(const struct slo_imap_client *scan);
/* All commands are whole, and none of them is an IDLE that waits for its `+`. */
int slo_imap_client_whole(const struct slo_imap_client *scan);
/* The last command is an IDLE, with its `+` and without its DONE. */
int slo_imap_client_idle(const struct slo_imap_client *scan);
/* A `+` is owed for a literal, or AUTHENTICATE is under way. */
int slo_imap_client_waits(const struct slo_imap_client *scan);

#endif

/* What an IMAP server sends, octet by octet: where lines and literals end, and the few responses that change
 * what may be put between them. Pure: it stores no line, and knows neither sessions nor the client. */
#ifndef SLO_IMAP_SERVER_H
#define SLO_IMAP_SERVER_H

#include "imap_lex.h"

enum slo_server_event {
    SLO_SERVER_NOTHING,
    SLO_SERVER_CONTINUATION, /* the `+` that begins a line */
    SLO_SERVER_TAGGED,       /* TAG OK|NO|BAD, before what follows the word; see tag and ok */
    SLO_SERVER_LOGOUT,       /* all of a line TAG LOGOUT: it uses this very protocol */
    SLO_SERVER_BYE,          /* `* BYE`, before what follows the word */
    SLO_SERVER_CAPABILITIES, /* the end of a list of capabilities that may get one more: put it before what is
                             undecided */
    SLO_SERVER_COMPRESSION,  /* SP COMPRESS=...: all that is undecided, no more and no less */
    SLO_SERVER_ENABLED,      /* the end of an ENABLED response that names our capability */
    SLO_SERVER_LINE_END,     /* a response has ended; only if asked for */
    SLO_SERVER_NOT_UNDERSTOOD /* it follows the stream no longer: it will take all octets, and report nothing */
};

struct slo_imap_server {
    uint8_t state;
    uint8_t event;         /* the last slo_imap_server_feed() stopped for this */
    uint8_t literal_in;    /* the state in which a line goes on after its literal */
    uint8_t list;          /* which of the three lists of words this is */
    unsigned stops : 1;    /* at the ends of lines */
    unsigned greeted : 1;  /* the first line has ended */
    unsigned ok : 1;       /* SLO_SERVER_TAGGED: it says OK, not NO or BAD */
    unsigned offers : 1;   /* in this list: ENABLE, or IMAP4rev2, which has it (RFC 9051 appendix E) */
    unsigned has_ours : 1; /* in this list: our capability */
    uint16_t
        undecided; /* the last octets taken, at most SLO_TOKEN_MAX + 9, that a coming event may be about */
    uint64_t completed; /* tagged responses so far */
    uint64_t untold;    /* so many tagged responses need no event: the owner's to set */
    uint64_t literal_left;
    struct slo_announcement announcement;
    struct slo_token tag; /* of this line */
    struct slo_token word;
};

/* Before the greeting; after another layer has been put beneath the stream, set greeted too. */
void slo_imap_server_init(struct slo_imap_server *scan);
/* Takes octets up to the next event, which may come without any octet, or all of them: how many. */
size_t slo_imap_server_feed(struct slo_imap_server *scan, const char *bytes, size_t len,
                            int stop_at_line_end);
/* The last octet taken ends a response, and there was a greeting. */
int slo_imap_server_between_lines(const struct slo_imap_server *scan);

#endif

/* What an IMAP server sends, octet by octet: where lines and literals end, and the few responses that change
 * what may be put between them. Pure: it stores no line, and knows neither sessions nor the client. */
#ifndef SCAN_SERVER_H
#define SCAN_SERVER_H

#include "token.h"

enum server_event {
    SERVER_NOTHING,
    SERVER_CONTINUATION,  /* the `+` that begins a line */
    SERVER_TAGGED,        /* TAG OK|NO|BAD, before what follows the word; see tag and ok */
    SERVER_LOGOUT,        /* all of a line TAG LOGOUT: it uses this very protocol */
    SERVER_BYE,           /* `* BYE`, before what follows the word */
    SERVER_CAPABILITIES,  /* the end of a list of capabilities that may get one more: put it before what is
                             undecided */
    SERVER_COMPRESSION,   /* SP COMPRESS=...: all that is undecided, no more and no less */
    SERVER_ENABLED,       /* the end of an ENABLED response that names our capability */
    SERVER_LINE_END,      /* a response has ended; only if asked for */
    SERVER_NOT_UNDERSTOOD /* it follows the stream no longer: it will take all octets, and report nothing */
};

struct scan_server {
    uint8_t state;
    uint8_t event;         /* the last scan_server() stopped for this */
    uint8_t literal_in;    /* the state in which a line goes on after its literal */
    uint8_t list;          /* which of the three lists of words this is */
    unsigned stops : 1;    /* at the ends of lines */
    unsigned greeted : 1;  /* the first line has ended */
    unsigned ok : 1;       /* SERVER_TAGGED: it says OK, not NO or BAD */
    unsigned offers : 1;   /* in this list: ENABLE, or IMAP4rev2, which has it (RFC 9051 appendix E) */
    unsigned has_ours : 1; /* in this list: our capability */
    uint16_t undecided; /* the last octets taken, at most TOKEN_MAX + 9, that a coming event may be about */
    uint64_t completed; /* tagged responses so far */
    uint64_t untold;    /* so many tagged responses need no event: the owner's to set */
    uint64_t literal_left;
    struct announcement announcement;
    struct token tag; /* of this line */
    struct token word;
};

/* Before the greeting; after another layer has been put beneath the stream, set greeted too. */
void scan_server_init(struct scan_server *scan);
/* Takes octets up to the next event, which may come without any octet, or all of them: how many. */
size_t scan_server(struct scan_server *scan, const char *bytes, size_t len, int stop_at_line_end);
/* The last octet taken ends a response, and there was a greeting. */
int scan_server_between_lines(const struct scan_server *scan);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What an IMAP server sends, octet by octet: where lines and literals end, and the few responses that change
 * what may be put between them. Knows neither sessions nor the client. Stores no line, only a word. The fields
 * are for reading only. */
#ifndef SLO_IMAP_SERVER_H
#define SLO_IMAP_SERVER_H

#include "imap_lex.h"

/* What is undecided stands at the end of the octets that have been consumed: see struct slo_imap_server. */
enum slo_server_event {
    SLO_SERVER_NOTHING,
    SLO_SERVER_CONTINUATION, /* the `+` that begins a line */
    SLO_SERVER_TAGGED, /* TAG OK|NO|BAD and a SP, if one follows: all that is undecided; see `tag` and `ok` */
    SLO_SERVER_LOGOUT, /* a whole line TAG LOGOUT, which is all that is undecided */
    SLO_SERVER_BYE,    /* `* BYE`, before what follows the word */
    SLO_SERVER_CAPABILITIES,  /* the end of a list that may get one more, before what is undecided */
    SLO_SERVER_COMPRESSION,   /* SP COMPRESS=...: all that is undecided */
    SLO_SERVER_ENABLED,       /* the end of an ENABLED response that names our capability */
    SLO_SERVER_LINE_END,      /* the end of a line; only on request */
    SLO_SERVER_NOT_UNDERSTOOD /* The stream is lost. The scanner must not be used any more. */
};

struct slo_imap_server {
    uint8_t state;
    unsigned stops : 1;      /* LINE_END is wanted */
    unsigned greeted : 1;    /* a response has ended, of which the first is the greeting */
    unsigned ok : 1;         /* TAGGED: the word is OK, not NO or BAD */
    unsigned is_code : 1;    /* this list is in a response code, not in a response of its own */
    unsigned is_enabled : 1; /* this list is an ENABLED response, not a list of capabilities */
    unsigned offers : 1;   /* this list holds ENABLE, or IMAP4rev2, which includes it (RFC 9051 appendix E) */
    unsigned has_ours : 1; /* this list holds our capability */
    enum slo_server_event event; /* why the last slo_imap_server_feed() stopped */
    /* How many of the last octets consumed an event to come may be about: at most SLO_UNDECIDED_MAX. After an
     * event, those that this event is about. */
    size_t undecided;
    uint64_t literal_left; /* octets */
    struct slo_announcement announcement;
    struct slo_tag tag; /* of this line */
    struct slo_token word;
};

#define SLO_UNDECIDED_MAX (SLO_TAG_KNOWN + sizeof " LOGOUT\r\n" - 1)

/* Begins a stream, with its greeting. */
void slo_imap_server_init(struct slo_imap_server *scan);
/* Takes the greeting as sent already. */
void slo_imap_server_skip_greeting(struct slo_imap_server *scan);
/* Consumes octets up to the next event, which may come without any octet, or all of them. Returns the number
 * consumed. */
size_t slo_imap_server_feed(struct slo_imap_server *scan, const char *bytes, size_t len, int stop_at_line_end);
/* Returns 1 if the last octet consumed ends a line, and the greeting has ended. */
int slo_imap_server_between_lines(const struct slo_imap_server *scan);

#endif

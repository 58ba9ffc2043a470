/* SPDX-License-Identifier: BSD-2-Clause */
/* The scanner of the octets that an IMAP server sends. It finds where lines and literals end, and the few
 * responses that change which lines may be added. It knows neither sessions nor the client. It stores no
 * line, only a word. Callers must not write the fields. */
#ifndef SLO_IMAP_SERVER_H
#define SLO_IMAP_SERVER_H

#include "imap_lex.h"

/* Undecided octets are the last octets that have been consumed; see struct slo_imap_server. */
enum slo_server_event {
    SLO_SERVER_NOTHING,
    SLO_SERVER_CONTINUATION, /* the `+` that begins a line */
    SLO_SERVER_TAGGED, /* TAG OK|NO|BAD and SP, if any, which are all undecided octets; see `tag` and `ok` */
    SLO_SERVER_LOGOUT, /* a whole line TAG LOGOUT, which is all undecided octets */
    SLO_SERVER_BYE,    /* `* BYE`, up to the end of the word */
    SLO_SERVER_CAPABILITIES, /* the end of a list to which a word may be added, before the undecided octets */
    SLO_SERVER_COMPRESSION,  /* SP COMPRESS=..., which is all undecided octets */
    SLO_SERVER_ENABLED,      /* the end of an ENABLED response that names our capability */
    SLO_SERVER_LINE_END,     /* the end of a line; only on request */
    SLO_SERVER_NOT_UNDERSTOOD /* The scanner has lost the stream and must not be used again. */
};

struct slo_imap_server {
    uint8_t state;
    unsigned stops : 1;      /* LINE_END is wanted */
    unsigned greeted : 1;    /* a response has ended; the greeting is the first response */
    unsigned ok : 1;         /* TAGGED: the word is OK, not NO or BAD */
    unsigned is_code : 1;    /* this list is in a response code, not in a response of its own */
    unsigned is_enabled : 1; /* this list is an ENABLED response, not a list of capabilities */
    unsigned offers : 1;   /* this list holds ENABLE, or IMAP4rev2, which includes it (RFC 9051 appendix E) */
    unsigned has_ours : 1; /* this list holds our capability */
    enum slo_server_event event; /* why the last slo_imap_server_feed() stopped */
    /* The number of undecided octets, at most SLO_UNDECIDED_MAX. They are the last octets consumed. A later
     * event may apply to them; after an event, they are the octets to which that event applies. */
    size_t undecided;
    uint64_t literal_left; /* octets */
    struct slo_announcement announcement;
    struct slo_tag tag; /* of this line; if it is not valid, its hash is that of no command */
    struct slo_token word;
};

#define SLO_UNDECIDED_MAX (SLO_TAG_KNOWN + sizeof " LOGOUT\r\n" - 1)

/* Initializes a scanner for a stream that begins with the greeting. */
void slo_imap_server_init(struct slo_imap_server *scan);
/* Makes the scanner expect no greeting. */
void slo_imap_server_skip_greeting(struct slo_imap_server *scan);
/* Consumes octets up to the next event, or all of them. An event may come before any octet is consumed.
 * Returns the number consumed. */
size_t slo_imap_server_feed(struct slo_imap_server *scan, const char *bytes, size_t len,
                            int stop_at_line_end);
/* Returns 1 if the scanner is at the start of a line, and the greeting has ended. */
int slo_imap_server_between_lines(const struct slo_imap_server *scan);

#endif

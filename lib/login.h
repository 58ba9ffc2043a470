/* SPDX-License-Identifier: BSD-2-Clause */
/* The name with which a client logs in, from the octets of its LOGIN and AUTHENTICATE. Keeps no octet of a
 * password or of a token. Depends on the client's scanner to know where a line begins. */
#ifndef SLO_LOGIN_H
#define SLO_LOGIN_H

#include <stddef.h>
#include <stdint.h>
#include "in_flight.h"

#define SLO_LOGIN_NAME_MAX 127 /* octets; a longer name is not kept */
#define SLO_LOGIN_WORD_MAX 15  /* octets of a command's name or a mechanism that are kept */

/* In a struct of zeros, nobody has logged in. Callers must not write the fields. The last member is not an array,
 * because UBSan does not check the bounds of an array there. */
struct slo_login {
    uint64_t tag;         /* the hash of the tag of the last LOGIN or AUTHENTICATE */
    const char *response; /* the part of the mechanism's pattern that is to come, or NULL for no pattern */
    uint32_t bits;        /* of base64, not enough for a whole octet yet */
    uint8_t state;
    uint8_t sextets; /* of base64 in this quantum */
    uint8_t word_len;
    uint8_t len;          /* of the name */
    uint8_t same;         /* octets of a second identity that are the same as those of the name */
    uint8_t literal_left; /* octets */
    char name[SLO_LOGIN_NAME_MAX + 1]; /* NUL-terminated when is_settled */
    char word[SLO_LOGIN_WORD_MAX + 1];
    unsigned is_whole : 1;    /* the name has ended */
    unsigned is_saslname : 1; /* the name is escaped as in RFC 5802 section 5.1 */
    unsigned awaits : 1;      /* the first line of the exchange is the response with the name */
    unsigned is_pending : 1;  /* `tag` has no tagged response yet */
    unsigned is_settled : 1;  /* the client has logged in; the name is empty if it is not known */
};

/* Begins a line of the client. is_exchange is 1 while AUTHENTICATE is in progress. If is_certain is 0, a
 * command in this line is not read. */
void slo_login_begin_line(struct slo_login *login, int is_exchange, int is_certain);
/* Reads octets of that line, which must not include octets of the next line. tag is the hash of the command's
 * tag, if that tag has been read. */
void slo_login_feed(struct slo_login *login, const char *bytes, size_t len, uint64_t tag);
/* Notes a tagged response. in_flight has the commands that were in flight before the response. If two of them
 * have its tag, the response may answer either of them, so the name is not known. */
void slo_login_answer(struct slo_login *login, const struct slo_in_flight *in_flight, uint64_t tag, int ok);

#endif

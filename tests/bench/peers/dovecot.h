/* SPDX-License-Identifier: BSD-2-Clause */
/* Dovecot's imap-parser. It has its own file because its headers define words that other code uses. */
#ifndef BENCH_PEERS_DOVECOT_H
#define BENCH_PEERS_DOVECOT_H

#include <stddef.h>

/* Must be called once, before anything else. */
void dovecot_begin(void);
/* Parses the octets n times and returns the nanoseconds. The octets must be whole lines of words and
 * arguments. */
double dovecot_parse(const char *bytes, size_t len, size_t n);

#endif

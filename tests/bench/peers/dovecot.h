/* SPDX-License-Identifier: BSD-2-Clause */
/* Dovecot's imap-parser, in a file of its own because its headers define words that others use. */
#ifndef BENCH_PEERS_DOVECOT_H
#define BENCH_PEERS_DOVECOT_H

#include <stddef.h>

/* Once, before anything else. */
void dovecot_begin(void);
/* Parses the octets n times, which hold whole lines of words and arguments; returns the nanoseconds. */
double dovecot_parse(const char *bytes, size_t len, size_t n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The function that reports each failure of these programs. */
#ifndef FAIL_H
#define FAIL_H

/* Prints the fault and the steps that led to it, and exits. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way in which these programs fail. */
#ifndef FAIL_H
#define FAIL_H

/* Says what is wrong and how it came to it, then exits. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif

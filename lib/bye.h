/* SPDX-License-Identifier: BSD-2-Clause */
/* The `* BYE` lines of the library, and their text. */
#ifndef SLO_BYE_H
#define SLO_BYE_H

#include <slogout/slogout.h>

#define SLO_BYE_DEFAULT  "Server is closing the connection"
#define SLO_BYE_TEXT_MAX (SLOGOUT_BYE_TEXT_SIZE - 1)
#define SLO_BYE_LINE_MAX (sizeof "* BYE \r\n" - 1 + SLO_BYE_TEXT_MAX)

/* Returns 1 if the text has 1 to SLO_BYE_TEXT_MAX octets of printable ASCII and, if it begins with `[`, a
 * well-formed response code. Returns 0 otherwise. */
int slo_bye_text_valid(const char *text);
/* Writes `* BYE text` and CRLF, and returns the length. The text must be valid. */
size_t slo_bye_write(char line[SLO_BYE_LINE_MAX], const char *text);

#endif

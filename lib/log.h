/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets from the wire, made safe for a log. */
#ifndef SLO_LOG_H
#define SLO_LOG_H

#include <slogout/slogout.h>

/* Writes the octets and a NUL. A control character or 8-bit octet becomes \xNN, and `"` and `\` become `\"`
 * and `\\`. Stops before an octet that does not fit into out_size, which must not be 0. */
void slo_escape(char *out, size_t out_size, const char *bytes, size_t len);

#endif

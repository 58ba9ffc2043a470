/* SPDX-License-Identifier: BSD-2-Clause */
/* A slow and simple parser of a client's response, which follows the grammar alone. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <slogout/slogout.h>

/* Does the same as slogout_response_parse(). */
int reference_parse(struct slogout_response *out, const char *line, size_t len);

#endif

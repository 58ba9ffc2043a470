/* SPDX-License-Identifier: BSD-2-Clause */
/* A slow and plain reading of a client's response, from the grammar alone. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <slogout/slogout.h>

/* As slogout_response_parse(). */
int reference_parse(struct slogout_response *out, const char *line, size_t len);

#endif

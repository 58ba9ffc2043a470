/* SPDX-License-Identifier: BSD-2-Clause */
/* The tags of clients, and the tags that the library writes. */
#ifndef SLO_TAG_H
#define SLO_TAG_H

#include <slogout/slogout.h>

/* The possible uses of each octet. It may be in a tag, in an atom, or after the "{" that announces a literal
 * (including the CR of the line). */
enum { SLO_USE_TAG = 1, SLO_USE_ATOM = 2, SLO_USE_ANNOUNCEMENT = 4 };
extern const unsigned char slo_octet_uses[256];

/* Returns the number of octets before an octet that cannot be in a tag, or len. */
size_t slo_tag_length(const char *bytes, size_t len);
/* Returns the number of octets before an octet that cannot be in an atom, or len. */
size_t slo_atom_length(const char *bytes, size_t len);
/* Returns 1 if the prefix has 1 to SLOGOUT_PREFIX_MAX octets that may be in a tag, and 0 otherwise. */
int slo_tag_prefix_valid(const char *prefix);
/* Writes the tag with this number, NUL-terminated, and returns its length. The prefix must be valid. */
size_t slo_tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Tags: those of a client, and those that the library writes. */
#ifndef SLO_TAG_H
#define SLO_TAG_H

#include <slogout/slogout.h>

/* What each octet may be part of: a tag, an atom, and what follows the "{" of a literal, with its CR. */
enum { SLO_USE_TAG = 1, SLO_USE_ATOM = 2, SLO_USE_ANNOUNCEMENT = 4 };
extern const unsigned char slo_octet_uses[256];

/* Returns how many of the first octets may be part of a tag. */
size_t slo_tag_length(const char *bytes, size_t len);
/* Returns how many of the first octets may be part of an atom. */
size_t slo_atom_length(const char *bytes, size_t len);
/* Returns 1 if the prefix has 1 to SLOGOUT_PREFIX_MAX octets and each may be part of a tag, else 0. */
int slo_tag_prefix_valid(const char *prefix);
/* Writes the tag with this number, NUL-terminated, and returns its length. The prefix must be valid. */
size_t slo_tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number);

#endif

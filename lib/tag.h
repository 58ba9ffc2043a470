/* Tags of our own commands: a prefix and a number. */
#ifndef TAG_H
#define TAG_H

#include <slogout/slogout.h>

/* 1 to SLOGOUT_PREFIX_MAX octets that may stand in a tag. */
int tag_prefix_valid(const char *prefix);
/* Writes the tag of that number, NUL-terminated: its length. The prefix must be valid. */
size_t tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number);

#endif

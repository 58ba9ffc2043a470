/* What the library writes: the tags of its LOGOUT commands, and its `* BYE` lines. Also names and text for
 * the host. */
#ifndef SLO_TEXT_H
#define SLO_TEXT_H

#include <slogout/slogout.h>

#define SLO_BYE_TEXT_MAX 200
#define SLO_BYE_LINE_MAX (sizeof "* BYE \r\n" - 1 + SLO_BYE_TEXT_MAX)

/* Of a client's code and text so many octets go into a log line, counted as they stand there. */
#define SLO_LOGGED_CODE 64
#define SLO_LOGGED_TEXT 128

/* Returns how many of the first octets may stand in a tag. */
size_t slo_tag_length(const char *bytes, size_t len);
/* Returns how many of the first octets may stand in an atom. */
size_t slo_atom_length(const char *bytes, size_t len);
/* Returns 1 if the prefix has 1 to SLOGOUT_PREFIX_MAX octets and each may stand in a tag, else 0. */
int slo_tag_prefix_valid(const char *prefix);
/* Writes the tag with this number, NUL-terminated, and returns its length. The prefix must be valid. */
size_t slo_tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number);

/* Returns 1 if the text has 1 to SLO_BYE_TEXT_MAX octets of printable ASCII and, if it begins with `[`, a
 * well-formed response code; else 0. */
int slo_bye_text_valid(const char *text);
/* Writes `* BYE text` and CRLF, and returns the length. The text must be valid. */
size_t slo_bye_write(char line[SLO_BYE_LINE_MAX], const char *text);

#endif

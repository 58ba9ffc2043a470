/* The line that every ending of ours owes the client: RFC 3501 section 3.4, "a server MUST NOT unilaterally
 * close the connection without sending an untagged BYE response that contains the reason". */
#ifndef BYE_H
#define BYE_H

#include <stddef.h>

#define BYE_TEXT_MAX 200
#define BYE_LINE_MAX (sizeof "* BYE \r\n" - 1 + BYE_TEXT_MAX)

/* Can it be sent as it is: 1 to BYE_TEXT_MAX octets of printable ASCII, with or without a response code? */
int bye_text_valid(const char *text);
/* Writes `* BYE text` CRLF: its length. The text must be valid. */
size_t bye_write(char line[BYE_LINE_MAX], const char *text);

#endif

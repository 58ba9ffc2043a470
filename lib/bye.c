#include <string.h>
#include "bye.h"

/* RFC 3501 section 9: "[" atom [SP 1*<any TEXT-CHAR except "]">] "]" SP text. */
static int code_valid(const char *text)
{
    const char *name = text + 1;
    const char *name_end = name + strcspn(name, " (){%*\"\\]");
    const char *bracket = strchr(name, ']');

    if (name_end == name || !bracket || strncmp(bracket, "] ", 2) != 0 || !bracket[2])
        return 0;
    return name_end == bracket || (*name_end == ' ' && name_end + 1 < bracket);
}

/* What cannot be in the text cannot end the line early: no text injects a second one. */
int bye_text_valid(const char *text)
{
    size_t len = 0;

    for (; len <= BYE_TEXT_MAX && text[len]; len++)
        if (text[len] < ' ' || text[len] > '~')
            return 0;
    return len > 0 && len <= BYE_TEXT_MAX && (*text != '[' || code_valid(text));
}

size_t bye_write(char line[BYE_LINE_MAX], const char *text)
{
    const size_t len = strlen(text);

    memcpy(line, "* BYE ", 6);
    memcpy(line + 6, text, len);
    memcpy(line + 6 + len, "\r\n", 2);
    return len + 8;
}
